//! Inviting a patient to make an account: how staff know who it is, and the invitation to be printed.

use crate::ui::form::{FormState, error_summary, post_form, radios};
use domain::Patient;
use domain::access::IdentityProof;
use domain::time::{long_date, short_date};
use jiff::civil::Date;
use leptos::prelude::*;

/// An invitation that was just made.
pub struct InvitationPage {
    /// Who is invited.
    pub patient: Patient,
    /// The link, shown this once.
    pub link: String,
    /// The last day on which it is good.
    pub until: Date,
    /// Whether it was sent to the patient's address too.
    pub is_mailed: bool,
    /// The clinic's name.
    pub clinic: String,
}

/// Asks how the patient's identity was proved.
pub fn invite(patient: &Patient, form: &FormState, sends_mail: bool) -> AnyView {
    let proofs = IdentityProof::OF_PATIENT
        .map(|proof| (proof.name().to_owned(), proof.title().to_owned(), hint(proof).to_owned()))
        .to_vec();
    let back = format!("/patients/{}", patient.id);
    let born = patient.birth_date.map(|date| format!(", born {}", short_date(date))).unwrap_or_default();
    let mailed = patient.email.as_ref().filter(|_| sends_mail).map_or_else(
        || "You print the invitation and hand it over.".to_owned(),
        |address| format!("You print the invitation and hand it over; it is also sent to {address}."),
    );
    view! {
        {error_summary(form)}
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">{format!("Invite {} to make an account", patient.name.full())}</h1>
            <p class="govuk-body">
                {format!("{}{born}, MRN {}.", patient.name.formal(), patient.mrn)} " With the account the patient reads this record. "
                {mailed}
            </p>
            <div class="hc-panel hc-pad">
                {post_form(format!("{back}/invitation"), view! {
                    {radios(form, "proof", "How do you know that it is this patient?", false, proofs)}
                    <div class="govuk-button-group hc-mb0">
                        <button class="govuk-button">"Make the invitation"</button>
                        <a class="govuk-link" href=back>
                            "Cancel"
                        </a>
                    </div>
                })}
            </div>
        </div>
    }
    .into_any()
}

const fn hint(proof: IdentityProof) -> &'static str {
    match proof {
        IdentityProof::KnownToClinic => "You know the person well, by face",
        _ => "",
    }
}

/// The invitation, made to be printed.
pub fn invited(page: &InvitationPage) -> AnyView {
    let sent = page.patient.email.as_ref().filter(|_| page.is_mailed).map(|address| {
        view! { <p class="govuk-body hc-noprint">{format!("It is also on its way to {address}.")}</p> }
    });
    view! {
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">{format!("Invitation for {}", page.patient.name.full())}</h1>
            {sent}
            <p class="govuk-body">
                {format!(
                    "{} invites you to make an account, with which you book appointments, read your own record and pay bills online.",
                    page.clinic,
                )}
            </p>
            <h2 class="govuk-heading-m" id="link">
                "Open this address in your browser"
            </h2>
            <p class="hc-code" role="group" aria-labelledby="link">
                <code translate="no">{page.link.clone()}</code>
            </p>
            <p class="govuk-body">
                {format!("It works once, until {}, and is for you alone: do not pass it on.", long_date(page.until))}
            </p>
            <p class="govuk-body hc-noprint">
                "The address is shown only now. Use your browser’s print and hand the page to the patient; an earlier invitation works no longer."
            </p>
            <p class="govuk-body hc-noprint">
                <a class="govuk-link" href=format!("/patients/{}", page.patient.id)>
                    "Back to the patient"
                </a>
            </p>
        </div>
    }
    .into_any()
}
