//! When doctors see patients, and which times are free.

use crate::{ClinicZone, TimeRange, UserId};
use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Hours on one day of the week, local to the clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyHours {
    /// ISO 8601 number of the day, Monday is 1.
    pub weekday: i8,
    /// First minute.
    pub from: Time,
    /// First minute after; later than `from`.
    pub until: Time,
}

/// Days on which the doctor is away; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// First day away.
    pub from: Date,
    /// Last day away.
    pub until: Date,
}

/// The hours of one doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Whose hours; also the identity.
    pub doctor: UserId,
    /// Hours of the week; a day may have several (a lunch break is the gap between two).
    pub weekly: Vec<WeeklyHours>,
    /// Length of a slot in minutes.
    pub slot_minutes: u16,
    /// Days away.
    pub leave: Vec<Leave>,
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
}

impl Schedule {
    /// Monday to Friday, 09:00 to 12:30 and 13:30 to 17:00, slots of 30 minutes.
    pub fn office_hours(doctor: UserId) -> Self {
        let at = |hour, minute| Time::constant(hour, minute, 0, 0);
        let weekly = (1..=5)
            .flat_map(|weekday| {
                [
                    WeeklyHours { weekday, from: at(9, 0), until: at(12, 30) },
                    WeeklyHours { weekday, from: at(13, 30), until: at(17, 0) },
                ]
            })
            .collect();
        Self { doctor, weekly, slot_minutes: 30, leave: Vec::new() }
    }

    /// Checks what a form or the API proposes.
    pub fn validate(&self) -> Result<(), InvalidSchedule> {
        if !TimeRange::MINUTES.contains(&self.slot_minutes) {
            return Err(InvalidSchedule::Slot);
        }
        if self.weekly.iter().any(|hours| hours.from >= hours.until || !(1..=7).contains(&hours.weekday)) {
            return Err(InvalidSchedule::Period);
        }
        let mut sorted: Vec<_> =
            self.weekly.iter().map(|hours| (hours.weekday, hours.from, hours.until)).collect();
        sorted.sort_unstable();
        let overlaps = sorted.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[1].1 < pair[0].2);
        if overlaps { Err(InvalidSchedule::Overlap) } else { Ok(()) }
    }

    /// The periods worked on a date, none on leave.
    pub fn periods_on(&self, date: Date) -> Vec<(Time, Time)> {
        if self.leave.iter().any(|leave| (leave.from..=leave.until).contains(&date)) {
            return Vec::new();
        }
        let weekday = weekday_number(date.weekday());
        let mut periods: Vec<_> = self
            .weekly
            .iter()
            .filter(|hours| hours.weekday == weekday)
            .map(|hours| (hours.from, hours.until))
            .collect();
        periods.sort_unstable();
        periods
    }

    /// Every slot of a date in order, taken or not. Slots that the clocks skip are left out.
    pub fn slots_on(&self, date: Date, zone: &ClinicZone) -> Vec<TimeRange> {
        let step = SignedDuration::from_mins(i64::from(self.slot_minutes));
        let mut slots = Vec::new();
        for (from, until) in self.periods_on(date) {
            let (Ok(mut start), Ok(end)) =
                (zone.instant(date.to_datetime(from)), zone.instant(date.to_datetime(until)))
            else {
                continue;
            };
            while start.checked_add(step).is_ok_and(|slot_end| slot_end <= end) {
                // A length that no appointment can have gives no slots.
                let Ok(slot) = TimeRange::new(start, self.slot_minutes) else { break };
                start = slot.end();
                slots.push(slot);
            }
        }
        slots
    }

    /// Whether an appointment lies wholly within one period of its day.
    pub fn covers(&self, range: &TimeRange, zone: &ClinicZone) -> bool {
        let date = zone.date(range.start());
        self.periods_on(date).into_iter().any(|(from, until)| {
            match (zone.instant(date.to_datetime(from)), zone.instant(date.to_datetime(until))) {
                (Ok(start), Ok(end)) => start <= range.start() && range.end() <= end,
                _ => false,
            }
        })
    }

    /// The slots of a date that begin after `now` and overlap none of `taken`.
    pub fn free_on(
        &self,
        date: Date,
        zone: &ClinicZone,
        taken: &[TimeRange],
        now: Timestamp,
    ) -> Vec<TimeRange> {
        self.slots_on(date, zone)
            .into_iter()
            .filter(|slot| slot.start() > now && !taken.iter().any(|range| range.overlaps(slot)))
            .collect()
    }
}

/// ISO 8601 number of a weekday.
pub const fn weekday_number(weekday: Weekday) -> i8 {
    weekday.to_monday_one_offset()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    fn london() -> ClinicZone {
        ClinicZone::named("Europe/London").unwrap()
    }

    #[test]
    fn a_weekday_has_fourteen_half_hour_slots_and_a_weekend_none() {
        let schedule = Schedule::office_hours(UserId(1));
        assert_eq!(schedule.slots_on(date(2026, 11, 23), &london()).len(), 14);
        assert!(schedule.slots_on(date(2026, 11, 22), &london()).is_empty());
    }

    #[test]
    fn slots_keep_their_wall_clock_time_across_daylight_saving() {
        let schedule = Schedule::office_hours(UserId(1));
        for day in [date(2026, 3, 27), date(2026, 3, 30), date(2026, 10, 23), date(2026, 10, 26)] {
            let first = schedule.slots_on(day, &london())[0];
            assert_eq!(london().local(first.start()).time(), time(9, 0, 0, 0), "{day}");
        }
    }

    #[test]
    fn a_length_that_no_appointment_can_have_gives_no_slots() {
        for slot_minutes in [0, u16::MAX] {
            let schedule = Schedule { slot_minutes, ..Schedule::office_hours(UserId(1)) };
            assert!(schedule.slots_on(date(2026, 11, 23), &london()).is_empty());
        }
    }

    #[test]
    fn leave_has_no_slots() {
        let mut schedule = Schedule::office_hours(UserId(1));
        schedule.leave.push(Leave { from: date(2026, 11, 23), until: date(2026, 11, 24) });
        assert!(schedule.slots_on(date(2026, 11, 24), &london()).is_empty());
        assert!(!schedule.slots_on(date(2026, 11, 25), &london()).is_empty());
    }

    #[test]
    fn overlapping_periods_are_refused() {
        let mut schedule = Schedule::office_hours(UserId(1));
        schedule.weekly.push(WeeklyHours { weekday: 1, from: time(12, 0, 0, 0), until: time(13, 0, 0, 0) });
        assert_eq!(schedule.validate(), Err(InvalidSchedule::Overlap));
    }

    proptest! {
        #[test]
        fn free_slots_never_overlap_a_taken_time_and_lie_in_the_hours(day in 0i64..700, taken in 0i64..1000, minutes in 5u16..240) {
            let zone = london();
            let schedule = Schedule::office_hours(UserId(1));
            let date = date(2026, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            let (start, _) = zone.day_bounds(date);
            let busy = TimeRange::new(start + SignedDuration::from_mins(taken), minutes).unwrap();
            for slot in schedule.free_on(date, &zone, &[busy], Timestamp::MIN) {
                prop_assert!(!slot.overlaps(&busy));
                prop_assert!(schedule.covers(&slot, &zone));
            }
        }
    }
}
