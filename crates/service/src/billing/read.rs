//! Lists of bills, and reading one.

use super::{bill_subject, find};
use crate::{Mode, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::invoice::InvoiceStatus;
use domain::{Action, Invoice, InvoiceId, PatientId, Scope};
use storage::InvoiceFilter;

/// Lists bills. Patients see their own, without drafts.
#[derive(Clone, Debug)]
pub struct ListInvoices {
    /// Only this patient's.
    pub patient: Option<PatientId>,
    /// Only those in one of these statuses, when not empty.
    pub statuses: Vec<InvoiceStatus>,
    /// Which part of the list.
    pub page: PageRequest,
}

#[async_trait]
impl UseCase for ListInvoices {
    type Out = Page<Versioned<Invoice>>;
    const ACTION: Action = Action::ReadInvoices;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject { patient: unit.actor.patient().or(self.patient), ..Subject::any("bills") })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut filter = InvoiceFilter {
            patient: self.patient,
            statuses: self.statuses.clone(),
            ..InvoiceFilter::default()
        };
        if permit.scope() == Scope::Own {
            let Some(patient) = unit.actor.patient() else {
                return Ok(Page { items: Vec::new(), next: None });
            };
            filter.patient = Some(patient);
            filter.issued_only = true;
        }
        Ok(unit.tx.invoices().list(&filter, &self.page).await?)
    }
}

/// Reads one bill.
#[derive(Clone, Debug)]
pub struct ReadInvoice {
    /// Which.
    pub id: InvoiceId,
}

#[async_trait]
impl UseCase for ReadInvoice {
    type Out = Versioned<Invoice>;
    const ACTION: Action = Action::ReadInvoices;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        bill_subject(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        find(unit, self.id).await
    }
}
