//! The page that opens a record in an emergency, and the banner over a record that is open so.

use crate::ui::components::{clock, patient_banner, warning};
use crate::ui::form::{FormState, PasswordInput, error_summary, password, post_form, text_area};
use domain::{ClinicZone, Patient, PatientId};
use jiff::Timestamp;
use jiff::civil::Date;
use leptos::prelude::*;

/// The question, with all that follows from it.
pub fn page(patient: &Patient, today: Date, form: &FormState) -> AnyView {
    let back = format!("/patients/{}", patient.id);
    view! {
        {error_summary(form)}
        {patient_banner(patient, today, false)}
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">"Emergency access"</h1>
            {warning("You do not treat this patient at present. Open the record only if their care cannot wait.")}
            <ul class="govuk-list govuk-list--bullet">
                <li>"You can read this one record for 60 minutes. You cannot write in it."</li>
                <li>"Your name, the time and your reason are written down at once."</li>
                <li>"The auditor checks every emergency access. The patient can see it too."</li>
            </ul>
            {post_form("", view! {
                {text_area(form, "reason", "Why you need this record now", "For example: collapsed in the waiting room, allergies unknown", 3)}
                {password(form, PasswordInput::current("password", "Your password"))}
                <div class="govuk-button-group">
                    <button class="govuk-button govuk-button--warning">"Open the record"</button>
                    <a class="govuk-link" href=back>
                        "Cancel"
                    </a>
                </div>
            })}
        </div>
    }
    .into_any()
}

/// Until when the record is open, and the way to close it before.
pub fn banner(patient: PatientId, until: Timestamp, zone: &ClinicZone) -> AnyView {
    let until = format!("Emergency access until {}.", clock(zone, until));
    view! {
        <section class="hc-alert hc-alert--open" aria-label="Emergency access">
            <p>
                <strong>{until}</strong>
                " You can read, not write. Everything you open is written down and checked."
            </p>
            {post_form(format!("/medical-records/{patient}/emergency/end"), view! {
                <button class="govuk-button govuk-button--secondary hc-btn-s">"Close the record"</button>
            })}
        </section>
    }
    .into_any()
}
