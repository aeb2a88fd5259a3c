//! Instants are UTC; people see the clinic's time zone. Both nights of daylight saving are handled here.

use crate::validation::Code;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// A half-open interval of time, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    start: Timestamp,
    minutes: u16,
}

impl TimeRange {
    /// Shortest and longest appointment in minutes.
    pub const MINUTES: std::ops::RangeInclusive<u16> = 5..=240;

    /// An interval of `minutes` from `start`; refused outside [`Self::MINUTES`].
    pub fn new(start: Timestamp, minutes: u16) -> Result<Self, Code> {
        if Self::MINUTES.contains(&minutes) {
            Ok(Self { start, minutes })
        } else {
            Err(Code::DurationInvalid)
        }
    }

    /// First instant.
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// First instant after it.
    pub fn end(&self) -> Timestamp {
        self.start.checked_add(SignedDuration::from_mins(i64::from(self.minutes))).unwrap_or(Timestamp::MAX)
    }

    /// Length in minutes.
    pub const fn minutes(&self) -> u16 {
        self.minutes
    }

    /// Whether the two share an instant; touching ends do not overlap.
    pub fn overlaps(&self, other: &Self) -> bool {
        // Whole numbers: a day's page compares every slot with every appointment.
        let begin = |range: &Self| range.start.as_nanosecond();
        let end = |range: &Self| begin(range) + i128::from(range.minutes) * 60_000_000_000;
        begin(self) < end(other) && begin(other) < end(self)
    }
}

/// The clinic's IANA time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct ClinicZone(TimeZone);

impl ClinicZone {
    /// Looks the zone up by its IANA name, as `Europe/London`.
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Wall-clock time at the clinic.
    pub fn local(&self, instant: Timestamp) -> DateTime {
        self.0.to_datetime(instant)
    }

    /// The zone's short name at an instant whose wall-clock time comes twice, as `GMT`; `None` at all others.
    pub fn abbreviation_if_repeated(&self, instant: Timestamp) -> Option<String> {
        let ambiguous = self.0.to_ambiguous_timestamp(self.local(instant));
        let is_repeated = matches!(ambiguous.offset(), AmbiguousOffset::Fold { .. });
        is_repeated.then(|| self.0.to_offset_info(instant).abbreviation().to_owned())
    }

    /// The clinic's date at an instant.
    pub fn date(&self, instant: Timestamp) -> Date {
        self.local(instant).date()
    }

