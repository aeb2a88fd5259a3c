//! The waiting room: who walked in, and how soon everyone must be seen.

use super::{BookAppointment, find_version, subject_of, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::appointment::DoctorKey;
use domain::validation::Code;
use domain::{Action, Appointment, AppointmentId, AppointmentStatus, Priority, Relation, UserId};
use jiff::Timestamp;
use std::cmp::Reverse;
use storage::{AppointmentFilter, Order, PageRequest};

/// Books a patient who is here already, and checks them in, in one unit of work. Fields: those of
/// [`BookAppointment`]; arrived.
#[derive(Clone, Debug)]
pub struct WalkIn {
    /// What is booked; a reason for overbooking puts it over another appointment or outside the hours.
    pub booking: BookAppointment,
    /// How soon the patient must be seen.
    pub priority: Priority,
}

#[async_trait]
impl UseCase for WalkIn {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::BookAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(self.booking.subject(unit.actor)?.because("walk-in"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let right =
            |unit: &Unit<'_>, action| unit.scope(action, Relation::Other).ok_or(ServiceError::Forbidden);
        right(unit, Action::AdvanceAppointment)?;
        let mut visit = if self.booking.overbook_reason.trim().is_empty() {
            self.booking.planned(unit, permit.scope()).await?
        } else {
            right(unit, Action::OverbookAppointment)?;
            self.booking.planned_over(unit, permit.scope()).await?
        };
        let zone = &unit.clinic.zone;
        if zone.date(visit.time.start()) != zone.date(unit.now) {
            return Err(ServiceError::field("arrived", Code::UnknownChoice("a time of today")));
        }
        visit.priority = self.priority;
        visit.advance(AppointmentStatus::Arrived, unit.actor.user(), unit.now, "")?;
        super::insert(unit, visit).await
    }
}

/// States how soon a patient must be seen.
#[derive(Clone, Debug)]
pub struct SetPriority {
    /// Which appointment.
    pub id: AppointmentId,
    /// The version that was seen.
    pub expected: Version,
    /// How soon.
    pub priority: Priority,
}

#[async_trait]
impl UseCase for SetPriority {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::AdvanceAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(subject_of(unit, self.id).await?.because(self.priority.name()))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut visit = find_version(unit, self.id, self.expected).await?;
        visit.priority = self.priority;
        update(unit, self.expected, visit).await
    }
}

/// Who is here now, with a doctor or waiting, and who is expected today.
#[derive(Clone, Debug)]
pub struct WaitingRoom {
    /// In the waiting room: the most pressing first, then who has waited longest.
    pub waiting: Vec<Versioned<Appointment>>,
    /// With a doctor: who was called last first.
    pub called: Vec<Versioned<Appointment>>,
    /// Booked today and not here yet, in order of time.
    pub expected: Vec<Versioned<Appointment>>,
}

impl WaitingRoom {
    async fn of(unit: &mut Unit<'_>, doctor: Option<UserId>) -> Result<Self, ServiceError> {
        let zone = &unit.clinic.zone;
        let (from, until) = zone.day_bounds(zone.date(unit.now));
        let filter = AppointmentFilter {
            doctor: doctor.map(DoctorKey::Account),
            from: Some(from),
            until: Some(until),
            statuses: vec![
                AppointmentStatus::Booked,
                AppointmentStatus::Arrived,
                AppointmentStatus::InProgress,
            ],
            ..AppointmentFilter::default()
        };
        let found = unit.tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
        let mut room = Self { waiting: Vec::new(), called: Vec::new(), expected: Vec::new() };
        for visit in found {
            match visit.status {
                AppointmentStatus::Arrived => room.waiting.push(visit),
                AppointmentStatus::InProgress => room.called.push(visit),
                _ => room.expected.push(visit),
            }
        }
        room.waiting.sort_by_key(|visit| (visit.priority, visit.arrived_at, visit.id));
        room.called.sort_by_key(|visit| Reverse((called_at(visit), visit.id)));
        Ok(room)
    }
}

/// When the patient was last called in.
fn called_at(visit: &Appointment) -> Option<Timestamp> {
    let steps = visit.history.iter().rev();
    steps.into_iter().find(|entry| entry.status == AppointmentStatus::InProgress).map(|entry| entry.at)
}

/// Shows the waiting room to those who work in it.
#[derive(Clone, Debug)]
pub struct ReadWaitingRoom {
    /// Only this doctor's patients.
    pub doctor: Option<UserId>,
}

#[async_trait]
impl UseCase for ReadWaitingRoom {
    type Out = WaitingRoom;
    const ACTION: Action = Action::ReadWaitingRoom;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("waiting room"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        WaitingRoom::of(unit, self.doctor).await
    }
}

/// A patient as strangers in the hall may see it: by initials and the booking reference, which the patient knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HallEntry {
    /// `M K`.
    pub initials: String,
    /// `A-1042`.
    pub reference: String,
    /// Who sees the patient.
    pub doctor: String,
    /// The name of the room, if one is set aside.
    pub room: Option<String>,
}

/// What the screen in the hall shows: nobody's name, and nothing of why they are here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hall {
    /// Who was called, the last one first.
    pub called: Vec<HallEntry>,
    /// Who waits, in the order in which they will be called.
    pub waiting: Vec<HallEntry>,
}

/// The first letters of the first and the last name.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next();
    let letters = first
        .into_iter()
        .chain(words.next_back())
        .filter_map(|word| word.chars().find(|it| it.is_alphabetic()));
    letters.map(|letter| letter.to_uppercase().to_string()).collect::<Vec<_>>().join(" ")
}

/// Shows the hall what it may know.
#[derive(Clone, Debug)]
pub struct ReadHall {}

#[async_trait]
impl UseCase for ReadHall {
    type Out = Hall;
    const ACTION: Action = Action::ReadWaitingRoom;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("hall screen"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let room = WaitingRoom::of(unit, None).await?;
        let catalogue = unit.catalogue().await?;
        let entry = |visit: &Versioned<Appointment>| HallEntry {
            initials: initials(&visit.patient.name),
            reference: visit.reference(),
            doctor: visit.doctor.name.clone(),
            room: visit.room.as_deref().map(|code| catalogue.room_name(code).to_owned()),
        };
        Ok(Hall {
            called: room.called.iter().map(entry).collect(),
            waiting: room.waiting.iter().map(entry).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_tell_no_name() {
        for (name, letters) in [
            ("Marta Kowalska", "M K"),
            ("Ana Maria de Souza", "A S"),
            ("(Zoë) Ørsted", "Z Ø"),
            ("Cher", "C"),
            ("", ""),
        ] {
            assert_eq!(initials(name), letters);
        }
    }
}
