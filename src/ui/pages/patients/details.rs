//! One patient's demographics, with the ways to book, to the record and to the bills.

use crate::ui::components::{moment, patient_banner, status_tag};
use crate::ui::pages::care_team;
use domain::time::{long_date, short_date};
use domain::{Appointment, ClinicZone, Patient};
use jiff::civil::Date;
use leptos::prelude::*;
use service::Versioned;
use service::access::CareTeam;

/// The button that is most likely wanted.
const FIRST_BUTTON: &str = "govuk-button";
/// Those beside it.
const OTHER_BUTTON: &str = "govuk-button govuk-button--secondary";

/// What the page of one patient shows.
pub struct SummaryPage {
    /// Who.
    pub patient: Patient,
    /// Appointments from today on, when the reader may see them.
    pub planned: Option<Vec<Versioned<Appointment>>>,
    /// The care team, when the reader may see it.
    pub care_team: Option<CareTeam>,
    /// Whether the reader is the patient.
    pub own: bool,
    /// Whether phone, e-mail address and sex are kept back.
    pub limited: bool,
    /// Where a booking begins, when the reader may book.
    pub book: Option<String>,
    /// The record, when the reader may open it.
    pub record: Option<String>,
    /// The bills, when the reader may see them.
    pub bills: Option<String>,
    /// Whether the reader may change the details.
    pub may_edit: bool,
    /// Whether the reader may see who acts for the patient.
    pub may_see_proxies: bool,
    /// Whether the reader may invite the patient, who has no account, to make one.
    pub may_invite: bool,
    /// The clinic's zone.
    pub zone: ClinicZone,
    /// The clinic's date.
    pub today: Date,
}

/// The page of one patient.
pub fn summary(page: &SummaryPage) -> AnyView {
    let banner = if page.limited {
        short_banner(&page.patient, true)
    } else {
        patient_banner(&page.patient, page.today, true)
    };
    let team =
        page.care_team.as_ref().map(|team| care_team::panel(team, page.patient.id, &page.zone, page.own));
    view! {
        {banner}
        {actions(page)}
        <div class="hc-grid">
            <div class="hc-stack">{planned(page)} {team}</div>
            <div class="hc-stack">{details(page)}</div>
        </div>
    }
    .into_any()
}

/// The banner for those who see no phone number and no sex.
pub(super) fn short_banner(patient: &Patient, is_heading: bool) -> AnyView {
    let name = patient.name.formal();
    let name = if is_heading {
        view! { <h1 class="hc-pt__name">{name}</h1> }.into_any()
    } else {
        view! { <p class="hc-pt__name">{name}</p> }.into_any()
    };
    let born = patient.birth_date.map_or_else(|| "Not recorded".to_owned(), short_date);
    view! {
        <section class="hc-panel hc-pt" aria-label="Patient">
            {name}
            <dl>
                <div>
                    <dt>"Born"</dt>
                    <dd>{born}</dd>
                </div>
                <div>
                    <dt>"MRN"</dt>
                    <dd>{patient.mrn.to_string()}</dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}

fn actions(page: &SummaryPage) -> AnyView {
    let button = |path: &String, words: &'static str, class: &'static str| {
        view! {
            <a class=class role="button" draggable="false" href=path.clone()>
                {words}
            </a>
        }
        .into_any()
    };
    let mut class = FIRST_BUTTON;
    let mut buttons = Vec::new();
    let offers =
        [(&page.book, "Book appointment"), (&page.record, "Open record"), (&page.bills, "See bills")];
    for (path, words) in offers {
        if let Some(path) = path {
            buttons.push(button(path, words, class));
            class = OTHER_BUTTON;
        }
    }
    if page.may_edit {
        let path = format!("/patients/{}/edit", page.patient.id);
        buttons.push(button(&path, "Change details", OTHER_BUTTON));
    }
    if page.may_see_proxies {
        let path = format!("/patients/{}/proxies", page.patient.id);
        buttons.push(button(&path, "Who acts for them", OTHER_BUTTON));
    }
    if page.may_invite {
        let path = format!("/patients/{}/invitation", page.patient.id);
        buttons.push(button(&path, "Invite to make an account", OTHER_BUTTON));
    }
    view! { <div class="govuk-button-group hc-noprint">{buttons}</div> }.into_any()
}

fn details(page: &SummaryPage) -> AnyView {
    let patient = &page.patient;
    let text = |value: &str| if value.is_empty() { "Not recorded".to_owned() } else { value.to_owned() };
    let mut rows = Vec::new();
    rows.push(("Name", patient.name.full()));
    rows.push(("Date of birth", patient.birth_date.map_or_else(|| text(""), long_date)));
    if !page.limited {
        rows.push(("Phone", text(patient.phone.as_ref().map_or("", |phone| phone.as_str()))));
        rows.push(("Email", text(patient.email.as_ref().map_or("", |email| email.as_str()))));
    }
    rows.push(("Address", text(&patient.address)));
    rows.push(("Insurance", text(&patient.insurance)));
    if !page.limited {
        let account = if patient.user.is_some() { "Signs in to see their own data" } else { "None" };
        rows.push(("Account", account.to_owned()));
    }
    rows.push(("Registered", page.zone.date(patient.created_at).strftime("%-d %b %Y").to_string()));
    let rows = rows
        .into_iter()
        .map(|(label, value)| {
            view! {
                <div class="govuk-summary-list__row">
                    <dt class="govuk-summary-list__key">{label}</dt>
                    <dd class="govuk-summary-list__value hc-pre">{value}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Details"</h2>
            <dl class="govuk-summary-list">{rows}</dl>
        </section>
    }
    .into_any()
}

fn planned(page: &SummaryPage) -> Option<AnyView> {
    let visits = page.planned.as_ref()?;
    let body = if visits.is_empty() {
        super::edit::nothing_planned()
    } else {
        let rows = visits.iter().map(|visit| visit_row(page, visit)).collect_view();
        view! {
            <table class="hc-tbl">
                <caption class="hc-vh">"Planned appointments"</caption>
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"With"</th>
                        <th scope="col">"Status"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    Some(
        view! {
            <section class="hc-panel">
                <div class="hc-panel__head">
                    <h2>"Planned appointments"</h2>
                </div>
                {body}
            </section>
        }
        .into_any(),
    )
}

fn visit_row(page: &SummaryPage, visit: &Versioned<Appointment>) -> AnyView {
    view! {
        <tr>
            <td data-label="When">
                <a class="govuk-link" href=format!("/appointments/{}", visit.id)>
                    {moment(&page.zone, visit.time.start())}
                </a>
            </td>
            <td data-label="With">{visit.doctor.name.clone()}</td>
            <td data-label="Status">{status_tag(visit.status)}</td>
        </tr>
    }
    .into_any()
}
