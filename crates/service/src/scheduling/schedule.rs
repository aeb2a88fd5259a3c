//! Doctors' working hours and leave.

use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::validation::Code;
use domain::{Action, Relation, Role, Schedule, UserId};
use storage::UserKey;

/// Most periods of a week, and most periods of leave.
const MOST_PERIODS: usize = 200;

/// Sets a doctor's hours; appointments that were booked before stay. Fields: doctorId, weekly, slotMinutes, leave.
#[derive(Clone, Debug)]
pub struct SetSchedule {
    /// The hours.
    pub schedule: Schedule,
    /// The version that was edited; `None` when the doctor had no hours yet.
    pub expected: Option<Version>,
}

#[async_trait]
impl UseCase for SetSchedule {
    type Out = Version;
    const ACTION: Action = Action::SetSchedule;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let doctor = self.schedule.doctor;
        let relation = if unit.actor.user() == Some(doctor) { Relation::Own } else { Relation::Other };
        Ok(Subject::object(relation, None, format!("schedule {doctor}")))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Version, ServiceError> {
        let account = unit.tx.users().lookup(&UserKey::Id(self.schedule.doctor)).await?;
        if account.is_none_or(|user| user.role != Role::Doctor) {
            return Err(ServiceError::field("doctorId", Code::UnknownDoctor));
        }
        check_schedule(&self.schedule)?;
        match self.expected {
            Some(expected) => Ok(unit.tx.schedules().update(expected, self.schedule.clone()).await?),
            None if unit.tx.schedules().lookup(&self.schedule.doctor).await?.is_some() => {
                Err(ServiceError::Stale)
            }
            None => Ok(unit.tx.schedules().insert(self.schedule.clone()).await?),
        }
    }
}

/// Hours, slots and leave that make sense.
pub(crate) fn check_schedule(schedule: &Schedule) -> Result<(), ServiceError> {
    use domain::schedule::InvalidSchedule;
    if schedule.validate() == Err(InvalidSchedule::Slot) {
        return Err(ServiceError::field("slotMinutes", Code::DurationInvalid));
    }
    if schedule.leave.iter().any(|leave| leave.until < leave.from) {
        return Err(ServiceError::field(
            "leave",
            Code::UnknownChoice("a last day that is not before the first"),
        ));
    }
    schedule.validate()?;
    if schedule.weekly.len() > MOST_PERIODS {
        return Err(ServiceError::field("weekly", Code::TooLong("Working hours", MOST_PERIODS)));
    }
    if schedule.leave.len() > MOST_PERIODS {
        return Err(ServiceError::field("leave", Code::TooLong("Leave", MOST_PERIODS)));
    }
    Ok(())
}

/// A doctor's hours.
#[derive(Clone, Debug)]
pub struct ReadSchedule {
    /// Whose.
    pub doctor: UserId,
}

#[async_trait]
impl UseCase for ReadSchedule {
    type Out = Versioned<Schedule>;
    const ACTION: Action = Action::ReadSchedule;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(format!("schedule {}", self.doctor)))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        unit.tx.schedules().lookup(&self.doctor).await?.ok_or(ServiceError::NotFound)
    }
}
