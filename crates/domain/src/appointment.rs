//! Appointments and their life, from booked to completed.

use crate::validation::Code;
use crate::{AppointmentId, PatientId, Role, SeriesId, TimeRange, UserId, person::folded_name};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A patient by id, or a name that matches none yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatientLink {
    /// The patient; `None` for an unlinked entry that staff can link later.
    pub id: Option<PatientId>,
    /// The name as written, or the patient's name when the entry was made.
    pub name: String,
}

/// A doctor by account, or a name that matches none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DoctorLink {
    /// The doctor's account; `None` for a name as the old system wrote it.
    pub id: Option<UserId>,
    /// The name as written, or the doctor's name when the entry was made.
    pub name: String,
}

/// Whom the rule against double booking protects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoctorKey {
    /// A doctor with an account.
    Account(UserId),
    /// A written name, folded by [`folded_name`].
    Written(String),
}

impl DoctorLink {
    /// The key under which overlaps are looked for.
    pub fn key(&self) -> DoctorKey {
        self.id.map_or_else(|| DoctorKey::Written(folded_name(&self.name)), DoctorKey::Account)
    }
}

/// Where an appointment stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppointmentStatus {
    /// Held for somebody who is about to confirm it; holds its time until [`Appointment::held_until`].
    Proposed,
    /// It was held and not confirmed in time.
    Lapsed,
    /// Agreed, the patient is not here yet.
    #[default]
    Booked,
    /// The patient is in the waiting room.
    Arrived,
    /// The patient is with the doctor.
    InProgress,
    /// The visit is over.
    Fulfilled,
    /// The patient did not come.
    NoShow,
    /// Called off by the patient.
    CancelledByPatient,
    /// Called off by the clinic.
    CancelledByClinic,
}

/// A status does not lead to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an appointment that is {from} cannot become {to}", from = from.title().to_lowercase(), to = to.title().to_lowercase())]
pub struct ForbiddenTransition {
    /// Where it stands.
    pub from: AppointmentStatus,
    /// Where it was to go.
    pub to: AppointmentStatus,
}

impl AppointmentStatus {
    /// All statuses.
    pub const ALL: [Self; 9] = [
        Self::Proposed,
        Self::Lapsed,
        Self::Booked,
        Self::Arrived,
        Self::InProgress,
        Self::Fulfilled,
        Self::NoShow,
        Self::CancelledByPatient,
        Self::CancelledByClinic,
    ];

    /// The name in files and in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Lapsed => "lapsed",
            Self::Booked => "booked",
            Self::Arrived => "arrived",
            Self::InProgress => "in-progress",
            Self::Fulfilled => "fulfilled",
            Self::NoShow => "no-show",
            Self::CancelledByPatient => "cancelled-by-patient",
            Self::CancelledByClinic => "cancelled-by-clinic",
        }
    }

    /// The words shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Proposed => "Held",
            Self::Lapsed => "Not confirmed",
            Self::Booked => "Booked",
            Self::Arrived => "Arrived",
            Self::InProgress => "In progress",
            Self::Fulfilled => "Completed",
            Self::NoShow => "Did not attend",
            Self::CancelledByPatient => "Cancelled by patient",
            Self::CancelledByClinic => "Cancelled by clinic",
        }
    }

    /// The status with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether the appointment holds its time against others.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Proposed | Self::Booked | Self::Arrived | Self::InProgress | Self::Fulfilled)
    }

    /// Whether nothing was agreed (yet): such entries are in no list of appointments.
    pub const fn is_tentative(self) -> bool {
        matches!(self, Self::Proposed | Self::Lapsed)
    }

    /// Those that were agreed, in the order of [`Self::ALL`].
    pub fn agreed() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|status| !status.is_tentative())
    }

    /// Whether it was called off.
    pub const fn is_cancelled(self) -> bool {
        matches!(self, Self::CancelledByPatient | Self::CancelledByClinic)
    }

    /// Where staff may take it from here; the first is the usual next step, steps back are undo.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Proposed => &[Self::Booked, Self::Lapsed],
            Self::Lapsed => &[],
            Self::Booked => &[Self::Arrived, Self::NoShow, Self::CancelledByPatient, Self::CancelledByClinic],
            Self::Arrived => &[Self::InProgress, Self::Fulfilled, Self::Booked, Self::CancelledByClinic],
            Self::InProgress => &[Self::Fulfilled, Self::Arrived],
            Self::Fulfilled => &[Self::InProgress],
            Self::NoShow => &[Self::Arrived, Self::Booked],
            Self::CancelledByPatient | Self::CancelledByClinic => &[Self::Booked],
        }
    }
}

/// One step in the life of an appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When.
    pub at: Timestamp,
    /// By whom, `None` for imported entries.
    pub by: Option<UserId>,
    /// What it became.
    pub status: AppointmentStatus,
    /// When it was to be, if that changed.
    pub moved_from: Option<Timestamp>,
    /// Who was to see the patient, if that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from_doctor: Option<DoctorLink>,
    /// Why; may be empty.
    pub reason: String,
}

