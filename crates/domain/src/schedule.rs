//! When doctors see patients, and which times are free.

use crate::catalogue::Holiday;
use crate::{ClinicZone, TimeRange, UserId};
use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The days on which something of a week holds; no bound on a side where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Validity {
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
}

impl Validity {
    /// Whether it holds on a day.
    pub fn holds_on(&self, date: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= date) && self.valid_until.is_none_or(|until| date <= until)
    }

    /// Whether both hold on some day.
    fn meets(&self, other: &Self) -> bool {
        let begins_in_time = |one: &Self, other: &Self| {
            one.valid_from.zip(other.valid_until).is_none_or(|(from, until)| from <= until)
        };
        begins_in_time(self, other) && begins_in_time(other, self)
    }

    fn is_sound(&self) -> bool {
        self.meets(self)
    }
}

/// Hours on one day of the week, local to the clinic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WeeklyHours {
    /// ISO 8601 number of the day, Monday is 1.
    pub weekday: i8,
    /// First minute.
    pub from: Time,
    /// First minute after; later than `from`.
    pub until: Time,
    /// The days on which they are kept.
    #[serde(flatten)]
    pub validity: Validity,
    /// Code of the room in which patients are seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Codes of the visit types that are seen; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visit_types: Vec<String>,
}

impl WeeklyHours {
    /// Hours without any limits: every week, any room, all visit types.
    pub const fn plain(weekday: i8, from: Time, until: Time) -> Self {
        let validity = Validity { valid_from: None, valid_until: None };
        Self { weekday, from, until, validity, room: None, visit_types: Vec::new() }
    }
}

/// A time of a weekday that is kept free within the hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WeeklyBreak {
    /// ISO 8601 number of the day, Monday is 1.
    pub weekday: i8,
    /// First minute.
    pub from: Time,
    /// First minute after; later than `from`.
    pub until: Time,
    /// The days on which it is kept.
    #[serde(flatten)]
    pub validity: Validity,
}

/// Days on which the doctor is away; both ends belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leave {
    /// First day away.
    pub from: Date,
    /// Last day away.
    pub until: Date,
    /// The part of each of these days, the first minute and the first one after; the whole day when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<(Time, Time)>,
    /// What for; only staff read it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Leave {
    /// Whole days.
    pub const fn days(from: Date, until: Date) -> Self {
        Self { from, until, hours: None, reason: String::new() }
    }
}

/// Hours on one day beside those of the week, on a holiday too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtraHours {
    /// The day.
    pub date: Date,
    /// First minute.
    pub from: Time,
    /// First minute after; later than `from`.
    pub until: Time,
    /// Code of the room in which patients are seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
}

/// The hours of one doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Whose hours; also the identity.
    pub doctor: UserId,
    /// Hours of the week; a day may have several.
    pub weekly: Vec<WeeklyHours>,
    /// What is kept free of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<WeeklyBreak>,
    /// Length of a slot in minutes.
    pub slot_minutes: u16,
    /// Days away.
    pub leave: Vec<Leave>,
    /// Hours beside those of the week.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<ExtraHours>,
}

/// What a schedule is read against: the clinic's clock and the days on which the clinic is closed.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'c> {
    /// The clinic's time zone.
    pub zone: &'c ClinicZone,
    /// The clinic's holidays.
    pub holidays: &'c [Holiday],
}

impl Calendar<'_> {
    /// The holiday on a day.
    pub fn holiday(&self, date: Date) -> Option<&Holiday> {
        self.holidays.iter().find(|holiday| holiday.is_on(date))
    }
}

/// A time of one day in which patients are seen, local to the clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// First minute.
    pub from: Time,
    /// First minute after.
    pub until: Time,
    /// Code of the room.
    pub room: Option<String>,
    /// Codes of the visit types that are seen; all when empty.
    pub visit_types: Vec<String>,
}

impl Period {
    /// Whether a visit of this type is seen in it.
    pub fn admits(&self, visit_type: &str) -> bool {
        self.visit_types.is_empty() || self.visit_types.iter().any(|code| code == visit_type)
    }

    /// What is left of it without the time from `from` to `until`: none, one or two parts.
    fn without(self, from: Time, until: Time) -> impl Iterator<Item = Self> {
        let before = Self { until: self.until.min(from), ..self.clone() };
        let after = Self { from: self.from.max(until), ..self };
        // Where they do not meet, one part is the whole and the other is empty or turned around.
        [before, after].into_iter().filter(|part| part.from < part.until)
    }
}

/// Why weekly hours were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// A period ends before it begins, or a weekday is not 1 to 7.
    #[error("each period must end after it begins, on a weekday from 1 to 7")]
    Period,
    /// Two periods of one day share time.
    #[error("two periods of one day overlap")]
    Overlap,
    /// A slot is not 5 to 240 minutes.
    #[error("a slot must be 5 to 240 minutes")]
    Slot,
    /// The last day of hours, a break or leave lies before the first.
    #[error("the last day must not be before the first")]
    Days,
}

impl Schedule {
    /// Monday to Friday, 09:00 to 12:30 and 13:30 to 17:00, slots of 30 minutes.
    pub fn office_hours(doctor: UserId) -> Self {
        let at = |hour, minute| Time::constant(hour, minute, 0, 0);
        let weekly = (1..=5)
            .flat_map(|weekday| {
                [
                    WeeklyHours::plain(weekday, at(9, 0), at(12, 30)),
                    WeeklyHours::plain(weekday, at(13, 30), at(17, 0)),
                ]
            })
            .collect();
        Self { doctor, weekly, breaks: Vec::new(), slot_minutes: 30, leave: Vec::new(), extra: Vec::new() }
    }

