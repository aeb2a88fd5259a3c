//! Times that came free because hours were added, or leave or a holiday was taken back.

use super::Freed;
use domain::schedule::{Calendar, Schedule};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

/// What a doctor's hours have from the first to the last day that they had not before.
pub(in crate::scheduling) fn by_hours(
    before: Option<(&Schedule, &Calendar<'_>)>,
    after: (&Schedule, &Calendar<'_>),
    (mut date, last): (Date, Date),
) -> Option<Freed> {
    let zone = after.1.zone;
    let mut times = Vec::new();
    while date <= last {
        let had = before.map(|(hours, calendar)| hours.periods_on(date, calendar)).unwrap_or_default();
        let had: Vec<_> = had.iter().map(|period| (period.from, period.until)).collect();
        for period in after.0.periods_on(date, after.1) {
            let parts = without((period.from, period.until), &had);
            let at = |time: Time| zone.instant(date.to_datetime(time)).ok();
            times.extend(parts.into_iter().filter_map(|(from, until)| at(from).zip(at(until))));
        }
        let Ok(next) = date.checked_add(1.day()) else { break };
        date = next;
    }
    times.sort_unstable_by_key(|(from, _): &(Timestamp, Timestamp)| *from);
    (!times.is_empty()).then_some(Freed { doctor: after.0.doctor, times })
}

/// What is left of a time without others.
fn without(time: (Time, Time), others: &[(Time, Time)]) -> Vec<(Time, Time)> {
    let mut parts = vec![time];
    for &(from, until) in others {
        let split = |(start, end): (Time, Time)| [(start, end.min(from)), (start.max(until), end)];
        parts = parts.into_iter().flat_map(split).filter(|(start, end)| start < end).collect();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::schedule::{ExtraHours, Leave};
    use domain::{ClinicZone, UserId};
    use jiff::civil::date;

    #[test]
    fn only_what_was_added_came_free() {
        let zone = ClinicZone::named("Europe/London").unwrap();
        let calendar = Calendar { zone: &zone, holidays: &[] };
        let mut before = Schedule::office_hours(UserId(7));
        before.leave.push(Leave::days(date(2026, 11, 24), date(2026, 11, 24)));
        let mut after = Schedule::office_hours(UserId(7));
        let (from, until) = (Time::constant(12, 0, 0, 0), Time::constant(13, 0, 0, 0));
        after.extra.push(ExtraHours { date: date(2026, 11, 25), from, until, room: None });
        let week = (date(2026, 11, 23), date(2026, 11, 27));
        let freed = by_hours(Some((&before, &calendar)), (&after, &calendar), week).unwrap();
        let text: Vec<_> = freed.times.iter().map(|(from, until)| format!("{from} {until}")).collect();
        assert_eq!(
            text,
            [
                "2026-11-24T09:00:00Z 2026-11-24T12:30:00Z",
                "2026-11-24T13:30:00Z 2026-11-24T17:00:00Z",
                "2026-11-25T12:30:00Z 2026-11-25T13:00:00Z",
            ]
        );
        assert!(by_hours(Some((&after, &calendar)), (&after, &calendar), week).is_none());
    }
}
