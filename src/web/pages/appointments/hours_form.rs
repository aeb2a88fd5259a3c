//! A doctor's hours as the fields of a form, and back.

use crate::ui::pages::appointments::schedule::WEEK;
use crate::ui::pages::appointments::schedule_rows::{BREAK, EXTRA, FURTHER, LEAVE, MOST, type_field};
use crate::web::forms::FormData;
use domain::schedule::{ExtraHours, Leave, Validity, WeeklyBreak, WeeklyHours};
use domain::time::{clock_time, parse_date, parse_time};
use domain::{Catalogue, Code, FieldErrors, Schedule};
use jiff::civil::{Date, Time};

fn set<const N: usize>(form: &mut FormData, names: [&str; N], line: usize, values: [String; N]) {
    for (name, value) in names.into_iter().zip(values) {
        form.set(&format!("{name}{line}"), value);
    }
}

fn shown(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// The hours as the form shows them; of leave and extra hours what is not over.
pub(super) fn typed(schedule: &Schedule, today: Date) -> FormData {
    let mut form = FormData::default().with("slotMinutes", schedule.slot_minutes.to_string());
    let mut further: Vec<&WeeklyHours> = Vec::new();
    for (number, _, [from, until, from_again, until_again]) in WEEK {
        let mut places = [(from, until), (from_again, until_again)].into_iter();
        let mut periods: Vec<_> = schedule.weekly.iter().filter(|hours| hours.weekday == number).collect();
        periods.sort_unstable_by_key(|hours| hours.from);
        for hours in periods {
            let is_plain = *hours == WeeklyHours::plain(number, hours.from, hours.until);
            match if is_plain { places.next() } else { None } {
                Some((from, until)) => {
                    form.set(from, clock_time(hours.from));
                    form.set(until, clock_time(hours.until));
                }
                None => further.push(hours),
            }
        }
    }
    for (line, hours) in (1..).zip(further) {
        let [day, from, until] = [hours.weekday.to_string(), clock_time(hours.from), clock_time(hours.until)];
        let [first, last] = [hours.validity.valid_from, hours.validity.valid_until].map(shown);
        let room = hours.room.clone().unwrap_or_default();
        set(&mut form, FURTHER, line, [day, from, until, first, last, room]);
        for code in &hours.visit_types {
            form.set(&type_field(line, code), "yes");
        }
    }
    for (line, it) in (1..).zip(&schedule.breaks) {
        let [day, from, until] = [it.weekday.to_string(), clock_time(it.from), clock_time(it.until)];
        let [first, last] = [it.validity.valid_from, it.validity.valid_until].map(shown);
        set(&mut form, BREAK, line, [day, from, until, first, last]);
    }
    let mut leave: Vec<_> = schedule.leave.iter().filter(|leave| leave.until >= today).collect();
    leave.sort_by_key(|leave| leave.from);
    for (line, it) in (1..).zip(leave) {
        let [from, until] = [it.from, it.until].map(|date| date.to_string());
        let [from_time, until_time] = [it.hours.map(|hours| hours.0), it.hours.map(|hours| hours.1)]
            .map(|time| time.map(clock_time).unwrap_or_default());
        set(&mut form, LEAVE, line, [from, until, from_time, until_time, it.reason.clone()]);
    }
    let mut extra: Vec<_> = schedule.extra.iter().filter(|extra| extra.date >= today).collect();
    extra.sort_by_key(|extra| (extra.date, extra.from));
    for (line, it) in (1..).zip(extra) {
        let [from, until] = [it.from, it.until].map(clock_time);
        let room = it.room.clone().unwrap_or_default();
        set(&mut form, EXTRA, line, [it.date.to_string(), from, until, room]);
    }
    form
}

/// A pair of typed times of the week, both or neither.
fn pair(
    form: &FormData,
    (from, until): (&'static str, &'static str),
    errors: &mut FieldErrors,
) -> Option<(Time, Time)> {
    let (first, second) = (form.get(from).trim(), form.get(until).trim());
    if first.is_empty() && second.is_empty() {
        return None;
    }
    let first = errors.take(from, parse_time(first).ok_or(Code::NotATime));
    let second = errors.take(until, parse_time(second).ok_or(Code::NotATime));
    first.zip(second)
}

/// The lines of a list in which something is typed: their numbers and fields.
fn lines<const N: usize>(form: &FormData, names: [&str; N]) -> Vec<(usize, [String; N])> {
    let line = |number| (number, names.map(|name| form.get(&format!("{name}{number}")).trim().to_owned()));
    (1..=MOST).map(line).filter(|(_, fields)| fields.iter().any(|field| !field.is_empty())).collect()
}

fn time(text: &str) -> Result<Time, Code> {
    parse_time(text).ok_or(Code::NotATime)
}

fn date(text: &str) -> Result<Date, Code> {
    parse_date(text).ok_or(Code::NotADate("Date"))
}

fn weekday(text: &str) -> Result<i8, Code> {
    text.parse().map_err(|_| Code::NotChosen("a day"))
}

fn optional<T>(text: &str, parse: fn(&str) -> Result<T, Code>) -> Result<Option<T>, Code> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

fn validity(first: &str, last: &str) -> Result<Validity, Code> {
    Ok(Validity { valid_from: optional(first, date)?, valid_until: optional(last, date)? })
}

fn room(code: &str) -> Option<String> {
    (!code.is_empty()).then(|| code.to_owned())
}

fn further(form: &FormData, catalogue: &Catalogue) -> Result<Vec<WeeklyHours>, Code> {
    let line = |(number, [day, from, until, first, last, code]): (usize, [String; 6])| {
        let codes = catalogue.visit_types.iter().map(|it| &it.code);
        Ok(WeeklyHours {
            weekday: weekday(&day)?,
            from: time(&from)?,
            until: time(&until)?,
            validity: validity(&first, &last)?,
            room: room(&code),
            visit_types: codes.filter(|code| form.is_ticked(&type_field(number, code))).cloned().collect(),
        })
    };
    lines(form, FURTHER).into_iter().map(line).collect()
}

fn breaks(form: &FormData) -> Result<Vec<WeeklyBreak>, Code> {
    let line = |(_, [day, from, until, first, last]): (usize, [String; 5])| {
        let (from, until) = (time(&from)?, time(&until)?);
        Ok(WeeklyBreak { weekday: weekday(&day)?, from, until, validity: validity(&first, &last)? })
    };
    lines(form, BREAK).into_iter().map(line).collect()
}

fn leave(form: &FormData) -> Result<Vec<Leave>, Code> {
    let line = |(_, [from, until, from_time, until_time, reason]): (usize, [String; 5])| {
        let is_whole = from_time.is_empty() && until_time.is_empty();
        let hours = if is_whole { None } else { Some((time(&from_time)?, time(&until_time)?)) };
        let reason = domain::validation::text(&reason, "Reason", 200, false)?;
        Ok(Leave { from: date(&from)?, until: date(&until)?, hours, reason })
    };
    lines(form, LEAVE).into_iter().map(line).collect()
}

fn extra(form: &FormData) -> Result<Vec<ExtraHours>, Code> {
    let line = |(_, [day, from, until, code]): (usize, [String; 4])| {
        Ok(ExtraHours { date: date(&day)?, from: time(&from)?, until: time(&until)?, room: room(&code) })
    };
    lines(form, EXTRA).into_iter().map(line).collect()
}

/// The hours as typed. Leave and extra hours that are over are kept, as the form does not show them.
pub(super) fn schedule_of(
    form: &FormData,
    known: &Schedule,
    catalogue: &Catalogue,
    today: Date,
) -> Result<Schedule, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut weekly = Vec::new();
    for (weekday, _, [from, until, from_again, until_again]) in WEEK {
        for names in [(from, until), (from_again, until_again)] {
            if let Some((from, until)) = pair(form, names, &mut errors) {
                weekly.push(WeeklyHours::plain(weekday, from, until));
            }
        }
    }
    let slot_minutes = errors.take("slotMinutes", form.parse("slotMinutes").ok_or(Code::DurationInvalid));
    let leave = errors.take("leave", leave(form));
    let extra = errors.take("extra", extra(form));
    let breaks = errors.take("breaks", breaks(form));
    let further = errors.take("further", further(form, catalogue));
    match (slot_minutes, leave, extra, breaks, further) {
        (Some(slot_minutes), Some(leave), Some(extra), Some(breaks), Some(further)) if errors.is_empty() => {
            let past = known.leave.iter().filter(|leave| leave.until < today).cloned();
            let past_extra = known.extra.iter().filter(|extra| extra.date < today).cloned();
            weekly.extend(further);
            Ok(Schedule {
                doctor: known.doctor,
                weekly,
                breaks,
                slot_minutes,
                leave: past.chain(leave).collect(),
                extra: past_extra.chain(extra).collect(),
            })
        }
        _ => Err(errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::UserId;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    fn round(hours: &Schedule) -> Result<Schedule, FieldErrors> {
        schedule_of(&typed(hours, TODAY), hours, &Catalogue::standard(), TODAY)
    }

    #[test]
    fn hours_survive_the_way_through_the_form() {
        let mut hours = Schedule::office_hours(UserId(3));
        assert_eq!(round(&hours), Ok(hours.clone()));
        let at = |hour| Time::constant(hour, 0, 0, 0);
        let validity = Validity { valid_from: Some(date(2026, 12, 1)), valid_until: None };
        hours.weekly.push(WeeklyHours {
            validity,
            room: Some("room-1".into()),
            visit_types: vec!["consultation".into(), "urgent".into()],
            ..WeeklyHours::plain(6, at(9), at(12))
        });
        // A plain one on the same day.
        hours.weekly.push(WeeklyHours::plain(6, at(13), at(14)));
        hours.weekly.swap(10, 11);
        hours.breaks.push(WeeklyBreak { weekday: 1, from: at(10), until: at(11), validity });
        hours.leave.push(Leave::days(date(2026, 12, 24), date(2026, 12, 31)));
        let (from, until) = (date(2027, 1, 4), date(2027, 1, 4));
        hours.leave.push(Leave { from, until, hours: Some((at(9), at(10))), reason: "Course".into() });
        hours.extra.push(ExtraHours { date: from, from: at(18), until: at(20), room: None });
        assert_eq!(round(&hours), Ok(hours));
    }

    #[test]
    fn what_is_over_is_kept() {
        let mut hours = Schedule::office_hours(UserId(3));
        hours.leave.push(Leave::days(date(2026, 8, 1), date(2026, 8, 14)));
        assert_eq!(round(&hours), Ok(hours));
    }

    #[test]
    fn half_a_period_is_refused_at_its_empty_half_and_half_a_line_at_its_list() {
        let known = Schedule::office_hours(UserId(3));
        let form = FormData::default().with("slotMinutes", "30").with("from1a", "09:00");
        let form = form.with("leaveFrom2", "2026-12-24").with("breakFrom1", "10:00");
        let errors = schedule_of(&form, &known, &Catalogue::standard(), TODAY).unwrap_err();
        assert_eq!(errors.of("until1a"), Some(&Code::NotATime));
        assert_eq!(errors.of("from1a"), None);
        assert_eq!(errors.of("leave"), Some(&Code::NotADate("Date")));
        assert_eq!(errors.of("breaks"), Some(&Code::NotATime));
    }
}
