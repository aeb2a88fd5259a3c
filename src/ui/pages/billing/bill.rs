//! One bill: an invoice that prints, its payments, and what can be done with it.

use super::pay_state;
use super::refunds::of_bill;
use crate::ui::components::{invoice_tag, short_moment};
use domain::invoice::InvoiceStatus;
use domain::time::long_date;
use domain::{ClinicZone, Invoice, Money, Payment};
use jiff::civil::Date;
use leptos::prelude::*;
use service::Versioned;

/// What the reader may do with bills.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rights {
    /// Change drafts.
    pub write: bool,
    /// Issue.
    pub issue: bool,
    /// Take or make payments.
    pub pay: bool,
    /// Ask for a refund.
    pub ask_refund: bool,
}

/// What the page of one bill shows.
pub struct BillPage {
    /// The bill.
    pub bill: Versioned<Invoice>,
    /// What the reader may do.
    pub rights: Rights,
    /// Whether the reader is the patient.
    pub own: bool,
    /// The clinic's name.
    pub clinic: String,
    /// The clinic's zone.
    pub zone: ClinicZone,
    /// The clinic's date.
    pub today: Date,
}

/// The page of one bill.
pub fn bill(page: &BillPage) -> AnyView {
    let words = if page.own { "Back to my bills" } else { "Back to all bills" };
    let body = match page.bill.status() {
        InvoiceStatus::Draft => view! { {line_table(&page.bill)} }.into_any(),
        InvoiceStatus::Recorded => old(&page.bill),
        _ => {
            view! { {due(page)} {line_table(&page.bill)} {payments(page)} {of_bill(&page.bill, &page.zone)} }
                .into_any()
        }
    };
    view! {
        <a class="govuk-back-link" href="/billing">
            {words}
        </a>
        {unlinked(page)}
        {actions(page)}
        <article class="hc-panel hc-receipt">
            {head(page)}
            {meta(page)}
            {body}
            <p class="hc-receipt__stamp">{invoice_tag(&page.bill, page.today)}</p>
        </article>
    }
    .into_any()
}

fn head(page: &BillPage) -> AnyView {
    let number = page.bill.issue.map(|issue| issue.number.to_string());
    let (title, number) = match number {
        Some(number) => ("Invoice".to_owned(), number),
        None => (page.bill.title(), String::new()),
    };
    view! {
        <header class="hc-receipt__head">
            <div>
                <p class="hc-receipt__org">{page.clinic.clone()}</p>
            </div>
            <div>
                <h1 class="govuk-heading-l">{title}</h1>
                <p class="hc-num">{number}</p>
            </div>
        </header>
    }
    .into_any()
}

fn meta(page: &BillPage) -> AnyView {
    let mut facts = vec![("Patient", page.bill.patient.name.clone())];
    match page.bill.issue {
        Some(issue) => {
            facts.push(("Issued", long_date(page.zone.date(issue.at))));
            facts.push(("To be paid by", long_date(issue.due)));
        }
        None => facts.push(("Written", long_date(page.zone.date(page.bill.created_at)))),
    }
    if let Some(visit) = page.bill.appointment {
        facts.push(("Visit", format!("A-{visit}")));
    }
    facts_list(facts)
}

