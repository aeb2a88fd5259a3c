//! Changing a visit of a series and all that follow it: all of them, or none.

use super::plan::in_the_way;
use super::{Trouble, members};
use crate::scheduling::cancel;
use crate::scheduling::waiting::{self, Freed};
use crate::scheduling::{doctors, find_version, lapsed, notices, subject_of, update, when};
use crate::{ConflictKind, Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::message::Notice;
use domain::time::{clock_time, parse_date, parse_time};
use domain::validation::{Code, required};
use domain::{
    Action, Appointment, AppointmentId, AppointmentStatus, FieldErrors, Relation, Scope, TimeRange, UserId,
};
use jiff::ToSpan;
use std::cmp::Reverse;

/// The visit as the caller saw it, and those after it that are booked and still to come; it is the first of them.
async fn following(
    unit: &mut Unit<'_>,
    id: AppointmentId,
    expected: Version,
) -> Result<Vec<Versioned<Appointment>>, ServiceError> {
    let visit = find_version(unit, id, expected).await?;
    let (Some(series), Some(patient)) = (visit.series, visit.patient.id) else {
        return Err(ServiceError::NotFound);
    };
    let start = visit.time.start();
    let mut found = members(unit, patient, series).await?;
    found.retain(|it| {
        it.status == AppointmentStatus::Booked && it.time.start() > unit.now && it.time.start() >= start
    });
    if found.first().is_none_or(|first| first.id != id) {
        return Err(domain::appointment::ForbiddenTransition {
            from: visit.status,
            to: AppointmentStatus::Booked,
        }
        .into());
    }
    Ok(found)
}

/// Notes what was done to one of them, beside the event of the whole.
async fn note(unit: &mut Unit<'_>, action: Action, visit: &Appointment) -> Result<(), ServiceError> {
    let subject = Subject::object(Relation::Any, visit.patient.id, format!("appointment {}", visit.id));
    Ok(unit.note(action, subject).await?)
}

/// Calls a visit of a series and all that follow it off. Field: reason.
#[derive(Clone, Debug)]
pub struct CancelFollowing {
    /// The first.
    pub id: AppointmentId,
    /// The version of it that was seen.
    pub expected: Version,
    /// Why.
    pub reason: String,
}

#[async_trait]
impl UseCase for CancelFollowing {
    type Out = Vec<Versioned<Appointment>>;
    const ACTION: Action = Action::ChangeSeries;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let visits = following(unit, self.id, self.expected).await?;
        let reason = required(&self.reason, "Reason", "a reason", crate::scheduling::LONGEST_REASON, true)
            .map_err(|code| ServiceError::field("reason", code))?;
        let (mut cancelled, mut freed) = (Vec::with_capacity(visits.len()), Vec::new());
        for visit in visits {
            let (stored, free) =
                cancel::end(unit, visit, AppointmentStatus::CancelledByClinic, &reason).await?;
            freed.extend(free);
            note(unit, Action::CancelAppointment, &stored).await?;
            cancelled.push(stored);
        }
        waiting::offer(unit, freed).await?;
        Ok(cancelled)
    }
}

/// Moves a visit of a series, and all that follow it by as many days and to the same time of day.
/// Fields: doctorId, date, time, reason.
#[derive(Clone, Debug)]
pub struct MoveFollowing {
    /// The first.
    pub id: AppointmentId,
    /// The version of it that was seen.
    pub expected: Version,
    /// Who sees the patient from now on.
    pub doctor: UserId,
    /// The new day of the first, as `2026-11-23`.
    pub date: String,
    /// The new time of day of all of them, as `09:30`.
    pub time: String,
    /// Why; may be empty.
    pub reason: String,
}

impl MoveFollowing {
    /// The visits at their new times, the last first where they move on, so that none is in the way of another.
    async fn moved(
        &self,
        unit: &mut Unit<'_>,
        visits: Vec<Versioned<Appointment>>,
    ) -> Result<Vec<Versioned<Appointment>>, ServiceError> {
        let catalogue = unit.catalogue().await?;
        let zone = unit.clinic.zone.clone();
        let doctor = doctors::find(unit, self.doctor).await?;
        let mut errors = FieldErrors::new();
        let doctor = errors.take("doctorId", doctor.ok_or(Code::UnknownDoctor));
        let date = errors.take("date", parse_date(&self.date).ok_or(Code::NotADate("Date")));
        let time = errors.take("time", parse_time(&self.time).ok_or(Code::NotATime));
        let reason = errors.take("reason", crate::scheduling::reason(&self.reason));
        let (Some(doctor), Some(date), Some(time), Some(reason)) = (doctor, date, time, reason) else {
            return Err(errors.into());
        };
        let old = visits.first().map_or(date, |first| zone.date(first.time.start()));
        let shift = i64::from(old.until(date).map_or(0, |span| span.get_days()));
        let all: Vec<_> = visits.iter().map(|it| it.id).collect();
        let (mut moved, mut taken) = (Vec::with_capacity(visits.len()), Vec::new());
        for Versioned { mut value, version } in visits {
            let day = zone.date(value.time.start());
            let day = day.checked_add(shift.days()).unwrap_or(day);
            let trouble = match zone.instant(day.to_datetime(time)) {
                Err(code) => Some(Trouble::Refused(code)),
                Ok(start) => {
                    let range = TimeRange::new(start, value.time.minutes())
                        .map_err(|code| ServiceError::field("time", code))?;
                    let mut refused = FieldErrors::new();
                    let rules = &catalogue.rules;
                    when::check_future(unit.clinic, rules, Scope::All, unit.now, &range, &mut refused);
                    let period = when::period(unit.clinic, &catalogue, &doctor, &range)
                        .filter(|period| period.admits(&value.visit_type));
                    value.reschedule(doctor.link(), range, unit.actor.user(), unit.now, &reason)?;
                    value.overbooked_because = None;
                    match (refused.iter().next(), period) {
                        (Some((_, code)), _) => Some(Trouble::Refused(code.clone())),
                        (None, None) => Some(Trouble::Refused(Code::OutsideSchedule)),
                        (None, Some(period)) => {
                            value.room = period.room;
                            in_the_way(unit, &value, &all).await?
                        }
                    }
                }
            };
            match trouble {
                Some(trouble) => taken.push((day.to_string(), clock_time(time), trouble)),
                None => moved.push(Versioned { value, version }),
            }
        }
        if !taken.is_empty() {
            return Err(ServiceError::Conflict(ConflictKind::Series(taken)));
        }
        if moved
            .first()
            .is_some_and(|it| it.history.last().and_then(|step| step.moved_from) < Some(it.time.start()))
        {
            moved.sort_by_key(|it| Reverse(it.time.start()));
        }
        Ok(moved)
    }
}

#[async_trait]
impl UseCase for MoveFollowing {
    type Out = Vec<Versioned<Appointment>>;
    const ACTION: Action = Action::ChangeSeries;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let visits = following(unit, self.id, self.expected).await?;
        let freed: Vec<_> = visits.iter().filter_map(|it| Freed::of(it)).collect();
        let mut stored = Vec::with_capacity(visits.len());
        for Versioned { value, version } in self.moved(unit, visits).await? {
            lapsed::clear(unit, &value).await?;
            let visit = update(unit, version, value).await?;
            notices::tell(unit, Notice::Moved, &visit).await?;
            note(unit, Action::MoveAppointment, &visit).await?;
            stored.push(visit);
        }
        waiting::offer(unit, freed).await?;
        stored.sort_by_key(|it| it.time.start());
        Ok(stored)
    }
}
