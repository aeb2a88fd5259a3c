//! The strip of figures above the day: each number leads to its list.

use super::day::DayPage;
use super::link;
use crate::ui::components::clock;
use domain::{Appointment, AppointmentStatus, TimeRange};
use jiff::Timestamp;
use leptos::prelude::*;

/// Minutes of waiting after which the figure turns red.
pub const LONG_WAIT: i64 = 30;
/// Width and height of the small chart, in its own units.
const CHART: (u32, u32) = (120, 38);

/// What the strip says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Slots of the day, and those of them that are taken.
    pub slots: usize,
    /// See above.
    pub taken: usize,
    /// Patients in the waiting room.
    pub waiting: usize,
    /// Minutes since the first of them arrived.
    pub longest_wait: Option<i64>,
    /// Visits that are over.
    pub seen: usize,
    /// Mean minutes between the agreed time and the start of the visits that began.
    pub average_delay: Option<i64>,
    /// Patients who did not come.
    pub missed: usize,
    /// Percent of them among all visits of the day that ended in either way.
    pub missed_percent: usize,
    /// Completed visits by hour of the day: hour, count.
    pub per_hour: Vec<(i8, u32)>,
}

/// When a visit came to a status for the last time.
fn reached(appointment: &Appointment, status: AppointmentStatus) -> Option<Timestamp> {
    appointment.history.iter().rev().find(|entry| entry.status == status).map(|entry| entry.at)
}

impl Figures {
    /// Counts one day.
    pub fn of(page: &DayPage) -> Self {
        let all = || page.appointments();
        let with = |status| all().filter(move |appointment| appointment.status == status);
        let slots: usize = page.columns.iter().map(|column| column.slots.len()).sum();
        let taken = page
            .columns
            .iter()
            .flat_map(|column| column.slots.iter().map(move |slot| (column, slot)))
            .filter(|(column, slot)| {
                column.appointments.iter().any(|it| it.blocks_time() && it.time.overlaps(slot))
            })
            .count();
        let waits = with(AppointmentStatus::Arrived).filter_map(|appointment| appointment.arrived_at);
        let longest_wait = waits.min().map(|since| minutes(since, page.now).max(0));
        let delays: Vec<i64> = all()
            .filter_map(|it| {
                reached(it, AppointmentStatus::InProgress).map(|began| minutes(it.time.start(), began))
            })
            .collect();
        let (seen, missed) =
            (with(AppointmentStatus::Fulfilled).count(), with(AppointmentStatus::NoShow).count());
        Self {
            slots,
            taken,
            waiting: with(AppointmentStatus::Arrived).count(),
            longest_wait,
            seen,
            average_delay: mean(&delays),
            missed,
            missed_percent: (missed * 100).checked_div(seen + missed).unwrap_or_default(),
            per_hour: per_hour(page),
        }
    }
}

fn minutes(from: Timestamp, until: Timestamp) -> i64 {
    until.duration_since(from).as_mins()
}

fn mean(values: &[i64]) -> Option<i64> {
    let count = i64::try_from(values.len()).ok().filter(|count| *count > 0)?;
    Some(values.iter().sum::<i64>() / count)
}

/// Completed visits of every hour from the first slot of the day to the last.
fn per_hour(page: &DayPage) -> Vec<(i8, u32)> {
    let hour = |at: Timestamp| page.clinic.zone.local(at).hour();
    let starts = || page.columns.iter().flat_map(|column| &column.slots).map(TimeRange::start);
    let (Some(first), Some(last)) = (starts().min().map(hour), starts().max().map(hour)) else {
        return Vec::new();
    };
    let done: Vec<i8> = page
        .appointments()
        .filter(|it| it.status == AppointmentStatus::Fulfilled)
        .map(|it| hour(reached(it, AppointmentStatus::Fulfilled).unwrap_or_else(|| it.time.start())))
        .collect();
    let count = |hour: i8| u32::try_from(done.iter().filter(|it| **it == hour).count()).unwrap_or(u32::MAX);
    (first..=last).map(|hour| (hour, count(hour))).collect()
}

fn tile(title: &'static str, is_alert: bool, body: impl IntoView + 'static) -> AnyView {
    view! {
        <div class=is_alert.then_some("hc-kpi--alert")>
            <dt>{title}</dt>
            <dd>{body}</dd>
        </div>
    }
    .into_any()
}

fn number(page: &DayPage, status: &str, count: usize, words: String) -> AnyView {
    let date = page.date.to_string();
    let doctor = page.chosen.map(|id| id.to_string()).unwrap_or_default();
    let fields =
        [("view", "list"), ("from", &*date), ("to", &*date), ("doctor", &*doctor), ("status", status)];
    let href = link("/appointments", &fields);
    view! {
        <a href=href>{count}</a>
        " "
        <small>{words}</small>
    }
    .into_any()
}

