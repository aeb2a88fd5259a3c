//! The port: units of work over repositories. Nothing above it knows which backend stands behind it.

use crate::{
    AuditFilter, Figure, Page, PageRequest, StorageError,
    keys::{AppointmentFilter, InvoiceFilter, UserFilter, UserKey},
};
use async_trait::async_trait;
use domain::audit::{AuditAnchor, AuditDraft, AuditEvent, ChainHead};
use domain::{
    AccessEntry, AnsweredRequest, Appointment, Invoice, Patient, PlanEntry, Record, RequestId, Schedule,
    Session, SessionId, User,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

/// Counts the changes of one object, from 1; the entity tag of the API.
pub type Version = u64;

/// A boxed future that may borrow for `'t`.
pub type BoxFuture<'t, T> = Pin<Box<dyn Future<Output = T> + Send + 't>>;

/// An object with its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned<T> {
    /// The object.
    pub value: T,
    /// How often it was written.
    pub version: Version,
}

impl<T> std::ops::Deref for Versioned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// What a repository can hold.
pub trait Aggregate: Clone + Debug + Send + Sync + 'static {
    /// Identity.
    type Id: Clone + Debug + Ord + Send + Sync;
    /// All ways to find one.
    type Key: Clone + Debug + Send + Sync;
    /// All ways to narrow a list.
    type Filter: Clone + Debug + Default + Send + Sync;
    /// The collection's name.
    const NAME: &'static str;
    /// Identity of this one.
    fn id(&self) -> Self::Id;
}

/// One kind of object within a unit of work.
#[async_trait]
pub trait Repository<T: Aggregate>: Send {
    /// The object with this key.
    async fn lookup(&mut self, key: &T::Key) -> Result<Option<Versioned<T>>, StorageError>;
    /// Those of these keys that there are, in no particular order: one question to the store instead of many.
    async fn lookup_all(&mut self, keys: &[T::Key]) -> Result<Vec<Versioned<T>>, StorageError> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            found.extend(self.lookup(key).await?);
        }
        Ok(found)
    }
    /// A page of those that pass the filter. A bad cursor is an empty last page.
    async fn list(
        &mut self,
        filter: &T::Filter,
        page: &PageRequest,
    ) -> Result<Page<Versioned<T>>, StorageError>;
    /// How many pass the filter.
    async fn count(&mut self, filter: &T::Filter) -> Result<u64, StorageError>;
    /// Adds a new one; [`crate::Constraint::Id`] when the id exists. Returns version 1.
    async fn insert(&mut self, value: T) -> Result<Version, StorageError>;
    /// Replaces the one with this id; [`StorageError::Stale`] unless its version is `expected`.
    async fn update(&mut self, expected: Version, value: T) -> Result<Version, StorageError>;
}

/// The audit log within a unit of work: append and read, nothing else.
#[async_trait]
pub trait AuditLog: Send {
    /// Appends an event; the store gives it its place in the chain.
    async fn append(&mut self, event: AuditDraft) -> Result<(), StorageError>;
    /// A page of those that pass the filter.
    async fn list(
        &mut self,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>, StorageError>;
    /// Up to `count` events from the one at position `seq` on.
    async fn from(&mut self, seq: u64, count: usize) -> Result<Vec<AuditEvent>, StorageError> {
        use crate::cursor::Cursor as _;
        let after = Some(seq.saturating_sub(1).encode());
        let page = PageRequest { limit: count, after, order: crate::Order::Ascending };
        Ok(self.list(&AuditFilter::default(), &page).await?.items)
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// User ids.
    User,
    /// Appointment ids.
    Appointment,
    /// Record ids.
    MedicalRecord,
    /// Bill ids.
    Billing,
    /// Medical record number serials.
    Mrn,
    /// Invoice numbers of a year.
    Invoice(i16),
    /// Receipt numbers of a year.
    Receipt(i16),
    /// Credit note numbers of a year.
    CreditNote(i16),
}

impl Counter {
    /// Its name in the journal and in a database.
    pub fn name(self) -> String {
        match self {
            Self::User => "user".to_owned(),
            Self::Appointment => "appointment".to_owned(),
            Self::MedicalRecord => "medicalRecord".to_owned(),
            Self::Billing => "billing".to_owned(),
            Self::Mrn => "mrn".to_owned(),
            Self::Invoice(year) => format!("invoice {year}"),
            Self::Receipt(year) => format!("receipt {year}"),
            Self::CreditNote(year) => format!("creditNote {year}"),
        }
    }

    /// The counter with this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.split_once(' ') {
            Some(("invoice", year)) => Self::Invoice(year.parse().ok()?),
            Some(("receipt", year)) => Self::Receipt(year.parse().ok()?),
            Some(("creditNote", year)) => Self::CreditNote(year.parse().ok()?),
            Some(_) => return None,
            None => match name {
                "user" => Self::User,
                "appointment" => Self::Appointment,
                "medicalRecord" => Self::MedicalRecord,
                "billing" => Self::Billing,
                "mrn" => Self::Mrn,
                _ => return None,
            },
        })
    }

    /// Whether a number is given only if the unit of work that took it commits. Ids need not be: a store may give some
    /// away for nothing, so that no writer waits for another.
    pub const fn is_gap_free(self) -> bool {
        matches!(self, Self::Invoice(_) | Self::Receipt(_) | Self::CreditNote(_))
    }
}

/// Counters: no number is given twice, and those of [`Counter::is_gap_free`] leave none out.
#[async_trait]
pub trait Counters: Send {
    /// The next number, from 1.
    async fn next(&mut self, counter: Counter) -> Result<u64, StorageError>;
}

