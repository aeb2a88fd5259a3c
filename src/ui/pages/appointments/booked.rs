//! The page after a patient has booked.

use super::{path, row, visit_name, when};
use domain::Appointment;
use leptos::prelude::*;
use service::Clinic;

/// The page after a patient has booked.
pub fn confirmation(clinic: &Clinic, appointment: &Appointment) -> AnyView {
    let here = path(appointment);
    view! {
        <div class="govuk-panel govuk-panel--confirmation">
            <h1 class="govuk-panel__title">"Appointment booked"</h1>
            <div class="govuk-panel__body">
                "Your reference"<br /><strong class="hc-num">{appointment.reference()}</strong>
            </div>
        </div>
        <section class="hc-panel hc-pad">
            <h2>"Your appointment"</h2>
            <dl class="govuk-summary-list">
                {row("When", when(&clinic.zone, appointment))} {row("Doctor", appointment.doctor.name.clone())}
                {row("Visit", visit_name(clinic, appointment))} {row("Where", clinic.name.clone())}
            </dl>
        </section>
        <h2 class="govuk-heading-m">"What happens next"</h2>
        <p class="govuk-body">
            {format!(
                "Come ten minutes early and tell reception your name. You can move or cancel until {} hours before.",
                clinic.catalogue.rules.patient_change_hours,
            )}
        </p>
        <p class="govuk-body">
            <a class="govuk-link" href=format!("{here}/calendar.ics") download="">
                "Add to your calendar (.ics)"
            </a>
        </p>
        <p class="govuk-body">
            <a class="govuk-link" href="/appointments">
                "See all your appointments"
            </a>
        </p>
    }
    .into_any()
}
