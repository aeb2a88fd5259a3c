//! Periods, slots and covered times against the rules told minute by minute.

use super::*;
use crate::ClinicZone;
use jiff::civil::{date, time};
use proptest::prelude::*;

fn london() -> ClinicZone {
    ClinicZone::named("Europe/London").unwrap()
}

fn at(hour: i8, minute: i8) -> Time {
    time(hour, minute, 0, 0)
}

fn spans(schedule: &Schedule, day: Date, holidays: &[Holiday]) -> Vec<(Time, Time)> {
    let zone = london();
    let periods = schedule.periods_on(day, &Calendar { zone: &zone, holidays });
    periods.into_iter().map(|period| (period.from, period.until)).collect()
}

fn slots(schedule: &Schedule, day: Date) -> Vec<TimeRange> {
    schedule.slots_on(day, &Calendar { zone: &london(), holidays: &[] })
}

fn away(from: Date, until: Date, hours: Option<(Time, Time)>) -> Leave {
    Leave { from, until, hours, reason: String::new() }
}

const MONDAY: Date = Date::constant(2026, 11, 23);

#[test]
fn a_weekday_has_fourteen_half_hour_slots_and_a_weekend_none() {
    let schedule = Schedule::office_hours(UserId(1));
    assert_eq!(slots(&schedule, MONDAY).len(), 14);
    assert!(slots(&schedule, date(2026, 11, 22)).is_empty());
}

#[test]
fn slots_keep_their_wall_clock_time_across_daylight_saving() {
    let schedule = Schedule::office_hours(UserId(1));
    for day in [date(2026, 3, 27), date(2026, 3, 30), date(2026, 10, 23), date(2026, 10, 26)] {
        let first = slots(&schedule, day)[0];
        assert_eq!(london().local(first.start()).time(), at(9, 0), "{day}");
    }
}

#[test]
fn a_length_that_no_appointment_can_have_gives_no_slots() {
    for slot_minutes in [0, u16::MAX] {
        let schedule = Schedule { slot_minutes, ..Schedule::office_hours(UserId(1)) };
        assert!(slots(&schedule, MONDAY).is_empty());
    }
}

#[test]
fn leave_takes_days_or_parts_of_them() {
    let mut schedule = Schedule::office_hours(UserId(1));
    schedule.leave.push(away(MONDAY, date(2026, 11, 24), None));
    schedule.leave.push(away(date(2026, 11, 25), date(2026, 11, 25), Some((at(11, 0), at(15, 0)))));
    assert!(slots(&schedule, date(2026, 11, 24)).is_empty());
    let left = [(at(9, 0), at(11, 0)), (at(15, 0), at(17, 0))];
    assert_eq!(spans(&schedule, date(2026, 11, 25), &[]), left);
    assert_eq!(slots(&schedule, date(2026, 11, 26)).len(), 14);
}

#[test]
fn breaks_and_hours_hold_only_in_their_days() {
    let mut schedule = Schedule::office_hours(UserId(1));
    let validity = Validity { valid_from: Some(MONDAY), valid_until: Some(date(2026, 11, 29)) };
    schedule.breaks.push(WeeklyBreak { weekday: 1, from: at(10, 0), until: at(10, 30), validity });
    let with = [(at(9, 0), at(10, 0)), (at(10, 30), at(12, 30)), (at(13, 30), at(17, 0))];
    assert_eq!(spans(&schedule, MONDAY, &[]), with);
    assert_eq!(spans(&schedule, date(2026, 11, 30), &[]).len(), 2);
    for hours in &mut schedule.weekly {
        hours.validity.valid_until = Some(date(2026, 12, 31));
    }
    assert!(!slots(&schedule, date(2026, 12, 31)).is_empty());
    assert!(slots(&schedule, date(2027, 1, 4)).is_empty());
}

#[test]
fn a_holiday_closes_the_week_but_not_extra_hours() {
    let mut schedule = Schedule::office_hours(UserId(1));
    let holidays = [Holiday { from: MONDAY, until: MONDAY, name: "Founders' day".into() }];
    assert!(spans(&schedule, MONDAY, &holidays).is_empty());
    schedule.extra.push(ExtraHours { date: MONDAY, from: at(10, 0), until: at(18, 0), room: None });
    assert_eq!(spans(&schedule, MONDAY, &holidays), [(at(10, 0), at(18, 0))]);
    let open =
        [(at(9, 0), at(12, 30)), (at(12, 30), at(13, 30)), (at(13, 30), at(17, 0)), (at(17, 0), at(18, 0))];
    assert_eq!(spans(&schedule, MONDAY, &[]), open);
}

