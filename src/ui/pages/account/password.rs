//! The page on which the own password is changed.

use super::password_rule;
use crate::ui::form::{FormState, PasswordInput, error_summary, password, post_form};
use leptos::prelude::*;

/// The page; `is_forced` when someone else chose the present password, `shortest` as the new one must be.
pub fn page(form: &FormState, is_forced: bool, shortest: usize) -> AnyView {
    let current = if is_forced { "The password you were given" } else { "Current password" };
    view! {
        <div class="hc-narrow">
            {error_summary(form)} <h1 class="govuk-heading-l">"Change your password"</h1>
            {is_forced.then(reason)}
            <div class="hc-panel hc-pad">
                {post_form("/profile/password", view! {
                    {password(form, PasswordInput::current("current", current))}
                    {password(form, PasswordInput::new("new", "New password").at_least(shortest, password_rule(shortest)))}
                    {password(form, PasswordInput::new("repeat", "New password again"))}
                    <div class="govuk-button-group">
                        <button class="govuk-button">"Change password"</button>
                        {(!is_forced).then(|| view! { <a class="govuk-link" href="/profile">"Cancel"</a> })}
                    </div>
                })}
            </div>
            <p class="hc-sub hc-mt">"All your other devices are signed out when the password changes."</p>
        </div>
    }
    .into_any()
}

fn reason() -> AnyView {
    view! {
        <div class="govuk-inset-text">
            "Someone else chose your present password. Choose one that only you know, then go on."
        </div>
    }
    .into_any()
}
