//! What was written down of oneself.

use crate::{Mode, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, AuditEvent, Relation};
use storage::AuditFilter;

/// Reads the caller's own actions.
#[derive(Clone, Debug)]
pub struct ReadOwnActions {
    /// Which part of the list.
    pub page: PageRequest,
}

#[async_trait]
impl UseCase for ReadOwnActions {
    type Out = Page<AuditEvent>;
    const ACTION: Action = Action::ReadOwnActions;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::object(Relation::Own, None, "own actions"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let actor = Some(unit.actor.user().ok_or(ServiceError::Unauthenticated)?);
        let filter = AuditFilter { actor, ..AuditFilter::default() };
        Ok(unit.tx.audit().list(&filter, &self.page).await?)
    }
}
