//! A patient's own appointments: what comes, what was.

use super::waiting_list::{self, OwnPlaces, refusal};
use super::{path, state_tag, subject, visit_name};
use crate::ui::components::{clock, empty, more};
use domain::time::{long_date, short_date};
use domain::{Appointment, AppointmentStatus, Role};
use jiff::Timestamp;
use leptos::prelude::*;
use service::{Clinic, Page, Versioned};

/// What the page shows.
pub struct MinePage {
    /// The heading.
    pub title: &'static str,
    /// The clinic.
    pub clinic: Clinic,
    /// The present moment.
    pub now: Timestamp,
    /// What comes, earliest first.
    pub upcoming: Vec<Versioned<Appointment>>,
    /// What was, newest first.
    pub past: Page<Versioned<Appointment>>,
    /// Own places on the waiting list.
    pub waiting: OwnPlaces,
    /// What could not be done.
    pub refused: Option<String>,
}

/// The page.
pub fn page(page: MinePage) -> AnyView {
    let upcoming = if page.upcoming.is_empty() {
        let next = Some(("/appointments/book".to_owned(), "Book an appointment".to_owned()));
        view! { <div class="hc-panel">{empty("No appointment is coming up.", next)}</div> }.into_any()
    } else {
        let cards: Vec<_> = page.upcoming.iter().map(|appointment| card(&page, appointment)).collect();
        view! { <ul class="hc-home">{cards}</ul> }.into_any()
    };
    view! {
        {page.refused.as_deref().map(refusal)}
        <div class="hc-head">
            <div>
                <span class="govuk-caption-l">{page.clinic.name.clone()}</span>
                <h1 class="govuk-heading-l">{page.title}</h1>
            </div>
            <div class="hc-tools">
                <a href="/appointments/book" role="button" draggable="false" class="govuk-button">
                    "Book an appointment"
                </a>
            </div>
        </div>
        <p class="hc-sub">
            {format!("You can move or cancel until {} hours before.", page.clinic.catalogue.rules.patient_change_hours)}
        </p>
        {waiting_list::own(&page.clinic, &page.waiting)}
        {(!page.waiting.places.is_empty()).then(|| view! { <h2 class="govuk-heading-m">"Booked"</h2> })}
        {upcoming}
        {past(&page)}
    }
    .into_any()
}

fn card(page: &MinePage, appointment: &Versioned<Appointment>) -> AnyView {
    let zone = &page.clinic.zone;
    let start = appointment.time.start();
    let here = path(appointment);
    let may_change = appointment.status == AppointmentStatus::Booked
        && appointment
            .may_change(Role::Patient, page.now, page.clinic.catalogue.rules.patient_change_hours)
            .is_ok();
    let when = format!("{}, {}", long_date(zone.date(start)), clock(zone, start));
    let id = appointment.id.to_string();
    let sooner = (appointment.status == AppointmentStatus::Booked && start > page.now)
        .then(|| waiting_list::join_link(&[("instead", &id)], "Tell me if a sooner time comes free"));
    let change = may_change.then(|| {
        view! {
            <a class="govuk-link" href=format!("{here}/move")>
                "Move"<span class="hc-vh">" the appointment on "{when.clone()}</span>
            </a>
            <a class="govuk-link" href=format!("{here}/cancel")>
                "Cancel"<span class="hc-vh">" the appointment on "{when.clone()}</span>
            </a>
        }
    });
    view! {
        <li class="hc-panel hc-home__card">
            <h2>{visit_name(&page.clinic, appointment)}</h2>
            <p class="hc-home__big">
                <a class="govuk-link" href=here.clone()>
                    {when.clone()}
                </a>
            </p>
            <p class="hc-sub">{appointment.doctor.name.clone()}", reference "<span class="hc-num">{appointment.reference()}</span></p>
            <p>{state_tag(appointment)}</p>
            <div class="hc-home__act hc-actions">{change} {sooner}</div>
        </li>
    }
    .into_any()
}

fn past(page: &MinePage) -> Option<AnyView> {
    if page.past.items.is_empty() {
        return None;
    }
    let zone = &page.clinic.zone;
    let rows: Vec<_> = page
        .past
        .items
        .iter()
        .map(|appointment| {
            let start = appointment.time.start();
            view! {
                <tr>
                    <td data-label="When">
                        <a class="govuk-link hc-num" href=path(appointment)>
                            {short_date(zone.date(start))}
                            ", "
                            {clock(zone, start)}
                        </a>
                    </td>
                    <td data-label="About">{subject(&page.clinic, appointment)}</td>
                    <td data-label="Doctor">{appointment.doctor.name.clone()}</td>
                    <td data-label="Status">{state_tag(appointment)}</td>
                </tr>
            }
        })
        .collect();
    Some(
        view! {
            <h2 class="govuk-heading-m">"Past and cancelled"</h2>
            <div class="hc-panel">
                <table class="hc-tbl">
                    <caption class="hc-vh">"Past and cancelled appointments"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"When"</th>
                            <th scope="col">"About"</th>
                            <th scope="col">"Doctor"</th>
                            <th scope="col">"Status"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {more("/appointments", page.past.next.as_deref(), "Older appointments")}
        }
        .into_any(),
    )
}
