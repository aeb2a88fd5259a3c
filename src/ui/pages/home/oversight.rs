//! The home pages of administrators and auditors: figures without names, and what happened last.

use super::{Kpi, button_link, head, kpis, panel};
use crate::ui::components::empty;
use crate::ui::pages::admin::audit::events_table;
use crate::ui::pages::admin::chart::{self, Column};
use crate::ui::pages::admin::role_bars;
use domain::time::long_date;
use domain::{AppointmentStatus, AuditEvent, AuditOutcome, ClinicZone};
use jiff::civil::Date;
use leptos::prelude::*;
use service::reports::Activity;

/// The figures that both see, each leading to the page behind it.
fn figures(activity: &Activity) -> AnyView {
    let users: u64 = activity.users_by_role.iter().map(|(_, count)| count).sum();
    let today = activity.appointments_by_day.last().map_or(0, |(_, count)| *count);
    let of = |wanted| {
        activity.by_status_today.iter().find(|(status, _)| *status == wanted).map_or(0, |(_, count)| *count)
    };
    let sign_ins = activity.sign_ins_by_day.last().map_or(0, |(_, count)| *count);
    kpis(vec![
        Kpi::new("Accounts", users, "/admin"),
        Kpi::new("Patients", activity.totals.patients, "/admin/activity"),
        Kpi::new("Appointments today", today, "/admin/activity#appointments")
            .note(format!("{} seen", of(AppointmentStatus::Fulfilled))),
        Kpi::new("Sign-ins today", sign_ins, "/admin/audit?action=sign-in&outcome=success"),
    ])
}

/// The page of an administrator.
pub fn admin(
    clinic: &str,
    today: Date,
    activity: &Activity,
    events: &[AuditEvent],
    zone: &ClinicZone,
    refunds: u64,
) -> AnyView {
    let waiting = (refunds > 0).then(|| {
        let words = if refunds == 1 {
            "A refund awaits approval.".to_owned()
        } else {
            format!("{refunds} refunds await approval.")
        };
        view! {
            <section class="hc-alert hc-alert--open" aria-label="Refunds">
                <p><strong>{words}</strong></p>
                {button_link("/billing/refunds", "Decide", false)}
            </section>
        }
    });
    let tools = view! {
        {button_link("/admin/security", "Security events", false)} {button_link("/admin/users/new", "New account", true)}
    };
    view! {
        {head(clinic, long_date(today), Some(tools.into_any()))} {waiting} {figures(activity)}
        <div class="hc-grid hc-grid--half">
            <div class="hc-stack">
                <section class="hc-panel hc-pad" aria-labelledby="roles">
                    <h2 id="roles">"Accounts by role"</h2>
                    {role_bars(activity)}
                </section>
            </div>
            <div class="hc-stack">
                <section class="hc-panel hc-pad" aria-labelledby="appointments">
                    <h2 id="appointments">"Appointments in the last 14 days"</h2>
                    {chart::columns("appointments-chart", "Appointments by day", &counts(&activity.appointments_by_day))}
                </section>
            </div>
        </div>
        <div class="hc-mt">{latest("Latest security events", events, zone)}</div>
    }
    .into_any()
}

/// The page of an auditor.
pub fn auditor(
    clinic: &str,
    today: Date,
    activity: &Activity,
    events: &[AuditEvent],
    zone: &ClinicZone,
    to_review: u64,
) -> AnyView {
    let emergencies = (to_review > 0).then(|| {
        let words = if to_review == 1 {
            "An emergency access awaits your review.".to_owned()
        } else {
            format!("{to_review} emergency accesses await your review.")
        };
        view! {
            <section class="hc-alert hc-alert--open" aria-label="Emergency access">
                <p><strong>{words}</strong></p>
                {button_link("/admin/emergency-access", "Review", false)}
            </section>
        }
    });
    let refused = events.iter().filter(|event| event.event.outcome == AuditOutcome::Denied).count();
    let note = match refused {
        0 => "None of the latest events was refused.".to_owned(),
        1 => "One of the latest events was refused.".to_owned(),
        count => format!("{count} of the latest events were refused."),
    };
    let tools = view! {
        {button_link("/admin/security", "Security events", false)} {button_link("/admin/audit", "Audit log", true)}
    };
    view! {
        {head(clinic, long_date(today), Some(tools.into_any()))} {emergencies} {figures(activity)}
        <p class="govuk-body">{note}</p>
        {latest("Latest events", events, zone)}
    }
    .into_any()
}

fn latest(title: &'static str, events: &[AuditEvent], zone: &ClinicZone) -> AnyView {
    let content =
        if events.is_empty() { empty("Nothing has happened yet.", None) } else { events_table(events, zone) };
    panel("latest", title, Some(("/admin/audit".to_owned(), "Audit log")), content)
}

/// Counts by day as columns.
pub fn counts(days: &[(Date, u64)]) -> Vec<Column> {
    days.iter().map(|(date, count)| Column::day(*date, *count, count.to_string())).collect()
}
