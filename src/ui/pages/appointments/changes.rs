//! Moving and cancelling an appointment.

use super::booking::{conflict_notice, doctor_choices, show_button};
use super::slots::{FreeTimes, picker};
use super::{back_link, path, row, visit_name, when};
use crate::ui::form::{self, FormState, Input};
use domain::{Appointment, UserId};
use leptos::prelude::*;
use service::{Clinic, Versioned};

/// What the pages show.
pub struct ChangePage {
    /// The clinic.
    pub clinic: Clinic,
    /// The appointment.
    pub appointment: Versioned<Appointment>,
    /// The values: doctorId, date, slot, reason.
    pub form: FormState,
    /// Whether the patient changes it.
    pub is_own: bool,
    /// Why the move was refused although every field was right.
    pub conflict: Option<String>,
}

fn summary(page: &ChangePage) -> AnyView {
    let appointment = &page.appointment;
    view! {
        <section class="hc-panel hc-pad">
            <h2>{if page.is_own { "Your appointment" } else { "The appointment" }}</h2>
            <dl class="govuk-summary-list">
                {(!page.is_own).then(|| row("Patient", appointment.patient.name.clone()))}
                {row("When", when(&page.clinic.zone, appointment))} {row("Doctor", appointment.doctor.name.clone())}
                {row("Visit", visit_name(&page.clinic, appointment))}
                {row("Reference", view! { <span class="hc-num">{appointment.reference()}</span> })}
            </dl>
        </section>
    }
    .into_any()
}

fn head(page: &ChangePage, heading: &'static str) -> AnyView {
    view! {
        {page.conflict.as_deref().map(conflict_notice)}
        {form::error_summary(&page.form)}
        {back_link(path(&page.appointment), "Back to the appointment")}
        <h1 class="govuk-heading-l">{heading}</h1>
        {summary(page)}
        {page.is_own.then(|| super::detail::rule(&page.clinic, true))}
    }
    .into_any()
}

/// The page that moves it.
pub fn moving(page: ChangePage, doctors: &[(UserId, String)], times: FreeTimes) -> AnyView {
    let action = format!("{}/move", path(&page.appointment));
    let visit_type = page.appointment.visit_type.clone();
    view! {
        {head(&page, "Move this appointment")}
        <form method="get" action=action.clone() novalidate>
            // The slot picker reads the kind of visit here; the server knows it from the appointment.
            <input type="hidden" id="visitType" value=visit_type />
            <div class="hc-row">
                {form::select(&page.form, "doctorId", "Doctor", "", doctor_choices(doctors))}
                {form::input(&page.form, Input::text("date", "New date").kind("date"))}
            </div>
            {show_button()}
        </form>
        {form::post_form(action, view! {
            {form::hidden("version", page.appointment.version)} {picker(&page.form, times)}
            {form::text_area(&page.form, "reason", "Why it is moved (optional)", "", 2)}
            <button class="govuk-button">"Move appointment"</button>
        })}
    }
    .into_any()
}

/// The page that cancels it.
pub fn cancelling(page: ChangePage) -> AnyView {
    let action = format!("{}/cancel", path(&page.appointment));
    let words = if page.is_own {
        "The time becomes free for others. You can book another one."
    } else {
        "The time becomes free for others. You can undo this as long as nobody else took it."
    };
    view! {
        {head(&page, "Cancel this appointment")}
        {form::post_form(action, view! {
            {form::hidden("version", page.appointment.version)} <p class="govuk-body">{words}</p>
            {form::text_area(&page.form, "reason", "Why it is cancelled (optional)", "", 2)}
            <div class="govuk-button-group">
                <button class="govuk-button govuk-button--warning">"Cancel appointment"</button>
                <a class="govuk-link" href=path(&page.appointment)>
                    "Keep it"
                </a>
            </div>
        })}
    }
    .into_any()
}
