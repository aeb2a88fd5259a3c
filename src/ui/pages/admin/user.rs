//! One account: what it is, and what an administrator may change.

use super::{Tab, account_tag, role_tag, second_factor_tag, tabs, users::role_options};
use crate::ui::components::{day, tag};
use crate::ui::form::{FormState, Input, error_summary, hidden, input, post_form, select};
use crate::ui::pages::home::head;
use domain::{ClinicZone, User, UserStatus};
use jiff::Timestamp;
use leptos::prelude::*;
use service::Versioned;

/// What the caller may do with the account shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Look only.
    Read,
    /// It is the caller's own: the name only.
    Own,
    /// Everything.
    Manage,
}

/// The page; `needs_second_factor` when the account's role does; with `is_stale` the account was changed elsewhere while this form was open.
pub fn page(
    user: &Versioned<User>,
    form: &FormState,
    right: Right,
    is_stale: bool,
    needs_second_factor: bool,
    zone: &ClinicZone,
    now: Timestamp,
) -> AnyView {
    let facts = || facts(user, needs_second_factor, zone, now);
    view! {
        {error_summary(form)} {is_stale.then(|| overtaken(user))} {head("Account", user.display_name.clone(), None)}
        {tabs(Tab::Users)}
        <div class="hc-grid hc-grid--half">
            <div class="hc-stack">
                {(right != Right::Read).then(|| edit(user, form, right, is_stale))} {(right == Right::Manage).then(|| access(user))}
                {(right == Right::Read).then(facts)}
            </div>
            <div class="hc-stack">{(right != Right::Read).then(facts)} {trail(user)}</div>
        </div>
    }
    .into_any()
}

