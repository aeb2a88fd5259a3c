//! The visit's way from the waiting room to its end, and the steps back.

use super::waiting::{self, Freed};
use super::{find_version, notices, subject_of, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::{Action, Appointment, AppointmentId, AppointmentStatus};

/// Takes an appointment to another status. One that is booked again must find its time still free. Field: reason.
#[derive(Clone, Debug)]
pub struct AdvanceAppointment {
    /// Which.
    pub id: AppointmentId,
    /// The version that was seen.
    pub expected: Version,
    /// Where to.
    pub to: AppointmentStatus,
    /// Why; may be empty.
    pub reason: String,
}

#[async_trait]
impl UseCase for AdvanceAppointment {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::AdvanceAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(subject_of(unit, self.id).await?.because(self.to.name()))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut appointment = find_version(unit, self.id, self.expected).await?;
        let reason = super::reason(&self.reason).map_err(|code| ServiceError::field("reason", code))?;
        let from = appointment.status;
        let freed = Freed::of(&appointment).filter(|_| !self.to.is_live());
        appointment.advance(self.to, unit.actor.user(), unit.now, &reason)?;
        let stored = update(unit, self.expected, appointment).await?;
        notices::tell_step(unit, from, &stored).await?;
        if freed.is_some() {
            waiting::offer(unit, freed).await?;
        }
        Ok(stored)
    }
}