/// Facts side by side at the head of a bill or receipt.
pub(super) fn facts_list(facts: Vec<(&'static str, String)>) -> AnyView {
    let facts = facts
        .into_iter()
        .map(|(label, words)| {
            view! {
                <div>
                    <dt>{label}</dt>
                    <dd>{words}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="hc-receipt__meta">{facts}</dl> }.into_any()
}

fn due(page: &BillPage) -> AnyView {
    let balance = page.bill.balance();
    let by = page.bill.issue.map(|issue| format!("by {}", long_date(issue.due)));
    let amount = (balance.minor > 0).then(|| {
        view! {
            <p class="hc-due">
                <span>"Amount due"</span>
                " "
                <b>{balance.to_string()}</b>
                " "
                <small>{by}</small>
            </p>
        }
    });
    view! { {amount} {pay_state(&page.bill)} }.into_any()
}

/// The charges with their total.
pub(super) fn line_table(bill: &Invoice) -> AnyView {
    let money = |minor| Money::new(minor, bill.currency).to_string();
    let rows = bill
        .lines
        .iter()
        .map(|line| {
            let each = (line.quantity > 1)
                .then(|| view! { <div class="hc-sub">{money(line.unit_minor)}" each"</div> });
            view! {
                <tr>
                    <td>{line.description.clone()} {each}</td>
                    <td class="hc-amount">{line.quantity}</td>
                    <td class="hc-amount">{money(line.total_minor())}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="hc-tbl hc-tbl--keep">
            <caption class="hc-vh">"Charges"</caption>
            <thead>
                <tr>
                    <th scope="col">"Service"</th>
                    <th scope="col" class="hc-amount">
                        "Count"
                    </th>
                    <th scope="col" class="hc-amount">
                        "Amount"
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
            <tfoot>
                <tr>
                    <th scope="row" colspan="2">
                        "Total"
                    </th>
                    <td class="hc-amount">{bill.total().to_string()}</td>
                </tr>
            </tfoot>
        </table>
    }
    .into_any()
}

fn payments(page: &BillPage) -> Option<AnyView> {
    if page.bill.payments.is_empty() {
        return None;
    }
    let rows = page.bill.payments.iter().map(|payment| payment_row(page, payment)).collect_view();
    Some(
        view! {
            <h2 class="govuk-heading-m hc-mt">"Payments"</h2>
            <table class="hc-tbl hc-tbl--keep">
                <caption class="hc-vh">"Payments"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Receipt"</th>
                        <th scope="col">"Paid"</th>
                        <th scope="col" class="hc-amount">
                            "Amount"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any(),
    )
}

fn payment_row(page: &BillPage, payment: &Payment) -> AnyView {
    view! {
        <tr>
            <td>
                <a class="govuk-link hc-num" href=format!("/billing/{}/receipts/{}", page.bill.id, payment.receipt)>
                    {payment.receipt.to_string()}
                </a>
            </td>
            <td>
                {short_moment(&page.zone, payment.at)}
                <div class="hc-sub">{payment.method.title()}</div>
            </td>
            <td class="hc-amount">{Money::new(payment.minor, page.bill.currency).to_string()}</td>
        </tr>
    }
    .into_any()
}

/// What the old system knew: an amount and a method as they were written.
fn old(bill: &Invoice) -> AnyView {
    let facts = bill.legacy.as_ref().map(|legacy| {
        vec![
            ("Amount as written", legacy.amount.clone()),
            ("Payment as written", legacy.payment_method.clone()),
        ]
    });
    view! {
        {facts_list(facts.unwrap_or_default())}
        <p class="hc-sub">"This bill comes from the old system. Whether it was paid is not known, and it cannot be changed."</p>
    }
    .into_any()
}

fn actions(page: &BillPage) -> Option<AnyView> {
    let id = page.bill.id;
    let mut offers: Vec<(String, &'static str)> = Vec::new();
    match page.bill.status() {
        InvoiceStatus::Draft => {
            if page.rights.issue {
                offers.push((format!("/billing/{id}/issue"), "Issue this bill"));
            }
            if page.rights.write {
                offers.push((format!("/billing/{id}/edit"), "Change the draft"));
            }
        }
        InvoiceStatus::Issued | InvoiceStatus::PartlyPaid if page.rights.pay => {
            let words = if page.own { "Pay this bill" } else { "Take a payment" };
            offers.push((format!("/billing/{id}/pay"), words));
        }
        _ => {}
    }
    if page.rights.ask_refund && page.bill.can_request_refund().is_ok() {
        offers.push((format!("/billing/{id}/refunds/new"), "Ask for a refund"));
    }
    if let (Some(patient), false) = (page.bill.patient.id, page.own) {
        offers.push((format!("/billing?patient={patient}"), "All bills of this patient"));
    }
    if offers.is_empty() {
        return None;
    }
    // What is mostly done next is green: asking money back, or looking at other bills, is not.
    let has_main = matches!(
        page.bill.status(),
        InvoiceStatus::Draft | InvoiceStatus::Issued | InvoiceStatus::PartlyPaid
    );
    let mut class = if has_main { "govuk-button" } else { "govuk-button govuk-button--secondary" };
    let buttons = offers
        .into_iter()
        .map(|(path, words)| {
            let own = std::mem::replace(&mut class, "govuk-button govuk-button--secondary");
            view! {
                <a class=own role="button" draggable="false" href=path>
                    {words}
                </a>
            }
        })
        .collect_view();
    Some(view! { <div class="govuk-button-group hc-noprint">{buttons}</div> }.into_any())
}

fn unlinked(page: &BillPage) -> Option<AnyView> {
    if page.bill.patient.id.is_some() || !page.rights.write {
        return None;
    }
    Some(
        view! {
            <div class="hc-alert hc-alert--ask hc-noprint">
                <p>
                    <b>"No patient is linked."</b>
                    " The name stands as it was written. "
                    <a class="govuk-link" href=format!("/billing/{}/link", page.bill.id)>
                        "Say who is meant"
                    </a>
                </p>
            </div>
        }
        .into_any(),
    )
}
