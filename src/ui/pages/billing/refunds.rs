//! Refunds: the queue of those that wait, one with what can be done about it, and asking for one.

use super::act::changed;
use crate::ui::components::{empty, moment, more, short_moment, tag, warning};
use crate::ui::form::{self, FormState, Input, error_summary, hidden, post_form, radios, text_area};
use crate::ui::pages::admin::{Tab, tabs};
use domain::invoice::{RefundOutcome, RefundState, RefundStep};
use domain::{ClinicZone, Invoice, Money, PaymentMethod, Refund};
use leptos::prelude::*;
use service::billing::RefundEntry;
use service::{Page, Versioned};

/// What the queue shows.
pub struct RefundsPage {
    /// The refunds.
    pub refunds: Page<RefundEntry>,
    /// Whether only those that wait are shown.
    pub waiting: bool,
    /// Whether the reader works in the admin pages.
    pub in_admin: bool,
    /// The clinic's zone.
    pub zone: ClinicZone,
}

/// What the page of one refund shows.
pub struct RefundPage {
    /// The refund.
    pub entry: RefundEntry,
    /// What was typed.
    pub form: FormState,
    /// Whether the bill was changed after the reader opened this page.
    pub changed: bool,
    /// Whether the reader decides on refunds of others.
    pub decides: bool,
    /// Whether the reader may open the bill.
    pub reads_bill: bool,
    /// The clinic's zone.
    pub zone: ClinicZone,
}

/// What the page to ask for a refund shows.
pub struct AskPage {
    /// The bill.
    pub bill: Versioned<Invoice>,
    /// What was typed.
    pub form: FormState,
    /// Whether the bill was changed after the reader opened this page.
    pub changed: bool,
    /// Whether the reader is the patient.
    pub own: bool,
}

/// Where a refund stands, as a tag.
pub(super) fn state_tag(refund: &Refund) -> AnyView {
    let class = match refund.state() {
        RefundState::Requested => "hc-warn",
        RefundState::Approved => "hc-ok",
        RefundState::Declined => "hc-bad",
        RefundState::Withdrawn => "hc-void",
    };
    tag(class, refund.state().title())
}

/// The address of one refund.
pub(super) fn path(entry: &RefundEntry) -> String {
    format!("/billing/{}/refunds/{}", entry.bill, entry.number)
}

fn invoice(entry: &RefundEntry) -> String {
    entry.invoice.map_or_else(|| format!("Bill {}", entry.bill), |number| format!("Invoice {number}"))
}

/// The queue.
pub fn refunds(page: &RefundsPage) -> AnyView {
    let (here, other, words) = if page.waiting {
        ("/billing/refunds", "/billing/refunds?show=all", "Show decided ones too")
    } else {
        ("/billing/refunds?show=all", "/billing/refunds", "Show only those to approve")
    };
    let content = if page.refunds.items.is_empty() {
        let why = if page.waiting { "No refund waits for approval." } else { "No refund was asked for yet." };
        empty(why, Some((other.to_owned(), words.to_owned())))
    } else {
        table(page)
    };
    let back = (!page.in_admin).then(|| {
        view! {
            <a class="govuk-back-link" href="/billing">
                "Back to all bills"
            </a>
        }
    });
    view! {
        {back}
        <h1 class="govuk-heading-l">{if page.waiting { "Refunds to approve" } else { "Refunds" }}</h1>
        {page.in_admin.then(|| tabs(Tab::Refunds))}
        <p class="govuk-body">
            "Someone other than the person who asked decides on each. " <a class="govuk-link" href=other>
                {words}
            </a>
        </p>
        <div class="hc-panel">{content}</div>
        {more(here, page.refunds.next.as_deref(), "Next page")}
    }
    .into_any()
}

