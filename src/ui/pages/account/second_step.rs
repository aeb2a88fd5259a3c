//! The page of a sign-in's second step.

use super::second_factor::code_field;
use crate::ui::form::{FormState, Input, error_summary, hidden, input, post_form};
use leptos::prelude::*;

/// The page; `clinic` is what the authenticator calls the account.
pub fn page(form: &FormState, clinic: &str) -> AnyView {
    view! {
        {error_summary(form)}
        <h1 class="govuk-heading-l">"Enter your code"</h1>
        <p class="govuk-body">
            "Open the authenticator app on your phone. It shows a code of 6 digits for " {clinic.to_owned()} "."
        </p>
        <div class="hc-panel">
            {post_form("/signin/second-factor", view! {
                {way(form)}
                {input(form, code_field("Code from the app"))}
                <button class="govuk-button hc-w">"Sign in"</button>
            })}
        </div>
        {recovery(form)}
        <p class="govuk-body">
            <a class="govuk-link" href="/">"Sign in as someone else"</a>
        </p>
    }
    .into_any()
}

/// What leads here and on.
fn way(form: &FormState) -> AnyView {
    view! { {hidden("challenge", form.values.get("challenge"))} {hidden("next", form.values.get("next"))} }
        .into_any()
}

fn recovery(form: &FormState) -> AnyView {
    let field = Input::text("recoveryCode", "Recovery code")
        .hint("16 letters and digits, like ab3d-ef5g-hj7k-mn9p")
        .autocomplete("off")
        .width("govuk-input--width-20");
    let is_open = form.values.get("with") == "recovery";
    view! {
        <details class="govuk-details hc-mt" open=is_open>
            <summary class="govuk-details__summary">
                <span class="govuk-details__summary-text">"Use a recovery code"</span>
            </summary>
            <div class="govuk-details__text">
                <p class="govuk-body">
                    "Without your phone, enter one of the recovery codes that you kept when you turned two-step sign-in on. Each
                    works once."
                </p>
                {post_form("/signin/second-factor", view! {
                    {way(form)} {hidden("with", "recovery")}
                    {input(form, field)}
                    <button class="govuk-button govuk-button--secondary">"Sign in with a recovery code"</button>
                })}
                <p class="govuk-body">
                    "No recovery code either? Call the clinic or ask at the front desk. Once they know that it is you, an
                    administrator lets you in with your password and you set your new phone up."
                </p>
            </div>
        </details>
    }
    .into_any()
}
