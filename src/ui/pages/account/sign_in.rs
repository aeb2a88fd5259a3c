//! The sign-in page.

use crate::ui::components::length;
use crate::ui::form::{FormState, Input, PasswordInput, error_summary, hidden, input, password, post_form};
use domain::SessionLimits;
use leptos::prelude::*;

/// The page; `next` is where signing in leads to. With limits: the session before ended by one of them.
pub fn page(form: &FormState, next: &str, timed_out: Option<SessionLimits>) -> AnyView {
    let login = Input::text("login", "Email address or username").autocomplete("username");
    let asked_for = (next != "/" && timed_out.is_none()).then(asked);
    view! {
        {error_summary(form)}
        <h1 class="govuk-heading-l">"Sign in"</h1>
        {timed_out.map(|limits| signed_out(limits, next))} {asked_for}
        <div class="hc-panel">
            {post_form("/", view! {
                {hidden("next", next)}
                {input(form, login)}
                {password(form, PasswordInput::current("password", "Password"))}
                <button class="govuk-button hc-w">"Sign in"</button>
            })}
            <p class="hc-or">"or"</p>
            <a class="govuk-button govuk-button--secondary hc-w" role="button" draggable="false" href="/signup">
                "Create an account"
            </a>
        </div>
        <p class="govuk-body hc-mt">
            <a class="govuk-link" href="/password/forgot">"I have forgotten my password"</a>
        </p>
    }
    .into_any()
}

/// Why a page that was asked for did not come.
fn asked() -> AnyView {
    view! { <p class="govuk-body">"Sign in to go on to the page that you asked for."</p> }.into_any()
}

/// Why someone who was signed in is not any more.
fn signed_out(limits: SessionLimits, next: &str) -> AnyView {
    let (idle, longest) = (length(limits.idle), length(limits.absolute));
    let back = if next == "/" { "." } else { " and go on where you were." };
    view! {
        <div class="govuk-inset-text">
            {format!("You were signed out after {idle} without use, or after {longest} at most. Sign in again{back}")}
        </div>
    }
    .into_any()
}
