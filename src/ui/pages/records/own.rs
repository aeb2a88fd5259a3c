//! The patient's own record, in plain words.

use super::{ChartPage, allergy_strip, medicines, notes, timeline, vitals};
use crate::ui::components::{empty, patient_banner};
use leptos::prelude::*;

/// Notes on the patient's page.
const NOTES: usize = 5;

/// The record as the patient reads it, or who acts for them.
pub fn own_record(page: &ChartPage, title: &'static str) -> AnyView {
    if page.tab == super::Tab::Notes {
        return frame(page, title, notes::list(page), Some(("/medical-records", "Back to the record")));
    }
    let body = view! {
        {allergy_strip(page)}
        <div class="hc-grid">
            <div class="hc-stack">
                {vitals::latest(page, true)} {vitals::blood_pressure(page)} {signed_notes(page)}
            </div>
            <div class="hc-stack">
                {medicines::medicines(page)} {medicines::problems(page)} {medicines::allergies(page)}
                {timeline::timeline(page)}
            </div>
        </div>
    }
    .into_any();
    frame(page, title, body, None)
}

fn frame(
    page: &ChartPage,
    title: &'static str,
    body: AnyView,
    back: Option<(&'static str, &'static str)>,
) -> AnyView {
    let back = back.map(|(path, words)| {
        view! {
            <a class="govuk-back-link" href=path>
                {words}
            </a>
        }
    });
    view! {
        {back}
        <div class="hc-head">
            <h1 class="govuk-heading-l">{title}</h1>
        </div>
        {patient_banner(&page.chart.patient, page.today, false)}
        {body}
        <p class="hc-sub">
            "You see what the clinic wrote down and signed. If something is wrong, tell the reception: a correction is added, nothing is taken away."
        </p>
    }
    .into_any()
}

fn signed_notes(page: &ChartPage) -> AnyView {
    let total = page.notes().count();
    if total == 0 {
        return super::panel(
            "notes",
            "Notes of visits",
            None,
            super::nothing("None yet. Notes appear here once the doctor signs them."),
        );
    }
    let articles =
        page.notes().take(NOTES).map(|(entry, note)| notes::article(page, entry, note)).collect_view();
    let all = (total > NOTES).then(|| {
        view! {
            <p class="hc-noprint">
                <a class="govuk-link" href="/medical-records?tab=notes">
                    "All "{total}" notes"
                </a>
            </p>
        }
    });
    view! {
        <h2 class="govuk-heading-m hc-mb0" id="notes">
            "Notes of visits"
        </h2>
        {articles}
        {all}
    }
    .into_any()
}

/// For an account that no patient belongs to yet.
pub fn no_record() -> AnyView {
    view! {
        <h1 class="govuk-heading-l">"My record"</h1>
        <div class="hc-panel">
            {empty(
                "Your account is not linked to a patient yet. Ask the reception to link it, then your record appears here.",
                Some(("/appointments".to_owned(), "See my appointments".to_owned())),
            )}
        </div>
    }
    .into_any()
}
