//! Doctors' hours, free times and appointments. That nobody is booked twice is made certain by the store;
//! rights are decided by the policy over the relations found here.

mod advance;
mod book;
mod cancel;
mod catalogue;
mod changes;
mod check_out;
mod day;
mod doctors;
pub(crate) mod feed;
mod free;
mod hold;
pub(crate) mod lapsed;
mod link;
mod list;
mod moving;
mod nearest;
pub mod notices;
mod restore;
mod schedule;
mod series;
mod stranded;
#[cfg(test)]
mod tests;
mod waiting;
mod waiting_room;
mod when;
mod written;

pub use advance::AdvanceAppointment;
pub use book::BookAppointment;
pub use cancel::CancelAppointment;
pub use catalogue::{ReadCatalogue, SetCatalogue};
pub use changes::{Changes, WatchSchedule};
pub use check_out::{CheckOutVisits, CheckedOut, ReadVisits};
pub use day::{Day, DayColumn, DayLoad, DayView, ReadLoad, WeekView};
pub use doctors::{Doctor, ListDoctors};
pub use feed::{EndFeed, Feed, FeedReader, MakeFeed, ReadFeed, ReadFeedState};
pub use free::{FreeDay, FreeSlot, FreeSlots};
pub use hold::{ConfirmHold, HoldSlot, LetGo, ReadHold};
pub use link::LinkAppointment;
pub use list::{AppointmentQuery, ListAppointments, ReadAppointment};
pub use moving::MoveAppointment;
pub use restore::RestoreAppointment;
pub use schedule::{ReadSchedule, SetSchedule};
pub use series::{
    BookSeries, CancelFollowing, MoveFollowing, Occurrence, PlanSeries, ReadSeries, SeriesView, SeriesWish,
    Taken, Trouble,
};
pub use stranded::{Decision as StrandedDecision, Fate, Stranded};
pub use waiting::{
    AcceptOffer, DeclineOffer, JoinWaitingList, LeaveWaitingList, ListWaiting, OfferTime, ReadWaiting,
    WaitingPlace, WaitingQuery,
};
pub use waiting_room::{Hall, HallEntry, ReadHall, ReadWaitingRoom, SetPriority, WaitingRoom, WalkIn};
pub use written::BookWritten;

pub(crate) use schedule::check_schedule;
#[cfg(test)]
pub(crate) use waiting::OfferRound;

use crate::{Actor, ServiceError, Subject, Unit, Version, Versioned};
use domain::message::Notice;
use domain::validation::{Code, text};
use domain::{Appointment, AppointmentId, PatientId, Relation};
use storage::{Counter, StorageError};

/// Most characters of a reason.
const LONGEST_REASON: usize = 500;

/// A reason as typed; may be empty.
fn reason(typed: &str) -> Result<String, Code> {
    text(typed, "Reason", LONGEST_REASON, true)
}

/// The appointment with this id; unknown ones are not found, nor is what is only held: that is its holder's alone.
async fn find(unit: &mut Unit<'_>, id: AppointmentId) -> Result<Versioned<Appointment>, ServiceError> {
    let found = unit.tx.appointments().lookup(&id).await?;
    found.filter(|it| !it.status.is_tentative()).ok_or(ServiceError::NotFound)
}

/// The appointment as the caller saw it.
async fn find_version(
    unit: &mut Unit<'_>,
    id: AppointmentId,
    expected: Version,
) -> Result<Appointment, ServiceError> {
    let found = find(unit, id).await?;
    if found.version == expected { Ok(found.value) } else { Err(ServiceError::Stale) }
}

/// Own or not: how the caller is related to a patient's appointments.
fn relation_to(actor: &Actor, patient: Option<PatientId>) -> Relation {
    if patient.is_some() && actor.patient() == patient { Relation::Own } else { Relation::Other }
}

/// The subject of an action on one appointment.
async fn subject_of(unit: &mut Unit<'_>, id: AppointmentId) -> Result<Subject, ServiceError> {
    let patient = find(unit, id).await?.patient.id;
    Ok(Subject::object(relation_to(unit.actor, patient), patient, format!("appointment {id}")))
}

/// The id of a new appointment.
async fn next_id(unit: &mut Unit<'_>) -> Result<AppointmentId, ServiceError> {
    Ok(AppointmentId(unit.tx.counters().next(Counter::Appointment).await?))
}

/// Replaces an appointment.
async fn update(
    unit: &mut Unit<'_>,
    expected: Version,
    appointment: Appointment,
) -> Result<Versioned<Appointment>, ServiceError> {
    let stored = unit.tx.appointments().update(expected, appointment.clone()).await;
    in_its_place(unit, appointment, stored)
}

/// Stores a new appointment; the store refuses it when doctor, patient or room are busy.
async fn insert(
    unit: &mut Unit<'_>,
    appointment: Appointment,
) -> Result<Versioned<Appointment>, ServiceError> {
    let stored = unit.tx.appointments().insert(appointment.clone()).await;
    in_its_place(unit, appointment, stored)
}

/// Stores a new appointment that is booked, and tells the patient.
async fn insert_booked(
    unit: &mut Unit<'_>,
    appointment: Appointment,
) -> Result<Versioned<Appointment>, ServiceError> {
    let stored = insert(unit, appointment).await?;
    notices::tell(unit, Notice::Booked, &stored).await?;
    Ok(stored)
}

/// The appointment as it is stored; one whose time is taken is remembered, for what is held no more to make way for it.
fn in_its_place(
    unit: &mut Unit<'_>,
    value: Appointment,
    stored: Result<Version, StorageError>,
) -> Result<Versioned<Appointment>, ServiceError> {
    match stored.map_err(ServiceError::from) {
        Ok(version) => Ok(Versioned { value, version }),
        Err(error) => {
            unit.wanted = Some(value).filter(|_| error.is_taken());
            Err(error)
        }
    }
}
