//! Reading the audit log; under a limited permission security events only.

use crate::{Mode, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, AuditEvent, AuditOutcome, PatientId, Scope, UserId};
use jiff::civil::Date;
use storage::AuditFilter;

/// Narrows the audit log; the default is all of it.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only by this user.
    pub actor: Option<UserId>,
    /// Only about this patient.
    pub patient: Option<PatientId>,
    /// Only this action.
    pub action: Option<Action>,
    /// Only this outcome.
    pub outcome: Option<AuditOutcome>,
    /// Only on or after this day at the clinic.
    pub from: Option<Date>,
    /// Only before this day at the clinic.
    pub until: Option<Date>,
}

/// Reads the audit log.
#[derive(Clone, Debug)]
pub struct ReadAudit {
    /// Which events.
    pub query: AuditQuery,
    /// Which part of the list.
    pub page: PageRequest,
}

/// The actions that may be read; an empty list is none at all.
fn readable(asked: Option<Action>, scope: Scope) -> Vec<Action> {
    let reaches = |action: &Action| match scope {
        Scope::All => true,
        Scope::Limited => action.is_security_event(),
        Scope::Own | Scope::Assigned | Scope::Emergency => false,
    };
    let wanted = |action: &Action| asked.is_none_or(|asked| asked == *action);
    Action::ALL.iter().copied().filter(|action| reaches(action) && wanted(action)).collect()
}

#[async_trait]
impl UseCase for ReadAudit {
    type Out = Page<AuditEvent>;
    const ACTION: Action = Action::ReadAudit;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject { patient: self.query.patient, ..Subject::any("audit log") })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let actions = readable(self.query.action, permit.scope());
        if actions.is_empty() {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let zone = &unit.clinic.zone;
        let filter = AuditFilter {
            actor: self.query.actor,
            patient: self.query.patient,
            actions,
            outcome: self.query.outcome,
            from: self.query.from.map(|date| zone.start_of_day(date)),
            until: self.query.until.map(|date| zone.start_of_day(date)),
        };
        Ok(unit.tx.audit().list(&filter, &self.page).await?)
    }
}
