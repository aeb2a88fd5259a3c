//! The filter of the audit log: a form, the filters in use as chips, each of which goes away by itself.

use super::{Log, encoded, outcome_title};
use crate::ui::form::{FormState, Input, hidden, input, select};
use domain::time::short_date;
use domain::{Action, AuditEvent, AuditOutcome};
use jiff::civil::Date;
use leptos::prelude::*;
use service::reports::AuditQuery;

/// The page of the log.
pub const PATH: &str = "/admin/audit";

/// One filter in use: its name in the address, its value there, its words.
pub struct Part {
    name: &'static str,
    value: String,
    words: String,
}

/// The filters in use. The last day shows inclusively, as people say it; whoever is on the page has a name.
pub fn parts(query: &AuditQuery, last: Option<Date>, events: &[AuditEvent]) -> Vec<Part> {
    let part = |name, value: String, words: String| Part { name, value, words };
    let typed = |name, value: &str, words: &str| {
        let value = value.trim();
        (!value.is_empty()).then(|| part(name, value.to_owned(), format!("{words} {value}")))
    };
    let by = |id: domain::UserId| {
        let named = events.iter().find(|event| event.event.actor == Some(id));
        named.map_or_else(|| format!("By account {id}"), |event| format!("By {}", event.event.actor_name))
    };
    let mut parts = Vec::new();
    parts.extend(query.actor.map(|id| part("actor", id.to_string(), by(id))));
    parts.extend(typed("user", &query.user, "By"));
    parts.extend(query.patient.map(|id| part("patient", id.to_string(), "About one patient".to_owned())));
    parts.extend(typed("mrn", &query.mrn, "About MRN"));
    parts.extend(query.action.map(|action| part("action", action.name(), action.title().to_owned())));
    parts.extend(
        query
            .outcome
            .map(|outcome| part("outcome", outcome.name().to_owned(), outcome_title(outcome).to_owned())),
    );
    parts.extend(typed("request", &query.request_id, "Request"));
    parts.extend(query.from.map(|date| part("from", date.to_string(), format!("From {}", short_date(date)))));
    parts.extend(last.map(|date| part("until", date.to_string(), format!("Until {}", short_date(date)))));
    parts
}

/// An address with these filters, one left out if asked.
pub fn path(base: &str, parts: &[Part], without: Option<&str>) -> String {
    let query: Vec<String> = parts
        .iter()
        .filter(|part| without != Some(part.name))
        .map(|part| format!("{}={}", part.name, encoded(&part.value)))
        .collect();
    if query.is_empty() { base.to_owned() } else { format!("{base}?{}", query.join("&")) }
}

/// The form. What has no field of its own is kept.
pub fn panel(log: &Log<'_>) -> AnyView {
    let kept = log
        .parts
        .iter()
        .filter(|part| matches!(part.name, "actor" | "patient"))
        .map(|part| hidden(part.name, &part.value))
        .collect_view();
    let form = &log.form;
    let is_offered = |action: &&Action| !log.is_limited || action.is_security_event();
    let actions =
        Action::ALL.iter().filter(is_offered).map(|action| (action.name(), action.title().to_owned()));
    let actions = std::iter::once((String::new(), "All actions".to_owned())).chain(actions).collect();
    let outcomes =
        AuditOutcome::ALL.map(|outcome| (outcome.name().to_owned(), outcome_title(outcome).to_owned()));
    let outcomes = std::iter::once((String::new(), "All outcomes".to_owned())).chain(outcomes).collect();
    let mrn = (!log.is_limited).then(|| input(form, Input::text("mrn", "Patient number (MRN)").numeric("")));
    view! {
        <form class="hc-panel hc-filter hc-filter--row" method="get" action=PATH>
            {kept}
            {day(form, "from", "From")}
            {day(form, "until", "Until")}
            {input(form, Input::text("user", "Username or email"))}
            {mrn}
            {select(form, "action", "Action", "", actions)}
            {select(form, "outcome", "Outcome", "", outcomes)}
            {input(form, Input::text("request", "Request id"))}
            <div class="hc-filter__act">
                <button class="govuk-button hc-btn-s">"Apply"</button>
                {(!log.parts.is_empty()).then(|| view! { <a class="govuk-link" href=PATH>"Clear"</a> })}
            </div>
        </form>
    }
    .into_any()
}

fn day(form: &FormState, name: &'static str, label: &'static str) -> AnyView {
    input(form, Input::text(name, label).kind("date"))
}

/// The filters in use, each with a link that takes it away.
pub fn chips(parts: &[Part]) -> Option<AnyView> {
    if parts.is_empty() {
        return None;
    }
    let chips = parts
        .iter()
        .map(|part| {
            view! {
                <li>
                    <a class="hc-chip" href=path(PATH, parts, Some(part.name))>
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_takes_its_own_filter_away_and_no_other() {
        let query = AuditQuery {
            user: " amina ".to_owned(),
            action: Some(Action::SignIn),
            outcome: Some(AuditOutcome::Denied),
            from: Some(jiff::civil::date(2026, 11, 1)),
            ..AuditQuery::default()
        };
        let parts = parts(&query, None, &[]);
        assert_eq!(
            path(PATH, &parts, Some("outcome")),
            "/admin/audit?user=amina&action=sign%2Din&from=2026%2D11%2D01"
        );
        assert_eq!(path(PATH, &parts[..1], Some("user")), "/admin/audit");
    }
}
