//! The receipt of one payment, made to be printed.

use super::bill::{facts_list, line_table};
use crate::ui::components::moment;
use domain::{ClinicZone, Invoice, Money, Payment};
use leptos::prelude::*;

/// What a receipt shows.
pub struct ReceiptPage {
    /// The bill.
    pub bill: Invoice,
    /// The payment.
    pub payment: Payment,
    /// What was still to pay after it.
    pub balance: Money,
    /// Whether the reader is the patient.
    pub own: bool,
    /// The clinic's name.
    pub clinic: String,
    /// The clinic's zone.
    pub zone: ClinicZone,
}

/// The receipt.
pub fn receipt(page: &ReceiptPage) -> AnyView {
    let payment = &page.payment;
    let amount = Money::new(payment.minor, page.bill.currency);
    let facts = facts_list(vec![
        ("Patient", page.bill.patient.name.clone()),
        ("Bill", page.bill.title()),
        ("Paid on", moment(&page.zone, payment.at)),
        ("Paid by", payment.method.title().to_owned()),
    ]);
    let stamp = if page.balance.minor == 0 {
        view! { <span class="hc-tag hc-paid">"Paid in full"</span> }.into_any()
    } else {
        view! { <span class="hc-tag hc-part-paid">"Partly paid"</span> }.into_any()
    };
    let back = if page.own { "Back to the bill" } else { "Back to this bill" };
    view! {
        <a class="govuk-back-link" href=format!("/billing/{}", page.bill.id)>
            {back}
        </a>
        <article class="hc-panel hc-receipt">
            {head(&page.clinic, "Receipt", payment.receipt.to_string())}
            <p class="hc-due">
                <span>"Received"</span>
                " "
                <b>{amount.to_string()}</b>
            </p>
            {facts}
            {line_table(&page.bill)}
            {sums(page, amount)}
            <p class="hc-receipt__stamp">{stamp}</p>
            <p class="hc-sub">"Received by "{payment.by_name.clone()}". Thank you."</p>
        </article>
        {print_hint()}
    }
    .into_any()
}

/// The head of what is printed and kept: whose it is, what, and its number.
pub(super) fn head(clinic: &str, title: &'static str, number: String) -> AnyView {
    view! {
        <header class="hc-receipt__head">
            <div>
                <p class="hc-receipt__org">{clinic.to_owned()}</p>
            </div>
            <div>
                <h1 class="govuk-heading-l">{title}</h1>
                <p class="hc-num">{number}</p>
            </div>
        </header>
    }
    .into_any()
}

/// One line of the sums below.
pub(super) fn sum_row(label: &'static str, value: Money) -> AnyView {
    view! {
        <tr>
            <th scope="row">{label}</th>
            <td class="hc-amount">{value.to_string()}</td>
        </tr>
    }
    .into_any()
}

/// How to keep it; not printed.
pub(super) fn print_hint() -> AnyView {
    view! {
        <p class="govuk-body hc-noprint">"To keep a copy, use your browser’s print: it fits on one page, or save it as a PDF there."</p>
    }
    .into_any()
}

fn sums(page: &ReceiptPage, amount: Money) -> AnyView {
    let before = Money::new(page.bill.total().minor - page.balance.minor - amount.minor, amount.currency);
    let before = (before.minor > 0).then(|| sum_row("Paid before", before));
    view! {
        <table class="hc-tbl hc-tbl--keep">
            <caption class="hc-vh">"What is paid"</caption>
            <tbody>
                {before}
                {sum_row("This payment", amount)}
                {sum_row("Still to pay", page.balance)}
            </tbody>
        </table>
    }
    .into_any()
}
