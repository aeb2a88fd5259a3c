//! Taking a cancellation back.

use super::{find_version, notices, subject_of, update, when};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::appointment::ForbiddenTransition;
use domain::message::Notice;
use domain::{Action, Appointment, AppointmentId, AppointmentStatus, FieldErrors, Scope};

/// Books a cancelled appointment again, if its time is still free. Patients take back their own cancellations only, by the
/// rules for new bookings. Field: time.
#[derive(Clone, Debug)]
pub struct RestoreAppointment {
    /// Which.
    pub id: AppointmentId,
    /// The version that was seen.
    pub expected: Version,
}

#[async_trait]
impl UseCase for RestoreAppointment {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::BookAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(subject_of(unit, self.id).await?.because("cancellation taken back"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut appointment = find_version(unit, self.id, self.expected).await?;
        let rules = unit.catalogue().await?.rules;
        let scope = permit.scope();
        if !appointment.is_restorable(scope == Scope::Own) {
            let from = appointment.status;
            return Err(ForbiddenTransition { from, to: AppointmentStatus::Booked }.into());
        }
        let mut errors = FieldErrors::new();
        when::check_future(unit.clinic, &rules, scope, unit.now, &appointment.time, &mut errors);
        if !errors.is_empty() {
            return Err(errors.into());
        }
        if let (Scope::Own, Some(patient)) = (scope, appointment.patient.id) {
            when::check_open_bookings(unit, &rules, patient).await?;
        }
        appointment.advance(AppointmentStatus::Booked, unit.actor.user(), unit.now, "")?;
        let stored = update(unit, self.expected, appointment).await?;
        notices::tell(unit, Notice::Booked, &stored).await?;
        Ok(stored)
    }
}
