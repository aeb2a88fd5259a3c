//! The last step of a patient's booking: until when the time is held, all answers, and the button that books.

use super::own::{Choices, HOLD, frame};
use super::row;
use crate::ui::form::{self, FormState};
use domain::time::short_date;
use jiff::civil::Date;
use leptos::prelude::*;

/// What is about to be booked, in words.
pub struct Check {
    /// The kind of visit.
    pub visit: String,
    /// The doctor.
    pub doctor: String,
    /// Day and time.
    pub when: String,
    /// The time of day until which it is held, while it is.
    pub held_until: Option<String>,
    /// Hours before the start until which it can be changed.
    pub change_hours: u16,
    /// What to choose instead, when the time is taken or held no more.
    pub instead: Option<Instead>,
}

/// A free time to choose instead.
pub struct Offer {
    /// Doctor, day and time, as `12~2026-11-23~09:30`.
    pub slot: String,
    /// The day.
    pub date: Date,
    /// The time of day.
    pub time: String,
    /// The doctor, if it is another one; else empty.
    pub doctor: String,
}

/// Why another time may have to be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody else has it.
    Taken,
    /// The patient is elsewhere.
    PatientBusy,
    /// It was held, and is no more.
    Ended,
}

/// What to choose instead.
pub struct Instead {
    /// Why.
    pub why: Why,
    /// The nearest free times.
    pub nearest: Vec<Offer>,
}

/// Step 5: all answers, the reason in one's own words, and the button that books.
pub fn check(choices: &Choices, check: Check, form: &FormState) -> AnyView {
    let change = |path: &str, what: &'static str| {
        let href = choices.at(path);
        view! {
            <a class="govuk-link" href=href>
                "Change"<span class="hc-vh">" "{what}</span>
            </a>
        }
        .into_any()
    };
    let line = |term: &'static str, words: String, link: AnyView| {
        row(term, view! { {words} " " <span class="hc-sub">{link}</span> })
    };
    let held = check.held_until.map(|until| {
        view! { <div class="govuk-inset-text">{format!("We hold this time for you until {until}.")}</div> }
    });
    let body = view! {
        {held}
        <section class="hc-panel hc-pad" id="slot">
            <dl class="govuk-summary-list">
                {line("Visit", check.visit, change("", "the visit"))}
                {line("Doctor", check.doctor, change("/doctor", "the doctor"))}
                {line("When", check.when, change("/time", "the time"))}
            </dl>
        </section>
        {form::post_form("/appointments/book", view! {
            {form::hidden("type", &choices.visit_type)} {form::hidden("doctor", &choices.doctor)}
            {form::hidden("date", &choices.date)} {form::hidden("hold", &choices.hold)}
            {form::text_area(
                form,
                "reason",
                "What would you like to talk about? (optional)",
                "Only the clinic's staff who treat you or plan visits see it",
                3,
            )} <p class="hc-sub">
                {format!(
                    "You can move or cancel until {} hours before.",
                    check.change_hours,
                )}
            </p> <button class="govuk-button">"Book appointment"</button>
        })}
    };
    view! {
        {check.instead.map(|offer| instead(choices, offer, form.values.get("reason")))}
        {form::error_summary(form)}
        {frame(choices, 4, "Check your answers", body.into_any())}
    }
    .into_any()
}

/// The nearest free times, each a button that holds it.
pub(super) fn instead(choices: &Choices, Instead { why, nearest }: Instead, reason: &str) -> AnyView {
    let title = match why {
        Why::Taken => "This time has just been taken",
        Why::PatientBusy => "You have another appointment at this time",
        Why::Ended => "We no longer hold this time for you",
    };
    let words = match (why, nearest.is_empty()) {
        (Why::Ended, true) => "You can still book it if nobody else has taken it.",
        (Why::Ended, false) => {
            "You can still book it if nobody else has taken it. Or choose one of the nearest free times:"
        }
        (_, true) => "Nothing is free near it. Choose another day or another doctor.",
        (_, false) => "These are the nearest free times:",
    };
    let items: Vec<_> = nearest
        .into_iter()
        .map(|Offer { slot, date, time, doctor }| {
            let doctor = (!doctor.is_empty()).then(|| view! { <small>{doctor}</small> });
            view! {
                <li>
                    <button name="slot" value=slot>
                        {time}
                        <small>{short_date(date)}</small>
                        {doctor}
                    </button>
                </li>
            }
        })
        .collect();
    let offers = (!items.is_empty()).then(|| {
        let body = view! {
            {form::hidden("type", &choices.visit_type)}
            {form::hidden("doctor", &choices.doctor)}
            {form::hidden("reason", reason)}
            <div class="hc-slots">
                <ul>{items}</ul>
            </div>
        };
        form::post_form(HOLD, body)
    });
    view! {
        <div class="govuk-error-summary" tabindex="-1" autofocus>
            <div role="alert">
                <h2 class="govuk-error-summary__title">{title}</h2>
                <div class="govuk-error-summary__body">
                    <p>{words}</p>
                    {offers}
                </div>
            </div>
        </div>
    }
    .into_any()
}
