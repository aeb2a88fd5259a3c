//! What a use case is: the facts that the policy needs, and what is done within a permit.

use crate::gate::{self, Permit};
use crate::mail::Post;
use crate::{Actor, Kept, Random, ServiceError};
use async_trait::async_trait;
use domain::audit::AuditDraft;
use domain::schedule::Calendar;
use domain::{
    Action, Appointment, AssignmentWindow, AuditOutcome, Catalogue, ClinicZone, Currency, PatientId,
    PlanEntry, Relation, Role, Scope, SessionLimits, User, UserId, VisitType,
};
use jiff::Timestamp;
use storage::{StorageError, Tx};

/// What is particular to this clinic.
#[derive(Clone, Debug)]
pub struct Clinic {
    /// Its name, in the header of every page and on every receipt.
    pub name: String,
    /// Its time zone.
    pub zone: ClinicZone,
    /// The currency of its bills.
    pub currency: Currency,
    /// What it offers and by which rules: as of when these services were made, or of the request ([`crate::Services::current`]).
    pub catalogue: Catalogue,
    /// How long its people stay signed in.
    pub sessions: SessionLimits,
    /// The roles that need a second factor.
    pub second_factor_roles: Vec<Role>,
    /// How long patients are assigned to those who see them.
    pub assignment: AssignmentWindow,
}

impl Clinic {
    /// Length in minutes of an appointment that states none.
    pub const DEFAULT_MINUTES: u16 = 30;

    /// Whether the role needs a second factor.
    pub fn requires_second_factor(&self, role: Role) -> bool {
        self.second_factor_roles.contains(&role)
    }

    /// The visit type with this code.
    pub fn visit_type(&self, code: &str) -> Option<&VisitType> {
        self.catalogue.visit_type(code)
    }

    /// What schedules are read against.
    pub fn calendar(&self) -> Calendar<'_> {
        Calendar { zone: &self.zone, holidays: &self.catalogue.holidays }
    }
}

/// Whether a use case writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It only reads; the audit event is durable before the answer all the same.
    Read,
    /// It only reads, and what it shows may be some seconds old: sums and logs, nothing that anyone acts on at once.
    ReadLately,
    /// It changes something.
    Write,
}

/// The facts that the policy needs, and what the audit event says of them.
#[derive(Clone, Debug)]
pub struct Subject {
    /// How the caller is related to the object.
    pub relation: Relation,
    /// Whose data.
    pub patient: Option<PatientId>,
    /// The object, as `appointment 12`; may be empty.
    pub label: String,
    /// What the audit event gives as reason when it succeeds; may be empty.
    pub reason: String,
}

impl Subject {
    /// A list, a search or something new: no single object yet.
    pub fn any(label: impl Into<String>) -> Self {
        Self { relation: Relation::Any, patient: None, label: label.into(), reason: String::new() }
    }

    /// One object.
    pub fn object(relation: Relation, patient: Option<PatientId>, label: impl Into<String>) -> Self {
        Self { relation, patient, label: label.into(), reason: String::new() }
    }

    /// States why, for the audit event.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }
}

/// A use case at work: the transaction, the caller, the time.
pub struct Unit<'t> {
    /// The transaction.
    pub tx: &'t mut dyn Tx,
    /// The caller.
    pub actor: &'t Actor,
    /// The instant of the whole unit.
    pub now: Timestamp,
    /// The clinic.
    pub clinic: &'t Clinic,
    /// Randomness for new ids.
    pub random: &'t dyn Random,
    /// What is sent once all this is durable.
    pub(crate) post: Post,
    /// Whether this clinic sends text messages.
    pub(crate) sends_texts: bool,
    /// Whom the caller proved to be meanwhile.
    pub(crate) proven: Option<Proven>,
    /// The appointment whose time turned out to be taken.
    pub(crate) wanted: Option<Appointment>,
    /// Whether times that come free are offered to those who wait.
    pub(crate) offers: Offers,
}

/// What becomes of times that come free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offers {
    /// They are offered to those who wait.
    Made,
    /// One was taken in the moment in which it was offered: the unit has to be done again.
    Crossed,
    /// They are not offered this time.
    Off,
}

/// The account that a caller proved to be the owner of, who was nobody before.
#[derive(Clone, Debug)]
pub(crate) struct Proven {
    user: UserId,
    name: String,
    role: Role,
}

