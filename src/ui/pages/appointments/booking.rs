//! Booking by staff: find the patient, choose visit, doctor and date, pick a free time.

use super::slots::{FreeTimes, picker};
use super::{back_link, link};
use crate::islands::PatientTypeahead;
use crate::islands::slot_picker::BUTTON;
use crate::ui::components::empty;
use crate::ui::form::{self, FormState, Input};
use domain::time::short_date;
use domain::{Priority, UserId};
use leptos::prelude::*;
use service::Clinic;
use service::patients::PatientSummary;

/// What the booking page shows.
pub struct BookingPage {
    /// The clinic.
    pub clinic: Clinic,
    /// The values: patient, visitType, doctorId, date, time, slot, reason, overbookReason.
    pub form: FormState,
    /// Who comes: id, name, birth date and number.
    pub patient: (String, String, String),
    /// All doctors: id and name.
    pub doctors: Vec<(UserId, String)>,
    /// The free times of the choice.
    pub times: FreeTimes,
    /// Whether the caller may overbook.
    pub may_overbook: bool,
    /// Whether the patient can be checked in at once: the times are today's.
    pub may_check_in: bool,
    /// Why the booking was refused although every field was right.
    pub conflict: Option<String>,
}

/// What a patient is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose {
    /// The heading.
    pub title: &'static str,
    /// Where the search and its answers lead.
    pub action: &'static str,
}

impl Purpose {
    /// For one appointment.
    pub const BOOKING: Self = Self { title: "Book an appointment", action: "/appointments/new" };
}

/// The first step: who comes.
pub fn find_patient(
    purpose: &Purpose,
    query: &str,
    kept: &[(&str, &str)],
    found: Option<&[PatientSummary]>,
    may_register: bool,
) -> AnyView {
    let next = link(purpose.action, kept);
    let joint = if next.contains('?') { '&' } else { '?' };
    let hiddens: Vec<_> = kept
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=(*name).to_owned() value=(*value).to_owned() /> })
        .collect();
    // What was chosen so far is kept while a patient is registered.
    let register = link("/patients/new?book=1", kept);
    let results = found.map(|found| {
        if found.is_empty() {
            let next = may_register.then(|| (register.clone(), "Register a new patient".to_owned()));
            let why = format!(
                "No patient matches “{query}”. Try part of the name, the date of birth or the number."
            );
            return view! { <div class="hc-panel">{empty(why, next)}</div> }.into_any();
        }
        let rows: Vec<_> = found.iter().map(|patient| patient_row(purpose, patient, kept)).collect();
        view! {
            <div class="hc-panel">
                <table class="hc-tbl">
                    <caption class="hc-vh">"Patients found"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Patient"</th>
                            <th scope="col">"Born"</th>
                            <th scope="col">"MRN"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    });
    view! {
        {back_link("/appointments", "Appointments")}
        <h1 class="govuk-heading-l">{purpose.title}</h1>
        <h2 class="govuk-heading-m">"Who is it for?"</h2>
        <form class="hc-search" role="search" method="get" action=purpose.action>
            {hiddens}
            <label class="hc-vh" for="q">
                "Find a patient by name, date of birth, number or phone"
            </label>
            <PatientTypeahead action=format!("{next}{joint}patient=") value=query.to_owned() />
            <button class="govuk-button">"Search"</button>
        </form>
        {results}
        {(found.is_none() && may_register)
            .then(|| {
                view! {
                    <p class="govuk-body">
                        <a class="govuk-link" href=register.clone()>
                            "Register a new patient"
                        </a>
                    </p>
                }
            })}
    }
    .into_any()
}

fn patient_row(purpose: &Purpose, patient: &PatientSummary, kept: &[(&str, &str)]) -> AnyView {
    let id = patient.id.to_string();
    let mut fields = kept.to_vec();
    fields.push(("patient", &id));
    view! {
        <tr>
            <td data-label="Patient">
                <a class="govuk-link" href=link(purpose.action, &fields)>
                    {patient.name.formal()}
                </a>
            </td>
            <td data-label="Born" class="hc-num">{patient.birth_date.map(short_date)}</td>
            <td data-label="MRN" class="hc-num">{patient.mrn.to_string()}</td>
        </tr>
    }
    .into_any()
}

/// The doctors as choices, with "first available" before them.
pub fn doctor_choices(doctors: &[(UserId, String)]) -> Vec<(String, String)> {
    let any = (String::new(), "First available".to_owned());
    std::iter::once(any).chain(doctors.iter().map(|(id, name)| (id.to_string(), name.clone()))).collect()
}

