//! The page on which the own password is changed.

use super::PASSWORD_RULE;
use crate::ui::form::{FormState, Input, error_summary, input, post_form};
use leptos::prelude::*;

/// The page; `is_forced` when someone else chose the present password.
pub fn page(form: &FormState, is_forced: bool) -> AnyView {
    let field = |name, label, token| Input::text(name, label).kind("password").autocomplete(token);
    let current = if is_forced { "The password you were given" } else { "Current password" };
    view! {
        <div class="hc-narrow">
            {error_summary(form)} <h1 class="govuk-heading-l">"Change your password"</h1>
            {is_forced.then(reason)}
            <div class="hc-panel hc-pad">
                {post_form("/profile/password", view! {
                    {input(form, field("current", current, "current-password"))}
                    {input(form, field("new", "New password", "new-password").hint(PASSWORD_RULE))}
                    {input(form, field("repeat", "New password again", "new-password"))}
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
