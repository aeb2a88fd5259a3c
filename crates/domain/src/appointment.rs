//! Appointments and their life, from booked to completed.

use crate::validation::Code;
use crate::{AppointmentId, PatientId, Role, TimeRange, UserId, person::folded_name};
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
    pub const ALL: [Self; 7] = [
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
        matches!(self, Self::Booked | Self::Arrived | Self::InProgress | Self::Fulfilled)
    }

    /// Whether it was called off.
    pub const fn is_cancelled(self) -> bool {
        matches!(self, Self::CancelledByPatient | Self::CancelledByClinic)
    }

    /// Where staff may take it from here; the first is the usual next step, steps back are undo.
    pub const fn next(self) -> &'static [Self] {
        match self {
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
    /// Why; may be empty.
    pub reason: String,
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
    /// Hours before the start until which patients may move or cancel.
    pub const PATIENT_CHANGE_HOURS: u16 = 24;
    /// Days ahead that can be booked.
    pub const HORIZON_DAYS: u16 = 180;

    /// Whether it holds its time against others (an explicit overbooking does not).
    pub fn blocks_time(&self) -> bool {
        self.status.is_live() && self.overbooked_because.is_none()
    }

    /// The key under which overlaps of its room are looked for.
    pub fn room_key(&self) -> Option<String> {
        self.room.as_ref().map(|room| room.trim().to_lowercase())
    }

    /// The booking reference shown to people: `A-1042`.
    pub fn reference(&self) -> String {
        format!("A-{}", self.id)
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
        match to {
            AppointmentStatus::Arrived => self.arrived_at = self.arrived_at.or(Some(at)),
            AppointmentStatus::Booked => self.arrived_at = None,
            _ => {}
        }
        self.history.push(HistoryEntry { at, by, status: to, moved_from: None, reason: reason.to_owned() });
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
        self.doctor = doctor;
        self.time = time;
        self.history.push(HistoryEntry {
            at,
            by,
            status: self.status,
            moved_from,
            reason: reason.to_owned(),
        });
        Ok(())
    }

    /// Whether `role` may still move or cancel it at `now`.
    pub fn may_change(&self, role: Role, now: Timestamp) -> Result<(), Code> {
        let limit = SignedDuration::from_hours(i64::from(Self::PATIENT_CHANGE_HOURS));
        if role == Role::Patient && self.time.start().duration_since(now) < limit {
            Err(Code::TooLateToChange(Self::PATIENT_CHANGE_HOURS))
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
    fn a_patient_may_change_until_a_day_before() {
        let visit = appointment();
        let hours_before = |hours| visit.time.start() - SignedDuration::from_hours(hours);
        assert!(visit.may_change(Role::Patient, hours_before(24)).is_ok());
        assert!(visit.may_change(Role::Patient, hours_before(23)).is_err());
        assert!(visit.may_change(Role::Receptionist, hours_before(0)).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_is_tried_only_allowed_steps_happen(steps in proptest::collection::vec(0usize..7, 0..20)) {
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
