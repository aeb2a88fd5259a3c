//! The sign-in page.

use crate::ui::form::{FormState, Input, error_summary, hidden, input, post_form};
use leptos::prelude::*;

/// The page; `next` is where signing in leads to.
pub fn page(form: &FormState, next: &str) -> AnyView {
    let login = Input::text("login", "Email address or username").autocomplete("username");
    let password = Input::text("password", "Password").kind("password").autocomplete("current-password");
    view! {
        {error_summary(form)}
        <h1 class="govuk-heading-l">"Sign in"</h1>
        {(next != "/").then(asked)}
        <div class="hc-panel">
            {post_form("/", view! {
                {hidden("next", next)}
                {input(form, login)}
                {input(form, password)}
                <button class="govuk-button hc-w">"Sign in"</button>
            })}
            <p class="hc-or">"or"</p>
            <a class="govuk-button govuk-button--secondary hc-w" role="button" draggable="false" href="/signup">
                "Create an account"
            </a>
        </div>
        {help()}
    }
    .into_any()
}

/// Why a page that was asked for did not come.
fn asked() -> AnyView {
    view! { <p class="govuk-body">"Sign in to go on to the page that you asked for."</p> }.into_any()
}

fn help() -> AnyView {
    view! {
        <details class="govuk-details hc-mt">
            <summary class="govuk-details__summary">
                <span class="govuk-details__summary-text">"I have forgotten my password"</span>
            </summary>
            <div class="govuk-details__text">
                <p class="govuk-body">
                    "Call the clinic or ask at the front desk. Once they know that it is you, an administrator gives you a
                    new password that works once; you then choose your own."
                </p>
            </div>
        </details>
    }
    .into_any()
}
