//! Calling an appointment off.

use super::waiting::{self, Freed};
use super::{find_version, notices, subject_of, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::message::Notice;
use domain::{Action, Appointment, AppointmentId, AppointmentStatus, Scope};

/// Refuses patients who come too late to change their booked appointment.
pub(super) async fn check_in_time(
    unit: &mut Unit<'_>,
    appointment: &Appointment,
) -> Result<(), ServiceError> {
    let Some(role) = unit.actor.role() else { return Ok(()) };
    if appointment.status != AppointmentStatus::Booked {
        return Ok(());
    }
    let hours = unit.catalogue().await?.rules.patient_change_hours;
    appointment.may_change(role, unit.now, hours).map_err(|code| ServiceError::field("time", code))
}

/// Calls it off, tells the patient, and offers its time to who waits.
pub(super) async fn call_off(
    unit: &mut Unit<'_>,
    appointment: Versioned<Appointment>,
    to: AppointmentStatus,
    reason: &str,
) -> Result<Versioned<Appointment>, ServiceError> {
    let (stored, freed) = end(unit, appointment, to, reason).await?;
    waiting::offer(unit, freed).await?;
    Ok(stored)
}

/// The same for one of several: the time that it frees is offered by whoever ends the others too.
pub(super) async fn end(
    unit: &mut Unit<'_>,
    Versioned { value: mut appointment, version }: Versioned<Appointment>,
    to: AppointmentStatus,
    reason: &str,
) -> Result<(Versioned<Appointment>, Option<Freed>), ServiceError> {
    let freed = Freed::of(&appointment);
    appointment.advance(to, unit.actor.user(), unit.now, reason)?;
    let stored = update(unit, version, appointment).await?;
    notices::tell(unit, Notice::Cancelled, &stored).await?;
    Ok((stored, freed))
}

/// Calls an appointment off. Fields: time, reason.
#[derive(Clone, Debug)]
pub struct CancelAppointment {
    /// Which.
    pub id: AppointmentId,
    /// The version that was seen.
    pub expected: Version,
    /// Why; may be empty.
    pub reason: String,
}

#[async_trait]
impl UseCase for CancelAppointment {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::CancelAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let value = find_version(unit, self.id, self.expected).await?;
        check_in_time(unit, &value).await?;
        let reason = super::reason(&self.reason).map_err(|code| ServiceError::field("reason", code))?;
        let to = match permit.scope() {
            Scope::Own => AppointmentStatus::CancelledByPatient,
            _ => AppointmentStatus::CancelledByClinic,
        };
        call_off(unit, Versioned { value, version: self.expected }, to, &reason).await
    }
}
