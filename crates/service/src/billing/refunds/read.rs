//! The queue of refunds, and reading one.

use super::{RefundEntry, entry, refund_subject};
use crate::billing::find;
use crate::{Mode, Order, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, InvoiceId, Scope};
use storage::{InvoiceFilter, RefundFilter};

/// The bills with refunds that the caller may see; `None` for a caller who has no bills at all.
fn seen(unit: &Unit<'_>, permit: Permit, refunds: RefundFilter) -> Option<InvoiceFilter> {
    let filter = InvoiceFilter { refunds: Some(refunds), ..InvoiceFilter::default() };
    match (permit.scope(), unit.actor.patient()) {
        (Scope::Own, None) => None,
        (Scope::Own, patient) => Some(InvoiceFilter { patient, ..filter }),
        _ => Some(filter),
    }
}

/// Lists refunds, in the order of their bills. Patients see their own.
#[derive(Clone, Debug)]
pub struct ListRefunds {
    /// Only those that wait for approval.
    pub waiting: bool,
    /// Which part of the list; its limit counts bills.
    pub page: PageRequest,
}

#[async_trait]
impl UseCase for ListRefunds {
    type Out = Page<RefundEntry>;
    const ACTION: Action = Action::ReadRefunds;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject { patient: unit.actor.patient(), ..Subject::any("refunds") })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let wanted = if self.waiting { RefundFilter::Waiting } else { RefundFilter::Any };
        let Some(filter) = seen(unit, permit, wanted) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let bills = unit.tx.invoices().list(&filter, &self.page).await?;
        let mut items = Vec::new();
        for bill in &bills.items {
            let mut numbers: Vec<u32> = (1..)
                .zip(&bill.refunds)
                .filter(|(_, refund)| refund.waits() || !self.waiting)
                .map(|(number, _)| number)
                .collect();
            if self.page.order == Order::Descending {
                numbers.reverse();
            }
            for number in numbers {
                items.push(entry(unit, bill, number)?);
            }
        }
        Ok(Page { items, next: bills.next })
    }
}

/// Counts those that wait for approval.
#[derive(Clone, Copy, Debug)]
pub struct CountRefunds {}

#[async_trait]
impl UseCase for CountRefunds {
    type Out = u64;
    const ACTION: Action = Action::ReadRefunds;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject { patient: unit.actor.patient(), ..Subject::any("refunds") })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<u64, ServiceError> {
        // On a bill one waits at a time.
        match seen(unit, permit, RefundFilter::Waiting) {
            Some(filter) => Ok(unit.tx.invoices().count(&filter).await?),
            None => Ok(0),
        }
    }
}

/// Reads one refund.
#[derive(Clone, Copy, Debug)]
pub struct ReadRefund {
    /// Which bill.
    pub id: InvoiceId,
    /// Which of its refunds.
    pub number: u32,
}

#[async_trait]
impl UseCase for ReadRefund {
    type Out = RefundEntry;
    const ACTION: Action = Action::ReadRefunds;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        refund_subject(unit, self.id, self.number).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let bill = find(unit, self.id).await?;
        entry(unit, &bill, self.number)
    }
}
