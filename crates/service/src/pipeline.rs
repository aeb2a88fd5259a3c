//! The one pipeline and the one gate: begin, subject, decide, run, audit, commit.

use crate::actor::Kind;
use crate::{Actor, Clock, Kept, Passwords, Random, ServiceError};
use async_trait::async_trait;
use domain::audit::AuditDraft;
use domain::catalogue::VisitType;
use domain::{
    Action, AuditOutcome, ClinicZone, Currency, Decision, PatientId, Relation, Role, Scope, decide,
};
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use storage::{AppointmentFilter, Order, PageRequest, Storage, StorageError, StorageStatus, Tx, Work};

/// What is particular to this clinic.
#[derive(Clone, Debug)]
pub struct Clinic {
    /// Its name, in the header of every page and on every receipt.
    pub name: String,
    /// Its time zone.
    pub zone: ClinicZone,
    /// The currency of its bills.
    pub currency: Currency,
    /// What it offers.
    pub visit_types: Vec<VisitType>,
}

impl Clinic {
    /// Length in minutes of an appointment that states none.
    pub const DEFAULT_MINUTES: u16 = 30;

    /// The visit type with this code.
    pub fn visit_type(&self, code: &str) -> Option<&VisitType> {
        self.visit_types.iter().find(|visit_type| visit_type.code == code)
    }
}

/// Whether a use case writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It only reads; the audit event is durable before the answer all the same.
    Read,
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

/// Proof that the policy allowed the action; only the pipeline makes one.
#[derive(Clone, Copy, Debug)]
pub struct Permit {
    scope: Scope,
}

impl Permit {
    /// How far the permission reaches.
    pub const fn scope(&self) -> Scope {
        self.scope
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
}

impl Unit<'_> {
    /// Days before and after today within which an appointment makes a patient assigned.
    const ASSIGNED_DAYS: (i64, i64) = (7, 30);

    /// The window of assignment around now.
    pub fn assignment_window(&self) -> (Timestamp, Timestamp) {
        let days = |count: i64| SignedDuration::from_hours(24 * count);
        let (before, after) = Self::ASSIGNED_DAYS;
        (
            self.now.checked_sub(days(before)).unwrap_or(Timestamp::MIN),
            self.now.checked_add(days(after)).unwrap_or(Timestamp::MAX),
        )
    }

    /// How far another right of the caller reaches, `None` for not at all: for acts that need a second one.
    pub fn scope(&self, action: Action, relation: Relation) -> Option<Scope> {
        match decide(self.actor.role(), action, relation) {
            _ if self.actor.is_system() => Some(Scope::All),
            Decision::Allow(scope) => Some(scope),
            Decision::Deny => None,
        }
    }

    /// How the caller is related to a patient. Entries without a linked patient count as assigned to
    /// clinicians, who must be able to link them.
    pub async fn relation(&mut self, patient: Option<PatientId>) -> Result<Relation, ServiceError> {
        let Some(patient) = patient else { return Ok(Relation::Assigned) };
        if self.actor.patient() == Some(patient) {
            return Ok(Relation::Own);
        }
        let Some(role) = self.actor.role().filter(|role| role.is_clinical()) else {
            return Ok(Relation::Other);
        };
        let (from, until) = self.assignment_window();
        let filter =
            AppointmentFilter { from: Some(from), until: Some(until), ..AppointmentFilter::patient(patient) };
        let visits = self.tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?;
        // A nurse works the whole clinic's list, a doctor the own one.
        let mine = |doctor: Option<domain::UserId>| {
            role == Role::Nurse || (doctor == self.actor.user() && doctor.is_some())
        };
        let assigned = visits.items.iter().any(|visit| !visit.status.is_cancelled() && mine(visit.doctor.id));
        Ok(if assigned { Relation::Assigned } else { Relation::Other })
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

    /// Finds the facts that the policy needs.
    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError>;

    /// Does it, within the permit's scope.
    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError>;
}

/// The door to everything the clinic does.
#[derive(Clone)]
pub struct Services {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) passwords: Passwords,
    clinic: Arc<Clinic>,
}

impl Services {
    /// Wires the services.
    pub fn new(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        passwords: Passwords,
        clinic: Clinic,
    ) -> Self {
        Self { storage, clock, random, passwords, clinic: Arc::new(clinic) }
    }

