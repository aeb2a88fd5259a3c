//! Bills: writing, issuing, taking payments and giving them back, and what the day brought in. Numbers come from gap-free
//! counters in the same unit of work as the bill that bears them.

mod day;
mod issue;
mod lines;
mod pay;
mod read;
mod refunds;
#[cfg(test)]
mod tests;
mod write;
mod written;

pub use day::{Takings, TakingsReport, VisitsNotBilled};
pub use issue::IssueInvoice;
pub use lines::LineForm;
pub use pay::TakePayment;
pub use read::{ListInvoices, ReadInvoice};
pub use refunds::{
    ApproveRefund, CountRefunds, DeclineRefund, ListRefunds, ReadRefund, RefundEntry, RequestRefund,
    WithdrawRefund,
};
pub use write::{ReviseInvoice, WriteInvoice};
pub use written::{BillWritten, LinkInvoice};

use crate::{ServiceError, Subject, Unit};
use domain::invoice::{InvoiceStatus, Issue, YearlyNumber};
use domain::{Invoice, InvoiceId, Relation};
use jiff::ToSpan;
use storage::{Counter, Version, Versioned};

/// The bill with this id; unknown ones are not found.
async fn find(unit: &mut Unit<'_>, id: InvoiceId) -> Result<Versioned<Invoice>, ServiceError> {
    unit.tx.invoices().lookup(&id).await?.ok_or(ServiceError::NotFound)
}

/// The subject of an action on one bill. To the patient a draft is not there yet.
async fn bill_subject(unit: &mut Unit<'_>, id: InvoiceId) -> Result<Subject, ServiceError> {
    let bill = find(unit, id).await?;
    let relation = match unit.relation(bill.patient.id).await? {
        Relation::Own if bill.status() == InvoiceStatus::Draft => Relation::Other,
        relation => relation,
    };
    Ok(Subject::object(relation, bill.patient.id, format!("bill {id}")))
}

/// The next number of a yearly counter, in the year that it is at the clinic.
async fn next_number(unit: &mut Unit<'_>, counter: fn(i16) -> Counter) -> Result<YearlyNumber, ServiceError> {
    let year = unit.clinic.zone.date(unit.now).year();
    Ok(YearlyNumber { year, serial: unit.tx.counters().next(counter(year)).await? })
}

/// Issues a bill under the next number. Whether it can be is asked first, so that no number is spent on a refusal.
async fn issue(unit: &mut Unit<'_>, bill: &mut Invoice) -> Result<(), ServiceError> {
    bill.can_issue()?;
    let number = next_number(unit, Counter::Invoice).await?;
    let today = unit.clinic.zone.date(unit.now);
    let due = today.checked_add(Invoice::DAYS_TO_PAY.days()).unwrap_or(today);
    Ok(bill.issue(Issue { number, at: unit.now, due })?)
}

/// Replaces a bill.
async fn update(
    unit: &mut Unit<'_>,
    expected: Version,
    bill: Invoice,
) -> Result<Versioned<Invoice>, ServiceError> {
    let version = unit.tx.invoices().update(expected, bill.clone()).await?;
    Ok(Versioned { value: bill, version })
}

/// Adds a bill.
async fn insert(unit: &mut Unit<'_>, bill: Invoice) -> Result<Versioned<Invoice>, ServiceError> {
    let version = unit.tx.invoices().insert(bill.clone()).await?;
    Ok(Versioned { value: bill, version })
}
