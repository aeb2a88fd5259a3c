//! Views of who acts for whom.

use crate::ui::components::{day, empty, patient_banner};
use crate::ui::form::{FormState, Input, date, error_summary, hidden, input, post_form, radios, select};
use domain::access::IdentityProof;
use domain::{ClinicZone, Patient, PatientId};
use jiff::civil::Date;
use leptos::prelude::*;
use service::access::{Proxy, RELATIONSHIPS};

/// What the page of a patient's proxies shows.
pub struct ProxiesPage {
    /// The patient.
    pub patient: Patient,
    /// Who acts for them now.
    pub proxies: Vec<Proxy>,
    /// What was typed.
    pub form: FormState,
    /// Whether the account acts for this patient already.
    pub is_double: bool,
    /// Whether the reader may let somebody act.
    pub may_grant: bool,
    /// The clinic's zone.
    pub zone: ClinicZone,
    /// The clinic's date.
    pub today: Date,
}

/// What the page of one's own people shows.
pub struct PeoplePage {
    /// Whom the reader may act for.
    pub wards: Vec<Proxy>,
    /// Who acts for the reader, or for whom the reader acts now.
    pub helpers: Vec<Proxy>,
    /// For whom the session acts now.
    pub acting_for: Option<PatientId>,
    /// The clinic's zone.
    pub zone: ClinicZone,
}

/// The page of a patient's proxies.
pub fn proxies(page: &ProxiesPage) -> AnyView {
    view! {
        {error_summary(&page.form)}
        {patient_banner(&page.patient, page.today, false)}
        <h1 class="govuk-heading-l">"Who acts for this patient"</h1>
        <div class="hc-grid">
            <div class="hc-stack">
                <section class="hc-panel" aria-label="People who act for this patient">
                    {table(&page.proxies, &page.zone, "Nobody acts for this patient.")}
                </section>
            </div>
            <div class="hc-stack">{page.may_grant.then(|| grant(page))}</div>
        </div>
        <p>
            <a class="govuk-link" href=format!("/patients/{}", page.patient.id)>
                "Back to the patient"
            </a>
        </p>
    }
    .into_any()
}

fn table(proxies: &[Proxy], zone: &ClinicZone, nobody: &'static str) -> AnyView {
    if proxies.is_empty() {
        return empty(nobody, None);
    }
    let rows = proxies
        .iter()
        .map(|proxy| {
            let until = proxy
                .until
                .map_or_else(|| "Until ended".to_owned(), |until| format!("To {}", day(zone, until)));
            let spoken = format!(" for {}", proxy.user_name);
            view! {
                <tr>
                    <td data-label="Name">{proxy.user_name.clone()}</td>
                    <td data-label="Is">{proxy.relationship.clone()}</td>
                    <td data-label="Since">{day(zone, proxy.since)}</td>
                    <td data-label="How long">{until}</td>
                    <td class="hc-tbl__act">
                        {post_form(format!("/proxies/{}/end", proxy.id), view! {
                            <button class="govuk-button govuk-button--secondary hc-btn-s">
                                "End" <span class="hc-vh">{spoken}</span>
                            </button>
                        })}
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"People who act for the patient"</caption>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Is"</th>
                    <th scope="col">"Since"</th>
                    <th scope="col">"How long"</th>
                    <th scope="col">
                        <span class="hc-vh">"Action"</span>
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn grant(page: &ProxiesPage) -> AnyView {
    let form = &page.form;
    let relationships = std::iter::once((String::new(), "Choose".to_owned()))
        .chain(RELATIONSHIPS.map(|name| (name.to_owned(), name.to_owned())))
        .collect();
    let proofs = IdentityProof::OF_PROXY
        .map(|proof| (proof.name().to_owned(), proof.title().to_owned(), String::new()))
        .into();
    let double = page.is_double.then(|| {
        view! {
            <p class="govuk-error-message" role="alert">
                "This account acts for the patient already"
            </p>
        }
    });
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Let somebody act for the patient"</h2>
            <p class="hc-sub">"They can book, read what is signed and pay, as the patient can. Check who they are and that they may."</p>
            {double}
            {post_form(format!("/patients/{}/proxies", page.patient.id), view! {
                {input(form, Input::text("login", "Their email address or username").hint("They need a patient’s account of their own").autocomplete("off"))}
                {select(form, "relationship", "They are the patient’s", "", relationships)}
                {radios(form, "proof", "How they proved it", false, proofs)}
                {date(form, "until", "Last day (optional)", "For example, the day before an 18th birthday", false)}
                <button class="govuk-button hc-mb0">"Let them act"</button>
            })}
        </section>
    }
    .into_any()
}

/// The page of one's own people.
pub fn people(page: &PeoplePage) -> AnyView {
    let cards = page.wards.iter().map(|ward| card(page, ward)).collect_view();
    let wards = if page.wards.is_empty() {
        empty(
            "You act for nobody. The front desk can let you act for a child or for someone in your care.",
            None,
        )
    } else {
        view! { <ul class="hc-people">{cards}</ul> }.into_any()
    };
    view! {
        <h1 class="govuk-heading-l">"People you act for"</h1>
        <div class="hc-panel hc-pad">{wards}</div>
        <h2 class="govuk-heading-m hc-mt">
            {if page.acting_for.is_some() { "Who acts for this patient" } else { "Who acts for you" }}
        </h2>
        <div class="hc-panel">{table(&page.helpers, &page.zone, "Nobody.")}</div>
        <p class="hc-mt">
            <a class="govuk-link" href="/profile">
                "Back to your account"
            </a>
        </p>
    }
    .into_any()
}

fn card(page: &PeoplePage, ward: &Proxy) -> AnyView {
    let current = page.acting_for == Some(ward.patient);
    let action = if current {
        view! { <strong class="hc-tag hc-ok">"You act for them now"</strong> }.into_any()
    } else {
        let words = format!("Act for {}", ward.patient_name);
        post_form(
            "/profile/act-for",
            view! { {hidden("patient", ward.patient)} <button class="govuk-button hc-btn-s">{words}</button> },
        )
    };
    let spoken = format!(" to act for {}", ward.patient_name);
    view! {
        <li>
            <p>
                <strong>{ward.patient_name.clone()}</strong>
                <span class="hc-sub">" You are: " {ward.relationship.to_lowercase()}</span>
            </p>
            {action}
            {post_form(format!("/proxies/{}/end", ward.id), view! {
                <button class="hc-linkbtn">"Give up" <span class="hc-vh">{spoken}</span></button>
            })}
        </li>
    }
    .into_any()
}