    /// The clinic.
    pub fn clinic(&self) -> &Clinic {
        &self.clinic
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clinic's date today.
    pub fn today(&self) -> jiff::civil::Date {
        self.clinic.zone.date(self.now())
    }

    /// 128 random bits.
    pub fn random_bits(&self) -> u128 {
        self.random.bits()
    }

    /// Whether the caller's role has any right to an action: for showing or hiding its button, never for deciding.
    pub fn may(&self, actor: &Actor, action: Action) -> bool {
        let has_right =
            !actor.must_change_password() && decide(actor.role(), action, Relation::Any) != Decision::Deny;
        actor.is_system() || has_right
    }

    /// How the store is doing.
    pub fn storage_status(&self) -> StorageStatus {
        self.storage.status()
    }

    /// Makes everything durable and takes no more writes.
    pub async fn close(&self) -> Result<(), ServiceError> {
        Ok(self.storage.close().await?)
    }

    /// Runs a use case for a caller: the only way to the clinic's data.
    #[tracing::instrument(level = "debug", skip_all, fields(action = ?U::ACTION, outcome))]
    pub async fn execute<U: UseCase>(&self, actor: &Actor, use_case: U) -> Result<U::Out, ServiceError> {
        let job = Arc::new(Job {
            use_case,
            actor: actor.clone(),
            now: self.clock.now(),
            clinic: Arc::clone(&self.clinic),
            random: Arc::clone(&self.random),
        });
        let (result, audit) = match U::MODE {
            Mode::Read => self.read(&job).await?,
            Mode::Write => self.write(&job).await?,
        };
        tracing::Span::current().record("outcome", result.as_ref().err().map_or("ok", ServiceError::code));
        if let Some(event) = audit {
            self.note_read(event).await?;
        }
        if let Err(ServiceError::Internal(why)) = &result {
            tracing::error!(request_id = actor.request_id, why, "internal fault");
        }
        result
    }

    async fn read<U: UseCase>(&self, job: &Arc<Job<U>>) -> Result<Done<U::Out>, ServiceError> {
        let (slot, job) = (Slot::default(), Arc::clone(job));
        let result = slot.clone();
        let work: Work = Box::new(move |tx| {
            let (job, slot) = (Arc::clone(&job), slot.clone());
            Box::pin(async move {
                let (outcome, event) = job.attempt(tx).await?;
                slot.put((outcome, event.filter(|event| leaves_trace(U::ACTION, event.outcome))));
                Ok(())
            })
        });
        self.storage.read(work).await?;
        result.take()
    }

    async fn write<U: UseCase>(&self, job: &Arc<Job<U>>) -> Result<Done<U::Out>, ServiceError> {
        let (slot, job) = (Slot::default(), Arc::clone(job));
        let result = slot.clone();
        let work: Work = Box::new(move |tx| {
            let (job, slot) = (Arc::clone(&job), slot.clone());
            Box::pin(async move {
                let (outcome, event) = job.attempt(tx).await?;
                if outcome.is_err() {
                    tx.undo().await?;
                }
                // A replay did nothing: its event was written when it was done.
                if let Some(event) = event {
                    tx.audit().append(event).await?;
                }
                slot.put((outcome, None));
                Ok(())
            })
        });
        self.storage.write(work).await?;
        result.take()
    }

    /// Makes the event of a read durable. On a full disk care goes on: the event goes to the log instead, where the
    /// operator finds who read what.
    async fn note_read(&self, event: AuditDraft) -> Result<(), ServiceError> {
        match self.append(event.clone()).await {
            Err(ServiceError::Full) => {
                let (user, patient) = (event.actor.map(|id| id.0), event.patient.map(|id| id.to_string()));
                tracing::error!(
                    request_id = event.request_id, at = %event.at, user, action = ?event.action, outcome = ?event.outcome,
                    subject = event.subject, patient, "storage is full: this audit event is in the log only"
                );
                Ok(())
            }
            outcome => outcome,
        }
    }

    async fn append(&self, event: AuditDraft) -> Result<(), ServiceError> {
        let work: Work = Box::new(move |tx| {
            let event = event.clone();
            Box::pin(async move { tx.audit().append(event).await })
        });
        Ok(self.storage.write(work).await?)
    }
}

/// A use case's result and the audit event that is still to be written, if any is.
type Done<T> = (Result<T, ServiceError>, Option<AuditDraft>);

/// What a use case came to.
enum Outcome<T> {
    /// It was done now.
    Fresh(T),
    /// The same request did it before.
    Replayed(T),
}

/// Where a unit of work leaves its result; a later run replaces that of an earlier one.
struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Slot<T> {
    fn put(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    fn take(&self) -> Result<T, ServiceError> {
        let value = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| ServiceError::Internal("the store did not run the unit of work".to_owned()))
    }
}

/// Reads of what every signed-in caller may see leave no event when they succeed.
fn leaves_trace(action: Action, outcome: AuditOutcome) -> bool {
    let everyday = matches!(action, Action::ReadSchedule | Action::ReadPrices | Action::ReadProfile);
    !everyday || outcome != AuditOutcome::Success
}

/// A use case on its way through the pipeline.
struct Job<U> {
    use_case: U,
    actor: Actor,
    now: Timestamp,
    clinic: Arc<Clinic>,
    random: Arc<dyn Random>,
}

impl<U: UseCase> Job<U> {
    /// Gate and run. A trouble of the store itself ends the whole unit of work; every other outcome is audited, but for
    /// that of a request that was answered before.
    async fn attempt(&self, tx: &mut dyn Tx) -> Result<Done<U::Out>, StorageError> {
        let mut unit = Unit {
            tx,
            actor: &self.actor,
            now: self.now,
            clinic: &self.clinic,
            random: self.random.as_ref(),
        };
        let mut subject = Subject::any("");
        let result = match self.gated(&mut unit, &mut subject).await {
            Ok(Outcome::Replayed(out)) => return Ok((Ok(out), None)),
            Ok(Outcome::Fresh(out)) => Ok(out),
            Err(error) => Err(error),
        };
        if let Err(ServiceError::Unavailable(_)) = result {
            return Err(StorageError::Unavailable("the unit of work could not go on".to_owned()));
        }
        let outcome = match &result {
            Ok(_) => AuditOutcome::Success,
            Err(ServiceError::Forbidden | ServiceError::Unauthenticated | ServiceError::NotFound) => {
                AuditOutcome::Denied
            }
            Err(_) => AuditOutcome::Failed,
        };
        let reason = result.as_ref().err().map_or(subject.reason.as_str(), |error| error.code()).to_owned();
        let event = AuditDraft {
            at: self.now,
            actor: self.actor.user(),
            actor_name: self.actor.name().to_owned(),
            role: self.actor.role(),
            action: U::ACTION,
            subject: subject.label,
            patient: subject.patient,
            outcome,
            reason,
            request_id: self.actor.request_id.clone(),
        };
        Ok((result, Some(event)))
    }

