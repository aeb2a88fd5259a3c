//! Joining the waiting list, and offering somebody on it a free time.

use super::booking::{conflict_notice, show_button};
use super::slots::{FreeTimes, picker};
use super::waiting_list::{LIST, priority_tag};
use super::{back_link, row};
use crate::ui::form::{self, FormState, Input};
use domain::time::short_date;
use domain::waiting::DayPart;
use domain::{Priority, UserId};
use leptos::prelude::*;
use service::Clinic;
use service::scheduling::WaitingPlace;

/// The form with which somebody joins.
pub struct JoinPage {
    /// The clinic.
    pub clinic: Clinic,
    /// The values: visitType, doctorId, from, until, part, priority, reason, insteadOf.
    pub form: FormState,
    /// For staff, who waits: id, name, birth date and number.
    pub patient: Option<(String, String, String)>,
    /// All doctors.
    pub doctors: Vec<(UserId, String)>,
    /// What would be given up, in words; and the patient's other appointments, for staff to choose from.
    pub instead: Vec<(String, String)>,
    /// Whether what would be given up is settled.
    pub is_sooner: bool,
}

/// The form.
pub fn join(page: JoinPage) -> AnyView {
    let is_own = page.patient.is_none();
    let title = if page.is_sooner { "Tell me if a sooner time comes free" } else { "Join the waiting list" };
    let title = if is_own { title } else { "Add to the waiting list" };
    let form = &page.form;
    let visits = page.clinic.catalogue.visit_types.iter().filter(|it| it.offered);
    let visits = visits.filter(|it| !is_own || it.self_service || it.code == form.values.get("visitType"));
    let visits = visits.map(|it| (it.code.clone(), format!("{} ({} min)", it.name, it.minutes))).collect();
    let parts = DayPart::ALL.map(|it| (it.name().to_owned(), it.title().to_owned(), String::new())).to_vec();
    let doctors = std::iter::once((String::new(), "Any doctor".to_owned()));
    let doctors = doctors.chain(page.doctors.iter().map(|(id, name)| (id.to_string(), name.clone())));
    let who = page.patient.clone().map(|(id, name, detail)| {
        view! {
            {form::hidden("patientId", id)}
            <p>
                <b>{name}</b>
                " "
                <span class="hc-sub hc-num">{detail}</span>
            </p>
        }
    });
    let button = if is_own { "Join the waiting list" } else { "Add to the waiting list" };
    view! {
        {form::error_summary(form)}
        {back_link(if is_own { "/appointments" } else { LIST }, "Back")}
        <h1 class="govuk-heading-l">{title}</h1>
        <p class="govuk-body">
            {format!(
                "When a time comes free that fits, we hold it for {} minutes. It is booked only if it is accepted.",
                page.clinic.catalogue.rules.offer_minutes,
            )}
        </p>
        {form::post_form(format!("{LIST}/new"), view! {
            {who}
            {instead(&page)}
            {form::select(form, "visitType", "Visit", "", visits)}
            {form::select(form, "doctorId", "Doctor", "", doctors.collect())}
            <div class="hc-row">
                {form::input(form, Input::text("from", "First day").kind("date"))}
                {form::input(form, Input::text("until", "Last day").kind("date"))}
            </div>
            {form::radios(form, "part", "Time of day", true, parts)}
            {(!is_own).then(|| form::radios(form, "priority", "Priority", true, priorities()))}
            {form::text_area(form, "reason", "Reason (optional)", "", 3)}
            <button class="govuk-button">{button}</button>
        })}
    }
    .into_any()
}

fn priorities() -> Vec<(String, String, String)> {
    let choice = |it: Priority| (it.name().to_owned(), it.title().to_owned(), String::new());
    Priority::ALL.into_iter().rev().map(choice).collect()
}

/// What is given up when a sooner time is accepted: settled, or a choice for staff.
fn instead(page: &JoinPage) -> Option<AnyView> {
    if page.is_sooner {
        let words = page.instead.first().map(|(_, words)| words.clone()).unwrap_or_default();
        return Some(
            view! {
                {form::hidden("insteadOf", page.form.values.get("insteadOf"))}
                <div class="govuk-inset-text" id="insteadOf">
                    <p>{words}</p>
                    <p>"Accepting a sooner time cancels this appointment."</p>
                </div>
            }
            .into_any(),
        );
    }
    if page.instead.is_empty() {
        return None;
    }
    let none = std::iter::once((String::new(), "None: this is a new visit".to_owned()));
    let options = none.chain(page.instead.iter().cloned()).collect();
    Some(form::select(
        &page.form,
        "insteadOf",
        "Instead of",
        "It is cancelled when a sooner time is accepted",
        options,
    ))
}

/// The page on which staff choose a time to offer.
pub struct OfferPage {
    /// Whom it is offered to.
    pub place: WaitingPlace,
    /// The values: doctorId, date, slot.
    pub form: FormState,
    /// All doctors.
    pub doctors: Vec<(UserId, String)>,
    /// The free times of the choice.
    pub times: FreeTimes,
    /// The kind of visit.
    pub visit: String,
    /// Why the time could not be offered.
    pub conflict: Option<String>,
}

/// The page.
pub fn offer(page: OfferPage) -> AnyView {
    let here = format!("{LIST}/{}/offer", page.place.id);
    let waiting = &page.place.waiting;
    let days = format!("{} to {}", short_date(waiting.from), short_date(waiting.until));
    let doctors = super::booking::doctor_choices(&page.doctors);
    view! {
        {page.conflict.as_deref().map(conflict_notice)}
        {form::error_summary(&page.form)}
        {back_link(LIST, "Waiting list")}
        <h1 class="govuk-heading-l">"Offer a time"</h1>
        <section class="hc-panel hc-pad">
            <dl class="govuk-summary-list">
                {row("Patient", waiting.patient_name.clone())} {row("Visit", page.visit.clone())}
                {row("Can come", format!("{days}, {}", waiting.part.title().to_lowercase()))}
                {row("Priority", priority_tag(waiting.priority))}
            </dl>
        </section>
        <form method="get" action=here.clone() novalidate>
            <div class="hc-row">
                {form::select(&page.form, "doctorId", "Doctor", "", doctors)}
                {form::input(&page.form, Input::text("date", "Date").kind("date"))}
            </div>
            {form::hidden("visitType", &waiting.visit_type)}
            {show_button()}
        </form>
        {form::post_form(here, view! {
            {picker(&page.form, page.times.clone())} <button class="govuk-button">"Offer this time"</button>
        })}
    }
    .into_any()
}
