//! The page that makes the first administrator.

use super::password_rule;
use crate::ui::form::{FormState, Input, PasswordInput, error_summary, hidden, input, password, post_form};
use domain::PasswordPlain;
use leptos::prelude::*;

/// The page; the form carries the one-time token on.
pub fn page(form: &FormState) -> AnyView {
    let email = Input::text("email", "Email address").kind("email").autocomplete("email");
    let username = Input::text("username", "Username")
        .autocomplete("username")
        .hint("2 to 40 letters, digits, spaces, dots, hyphens or underscores");
    let secret = PasswordInput::new("password", "Password")
        .at_least(PasswordPlain::SHORTEST_ALONE, password_rule(PasswordPlain::SHORTEST_ALONE));
    view! {
        {error_summary(form)}
        <h1 class="govuk-heading-l">"Set up the clinic"</h1>
        <p class="govuk-body">
            "This makes the first administrator, who then makes the accounts of the staff. The link works until it is done."
        </p>
        <div class="hc-panel">
            {post_form("/set-up", view! {
                {hidden("token", form.values.get("token"))} {input(form, email)} {input(form, username)}
                {password(form, secret)}
                <button class="govuk-button hc-w">"Create the administrator"</button>
            })}
        </div>
    }
    .into_any()
}