/// Why a booking failed although every field was right; the times below are fresh.
pub fn conflict_notice(why: &str) -> AnyView {
    view! {
        <div class="govuk-error-summary" tabindex="-1" autofocus>
            <div role="alert">
                <h2 class="govuk-error-summary__title">"This time is no longer free"</h2>
                <div class="govuk-error-summary__body">
                    <p>{why.to_owned()}</p>
                    <ul class="govuk-list govuk-error-summary__list">
                        <li>
                            <a href="#slot">"Choose one of the nearest free times"</a>
                        </li>
                    </ul>
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// The page.
pub fn page(page: BookingPage) -> AnyView {
    let (id, name, detail) = page.patient.clone();
    let series = link(
        super::series::NEW,
        &[
            ("patient", &id),
            ("type", page.form.values.get("visitType")),
            ("doctor", page.form.values.get("doctorId")),
            ("date", page.form.values.get("date")),
        ],
    );
    let other = link(
        "/appointments/new",
        &[
            ("doctor", page.form.values.get("doctorId")),
            ("date", page.form.values.get("date")),
            ("time", page.form.values.get("time")),
            ("arrived", page.form.values.get("arrived")),
        ],
    );
    view! {
        {page.conflict.as_deref().map(conflict_notice)}
        {form::error_summary(&page.form)}
        {back_link("/appointments", "Appointments")}
        <h1 class="govuk-heading-l">"Book an appointment"</h1>
        <section class="hc-panel hc-pad">
            <p>
                <b>{name}</b>
                " "
                <span class="hc-sub hc-num">{detail}</span>
            </p>
            <p class="hc-actions">
                <a class="govuk-link" href=other>
                    "Choose another patient"
                </a>
                <a class="govuk-link" href=series>
                    "Book a series of visits"
                </a>
            </p>
        </section>
        // The choices stand in a form of their own, so that a reason is never sent in an address.
        <form method="get" action="/appointments/new" novalidate>
            {form::hidden("patient", id.clone())} {choices(&page)} {show_button()}
        </form>
        {form::post_form("/appointments/new", view! {
            {form::hidden("patientId", id)} {picker(&page.form, page.times.clone())}
            {form::text_area(&page.form, "reason", "Reason (optional)", "In the patient's words", 3)}
            {page.may_overbook.then(|| overbooking(&page.form))}
            {page.may_check_in.then(|| walk_in(&page.form))} <button class="govuk-button">"Book appointment"</button>
        })}
    }
    .into_any()
}

fn choices(page: &BookingPage) -> AnyView {
    let visits = page
        .clinic
        .catalogue
        .visit_types
        .iter()
        .map(|visit| (visit.code.clone(), format!("{} ({} min)", visit.name, visit.minutes)))
        .collect();
    view! {
        <div class="hc-row">
            {form::select(&page.form, "visitType", "Visit", "", visits)}
            {form::select(&page.form, "doctorId", "Doctor", "", doctor_choices(&page.doctors))}
            {form::input(&page.form, Input::text("date", "Date").kind("date"))}
        </div>
    }
    .into_any()
}

/// Shows the times of the choices above without JavaScript; the slot picker hides it.
pub fn show_button() -> AnyView {
    view! {
        <button id=BUTTON class="govuk-button govuk-button--secondary">
            "Show times"
        </button>
    }
    .into_any()
}

/// For a patient who is here already.
fn walk_in(form: &FormState) -> AnyView {
    view! {
        <section class="hc-panel hc-pad">
            {form::checkbox(form, "arrived", "The patient is here: check in at once")}
            {form::select(form, "priority", "Priority", "How soon the patient must be seen", priorities())}
        </section>
    }
    .into_any()
}

/// The priorities as choices, the usual one first.
pub fn priorities() -> Vec<(String, String)> {
    let all = Priority::ALL.into_iter().rev();
    all.map(|priority| (priority.name().to_owned(), priority.title().to_owned())).collect()
}

fn overbooking(form: &FormState) -> AnyView {
    let is_open = !form.values.get("overbookReason").is_empty() || form.errors.of("time").is_some();
    view! {
        <details class="govuk-details" open=is_open>
            <summary class="govuk-details__summary">
                <span class="govuk-details__summary-text">"Overbook another time"</span>
            </summary>
            <div class="govuk-details__text">
                {form::input(
                    form,
                    Input::text("time", "Time").hint("On the date above, like 10:30").width("govuk-input--width-5"),
                )}
                {form::text_area(form, "overbookReason", "Why this visit cannot wait", "It is kept with the appointment", 2)}
            </div>
        </details>
    }
    .into_any()
}
