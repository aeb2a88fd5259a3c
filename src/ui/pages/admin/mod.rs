//! Views of the admin pages: accounts, activity, audit log.

pub mod activity;
pub mod audit;
pub mod chart;
pub mod confirm;
pub mod emergency;
pub mod security;
pub mod user;
pub mod users;

use crate::ui::components::tag;
use crate::web::context::Reviews;
use domain::{Role, User, UserStatus};
use leptos::prelude::*;
use service::reports::Activity;

/// The pages of this area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// `/admin`
    Users,
    /// `/admin/activity`
    Activity,
    /// `/admin/audit`
    Audit,
    /// `/admin/emergency-access`
    Emergency,
    /// `/admin/security`
    Security,
    /// `/billing/refunds`
    Refunds,
}

/// The navigation between the pages of this area.
pub fn tabs(current: Tab) -> AnyView {
    let links = [
        (Tab::Users, "/admin", "Users"),
        (Tab::Activity, "/admin/activity", "Activity"),
        (Tab::Audit, "/admin/audit", "Audit log"),
        (Tab::Emergency, "/admin/emergency-access", "Emergency access"),
        (Tab::Security, "/admin/security", "Security events"),
        (Tab::Refunds, "/billing/refunds", "Refunds"),
    ]
    .into_iter()
    .filter(|(tab, ..)| *tab != Tab::Emergency || use_context::<Reviews>().is_some_and(|it| it.0))
    .map(|(tab, path, words)| {
        view! {
            <a href=path aria-current=(tab == current).then_some("page")>
                {words}
            </a>
        }
    })
    .collect_view();
    view! {
        <nav class="hc-subnav" aria-label="Admin">
            {links}
        </nav>
    }
    .into_any()
}

/// A role as a tag.
pub fn role_tag(role: Role) -> AnyView {
    let class = match role {
        Role::Patient => "hc-plain",
        Role::Doctor => "hc-info",
        Role::Nurse => "hc-ok",
        Role::Receptionist => "hc-mark",
        Role::Billing => "hc-warn",
        Role::Admin => "hc-bad",
        Role::Auditor => "hc-booked",
    };
    tag(class, role.title())
}

/// An account's status as a tag.
pub fn account_tag(status: UserStatus) -> AnyView {
    match status {
        UserStatus::Active => tag("hc-ok", "Active"),
        UserStatus::Disabled => tag("hc-plain", "Disabled"),
    }
}

/// Whether an account has a second factor, as a tag.
pub fn second_factor_tag(user: &User) -> AnyView {
    if user.has_second_factor() { tag("hc-ok", "On") } else { tag("hc-plain", "Off") }
}

/// Accounts by role as bars, each leading to its list.
pub fn role_bars(activity: &Activity) -> AnyView {
    let most = activity.users_by_role.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
    let bars = activity
        .users_by_role
        .iter()
        .map(|(role, count)| {
            let words = format!("{}: {count}", role.title());
            view! {
                <div>
                    <dt>
                        <a class="govuk-link" href=format!("/admin?role={role}")>
                            {role.title()}
                        </a>
                    </dt>
                    <dd>
                        <progress class="hc-bar" max=most.to_string() value=count.to_string() aria-label=words>
                            {count.to_string()}
                        </progress>
                        <span class="hc-num">{count.to_string()}</span>
                    </dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="hc-bars">{bars}</dl> }.into_any()
}
