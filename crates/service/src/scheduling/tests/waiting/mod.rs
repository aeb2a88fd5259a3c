//! The waiting list, as patients and staff meet it.

mod answering;
mod offering;
mod property;

use super::*;
use domain::waiting::{DayPart, WaitingState};
use domain::{PlanId, Priority};
use jiff::SignedDuration;

/// A place for a consultation with Dr Rahman this week; for staff it is Marta's.
fn wish(fixture: &Fixture, actor: &Actor) -> JoinWaitingList {
    let is_patient = actor.role() == Some(domain::Role::Patient);
    JoinWaitingList {
        patient: if is_patient { None } else { Some(fixture.marta) },
        visit_type: "consultation".to_owned(),
        doctor: fixture.doctor.user(),
        from: String::new(),
        until: "2026-11-30".to_owned(),
        part: DayPart::Any,
        priority: Priority::Routine,
        reason: "my knee".to_owned(),
        instead_of: None,
    }
}

/// Joins; every place is a minute younger than the one before.
async fn join(fixture: &Fixture, actor: &Actor, wish: JoinWaitingList) -> PlanId {
    fixture.clock.advance(SignedDuration::from_mins(1));
    fixture.services.execute(actor, wish).await.unwrap().id
}

async fn place(fixture: &Fixture, id: PlanId) -> WaitingPlace {
    fixture.services.execute(&fixture.receptionist, ReadWaiting { id }).await.unwrap()
}

/// The reference of what is held for a place, if anything is.
async fn offer_of(fixture: &Fixture, id: PlanId) -> Option<AppointmentId> {
    place(fixture, id).await.offer.map(|offer| offer.id)
}

async fn accept(
    fixture: &Fixture,
    actor: &Actor,
    id: PlanId,
) -> Result<Versioned<Appointment>, ServiceError> {
    fixture.services.execute(actor, AcceptOffer { id }).await
}

async fn decline(fixture: &Fixture, actor: &Actor, id: PlanId) -> Result<(), ServiceError> {
    fixture.services.execute(actor, DeclineOffer { id }).await
}

/// The minutes pass for which a time is held for somebody on the list, and one second.
fn let_it_end(fixture: &Fixture) {
    fixture.clock.advance(fixture.services.clinic().catalogue.rules.offer() + SignedDuration::from_secs(1));
}

const ENDED: ServiceError = ServiceError::Conflict(ConflictKind::OfferEnded);