/// How soon a patient in the waiting room must be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// At once.
    Emergency,
    /// Before others.
    Urgent,
    /// In turn.
    #[default]
    Routine,
}

impl Priority {
    /// All priorities, the most pressing first.
    pub const ALL: [Self; 3] = [Self::Emergency, Self::Urgent, Self::Routine];

    /// The name in forms, files and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Urgent => "urgent",
            Self::Routine => "routine",
        }
    }

    /// The words shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Emergency => "Emergency",
            Self::Urgent => "Urgent",
            Self::Routine => "Routine",
        }
    }

    /// The priority with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.name() == name)
    }

    /// Whether it is the usual one.
    pub const fn is_routine(&self) -> bool {
        matches!(self, Self::Routine)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
const fn is_zero(minutes: &u16) -> bool {
    *minutes == 0
}

/// A visit agreed between a patient and a doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Appointment {
    /// Identity, shown as the booking reference.
    pub id: AppointmentId,
    /// Who comes.
    pub patient: PatientLink,
    /// Who sees the patient.
    pub doctor: DoctorLink,
    /// The room, if one is set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// When.
    pub time: TimeRange,
    /// The visit type's code.
    pub visit_type: String,
    /// Why, in the patient's or receptionist's words; may be empty.
    pub reason: String,
    /// Where it stands.
    pub status: AppointmentStatus,
    /// Set when it was put over another on purpose: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overbooked_because: Option<String>,
    /// Until when it is held for whoever is about to confirm it; only while it is [`AppointmentStatus::Proposed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// Minutes that stay free after it, as its visit type asked when it was booked.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub buffer_minutes: u16,
    /// The series of repeated visits that it is one of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesId>,
    /// How soon the patient must be seen once here.
    #[serde(default, skip_serializing_if = "Priority::is_routine")]
    pub priority: Priority,
    /// When the patient confirmed that they will come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// Who booked it, `None` for imported ones.
    pub created_by: Option<UserId>,
    /// When it was booked.
    pub created_at: Timestamp,
    /// When the patient was checked in.
    pub arrived_at: Option<Timestamp>,
    /// Steps since it was booked, oldest first.
    pub history: Vec<HistoryEntry>,
}

impl Appointment {
    /// Whether it holds its time against others (an explicit overbooking does not).
    pub fn blocks_time(&self) -> bool {
        self.status.is_live() && self.overbooked_because.is_none()
    }