    /// Checks what a form or the API proposes.
    pub fn validate(&self) -> Result<(), InvalidSchedule> {
        if !TimeRange::MINUTES.contains(&self.slot_minutes) {
            return Err(InvalidSchedule::Slot);
        }
        let weekly = self.weekly.iter().map(|it| (it.weekday, it.from, it.until, it.validity));
        let breaks = self.breaks.iter().map(|it| (it.weekday, it.from, it.until, it.validity));
        let of_week: Vec<_> = weekly.clone().chain(breaks).collect();
        let extra = self.extra.iter().map(|it| (it.from, it.until));
        let away = self.leave.iter().filter_map(|it| it.hours);
        if of_week.iter().any(|(weekday, from, until, _)| from >= until || !(1..=7).contains(weekday))
            || extra.chain(away).any(|(from, until)| from >= until)
        {
            return Err(InvalidSchedule::Period);
        }
        if of_week.iter().any(|(.., validity)| !validity.is_sound())
            || self.leave.iter().any(|leave| leave.until < leave.from)
        {
            return Err(InvalidSchedule::Days);
        }
        let hours: Vec<_> = weekly.collect();
        let meet = |one: &(i8, Time, Time, Validity), other: &(i8, Time, Time, Validity)| {
            one.0 == other.0 && one.1 < other.2 && other.1 < one.2 && one.3.meets(&other.3)
        };
        let overlaps = |(at, one)| hours[at + 1..].iter().any(|other| meet(one, other));
        if hours.iter().enumerate().any(overlaps) { Err(InvalidSchedule::Overlap) } else { Ok(()) }
    }

    /// The periods worked on a date, in order: the hours of the week unless the clinic is closed, without the breaks;
    /// then the extra hours; of all these what no leave takes away.
    pub fn periods_on(&self, date: Date, calendar: &Calendar<'_>) -> Vec<Period> {
        let weekday = weekday_number(date.weekday());
        let mut periods = Vec::new();
        if calendar.holiday(date).is_none() {
            let today = |day: i8, validity: &Validity| day == weekday && validity.holds_on(date);
            let hours = self.weekly.iter().filter(|it| today(it.weekday, &it.validity));
            periods.extend(hours.map(|it| Period {
                from: it.from,
                until: it.until,
                room: it.room.clone(),
                visit_types: it.visit_types.clone(),
            }));
            for it in self.breaks.iter().filter(|it| today(it.weekday, &it.validity)) {
                periods = periods.into_iter().flat_map(|period| period.without(it.from, it.until)).collect();
            }
        }
        for it in self.extra.iter().filter(|it| it.date == date) {
            // Where they meet hours of the week, those stay as they are.
            let mut more = vec![Period {
                from: it.from,
                until: it.until,
                room: it.room.clone(),
                visit_types: Vec::new(),
            }];
            for kept in &periods {
                more = more.into_iter().flat_map(|period| period.without(kept.from, kept.until)).collect();
            }
            periods.extend(more);
        }
        for leave in self.leave.iter().filter(|leave| (leave.from..=leave.until).contains(&date)) {
            match leave.hours {
                None => return Vec::new(),
                Some((from, until)) => {
                    periods = periods.into_iter().flat_map(|period| period.without(from, until)).collect();
                }
            }
        }
        periods.sort_unstable_by_key(|period| (period.from, period.until));
        periods
    }

    /// The period in which an appointment wholly lies.
    pub fn period_of(&self, range: &TimeRange, calendar: &Calendar<'_>) -> Option<Period> {
        let date = calendar.zone.date(range.start());
        self.periods_on(date, calendar).into_iter().find(|period| {
            instants(date, period, calendar.zone)
                .is_some_and(|(start, end)| start <= range.start() && range.end() <= end)
        })
    }

    /// Every slot of a date in order, taken or not. Slots that the clocks skip are left out.
    pub fn slots_on(&self, date: Date, calendar: &Calendar<'_>) -> Vec<TimeRange> {
        let periods = self.periods_on(date, calendar);
        periods.iter().flat_map(|period| self.slots_of(date, period, calendar.zone)).collect()
    }

    /// The slots of one period.
    pub fn slots_of(&self, date: Date, period: &Period, zone: &ClinicZone) -> Vec<TimeRange> {
        let step = SignedDuration::from_mins(i64::from(self.slot_minutes));
        let mut slots = Vec::new();
        let Some((mut start, end)) = instants(date, period, zone) else { return slots };
        while start.checked_add(step).is_ok_and(|slot_end| slot_end <= end) {
            // A length that no appointment can have gives no slots.
            let Ok(slot) = TimeRange::new(start, self.slot_minutes) else { break };
            start = slot.end();
            slots.push(slot);
        }
        slots
    }

    /// Whether an appointment lies wholly within one period of its day.
    pub fn covers(&self, range: &TimeRange, calendar: &Calendar<'_>) -> bool {
        self.period_of(range, calendar).is_some()
    }
}

/// When a period begins and ends; `None` when the clocks skip one of the two.
fn instants(date: Date, period: &Period, zone: &ClinicZone) -> Option<(Timestamp, Timestamp)> {
    let at = |time| zone.instant(date.to_datetime(time)).ok();
    at(period.from).zip(at(period.until))
}

/// ISO 8601 number of a weekday.
pub const fn weekday_number(weekday: Weekday) -> i8 {
    weekday.to_monday_one_offset()
}

#[cfg(test)]
mod tests;
