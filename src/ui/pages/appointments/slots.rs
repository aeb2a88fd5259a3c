//! What the islands refresh: free times as radio buttons, suggested patients. Pages and server functions
//! use the same views.

use super::link;
use crate::islands::SlotPicker;
use crate::islands::slot_picker::{FAILED, TIMES};
use crate::ui::form::{FormState, hidden};
use domain::time::short_date;
use leptos::prelude::*;
use service::patients::PatientSummary;

/// The free times of one choice of doctor, date and kind of visit, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FreeTimes {
    /// The doctor that was asked for; empty for any.
    pub doctor: String,
    /// The date that was asked for, as `2026-11-23`.
    pub date: String,
    /// The code of the kind of visit.
    pub visit_type: String,
    /// What is shown: the date, and with whom.
    pub heading: String,
    /// The times by part of the day; none when nothing is free.
    pub groups: Vec<TimeGroup>,
    /// Said when nothing is free.
    pub empty: String,
}

/// The times of one part of the day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeGroup {
    /// `Morning` or `Afternoon`.
    pub title: String,
    /// The times in order.
    pub times: Vec<FreeTime>,
}

/// One time that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FreeTime {
    /// Doctor, date and time, as `12~2026-11-23~09:30`.
    pub value: String,
    /// The time, as `09:30`.
    pub label: String,
    /// The doctor's name, where the choice is among several; may be empty.
    pub doctor: String,
}

/// The free times with what keeps them fresh.
pub fn picker(form: &FormState, free: FreeTimes) -> AnyView {
    let chosen = form.values.text("slot");
    let error = form.errors.of("slot").map(|code| {
        view! {
            <p id="slot-error" class="govuk-error-message">
                <span class="govuk-visually-hidden">"Error: "</span>
                {code.to_string()}
            </p>
        }
    });
    let class = if error.is_some() { "govuk-form-group govuk-form-group--error" } else { "govuk-form-group" };
    view! {
        <SlotPicker>
            <div class=class>
                {error}
                <div id=TIMES aria-live="polite">
                    {times(free, &chosen)}
                </div>
                <p id=FAILED class="govuk-error-message" role="status" hidden>
                    "The free times could not be loaded. Reload the page."
                </p>
            </div>
        </SlotPicker>
    }
    .into_any()
}

/// The free times as radio buttons, and hidden fields that say what they are free for.
pub fn times(free: FreeTimes, chosen: &str) -> AnyView {
    let mut is_first = true;
    let groups: Vec<_> =
        free.groups.into_iter().map(|group| time_group(group, chosen, &mut is_first)).collect();
    let body = if groups.is_empty() {
        view! { <p class="govuk-body" id="slot">{free.empty}</p> }.into_any()
    } else {
        view! { <div class="hc-slots">{groups}</div> }.into_any()
    };
    view! {
        <fieldset class="govuk-fieldset">
            <legend class="govuk-fieldset__legend govuk-fieldset__legend--m">{free.heading}</legend>
            {body}
        </fieldset>
        {hidden("shownDoctor", free.doctor)}
        {hidden("shownDate", free.date)}
        {hidden("shownType", free.visit_type)}
    }
    .into_any()
}

fn time_group(group: TimeGroup, chosen: &str, is_first: &mut bool) -> AnyView {
    let chips: Vec<_> = group
        .times
        .into_iter()
        .map(|time| {
            // The first control carries the bare name, so that the error summary leads to it.
            let id =
                if std::mem::take(is_first) { "slot".to_owned() } else { format!("slot-{}", time.value) };
            let checked = time.value == chosen;
            let doctor = (!time.doctor.is_empty()).then(|| view! { <small>{time.doctor}</small> });
            view! {
                <li>
                    <input type="radio" id=id.clone() name="slot" value=time.value checked=checked />
                    <label for=id>{time.label} " " {doctor}</label>
                </li>
            }
        })
        .collect();
    view! {
        <h2>{group.title}</h2>
        <ul>{chips}</ul>
    }
    .into_any()
}

/// Suggested patients: names and numbers, each leading to `action` followed by the id.
pub fn suggestions(found: &[PatientSummary], action: &str) -> AnyView {
    found
        .iter()
        .enumerate()
        .map(|(position, patient)| {
            let born =
                patient.birth_date.map(|birth| format!("{} · ", short_date(birth))).unwrap_or_default();
            view! {
                <li
                    id=format!("q-option-{position}")
                    role="option"
                    aria-selected="false"
                    data-href=link(&format!("{action}{}", patient.id), &[])
                >
                    <b>{patient.name.formal()}</b>
                    <span class="hc-sub hc-num">{born}"MRN "{patient.mrn.to_string()}</span>
                </li>
            }
        })
        .collect_view()
        .into_any()
}
