//! Whether anything about times changed, here or at another process: every change leaves an event in the audit log, whose
//! end every process reads from the same store. What changed is not told: whoever may see it asks for it.

use crate::{Mode, Permit, ServiceError, Services, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, AuditEvent, AuditOutcome};

/// Events that are looked at one by one; more count as a change.
const LOOKED_AT: usize = 500;

/// What happened since an event of the audit log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The last event that was looked at.
    pub revision: u64,
    /// Whether anything about times or visits changed.
    pub schedule: bool,
    /// Whether anybody's session or rights may have changed.
    pub access: bool,
}

/// Whether an event tells of a change of times or visits.
const fn is_of_schedule(action: Action) -> bool {
    matches!(
        action,
        Action::BookAppointment
            | Action::MoveAppointment
            | Action::CancelAppointment
            | Action::OverbookAppointment
            | Action::AdvanceAppointment
            | Action::LinkPatient
            | Action::BookSeries
            | Action::ChangeSeries
            | Action::AnswerOffer
            | Action::OfferTime
            | Action::AnswerMessage
            | Action::SetSchedule
            | Action::SetCatalogue
            | Action::ManageUsers
            | Action::ImportData
    )
}

impl Changes {
    fn note(&mut self, event: &AuditEvent) {
        self.revision = self.revision.max(event.seq);
        if event.event.outcome == AuditOutcome::Success {
            let action = event.event.action;
            self.schedule |= is_of_schedule(action);
            self.access |= action.is_security_event() && action != Action::SignIn;
        }
    }
}

impl Services {
    /// The end of the audit log: what happens from here on is a later revision.
    ///
    /// # Errors
    /// What the store says.
    pub async fn revision(&self) -> Result<u64, ServiceError> {
        Ok(self.storage.audit_head().await?.map_or(0, |head| head.seq))
    }

    /// What happened after a revision, at whichever process. Cheap when nothing did.
    ///
    /// # Errors
    /// What the store says.
    pub async fn changes_since(&self, revision: u64) -> Result<Changes, ServiceError> {
        let end = self.revision().await?;
        if end <= revision {
            return Ok(Changes { revision: end, ..Changes::default() });
        }
        if end - revision > LOOKED_AT as u64 {
            return Ok(Changes { revision: end, schedule: true, access: true });
        }
        let read =
            self.read_unit(move |tx| Box::pin(async move { tx.audit().from(revision + 1, LOOKED_AT).await }));
        let events = read.await?;
        let mut changes = Changes { revision, ..Changes::default() };
        for event in &events {
            changes.note(event);
        }
        Ok(changes)
    }
}

/// Whether the caller may be told that times have changed: everyone who may see free times.
#[derive(Clone, Debug)]
pub struct WatchSchedule {}

#[async_trait]
impl UseCase for WatchSchedule {
    type Out = ();
    const ACTION: Action = Action::ReadSchedule;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("changes of times"))
    }

    async fn run(&self, _unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        Ok(())
    }
}