fn table(page: &RefundsPage) -> AnyView {
    let rows = page
        .refunds
        .items
        .iter()
        .map(|entry| {
            let asked = &entry.refund.requested;
            let patient = entry.patient_name.clone().map(|name| view! { <div class="hc-sub">{name}</div> });
            let by = if entry.is_own { "You".to_owned() } else { asked.by_name.clone() };
            view! {
                <tr>
                    <td data-label="Bill">
                        <a class="govuk-link" href=path(entry)>
                            <span class="hc-vh">"Refund of "</span>
                            {invoice(entry)}
                        </a>
                        {patient}
                    </td>
                    <td data-label="Asked for">
                        {by}
                        <div class="hc-sub hc-num">{short_moment(&page.zone, asked.at)}</div>
                    </td>
                    <td data-label="Reason">{entry.refund.reason.clone()}</td>
                    <td data-label="Amount" class="hc-amount">
                        {entry.amount.to_string()}
                    </td>
                    <td data-label="State">{state_tag(&entry.refund)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"Refunds"</caption>
            <thead>
                <tr>
                    <th scope="col">"Bill"</th>
                    <th scope="col">"Asked for"</th>
                    <th scope="col">"Reason"</th>
                    <th scope="col" class="hc-amount">
                        "Amount"
                    </th>
                    <th scope="col">"State"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// One refund.
pub fn refund(page: &RefundPage) -> AnyView {
    let entry = &page.entry;
    let (back, words) = if page.reads_bill {
        (format!("/billing/{}", entry.bill), "Back to the bill")
    } else {
        ("/billing/refunds".to_owned(), "Back to the refunds")
    };
    let changed = page.changed.then(|| {
        changed(
            "This bill changed after you opened the page",
            "Nothing was done. This is how the refund stands now.".to_owned(),
        )
    });
    let patient = entry.patient_name.clone().map(|name| format!(", {name}"));
    view! {
        {error_summary(&page.form)}
        {changed}
        <a class="govuk-back-link" href=back>
            {words}
        </a>
        <div class="hc-narrow">
            <span class="govuk-caption-l">{invoice(entry)} {patient}</span>
            <h1 class="govuk-heading-l">"Refund of "{entry.amount.to_string()}</h1>
            <p>{state_tag(&entry.refund)}</p>
            {facts(page)}
            {offers(page)}
        </div>
    }
    .into_any()
}

fn who(zone: &ClinicZone, step: &RefundStep) -> String {
    format!("{} ({}), {}", step.by_name, step.by_role.title().to_lowercase(), moment(zone, step.at))
}

fn facts(page: &RefundPage) -> AnyView {
    let entry = &page.entry;
    let refund = &entry.refund;
    let paid: Vec<String> =
        entry.paid.iter().map(|(method, sum)| format!("{sum} ({})", method.title().to_lowercase())).collect();
    let mut facts = vec![
        ("Asked for by", who(&page.zone, &refund.requested)),
        ("Reason", refund.reason.clone()),
        ("Paid on this bill", paid.join(", ")),
    ];
    if entry.refunded.minor > 0 {
        facts.push(("Refunded so far", entry.refunded.to_string()));
    }
    let mut note = None;
    match &refund.outcome {
        Some(RefundOutcome::Approved { credit_note, method, step }) => {
            facts.push(("Approved by", who(&page.zone, step)));
            facts.push(("Given back by", method.title().to_owned()));
            facts.push(("Credit note", credit_note.to_string()));
            note = page.reads_bill.then(|| {
                let href = format!("/billing/{}/credit-notes/{credit_note}", entry.bill);
                view! {
                    <p class="govuk-body">
                        <a class="govuk-link" href=href>
                            "Show the credit note"
                        </a>
                    </p>
                }
            });
        }
        Some(RefundOutcome::Declined { reason, step }) => {
            facts.push(("Declined by", who(&page.zone, step)));
            facts.push(("Why", reason.clone()));
        }
        Some(RefundOutcome::Withdrawn { step }) => facts.push(("Withdrawn by", who(&page.zone, step))),
        None => {}
    }
    let rows = facts
        .into_iter()
        .map(|(label, value)| {
            view! {
                <div class="govuk-summary-list__row">
                    <dt class="govuk-summary-list__key">{label}</dt>
                    <dd class="govuk-summary-list__value hc-pre">{value}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <dl class="govuk-summary-list">{rows}</dl>
        {note}
    }
    .into_any()
}

/// What the reader can do about a refund that waits, or why not.
fn offers(page: &RefundPage) -> Option<AnyView> {
    let entry = &page.entry;
    if !entry.refund.waits() {
        return None;
    }
    Some(if entry.is_own {
        let why = "You asked for this refund. Another person in the billing office or an administrator decides on it.";
        view! {
            <div class="govuk-inset-text">{why}</div>
            {post_form(format!("{}/withdraw", path(entry)), view! {
                {hidden("version", entry.version)}
                <button class="govuk-button govuk-button--secondary">"Withdraw the request"</button>
            })}
        }
        .into_any()
    } else if page.decides {
        decision(page)
    } else {
        view! { <div class="govuk-inset-text">"The billing office or an administrator decides on it."</div> }
            .into_any()
    })
}

fn decision(page: &RefundPage) -> AnyView {
    let (entry, state) = (&page.entry, &page.form);
    let methods = PaymentMethod::ALL
        .into_iter()
        .map(|method| (method.name().to_owned(), method.title().to_owned(), String::new()))
        .collect();
    let words = format!(
        "Give back {} now: once approved, the refund has its credit note and can never be changed or deleted.",
        entry.amount
    );
    view! {
        <section aria-labelledby="approve">
            <h2 class="govuk-heading-m" id="approve">
                "Approve"
            </h2>
            {post_form(format!("{}/approve", path(entry)), view! {
                {hidden("version", entry.version)}
                {radios(state, "method", "How the money is given back", true, methods)}
                {warning(words)}
                <button class="govuk-button">"Approve refund"</button>
            })}
        </section>
        <section aria-labelledby="decline">
            <h2 class="govuk-heading-m" id="decline">
                "Decline"
            </h2>
            {post_form(format!("{}/decline", path(entry)), view! {
                {hidden("version", entry.version)}
                {text_area(state, "reason", "Why it is declined", "Whoever asked reads this, the patient too", 3)}
                <button class="govuk-button govuk-button--secondary">"Decline refund"</button>
            })}
        </section>
    }
    .into_any()
}

/// The page to ask for a refund.
pub fn ask(page: &AskPage) -> AnyView {
    let state = &page.form;
    let most = page.bill.refundable();
    let changed = page.changed.then(|| {
        changed(
            "This bill changed after you opened the page",
            format!(
                "No refund was asked for. At most {most} can be refunded now: check the amount and try again."
            ),
        )
    });
    let hint = if page.own { "Say in a sentence what is wrong" } else { "Without clinical details" };
    view! {
        {error_summary(state)}
        {changed}
        <a class="govuk-back-link" href=format!("/billing/{}", page.bill.id)>
            "Back to the bill"
        </a>
        <div class="hc-narrow">
            <span class="govuk-caption-l">{page.bill.title()}", "{page.bill.patient.name.clone()}</span>
            <h1 class="govuk-heading-l">"Ask for a refund"</h1>
            <p class="hc-due">
                <span>"Can be refunded"</span>
                " "
                <b>{most.to_string()}</b>
            </p>
            <p class="govuk-body">"Another person checks the request before any money is given back."</p>
            {post_form("", view! {
                {hidden("version", page.bill.version)}
                {form::input(
                    state,
                    Input::text("amount", "Amount").hint("A part of it can be refunded").numeric("govuk-input--width-10").autocomplete("off"),
                )}
                {text_area(state, "reason", "Reason", hint, 3)}
                <div class="govuk-button-group">
                    <button class="govuk-button">"Ask for the refund"</button>
                    <a class="govuk-link" href=format!("/billing/{}", page.bill.id)>
                        "Cancel"
                    </a>
                </div>
            })}
        </div>
    }
    .into_any()
}

/// The refunds of a bill, on its page.
pub(super) fn of_bill(bill: &Invoice, zone: &ClinicZone) -> Option<AnyView> {
    if bill.refunds.is_empty() {
        return None;
    }
    let rows = (1..)
        .zip(&bill.refunds)
        .map(|(number, refund): (u32, _)| {
            let since = refund.settled().unwrap_or(&refund.requested).at;
            let name = refund
                .credit_note()
                .map_or_else(|| format!("Request {number}"), |note| format!("Credit note {}", note.number));
            view! {
                <tr>
                    <td>
                        <a class="govuk-link" href=format!("/billing/{}/refunds/{number}", bill.id)>
                            {name}
                        </a>
                        <div class="hc-sub">{refund.reason.clone()}</div>
                    </td>
                    <td>
                        {state_tag(refund)}
                        <div class="hc-sub hc-num">{short_moment(zone, since)}</div>
                    </td>
                    <td class="hc-amount">{Money::new(refund.minor, bill.currency).to_string()}</td>
                </tr>
            }
        })
        .collect_view();
    let sum = (bill.refunded().minor > 0).then(|| {
        view! {
            <tfoot>
                <tr>
                    <th scope="row" colspan="2">
                        "Refunded"
                    </th>
                    <td class="hc-amount">{bill.refunded().to_string()}</td>
                </tr>
            </tfoot>
        }
    });
    Some(
        view! {
            <h2 class="govuk-heading-m hc-mt" id="refunds">
                "Refunds"
            </h2>
            <table class="hc-tbl hc-tbl--keep">
                <caption class="hc-vh">"Refunds"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Refund"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="hc-amount">
                            "Amount"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                {sum}
            </table>
        }
        .into_any(),
    )
}