impl Unit<'_> {
    /// What the clinic offers and by which rules, now.
    pub async fn catalogue(&mut self) -> Result<Catalogue, StorageError> {
        let stored = self.tx.plan().lookup(&PlanEntry::CATALOGUE).await?;
        let catalogue = stored.and_then(|entry| entry.catalogue().cloned());
        Ok(catalogue.unwrap_or_else(|| self.clinic.catalogue.clone()))
    }

    /// How far another right of the caller reaches, `None` for not at all: for acts that need a second one.
    pub fn scope(&self, action: Action, relation: Relation) -> Option<Scope> {
        gate::scope(self.actor, action, relation)
    }

    /// Nobody turned out to be the owner of an account: what succeeds from here on is written down as done by them.
    pub(crate) fn prove(&mut self, user: &User) {
        let name = user.display_name.clone();
        self.proven = Some(Proven { user: user.id, name, role: user.role });
    }

    /// The audit event of something that the caller did.
    pub(crate) fn event(&self, action: Action, subject: Subject, outcome: AuditOutcome) -> AuditDraft {
        let proven = self.proven.as_ref().filter(|_| outcome == AuditOutcome::Success);
        let (actor, name, role) = match proven {
            Some(proven) => (Some(proven.user), proven.name.as_str(), Some(proven.role)),
            None => (self.actor.user(), self.actor.name(), self.actor.role()),
        };
        let is_acting = outcome == AuditOutcome::Success
            && self.actor.acts_for().is_some()
            && self.actor.patient() == subject.patient;
        let reason = match subject.reason {
            reason if !is_acting => reason,
            reason if reason.is_empty() => AuditDraft::ACTING.to_owned(),
            reason => format!("{}: {reason}", AuditDraft::ACTING),
        };
        AuditDraft {
            at: self.now,
            actor,
            actor_name: name.to_owned(),
            role,
            action,
            subject: subject.label,
            patient: subject.patient,
            outcome,
            reason,
            request_id: self.actor.request_id.clone(),
        }
        .plain()
    }

    /// Notes a part of what the use case does: for one that touches many objects, beside the event of the whole.
    pub(crate) async fn note(&mut self, action: Action, subject: Subject) -> Result<(), StorageError> {
        let event = self.event(action, subject, AuditOutcome::Success);
        self.tx.audit().append(event).await
    }

    /// The same for what happens by itself, whoever set it off: the event names nobody, and so no other patient either.
    pub(crate) async fn note_unattended(
        &mut self,
        action: Action,
        subject: Subject,
    ) -> Result<(), StorageError> {
        let event = self.event(action, subject, AuditOutcome::Success);
        let event = AuditDraft { actor: None, actor_name: "System".to_owned(), role: None, ..event };
        self.tx.audit().append(event).await
    }

    /// How the caller is related to a patient. Entries without a linked patient count as assigned to
    /// clinicians, who must be able to link them.
    pub async fn relation(&mut self, patient: Option<PatientId>) -> Result<Relation, ServiceError> {
        let Some(patient) = patient else { return Ok(Relation::Assigned) };
        if self.actor.patient() == Some(patient) {
            return Ok(Relation::Own);
        }
        if self.treats(patient).await? {
            return Ok(Relation::Assigned);
        }
        let open = self.emergency(patient).await?.is_some();
        Ok(if open { Relation::Emergency } else { Relation::Other })
    }
}

/// One thing that callers can ask for. `subject` and `run` await nothing but `unit.tx` and may be run
/// again from the start, so they keep no state of their own.
#[async_trait]
pub trait UseCase: Send + Sync + 'static {
    /// What comes out.
    type Out: Send + 'static;
    /// The row of the policy table.
    const ACTION: Action;
    /// Whether it writes.
    const MODE: Mode;
    /// How the outcome is kept for a caller who asks again under the same [`crate::RequestKey`]; `None` for what may
    /// simply be done again. One request runs at most one use case that is kept.
    const KEPT: Option<Kept<Self::Out>> = None;

    /// What the audit event names when the caller is refused before any object is looked at; may be empty.
    fn asked(&self) -> String {
        String::new()
    }

    /// Finds the facts that the policy needs.
    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError>;

    /// Does it, within the permit's scope.
    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError>;
}
