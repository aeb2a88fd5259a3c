//! Views of the auditor's queue of emergency accesses.

use super::{Tab, tabs};
use crate::ui::components::{empty, more, short_moment, tag};
use crate::ui::form::{FormState, error_summary, post_form, radios, text_area};
use crate::ui::pages::home::head;
use domain::ClinicZone;
use leptos::prelude::*;
use service::Page;
use service::access::EmergencyAccess;

fn verdict(access: &EmergencyAccess) -> AnyView {
    match &access.review {
        None => tag("hc-warn", "To review"),
        Some(review) if review.justified => tag("hc-ok", "Justified"),
        Some(_) => tag("hc-bad", "Not justified"),
    }
}

/// The list.
pub fn list(page: &Page<EmergencyAccess>, awaiting: bool, clinic: &str, zone: &ClinicZone) -> AnyView {
    let (path, other, words) = if awaiting {
        ("/admin/emergency-access", "/admin/emergency-access?show=all", "Show reviewed ones too")
    } else {
        ("/admin/emergency-access?show=all", "/admin/emergency-access", "Show only those to review")
    };
    let content = if page.items.is_empty() {
        let why = if awaiting { "Nothing to review." } else { "No record was opened in an emergency." };
        empty(why, Some((other.to_owned(), words.to_owned())))
    } else {
        table(&page.items, zone)
    };
    view! {
        {head(clinic, "Emergency access", None)} {tabs(Tab::Emergency)}
        <p class="govuk-body">
            "Records that clinicians opened without treating the patient. Each is checked by an auditor. "
            <a class="govuk-link" href=other>
                {words}
            </a>
        </p>
        <div class="hc-panel">{content}</div>
        {more(path, page.next.as_deref(), "Next page")}
    }
    .into_any()
}

fn table(items: &[EmergencyAccess], zone: &ClinicZone) -> AnyView {
    let rows = items
        .iter()
        .map(|access| {
            let when = short_moment(zone, access.opened_at);
            view! {
                <tr>
                    <td data-label="Opened">
                        <a class="govuk-link" href=format!("/admin/emergency-access/{}", access.id)>
                            {when}
                        </a>
                    </td>
                    <td data-label="By">{access.user_name.clone()}</td>
                    <td data-label="Record">{access.mrn.to_string()}</td>
                    <td data-label="Reason">{access.reason.clone()}</td>
                    <td data-label="Review">{verdict(access)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"Emergency accesses"</caption>
            <thead>
                <tr>
                    <th scope="col">"Opened"</th>
                    <th scope="col">"By"</th>
                    <th scope="col">"Record"</th>
                    <th scope="col">"Reason"</th>
                    <th scope="col">"Review"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// One access, with the form to judge it or what was made of it.
pub fn one(access: &EmergencyAccess, form: &FormState, zone: &ClinicZone) -> AnyView {
    let facts = [
        ("By", access.user_name.clone()),
        ("Record", access.mrn.to_string()),
        ("Opened", short_moment(zone, access.opened_at)),
        ("Open until", short_moment(zone, access.closes_at)),
        ("Reason", access.reason.clone()),
    ];
    let rows = facts
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
    let audit = format!("/admin/audit?user={}&patient={}", access.user, access.mrn.digits());
    view! {
        {error_summary(form)}
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">"Review emergency access"</h1>
            <dl class="govuk-summary-list">{rows}</dl>
            <p class="govuk-body">
                <a class="govuk-link" href=audit>
                    "What was opened"
                </a>
            </p>
            {judgement(access, form, zone)}
        </div>
    }
    .into_any()
}

fn judgement(access: &EmergencyAccess, form: &FormState, zone: &ClinicZone) -> AnyView {
    let Some(review) = &access.review else {
        let choices = [("yes", "Justified"), ("no", "Not justified")]
            .map(|(value, words)| (value.to_owned(), words.to_owned(), String::new()));
        return post_form(
            "",
            view! {
                {radios(form, "justified", "Was this access justified?", false, choices.into())}
                {text_area(form, "comment", "Comment", "Needed if it was not justified", 3)}
                <div class="govuk-button-group">
                    <button class="govuk-button">"Save review"</button>
                    <a class="govuk-link" href="/admin/emergency-access">
                        "Cancel"
                    </a>
                </div>
            },
        );
    };
    view! {
        <h2 class="govuk-heading-m">"Review"</h2>
        <p class="govuk-body">{verdict(access)} " " {short_moment(zone, review.at)}</p>
        <p class="govuk-body hc-pre">{review.comment.clone()}</p>
        <p class="govuk-body">
            <a class="govuk-link" href="/admin/emergency-access">
                "Back to the list"
            </a>
        </p>
    }
    .into_any()
}
