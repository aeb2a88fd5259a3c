//! Giving an appointment another time.

use super::waiting::{self, Freed};
use super::{doctors, find_version, notices, subject_of, update, when};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::message::Notice;
use domain::validation::Code;
use domain::{Action, Appointment, AppointmentId, FieldErrors, TimeRange, UserId};

/// Moves a booked appointment, by the rules for new ones. Fields: doctorId, date, time, reason.
#[derive(Clone, Debug)]
pub struct MoveAppointment {
    /// Which.
    pub id: AppointmentId,
    /// The version that was seen.
    pub expected: Version,
    /// Who sees the patient.
    pub doctor: UserId,
    /// New day as `2026-11-23`.
    pub date: String,
    /// New time of day as `09:30`, by the clinic's clock.
    pub time: String,
    /// Why; may be empty.
    pub reason: String,
}

#[async_trait]
impl UseCase for MoveAppointment {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::MoveAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut appointment = find_version(unit, self.id, self.expected).await?;
        super::cancel::check_in_time(unit, &appointment).await?;
        let catalogue = unit.catalogue().await?;
        let doctor = doctors::find(unit, self.doctor).await?;
        let mut errors = FieldErrors::new();
        let doctor = errors.take("doctorId", doctor.ok_or(Code::UnknownDoctor));
        let start = when::start(unit.clinic, &self.date, &self.time, &mut errors);
        let minutes = appointment.time.minutes();
        let range = start.and_then(|start| errors.take("time", TimeRange::new(start, minutes)));
        let reason = errors.take("reason", super::reason(&self.reason));
        if let Some(range) = &range {
            let rules = &catalogue.rules;
            when::check_future(unit.clinic, rules, permit.scope(), unit.now, range, &mut errors);
        }
        let mut room = None;
        if let (Some(doctor), Some(range), true) = (&doctor, &range, errors.is_empty()) {
            match when::period(unit.clinic, &catalogue, doctor, range) {
                Some(period) if period.admits(&appointment.visit_type) => room = period.room,
                _ => errors.push("time", Code::OutsideSchedule),
            }
        }
        let (Some(doctor), Some(range), Some(reason), true) = (doctor, range, reason, errors.is_empty())
        else {
            return Err(errors.into());
        };
        let freed = Freed::of(&appointment);
        appointment.reschedule(doctor.link(), range, unit.actor.user(), unit.now, &reason)?;
        appointment.room = room;
        // At its new time it is an ordinary appointment again.
        appointment.overbooked_because = None;
        let stored = update(unit, self.expected, appointment).await?;
        notices::tell(unit, Notice::Moved, &stored).await?;
        waiting::offer(unit, freed).await?;
        Ok(stored)
    }
}
