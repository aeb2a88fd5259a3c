//! A doctor's hours as programs write and read them.

use domain::schedule::{ExtraHours, Leave, Validity, WeeklyBreak, WeeklyHours};
use domain::time::{clock_time, parse_date, parse_time};
use domain::validation::Code;
use domain::{AppointmentId, FieldErrors, Schedule, UserId};
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};
use service::scheduling::{Fate, StrandedDecision};
use service::{Version, Versioned};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A doctor's hours.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ScheduleBody {
    /// Hours of the week; a day may have several.
    weekly: Vec<HoursBody>,
    /// What is kept free of them.
    #[serde(default)]
    breaks: Vec<BreakBody>,
    /// Length of a slot in minutes.
    slot_minutes: u16,
    /// Days away.
    #[serde(default)]
    leave: Vec<LeaveBody>,
    /// Hours beside those of the week, on a holiday too.
    #[serde(default)]
    extra: Vec<ExtraBody>,
    /// What becomes of booked appointments outside them: only in requests, after a refusal that lists them.
    #[serde(default, skip_serializing)]
    #[schema(write_only)]
    stranded: Option<StrandedBody>,
}

/// A doctor's hours with their version.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScheduleView {
    /// The doctor's account.
    #[schema(value_type = u64)]
    doctor_id: UserId,
    /// Hours of the week; a day may have several.
    weekly: Vec<HoursBody>,
    /// What is kept free of them.
    breaks: Vec<BreakBody>,
    /// Length of a slot in minutes.
    slot_minutes: u16,
    /// Days away.
    leave: Vec<LeaveBody>,
    /// Hours beside those of the week, on a holiday too.
    extra: Vec<ExtraBody>,
    /// Counts the changes; the entity tag.
    version: Version,
}

impl ScheduleView {
    /// As it is.
    pub(super) fn of(schedule: &Versioned<Schedule>) -> Self {
        Self {
            doctor_id: schedule.doctor,
            weekly: schedule.weekly.iter().map(HoursBody::of).collect(),
            breaks: schedule.breaks.iter().map(BreakBody::of).collect(),
            slot_minutes: schedule.slot_minutes,
            leave: schedule.leave.iter().map(LeaveBody::of).collect(),
            extra: schedule.extra.iter().map(ExtraBody::of).collect(),
            version: schedule.version,
        }
    }
}

/// What becomes of booked appointments that would lie outside the new hours.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StrandedBody {
    /// What becomes of all of them.
    decision: FateBody,
    /// Why they are cancelled.
    #[serde(default)]
    reason: String,
    /// The ids that the refusal listed: where others came to them meanwhile, it is refused again.
    #[schema(value_type = Vec<u64>)]
    appointments: BTreeSet<AppointmentId>,
}

/// What becomes of an appointment.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum FateBody {
    /// It stays as it is.
    Keep,
    /// The clinic cancels it.
    Cancel,
}

impl StrandedBody {
    /// The decision.
    pub(super) fn decision(self) -> StrandedDecision {
        let fate = match self.decision {
            FateBody::Keep => Fate::Keep,
            FateBody::Cancel => Fate::Cancel { reason: self.reason },
        };
        StrandedDecision { fate, of: self.appointments }
    }
}

/// Hours on one day of the week, by the clinic's clock.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HoursBody {
    /// Monday is 1.
    weekday: i8,
    /// `09:00`.
    from: String,
    /// `12:30`.
    until: String,
    /// First day on which they hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
    /// Last day on which they hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<String>,
    /// Code of the room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    /// Codes of the visit types that are seen; all when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    visit_types: Vec<String>,
}

/// A time of one day of the week that is kept free.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BreakBody {
    /// Monday is 1.
    weekday: i8,
    /// `12:30`.
    from: String,
    /// `13:30`.
    until: String,
    /// First day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
    /// Last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<String>,
}

/// Days on which the doctor is away; both ends belong to it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LeaveBody {
    /// First day, `2026-12-24`.
    from: String,
    /// Last day.
    until: String,
    /// The part of each day, from `14:00`; the whole day when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from_time: Option<String>,
    /// Until `17:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until_time: Option<String>,
    /// What for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
}

/// Hours on one day.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExtraBody {
    /// `2026-12-28`.
    date: String,
    /// `09:00`.
    from: String,
    /// `12:30`.
    until: String,
    /// Code of the room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<String>,
}

