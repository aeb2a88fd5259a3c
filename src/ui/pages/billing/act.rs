//! Issuing a bill and paying it: what it means is said before the button.

use super::bill::{facts_list, line_table};
use super::pay_state;
use crate::ui::components::warning;
use crate::ui::form::{self, FormState, Input};
use domain::time::long_date;
use domain::{Invoice, PaymentMethod};
use jiff::civil::Date;
use leptos::prelude::*;
use service::Versioned;

/// What the page before issuing shows.
pub struct IssuePage {
    /// The draft.
    pub bill: Versioned<Invoice>,
    /// The last day to pay, if it is issued today.
    pub due: Date,
    /// Whether the draft was changed after the reader opened this page.
    pub changed: bool,
}

/// What the page to pay shows.
pub struct PayPage {
    /// The bill.
    pub bill: Versioned<Invoice>,
    /// What was typed.
    pub form: FormState,
    /// Whether the reader is the patient.
    pub own: bool,
    /// Whether the bill was changed after the reader opened this page.
    pub changed: bool,
}

/// Says that what the reader saw is not what is stored.
pub(super) fn changed(heading: &'static str, words: String) -> AnyView {
    view! {
        <div class="govuk-error-summary" tabindex="-1" autofocus>
            <div role="alert">
                <h2 class="govuk-error-summary__title">{heading}</h2>
                <div class="govuk-error-summary__body">
                    <p>{words}</p>
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// The page before issuing.
pub fn issue(page: &IssuePage) -> AnyView {
    let changed = page.changed.then(|| {
        changed(
            "The draft was changed after you opened this page",
            "It is not issued. This is how it stands now: check it again.".to_owned(),
        )
    });
    let facts =
        facts_list(vec![("Patient", page.bill.patient.name.clone()), ("To be paid by", long_date(page.due))]);
    view! {
        {changed}
        <a class="govuk-back-link" href=format!("/billing/{}", page.bill.id)>
            "Back to the draft"
        </a>
        <h1 class="govuk-heading-l">"Issue this bill?"</h1>
        <section class="hc-panel hc-receipt">{facts} {line_table(&page.bill)}</section>
        {warning("Once issued, the bill has its number and can never be changed or deleted. The patient can see and pay it.")}
        {form::post_form("", view! {
            {form::hidden("version", page.bill.version)}
            <div class="govuk-button-group">
                <button class="govuk-button">"Issue bill"</button>
                <a class="govuk-link" href=format!("/billing/{}", page.bill.id)>
                    "Not yet"
                </a>
            </div>
        })}
    }
    .into_any()
}

/// The page to pay, or to take a payment.
pub fn pay(page: &PayPage) -> AnyView {
    let state = &page.form;
    let balance = page.bill.balance();
    let changed = page.changed.then(|| {
        changed(
            "This bill changed after you opened the page",
            format!("No payment was taken. {balance} is to pay now: check the amount and try again."),
        )
    });
    let heading = if page.own { "Pay this bill" } else { "Take a payment" };
    let method = if page.own { by_card() } else { methods(state) };
    let button = if page.own { "Pay by card" } else { "Take payment" };
    let hint = if page.own { "You can pay a part of it" } else { "A part of it can be paid" };
    view! {
        {form::error_summary(state)}
        {changed}
        <a class="govuk-back-link" href=format!("/billing/{}", page.bill.id)>
            "Back to the bill"
        </a>
        <div class="hc-narrow">
            <span class="govuk-caption-l">{page.bill.title()}", "{page.bill.patient.name.clone()}</span>
            <h1 class="govuk-heading-l">{heading}</h1>
            <p class="hc-due">
                <span>"Amount due"</span>
                " "
                <b>{balance.to_string()}</b>
            </p>
            {pay_state(&page.bill)}
            <div class="hc-mt">{form::post_form("", view! {
                {form::hidden("version", page.bill.version)}
                {form::input(
                    state,
                    Input::text("amount", "Amount").hint(hint).numeric("govuk-input--width-10").autocomplete("off"),
                )}
                {method}
                <div class="govuk-button-group">
                    <button class="govuk-button">{button}</button>
                    <a class="govuk-link" href=format!("/billing/{}", page.bill.id)>
                        "Cancel"
                    </a>
                </div>
            })}</div>
        </div>
    }
    .into_any()
}

fn methods(state: &FormState) -> AnyView {
    let methods = PaymentMethod::ALL
        .into_iter()
        .map(|method| (method.name().to_owned(), method.title().to_owned(), String::new()))
        .collect();
    form::radios(state, "method", "How it is paid", true, methods)
}

/// Patients pay by card only; what that means is said in full.
fn by_card() -> AnyView {
    view! {
        {form::hidden("method", PaymentMethod::Card.name())}
        <div class="govuk-inset-text">
            "By pressing the button you pay this amount by card, and the payment is recorded at once. No card number is asked for or kept here. You get a receipt. A payment cannot be deleted: if something is wrong, ask for a refund on the page of the bill."
        </div>
    }
    .into_any()
}
