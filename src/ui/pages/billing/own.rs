//! A patient's own bills: what is to pay first.

use super::pay_state;
use crate::ui::components::{empty, invoice_tag, more};
use domain::time::{long_date, short_date};
use domain::{ClinicZone, Currency, Invoice, Money};
use jiff::civil::Date;
use leptos::prelude::*;
use service::Versioned;

/// What this page shows.
pub struct OwnPage {
    /// The bills, newest first.
    pub bills: Vec<Versioned<Invoice>>,
    /// Where the list goes on.
    pub next: Option<String>,
    /// The clinic's currency.
    pub currency: Currency,
    /// The clinic's zone.
    pub zone: ClinicZone,
    /// The clinic's date.
    pub today: Date,
}

/// A patient's bills, as the patient sees them or who acts for them.
pub fn own(page: &OwnPage, title: &'static str) -> AnyView {
    if page.bills.is_empty() {
        return nothing(title, "There are no bills. They appear here once the clinic issues them.");
    }
    let (open, settled): (Vec<&Invoice>, Vec<&Invoice>) =
        page.bills.iter().map(|bill| &bill.value).partition(|bill| bill.balance().minor > 0);
    let cards = open.iter().map(|bill| card(page, bill)).collect_view();
    view! {
        <h1 class="govuk-heading-l">{title}</h1>
        {total(page, &open)}
        <div class="hc-grid hc-grid--half">{cards}</div>
        {earlier(page, &settled)}
        {more("/billing", page.next.as_deref(), "Older bills")}
    }
    .into_any()
}

/// For an account that no patient belongs to yet.
pub fn no_bills() -> AnyView {
    nothing(
        "My bills",
        "Your account is not linked to a patient yet. Ask the reception to link it, then your bills appear here.",
    )
}

fn nothing(title: &'static str, why: &'static str) -> AnyView {
    view! {
        <h1 class="govuk-heading-l">{title}</h1>
        <div class="hc-panel">{empty(why, Some(("/".to_owned(), "Go to the home page".to_owned())))}</div>
    }
    .into_any()
}

fn total(page: &OwnPage, open: &[&Invoice]) -> AnyView {
    if open.is_empty() {
        return view! { <p class="govuk-body-l">"Nothing to pay. Thank you."</p> }.into_any();
    }
    let minor = open.iter().fold(0i64, |sum, bill| sum.saturating_add(bill.balance().minor));
    let first_due = open.iter().filter_map(|bill| bill.issue).map(|issue| issue.due).min();
    let late = first_due.is_some_and(|due| due < page.today);
    let by = first_due.map(|due| {
        if late { format!("was due {}", long_date(due)) } else { format!("first by {}", long_date(due)) }
    });
    view! {
        <p class="hc-due">
            <span>"Amount due"</span>
            " "
            <b>{Money::new(minor, page.currency).to_string()}</b>
            " "
            <small>{by}</small>
        </p>
    }
    .into_any()
}

fn card(page: &OwnPage, bill: &Invoice) -> AnyView {
    let due = bill.issue.map(|issue| format!("To be paid by {}", long_date(issue.due)));
    let what: Vec<String> = bill.lines.iter().map(|line| line.description.clone()).collect();
    view! {
        <section class="hc-panel hc-pad">
            <h2>
                <a class="govuk-link" href=format!("/billing/{}", bill.id)>
                    {bill.title()}
                </a>
                " "
                {invoice_tag(bill, page.today)}
            </h2>
            <p>{what.join(", ")}</p>
            <p class="hc-due">
                <b>{bill.balance().to_string()}</b>
                " "
                <small>{due}</small>
            </p>
            {pay_state(bill)}
            <p class="hc-actions hc-noprint">
                <a class="govuk-button hc-btn-s" role="button" draggable="false" href=format!("/billing/{}/pay", bill.id)>
                    "Pay"
                    <span class="hc-vh">" "{bill.title()}</span>
                </a>
                <a
                    class="govuk-button govuk-button--secondary hc-btn-s"
                    role="button"
                    draggable="false"
                    href=format!("/billing/{}", bill.id)
                >
                    "See the bill"
                    <span class="hc-vh">" "{bill.title()}</span>
                </a>
            </p>
        </section>
    }
    .into_any()
}

fn earlier(page: &OwnPage, bills: &[&Invoice]) -> Option<AnyView> {
    if bills.is_empty() {
        return None;
    }
    let rows = bills
        .iter()
        .map(|bill| {
            let issued = bill.issue.map_or(bill.created_at, |issue| issue.at);
            let receipt = bill.payments.last().map(|payment| {
                view! {
                    <a class="govuk-link" href=format!("/billing/{}/receipts/{}", bill.id, payment.receipt)>
                        "Receipt"
                        <span class="hc-vh">" of "{bill.title()}</span>
                    </a>
                }
            });
            view! {
                <tr>
                    <td data-label="Bill">
                        <a class="govuk-link" href=format!("/billing/{}", bill.id)>
                            {bill.title()}
                        </a>
                    </td>
                    <td data-label="Issued">
                        <span class="hc-num">{short_date(page.zone.date(issued))}</span>
                    </td>
                    <td data-label="Total" class="hc-amount">
                        {bill.total().to_string()}
                    </td>
                    <td data-label="Status">{invoice_tag(bill, page.today)}</td>
                    <td data-label="Receipt">{receipt}</td>
                </tr>
            }
        })
        .collect_view();
    Some(
        view! {
            <h2 class="govuk-heading-m hc-mt">"Earlier bills"</h2>
            <div class="hc-panel">
                <table class="hc-tbl">
                    <caption class="hc-vh">"Earlier bills"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Bill"</th>
                            <th scope="col">"Issued"</th>
                            <th scope="col" class="hc-amount">
                                "Total"
                            </th>
                            <th scope="col">"Status"</th>
                            <th scope="col">"Receipt"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any(),
    )
}