fn time(text: &str) -> Result<Time, Code> {
    parse_time(text).ok_or(Code::NotATime)
}

fn date(text: &str) -> Result<Date, Code> {
    parse_date(text).ok_or(Code::NotADate("Date"))
}

fn validity(from: Option<&String>, until: Option<&String>) -> Result<Validity, Code> {
    let day = |text: Option<&String>| text.map(|text| date(text)).transpose();
    Ok(Validity { valid_from: day(from)?, valid_until: day(until)? })
}

impl HoursBody {
    fn of(hours: &WeeklyHours) -> Self {
        Self {
            weekday: hours.weekday,
            from: clock_time(hours.from),
            until: clock_time(hours.until),
            valid_from: hours.validity.valid_from.map(|day| day.to_string()),
            valid_until: hours.validity.valid_until.map(|day| day.to_string()),
            room: hours.room.clone(),
            visit_types: hours.visit_types.clone(),
        }
    }

    fn parse(&self) -> Result<WeeklyHours, Code> {
        Ok(WeeklyHours {
            weekday: self.weekday,
            from: time(&self.from)?,
            until: time(&self.until)?,
            validity: validity(self.valid_from.as_ref(), self.valid_until.as_ref())?,
            room: self.room.clone(),
            visit_types: self.visit_types.clone(),
        })
    }
}

impl BreakBody {
    fn of(pause: &WeeklyBreak) -> Self {
        Self {
            weekday: pause.weekday,
            from: clock_time(pause.from),
            until: clock_time(pause.until),
            valid_from: pause.validity.valid_from.map(|day| day.to_string()),
            valid_until: pause.validity.valid_until.map(|day| day.to_string()),
        }
    }

    fn parse(&self) -> Result<WeeklyBreak, Code> {
        Ok(WeeklyBreak {
            weekday: self.weekday,
            from: time(&self.from)?,
            until: time(&self.until)?,
            validity: validity(self.valid_from.as_ref(), self.valid_until.as_ref())?,
        })
    }
}

impl LeaveBody {
    fn of(leave: &Leave) -> Self {
        Self {
            from: leave.from.to_string(),
            until: leave.until.to_string(),
            from_time: leave.hours.map(|(from, _)| clock_time(from)),
            until_time: leave.hours.map(|(_, until)| clock_time(until)),
            reason: leave.reason.clone(),
        }
    }

    fn parse(&self) -> Result<Leave, Code> {
        let hours = match (&self.from_time, &self.until_time) {
            (None, None) => None,
            (from, until) => {
                let both = from.as_ref().zip(until.as_ref()).ok_or(Code::NotATime)?;
                Some((time(both.0)?, time(both.1)?))
            }
        };
        Ok(Leave { from: date(&self.from)?, until: date(&self.until)?, hours, reason: self.reason.clone() })
    }
}

impl ExtraBody {
    fn of(extra: &ExtraHours) -> Self {
        Self {
            date: extra.date.to_string(),
            from: clock_time(extra.from),
            until: clock_time(extra.until),
            room: extra.room.clone(),
        }
    }

    fn parse(&self) -> Result<ExtraHours, Code> {
        Ok(ExtraHours {
            date: date(&self.date)?,
            from: time(&self.from)?,
            until: time(&self.until)?,
            room: self.room.clone(),
        })
    }
}

impl ScheduleBody {
    /// What was decided of the appointments that a refusal listed.
    pub(super) fn decision(&self) -> Option<StrandedDecision> {
        self.stranded.clone().map(StrandedBody::decision)
    }

    /// What is proposed for a doctor.
    pub(super) fn parse(&self, doctor: UserId) -> Result<Schedule, FieldErrors> {
        let mut errors = FieldErrors::new();
        let weekly = errors.take("weekly", self.weekly.iter().map(HoursBody::parse).collect());
        let breaks = errors.take("breaks", self.breaks.iter().map(BreakBody::parse).collect());
        let leave = errors.take("leave", self.leave.iter().map(LeaveBody::parse).collect());
        let extra = errors.take("extra", self.extra.iter().map(ExtraBody::parse).collect());
        match (weekly, breaks, leave, extra) {
            (Some(weekly), Some(breaks), Some(leave), Some(extra)) => {
                Ok(Schedule { doctor, weekly, breaks, slot_minutes: self.slot_minutes, leave, extra })
            }
            _ => Err(errors),
        }
    }
}
