//! Deciding on a refund that another person asked for.

use super::{RefundEntry, entry, refund_subject, step};
use crate::billing::{find, next_number, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::invoice::{RefundError, RefundStep};
use domain::validation::required;
use domain::{Action, Code, Invoice, InvoiceId, PaymentMethod};
use storage::Counter;

/// Gives a refund: from then on it has a credit note, and the money is given back.
#[derive(Clone, Debug)]
pub struct ApproveRefund {
    /// Which bill.
    pub id: InvoiceId,
    /// Which of its refunds.
    pub number: u32,
    /// The bill's version that the caller saw.
    pub expected: Version,
    /// How the money is given back: the name of a [`PaymentMethod`].
    pub method: String,
}

/// Does not give a refund.
#[derive(Clone, Debug)]
pub struct DeclineRefund {
    /// Which bill.
    pub id: InvoiceId,
    /// Which of its refunds.
    pub number: u32,
    /// The bill's version that the caller saw.
    pub expected: Version,
    /// Why not, for whoever asked.
    pub reason: String,
}

impl DeclineRefund {
    /// Most characters of a reason.
    pub const REASON: usize = 500;
}

/// The bill, if the caller may decide on that refund of it. Whose request it is comes first: that answer is the same
/// whatever else has changed.
async fn open_for_decision(
    unit: &mut Unit<'_>,
    id: InvoiceId,
    number: u32,
    expected: Version,
) -> Result<(Versioned<Invoice>, RefundStep), ServiceError> {
    let step = step(unit)?;
    let current = find(unit, id).await?;
    let refund = current.refund(number).ok_or(ServiceError::NotFound)?;
    let is_payee = unit.actor.patient().is_some_and(|own| current.patient.id == Some(own));
    let verdict = if is_payee { Err(RefundError::OwnRequest) } else { refund.can_be_settled_by(step.by) };
    match verdict {
        Err(RefundError::OwnRequest) => Err(RefundError::OwnRequest.into()),
        _ if expected != current.version => Err(ServiceError::Stale),
        Err(error) => Err(error.into()),
        Ok(()) => Ok((current, step)),
    }
}

fn method(typed: &str) -> Result<PaymentMethod, ServiceError> {
    let code = match typed.trim() {
        "" => Code::NotChosen("how the money is given back"),
        name => match PaymentMethod::named(name) {
            Some(method) => return Ok(method),
            None => Code::UnknownChoice("how the money is given back"),
        },
    };
    Err(ServiceError::field("method", code))
}

#[async_trait]
impl UseCase for ApproveRefund {
    type Out = RefundEntry;
    const ACTION: Action = Action::ApproveRefund;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(refund_subject(unit, self.id, self.number).await?.because("approved"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let (current, step) = open_for_decision(unit, self.id, self.number, self.expected).await?;
        let method = method(&self.method)?;
        let credit_note = next_number(unit, Counter::CreditNote).await?;
        let mut bill = current.value;
        bill.approve_refund(self.number, credit_note, method, step)?;
        let bill = update(unit, current.version, bill).await?;
        entry(unit, &bill, self.number)
    }
}

#[async_trait]
impl UseCase for DeclineRefund {
    type Out = RefundEntry;
    const ACTION: Action = Action::ApproveRefund;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(refund_subject(unit, self.id, self.number).await?.because("declined"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let (current, step) = open_for_decision(unit, self.id, self.number, self.expected).await?;
        let reason = required(&self.reason, "Reason", "why it is declined", Self::REASON, true);
        let reason = reason.map_err(|code| ServiceError::field("reason", code))?;
        let mut bill = current.value;
        bill.decline_refund(self.number, reason, step)?;
        let bill = update(unit, current.version, bill).await?;
        entry(unit, &bill, self.number)
    }
}