    /// Whether it was held for somebody who did not confirm it in time: it blocks its time until it is released.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.status == AppointmentStatus::Proposed && self.held_until.is_none_or(|until| until <= now)
    }

    /// First instant at which the doctor is free again: its end and the minutes that stay free after it.
    pub fn busy_until(&self) -> Timestamp {
        let buffer = SignedDuration::from_mins(i64::from(self.buffer_minutes));
        self.time.end().checked_add(buffer).unwrap_or(Timestamp::MAX)
    }

    /// The key under which overlaps of its room are looked for.
    pub fn room_key(&self) -> Option<String> {
        self.room.as_ref().map(|room| room.trim().to_lowercase())
    }

    /// The booking reference shown to people: `A-1042`.
    pub fn reference(&self) -> String {
        format!("A-{}", self.id)
    }

    /// How often what was agreed changed: one more with every move and every time that it was called off.
    pub fn changes(&self) -> usize {
        self.history.iter().filter(|step| step.moved_from.is_some() || step.status.is_cancelled()).count()
    }

    /// Notes that the patient said that they will come; only while it is booked.
    pub fn confirm(&mut self, at: Timestamp) -> Result<(), ForbiddenTransition> {
        if self.status != AppointmentStatus::Booked {
            return Err(ForbiddenTransition { from: self.status, to: AppointmentStatus::Booked });
        }
        self.confirmed_at = self.confirmed_at.or(Some(at));
        Ok(())
    }

    /// Takes it to another status.
    pub fn advance(
        &mut self,
        to: AppointmentStatus,
        by: Option<UserId>,
        at: Timestamp,
        reason: &str,
    ) -> Result<(), ForbiddenTransition> {
        if !self.status.next().contains(&to) {
            return Err(ForbiddenTransition { from: self.status, to });
        }
        self.status = to;
        self.held_until = None;
        if to.is_cancelled() {
            self.confirmed_at = None;
        }
        match to {
            AppointmentStatus::Arrived => self.arrived_at = self.arrived_at.or(Some(at)),
            AppointmentStatus::Booked => self.arrived_at = None,
            _ => {}
        }
        self.history.push(HistoryEntry {
            at,
            by,
            status: to,
            moved_from: None,
            moved_from_doctor: None,
            reason: reason.to_owned(),
        });
        Ok(())
    }

    /// Gives it another time (and doctor); only while it is booked.
    pub fn reschedule(
        &mut self,
        doctor: DoctorLink,
        time: TimeRange,
        by: Option<UserId>,
        at: Timestamp,
        reason: &str,
    ) -> Result<(), ForbiddenTransition> {
        if self.status != AppointmentStatus::Booked {
            return Err(ForbiddenTransition { from: self.status, to: AppointmentStatus::Booked });
        }
        let moved_from = Some(self.time.start());
        let moved_from_doctor = Some(std::mem::replace(&mut self.doctor, doctor));
        let moved_from_doctor = moved_from_doctor.filter(|before| before.key() != self.doctor.key());
        self.time = time;
        // The patient said so of another time.
        self.confirmed_at = None;
        self.history.push(HistoryEntry {
            at,
            by,
            status: self.status,
            moved_from,
            moved_from_doctor,
            reason: reason.to_owned(),
        });
        Ok(())
    }

    /// Whether its cancellation can be taken back: by patients their own only, by the clinic any.
    pub const fn is_restorable(&self, by_patient: bool) -> bool {
        match self.status {
            AppointmentStatus::CancelledByPatient => true,
            AppointmentStatus::CancelledByClinic => !by_patient,
            _ => false,
        }
    }

    /// Whether `role` may still move or cancel it at `now`, when patients may until `hours` before it begins.
    pub fn may_change(&self, role: Role, now: Timestamp, hours: u16) -> Result<(), Code> {
        let limit = SignedDuration::from_hours(i64::from(hours));
        if role == Role::Patient && self.time.start().duration_since(now) < limit {
            Err(Code::TooLateToChange(hours))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn appointment() -> Appointment {
        Appointment {
            id: AppointmentId(1),
            patient: PatientLink { id: None, name: "John Doe".into() },
            doctor: DoctorLink { id: None, name: "Dr. Smith".into() },
            room: None,
            time: TimeRange::new(Timestamp::from_second(1_000_000).unwrap(), 30).unwrap(),
            visit_type: "consultation".into(),
            reason: String::new(),
            status: AppointmentStatus::Booked,
            overbooked_because: None,
            held_until: None,
            buffer_minutes: 0,
            series: None,
            priority: Priority::Routine,
            confirmed_at: None,
            created_by: None,
            created_at: Timestamp::UNIX_EPOCH,
            arrived_at: None,
            history: vec![],
        }
    }

    #[test]
    fn a_completed_visit_cannot_be_cancelled() {
        let mut visit = appointment();
        for status in
            [AppointmentStatus::Arrived, AppointmentStatus::InProgress, AppointmentStatus::Fulfilled]
        {
            visit.advance(status, None, Timestamp::UNIX_EPOCH, "").unwrap();
        }
        assert!(
            visit.advance(AppointmentStatus::CancelledByClinic, None, Timestamp::UNIX_EPOCH, "").is_err()
        );
    }

    #[test]
    fn what_is_held_lapses_unless_it_is_confirmed() {
        let now = Timestamp::UNIX_EPOCH;
        let mut visit = appointment();
        (visit.status, visit.held_until) = (AppointmentStatus::Proposed, Some(now));
        assert!(visit.has_lapsed(now) && !visit.has_lapsed(now - SignedDuration::from_secs(1)));
        let mut lapsed = visit.clone();
        lapsed.advance(AppointmentStatus::Lapsed, None, now, "").unwrap();
        assert!(!lapsed.blocks_time());
        assert!(lapsed.advance(AppointmentStatus::Booked, None, now, "").is_err());
        visit.advance(AppointmentStatus::Booked, None, now, "").unwrap();
        assert!(visit.blocks_time() && !visit.has_lapsed(now));
    }

    #[test]
    fn what_a_patient_confirmed_holds_for_that_time_only() {
        let now = Timestamp::UNIX_EPOCH;
        let mut visit = appointment();
        visit.confirm(now).unwrap();
        assert_eq!((visit.confirmed_at, visit.changes()), (Some(now), 0));
        let later = TimeRange::new(Timestamp::from_second(2_000_000).unwrap(), 30).unwrap();
        visit.reschedule(visit.doctor.clone(), later, None, now, "").unwrap();
        assert_eq!((visit.confirmed_at, visit.changes()), (None, 1));
        visit.confirm(now).unwrap();
        visit.advance(AppointmentStatus::CancelledByPatient, None, now, "").unwrap();
        assert_eq!((visit.confirmed_at, visit.changes()), (None, 2));
        assert!(visit.confirm(now).is_err());
        visit.advance(AppointmentStatus::Booked, None, now, "").unwrap();
        assert_eq!(visit.changes(), 2);
    }

    #[test]
    fn a_patient_may_change_until_a_day_before() {
        let visit = appointment();
        let hours_before = |hours| visit.time.start() - SignedDuration::from_hours(hours);
        assert!(visit.may_change(Role::Patient, hours_before(24), 24).is_ok());
        assert!(visit.may_change(Role::Patient, hours_before(23), 24).is_err());
        assert!(visit.may_change(Role::Receptionist, hours_before(0), 24).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_is_tried_only_allowed_steps_happen(steps in proptest::collection::vec(0usize..9, 0..20)) {
            let mut visit = appointment();
            for step in steps {
                let (before, to) = (visit.status, AppointmentStatus::ALL[step]);
                let moved = visit.advance(to, None, Timestamp::UNIX_EPOCH, "").is_ok();
                prop_assert_eq!(moved, before.next().contains(&to));
                prop_assert_eq!(visit.status, if moved { to } else { before });
            }
        }
    }
}
