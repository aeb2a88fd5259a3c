//! Reading the audit log page by page.

use super::AuditQuery;
use crate::{Mode, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, AuditEvent};

/// Reads the audit log.
#[derive(Clone, Debug)]
pub struct ReadAudit {
    /// Which events.
    pub query: AuditQuery,
    /// Which part of the list.
    pub page: PageRequest,
}

#[async_trait]
impl UseCase for ReadAudit {
    type Out = Page<AuditEvent>;
    const ACTION: Action = Action::ReadAudit;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject { patient: self.query.patient(unit).await?, ..Subject::any("audit log") })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        match self.query.narrowed(unit, permit.scope()).await? {
            Some(filter) => Ok(unit.tx.audit().list(&filter, &self.page).await?),
            None => Ok(Page { items: Vec::new(), next: None }),
        }
    }
}
