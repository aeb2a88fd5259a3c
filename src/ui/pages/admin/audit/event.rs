//! One event of the audit log: all that was written down of it, its hashes, and the events beside it.

use super::outcome_tag;
use crate::ui::components::{moment, warning};
use crate::ui::pages::admin::{Tab, tabs};
use crate::ui::pages::home::head;
use domain::{ClinicZone, UserId};
use leptos::prelude::*;
use service::reports::{EventInPlace, Neighbour};

/// The page.
pub fn page(found: &EventInPlace, clinic: &str, zone: &ClinicZone) -> AnyView {
    let seq = found.event.seq;
    view! {
        {head(clinic, format!("Event {seq}"), None)}
        {tabs(Tab::Audit)}
        <div class="hc-grid hc-grid--half">
            <div class="hc-stack">{details(found, zone)}</div>
            <div class="hc-stack">{chain(found)}</div>
        </div>
        {neighbours(found)}
    }
    .into_any()
}

fn line(term: &'static str, value: AnyView) -> AnyView {
    view! {
        <div>
            <dt>{term}</dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}

fn filtered(path: String, words: String) -> AnyView {
    view! {
        <a class="govuk-link" href=path>
            {words}
        </a>
    }
    .into_any()
}

fn words(text: &str) -> AnyView {
    if text.is_empty() { "–".into_any() } else { text.to_owned().into_any() }
}

fn who(actor: Option<UserId>, name: &str) -> AnyView {
    match actor {
        Some(id) => filtered(format!("/admin/audit?actor={id}"), format!("{name} (account {id})")),
        None => name.to_owned().into_any(),
    }
}

fn details(found: &EventInPlace, zone: &ClinicZone) -> AnyView {
    let event = &found.event.event;
    let patient = event.patient.map(|id| {
        let number = found.mrn.map_or_else(|| "no number".to_owned(), |mrn| format!("MRN {mrn}"));
        let term = if event.is_acting() { "Acting for" } else { "Patient" };
        line(term, filtered(format!("/admin/audit?patient={id}"), number))
    });
    let request = if event.request_id.is_empty() {
        words("")
    } else {
        let path = format!("/admin/audit?request={}", super::encoded(&event.request_id));
        filtered(path, event.request_id.clone())
    };
    view! {
        <section class="hc-panel hc-pad" aria-labelledby="what">
            <h2 id="what">"What happened"</h2>
            <dl class="hc-dl">
                {line("Time", moment(zone, event.at).into_any())} {line("Who", who(event.actor, &event.actor_name))}
                {line("Role", words(event.role.map_or("", domain::Role::title)))}
                {line("Action", event.action.title().into_any())} {line("To what", words(&event.subject))} {patient}
                {line("Outcome", outcome_tag(event.outcome))} {line("Reason", words(&event.reason))}
                {line("Request", request)}
            </dl>
        </section>
    }
    .into_any()
}

fn hash(text: &str) -> AnyView {
    view! { <code>{text.to_owned()}</code> }.into_any()
}

fn chain(found: &EventInPlace) -> AnyView {
    let event = &found.event;
    let verdict = if found.is_linked {
        view! {
            <p class="govuk-body">
                "The hash is that of these words and of the event before. The whole chain is followed by "
                <code>"healthcare audit verify"</code> "."
            </p>
        }
        .into_any()
    } else {
        warning(
            "The chain is broken here: this event or one beside it was changed. Tell the security officer and keep everything as it is.",
        )
    };
    view! {
        <section class="hc-panel hc-pad" aria-labelledby="chain">
            <h2 id="chain">"Place in the chain"</h2>
            {verdict}
            <dl class="hc-dl">
                {line("Position", event.seq.to_string().into_any())} {line("Hash", hash(&event.hash))}
                {line("Hash of the event before", hash(&event.prev))}
            </dl>
        </section>
    }
    .into_any()
}

fn neighbour(label: &'static str, found: Option<&Neighbour>, none: &'static str) -> AnyView {
    let Some(found) = found else {
        return view! {
            <tr>
                <th scope="row">{label}</th>
                <td data-label="Event">{none}</td>
                <td data-label="Hash">"–"</td>
            </tr>
        }
        .into_any();
    };
    let event = match found.action {
        Some(action) => {
            filtered(format!("/admin/audit/{}", found.seq), format!("{}, {}", found.seq, action.title()))
        }
        None => format!("{}, not for your role", found.seq).into_any(),
    };
    view! {
        <tr>
            <th scope="row">{label}</th>
            <td data-label="Event">{event}</td>
            <td data-label="Hash">{hash(&found.hash)}</td>
        </tr>
    }
    .into_any()
}

fn neighbours(found: &EventInPlace) -> AnyView {
    view! {
        <section class="hc-panel" aria-labelledby="beside">
            <div class="hc-panel__head">
                <h2 id="beside">"Events beside it"</h2>
            </div>
            <table class="hc-tbl">
                <caption class="hc-vh">"The events before and after"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Place"</th>
                        <th scope="col">"Event"</th>
                        <th scope="col">"Hash"</th>
                    </tr>
                </thead>
                <tbody>
                    {neighbour("Before", found.before.as_ref(), "This is the first event")}
                    {neighbour("After", found.after.as_ref(), "This is the newest event")}
                </tbody>
            </table>
        </section>
    }
    .into_any()
}
