//! Views of a patient's care team.

use crate::ui::components::{day, empty, patient_banner};
use crate::ui::form::{FormState, Input, date, error_summary, input, post_form, select};
use crate::ui::pages::admin::role_tag;
use domain::{AssignmentWindow, ClinicZone, Patient, PatientId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;
use service::access::{CareTeam, Clinician, Member};

/// What the page of a care team shows.
pub struct CareTeamPage {
    /// The patient.
    pub patient: Patient,
    /// The team.
    pub team: CareTeam,
    /// Whether the reader is the patient.
    pub own: bool,
    /// What was typed.
    pub form: FormState,
    /// Whether who was chosen is in the team already.
    pub is_double: bool,
    /// How long appointments and entries assign a patient.
    pub window: AssignmentWindow,
    /// The clinic's zone.
    pub zone: ClinicZone,
    /// The clinic's date.
    pub today: Date,
}

/// `1 day`, `7 days`.
fn days(count: u16) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

/// To whom a patient's record opens, as a sentence.
pub fn who_treats(window: AssignmentWindow) -> String {
    format!("A record opens to those who treat the patient: {}", times(window))
}

/// The same for the patient.
fn who_treats_you(window: AssignmentWindow) -> String {
    format!("Your record opens to those who treat you: {}", times(window))
}

fn times(window: AssignmentWindow) -> String {
    format!(
        "from {} before an appointment to {} after it, for {} after they wrote \
         in the record, and while they are in the care team.",
        days(window.days_ahead),
        days(window.days_back),
        days(window.days_back),
    )
}

/// The page of a care team.
pub fn care_team(page: &CareTeamPage) -> AnyView {
    let (back, words) = if page.own {
        ("/profile/record-access".to_owned(), "Who looked at my record")
    } else {
        (format!("/patients/{}", page.patient.id), "Back to the patient")
    };
    let may_change = page.team.clinicians.is_some();
    view! {
        {error_summary(&page.form)}
        {patient_banner(&page.patient, page.today, false)}
        <h1 class="govuk-heading-l">"Care team"</h1>
        <p class="govuk-body">
            {if page.own { who_treats_you(page.window) } else { who_treats(page.window) }}
        </p>
        <div class="hc-grid">
            <div class="hc-stack">
                <section class="hc-panel" aria-label="Care team">
                    {table(&page.team.members, &page.zone, may_change)}
                </section>
            </div>
            <div class="hc-stack">
                {page.team.clinicians.as_deref().map(|clinicians| add(page, clinicians))}
            </div>
        </div>
        {(!may_change && !page.own).then(closed)}
        <p>
            <a class="govuk-link" href=back>
                {words}
            </a>
        </p>
    }
    .into_any()
}

fn closed() -> AnyView {
    view! { <p class="hc-sub">"Those who treat the patient, and the front desk, can change the team."</p> }
        .into_any()
}

/// The team on a page that is about more.
pub fn panel(team: &CareTeam, patient: PatientId, zone: &ClinicZone, own: bool) -> AnyView {
    let change = team.clinicians.is_some().then(|| {
        view! {
            <a class="govuk-link" href=format!("/patients/{patient}/care-team")>
                "Change care team"
            </a>
        }
    });
    view! {
        <section class="hc-panel">
            <div class="hc-panel__head">
                <h2>{if own { "Your care team" } else { "Care team" }}</h2>
                {change}
            </div>
            {(own && !team.members.is_empty()).then(why)}
            {table(&team.members, zone, false)}
        </section>
    }
    .into_any()
}

fn why() -> AnyView {
    view! { <p class="hc-panel__why hc-sub">"The record is open to them until the last day, also without an appointment."</p> }
        .into_any()
}

/// The last day before an instant.
fn last_day(zone: &ClinicZone, end: Timestamp) -> String {
    day(zone, end.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(end))
}

fn table(members: &[Member], zone: &ClinicZone, with_end: bool) -> AnyView {
    if members.is_empty() {
        return empty("Nobody was added to the care team.", None);
    }
    let rows = members.iter().map(|member| row(member, zone, with_end)).collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"Doctors and nurses in the care team"</caption>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Role"</th>
                    <th scope="col">"What for"</th>
                    <th scope="col">"Until"</th>
                    {with_end
                        .then(|| {
                            view! {
                                <th scope="col">
                                    <span class="hc-vh">"Action"</span>
                                </th>
                            }
                        })}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(member: &Member, zone: &ClinicZone, with_end: bool) -> AnyView {
    let spoken = format!(" {}’s place in the care team", member.name);
    let end = with_end.then(|| {
        view! {
            <td class="hc-tbl__act">
                {post_form(format!("/care-team/{}/end", member.id), view! {
                    <button class="govuk-button govuk-button--secondary hc-btn-s">
                        "End" <span class="hc-vh">{spoken}</span>
                    </button>
                })}
            </td>
        }
    });
    view! {
        <tr>
            <td data-label="Name">{member.name.clone()}</td>
            <td data-label="Role">{role_tag(member.role)}</td>
            <td data-label="What for">{member.reason.clone()}</td>
            <td data-label="Until" class="hc-num">{last_day(zone, member.until)}</td>
            {end}
        </tr>
    }
    .into_any()
}

fn add(page: &CareTeamPage, clinicians: &[Clinician]) -> AnyView {
    let form = &page.form;
    let choices = std::iter::once((String::new(), "Choose".to_owned()))
        .chain(
            clinicians
                .iter()
                .map(|it| (it.id.to_string(), format!("{}, {}", it.name, it.role.title().to_lowercase()))),
        )
        .collect();
    let double = page.is_double.then(|| {
        view! {
            <p class="govuk-error-message" role="alert">
                "They are in the care team already"
            </p>
        }
    });
    let reason = Input::text("reason", "What they do for the patient")
        .hint("For example: diabetes clinic. The patient can read this")
        .autocomplete("off");
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Add a doctor or nurse"</h2>
            <p class="hc-sub">"The record opens to them until the last day. It is written down, and the patient sees it."</p>
            {double}
            {post_form(format!("/patients/{}/care-team", page.patient.id), view! {
                {select(form, "userId", "Doctor or nurse", "", choices)}
                {input(form, reason)}
                {date(form, "until", "Last day", "A year from today at most", false)}
                <button class="govuk-button hc-mb0">"Add to care team"</button>
            })}
        </section>
    }
    .into_any()
}
