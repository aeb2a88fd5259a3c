//! Taking payments. Payments are only ever added.

use super::{bill_subject, find, next_number, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::invoice::{InvoiceError, InvoiceStatus};
use domain::{Action, Code, FieldErrors, Invoice, InvoiceId, Money, Payment, PaymentMethod, Scope};
use storage::Counter;

/// Takes a payment. Patients pay their own bills by card only: cash and transfers are noted by who received them.
#[derive(Clone, Debug)]
pub struct TakePayment {
    /// Which bill.
    pub id: InvoiceId,
    /// The version that the caller saw; `None` for whatever it is now.
    pub expected: Option<Version>,
    /// How much, as `42.50`.
    pub amount: String,
    /// The name of a [`PaymentMethod`].
    pub method: String,
}

impl TakePayment {
    fn check(&self, bill: &Invoice, own: bool) -> Result<(Money, PaymentMethod), ServiceError> {
        match bill.status() {
            InvoiceStatus::Recorded => return Err(InvoiceError::Imported.into()),
            InvoiceStatus::Draft => return Err(InvoiceError::NotIssued.into()),
            _ => {}
        }
        let mut errors = FieldErrors::new();
        let amount = errors.take("amount", amount(&self.amount, bill));
        let method = errors.take("method", method(&self.method, own));
        match (amount, method) {
            (Some(amount), Some(method)) => Ok((amount, method)),
            _ => Err(errors.into()),
        }
    }
}

fn amount(typed: &str, bill: &Invoice) -> Result<Money, Code> {
    let amount = Money::parse(typed, bill.currency).map_err(|_| Code::AmountInvalid)?;
    if amount.minor == 0 {
        Err(Code::AmountNotPositive)
    } else if bill.can_take(amount.minor).is_err() {
        Err(Code::AmountAboveBalance)
    } else {
        Ok(amount)
    }
}

fn method(typed: &str, own: bool) -> Result<PaymentMethod, Code> {
    if typed.trim().is_empty() {
        return Err(Code::NotChosen("how it is paid"));
    }
    PaymentMethod::named(typed.trim())
        .filter(|method| !own || *method == PaymentMethod::Card)
        .ok_or(Code::UnknownChoice("how it is paid"))
}

#[async_trait]
impl UseCase for TakePayment {
    type Out = Versioned<Invoice>;
    const ACTION: Action = Action::TakePayment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        bill_subject(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let by = unit.actor.user().ok_or(ServiceError::Forbidden)?;
        let current = find(unit, self.id).await?;
        if self.expected.is_some_and(|expected| expected != current.version) {
            // Said before the amount is looked at: the balance that the caller saw is not the present one.
            return Err(ServiceError::Stale);
        }
        let mut bill = current.value;
        let (amount, method) = self.check(&bill, permit.scope() == Scope::Own)?;
        let receipt = next_number(unit, Counter::Receipt).await?;
        let by_name = unit.actor.name().to_owned();
        bill.take(Payment { receipt, minor: amount.minor, method, at: unit.now, by, by_name })?;
        update(unit, current.version, bill).await
    }
}
