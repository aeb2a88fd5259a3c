//! Doctors' working hours and leave.

use super::stranded::{self, Decision};
use super::{waiting, when};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::schedule::Calendar;
use domain::validation::Code;
use domain::{Action, Catalogue, Relation, Role, Schedule, UserId};
use storage::UserKey;

/// Most periods of a week, and most periods of leave.
const MOST_PERIODS: usize = 200;

/// Sets a doctor's hours. Fields: doctorId, weekly, slotMinutes, leave, extra, reason.
#[derive(Clone, Debug)]
pub struct SetSchedule {
    /// The hours.
    pub schedule: Schedule,
    /// The version that was edited; `None` when the doctor had no hours yet.
    pub expected: Option<Version>,
    /// What becomes of booked appointments that would lie outside them.
    pub stranded: Option<Decision>,
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
        let before = unit.tx.schedules().lookup(&self.schedule.doctor).await?;
        if before.as_ref().map(|before| before.version) != self.expected {
            return Err(ServiceError::Stale);
        }
        let catalogue = unit.catalogue().await?;
        check_codes(&self.schedule, &catalogue)?;
        let version = match &before {
            Some(before) => {
                let decision = self.stranded.as_ref();
                stranded::settle_hours(unit, before, &self.schedule, decision).await?;
                unit.tx.schedules().update(before.version, self.schedule.clone()).await?
            }
            None => unit.tx.schedules().insert(self.schedule.clone()).await?,
        };
        let calendar = Calendar { zone: &unit.clinic.zone, holidays: &catalogue.holidays };
        let before = before.as_ref().map(|before| (&before.value, &calendar));
        let days = when::bookable_days(unit.clinic, &catalogue.rules, unit.now);
        let freed = waiting::by_hours(before, (&self.schedule, &calendar), days);
        waiting::offer(unit, freed).await?;
        Ok(version)
    }
}

/// Rooms and visit types that the clinic has, in use or not.
fn check_codes(schedule: &Schedule, catalogue: &Catalogue) -> Result<(), ServiceError> {
    let is_known = |room: &Option<String>| room.as_ref().is_none_or(|code| catalogue.room(code).is_some());
    if !schedule.weekly.iter().all(|hours| is_known(&hours.room)) {
        return Err(ServiceError::field("weekly", Code::UnknownChoice("a room")));
    }
    if !schedule.extra.iter().all(|hours| is_known(&hours.room)) {
        return Err(ServiceError::field("extra", Code::UnknownChoice("a room")));
    }
    let mut codes = schedule.weekly.iter().flat_map(|hours| &hours.visit_types);
    if !codes.all(|code| catalogue.visit_type(code).is_some()) {
        return Err(ServiceError::field("weekly", Code::UnknownChoice("visit types")));
    }
    Ok(())
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
