//! The audit log: a filter, the filters in use as chips, the events.

use super::{Tab, tabs};
use crate::ui::components::{empty, more, short_moment, tag};
use crate::ui::form::{FormState, select};
use crate::ui::pages::home::head;
use crate::web::FormData;
use domain::time::short_date;
use domain::{Action, AuditEvent, AuditOutcome, ClinicZone, UserId};
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use service::Page;
use service::reports::AuditQuery;

/// Characters of a request id that are shown; enough to find it in a log.
const SHOWN_OF_ID: usize = 8;

/// A text as it stands in an address.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The name of an action in addresses, as in files and in the API: `sign-in`.
pub fn action_name(action: Action) -> String {
    serde_json::to_value(action).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The action with this name.
pub fn action_named(name: &str) -> Option<Action> {
    Action::ALL.iter().copied().find(|action| action_name(*action) == name)
}

/// The words of an outcome.
const fn outcome_title(outcome: AuditOutcome) -> &'static str {
    match outcome {
        AuditOutcome::Success => "Done",
        AuditOutcome::Denied => "Refused",
        AuditOutcome::Failed => "Failed",
    }
}

/// One filter in use: its name in the address, its value there, its words.
struct Part {
    name: &'static str,
    value: String,
    words: String,
}

/// The filters in use. The last day shows inclusively, as people say it.
fn parts(query: &AuditQuery, last: Option<jiff::civil::Date>) -> Vec<Part> {
    let part = |name, value: String, words: String| Part { name, value, words };
    let mut parts = Vec::new();
    parts.extend(query.actor.map(|id| part("actor", id.to_string(), format!("By account {id}"))));
    parts.extend(query.patient.map(|id| part("patient", id.to_string(), "One patient".to_owned())));
    parts.extend(query.action.map(|action| part("action", action_name(action), action.title().to_owned())));
    parts.extend(
        query
            .outcome
            .map(|outcome| part("outcome", outcome.name().to_owned(), outcome_title(outcome).to_owned())),
    );
    parts.extend(query.from.map(|date| part("from", date.to_string(), format!("From {}", short_date(date)))));
    parts.extend(last.map(|date| part("until", date.to_string(), format!("Until {}", short_date(date)))));
    parts
}

/// The address of the log with these filters, one left out if asked.
fn path(parts: &[Part], without: Option<&str>) -> String {
    let query: Vec<String> = parts
        .iter()
        .filter(|part| without != Some(part.name))
        .map(|part| format!("{}={}", part.name, encoded(&part.value)))
        .collect();
    if query.is_empty() { "/admin/audit".to_owned() } else { format!("/admin/audit?{}", query.join("&")) }
}

/// What the page shows.
pub struct Log<'a> {
    /// The events.
    pub page: &'a Page<AuditEvent>,
    /// The filters.
    pub query: &'a AuditQuery,
    /// The last day, inclusive.
    pub last: Option<jiff::civil::Date>,
    /// Whether this is not the first page.
    pub is_later: bool,
    /// Whether security events are all that the caller may read.
    pub is_limited: bool,
}

