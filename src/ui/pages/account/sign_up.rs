//! The page on which a patient makes an account.

use super::password_rule;
use crate::ui::form::{FormState, Input, PasswordInput, date, error_summary, input, password, post_form};
use domain::PasswordPlain;
use leptos::prelude::*;

/// The page.
pub fn page(form: &FormState) -> AnyView {
    view! {
        {error_summary(form)}
        <h1 class="govuk-heading-l">"Create an account"</h1>
        <p class="govuk-body">"For patients: book and move appointments, read your record, pay bills."</p>
        <div class="hc-panel">
            {post_form("/signup", view! {
                {person(form)} {account(form)}
                <button class="govuk-button hc-w">"Create account"</button>
            })}
        </div>
        <p class="govuk-body hc-mt">
            "You have an account already? " <a class="govuk-link" href="/">"Sign in"</a>
        </p>
    }
    .into_any()
}

fn person(form: &FormState) -> AnyView {
    let phone = Input::text("phone", "Phone number (optional)")
        .kind("tel")
        .autocomplete("tel")
        .width("govuk-input--width-20")
        .hint("We only call about your appointments");
    view! {
        <div class="hc-row">
            {input(form, Input::text("givenName", "First name").autocomplete("given-name"))}
            {input(form, Input::text("familyName", "Last name").autocomplete("family-name"))}
        </div>
        {date(form, "birthDate", "Date of birth", "For example, 27 3 1985", true)}
        {input(form, phone)}
    }
    .into_any()
}

fn account(form: &FormState) -> AnyView {
    let email = Input::text("email", "Email address").kind("email").autocomplete("email");
    let username = Input::text("username", "Username")
        .autocomplete("username")
        .hint("2 to 40 letters, digits, spaces, dots, hyphens or underscores");
    let secret = PasswordInput::new("password", "Password")
        .at_least(PasswordPlain::SHORTEST, password_rule(PasswordPlain::SHORTEST));
    view! { {input(form, email)} {input(form, username)} {password(form, secret)} }.into_any()
}
