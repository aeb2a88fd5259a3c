//! Bills in the old system's shape, with the patient by name, and linking them later.

use super::{bill_subject, find, insert, issue, update};
use crate::{
    ConflictKind, Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned, patients,
};
use async_trait::async_trait;
use domain::invoice::{InvoiceLine, LegacyBill};
use domain::validation::required;
use domain::{Action, Code, Currency, FieldErrors, Invoice, InvoiceId, Money, PatientId};
use storage::Counter;

/// Writes a bill in the old shape; it is issued at once. A name that exactly one patient has links it.
#[derive(Clone, Debug)]
pub struct BillWritten {
    /// The patient's name.
    pub patient_name: String,
    /// The amount as written.
    pub amount: String,
    /// How it is to be paid, as written.
    pub payment_method: String,
}

impl BillWritten {
    /// What the one line of such a bill says.
    const LINE: &str = "Medical services";

    fn check(&self, currency: Currency) -> Result<(String, Money, LegacyBill), FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = errors.take(
            "patientName",
            required(&self.patient_name, "Patient name", "the patient’s name", 160, false),
        );
        let amount = match Money::parse(&self.amount, currency) {
            Ok(amount) if amount.minor > 0 => Ok(amount),
            Ok(_) => Err(Code::AmountNotPositive),
            Err(_) => Err(Code::AmountInvalid),
        };
        let amount = errors.take("amount", amount);
        let method = errors.take(
            "paymentMethod",
            required(&self.payment_method, "Payment method", "a payment method", 80, false),
        );
        match (name, amount, method) {
            (Some(name), Some(amount), Some(payment_method)) => {
                let written = self.amount.trim().to_owned();
                Ok((name, amount, LegacyBill { amount: written, payment_method, imported: false }))
            }
            _ => Err(errors),
        }
    }
}

#[async_trait]
impl UseCase for BillWritten {
    type Out = Versioned<Invoice>;
    const ACTION: Action = Action::IssueInvoice;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let patient = patients::named(unit, &self.patient_name).await?.map(|patient| patient.id);
        let relation = unit.relation(patient).await?;
        Ok(Subject::object(relation, patient, "new bill"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let (name, amount, legacy) = self.check(unit.clinic.currency)?;
        let patient = patients::link_by_name(unit, &name).await?;
        let line = InvoiceLine { description: Self::LINE.to_owned(), quantity: 1, unit_minor: amount.minor };
        let mut bill = Invoice {
            id: InvoiceId(unit.tx.counters().next(Counter::Billing).await?),
            patient,
            appointment: None,
            currency: amount.currency,
            lines: vec![line],
            issue: None,
            payments: Vec::new(),
            refunds: Vec::new(),
            created_by: unit.actor.user(),
            created_at: unit.now,
            legacy: Some(legacy),
        };
        issue(unit, &mut bill).await?;
        insert(unit, bill).await
    }
}

/// Links a bill that came with a name only to a patient, once.
#[derive(Clone, Debug)]
pub struct LinkInvoice {
    /// Which.
    pub id: InvoiceId,
    /// The version that the caller saw.
    pub expected: Version,
    /// To whom.
    pub patient: PatientId,
}

#[async_trait]
impl UseCase for LinkInvoice {
    type Out = Versioned<Invoice>;
    // Not `LinkPatient`: that is for who books and treats, bills are for who writes them.
    const ACTION: Action = Action::WriteInvoice;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let subject = bill_subject(unit, self.id).await?;
        let patient = subject.patient.or(Some(self.patient));
        Ok(Subject { patient, ..subject }.because("linked to a patient"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut bill = find(unit, self.id).await?.value;
        if bill.patient.id.is_some() {
            return Err(ServiceError::Conflict(ConflictKind::AlreadyLinked));
        }
        match patients::find(unit, self.patient).await {
            Ok(patient) => bill.patient.id = Some(patient.id),
            Err(ServiceError::NotFound) => {
                return Err(ServiceError::field("patientId", Code::UnknownPatient));
            }
            Err(error) => return Err(error),
        }
        update(unit, self.expected, bill).await
    }
}
