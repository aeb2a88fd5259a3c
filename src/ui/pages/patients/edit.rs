//! The form of a patient's details: registering and changing them.

use crate::ui::components::{empty, patient_banner};
use crate::ui::form::{self, FormState, Input};
use domain::Patient;
use domain::patient::Sex;
use domain::time::short_date;
use jiff::civil::Date;
use leptos::prelude::*;
use service::patients::PatientSummary;

/// What the page to register a patient shows.
pub struct RegisterPage {
    /// What was typed.
    pub form: FormState,
    /// Patients of the same name, when there seems to be one already.
    pub doubles: Vec<PatientSummary>,
    /// Whether an appointment is booked afterwards.
    pub booking: bool,
}

/// What the page to change a patient's details shows.
pub struct EditPage {
    /// What was typed.
    pub form: FormState,
    /// The patient as stored.
    pub patient: Patient,
    /// The version that the form was filled from.
    pub version: u64,
    /// Only address and insurance.
    pub limited: bool,
    /// Fields that someone else changed meanwhile: label, stored value, typed value.
    pub differences: Vec<(&'static str, String, String)>,
    /// The clinic's date.
    pub today: Date,
}

/// The page to register a patient.
pub fn register(page: &RegisterPage) -> AnyView {
    let state = &page.form;
    let confirm = state.errors.of("confirmDuplicate").is_some().then(|| {
        view! {
            {doubles(page)}
            {form::checkbox(state, "confirmDuplicate", "This is another person: register them too")}
        }
    });
    let button = if page.booking { "Register and book" } else { "Register patient" };
    view! {
        {form::error_summary(state)}
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">"Register a patient"</h1>
            {form::post_form("", view! {
                {confirm}
                {fields(state, true)}
                <div class="govuk-button-group">
                    <button class="govuk-button">{button}</button>
                    <a class="govuk-link" href="/patients">
                        "Cancel"
                    </a>
                </div>
            })}
        </div>
    }
    .into_any()
}

fn doubles(page: &RegisterPage) -> AnyView {
    let items = page
        .doubles
        .iter()
        .map(|patient| {
            let path = if page.booking {
                format!("/appointments/new?patient={}", patient.id)
            } else {
                format!("/patients/{}", patient.id)
            };
            let born =
                patient.birth_date.map(|birth| format!("born {}, ", short_date(birth))).unwrap_or_default();
            view! {
                <li>
                    <a class="govuk-link" href=path>
                        {patient.name.formal()}
                    </a>
                    ", "
                    {born}
                    <span class="hc-num">"MRN "{patient.mrn.to_string()}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="govuk-inset-text">
            <p class="govuk-body">"Someone of this name and date of birth is registered already. Is it one of these?"</p>
            <ul class="govuk-list">{items}</ul>
        </div>
    }
    .into_any()
}

/// The page to change a patient's details.
pub fn edit(page: &EditPage) -> AnyView {
    let state = &page.form;
    let banner = if page.limited {
        super::details::short_banner(&page.patient, false)
    } else {
        patient_banner(&page.patient, page.today, false)
    };
    let back = format!("/patients/{}", page.patient.id);
    let fields = if page.limited { account_fields(state) } else { fields(state, false) };
    view! {
        {form::error_summary(state)}
        {conflict(page)}
        {banner}
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">"Change details"</h1>
            {form::post_form("", view! {
                {form::hidden("version", page.version)}
                {fields}
                <div class="govuk-button-group">
                    <button class="govuk-button">"Save"</button>
                    <a class="govuk-link" href=back>
                        "Cancel"
                    </a>
                </div>
            })}
        </div>
    }
    .into_any()
}

/// Both versions, when someone else was quicker.
fn conflict(page: &EditPage) -> Option<AnyView> {
    if page.differences.is_empty() {
        return None;
    }
    let rows = page
        .differences
        .iter()
        .map(|(label, stored, typed)| {
            view! {
                <tr>
                    <th scope="row">{*label}</th>
                    <td data-label="Saved now" class="hc-pre">
                        {stored.clone()}
                    </td>
                    <td data-label="Typed by you" class="hc-pre">
                        {typed.clone()}
                    </td>
                </tr>
            }
        })
        .collect_view();
    Some(
        view! {
            <div class="govuk-error-summary" tabindex="-1" autofocus>
                <div role="alert">
                    <h2 class="govuk-error-summary__title">"Someone else changed these details meanwhile"</h2>
                    <div class="govuk-error-summary__body">
                        <p>"Nothing of yours is saved yet. Compare, correct below, and save again."</p>
                        <table class="hc-tbl">
                            <caption class="hc-vh">"Both versions"</caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Field"</th>
                                    <th scope="col">"Saved now"</th>
                                    <th scope="col">"Typed by you"</th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </div>
            </div>
        }
        .into_any(),
    )
}

fn fields(state: &FormState, is_new: bool) -> AnyView {
    let sexes = Sex::ALL
        .into_iter()
        .map(|sex| (sex.name().to_owned(), sex.title().to_owned(), String::new()))
        .collect();
    let birth_hint = if is_new { "For example, 12 3 1954" } else { "" };
    let names = view! {
        <div class="hc-row">
            {form::input(state, Input::text("givenName", "First names").autocomplete("off"))}
            {form::input(state, Input::text("familyName", "Last name").autocomplete("off"))}
        </div>
    }
    .into_any();
    let reach = view! {
        <div class="hc-row">
            {form::input(state, Input::text("phone", "Phone").kind("tel").autocomplete("off"))}
            {form::input(state, Input::text("email", "Email address").kind("email").autocomplete("off"))}
        </div>
    }
    .into_any();
    view! {
        {names}
        {form::date(state, "birthDate", "Date of birth", birth_hint, false)}
        {form::radios(state, "sex", "Sex", true, sexes)}
        {reach}
        {reminders(state)}
        {account_fields(state)}
    }
    .into_any()
}

fn reminders(state: &FormState) -> AnyView {
    view! {
        <fieldset class="govuk-fieldset">
            <legend class="govuk-fieldset__legend govuk-fieldset__legend--s">"Reminders of appointments"</legend>
            <p class="govuk-hint">
                "Only these can be turned off: that an appointment is booked, changed or cancelled is always told. Text messages need a clinic that sends them."
            </p>
            {form::hidden("remindersShown", "yes")}
            {form::checkbox(state, "remindersEmail", "Remind by email")}
            {form::checkbox(state, "remindersText", "Remind by text message")}
        </fieldset>
    }
    .into_any()
}

fn account_fields(state: &FormState) -> AnyView {
    view! {
        {form::text_area(state, "address", "Address", "", 3)}
        {form::input(state, Input::text("insurance", "Insurance").hint("Insurer and policy number").autocomplete("off"))}
    }
    .into_any()
}

/// For roles that may not register anybody and come with nobody chosen.
pub(super) fn nothing_planned() -> AnyView {
    empty("No appointments are planned.", None)
}
