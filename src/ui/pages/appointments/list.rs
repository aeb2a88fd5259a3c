//! Appointments as lists: the day on a phone, and the list with filters.

use super::day::{self, DayPage};
use super::{path, state_tag, subject};
use crate::ui::components::{clock, empty, more};
use crate::ui::form::{self, FormState, Input};
use crate::ui::markup::Markup;
use domain::time::short_date;
use domain::{Appointment, AppointmentStatus, UserId};
use leptos::prelude::*;
use service::{Clinic, Page, Versioned};
use std::collections::BTreeMap;

/// A line of the day on a phone.
enum Line<'p> {
    Visit(&'p Appointment),
    /// A free time and the doctors who are free.
    Free(Vec<(UserId, &'p str)>),
    Now,
}

/// The day as one list in order of time, for phones.
pub fn phone_day(page: &DayPage, now: Option<u32>) -> AnyView {
    let zone = &page.clinic.zone;
    let mut lines: Vec<(jiff::Timestamp, u8, Line<'_>)> = Vec::new();
    for column in &page.columns {
        lines.extend(column.appointments.iter().map(|it| (it.time.start(), 1, Line::Visit(it))));
    }
    let mut free: BTreeMap<jiff::Timestamp, Vec<(UserId, &str)>> = BTreeMap::new();
    for (column, slot) in page.free_slots().filter(|_| page.may_book) {
        free.entry(slot.start()).or_default().push((column.doctor.id, &column.doctor.name));
    }
    lines.extend(free.into_iter().map(|(at, doctors)| (at, 2, Line::Free(doctors))));
    let starts = || lines.iter().map(|line| line.0);
    let is_within = starts().min().is_some_and(|first| first <= page.now)
        && starts().max().is_some_and(|last| last >= page.now);
    if now.is_some() && is_within {
        lines.push((page.now, 0, Line::Now));
    }
    lines.sort_by_key(|line| (line.0, line.1));
    let mut items = Markup::with_capacity(LINE * lines.len());
    for (at, _, line) in lines {
        match line {
            Line::Visit(appointment) => phone_visit(&mut items, page, appointment),
            Line::Free(doctors) => phone_free(&mut items, page, &clock(zone, at), &doctors),
            Line::Now => {
                items.text_element(
                    "li",
                    &[("class", "hc-day-list__now")],
                    &format!("Now, {}", clock(zone, at)),
                );
            }
        }
    }
    view! { <ol class="hc-panel hc-day-list" inner_html=items.into_string()></ol> }.into_any()
}

/// Bytes of a line of that list, about.
const LINE: usize = 250;

fn phone_visit(items: &mut Markup, page: &DayPage, appointment: &Appointment) {
    let (class, words) = super::state(appointment);
    let (class, href) = (format!("hc-card {class}"), path(appointment));
    items.element("li", &[], |item| {
        item.text_element("time", &[], &clock(&page.clinic.zone, appointment.time.start()));
        item.element("a", &[("class", &class), ("href", &href)], |card| {
            card.text_element("b", &[], &appointment.patient.name);
            card.text_element("i", &[], &words);
            let about = format!("{} · {}", subject(&page.clinic, appointment), appointment.doctor.name);
            card.text_element("span", &[], &about);
        });
    });
}

fn phone_free(items: &mut Markup, page: &DayPage, time: &str, doctors: &[(UserId, &str)]) {
    let only = if let [only] = doctors { Some(*only) } else { None };
    let names: Vec<&str> = doctors.iter().map(|(_, name)| *name).collect();
    let id = only.map(|(id, _)| id.to_string()).unwrap_or_default();
    let date = page.date.to_string();
    let href = super::link("/appointments/new", &[("doctor", &id), ("date", &date), ("time", time)]);
    items.element("li", &[("class", "hc-day-list__free")], |item| {
        item.text_element("time", &[], time);
        item.element("a", &[("href", &href)], |link| {
            link.text("+ Book");
            link.text_element("span", &[("class", "hc-vh")], &format!(" {time} with"));
            link.text(&format!(" · {}", names.join(", ")));
        });
    });
}

/// What the list page shows.
pub struct ListPage {
    /// The clinic.
    pub clinic: Clinic,
    /// The filters as typed: from, to, doctor, status.
    pub form: FormState,
    /// All doctors: id and name.
    pub doctors: Vec<(UserId, String)>,
    /// The appointments that pass.
    pub found: Page<Versioned<Appointment>>,
    /// This list without its cursor.
    pub here: String,
    /// Whether this is not the first page.
    pub is_later: bool,
    /// Whether the caller books.
    pub may_book: bool,
}

/// The statuses offered as filter: value and words. `open` is every one that holds its time.
pub fn status_choices() -> Vec<(String, String)> {
    let all = [("", "All"), ("open", "All but cancelled and not attended"), ("cancelled", "Cancelled")];
    let single = AppointmentStatus::agreed().filter(|status| !status.is_cancelled());
    all.map(|(value, words)| (value.to_owned(), words.to_owned()))
        .into_iter()
        .chain(single.map(|status| (status.name().to_owned(), status.title().to_owned())))
        .collect()
}

/// The statuses that a filter's value stands for; none stands for all, `None` for an unknown value.
pub fn statuses(value: &str) -> Option<Vec<AppointmentStatus>> {
    match value {
        "" => Some(Vec::new()),
        "open" => Some(AppointmentStatus::agreed().filter(|status| status.is_live()).collect()),
        "cancelled" => Some(AppointmentStatus::agreed().filter(|status| status.is_cancelled()).collect()),
        name => AppointmentStatus::named(name).map(|status| vec![status]),
    }
}

/// The page.
pub fn page(page: ListPage) -> AnyView {
    let date = page.form.values.text("from");
    let doctor = page.form.values.text("doctor");
    let results = if page.found.items.is_empty() {
        let why = "No appointments match these filters. Choose other days, another doctor or another status.";
        let next = Some(("/appointments?view=list".to_owned(), "Show all from today".to_owned()));
        view! { <div class="hc-panel">{empty(why, next)}</div> }.into_any()
    } else {
        results(&page)
    };
    let older = more(&page.here, page.found.next.as_deref(), "Next page");
    let first = page.is_later.then(|| {
        view! {
            <p>
                <a class="govuk-link" href=page.here.clone()>
                    "First page"
                </a>
            </p>
        }
    });
    view! {
        {form::error_summary(&page.form)}
        <div class="hc-head">
            <div>
                <span class="govuk-caption-l">{page.clinic.name.clone()}</span>
                <h1 class="govuk-heading-l">"Appointments"</h1>
            </div>
            <div class="hc-tools">
                {day::views(&date, &doctor, true)} {page.may_book.then(|| day::book_button(&[("doctor", &doctor)]))}
            </div>
        </div>
        {filters(&page)}
        {results}
        {first}
        {older}
    }
    .into_any()
}

fn filters(page: &ListPage) -> AnyView {
    let mut doctors = vec![(String::new(), "All doctors".to_owned())];
    doctors.extend(page.doctors.iter().map(|(id, name)| (id.to_string(), name.clone())));
    view! {
        <form class="hc-panel hc-filter hc-filter--row" method="get" action="/appointments" novalidate>
            {form::hidden("view", "list")}
            {form::input(&page.form, Input::text("from", "From").kind("date"))}
            {form::input(&page.form, Input::text("to", "To").kind("date"))}
            {form::select(&page.form, "doctor", "Doctor", "", doctors)}
            {form::select(&page.form, "status", "Status", "", status_choices())}
            <div class="hc-filter__act">
                <button class="govuk-button hc-btn-s">"Apply filters"</button>
                <a class="govuk-link" href="/appointments?view=list">
                    "Clear"
                </a>
            </div>
        </form>
    }
    .into_any()
}

fn results(page: &ListPage) -> AnyView {
    let zone = &page.clinic.zone;
    let rows: Vec<_> = page
        .found
        .items
        .iter()
        .map(|appointment| {
            let start = appointment.time.start();
            view! {
                <tr>
                    <td data-label="When">
                        <span class="hc-num">{short_date(zone.date(start))}</span>
                        " "
                        <time class="hc-num">{clock(zone, start)}</time>
                    </td>
                    <td data-label="Patient">
                        <a class="govuk-link" href=path(appointment)>
                            {appointment.patient.name.clone()}
                        </a>
                        {appointment
                            .patient
                            .id
                            .is_none()
                            .then(|| view! { <br /><span class="hc-sub">"Not linked to a patient"</span> })}
                    </td>
                    <td data-label="Reason">{subject(&page.clinic, appointment)}</td>
                    <td data-label="Doctor">{appointment.doctor.name.clone()}</td>
                    <td data-label="Status">{state_tag(appointment)}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="hc-panel">
            <table class="hc-tbl">
                <caption class="hc-vh">"Appointments"</caption>
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"Patient"</th>
                        <th scope="col">"Reason"</th>
                        <th scope="col">"Doctor"</th>
                        <th scope="col">"Status"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_that_is_offered_is_understood() {
        for (value, _) in status_choices() {
            assert!(statuses(&value).is_some(), "{value}");
        }
        assert_eq!(statuses("nonsense"), None);
    }
}
