//! Views of the account pages: sign-in, sign-up, first set-up, profile, password.

pub mod access;
pub mod calendar;
pub mod devices;
pub mod forgotten;
pub mod invitation;
pub mod password;
pub mod profile;
mod qr;
pub mod second_factor;
pub mod second_step;
pub mod set_up;
pub mod sign_in;
pub mod sign_up;

use domain::PasswordPlain;
use leptos::prelude::*;

/// What a new password of at least so many characters must be, in one sentence.
pub const fn password_rule(shortest: usize) -> &'static str {
    if shortest > PasswordPlain::SHORTEST {
        "At least 15 characters. Four words that you remember are better than one word with symbols"
    } else {
        "At least 8 characters. Three words that you remember are better than one word with symbols"
    }
}

/// The page of every one-time link that is not good; `again` is where another one can be asked for.
pub fn link_ended(again: Option<&'static str>) -> AnyView {
    let next = match again {
        Some(path) => view! {
            <p class="govuk-body">
                <a class="govuk-link" href=path>"Ask for a new link"</a>
            </p>
        }
        .into_any(),
        None => view! { <p class="govuk-body">"Ask at the front desk for a new one."</p> }.into_any(),
    };
    view! {
        <h1 class="govuk-heading-l">"This link does not work"</h1>
        <p class="govuk-body">
            "It was used already, has ended, or is not complete. If you copied it from a message, copy it whole, to the last character."
        </p>
        {next}
        <p class="govuk-body">
            <a class="govuk-link" href="/">"Go to the home page"</a>
        </p>
    }
    .into_any()
}
