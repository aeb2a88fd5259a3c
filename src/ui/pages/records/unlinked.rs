//! Entries of the old system that belong to no known patient, and linking them.

use crate::ui::components::{day, empty, more};
use crate::ui::form;
use domain::time::short_date;
use domain::{ClinicZone, Record};
use leptos::prelude::*;
use service::Versioned;
use service::patients::PatientSummary;

/// What the list shows.
pub struct UnlinkedPage {
    /// Entries, newest first.
    pub entries: Vec<Versioned<Record>>,
    /// Where the list goes on.
    pub next: Option<String>,
    /// The clinic's zone.
    pub zone: ClinicZone,
}

/// What the page to link one entry shows.
pub struct LinkPage {
    /// The entry's name as written.
    pub name: String,
    /// What the entry says: label and words.
    pub facts: Vec<(&'static str, String)>,
    /// The entry's version.
    pub version: u64,
    /// Where this page is.
    pub action: String,
    /// Where the list of such entries is.
    pub back: &'static str,
    /// What was looked for.
    pub query: String,
    /// Who may be meant.
    pub found: Vec<PatientSummary>,
}

/// The list of entries without a patient.
pub fn unlinked(page: &UnlinkedPage) -> AnyView {
    let body = if page.entries.is_empty() {
        let back = Some(("/medical-records".to_owned(), "Back to medical records".to_owned()));
        view! { <div class="hc-panel">{empty("Every entry belongs to a patient.", back)}</div> }.into_any()
    } else {
        let rows = page.entries.iter().map(|entry| row(page, entry)).collect_view();
        view! {
            <div class="hc-panel">
                <table class="hc-tbl">
                    <caption class="hc-vh">"Entries without a patient"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Name as written"</th>
                            <th scope="col">"Condition"</th>
                            <th scope="col">"Treatment"</th>
                            <th scope="col">"Written"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {more("/medical-records/unlinked", page.next.as_deref(), "More entries")}
        }
        .into_any()
    };
    view! {
        <a class="govuk-back-link" href="/medical-records">
            "Back to medical records"
        </a>
        <h1 class="govuk-heading-l">"Entries without a patient"</h1>
        {body}
    }
    .into_any()
}

fn row(page: &UnlinkedPage, entry: &Versioned<Record>) -> AnyView {
    view! {
        <tr>
            <td data-label="Name as written">
                <a class="govuk-link" href=format!("/medical-records/unlinked/{}", entry.id)>
                    {entry.patient.name.clone()}
                </a>
            </td>
            <td data-label="Condition">{entry.condition()}</td>
            <td data-label="Treatment">{entry.treatment()}</td>
            <td data-label="Written">
                <span class="hc-num">{day(&page.zone, entry.created_at)}</span>
            </td>
        </tr>
    }
    .into_any()
}

/// The page to say who is meant.
pub fn link(page: &LinkPage) -> AnyView {
    let facts = page
        .facts
        .iter()
        .map(|(label, words)| {
            view! {
                <div class="govuk-summary-list__row">
                    <dt class="govuk-summary-list__key">{*label}</dt>
                    <dd class="govuk-summary-list__value">{words.clone()}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <a class="govuk-back-link" href=page.back>
            "Back"
        </a>
        <h1 class="govuk-heading-l">"Who is “"{page.name.clone()}"”?"</h1>
        <section class="hc-panel hc-pad">
            <dl class="govuk-summary-list">{facts}</dl>
        </section>
        <h2 class="govuk-heading-m">"Find the patient"</h2>
        <form class="hc-search" role="search" method="get">
            <label class="govuk-label hc-w hc-mb0" for="q">
                "Find a patient by name, birth date, MRN or phone"
            </label>
            <input class="govuk-input" id="q" type="search" name="q" value=page.query.clone() />
            <button class="govuk-button govuk-button--secondary">"Search"</button>
        </form>
        {candidates(page)}
    }
    .into_any()
}

fn candidates(page: &LinkPage) -> AnyView {
    if page.found.is_empty() {
        return view! { <div class="hc-panel">{empty(format!("Nobody matches “{}”.", page.query), None)}</div> }.into_any();
    }
    let rows = page.found.iter().map(|patient| candidate(page, patient)).collect_view();
    view! {
        <p class="govuk-body">"Compare the birth date before you link: a link cannot be taken back."</p>
        <div class="hc-panel">
            <table class="hc-tbl">
                <caption class="hc-vh">"Patients who may be meant"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Patient"</th>
                        <th scope="col">"Born"</th>
                        <th scope="col">"MRN"</th>
                        <th scope="col">
                            <span class="hc-vh">"Action"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn candidate(page: &LinkPage, patient: &PatientSummary) -> AnyView {
    let born = patient.birth_date.map_or_else(|| "Not recorded".to_owned(), short_date);
    let name = patient.name.formal();
    view! {
        <tr>
            <td data-label="Patient">
                <b>{name.clone()}</b>
            </td>
            <td data-label="Born">
                <span class="hc-num">{born}</span>
            </td>
            <td data-label="MRN">
                <span class="hc-num">{patient.mrn.to_string()}</span>
            </td>
            <td class="hc-tbl__act">
                {form::post_form(page.action.clone(), view! {
                    {form::hidden("version", page.version)}
                    {form::hidden("patientId", patient.id)}
                    <button class="govuk-button hc-btn-s">
                        "Link"<span class="hc-vh">" to "{name}</span>
                    </button>
                })}
            </td>
        </tr>
    }
    .into_any()
}
