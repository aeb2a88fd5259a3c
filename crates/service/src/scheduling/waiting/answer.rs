//! What becomes of an offer: it is accepted, or let go and offered to the next.

use super::{Freed, Place, find, let_go, offer, offered, subject_of};
use crate::scheduling::{cancel, doctors, notices, update, when};
use crate::{ConflictKind, Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::message::Notice;
use domain::{Action, Appointment, AppointmentStatus, PlanId, Relation, Scope};

/// In the history of an appointment that was given up.
const GIVEN_UP: &str = "A sooner time was accepted";

/// Books the time that is held for a place on the waiting list, and calls off the appointment that it replaces.
#[derive(Clone, Debug)]
pub struct AcceptOffer {
    /// The place.
    pub id: PlanId,
}

#[async_trait]
impl UseCase for AcceptOffer {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::AnswerOffer;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(subject_of(unit, self.id).await?.because("accepted"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let ended = || ServiceError::Conflict(ConflictKind::OfferEnded);
        let mut place = find(unit, self.id).await?;
        let id = place.waiting.accept(unit.now).map_err(|_| ended())?;
        let held = offered(unit, id).await?.ok_or_else(ended)?;
        // Hours may have changed since.
        if held.has_lapsed(unit.now) || !is_seen(unit, &held).await? {
            return Err(ended());
        }
        let freed = give_up(unit, &place, permit.scope()).await?;
        let version = held.version;
        let booked = Appointment {
            status: AppointmentStatus::Booked,
            held_until: None,
            created_by: unit.actor.user(),
            created_at: unit.now,
            ..held.value
        };
        let booked = update(unit, version, booked).await?;
        place.save(unit).await?;
        notices::tell(unit, Notice::Booked, &booked).await?;
        offer(unit, freed).await?;
        Ok(booked)
    }
}

/// Whether the doctor still sees such visits at that time.
async fn is_seen(unit: &mut Unit<'_>, held: &Appointment) -> Result<bool, ServiceError> {
    let Some(doctor) = held.doctor.id else { return Ok(false) };
    let Some(doctor) = doctors::find(unit, doctor).await? else { return Ok(false) };
    let catalogue = unit.catalogue().await?;
    let period = when::period(unit.clinic, &catalogue, &doctor, &held.time);
    Ok(period.is_some_and(|period| period.admits(&held.visit_type)))
}

/// Calls off what is replaced, if it is still to come; the time that this frees.
async fn give_up(unit: &mut Unit<'_>, place: &Place, scope: Scope) -> Result<Option<Freed>, ServiceError> {
    let Some(id) = place.waiting.instead_of else { return Ok(None) };
    let Some(visit) = unit.tx.appointments().lookup(&id).await? else { return Ok(None) };
    if visit.status != AppointmentStatus::Booked || visit.time.start() <= unit.now {
        return Ok(None);
    }
    let to = match scope {
        Scope::Own => AppointmentStatus::CancelledByPatient,
        _ => AppointmentStatus::CancelledByClinic,
    };
    let (_, freed) = cancel::end(unit, visit, to, GIVEN_UP).await?;
    let subject = Subject::object(Relation::Any, Some(place.patient), format!("appointment {id}"));
    unit.note(Action::CancelAppointment, subject.because(GIVEN_UP)).await?;
    Ok(freed)
}

/// Lets an offered time go; whoever it was offered to waits on, and the next in line is offered it.
#[derive(Clone, Debug)]
pub struct DeclineOffer {
    /// The place.
    pub id: PlanId,
}

#[async_trait]
impl UseCase for DeclineOffer {
    type Out = ();
    const ACTION: Action = Action::AnswerOffer;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(subject_of(unit, self.id).await?.because("let go"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut place = find(unit, self.id).await?;
        let freed = let_go(unit, &mut place).await?;
        offer(unit, freed).await
    }
}
