//! The tables below the day: who waits and who is next, and appointments with nobody who has a column.

use super::day::DayPage;
use super::{next_step, path, state, subject, write_step_button};
use crate::ui::components::{clock, empty};
use crate::ui::markup::Markup;
use domain::Appointment;
use domain::time::short_date;
use domain::{AppointmentStatus, Patient};
use leptos::prelude::*;
use service::Versioned;

/// Most rows of "Waiting and next".
const NEXT: usize = 12;

/// Appointments with written names, or with accounts that are disabled.
pub fn others(page: &DayPage) -> Option<AnyView> {
    if page.unassigned.is_empty() {
        return None;
    }
    let table = visit_table(page, "Appointments with doctors who have no column", page.unassigned.iter());
    Some(
        view! {
            <h2 class="govuk-heading-m">"With other doctors"</h2>
            {table}
        }
        .into_any(),
    )
}

/// Who is with a doctor, who waits and who comes next; on other days everything in order of time.
pub fn waiting(page: &DayPage) -> AnyView {
    let order = |status| match status {
        AppointmentStatus::InProgress => 0,
        AppointmentStatus::Arrived => 1,
        _ => 2,
    };
    let mut visits: Vec<_> = page.columns.iter().flat_map(|column| &column.appointments).collect();
    if page.is_today() {
        visits.retain(|it| {
            matches!(
                it.status,
                AppointmentStatus::InProgress | AppointmentStatus::Arrived | AppointmentStatus::Booked
            )
        });
        visits.sort_by_key(|it| (order(it.status), it.arrived_at.unwrap_or_else(|| it.time.start())));
        visits.truncate(NEXT);
    } else {
        visits.sort_by_key(|it| it.time.start());
    }
    let title = if page.is_today() { "Waiting and next" } else { "Appointments" };
    let body = if visits.is_empty() {
        let why = if page.is_today() {
            "Nobody waits, and nobody else is booked today."
        } else {
            "Nothing is booked with these doctors."
        };
        view! { <div class="hc-panel">{empty(why, None)}</div> }.into_any()
    } else {
        visit_table(page, title, visits.into_iter())
    };
    view! {
        <h2 class="govuk-heading-m">{title}</h2>
        {body}
    }
    .into_any()
}

/// Bytes of a row, about.
const ROW: usize = 1200;

fn visit_table<'p>(
    page: &DayPage,
    caption: &'static str,
    visits: impl Iterator<Item = &'p Versioned<Appointment>>,
) -> AnyView {
    let has_actions = page.may_advance && page.is_today();
    let mut rows = Markup::with_capacity(ROW * visits.size_hint().0);
    for visit in visits {
        rows.element("tr", &[], |row| visit_row(row, page, visit, has_actions));
    }
    view! {
        <div class="hc-panel">
            <table class="hc-tbl hc-tbl--lead">
                <caption class="hc-vh">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Time"</th>
                        <th scope="col">"Patient"</th>
                        <th scope="col">"Reason"</th>
                        <th scope="col">"Doctor"</th>
                        <th scope="col">"Status"</th>
                        {has_actions.then(|| view! { <th scope="col" class="hc-noprint">"Next step"</th> })}
                    </tr>
                </thead>
                <tbody inner_html=rows.into_string()></tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Date of birth and number of a patient.
fn identity(cell: &mut Markup, patient: Option<&Patient>) {
    let Some(patient) = patient else {
        cell.text_element("span", &[("class", "hc-sub")], "Not linked to a patient");
        return;
    };
    cell.element("span", &[("class", "hc-sub")], |line| {
        if let Some(birth) = patient.birth_date {
            line.text_element("span", &[("class", "hc-num")], &short_date(birth));
            line.text(" · ");
        }
        line.text_element("span", &[("class", "hc-num")], &format!("MRN {}", patient.mrn));
    });
}

fn visit_row(row: &mut Markup, page: &DayPage, visit: &Versioned<Appointment>, has_actions: bool) {
    row.element("td", &[("data-label", "Time")], |cell| {
        cell.text_element("time", &[], &clock(&page.clinic.zone, visit.time.start()));
    });
    row.element("td", &[("data-label", "Patient")], |cell| {
        let link = path(visit);
        cell.text_element("a", &[("class", "govuk-link"), ("href", &link)], &visit.patient.name);
        cell.void("br", &[]);
        identity(cell, visit.patient.id.and_then(|id| page.patients.get(&id)));
    });
    row.text_element("td", &[("data-label", "Reason")], &subject(&page.clinic, visit));
    row.text_element("td", &[("data-label", "Doctor")], &visit.doctor.name);
    row.element("td", &[("data-label", "Status")], |cell| {
        let (class, words) = state(visit);
        cell.text_element("span", &[("class", &format!("hc-tag {class}"))], &words);
        if let Some(since) = visit.arrived_at.filter(|_| visit.status == AppointmentStatus::Arrived) {
            let minutes = page.now.duration_since(since).as_mins().max(0);
            cell.text_element("span", &[("class", "hc-sub")], &format!(" {minutes} min"));
        }
    });
    if has_actions {
        row.element("td", &[("class", "hc-tbl__act")], |cell| {
            cell.element("div", &[("class", "hc-actions")], |cell| actions(cell, page, visit));
        });
    }
}

/// The buttons that take a visit on.
fn actions(cell: &mut Markup, page: &DayPage, visit: &Versioned<Appointment>) {
    let missed = visit.status == AppointmentStatus::Booked && visit.time.start() < page.now;
    let steps = [next_step(visit.status), missed.then_some(AppointmentStatus::NoShow)];
    for to in steps.into_iter().flatten() {
        write_step_button(cell, visit, to, &page.here());
    }
}
