//! One event with its place in the chain.

use super::reaches;
use crate::{Mode, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, AuditEvent, Mrn, Relation, Scope};
use storage::PatientKey;

/// Reads one event and those beside it.
#[derive(Clone, Copy, Debug)]
pub struct ReadAuditEvent {
    /// Its position in the log.
    pub seq: u64,
}

/// An event beside the one that is looked at. What it was is left out where the caller may not read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its position.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// What it was.
    pub action: Option<Action>,
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventInPlace {
    /// The event.
    pub event: AuditEvent,
    /// The number (MRN) of the patient it is about.
    pub mrn: Option<Mrn>,
    /// The one before it.
    pub before: Option<Neighbour>,
    /// The one after it.
    pub after: Option<Neighbour>,
    /// Whether its hash is that of its words and of the one before, and the one after names it.
    pub is_linked: bool,
}

fn neighbour(event: &AuditEvent, scope: Scope) -> Neighbour {
    let action = Some(event.event.action).filter(|action| reaches(scope, *action));
    Neighbour { seq: event.seq, hash: event.hash.clone(), action }
}

#[async_trait]
impl UseCase for ReadAuditEvent {
    type Out = EventInPlace;
    const ACTION: Action = Action::ReadAudit;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::object(Relation::Any, None, format!("audit event {}", self.seq)))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<EventInPlace, ServiceError> {
        let first = self.seq.saturating_sub(1).max(1);
        let found = unit.tx.audit().from(first, 3).await?;
        let at = found.iter().position(|event| event.seq == self.seq).ok_or(ServiceError::NotFound)?;
        let event = found[at].clone();
        if !reaches(permit.scope(), event.event.action) {
            return Err(ServiceError::NotFound);
        }
        let before = at.checked_sub(1).and_then(|before| found.get(before));
        let after = found.get(at + 1);
        let patient = match event.event.patient {
            Some(id) => unit.tx.patients().lookup(&PatientKey::Id(id)).await?,
            None => None,
        };
        let prev = before.map_or(storage::chain::GENESIS, |before| before.hash.as_str());
        let is_linked = event.prev == prev
            && storage::chain::hash_of(prev, &event.event) == event.hash
            && after.is_none_or(|after| after.prev == event.hash);
        Ok(EventInPlace {
            mrn: patient.map(|patient| patient.value.mrn),
            before: before.map(|event| neighbour(event, permit.scope())),
            after: after.map(|event| neighbour(event, permit.scope())),
            is_linked,
            event,
        })
    }
}
