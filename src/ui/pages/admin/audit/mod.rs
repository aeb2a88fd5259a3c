//! The audit log: a filter, the filters in use as chips, the events, and one event with its place in the chain.

pub mod event;
pub mod filter;

use super::{Tab, tabs};
use crate::ui::components::{empty, more, short_moment, tag};
use crate::ui::form::{FormState, error_summary};
use crate::ui::pages::home::head;
use domain::{AuditEvent, AuditOutcome, ClinicZone, UserId};
use filter::Part;
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use service::Page;

/// Characters of a request id that are shown; enough to find it in a log.
const SHOWN_OF_ID: usize = 8;

/// A text as it stands in an address.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The words of an outcome.
const fn outcome_title(outcome: AuditOutcome) -> &'static str {
    match outcome {
        AuditOutcome::Success => "Done",
        AuditOutcome::Denied => "Refused",
        AuditOutcome::Failed => "Failed",
    }
}

/// An outcome as a tag.
pub fn outcome_tag(outcome: AuditOutcome) -> AnyView {
    let class = match outcome {
        AuditOutcome::Success => "hc-ok",
        AuditOutcome::Denied => "hc-bad",
        AuditOutcome::Failed => "hc-warn",
    };
    tag(class, outcome_title(outcome))
}

/// What the page shows.
pub struct Log<'a> {
    /// The events.
    pub page: &'a Page<AuditEvent>,
    /// The filters in use.
    pub parts: &'a [Part],
    /// What was typed, with what is wrong with it.
    pub form: FormState,
    /// Whether this is not the first page.
    pub is_later: bool,
    /// Whether security events are all that the caller may read.
    pub is_limited: bool,
}

/// The page.
pub fn page(log: Log<'_>, clinic: &str, zone: &ClinicZone) -> AnyView {
    let has_errors = !log.form.errors.is_empty();
    let content = if has_errors {
        empty("Correct the filter to see events.", None)
    } else if log.page.items.is_empty() {
        empty("No event matches.", Some(("/admin/audit".to_owned(), "Show all events".to_owned())))
    } else {
        events_table(&log.page.items, zone)
    };
    let here = filter::path(filter::PATH, log.parts, None);
    let words = if log.is_limited {
        "Administrators see what concerns accounts and access. The auditor sees every event."
    } else {
        "Nobody can change or remove an event: each carries the hash of the one before."
    };
    let can_export = !has_errors && !log.page.items.is_empty();
    view! {
        {error_summary(&log.form)}
        {head(clinic, "Audit log", can_export.then(|| exports(log.parts)))}
        {tabs(Tab::Audit)}
        {filter::panel(&log)}
        {filter::chips(log.parts)}
        <p class="hc-sub">{words}</p>
        <div class="hc-panel">{content}</div>
        {log.is_later.then(|| newest(here.clone()))}
        {more(&here, log.page.next.as_deref(), "Older")}
    }
    .into_any()
}

/// Links to the filtered log as files; taking them is an event too.
fn exports(parts: &[Part]) -> AnyView {
    let link = |format: &str, words: &'static str| {
        let path = filter::path("/admin/audit/export", parts, None);
        let joint = if path.contains('?') { '&' } else { '?' };
        view! {
            <a class="govuk-button govuk-button--secondary hc-btn-s" role="button" href=format!("{path}{joint}format={format}") download>
                {words}
            </a>
        }
    };
    view! { {link("csv", "Export CSV")} {link("jsonl", "Export JSON")} }.into_any()
}

fn newest(path: String) -> AnyView {
    view! {
        <p class="hc-more">
            <a class="govuk-link" href=path>
                "Newest"
            </a>
        </p>
    }
    .into_any()
}

/// The events as a table, newest first.
pub fn events_table(events: &[AuditEvent], zone: &ClinicZone) -> AnyView {
    let rows = events.iter().map(|event| row(event, zone)).collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"Events of the audit log, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Time"</th>
                    <th scope="col">"Who"</th>
                    <th scope="col">"Action"</th>
                    <th scope="col">"Outcome"</th>
                    <th scope="col">"Reason"</th>
                    <th scope="col">"Request"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(event: &AuditEvent, zone: &ClinicZone) -> AnyView {
    let seq = event.seq;
    let event = &event.event;
    let who = match event.actor {
        Some(id) => view! {
            <a class="govuk-link" href=format!("/admin/audit?actor={id}")>
                {event.actor_name.clone()}
            </a>
        }
        .into_any(),
        None => event.actor_name.clone().into_any(),
    };
    view! {
        <tr>
            <td data-label="Time" class="hc-num">
                <a class="govuk-link" href=format!("/admin/audit/{seq}")>
                    {short_moment(zone, event.at)}
                    <span class="hc-vh">", event " {seq}</span>
                </a>
            </td>
            <td data-label="Who">
                {who} {event.role.map(|role| view! { <br /> <span class="hc-sub">{role.title()}</span> })}
            </td>
            <td data-label="Action">
                {event.action.title()}
                {(!event.subject.is_empty()).then(|| view! { <br /> <span class="hc-sub">{subject(&event.subject)}</span> })}
            </td>
            <td data-label="Outcome">{outcome_tag(event.outcome)}</td>
            <td data-label="Reason">{if event.reason.is_empty() { "–".to_owned() } else { event.reason.clone() }}</td>
            <td data-label="Request">{request(&event.request_id)}</td>
        </tr>
    }
    .into_any()
}

/// A request leads to all that it did.
fn request(id: &str) -> AnyView {
    if id.is_empty() {
        return "–".into_any();
    }
    let short: String = id.chars().take(SHOWN_OF_ID).collect();
    view! {
        <a class="govuk-link" href=format!("/admin/audit?request={}", encoded(id)) title=id.to_owned()>
            <code>{short}</code>
        </a>
    }
    .into_any()
}

/// The subject; an account leads to its page.
fn subject(subject: &str) -> AnyView {
    match subject.strip_prefix("user ").map(str::parse::<UserId>) {
        Some(Ok(id)) => view! {
            <a class="govuk-link" href=format!("/admin/users/{id}")>
                {subject.to_owned()}
            </a>
        }
        .into_any(),
        _ => short_subject(subject).into_any(),
    }
}

/// The subject with long ids cut: `patient 4h8k2m0q…`.
fn short_subject(subject: &str) -> String {
    const LONG: usize = 20;
    let cut = |word: &str| {
        if word.len() > LONG && word.is_ascii() {
            format!("{}…", &word[..SHOWN_OF_ID])
        } else {
            word.to_owned()
        }
    };
    subject.split(' ').map(cut).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Action;

    #[test]
    fn every_action_has_the_name_that_it_has_in_files() {
        for &action in Action::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.name());
            assert_eq!(Action::named(&action.name()), Some(action));
        }
        assert_eq!(Action::named("fly"), None);
    }

    #[test]
    fn long_ids_are_cut_and_words_are_not() {
        assert_eq!(short_subject("patient 7zzzzzzzzzzzzzzzzzzzzzzzzz"), "patient 7zzzzzzz…");
        assert_eq!(short_subject("own unsigned notes"), "own unsigned notes");
    }
}
