//! Free times as radio buttons. When the fields for doctor, date or kind of visit change, the times follow
//! without a reload; without the island the page's button does the same.
#![expect(missing_docs, reason = "the `island` macro makes public items without documentation")]

use crate::rpc::free_slots::free_slots;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlElement, HtmlInputElement};
use serde::{Deserialize, Serialize};

/// The fields that the times depend on, by id.
pub const DOCTOR: &str = "doctorId";
/// See [`DOCTOR`].
pub const DATE: &str = "date";
/// See [`DOCTOR`].
pub const VISIT_TYPE: &str = "visitType";
/// The button that shows the times without the island.
pub const BUTTON: &str = "show-times";

/// The free times of one choice of doctor, date and kind of visit, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeGroup {
    /// `Morning` or `Afternoon`.
    pub title: String,
    /// The times in order.
    pub times: Vec<FreeTime>,
}

/// One time that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeTime {
    /// Doctor and time, as `12~09:30`.
    pub value: String,
    /// The time, as `09:30`.
    pub label: String,
    /// The doctor's name, where the choice is among several; may be empty.
    pub doctor: String,
}

/// The present value of a field of the page.
fn value_of(id: &str) -> Option<String> {
    // Selects and inputs both have the property; the cast only names it.
    Some(document().get_element_by_id(id)?.unchecked_into::<HtmlInputElement>().value())
}

/// Asks for new times whenever one of the fields changes.
fn follow(times: RwSignal<FreeTimes>, failed: RwSignal<bool>) {
    let latest = StoredValue::new(0u32);
    let _ = window_event_listener(leptos::ev::change, move |event| {
        let id = event.target().map(|target| target.unchecked_into::<HtmlElement>().id()).unwrap_or_default();
        if ![DOCTOR, DATE, VISIT_TYPE].contains(&id.as_str()) {
            return;
        }
        let seen = times.read_untracked();
        let (doctor, date) = (value_of(DOCTOR).unwrap_or_default(), value_of(DATE).unwrap_or_default());
        let visit_type = value_of(VISIT_TYPE).unwrap_or_else(|| seen.visit_type.clone());
        drop(seen);
        latest.update_value(|number| *number += 1);
        let number = latest.get_value();
        leptos::task::spawn_local(async move {
            let answer = free_slots(doctor, date, visit_type).await;
            // A slow answer to an earlier choice must not replace a later one.
            if latest.get_value() == number {
                failed.set(answer.is_err());
                if let Ok(fresh) = answer {
                    times.set(fresh);
                }
            }
        });
    });
}

fn chip(position: &str, time: FreeTime, chosen: &str) -> AnyView {
    let mut id = String::from("slot");
    id.push_str(position);
    let checked = time.value == chosen;
    view! {
        <li>
            <input type="radio" id=id.clone() name="slot" value=time.value checked=checked />
            <label for=id>{time.label} {(!time.doctor.is_empty()).then(|| view! { <small>{time.doctor}</small> })}</label>
        </li>
    }
    .into_any()
}

fn groups(times: FreeTimes, chosen: &str) -> AnyView {
    if times.groups.is_empty() {
        return view! { <p class="govuk-body">{times.empty}</p> }.into_any();
    }
    let mut first = true;
    let groups: Vec<_> = times
        .groups
        .into_iter()
        .map(|group| {
            let chips: Vec<_> = group
                .times
                .into_iter()
                .map(|time| {
                    // The first control carries the bare name, so that the error summary leads to it.
                    let position = if first { String::new() } else { ["-", time.value.as_str()].concat() };
                    first = false;
                    chip(&position, time, chosen)
                })
                .collect();
            view! {
                <h3>{group.title}</h3>
                <ul>{chips}</ul>
            }
        })
        .collect();
    view! { <div class="hc-slots">{groups}</div> }.into_any()
}

/// The free times, and hidden fields that say what they are free for.
#[island]
pub fn SlotPicker(
    /// The times to begin with.
    times: FreeTimes,
    /// The chosen one; may be empty.
    chosen: String,
    /// Why the last choice was refused; may be empty.
    error: String,
) -> impl IntoView {
    let times = RwSignal::new(times);
    let failed = RwSignal::new(false);
    Effect::new(move || {
        if let Some(button) = document().get_element_by_id(BUTTON) {
            let _ = button.set_attribute("hidden", "");
        }
        follow(times, failed);
    });
    let has_error = !error.is_empty();
    let error_message = has_error.then(|| {
        view! {
            <p id="slot-error" class="govuk-error-message">
                <span class="govuk-visually-hidden">"Error: "</span>
                {error}
            </p>
        }
    });
    view! {
        <div class=if has_error { "govuk-form-group govuk-form-group--error" } else { "govuk-form-group" }>
            <fieldset class="govuk-fieldset" aria-describedby=has_error.then_some("slot-error")>
                <legend class="govuk-fieldset__legend govuk-fieldset__legend--m" aria-live="polite">
                    {move || times.read().heading.clone()}
                </legend>
                {error_message}
                {move || groups(times.get(), &chosen)}
            </fieldset>
            <p class="govuk-error-message" role="status" hidden=move || !failed.get()>
                "The free times could not be loaded. Reload the page."
            </p>
            <input type="hidden" name="shownDoctor" value=move || times.read().doctor.clone() />
            <input type="hidden" name="shownDate" value=move || times.read().date.clone() />
            <input type="hidden" name="shownType" value=move || times.read().visit_type.clone() />
        </div>
    }
}
