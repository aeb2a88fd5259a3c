//! What happened when: the timeline by kind, and the list of visits.

use super::{ChartPage, ON_A_PAGE, nothing, nothing_at_all, pages, panel};
use crate::ui::components::{clock, day, short_moment, status_tag};
use domain::record::Vitals;
use domain::{Appointment, Record, RecordBody};
use jiff::Timestamp;
use jiff::civil::Date;
use leptos::prelude::*;

/// Events on the summary.
const MOST: usize = 10;

struct Event {
    at: Timestamp,
    class: &'static str,
    title: String,
    path: Option<String>,
    words: String,
}

fn of_entry(page: &ChartPage, record: &Record) -> Event {
    let at = record.created_at;
    let when = when(page, at);
    let by = &record.author_name;
    let note_path = || Some(format!("/medical-records/notes/{}", record.id));
    let (class, title, path, words) = match &record.body {
        RecordBody::Note(note) => {
            let state = if note.is_signed() { "signed" } else { "draft, not signed" };
            ("hc-tl__note", page.note_title(record), note_path(), format!("{when}, note by {by}, {state}"))
        }
        RecordBody::Vitals(vitals) => {
            ("hc-tl__result", vitals_title(vitals), None, format!("{when}, measured by {by}"))
        }
        RecordBody::Medicine(medicine) => {
            ("hc-tl__med", format!("{} started", medicine.name), None, format!("{when}, {by}"))
        }
        RecordBody::Problem(problem) => {
            ("hc-tl__note", problem.name.clone(), None, format!("{when}, diagnosis, {by}"))
        }
        RecordBody::Allergy(allergy) => {
            ("hc-tl__result", format!("Allergy: {}", allergy.substance), None, format!("{when}, {by}"))
        }
        RecordBody::Summary(summary) => {
            ("hc-tl__note", summary.condition.clone(), None, format!("{when}, short entry"))
        }
    };
    Event { at, class, title, path, words }
}

/// The blood pressure, or whatever else was measured.
fn vitals_title(vitals: &Vitals) -> String {
    match (vitals.systolic, vitals.diastolic) {
        (Some(upper), Some(lower)) => format!("Blood pressure {upper}/{lower} mmHg"),
        _ => vitals.summary(),
    }
}

fn of_visit(page: &ChartPage, visit: &Appointment) -> Event {
    let at = visit.time.start();
    let words = format!("{}, {}. {}.", when(page, at), visit.doctor.name, visit.status.title());
    Event { at, class: "hc-tl__visit", title: page.visit_name(visit), path: None, words }
}

/// `Today 08:30` or `16 Nov 2026`.
fn when(page: &ChartPage, at: Timestamp) -> String {
    if page.zone.date(at) == page.today {
        format!("Today {}", clock(&page.zone, at))
    } else {
        day(&page.zone, at)
    }
}

/// The newest events: visits that took place and entries of the record, grouped by month.
pub(super) fn timeline(page: &ChartPage) -> AnyView {
    let is_past = |visit: &&Appointment| {
        page.zone.date(visit.time.start()) <= page.today && !visit.status.is_cancelled()
    };
    let visits = page.chart.appointments.iter().map(|visit| &visit.value).filter(is_past);
    let mut events: Vec<Event> = visits.take(MOST).map(|visit| of_visit(page, visit)).collect();
    events.extend(page.chart.entries.iter().take(MOST).map(|entry| of_entry(page, entry)));
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events.truncate(MOST);
    if events.is_empty() {
        return panel("timeline", "Timeline", None, nothing("Nothing happened yet."));
    }
    let mut month: Option<Date> = None;
    let items = events
        .into_iter()
        .map(|event| {
            let first = page.zone.date(event.at).first_of_month();
            let head = (month.replace(first) != Some(first))
                .then(|| view! { <li class="hc-tl__head">{first.strftime("%B %Y").to_string()}</li> });
            view! { {head} {item(event)} }
        })
        .collect_view();
    panel("timeline", "Timeline", None, view! { <ol class="hc-tl">{items}</ol> }.into_any())
}

fn item(event: Event) -> AnyView {
    let title = event.title;
    let title = match event.path {
        Some(path) => view! {
            <a class="govuk-link" href=path>
                {title}
            </a>
        }
        .into_any(),
        None => title.into_any(),
    };
    view! {
        <li class=event.class>
            <b>{title}</b>
            <span class="hc-sub">{event.words}</span>
        </li>
    }
    .into_any()
}

/// The part of the chart with all appointments, latest first.
pub(super) fn visits(page: &ChartPage) -> AnyView {
    let total = page.chart.appointments.len();
    if total == 0 {
        let book = (!page.own).then(|| {
            (format!("/appointments/new?patient={}", page.chart.patient.id), "Book an appointment".to_owned())
        });
        return nothing_at_all("No visits yet.", book);
    }
    let rows = page
        .chart
        .appointments
        .iter()
        .skip(page.skip)
        .take(ON_A_PAGE)
        .map(|visit| row(page, visit))
        .collect_view();
    view! {
        <div class="hc-panel">
            <table class="hc-tbl">
                <caption class="hc-vh">"Visits, latest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"Visit"</th>
                        <th scope="col">"With"</th>
                        <th scope="col">"Status"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {pages(page, "visits", total)}
    }
    .into_any()
}

fn row(page: &ChartPage, visit: &Appointment) -> AnyView {
    let reason =
        (!visit.reason.is_empty()).then(|| view! { <div class="hc-sub">{visit.reason.clone()}</div> });
    view! {
        <tr>
            <td data-label="When">
                <a class="govuk-link hc-num" href=format!("/appointments/{}", visit.id)>
                    {short_moment(&page.zone, visit.time.start())}
                </a>
            </td>
            <td data-label="Visit">{page.visit_name(visit)} {reason}</td>
            <td data-label="With">{visit.doctor.name.clone()}</td>
            <td data-label="Status">{status_tag(visit.status)}</td>
        </tr>
    }
    .into_any()
}
