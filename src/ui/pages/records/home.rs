//! Where clinicians begin: find a patient, today's patients, own notes that are not signed.

use super::nothing;
use crate::ui::components::{clock, empty, short_moment, status_tag};
use crate::ui::pages::patients::{picks, search_form};
use domain::catalogue::VisitType;
use domain::{Appointment, ClinicZone, Record};
use leptos::prelude::*;
use service::Versioned;
use service::patients::PatientSummary;

/// What this page shows.
pub struct HomePage {
    /// What was looked for; empty when nothing was.
    pub query: String,
    /// Who was found, when something was looked for.
    pub found: Option<Vec<PatientSummary>>,
    /// Today's visits in order of time.
    pub today: Vec<Versioned<Appointment>>,
    /// The reader's own notes that are not signed, oldest first.
    pub unsigned: Vec<Versioned<Record>>,
    /// Whether the reader may write notes.
    pub may_write: bool,
    /// Whether today's list is the whole clinic's.
    pub whole_clinic: bool,
    /// The clinic's zone.
    pub zone: ClinicZone,
    /// What the clinic offers.
    pub visit_types: Vec<VisitType>,
}

/// The page.
pub fn home(page: &HomePage) -> AnyView {
    view! {
        <div class="hc-head">
            <h1 class="govuk-heading-l">"Medical records"</h1>
        </div>
        {search_form("/medical-records", "/medical-records/".to_owned(), &page.query, &[])}
        {found(page)}
        <div class="hc-grid">
            <div class="hc-stack">{today(page)}</div>
            <div class="hc-stack">{unsigned(page)} {old_entries()}</div>
        </div>
    }
    .into_any()
}

fn found(page: &HomePage) -> Option<AnyView> {
    page.found.as_ref().map(|found| picks(&page.query, found, "/medical-records/"))
}

fn today(page: &HomePage) -> AnyView {
    let title = if page.whole_clinic { "Today’s patients" } else { "My patients today" };
    let body = if page.today.is_empty() {
        empty("No appointments today.", Some(("/appointments".to_owned(), "See the calendar".to_owned())))
    } else {
        let rows = page.today.iter().map(|visit| visit_row(page, visit)).collect_view();
        view! {
            <table class="hc-tbl hc-tbl--lead">
                <caption class="hc-vh">{title}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Time"</th>
                        <th scope="col">"Patient"</th>
                        <th scope="col">"Visit"</th>
                        <th scope="col">"Status"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="hc-panel">
            <div class="hc-panel__head">
                <h2>{title}</h2>
            </div>
            {body}
        </section>
    }
    .into_any()
}

fn visit_row(page: &HomePage, visit: &Appointment) -> AnyView {
    let name = visit.patient.name.clone();
    let patient = match visit.patient.id {
        Some(id) => view! {
            <a class="govuk-link" href=format!("/medical-records/{id}?appointment={}", visit.id)>
                {name}
            </a>
        }
        .into_any(),
        None => view! {
            {name}
            <br />
            <span class="hc-sub">"not linked to a patient"</span>
        }
        .into_any(),
    };
    let known = page.visit_types.iter().find(|known| known.code == visit.visit_type);
    let what = known.map_or_else(|| "Appointment".to_owned(), |known| known.name.clone());
    let with = page.whole_clinic.then(|| view! { <div class="hc-sub">{visit.doctor.name.clone()}</div> });
    view! {
        <tr>
            <td data-label="Time">
                <span class="hc-num">{clock(&page.zone, visit.time.start())}</span>
            </td>
            <td data-label="Patient">{patient}</td>
            <td data-label="Visit">{what} {with}</td>
            <td data-label="Status">{status_tag(visit.status)}</td>
        </tr>
    }
    .into_any()
}

fn unsigned(page: &HomePage) -> Option<AnyView> {
    if !page.may_write {
        return None;
    }
    let items: Vec<AnyView> = page
        .unsigned
        .iter()
        .map(|entry| {
            view! {
                <li>
                    <a class="govuk-link" href=format!("/medical-records/notes/{}", entry.id)>
                        <b>{entry.patient.name.clone()}</b>
                    </a>
                    <div class="hc-sub">"Begun "{short_moment(&page.zone, entry.created_at)}</div>
                </li>
            }
            .into_any()
        })
        .collect();
    let body = if items.is_empty() {
        nothing("All your notes are signed.")
    } else {
        view! { <ul class="hc-med">{items}</ul> }.into_any()
    };
    Some(
        view! {
            <section class="hc-panel hc-pad">
                <h2>"Notes to sign"</h2>
                {body}
            </section>
        }
        .into_any(),
    )
}

fn old_entries() -> AnyView {
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Entries without a patient"</h2>
            <p>"Entries of the old system whose name matches no patient wait to be linked."</p>
            <p>
                <a class="govuk-link" href="/medical-records/unlinked">
                    "See entries to link"
                </a>
            </p>
        </section>
    }
    .into_any()
}
