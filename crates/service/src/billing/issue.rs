//! Issuing a bill: it gets its number and never changes again.

use super::{bill_subject, find, issue, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::{Action, Invoice, InvoiceId};

/// Issues a draft under the next number of the year.
#[derive(Clone, Debug)]
pub struct IssueInvoice {
    /// Which.
    pub id: InvoiceId,
    /// The version that the caller saw.
    pub expected: Version,
}

#[async_trait]
impl UseCase for IssueInvoice {
    type Out = Versioned<Invoice>;
    const ACTION: Action = Action::IssueInvoice;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        bill_subject(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut bill = find(unit, self.id).await?.value;
        issue(unit, &mut bill).await?;
        update(unit, self.expected, bill).await
    }
}
