//! Writing and changing draft bills.

use super::{LineForm, bill_subject, find, insert, lines, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned, patients};
use async_trait::async_trait;
use domain::invoice::InvoiceLine;
use domain::{Action, Appointment, AppointmentId, Code, Invoice, InvoiceId, PatientId};
use storage::{Counter, InvoiceFilter};

/// Writes a draft bill. For a visit without lines the visit type gives the one line.
#[derive(Clone, Debug)]
pub struct WriteInvoice {
    /// Who pays.
    pub patient: PatientId,
    /// The visit; each visit is billed once.
    pub appointment: Option<AppointmentId>,
    /// Charges.
    pub lines: Vec<LineForm>,
}

impl WriteInvoice {
    /// The visit to bill: the patient's, not billed yet. Anything else answers alike.
    async fn visit(&self, unit: &mut Unit<'_>) -> Result<Option<Appointment>, ServiceError> {
        let Some(id) = self.appointment else { return Ok(None) };
        let is_theirs =
            |visit: &Appointment| visit.patient.id == Some(self.patient) && !visit.status.is_tentative();
        let visit = unit.tx.appointments().lookup(&id).await?.filter(|visit| is_theirs(visit));
        let bills = InvoiceFilter { appointment: Some(id), ..InvoiceFilter::default() };
        match visit {
            Some(visit) if unit.tx.invoices().count(&bills).await? == 0 => Ok(Some(visit.value)),
            _ => Err(ServiceError::field(
                "appointmentId",
                Code::UnknownChoice("a visit that is not billed yet"),
            )),
        }
    }
}

#[async_trait]
impl UseCase for WriteInvoice {
    type Out = Versioned<Invoice>;
    const ACTION: Action = Action::WriteInvoice;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let known = match patients::find(unit, self.patient).await {
            Ok(patient) => Some(patient.id),
            Err(ServiceError::NotFound) => {
                return Err(ServiceError::field("patientId", Code::UnknownPatient));
            }
            Err(error) => return Err(error),
        };
        let relation = unit.relation(known).await?;
        Ok(Subject::object(relation, known, "new bill"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let patient = patients::find(unit, self.patient).await?;
        let visit = self.visit(unit).await?;
        let mut charges = lines::check(&self.lines, unit.clinic.currency)?;
        if charges.is_empty() {
            let catalogue = unit.catalogue().await?;
            let visit_type = visit.as_ref().and_then(|visit| catalogue.visit_type(&visit.visit_type));
            let charge = visit_type.ok_or_else(|| ServiceError::field("lines", Code::NoLines))?;
            charges.push(InvoiceLine {
                description: charge.name.clone(),
                quantity: 1,
                unit_minor: charge.price_minor,
            });
        }
        let bill = Invoice {
            id: InvoiceId(unit.tx.counters().next(Counter::Billing).await?),
            patient: patients::link_to(&patient),
            appointment: visit.map(|visit| visit.id),
            currency: unit.clinic.currency,
            lines: charges,
            issue: None,
            payments: Vec::new(),
            refunds: Vec::new(),
            created_by: unit.actor.user(),
            created_at: unit.now,
            legacy: None,
        };
        insert(unit, bill).await
    }
}

/// Replaces the lines of a draft.
#[derive(Clone, Debug)]
pub struct ReviseInvoice {
    /// Which.
    pub id: InvoiceId,
    /// The version that the caller saw.
    pub expected: Version,
    /// Charges.
    pub lines: Vec<LineForm>,
}

#[async_trait]
impl UseCase for ReviseInvoice {
    type Out = Versioned<Invoice>;
    const ACTION: Action = Action::WriteInvoice;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        bill_subject(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut bill = find(unit, self.id).await?.value;
        let charges = lines::check(&self.lines, bill.currency)?;
        if charges.is_empty() {
            return Err(ServiceError::field("lines", Code::NoLines));
        }
        bill.rewrite(charges)?;
        update(unit, self.expected, bill).await
    }
}
