//! Pages for a forgotten password and for confirming an e-mail address.

use crate::ui::form::{FormState, Input, PasswordInput, error_summary, hidden, input, password, post_form};
use domain::PasswordPlain;
use leptos::prelude::*;

/// Asks for which account; without mail, says who can help.
pub fn ask(form: &FormState, sends_mail: bool) -> AnyView {
    let login = Input::text("login", "Email address or username").autocomplete("username");
    let by_mail = sends_mail.then(|| {
        view! {
            <p class="govuk-body">"We send a link to the email address of your account. It works for 60 minutes."</p>
            <div class="hc-panel">
                {post_form("/password/forgot", view! {
                    {input(form, login)} <button class="govuk-button hc-w">"Send the link"</button>
                })}
            </div>
            <h2 class="govuk-heading-m hc-mt">"You cannot read your email?"</h2>
        }
    });
    view! {
        {error_summary(form)}
        <h1 class="govuk-heading-l">"Forgotten password"</h1>
        {by_mail}
        <p class="govuk-body">
            "Call the clinic or ask at the front desk. Once they know that it is you, an administrator gives you a link with
            which you choose a new password, or a password that works once."
        </p>
        <p class="govuk-body">
            <a class="govuk-link" href="/">"Back to sign in"</a>
        </p>
    }
    .into_any()
}

/// What was asked for is on its way, if there is such an account.
pub fn sent() -> AnyView {
    view! {
        <h1 class="govuk-heading-l">"Check your email"</h1>
        <p class="govuk-body">
            "If there is an account with this email address or username, a link to choose a new password is on its way. It
            works once, within 60 minutes."
        </p>
        <p class="govuk-body">
            "Nothing came? Look among unwanted mail, wait some minutes, then " <a class="govuk-link" href="/password/forgot">"ask again"</a>
            " or call the clinic."
        </p>
        <p class="govuk-body">
            <a class="govuk-link" href="/">"Back to sign in"</a>
        </p>
    }
    .into_any()
}

/// The form for a new password; it carries the link's secret on.
pub fn choose(form: &FormState) -> AnyView {
    const RULE: &str = "At least 8 characters, for staff without a second factor at least 15. Words that you remember are better than symbols";
    let new = PasswordInput::new("new", "New password").at_least(PasswordPlain::SHORTEST, RULE);
    view! {
        {error_summary(form)}
        <h1 class="govuk-heading-l">"Choose a new password"</h1>
        <div class="hc-panel">
            {post_form("/password/reset", view! {
                {hidden("token", form.values.get("token"))}
                {password(form, new)}
                {password(form, PasswordInput::new("repeat", "New password again"))}
                <button class="govuk-button hc-w">"Save the new password"</button>
            })}
        </div>
        <p class="hc-sub hc-mt">"You are signed out everywhere, then sign in with the new password."</p>
    }
    .into_any()
}

/// The button that confirms an address.
pub fn confirm_email(token: &str) -> AnyView {
    view! {
        <h1 class="govuk-heading-l">"Confirm your email address"</h1>
        <p class="govuk-body">"Then we know that mail about your account reaches you and nobody else."</p>
        <div class="hc-panel">
            {post_form("/email/verify", view! {
                {hidden("token", token)} <button class="govuk-button hc-w hc-mb0">"Confirm email address"</button>
            })}
        </div>
    }
    .into_any()
}