fn overtaken(user: &User) -> AnyView {
    view! {
        <div class="govuk-error-summary" tabindex="-1" autofocus>
            <div role="alert">
                <h2 class="govuk-error-summary__title">"Someone else changed this account in the meantime"</h2>
                <div class="govuk-error-summary__body">
                    <p class="govuk-body">
                        "Stored now: " <b>{user.display_name.clone()}</b> ", " <b>{user.role.title()}</b>
                        ". Your changes are kept below and are not saved yet."
                    </p>
                    <ul class="govuk-list govuk-error-summary__list">
                        <li>
                            <a href="#displayName">"Check your changes and save again"</a>
                        </li>
                    </ul>
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn facts(user: &User, needs_second_factor: bool, zone: &ClinicZone, now: Timestamp) -> AnyView {
    let password = if user.has_expired_password(now) {
        "Was not used in time: give a new one"
    } else if user.must_change_password {
        "Must be changed at the next sign-in"
    } else {
        "Chosen by the person"
    };
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Details"</h2>
            <dl class="hc-dl">
                <div>
                    <dt>"Username"</dt>
                    <dd>{user.username.to_string()}</dd>
                </div>
                <div>
                    <dt>"Email"</dt>
                    <dd>{user.email.to_string()} " " {user.email_verified_at.map(|_| tag("hc-ok", "Confirmed"))}</dd>
                </div>
                <div>
                    <dt>"Role"</dt>
                    <dd>{role_tag(user.role)}</dd>
                </div>
                <div>
                    <dt>"Status"</dt>
                    <dd>{account_tag(user.status)}</dd>
                </div>
                <div>
                    <dt>"Password"</dt>
                    <dd>{password}</dd>
                </div>
                <div>
                    <dt>"Two-step sign-in"</dt>
                    <dd>
                        {second_factor_tag(user)}
                        {(needs_second_factor && !user.has_second_factor()).then_some(" To be set up at the next sign-in")}
                    </dd>
                </div>
                <div>
                    <dt>"Created"</dt>
                    <dd class="hc-num">{day(zone, user.created_at)}</dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}

fn edit(user: &Versioned<User>, form: &FormState, right: Right, is_stale: bool) -> AnyView {
    // A refused form keeps the version it was made from, so that a change in between is still noticed.
    let version = form.values.parse("version").filter(|_| !is_stale).unwrap_or(user.version);
    let name = Input::text("displayName", "Name").autocomplete("off");
    let role = if right == Right::Manage {
        let hint = "Another role signs the person out everywhere";
        let options = role_options("").into_iter().skip(1).collect();
        select(form, "role", "Role", hint, options)
    } else {
        view! { <p class="govuk-hint">"Nobody changes their own role or disables themselves. Ask another administrator."</p> }
            .into_any()
    };
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Name and role"</h2>
            <p class="hc-sub">"The name as others at the clinic read it, and what the person may do."</p>
            {post_form(format!("/admin/users/{}", user.id), view! {
                {hidden("version", version)} {input(form, name)} {role} <button class="govuk-button hc-mb0">"Save changes"</button>
            })}
        </section>
    }
    .into_any()
}

fn access(user: &Versioned<User>) -> AnyView {
    let base = format!("/admin/users/{}", user.id);
    let status = match user.status {
        UserStatus::Active => view! {
            <section class="hc-danger">
                <h2 class="govuk-heading-m">"Disable this account"</h2>
                <p>"The person is signed out everywhere at once and cannot sign in again. Nothing is deleted."</p>
                <a
                    class="govuk-button govuk-button--warning"
                    role="button"
                    draggable="false"
                    href=format!("{base}/disable")
                >
                    "Disable account"
                </a>
            </section>
        }
        .into_any(),
        UserStatus::Disabled => view! {
            <section class="hc-panel hc-pad">
                <h2>"Disabled"</h2>
                <p class="govuk-body">"The person cannot sign in. The password stays as it was."</p>
                {post_form(format!("{base}/enable"), view! {
                    {hidden("version", user.version)} <button class="govuk-button hc-mb0">"Enable account"</button>
                })}
            </section>
        }
        .into_any(),
    };
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Password"</h2>
            <p class="govuk-body">
                "Make sure that it is really the person who asks. With a link they choose a new password themselves within 60
                minutes; until then the old one works. A new password is shown once, ends the old one and all sessions, and must
                be changed at the next sign-in."
            </p>
            <div class="govuk-button-group hc-mb0">
                <a
                    class="govuk-button govuk-button--secondary"
                    role="button"
                    draggable="false"
                    href=format!("{base}/reset-link")
                >
                    "Issue a reset link"
                </a>
                <a
                    class="govuk-button govuk-button--secondary"
                    role="button"
                    draggable="false"
                    href=format!("{base}/reset")
                >
                    "Give a new password"
                </a>
            </div>
        </section>
        {user.has_second_factor().then(|| second_factor(&base))}
        <section class="hc-panel hc-pad">
            <h2>"Sessions"</h2>
            <p class="govuk-body">
                "For a lost phone or a computer left open: the person is signed out on every device at once and can sign in again."
            </p>
            {post_form(format!("{base}/end-sessions"), view! {
                <button class="govuk-button govuk-button--secondary hc-mb0">"Sign out everywhere"</button>
            })}
        </section>
        {status}
    }
    .into_any()
}

fn second_factor(base: &str) -> AnyView {
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Two-step sign-in"</h2>
            <p class="govuk-body">
                "When the person has lost both phone and recovery codes, turn it off: the password alone then opens the account
                until they set it up again."
            </p>
            <a
                class="govuk-button govuk-button--secondary hc-mb0"
                role="button"
                draggable="false"
                href=format!("{base}/reset-second-factor")
            >
                "Turn off two-step sign-in"
            </a>
        </section>
    }
    .into_any()
}

fn trail(user: &User) -> AnyView {
    view! {
        <section class="hc-panel hc-pad">
            <h2>"What this account did"</h2>
            <p class="govuk-body hc-mb0">
                <a class="govuk-link" href=format!("/admin/audit?actor={}", user.id)>
                    "See it in the audit log"
                </a>
            </p>
        </section>
    }
    .into_any()
}