    /// The instant of a wall-clock time. A time that the clocks skip is refused; of a time that
    /// occurs twice the first is meant.
    pub fn instant(&self, local: DateTime) -> Result<Timestamp, Code> {
        let ambiguous = self.0.to_ambiguous_timestamp(local);
        match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => Err(Code::TimeSkipped),
            _ => ambiguous.earlier().map_err(|_| Code::NotATime),
        }
    }

    /// First instant of a day at the clinic (not always midnight: some zones skip it).
    pub fn start_of_day(&self, date: Date) -> Timestamp {
        date.to_zoned(self.0.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    /// The first instants of a day and of the day after it.
    pub fn day_bounds(&self, date: Date) -> (Timestamp, Timestamp) {
        (self.start_of_day(date), self.start_of_day(date.checked_add(1.day()).unwrap_or(date)))
    }
}

/// `Monday 23 November 2026`.
pub fn long_date(date: Date) -> String {
    date.strftime("%A %-d %B %Y").to_string()
}

/// `23 Nov 2026`.
pub fn short_date(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// `09:30`.
pub fn clock_time(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// Full years from `birth` to `today`.
pub fn age_in_years(birth: Date, today: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (birth.month(), birth.day());
    today.year() - birth.year() - i16::from(!had_birthday)
}

/// Reads `2026-11-23`; nothing else.
pub fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.len() == 10 { text.parse().ok() } else { None }
}

/// Reads `09:30`, `9:30`, `10:00 AM`, `1:05pm`.
pub fn parse_time(text: &str) -> Option<Time> {
    let lower = text.trim().to_ascii_lowercase();
    let (digits, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(rest), _) => (rest.trim_end(), Some(0)),
        (_, Some(rest)) => (rest.trim_end(), Some(12)),
        _ => (lower.as_str(), None),
    };
    let (hour, minute) = digits.split_once(':')?;
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 || !all_digits(hour) || !all_digits(minute) {
        return None;
    }
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(offset) => hour % 12 + offset,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok()
}

/// `10:00 AM`, as the old system wrote times.
pub fn legacy_time(time: Time) -> String {
    let hour = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    format!("{hour:02}:{:02} {}", time.minute(), if time.hour() < 12 { "AM" } else { "PM" })
}

/// Parses the three boxes of a date input; `what` names the date, as "Date of birth".
pub fn date_from_parts(day: &str, month: &str, year: &str, what: &'static str) -> Result<Date, Code> {
    let number = |text: &str| text.trim().parse::<i16>().ok();
    let (Some(day), Some(month), Some(year)) = (number(day), number(month), number(year)) else {
        return Err(Code::NotADate(what));
    };
    let (Ok(day), Ok(month)) = (i8::try_from(day), i8::try_from(month)) else {
        return Err(Code::NotADate(what));
    };
    if year < 1000 {
        return Err(Code::NotADate(what));
    }
    Date::new(year, month, day).map_err(|_| Code::NotADate(what))
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
    fn a_time_that_the_clocks_skip_is_refused() {
        assert_eq!(london().instant(date(2026, 3, 29).at(1, 30, 0, 0)), Err(Code::TimeSkipped));
    }

    #[test]
    fn a_time_that_occurs_twice_means_the_first() {
        let instant = london().instant(date(2026, 10, 25).at(1, 30, 0, 0)).unwrap();
        assert_eq!(instant.to_string(), "2026-10-25T00:30:00Z");
    }

    #[test]
    fn only_a_time_that_occurs_twice_needs_its_zone() {
        let first = london().instant(date(2026, 10, 25).at(1, 30, 0, 0)).unwrap();
        let names = [0, 1, 2]
            .map(|hours| london().abbreviation_if_repeated(first + SignedDuration::from_hours(hours)));
        assert_eq!(names, [Some("BST".to_owned()), Some("GMT".to_owned()), None]);
    }

    #[test]
    fn the_days_of_changing_clocks_have_23_and_25_hours() {
        for (day, hours) in [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 23), 24)] {
            let (start, end) = london().day_bounds(day);
            assert_eq!(end.duration_since(start).as_hours(), hours);
        }
    }

    #[test]
    fn times_are_read_as_the_old_system_wrote_them() {
        for (text, expected) in [
            ("10:00 AM", time(10, 0, 0, 0)),
            ("12:00 AM", time(0, 0, 0, 0)),
            ("12:30 PM", time(12, 30, 0, 0)),
            ("1:05pm", time(13, 5, 0, 0)),
            ("09:30", time(9, 30, 0, 0)),
        ] {
            assert_eq!(parse_time(text), Some(expected), "{text}");
        }
        for bad in ["", "25:00", "13:00 PM", "0:00 AM", "10", "10:0", "10:60", "+1:00", "ten"] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        assert!(parse_date("2026-02-29").is_none());
        assert!(parse_date("23/11/2026").is_none());
        assert!(date_from_parts("31", "4", "1990", "Date").is_err());
        assert!(date_from_parts("1", "1", "90", "Date").is_err());
        assert_eq!(long_date(date(2026, 11, 23)), "Monday 23 November 2026");
    }

    proptest! {
        #[test]
        fn overlap_is_symmetric_and_touching_ends_do_not_overlap(a in 0i64..100_000, b in 0i64..100_000, m in 5u16..240, n in 5u16..240) {
            let at = |minutes: i64| Timestamp::from_second(minutes * 60).unwrap();
            let (one, two) = (TimeRange::new(at(a), m).unwrap(), TimeRange::new(at(b), n).unwrap());
            prop_assert_eq!(one.overlaps(&two), two.overlaps(&one));
            prop_assert!(!one.overlaps(&TimeRange::new(one.end(), n).unwrap()));
        }

        #[test]
        fn a_legacy_time_is_read_back(hour in 0i8..24, minute in 0i8..60) {
            let original = time(hour, minute, 0, 0);
            prop_assert_eq!(parse_time(&legacy_time(original)), Some(original));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = (parse_date(&text), parse_time(&text), date_from_parts(&text, &text, &text, "Date"));
        }
    }
}
