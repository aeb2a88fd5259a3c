//! Pages of an invitation.

use super::password_rule;
use crate::ui::form::{FormState, Input, PasswordInput, error_summary, hidden, input, password, post_form};
use domain::PasswordPlain;
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The form for a new account of an invited patient.
pub fn sign_up(form: &FormState, name: &str) -> AnyView {
    let email = Input::text("email", "Email address").kind("email").autocomplete("email");
    let username = Input::text("username", "Username")
        .autocomplete("username")
        .hint("2 to 40 letters, digits, spaces, dots, hyphens or underscores");
    let shortest = PasswordPlain::SHORTEST;
    let new = PasswordInput::new("password", "Password").at_least(shortest, password_rule(shortest));
    let here = format!("/invitation?token={}", form.values.get("token"));
    let sign_in = format!("/?next={}", utf8_percent_encode(&here, NON_ALPHANUMERIC));
    view! {
        {error_summary(form)}
        <h1 class="govuk-heading-l">"Create your account"</h1>
        <p class="govuk-body">
            "This invitation is for " <b>{name.to_owned()}</b>
            ". With the account you book appointments, read your record and pay bills. Not you? Close this page and tell the clinic."
        </p>
        <div class="hc-panel">
            {post_form("/invitation", view! {
                {hidden("token", form.values.get("token"))}
                {input(form, email)} {input(form, username)} {password(form, new)}
                <button class="govuk-button hc-w">"Create account"</button>
            })}
        </div>
        <p class="govuk-body hc-mt">
            "You have an account already? " <a class="govuk-link" href=sign_in>"Sign in to join it to your record"</a>
        </p>
    }
    .into_any()
}

/// Asks a signed-in patient to confirm that their account is joined to the record.
pub fn join(form: &FormState, name: &str, account: &str) -> AnyView {
    view! {
        {error_summary(form)}
        <h1 class="govuk-heading-l">"Join your record"</h1>
        <p class="govuk-body">
            "This invitation is for " <b>{name.to_owned()}</b> ". You are signed in as " <b>{account.to_owned()}</b>
            ". From then on this account shows the record that the clinic keeps of you."
        </p>
        <div class="hc-panel">
            {post_form("/invitation/join", view! {
                {hidden("token", form.values.get("token"))} {password(form, PasswordInput::current("password", "Your password"))}
                <button class="govuk-button hc-w">"Join my account to this record"</button>
            })}
        </div>
        <p class="govuk-body hc-mt">"Not you? Sign out first, then open the link again."</p>
    }
    .into_any()
}

/// What staff see who open a patient's link.
pub fn for_patients() -> AnyView {
    view! {
        <h1 class="govuk-heading-l">"This invitation is for a patient"</h1>
        <p class="govuk-body">"You are signed in with another account. Sign out first, then open the link again."</p>
        <p class="govuk-body">
            <a class="govuk-link" href="/">"Go to the home page"</a>
        </p>
    }
    .into_any()
}
