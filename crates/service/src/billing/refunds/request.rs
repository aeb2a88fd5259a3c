//! Asking for a refund, and taking that back.

use super::{RefundEntry, entry, refund_subject, step};
use crate::billing::{bill_subject, find, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version};
use async_trait::async_trait;
use domain::validation::required;
use domain::{Action, Code, FieldErrors, Invoice, InvoiceId, Money};

/// Asks for money back that was paid on a bill. Another person decides on it.
#[derive(Clone, Debug)]
pub struct RequestRefund {
    /// Which bill.
    pub id: InvoiceId,
    /// The version that the caller saw.
    pub expected: Version,
    /// How much, as `42.50`.
    pub amount: String,
    /// Why.
    pub reason: String,
}

impl RequestRefund {
    /// Most characters of a reason.
    pub const REASON: usize = 500;

    fn check(&self, bill: &Invoice) -> Result<(Money, String), FieldErrors> {
        let mut errors = FieldErrors::new();
        let amount = errors.take("amount", amount(&self.amount, bill));
        let reason = required(&self.reason, "Reason", "why the money is asked back", Self::REASON, true);
        let reason = errors.take("reason", reason);
        match (amount, reason) {
            (Some(amount), Some(reason)) => Ok((amount, reason)),
            _ => Err(errors),
        }
    }
}

fn amount(typed: &str, bill: &Invoice) -> Result<Money, Code> {
    let amount = Money::parse(typed, bill.currency).map_err(|_| Code::AmountInvalid)?;
    if amount.minor == 0 {
        Err(Code::AmountNotPositive)
    } else if amount.minor > bill.refundable().minor {
        Err(Code::AmountAboveRefundable)
    } else {
        Ok(amount)
    }
}

#[async_trait]
impl UseCase for RequestRefund {
    type Out = RefundEntry;
    const ACTION: Action = Action::RequestRefund;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let subject = bill_subject(unit, self.id).await?;
        let number = find(unit, self.id).await?.refunds.len() + 1;
        Ok(Subject { label: format!("refund {number} of bill {}", self.id), ..subject })
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let step = step(unit)?;
        let current = find(unit, self.id).await?;
        if self.expected != current.version {
            // Said before the amount is looked at: what can be refunded is not what the caller saw.
            return Err(ServiceError::Stale);
        }
        let mut bill = current.value;
        bill.can_request_refund()?;
        let (amount, reason) = self.check(&bill)?;
        bill.request_refund(amount.minor, reason, step)?;
        let bill = update(unit, current.version, bill).await?;
        entry(unit, &bill, u32::try_from(bill.refunds.len()).unwrap_or(u32::MAX))
    }
}

/// Takes the own request back while nobody has decided on it.
#[derive(Clone, Copy, Debug)]
pub struct WithdrawRefund {
    /// Which bill.
    pub id: InvoiceId,
    /// Which of its refunds.
    pub number: u32,
    /// The bill's version that the caller saw.
    pub expected: Version,
}

#[async_trait]
impl UseCase for WithdrawRefund {
    type Out = RefundEntry;
    const ACTION: Action = Action::RequestRefund;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(refund_subject(unit, self.id, self.number).await?.because("withdrawn"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let step = step(unit)?;
        let current = find(unit, self.id).await?;
        if self.expected != current.version {
            return Err(ServiceError::Stale);
        }
        let mut bill = current.value;
        bill.withdraw_refund(self.number, step)?;
        let bill = update(unit, current.version, bill).await?;
        entry(unit, &bill, self.number)
    }
}