/// Requests with their answers, kept in the unit of work that had the effect, so that whoever never learned the outcome
/// can ask again. Expired ones go, a few at a time, as new ones come.
#[async_trait]
pub trait AnsweredRequests: Send {
    /// The request with this id, if it was answered and is still kept at `now`.
    async fn recall(
        &mut self,
        id: RequestId,
        now: Timestamp,
    ) -> Result<Option<AnsweredRequest>, StorageError>;
    /// Keeps an answer; [`crate::Constraint::Id`] when the request has one already that is still kept.
    async fn keep(&mut self, request: AnsweredRequest) -> Result<(), StorageError>;
}

/// How many objects of each kind are stored; O(1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Users.
    pub users: u64,
    /// Patients.
    pub patients: u64,
    /// Appointments.
    pub appointments: u64,
    /// Record entries.
    pub medical_records: u64,
    /// Bills.
    pub billings: u64,
}

/// Who is behind a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The session.
    pub session: Versioned<Session>,
    /// Its account; without the password hash and the secrets of the second factor where a cache answers.
    pub user: User,
}

/// A unit of work in progress: everything in it happens, or nothing.
#[async_trait]
pub trait Tx: Send {
    /// Accounts.
    fn users(&mut self) -> &mut dyn Repository<User>;
    /// Sessions.
    fn sessions(&mut self) -> &mut dyn Repository<Session>;
    /// Who may get in, beside accounts and sessions.
    fn access(&mut self) -> &mut dyn Repository<AccessEntry>;
    /// Patients.
    fn patients(&mut self) -> &mut dyn Repository<Patient>;
    /// Doctors' hours.
    fn schedules(&mut self) -> &mut dyn Repository<Schedule>;
    /// Appointments.
    fn appointments(&mut self) -> &mut dyn Repository<Appointment>;
    /// Record entries.
    fn records(&mut self) -> &mut dyn Repository<Record>;
    /// Bills.
    fn invoices(&mut self) -> &mut dyn Repository<Invoice>;
    /// What is planned around appointments.
    fn plan(&mut self) -> &mut dyn Repository<PlanEntry>;
    /// The audit log.
    fn audit(&mut self) -> &mut dyn AuditLog;
    /// Counters.
    fn counters(&mut self) -> &mut dyn Counters;
    /// Answered requests.
    fn requests(&mut self) -> &mut dyn AnsweredRequests;
    /// The session with its account, as every request asks for them: in one question, and possibly from a cache that
    /// is never behind what is stored.
    async fn caller(&mut self, id: SessionId) -> Result<Option<Caller>, StorageError> {
        let Some(session) = self.sessions().lookup(&id).await? else { return Ok(None) };
        let user = self.users().lookup(&UserKey::Id(session.value.user)).await?;
        Ok(user.map(|user| Caller { session, user: user.value }))
    }
    /// How much is stored.
    async fn totals(&mut self) -> Result<Totals, StorageError>;
    /// Takes back everything this unit of work wrote so far; it can go on (a refusal is still audited).
    async fn undo(&mut self) -> Result<(), StorageError>;
}

/// A unit of work. It may be run several times: it must await nothing but the [`Tx`] and must keep its
/// result itself, replacing that of an earlier run.
pub type Work = Box<dyn for<'t> FnMut(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StorageError>> + Send>;

/// How a store is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageStatus {
    /// `file-based` or `postgresql`, as the probes report it.
    pub kind: &'static str,
    /// Why it takes no writes now, `None` when all is well.
    pub trouble: Option<String>,
    /// The process must be restarted (its committer is dead).
    pub dead: bool,
    /// How much is stored.
    pub totals: Totals,
}

/// A store.
#[async_trait]
pub trait Storage: Send + Sync + 'static {
    /// Runs a unit of work that writes nothing, on the newest committed state.
    async fn read(&self, work: Work) -> Result<(), StorageError>;
    /// The same on a state that may be some seconds old, where that spares the writers' machine: for reports.
    async fn read_lately(&self, work: Work) -> Result<(), StorageError> {
        self.read(work).await
    }
    /// Runs a unit of work serially with all others; durable when it returns `Ok`.
    async fn write(&self, work: Work) -> Result<(), StorageError>;
    /// The end of the audit chain that is durable now, `None` before the first event.
    async fn audit_head(&self) -> Result<Option<ChainHead>, StorageError>;
    /// Keeps an anchor of the audit chain, durably; nothing removes one.
    async fn keep_anchor(&self, anchor: AuditAnchor) -> Result<(), StorageError>;
    /// The anchor that was kept last.
    async fn newest_anchor(&self) -> Result<Option<AuditAnchor>, StorageError>;
    /// How it is doing; cheap and never waits for a writer.
    fn status(&self) -> StorageStatus;
    /// Figures for operators, as cheap.
    fn figures(&self) -> Vec<Figure> {
        Vec::new()
    }
    /// Stops taking writes, makes everything durable and publishes the readable files.
    async fn close(&self) -> Result<(), StorageError>;
}

/// Shorthand for filters that are often written out.
impl UserFilter {
    /// All of one role.
    pub fn role(role: domain::Role) -> Self {
        Self { role: Some(role), ..Self::default() }
    }
}

impl AppointmentFilter {
    /// All of one patient.
    pub fn patient(patient: domain::PatientId) -> Self {
        Self { patient: Some(patient), ..Self::default() }
    }
}

impl InvoiceFilter {
    /// All of one patient.
    pub fn patient(patient: domain::PatientId) -> Self {
        Self { patient: Some(patient), ..Self::default() }
    }
}