    async fn gated(
        &self,
        unit: &mut Unit<'_>,
        subject: &mut Subject,
    ) -> Result<Outcome<U::Out>, ServiceError> {
        // Whoever was handed a password chooses one of their own before anything else.
        let before_all = matches!(U::ACTION, Action::ReadProfile | Action::EditProfile | Action::SignOut);
        if self.actor.must_change_password() && !before_all {
            return Err(ServiceError::Forbidden);
        }
        // What a role never may is refused before any object is looked at, so that nothing shows through.
        self.ask(Relation::Any)?;
        // Before the object is looked at: what the first request did to it must not stand in the second one's way.
        if let Some(kept) = &U::KEPT
            && let Some(out) = unit.recall(kept).await?
        {
            return Ok(Outcome::Replayed(out));
        }
        *subject = self.use_case.subject(unit).await?;
        let permit = match self.ask(subject.relation) {
            Ok(permit) => permit,
            Err(ServiceError::Forbidden) if subject.relation != Relation::Any => {
                return Err(ServiceError::NotFound);
            }
            Err(error) => return Err(error),
        };
        let out = self.use_case.run(unit, permit).await?;
        if let Some(kept) = &U::KEPT
            && let Some(answered) = unit.answered(kept, &out)?
        {
            unit.tx.requests().keep(answered).await?;
        }
        Ok(Outcome::Fresh(out))
    }

    fn ask(&self, relation: Relation) -> Result<Permit, ServiceError> {
        if self.actor.is_system() {
            return Ok(Permit { scope: Scope::All });
        }
        match decide(self.actor.role(), U::ACTION, relation) {
            Decision::Allow(scope) => Ok(Permit { scope }),
            Decision::Deny if matches!(self.actor.kind, Kind::Anonymous) => {
                Err(ServiceError::Unauthenticated)
            }
            Decision::Deny => Err(ServiceError::Forbidden),
        }
    }
}