fn chart(page: &DayPage, bars: &[(i8, u32)]) -> AnyView {
    let most = bars.iter().map(|bar| bar.1).max().unwrap_or_default().max(1);
    let pitch = CHART.0 / u32::try_from(bars.len().max(1)).unwrap_or(1).max(1);
    let now = page.is_today().then(|| page.clinic.zone.local(page.now).hour());
    let said: Vec<String> = bars.iter().map(|(hour, count)| format!("{hour:02}:00 {count}")).collect();
    let label = format!("Patients seen per hour: {}", said.join(", "));
    let rects: Vec<_> = (0u32..)
        .zip(bars)
        .map(|(position, (hour, count))| {
            let height = (count * CHART.1 / most).max(2);
            view! {
                <rect
                    class=(now == Some(*hour)).then_some("is-now")
                    x=position * pitch + 1
                    y=CHART.1 - height
                    width=pitch.saturating_sub(3).max(2)
                    height=height
                    rx="2"
                ></rect>
            }
        })
        .collect();
    view! {
        <svg class="hc-spark" viewBox=format!("0 0 {} {}", CHART.0, CHART.1) role="img" aria-label=label>
            {rects}
        </svg>
    }
    .into_any()
}

/// The strip.
pub fn strip(page: &DayPage) -> AnyView {
    let figures = Figures::of(page);
    let (taken, slots) = (figures.taken, figures.slots);
    let booked = view! {
        {number(page, "open", taken, format!("of {slots} slots"))}
        <progress class="hc-bar" max=slots.max(1) value=taken aria-label=format!("{taken} of {slots} slots booked")>
            {format!("{taken} of {slots}")}
        </progress>
    };
    let is_past_or_today = page.date <= page.today;
    let waiting = page.is_today().then(|| {
        let words = figures.longest_wait.map(|wait| format!("longest {wait} min")).unwrap_or_default();
        let is_long = figures.longest_wait.is_some_and(|wait| wait >= LONG_WAIT);
        tile("Waiting now", is_long, number(page, AppointmentStatus::Arrived.name(), figures.waiting, words))
    });
    let with_doctor = page.is_today().then(|| {
        let status = AppointmentStatus::InProgress;
        let count = page.appointments().filter(|it| it.status == status).count();
        tile("In progress", false, number(page, status.name(), count, String::new()))
    });
    let free = (!is_past_or_today).then(|| {
        let first = page.free_slots().next().map(|(_, slot)| clock(&page.clinic.zone, slot.start()));
        let words = first.map(|first| format!("first at {first}")).unwrap_or_default();
        let count = page.free_slots().count();
        let date = page.date.to_string();
        let doctor = page.chosen.map(|id| id.to_string()).unwrap_or_default();
        let href = link("/appointments/new", &[("doctor", &doctor), ("date", &date)]);
        let count =
            if page.may_book { view! { <a href=href>{count}</a> }.into_any() } else { count.into_any() };
        tile("Free", false, view! { {count} " " <small>{words}</small> })
    });
    let seen = is_past_or_today.then(|| {
        let words = match figures.average_delay.filter(|_| figures.seen > 0) {
            Some(late) if late > 0 => format!("average {late} min late"),
            Some(_) => "on time".to_owned(),
            None => String::new(),
        };
        tile("Seen", false, number(page, AppointmentStatus::Fulfilled.name(), figures.seen, words))
    });
    let missed = is_past_or_today.then(|| {
        let words =
            if figures.missed > 0 { format!("{}% of visits", figures.missed_percent) } else { String::new() };
        tile("Did not attend", false, number(page, AppointmentStatus::NoShow.name(), figures.missed, words))
    });
    let hours = (is_past_or_today && !figures.per_hour.is_empty())
        .then(|| tile("Seen per hour", false, chart(page, &figures.per_hour)));
    view! {
        <dl class="hc-panel hc-kpis">
            {tile("Booked", false, booked)} {waiting} {with_doctor} {free} {seen} {missed} {hours}
        </dl>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_nothing_is_not_zero() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[10, 20]), Some(15));
    }

    #[test]
    fn an_appointment_reaches_a_status_when_it_last_did() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let entry = |second, status| domain::appointment::HistoryEntry {
            at: at(second),
            by: None,
            status,
            moved_from: None,
            moved_from_doctor: None,
            reason: String::new(),
        };
        let visit = Appointment {
            id: domain::AppointmentId(1),
            patient: domain::PatientLink { id: None, name: "John Doe".into() },
            doctor: domain::DoctorLink { id: None, name: "Dr. Smith".into() },
            room: None,
            time: TimeRange::new(at(0), 30).unwrap(),
            visit_type: String::new(),
            reason: String::new(),
            status: AppointmentStatus::Arrived,
            overbooked_because: None,
            held_until: None,
            buffer_minutes: 0,
            series: None,
            priority: domain::Priority::Routine,
            confirmed_at: None,
            created_by: None,
            created_at: at(0),
            arrived_at: None,
            history: vec![
                entry(1, AppointmentStatus::Arrived),
                entry(2, AppointmentStatus::Booked),
                entry(3, AppointmentStatus::Arrived),
            ],
        };
        assert_eq!(reached(&visit, AppointmentStatus::Arrived), Some(at(3)));
        assert_eq!(reached(&visit, AppointmentStatus::Fulfilled), None);
    }
}
