//! Security events of the last day or week: how many of which kind, by account, and the newest of them.

use super::audit::events_table;
use super::{Tab, tabs};
use crate::ui::components::{empty, moment};
use crate::ui::pages::home::{Kpi, head, kpis, panel};
use domain::ClinicZone;
use leptos::prelude::*;
use service::reports::{AccountEvents, SecurityEvents, SecurityKind};

/// The times that can be looked at: days and their words.
const TIMES: [(u8, &str); 2] = [(1, "Last 24 hours"), (7, "Last 7 days")];

/// The page.
pub fn page(found: &SecurityEvents, days: u8, clinic: &str, zone: &ClinicZone) -> AnyView {
    let tiles = SecurityKind::ALL
        .iter()
        .zip(found.totals)
        .map(|(kind, total)| Kpi::new(kind.title(), total, link_of(*kind)))
        .collect();
    let list = if found.newest.is_empty() {
        empty("Nothing of concern happened in this time.", None)
    } else {
        events_table(&found.newest, zone)
    };
    let since = format!("Since {}", moment(zone, found.since));
    view! {
        {head(clinic, "Security events", None)}
        {tabs(Tab::Security)}
        {times(days)}
        <p class="hc-sub">
            {since} {found.is_cut.then_some(". There were more than are counted here: narrow the audit log instead.")}
        </p>
        {kpis(tiles)}
        {panel("accounts", "By account", None, accounts(&found.accounts))}
        <div class="hc-mt">
            {panel("newest", "Newest security events", Some(("/admin/audit".to_owned(), "Audit log")), list)}
        </div>
    }
    .into_any()
}

/// Where the audit log shows a kind of events.
fn link_of(kind: SecurityKind) -> &'static str {
    match kind {
        SecurityKind::FailedSignIn => "/admin/audit?action=sign-in&outcome=failed",
        SecurityKind::Lockout => "/admin/audit?action=sign-in&outcome=denied",
        SecurityKind::Refusal => "/admin/audit?outcome=denied",
        SecurityKind::AccountChange => "/admin/audit?action=manage-users&outcome=success",
        SecurityKind::Emergency => "/admin/audit?action=break-glass&outcome=success",
    }
}

fn times(days: u8) -> AnyView {
    let chips = TIMES
        .map(|(time, words)| {
            view! {
                <li>
                    <a class="hc-chip" href=format!("/admin/security?days={time}") aria-current=(time == days).then_some("true")>
                        {words}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="hc-chips" aria-label="Time">
            {chips}
        </ul>
    }
    .into_any()
}

fn accounts(found: &[AccountEvents]) -> AnyView {
    if found.is_empty() {
        return empty("No account had a security event in this time.", None);
    }
    let columns = SecurityKind::ALL
        .map(|kind| view! { <th scope="col" class="hc-amount">{kind.title()}</th> })
        .collect_view();
    let rows = found.iter().map(account).collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"Security events by account, those with the most first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Account"</th>
                    {columns}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn account(found: &AccountEvents) -> AnyView {
    let name = match found.account {
        Some(id) => view! {
            <a class="govuk-link" href=format!("/admin/users/{id}")>
                {found.name.clone()}
            </a>
        }
        .into_any(),
        None => found.name.clone().into_any(),
    };
    let counts = SecurityKind::ALL
        .iter()
        .zip(found.counts)
        .map(|(kind, count)| {
            let words = if count == 0 { "–".to_owned() } else { count.to_string() };
            view! {
                <td data-label=kind.title() class="hc-amount">
                    {words}
                </td>
            }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">{name}</th>
            {counts}
        </tr>
    }
    .into_any()
}