#[test]
fn overlapping_hours_are_refused_unless_they_never_meet() {
    let mut schedule = Schedule::office_hours(UserId(1));
    let mut more = schedule.weekly[0].clone();
    (more.from, more.until) = (at(12, 0), at(13, 0));
    schedule.weekly.push(more);
    assert_eq!(schedule.validate(), Err(InvalidSchedule::Overlap));
    let last = schedule.weekly.len() - 1;
    schedule.weekly[last].validity.valid_from = Some(MONDAY);
    schedule.weekly[0].validity.valid_until = Some(date(2026, 11, 22));
    assert_eq!(schedule.validate(), Ok(()));
}

#[test]
fn times_and_days_must_be_in_order() {
    let mut turned = Schedule::office_hours(UserId(1));
    turned.weekly[0].validity = Validity { valid_from: Some(MONDAY), valid_until: Some(date(2026, 11, 22)) };
    assert_eq!(turned.validate(), Err(InvalidSchedule::Days));
    let mut empty = Schedule::office_hours(UserId(1));
    empty.extra.push(ExtraHours { date: MONDAY, from: at(10, 0), until: at(10, 0), room: None });
    assert_eq!(empty.validate(), Err(InvalidSchedule::Period));
}

#[test]
fn a_period_sees_only_its_visit_types() {
    let mut schedule = Schedule::office_hours(UserId(1));
    schedule.weekly[0].visit_types = vec!["vaccination".into()];
    schedule.weekly[0].room = Some("2".into());
    let zone = london();
    let calendar = Calendar { zone: &zone, holidays: &[] };
    let first = slots(&schedule, MONDAY)[0];
    let period = schedule.period_of(&first, &calendar).unwrap();
    assert!(period.admits("vaccination") && !period.admits("consultation"));
    assert_eq!(period.room.as_deref(), Some("2"));
}

#[test]
fn hours_of_before_rooms_and_breaks_are_read() {
    let old = r#"{"doctor":1,"weekly":[{"weekday":1,"from":"09:00:00","until":"12:00:00"}],"slotMinutes":30,
        "leave":[{"from":"2026-11-23","until":"2026-11-24"}]}"#;
    let schedule: Schedule = serde_json::from_str(old).unwrap();
    assert_eq!(schedule.validate(), Ok(()));
    let again = serde_json::to_value(&schedule).unwrap();
    assert_eq!(again, serde_json::from_str::<serde_json::Value>(old).unwrap(), "nothing is added");
}

/// Whether the doctor sees patients in a minute, told minute by minute from the words of each rule.
fn sees(schedule: &Schedule, holidays: &[Holiday], day: Date, minute: Time) -> bool {
    let within = |from: Time, until: Time| from <= minute && minute < until;
    let weekday = weekday_number(day.weekday());
    let in_leave = schedule.leave.iter().any(|it| {
        it.from <= day && day <= it.until && it.hours.is_none_or(|(from, until)| within(from, until))
    });
    let valid = |it: &Validity| {
        it.valid_from.is_none_or(|from| day >= from) && it.valid_until.is_none_or(|until| day <= until)
    };
    let in_week = schedule
        .weekly
        .iter()
        .any(|it| it.weekday == weekday && valid(&it.validity) && within(it.from, it.until));
    let in_break = schedule
        .breaks
        .iter()
        .any(|it| it.weekday == weekday && valid(&it.validity) && within(it.from, it.until));
    let closed = holidays.iter().any(|it| it.from <= day && day <= it.until);
    let in_extra = schedule.extra.iter().any(|it| it.date == day && within(it.from, it.until));
    !in_leave && (in_extra || in_week && !in_break && !closed)
}

fn day() -> impl Strategy<Value = Date> {
    (0i64..40).prop_map(|days| MONDAY.checked_add(jiff::Span::new().days(days)).unwrap())
}

fn hours() -> impl Strategy<Value = (Time, Time)> {
    (0i8..23, 0i8..4, 1i8..8).prop_map(|(hour, quarter, length)| {
        let from = at(hour, quarter * 15);
        let until = from.checked_add(SignedDuration::from_mins(i64::from(length) * 15)).unwrap_or(at(23, 59));
        (from, until)
    })
}

