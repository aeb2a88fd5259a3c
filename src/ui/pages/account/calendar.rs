//! The page about one's appointments in a calendar program: making its secret address, ending it.

use crate::ui::components::{day, warning};
use crate::ui::form::post_form;
use crate::ui::pages::appointments::back_link;
use domain::Role;
use jiff::Timestamp;
use leptos::prelude::*;
use service::Clinic;

const MAKE: &str = "/profile/calendar";

/// Whether there is an address, and what can be done about it.
pub fn page(since: Option<Timestamp>, role: Role, clinic: &Clinic) -> AnyView {
    let body = match since {
        Some(since) => on(&day(&clinic.zone, since)),
        None => post_form(MAKE, view! { <button class="govuk-button">"Make a calendar address"</button> }),
    };
    let names = (role == Role::Doctor).then(|| {
        let words = if clinic.catalogue.rules.names_in_calendars {
            "The entries name your patients: lock your phone."
        } else {
            "The entries hold references, not the names of patients."
        };
        view! { <p class="govuk-body">{words}</p> }
    });
    view! {
        <div class="hc-narrow">
            {back_link("/profile", "Your account")}
            <h1 class="govuk-heading-l">"Your appointments in your calendar"</h1>
            <p class="govuk-body">
                "The calendar on your phone or computer can show your appointments and follow every change by itself. It reads them at a secret address that is made for you."
            </p>
            {names}
            {warning("Whoever has the address can see when you have appointments. Give it to your calendar only.")}
            {body}
        </div>
    }
    .into_any()
}

fn on(since: &str) -> AnyView {
    view! {
        <p class="govuk-body">
            "You have an address since " <b class="hc-num">{since.to_owned()}</b>
            ". It was shown once. If you lost it, make a new one: the old one stops working."
        </p>
        <div class="hc-actions">
            {post_form(MAKE, view! { <button class="govuk-button">"Make a new address"</button> })}
            {post_form(
                "/profile/calendar/off",
                view! { <button class="govuk-button govuk-button--secondary">"Stop the calendar"</button> },
            )}
        </div>
    }
    .into_any()
}

/// The new address, this once.
pub fn made(address: &str) -> AnyView {
    // Calendar programs on phones and computers open addresses of this kind by themselves.
    let rest = address.split_once("://").map(|(_, rest)| rest);
    let open = rest.map(|rest| {
        let link = format!("webcal://{rest}");
        view! {
            <p class="govuk-body">
                <a class="govuk-button" role="button" draggable="false" href=link>
                    "Open in your calendar"
                </a>
            </p>
        }
    });
    view! {
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">"Your calendar address"</h1>
            {warning("It is shown this once. Whoever has it can see when you have appointments.")}
            <div class="govuk-form-group">
                <label class="govuk-label govuk-label--s" for="address">"Address"</label>
                <div id="address-hint" class="govuk-hint">
                    "Copy it whole. In your calendar choose \u{201c}add by URL\u{201d} or \u{201c}subscribe\u{201d} and paste it"
                </div>
                <input
                    class="govuk-input"
                    id="address"
                    type="text"
                    readonly=true
                    spellcheck="false"
                    autocomplete="off"
                    aria-describedby="address-hint"
                    value=address.to_owned()
                />
            </div>
            {open}
            <p class="govuk-body">
                "Programs look for changes about every hour. You can stop the calendar at any time in your account."
            </p>
            <p class="govuk-body">
                <a class="govuk-link" href="/profile">"Back to your account"</a>
            </p>
        </div>
    }
    .into_any()
}
