//! The activity figures of the clinic, without names.

use super::chart::columns;
use super::{Tab, role_bars, tabs};
use crate::ui::components::status_class;
use crate::ui::pages::home::{Kpi, head, kpis, oversight::counts};
use domain::time::long_date;
use jiff::civil::Date;
use leptos::prelude::*;
use service::reports::Activity;

/// The page.
pub fn page(activity: &Activity, clinic: &str, today: Date) -> AnyView {
    let users: u64 = activity.users_by_role.iter().map(|(_, count)| count).sum();
    let totals = activity.totals;
    view! {
        {head(clinic, "Activity", None)}
        {tabs(Tab::Activity)}
        {kpis(
            vec![
                Kpi::new("Accounts", users, "/admin"),
                Kpi::new("Patients", totals.patients, "#roles"),
                Kpi::new("Appointments", totals.appointments, "#appointments"),
                Kpi::new("Record entries", totals.medical_records, "#today"),
                Kpi::new("Bills", totals.billings, "#today"),
            ],
        )}
        <div class="hc-grid hc-grid--half">
            <div class="hc-stack">
                <section class="hc-panel hc-pad" aria-labelledby="appointments">
                    <h2 id="appointments">"Appointments by day"</h2>
                    {columns("appointments-chart", "Appointments by day", &counts(&activity.appointments_by_day))}
                </section> {today_panel(activity, today)}
            </div>
            <div class="hc-stack">
                <section class="hc-panel hc-pad" aria-labelledby="sign-ins">
                    <h2 id="sign-ins">"Sign-ins by day"</h2>
                    {columns("sign-ins-chart", "Sign-ins by day", &counts(&activity.sign_ins_by_day))}
                </section>
                <section class="hc-panel hc-pad" aria-labelledby="roles">
                    <h2 id="roles">"Accounts by role"</h2>
                    {role_bars(activity)}
                </section>
            </div>
        </div>
    }
    .into_any()
}

fn today_panel(activity: &Activity, today: Date) -> AnyView {
    let rows = activity
        .by_status_today
        .iter()
        .map(|(status, count)| {
            view! {
                <tr>
                    <th scope="row">
                        <span class=format!("hc-tag {}", status_class(*status))>{status.title()}</span>
                    </th>
                    <td class="hc-amount">{*count}</td>
                </tr>
            }
        })
        .collect_view();
    let total: u64 = activity.by_status_today.iter().map(|(_, count)| count).sum();
    view! {
        <section class="hc-panel" aria-labelledby="today">
            <div class="hc-panel__head">
                <h2 id="today">"Today's appointments by status"</h2>
                <span class="hc-sub">{long_date(today)}</span>
            </div>
            <table class="hc-tbl hc-tbl--keep">
                <caption class="hc-vh">"Today's appointments by status"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Status"</th>
                        <th scope="col" class="hc-amount">
                            "Count"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">"All"</th>
                        <td class="hc-amount">{total}</td>
                    </tr>
                </tfoot>
            </table>
        </section>
    }
    .into_any()
}
