//! Booking and what follows, as patients and staff meet it.

mod booking;
mod catalogue;
mod changing;
mod days;
mod finding;
mod holding;
mod hours;
mod notices;
mod series;
mod stranding;
mod waiting;

use super::*;
use crate::ConflictKind;
use crate::fixture::{Fixture, clinic};
use domain::{AppointmentStatus, Code, UserId};

/// A consultation with Dr Rahman; for staff it is Marta's, for a patient the own.
fn form(fixture: &Fixture, actor: &Actor, date: &str, time: &str) -> BookAppointment {
    let is_patient = actor.role() == Some(domain::Role::Patient);
    BookAppointment {
        patient: if is_patient { None } else { Some(fixture.marta) },
        doctor: fixture.doctor.user().unwrap(),
        date: date.to_owned(),
        time: time.to_owned(),
        visit_type: "consultation".to_owned(),
        reason: String::new(),
        overbook_reason: String::new(),
    }
}

async fn book(
    fixture: &Fixture,
    actor: &Actor,
    date: &str,
    time: &str,
) -> Result<Versioned<Appointment>, ServiceError> {
    fixture.services.book(actor, form(fixture, actor, date, time)).await
}

async fn cancel(
    fixture: &Fixture,
    actor: &Actor,
    visit: &Versioned<Appointment>,
) -> Result<Versioned<Appointment>, ServiceError> {
    let cancel = CancelAppointment { id: visit.id, expected: visit.version, reason: "a cold".to_owned() };
    fixture.services.execute(actor, cancel).await
}

async fn advance(
    fixture: &Fixture,
    actor: &Actor,
    visit: &Versioned<Appointment>,
    to: AppointmentStatus,
) -> Result<Versioned<Appointment>, ServiceError> {
    let step = AdvanceAppointment { id: visit.id, expected: visit.version, to, reason: String::new() };
    fixture.services.execute(actor, step).await
}

async fn shift(
    fixture: &Fixture,
    actor: &Actor,
    visit: &Versioned<Appointment>,
    date: &str,
    time: &str,
) -> Result<Versioned<Appointment>, ServiceError> {
    let shift = MoveAppointment {
        id: visit.id,
        expected: visit.version,
        doctor: fixture.doctor.user().unwrap(),
        date: date.to_owned(),
        time: time.to_owned(),
        reason: String::new(),
    };
    fixture.services.execute(actor, shift).await
}

fn refusal(field: &'static str, code: Code) -> Result<Versioned<Appointment>, ServiceError> {
    Err(ServiceError::field(field, code))
}

fn conflict(kind: ConflictKind) -> Result<Versioned<Appointment>, ServiceError> {
    Err(ServiceError::Conflict(kind))
}