/// The page.
pub fn page(log: &Log<'_>, clinic: &str, zone: &ClinicZone) -> AnyView {
    let parts = parts(log.query, log.last);
    let content = if log.page.items.is_empty() {
        empty("No event matches.", Some(("/admin/audit".to_owned(), "Show all events".to_owned())))
    } else {
        events_table(&log.page.items, zone)
    };
    let here = path(&parts, None);
    view! {
        {head(clinic, "Audit log", None)}
        {tabs(Tab::Audit)}
        {filter(log, &parts)}
        {chips(&parts)}
        {log
            .is_limited
            .then(|| {
                view! {
                    <p class="hc-sub">
                        "Administrators see what concerns accounts and access. The auditor sees every event."
                    </p>
                }
            })}
        <div class="hc-panel">{content}</div>
        {log.is_later.then(|| newest(here.clone()))}
        {more(&here, log.page.next.as_deref(), "Older")}
    }
    .into_any()
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

fn filter(log: &Log<'_>, parts: &[Part]) -> AnyView {
    let mut values = FormData::default();
    for part in parts {
        values.set(part.name, part.value.clone());
    }
    let hidden = parts
        .iter()
        .filter(|part| matches!(part.name, "actor" | "patient"))
        .map(|part| crate::ui::form::hidden(part.name, &part.value))
        .collect_view();
    let form = FormState::fresh(values);
    let is_offered = |action: &&Action| !log.is_limited || action.is_security_event();
    let actions =
        Action::ALL.iter().filter(is_offered).map(|action| (action_name(*action), action.title().to_owned()));
    let actions = std::iter::once((String::new(), "All actions".to_owned())).chain(actions).collect();
    let outcomes =
        AuditOutcome::ALL.map(|outcome| (outcome.name().to_owned(), outcome_title(outcome).to_owned()));
    let outcomes = std::iter::once((String::new(), "All outcomes".to_owned())).chain(outcomes).collect();
    view! {
        <form class="hc-panel hc-filter hc-filter--row" method="get" action="/admin/audit">
            {hidden}
            {select(&form, "action", "Action", "", actions)}
            {select(&form, "outcome", "Outcome", "", outcomes)}
            {day(&form, "from", "From")}
            {day(&form, "until", "Until")}
            <div class="hc-filter__act">
                <button class="govuk-button hc-btn-s">"Apply"</button>
                {(!parts.is_empty()).then(|| view! { <a class="govuk-link" href="/admin/audit">"Clear"</a> })}
            </div>
        </form>
    }
    .into_any()
}

fn day(form: &FormState, name: &'static str, label: &'static str) -> AnyView {
    view! {
        <div class="govuk-form-group">
            <label class="govuk-label govuk-label--s" for=name>
                {label}
            </label>
            <input class="govuk-input" id=name name=name type="date" value=form.values.text(name) />
        </div>
    }
    .into_any()
}

fn chips(parts: &[Part]) -> Option<AnyView> {
    if parts.is_empty() {
        return None;
    }
    let chips = parts
        .iter()
        .map(|part| {
            view! {
                <li>
                    <a class="hc-chip" href=path(parts, Some(part.name))>
                        {part.words.clone()}
                        " "
                        <span aria-hidden="true">"×"</span>
                        <span class="hc-vh">", remove this filter"</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <ul class="hc-chips" aria-label="Filters in use">
                {chips}
            </ul>
        }
        .into_any(),
    )
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
    let class = match event.outcome {
        AuditOutcome::Success => "hc-ok",
        AuditOutcome::Denied => "hc-bad",
        AuditOutcome::Failed => "hc-warn",
    };
    let id: String = event.request_id.chars().take(SHOWN_OF_ID).collect();
    view! {
        <tr>
            <td data-label="Time" class="hc-num">
                {short_moment(zone, event.at)}
            </td>
            <td data-label="Who">
                {who} {event.role.map(|role| view! { <br /> <span class="hc-sub">{role.title()}</span> })}
            </td>
            <td data-label="Action">
                {event.action.title()}
                {(!event.subject.is_empty()).then(|| view! { <br /> <span class="hc-sub">{subject(&event.subject)}</span> })}
            </td>
            <td data-label="Outcome">{tag(class, outcome_title(event.outcome))}</td>
            <td data-label="Reason">{if event.reason.is_empty() { "–".to_owned() } else { event.reason.clone() }}</td>
            <td data-label="Request">
                <code title=event.request_id.clone()>{id}</code>
            </td>
        </tr>
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

    #[test]
    fn every_action_has_a_name_that_leads_back_to_it() {
        for &action in Action::ALL {
            assert_eq!(action_named(&action_name(action)), Some(action));
        }
        assert_eq!(action_name(Action::SignIn), "sign-in");
        assert_eq!(action_named("fly"), None);
    }

    #[test]
    fn a_chip_takes_its_own_filter_away_and_no_other() {
        let query = AuditQuery {
            action: Some(Action::SignIn),
            outcome: Some(AuditOutcome::Denied),
            from: Some(jiff::civil::date(2026, 11, 1)),
            ..AuditQuery::default()
        };
        let parts = parts(&query, None);
        assert_eq!(path(&parts, Some("outcome")), "/admin/audit?action=sign%2Din&from=2026%2D11%2D01");
        assert_eq!(path(&parts[..1], Some("action")), "/admin/audit");
    }

    #[test]
    fn long_ids_are_cut_and_words_are_not() {
        assert_eq!(short_subject("patient 7zzzzzzzzzzzzzzzzzzzzzzzzz"), "patient 7zzzzzzz…");
        assert_eq!(short_subject("own unsigned notes"), "own unsigned notes");
    }
}
