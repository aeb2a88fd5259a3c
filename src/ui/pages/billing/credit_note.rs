//! The credit note of one refund, made to be printed.

use super::bill::facts_list;
use super::receipt::{head, print_hint, sum_row};
use crate::ui::components::{moment, tag};
use domain::invoice::CreditNote;
use domain::{ClinicZone, Invoice, Money, Refund};
use leptos::prelude::*;

/// What a credit note shows.
pub struct CreditNotePage {
    /// The bill.
    pub bill: Invoice,
    /// The refund.
    pub refund: Refund,
    /// What it comes to.
    pub note: CreditNote,
    /// The clinic's name.
    pub clinic: String,
    /// The clinic's zone.
    pub zone: ClinicZone,
}

/// The credit note.
pub fn credit_note(page: &CreditNotePage) -> AnyView {
    let note = &page.note;
    let amount = Money::new(note.minor, page.bill.currency);
    let facts = facts_list(vec![
        ("Patient", page.bill.patient.name.clone()),
        ("For", page.bill.title()),
        ("Given back on", moment(&page.zone, note.at)),
        ("Given back by", note.method.title().to_owned()),
    ]);
    let approved_by = page.refund.settled().map_or("", |step| &step.by_name);
    let people = format!("Asked for by {}, approved by {approved_by}.", page.refund.requested.by_name);
    view! {
        <a class="govuk-back-link" href=format!("/billing/{}", page.bill.id)>
            "Back to the bill"
        </a>
        <article class="hc-panel hc-receipt">
            {head(&page.clinic, "Credit note", note.number.to_string())}
            <p class="hc-due">
                <span>"Refunded"</span>
                " "
                <b>{amount.to_string()}</b>
            </p>
            {facts}
            <h2 class="govuk-heading-m">"Reason"</h2>
            <p class="hc-pre">{page.refund.reason.clone()}</p>
            {sums(page, amount)}
            <p class="hc-receipt__stamp">{tag("hc-ok", "Refunded")}</p>
            <p class="hc-sub">{people}</p>
        </article>
        {print_hint()}
    }
    .into_any()
}

/// What the bill comes to with this credit note and those of lower numbers.
fn sums(page: &CreditNotePage, amount: Money) -> AnyView {
    let money = |minor| Money::new(minor, amount.currency);
    let notes = page.bill.credit_notes().filter(|other| other.number < page.note.number);
    let before = notes.fold(0i64, |sum, other| sum.saturating_add(other.minor));
    let total = page.bill.total().minor;
    view! {
        <table class="hc-tbl hc-tbl--keep">
            <caption class="hc-vh">"What the bill comes to"</caption>
            <tbody>
                {sum_row("Charged on the invoice", money(total))}
                {(before > 0).then(|| sum_row("Credited before", money(-before)))}
                {sum_row("This credit note", money(-amount.minor))}
            </tbody>
            <tfoot>{sum_row("Charged after credit notes", money(total - before - amount.minor))}</tfoot>
        </table>
    }
    .into_any()
}
