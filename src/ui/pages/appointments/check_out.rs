//! Completing several visits at once: the ticks in a list, the button below it, and what became of each.

use super::{back_link, path, state_tag};
use crate::ui::components::{clock, tag};
use crate::ui::form::{hidden, named_post_form};
use domain::{Appointment, AppointmentId, AppointmentStatus};
use leptos::prelude::*;
use service::{Clinic, Versioned};
use std::collections::BTreeSet;

/// Where the form goes.
pub const PATH: &str = "/appointments/checkouts";
/// The beginning of a tick's name; the appointment's number follows.
pub const TICK: &str = "visit";

/// The id of the form, to which the ticks belong wherever they stand.
const FORM: &str = "check-out";

/// Whether a visit can be completed with others: the patient is here.
pub fn can_end(visit: &Appointment) -> bool {
    matches!(visit.status, AppointmentStatus::Arrived | AppointmentStatus::InProgress)
}

/// The tick of a visit that can be completed.
pub fn tick(visit: &Versioned<Appointment>) -> Option<AnyView> {
    let name = visit.patient.name.clone();
    can_end(visit).then(|| {
        view! {
            <label class="hc-tick">
                <input type="checkbox" form=FORM name=format!("{TICK}{}", visit.id) value=visit.version />
                "Select"
                <span class="hc-vh">{format!(", {name}")}</span>
            </label>
        }
        .into_any()
    })
}

/// The button that completes what is ticked.
pub fn form(back: &str) -> AnyView {
    let body = view! {
        {hidden("return", back)}
        <button class="govuk-button">"Complete selected visits"</button>
    };
    view! { <div class="hc-check-out hc-noprint">{named_post_form(Some(FORM), PATH, body)}</div> }.into_any()
}

/// What became of the visits that were ticked.
pub struct Outcome {
    /// The clinic.
    pub clinic: Clinic,
    /// The visits as they stand now.
    pub visits: Vec<Versioned<Appointment>>,
    /// Those of them that were completed; the others were changed meanwhile.
    pub completed: BTreeSet<AppointmentId>,
    /// Where the list is.
    pub back: String,
}

/// The page.
pub fn page(outcome: &Outcome) -> AnyView {
    let is_done = |visit: &&Versioned<Appointment>| outcome.completed.contains(&visit.id);
    let done = outcome.visits.iter().filter(is_done).count();
    let left = outcome.visits.len() - done;
    let count = |count: usize| format!("{count} {}", if count == 1 { "visit" } else { "visits" });
    let left_words = (left > 0).then(|| {
        let (verb, them) = if left == 1 { ("was", "it") } else { ("were", "them") };
        format!(
            "{} {verb} changed by someone else meanwhile and not completed. Look at {them} again.",
            count(left)
        )
    });
    let zone = &outcome.clinic.zone;
    let rows: Vec<_> = outcome
        .visits
        .iter()
        .map(|visit| {
            let became = if outcome.completed.contains(&visit.id) {
                tag("hc-ok", "Completed")
            } else {
                tag("hc-warn", "Not completed")
            };
            view! {
                <tr>
                    <td data-label="Visit">
                        <a class="govuk-link" href=path(visit)>
                            {visit.patient.name.clone()}
                        </a>
                        <br />
                        <span class="hc-sub hc-num">
                            {format!("{}, {}", visit.reference(), clock(zone, visit.time.start()))}
                        </span>
                    </td>
                    <td data-label="Doctor">{visit.doctor.name.clone()}</td>
                    <td data-label="Outcome">{became}</td>
                    <td data-label="Status now">{state_tag(visit)}</td>
                </tr>
            }
        })
        .collect();
    view! {
        {back_link(outcome.back.clone(), "Back to the list")}
        <h1 class="govuk-heading-l">{format!("{} completed", count(done))}</h1>
        {left_words.map(|words| view! { <p class="govuk-body">{words}</p> })}
        <div class="hc-panel">
            <table class="hc-tbl">
                <caption class="hc-vh">"What became of each visit"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Visit"</th>
                        <th scope="col">"Doctor"</th>
                        <th scope="col">"Outcome"</th>
                        <th scope="col">"Status now"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
