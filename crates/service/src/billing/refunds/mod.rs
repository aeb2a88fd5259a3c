//! Refunds: asked for by one person, decided by another. What a reader is told of a refund follows from their right to read
//! it; whoever does not see patients learns neither the name nor what the bill is for.

mod decide;
mod read;
mod request;
#[cfg(test)]
mod tests;

pub use decide::{ApproveRefund, DeclineRefund};
pub use read::{CountRefunds, ListRefunds, ReadRefund};
pub use request::{RequestRefund, WithdrawRefund};

use super::{bill_subject, find};
use crate::{ServiceError, Subject, Unit};
use domain::invoice::{RefundOutcome, RefundStep, YearlyNumber};
use domain::{Action, Invoice, InvoiceId, Money, PaymentMethod, Refund, Relation, Role, Scope};
use serde::{Deserialize, Serialize};
use storage::{Version, Versioned};

/// A refund with what one has to know of its bill to decide on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundEntry {
    /// The bill.
    pub bill: InvoiceId,
    /// The bill's version: a decision must state it.
    pub version: Version,
    /// The refund's number on the bill, from 1.
    pub number: u32,
    /// The bill's number.
    pub invoice: Option<YearlyNumber>,
    /// Who paid; `None` for readers who do not see patients.
    pub patient_name: Option<String>,
    /// How much is asked.
    pub amount: Money,
    /// What was paid by each method, as far as it was.
    pub paid: Vec<(PaymentMethod, Money)>,
    /// What of it was given back before or since.
    pub refunded: Money,
    /// The refund.
    pub refund: Refund,
    /// Whether the reader asked for it.
    pub is_own: bool,
}

/// The refund of a bill as the caller may see it.
fn entry(unit: &Unit<'_>, bill: &Versioned<Invoice>, number: u32) -> Result<RefundEntry, ServiceError> {
    let mut refund = bill.refund(number).cloned().ok_or(ServiceError::NotFound)?;
    let is_own = unit.actor.user() == Some(refund.requested.by);
    let sees_patients =
        !matches!(unit.scope(Action::ReadRefunds, Relation::Own), None | Some(Scope::Limited));
    if !sees_patients {
        veil(&mut refund);
    }
    let money = |minor| Money::new(minor, bill.currency);
    let paid_by = |method| {
        let payments = bill.payments.iter().filter(|payment| payment.method == method);
        payments.fold(0i64, |sum, payment| sum.saturating_add(payment.minor))
    };
    let paid = PaymentMethod::ALL.map(|method| (method, money(paid_by(method))));
    Ok(RefundEntry {
        bill: bill.id,
        version: bill.version,
        number,
        invoice: bill.issue.map(|issue| issue.number),
        patient_name: sees_patients.then(|| bill.patient.name.clone()),
        amount: money(refund.minor),
        paid: paid.into_iter().filter(|(_, sum)| sum.minor > 0).collect(),
        refunded: bill.refunded(),
        refund,
        is_own,
    })
}

/// Hides who the patient is, where it was the patient who did something.
fn veil(refund: &mut Refund) {
    let hide = |step: &mut RefundStep| {
        if step.by_role == Role::Patient {
            "The patient".clone_into(&mut step.by_name);
        }
    };
    hide(&mut refund.requested);
    match &mut refund.outcome {
        Some(
            RefundOutcome::Approved { step, .. }
            | RefundOutcome::Declined { step, .. }
            | RefundOutcome::Withdrawn { step },
        ) => hide(step),
        None => {}
    }
}

/// The subject of an action on one refund; unknown ones are not found.
async fn refund_subject(unit: &mut Unit<'_>, id: InvoiceId, number: u32) -> Result<Subject, ServiceError> {
    let subject = bill_subject(unit, id).await?;
    find(unit, id).await?.refund(number).ok_or(ServiceError::NotFound)?;
    Ok(Subject { label: format!("refund {number} of bill {id}"), ..subject })
}

/// The caller's part in a refund.
fn step(unit: &Unit<'_>) -> Result<RefundStep, ServiceError> {
    let (by, by_role) = unit.actor.user().zip(unit.actor.role()).ok_or(ServiceError::Forbidden)?;
    Ok(RefundStep { at: unit.now, by, by_name: unit.actor.name().to_owned(), by_role })
}