prop_compose! {
    fn validity()(from in proptest::option::of(day()), days in proptest::option::of(0i64..30)) -> Validity {
        let begin = from.unwrap_or(MONDAY);
        let valid_until = days.map(|days| begin.checked_add(jiff::Span::new().days(days)).unwrap());
        Validity { valid_from: from, valid_until }
    }
}

prop_compose! {
    fn schedule()(
        weekly in proptest::collection::vec((1i8..8, hours(), validity()), 0..12),
        breaks in proptest::collection::vec((1i8..8, hours(), validity()), 0..4),
        extra in proptest::collection::vec((day(), hours()), 0..4),
        leave in proptest::collection::vec((day(), 0i64..5, proptest::option::of(hours())), 0..3),
        slot_minutes in 5u16..61,
    ) -> Schedule {
        let mut made = Schedule { slot_minutes, weekly: vec![], ..Schedule::office_hours(UserId(1)) };
        for (weekday, (from, until), validity) in weekly {
            made.weekly.push(WeeklyHours { weekday, from, until, validity, room: None, visit_types: vec![] });
            if made.validate().is_err() {
                made.weekly.pop();
            }
        }
        made.breaks = breaks
            .into_iter()
            .map(|(weekday, (from, until), validity)| WeeklyBreak { weekday, from, until, validity })
            .collect();
        made.extra = extra
            .into_iter()
            .map(|(date, (from, until))| ExtraHours { date, from, until, room: None })
            .collect();
        made.leave = leave
            .into_iter()
            .map(|(from, days, hours)| away(from, from.checked_add(jiff::Span::new().days(days)).unwrap(), hours))
            .collect();
        made
    }
}

proptest! {
    /// Periods, slots and cover are what the rules say, minute by minute.
    #[test]
    fn periods_are_those_of_the_rules(schedule in schedule(), day in day(), closed in proptest::option::of(day())) {
        let zone = london();
        let holidays: Vec<_> =
            closed.map(|day| Holiday { from: day, until: day, name: String::new() }).into_iter().collect();
        let calendar = Calendar { zone: &zone, holidays: &holidays };
        prop_assert_eq!(schedule.validate(), Ok(()));
        let periods = schedule.periods_on(day, &calendar);
        prop_assert!(periods.windows(2).all(|pair| pair[0].until <= pair[1].from), "no two share time");
        for minute in (0..24 * 60).step_by(5) {
            let minute = at(i8::try_from(minute / 60).unwrap(), i8::try_from(minute % 60).unwrap());
            let within = periods.iter().any(|period| period.from <= minute && minute < period.until);
            prop_assert_eq!(within, sees(&schedule, &holidays, day, minute), "{}", minute);
        }
        let slots = schedule.slots_on(day, &calendar);
        prop_assert!(slots.windows(2).all(|pair| pair[0].end() <= pair[1].start()));
        for slot in slots {
            prop_assert!(schedule.covers(&slot, &calendar));
        }
    }

    /// On every day of years, in zones of all kinds: slots lie within the hours of that day and have their length in
    /// real time, on both nights of daylight saving too.
    #[test]
    fn slots_of_any_day_and_zone_are_real_times(days in 0i64..1500, zone in 0usize..5, from in 0i8..22, hours in 1i8..3) {
        let names = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"];
        let zone = ClinicZone::named(names[zone]).unwrap();
        let day = date(2024, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let mut schedule = Schedule { weekly: vec![], slot_minutes: 20, ..Schedule::office_hours(UserId(1)) };
        schedule.extra.push(ExtraHours { date: day, from: at(from, 0), until: at(from + hours, 0), room: None });
        let calendar = Calendar { zone: &zone, holidays: &[] };
        for slot in schedule.slots_on(day, &calendar) {
            prop_assert_eq!(slot.end().duration_since(slot.start()), SignedDuration::from_mins(20));
            let (begin, end) = (zone.local(slot.start()), zone.local(slot.end()));
            prop_assert_eq!(begin.date(), day);
            prop_assert!(begin.time() >= at(from, 0) && end.time() <= at(from + hours, 0));
            prop_assert!(schedule.covers(&slot, &calendar));
        }
    }
}
