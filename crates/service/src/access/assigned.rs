//! Which patients are assigned to a clinician: the one rule, for a single patient and for lists. A patient is assigned by
//! - an appointment with the doctor, or with anyone for a nurse, who works the whole clinic's list,
//! - an entry that the clinician wrote in the record,
//! - a place in the patient's care team;
//!
//! the first two within the clinic's window, the last while it lasts.

use crate::{Actor, Order, PageRequest, ServiceError, Unit};
use domain::appointment::DoctorKey;
use domain::{AccessKind, PatientId, Role, UserId};
use std::collections::BTreeSet;
use storage::{AccessFilter, AppointmentFilter, RecordFilter};

/// Entries that are written at a meeting with the patient. Those in the old shape are not among them: whoever writes one
/// to a name may link it to anyone later.
const ENCOUNTERS: [&str; 5] = ["note", "vitals", "allergy", "medicine", "problem"];
/// Entries that are looked through at once for a list.
const AT_ONCE: usize = 500;

/// The caller, if they are a clinician.
fn clinician(actor: &Actor) -> Option<(UserId, Role)> {
    actor.user().zip(actor.role().filter(|role| role.is_clinical()))
}

impl Unit<'_> {
    /// Whether a patient is assigned to the caller now.
    pub(crate) async fn treats(&mut self, patient: PatientId) -> Result<bool, ServiceError> {
        let Some((user, role)) = clinician(self.actor) else { return Ok(false) };
        let only = Some(patient);
        Ok(!self.seen(user, role, only).await?.is_empty()
            || !self.in_care(user, only).await?.is_empty()
            || !self.written_about(user, only).await?.is_empty())
    }

    /// The patients who are assigned to the caller now.
    pub(crate) async fn treated(&mut self) -> Result<Vec<PatientId>, ServiceError> {
        let Some((user, role)) = clinician(self.actor) else { return Ok(Vec::new()) };
        let mut all = self.seen(user, role, None).await?;
        all.append(&mut self.in_care(user, None).await?);
        all.append(&mut self.written_about(user, None).await?);
        Ok(all.into_iter().collect())
    }

    /// Patients with an appointment; perhaps only whether this one has.
    async fn seen(
        &mut self,
        user: UserId,
        role: Role,
        only: Option<PatientId>,
    ) -> Result<BTreeSet<PatientId>, ServiceError> {
        let (from, until) = self.clinic.assignment.around(self.now);
        let own = (role != Role::Nurse).then_some(user);
        let filter = AppointmentFilter {
            patient: only,
            // A patient's appointments are fewer than a doctor's.
            doctor: own.filter(|_| only.is_none()).map(DoctorKey::Account),
            from: Some(from),
            until: Some(until),
            ..AppointmentFilter::default()
        };
        let visits = self.tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
        let visits = visits.into_iter().filter(|visit| {
            !visit.status.is_cancelled() && own.is_none_or(|own| visit.doctor.id == Some(own))
        });
        Ok(visits.filter_map(|visit| visit.patient.id).collect())
    }

    /// Patients whose care team the user is in; perhaps only whether it is so of this one.
    async fn in_care(
        &mut self,
        user: UserId,
        only: Option<PatientId>,
    ) -> Result<BTreeSet<PatientId>, ServiceError> {
        let filter = AccessFilter {
            kind: Some(AccessKind::CareTeam),
            user: Some(user),
            patient: only,
            live_at: Some(self.now),
            ..AccessFilter::default()
        };
        let places = self.tx.access().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
        Ok(places.into_iter().filter_map(|place| place.patient).collect())
    }

    /// Patients about whom the user wrote; perhaps only whether it is so of this one.
    async fn written_about(
        &mut self,
        user: UserId,
        only: Option<PatientId>,
    ) -> Result<BTreeSet<PatientId>, ServiceError> {
        let (from, _) = self.clinic.assignment.around(self.now);
        let filter = RecordFilter {
            patient: only,
            author: Some(user),
            kinds: ENCOUNTERS.to_vec(),
            ..RecordFilter::default()
        };
        let mut found = BTreeSet::new();
        // Numbers grow as time does: behind an older entry there are only older ones.
        let mut page = PageRequest::first(if only.is_some() { 1 } else { AT_ONCE }, Order::Descending);
        loop {
            let entries = self.tx.records().list(&filter, &page).await?;
            let count = entries.items.len();
            let recent: Vec<_> =
                entries.items.into_iter().take_while(|entry| entry.created_at >= from).collect();
            let is_over = recent.len() < count || only.is_some();
            found.extend(recent.into_iter().filter_map(|entry| entry.value.patient.id));
            match entries.next.filter(|_| !is_over) {
                Some(next) => page.after = Some(next),
                None => return Ok(found),
            }
        }
    }
}
