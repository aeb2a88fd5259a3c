//! Staff offer a free time to somebody on the list, out of turn.

use super::{find, offering, subject_of};
use crate::scheduling::{BookAppointment, insert, next_id};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::waiting::{NotWaiting, WaitingState};
use domain::{Action, Appointment, AppointmentStatus, PlanId, UserId};
use jiff::Timestamp;

/// Holds a free time for a place on the waiting list. Fields: doctorId, date, time.
#[derive(Clone, Debug)]
pub struct OfferTime {
    /// The place.
    pub id: PlanId,
    /// Who sees the patient.
    pub doctor: UserId,
    /// Day as `2026-11-23`.
    pub date: String,
    /// Time of day as `09:30`, by the clinic's clock.
    pub time: String,
}

#[async_trait]
impl UseCase for OfferTime {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::OfferTime;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut place = find(unit, self.id).await?;
        if place.waiting.state != WaitingState::Waitlisted {
            return Err(NotWaiting(place.waiting.state.name()).into());
        }
        let wish = BookAppointment {
            patient: Some(place.patient),
            doctor: self.doctor,
            date: self.date.clone(),
            time: self.time.clone(),
            visit_type: place.waiting.visit_type.clone(),
            reason: place.waiting.reason.clone(),
            overbook_reason: String::new(),
        };
        let checked = wish.check(unit, permit.scope()).await?.within_hours()?;
        let rules = unit.catalogue().await?.rules;
        let until = unit.now.checked_add(rules.offer()).unwrap_or(Timestamp::MAX);
        let id = next_id(unit).await?;
        let mut held = checked.appointment(unit, id);
        held.status = AppointmentStatus::Proposed;
        held.held_until = Some(until.min(held.time.start()));
        held.priority = place.waiting.priority;
        // The patient's to accept, not a hold of whoever offers it.
        held.created_by = None;
        let held = insert(unit, held).await?;
        offering::hold(unit, &mut place, &held).await?;
        Ok(held)
    }
}
