//! The tables below the day: who waits and who is next, and appointments with nobody who has a column.

use super::day::DayPage;
use super::{next_step, path, state_tag, step_button, step_words, subject};
use crate::ui::components::{clock, empty};
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
    let rows: Vec<_> = page.unassigned.iter().map(|appointment| visit_row(page, appointment)).collect();
    Some(
        view! {
            <h2 class="govuk-heading-m">"With other doctors"</h2>
            {visit_table("Appointments with doctors who have no column", rows, page.may_advance && page.is_today())}
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
    let rows: Vec<_> = visits.into_iter().map(|appointment| visit_row(page, appointment)).collect();
    let body = if rows.is_empty() {
        let why = if page.is_today() {
            "Nobody waits, and nobody else is booked today."
        } else {
            "Nothing is booked with these doctors."
        };
        view! { <div class="hc-panel">{empty(why, None)}</div> }.into_any()
    } else {
        visit_table(title, rows, page.may_advance && page.is_today())
    };
    view! {
        <h2 class="govuk-heading-m">{title}</h2>
        {body}
    }
    .into_any()
}

fn visit_table(caption: &'static str, rows: Vec<AnyView>, has_actions: bool) -> AnyView {
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
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Date of birth and number of a patient.
pub fn identity(patient: Option<&Patient>) -> AnyView {
    let Some(patient) = patient else {
        return view! { <span class="hc-sub">"Not linked to a patient"</span> }.into_any();
    };
    let born = patient.birth_date.map(|birth| {
        view! {
            <span class="hc-num">{short_date(birth)}</span>
            " · "
        }
    });
    view! {
        <span class="hc-sub">
            {born} <span class="hc-num">"MRN "{patient.mrn.to_string()}</span>
        </span>
    }
    .into_any()
}

fn visit_row(page: &DayPage, appointment: &Versioned<Appointment>) -> AnyView {
    let zone = &page.clinic.zone;
    let patient = appointment.patient.id.and_then(|id| page.patients.get(&id));
    let waits = (appointment.status == AppointmentStatus::Arrived)
        .then_some(appointment.arrived_at)
        .flatten()
        .map(|since| format!(" {} min", page.now.duration_since(since).as_mins().max(0)));
    let action = (page.may_advance && page.is_today()).then(|| {
        let button = next_step(appointment.status).map(|to| {
            step_button(
                appointment,
                to,
                step_words(to),
                "govuk-button govuk-button--secondary hc-btn-s",
                &page.here(),
            )
        });
        let missed = (appointment.status == AppointmentStatus::Booked && appointment.time.start() < page.now)
            .then(|| {
                let to = AppointmentStatus::NoShow;
                step_button(
                    appointment,
                    to,
                    step_words(to),
                    "govuk-button govuk-button--secondary hc-btn-s",
                    &page.here(),
                )
            });
        view! {
            <td class="hc-tbl__act">
                <div class="hc-actions">{button}{missed}</div>
            </td>
        }
    });
    view! {
        <tr>
            <td data-label="Time">
                <time>{clock(zone, appointment.time.start())}</time>
            </td>
            <td data-label="Patient">
                <a class="govuk-link" href=path(appointment)>
                    {appointment.patient.name.clone()}
                </a>
                <br />
                {identity(patient)}
            </td>
            <td data-label="Reason">{subject(&page.clinic, appointment)}</td>
            <td data-label="Doctor">{appointment.doctor.name.clone()}</td>
            <td data-label="Status">{state_tag(appointment)}<span class="hc-sub">{waits}</span></td>
            {action}
        </tr>
    }
    .into_any()
}
