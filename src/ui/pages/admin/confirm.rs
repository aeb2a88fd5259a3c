//! Confirmations of what cannot be undone, and the one-time password.

use crate::ui::components::warning;
use crate::ui::form::{hidden, post_form};
use domain::User;
use leptos::prelude::*;
use service::Versioned;

/// Asks before an account is disabled.
pub fn disable(user: &Versioned<User>) -> AnyView {
    ask(
        user,
        "disable",
        format!("Disable the account of {}?", user.display_name),
        "They are signed out everywhere at once and cannot sign in until an administrator enables the account again. Appointments, records and bills stay as they are.",
        "Disable account",
    )
}

/// Asks before a password is replaced.
pub fn reset(user: &Versioned<User>) -> AnyView {
    ask(
        user,
        "reset",
        format!("Give {} a new password?", user.display_name),
        "The present password stops working and all their sessions end. The new password is shown once, on the next page.",
        "Give a new password",
    )
}

/// Asks before a second factor is taken away.
pub fn reset_second_factor(user: &Versioned<User>) -> AnyView {
    ask(
        user,
        "reset-second-factor",
        format!("Turn off two-step sign-in of {}?", user.display_name),
        "Make sure that it is really the person who asks. Their password alone then opens the account until they set it up again, and all their sessions end.",
        "Turn off two-step sign-in",
    )
}

/// Asks before a link is made.
pub fn reset_link(user: &Versioned<User>) -> AnyView {
    ask(
        user,
        "reset-link",
        format!("Issue a reset link for {}?", user.display_name),
        "Whoever has the link can choose a new password for this account within 60 minutes. Earlier links stop working. The link is shown once, on the next page.",
        "Issue a reset link",
    )
}

fn ask(
    user: &Versioned<User>,
    act: &str,
    question: String,
    consequence: &'static str,
    words: &'static str,
) -> AnyView {
    let base = format!("/admin/users/{}", user.id);
    let action = format!("{base}/{act}");
    view! {
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">{question}</h1>
            {warning(consequence)}
            {post_form(action, view! {
                {hidden("version", user.version)} <div class="govuk-button-group">
                    <button class="govuk-button govuk-button--warning">{words}</button>
                    <a class="govuk-link" href=base>
                        "Cancel"
                    </a>
                </div>
            })}
        </div>
    }
    .into_any()
}

/// Shows a password that is shown only now.
pub fn password(title: &'static str, user: &User, password: &str) -> AnyView {
    view! {
        <div class="hc-narrow">
            <div class="govuk-panel govuk-panel--confirmation">
                <h1 class="govuk-panel__title">{title}</h1>
                <div class="govuk-panel__body">{user.display_name.clone()} <br /> {user.username.to_string()}</div>
            </div>
            <h2 class="govuk-heading-m" id="password">
                "The password"
            </h2>
            <p class="hc-code" role="group" aria-labelledby="password">
                <code translate="no">{password.to_owned()}</code>
            </p>
            <p class="govuk-body">
                "It is shown only now: hand it over in person or by phone, never by email. It works for 7 days and must be changed at the first sign-in."
            </p>
            <div class="govuk-button-group">
                <a class="govuk-button" role="button" draggable="false" href="/admin">
                    "Back to the accounts"
                </a>
                <a class="govuk-link" href=format!("/admin/users/{}", user.id)>
                    "See the account"
                </a>
            </div>
        </div>
    }
    .into_any()
}

/// Shows a link that is shown only now.
pub fn link(user: &User, link: &str) -> AnyView {
    view! {
        <div class="hc-narrow">
            <div class="govuk-panel govuk-panel--confirmation">
                <h1 class="govuk-panel__title">"Reset link"</h1>
                <div class="govuk-panel__body">{user.display_name.clone()} <br /> {user.username.to_string()}</div>
            </div>
            <h2 class="govuk-heading-m" id="link">
                "The link"
            </h2>
            <p class="hc-code" role="group" aria-labelledby="link">
                <code translate="no">{link.to_owned()}</code>
            </p>
            <p class="govuk-body">
                "It is shown only now and works once, within 60 minutes: hand it to the person and to nobody else. Using it ends
                all their sessions; a second factor stays as it is."
            </p>
            <div class="govuk-button-group">
                <a class="govuk-button" role="button" draggable="false" href="/admin">
                    "Back to the accounts"
                </a>
                <a class="govuk-link" href=format!("/admin/users/{}", user.id)>
                    "See the account"
                </a>
            </div>
        </div>
    }
    .into_any()
}
