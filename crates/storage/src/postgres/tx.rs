//! The unit of work on PostgreSQL.

use super::cache::{Cached, Changed};
use super::failure::Failure;
use super::repositories::forgotten_at;
use super::sql;
use super::statement::{Statement, execute, fetch, json_name, versioned};
use super::store::Shared;
use super::values::{Value, arg, id, instant, number};
use crate::{AnsweredRequests, AuditLog, Caller, Counters, Repository, StorageError, Totals, Tx, Versioned};
use async_trait::async_trait;
use domain::audit::AuditDraft;
use domain::{
    AccessEntry, Appointment, Invoice, Patient, PlanEntry, Record, RequestId, Schedule, Session, SessionId,
    User,
};
use jiff::Timestamp;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::types::Json;
use sqlx::{Postgres, Row as _, Transaction};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// How a unit of work goes at the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Reads one snapshot.
    Read,
    /// Writes beside others.
    Write,
    /// Writes after all others that failed to get through the crowd.
    WriteInTurn,
}

/// What a unit of work has at the database.
enum Link {
    /// Nothing yet: what is asked first decides.
    None,
    /// A transaction.
    Open(Transaction<'static, Postgres>),
}

/// A unit of work in progress.
pub struct PgTx {
    pub(super) shared: Arc<Shared>,
    pool: PgPool,
    manner: Manner,
    link: Link,
    /// Why the transaction cannot go on.
    pub(super) failed: Option<Failure>,
    /// Events to be written at the end.
    pub(super) events: Vec<AuditDraft>,
    /// Whether anything but events was written.
    pub(super) has_written: bool,
    /// Objects added, for the sums.
    pub(super) added: Totals,
    /// What the cache has to be told.
    pub(super) changed: Vec<Changed>,
    /// The request that was not answered yet when it was asked for before the transaction.
    pub(super) unanswered: Option<(RequestId, Timestamp)>,
}

/// How a unit of work ended at the database.
#[derive(Debug)]
pub enum Ended {
    /// All of it is stored.
    Stored(Totals),
    /// None of it is stored.
    Failed(Failure),
    /// The connection broke while it was being committed; what the cache has to be told once that is cleared up.
    InDoubt(String, Vec<Changed>),
}

impl PgTx {
    /// A new one; it takes a connection when it needs one.
    pub fn new(shared: Arc<Shared>, pool: PgPool, manner: Manner) -> Self {
        Self {
            shared,
            pool,
            manner,
            link: Link::None,
            failed: None,
            events: Vec::new(),
            has_written: false,
            added: Totals::default(),
            changed: Vec::new(),
            unanswered: None,
        }
    }

    /// Why it cannot go on, if it cannot.
    pub fn failure(&self) -> Option<&Failure> {
        self.failed.as_ref()
    }

    pub(super) fn fail(&mut self, error: impl Into<Failure>) -> StorageError {
        let failure = error.into();
        if let Failure::Other(why) = &failure {
            tracing::error!(why, "the database refused what it should not have to");
        }
        let told = failure.told();
        self.failed = Some(failure);
        told
    }

    pub(super) fn writing(&self) -> Result<(), StorageError> {
        if self.manner == Manner::Read { Err(StorageError::ReadOnly) } else { Ok(()) }
    }

    /// The open transaction, begun now if it was not yet.
    async fn open(&mut self) -> Result<&mut Transaction<'static, Postgres>, StorageError> {
        if let Some(failure) = &self.failed {
            return Err(failure.told());
        }
        let is_new = matches!(self.link, Link::None);
        if is_new {
            let begin = match self.manner {
                Manner::Read => sql::BEGIN_READ,
                Manner::Write | Manner::WriteInTurn => sql::BEGIN_WRITE,
            };
            let shared = self.shared.clone();
            match shared.timed(shared.begin(&self.pool, begin)).await {
                Ok(transaction) => self.link = Link::Open(transaction),
                Err(failure) => return Err(self.fail(failure)),
            }
        }
        if is_new && self.manner == Manner::WriteInTurn {
            let turn = Statement::Fixed(sql::TAKE_TURN);
            let taken = match &mut self.link {
                Link::Open(transaction) => {
                    let shared = self.shared.clone();
                    shared.timed(execute(&shared, transaction, turn, Vec::new())).await
                }
                Link::None => Ok(0),
            };
            if let Err(failure) = taken {
                return Err(self.fail(failure));
            }
        }
        match &mut self.link {
            Link::Open(transaction) => Ok(transaction),
            Link::None => Err(StorageError::Unavailable("no transaction".to_owned())),
        }
    }

    pub(super) async fn rows(
        &mut self,
        statement: Statement,
        values: Vec<Value>,
    ) -> Result<Vec<PgRow>, StorageError> {
        let shared = self.shared.clone();
        let transaction = self.open().await?;
        let found = shared.timed(fetch(&shared, transaction, statement, values)).await;
        found.map_err(|error| self.fail(error))
    }

    /// The same for what a unit of work may ask before its transaction begins: alone, it needs none.
    pub(super) async fn first_rows(
        &mut self,
        statement: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<PgRow>, StorageError> {
        let shared = self.shared.clone();
        if matches!(self.link, Link::Open(_)) || self.failed.is_some() || shared.is_pooled {
            return self.rows(Statement::Fixed(statement), values).await;
        }
        let mut connection = match shared.acquire(&self.pool).await {
            Ok(connection) => connection,
            Err(failure) => return Err(self.fail(failure)),
        };
        let found = fetch(&shared, &mut connection, Statement::Fixed(statement), values);
        shared.timed(found).await.map_err(|error| self.fail(error))
    }

    /// Runs a statement; how many rows it touched.
    pub(super) async fn run(
        &mut self,
        statement: Statement,
        values: Vec<Value>,
    ) -> Result<u64, StorageError> {
        let shared = self.shared.clone();
        let transaction = self.open().await?;
        let done = shared.timed(execute(&shared, transaction, statement, values)).await;
        done.map_err(|error| self.fail(error))
    }

    pub(super) fn decode<T: serde::de::DeserializeOwned>(
        &mut self,
        row: &PgRow,
    ) -> Result<Versioned<T>, StorageError> {
        versioned(row)
            .map_err(|error| self.fail(Failure::Other(format!("a stored object cannot be read: {error}"))))
    }

    /// Whether a request has been answered by now.
    async fn is_answered(&mut self, id: RequestId, now: Timestamp) -> Result<bool, StorageError> {
        let values = vec![arg::uuid(id.0), arg::at(forgotten_at(now))];
        let shared = self.shared.clone();
        match shared.timed(shared.alone(&self.pool, Statement::Fixed(sql::RECALL), values)).await {
            Ok(found) => Ok(!found.is_empty()),
            Err(failure) => Err(self.fail(failure)),
        }
    }

    /// Payments and credit notes, each in its table.
    pub(super) async fn write_ledger(&mut self, invoice: &Invoice, is_new: bool) -> Result<(), StorageError> {
        let payments = &invoice.payments;
        let values = || {
            vec![
                arg::int(invoice.id.0),
                Value::Smalls(payments.iter().map(|it| it.receipt.year).collect()),
                Value::Numbers(payments.iter().map(|it| number(it.receipt.serial)).collect()),
                Value::Numbers(payments.iter().map(|it| it.minor).collect()),
                Value::Instants(payments.iter().map(|it| instant(it.at)).collect()),
            ]
        };
        if !is_new {
            self.run(Statement::Fixed(sql::DROP_PAYMENTS), values()).await?;
        }
        if !payments.is_empty() {
            self.run(Statement::Fixed(sql::ADD_PAYMENTS), values()).await?;
        }
        let notes: Vec<_> = invoice.credit_notes().collect();
        // They are only ever added: most bills have none, and are not asked for them.
        if !notes.is_empty() {
            let values = vec![
                arg::int(invoice.id.0),
                Value::Smalls(notes.iter().map(|it| it.number.year).collect()),
                Value::Numbers(notes.iter().map(|it| number(it.number.serial)).collect()),
                Value::Numbers(notes.iter().map(|it| it.minor).collect()),
                Value::Instants(notes.iter().map(|it| instant(it.at)).collect()),
            ];
            self.run(Statement::Fixed(sql::ADD_CREDIT_NOTES), values).await?;
        }
        Ok(())
    }

    /// Ends the unit of work: stores it all. `mark` is its name for those who may have to ask whether it is stored.
    pub async fn finish(mut self, mark: u128) -> Ended {
        if let Some(failure) = self.failed.take() {
            return Ended::Failed(failure);
        }
        let events = std::mem::take(&mut self.events);
        let mut values = arrivals(&events);
        values.push(arg::uuid(mark));
        let shared = self.shared.clone();
        let mut transaction = match std::mem::replace(&mut self.link, Link::None) {
            Link::Open(transaction) => transaction,
            Link::None if events.is_empty() => return Ended::Stored(Totals::default()),
            Link::None if !shared.is_pooled => return self.events_alone(values).await,
            Link::None => match shared.begin(&self.pool, sql::BEGIN_ALONE).await {
                Ok(transaction) => transaction,
                Err(failure) => return Ended::Failed(failure),
            },
        };
        if self.has_written || !events.is_empty() {
            let arrived = execute(&shared, &mut transaction, Statement::Fixed(sql::ARRIVE), values);
            if let Err(failure) = shared.timed(arrived).await {
                return Ended::Failed(failure);
            }
        }
        shared.bar(&self.changed).await;
        let committed = shared.timed(transaction.commit()).await;
        shared.bar(&self.changed).await;
        match committed {
            Ok(()) => Ended::Stored(self.added),
            Err(Failure::Connection(why)) => Ended::InDoubt(why, std::mem::take(&mut self.changed)),
            Err(failure) => Ended::Failed(failure),
        }
    }

    /// Events that nothing else happened beside need no transaction around them.
    async fn events_alone(&mut self, values: Vec<Value>) -> Ended {
        let shared = self.shared.clone();
        let mut connection = match shared.acquire(&self.pool).await {
            Ok(connection) => connection,
            Err(failure) => return Ended::Failed(failure),
        };
        let arrived = execute(&shared, &mut connection, Statement::Fixed(sql::ARRIVE), values);
        match shared.timed(arrived).await {
            Ok(_) => Ended::Stored(Totals::default()),
            Err(Failure::Connection(why)) => Ended::InDoubt(why, Vec::new()),
            Err(failure) => Ended::Failed(failure),
        }
    }
}

/// A session with its account.
fn caller_of(row: &PgRow) -> Result<Caller, sqlx::Error> {
    let Json(user): Json<User> = row.try_get(3)?;
    Ok(Caller { session: versioned(row)?, user })
}

fn arrivals(events: &[AuditDraft]) -> Vec<Value> {
    let body = |event| serde_json::to_string(event).expect("an event has only string keys");
    vec![
        Value::Texts(events.iter().map(body).collect()),
        Value::Instants(events.iter().map(|event| instant(event.at)).collect()),
        Value::MaybeNumbers(events.iter().map(|event| event.actor.map(|id| number(id.0))).collect()),
        Value::MaybeIds(events.iter().map(|event| event.patient.map(|patient| id(patient.0))).collect()),
        Value::Texts(events.iter().map(|event| json_name(&event.action)).collect()),
        Value::Texts(events.iter().map(|event| event.outcome.name().to_owned()).collect()),
    ]
}

/// The sums of rows of `kind, amount`.
pub fn totals_of(rows: &[PgRow]) -> Result<Totals, sqlx::Error> {
    let mut totals = Totals::default();
    for row in rows {
        let amount = u64::try_from(row.try_get::<i64, _>(1)?).unwrap_or_default();
        match row.try_get(0)? {
            "users" => totals.users = amount,
            "patients" => totals.patients = amount,
            "appointments" => totals.appointments = amount,
            "medical_records" => totals.medical_records = amount,
            "billings" => totals.billings = amount,
            _ => {}
        }
    }
    Ok(totals)
}

#[async_trait]
impl Tx for PgTx {
    fn users(&mut self) -> &mut dyn Repository<User> {
        self
    }
    fn sessions(&mut self) -> &mut dyn Repository<Session> {
        self
    }
    fn access(&mut self) -> &mut dyn Repository<AccessEntry> {
        self
    }
    fn patients(&mut self) -> &mut dyn Repository<Patient> {
        self
    }
    fn schedules(&mut self) -> &mut dyn Repository<Schedule> {
        self
    }
    fn appointments(&mut self) -> &mut dyn Repository<Appointment> {
        self
    }
    fn records(&mut self) -> &mut dyn Repository<Record> {
        self
    }
    fn invoices(&mut self) -> &mut dyn Repository<Invoice> {
        self
    }
    fn plan(&mut self) -> &mut dyn Repository<PlanEntry> {
        self
    }
    fn audit(&mut self) -> &mut dyn AuditLog {
        self
    }
    fn counters(&mut self) -> &mut dyn Counters {
        self
    }
    fn requests(&mut self) -> &mut dyn AnsweredRequests {
        self
    }

    async fn caller(&mut self, id: SessionId) -> Result<Option<Caller>, StorageError> {
        let shared = self.shared.clone();
        // What a unit of work that writes relies on, it reads in its own snapshot.
        let cache = shared.cache.as_ref().filter(|_| self.manner == Manner::Read);
        let mut may_put = false;
        if let Some(cache) = cache {
            match cache.get(id).await {
                Cached::Caller(caller) => {
                    shared.metrics.cache_hits.fetch_add(1, Relaxed);
                    return Ok(Some(*caller));
                }
                Cached::Nothing => may_put = true,
                Cached::Barred => {}
            }
            shared.metrics.cache_misses.fetch_add(1, Relaxed);
        }
        let found = self.first_rows(sql::CALLER, vec![arg::uuid(id.0)]).await?;
        let caller = found.first().map(caller_of).transpose().map_err(|error| self.fail(error))?;
        if let (Some(cache), Some(caller), true) = (cache, &caller, may_put) {
            cache.put(caller).await;
        }
        Ok(caller)
    }

    async fn totals(&mut self) -> Result<Totals, StorageError> {
        let rows = self.rows(Statement::Fixed(sql::TOTALS), Vec::new()).await?;
        totals_of(&rows).map_err(|error| self.fail(error))
    }

    /// Rolls back. What follows is a new transaction, begun when it is needed. What made the whole unit fail stays, so
    /// that it is run again instead.
    async fn undo(&mut self) -> Result<(), StorageError> {
        self.events.clear();
        self.changed.clear();
        self.has_written = false;
        self.added = Totals::default();
        if let Link::Open(transaction) = std::mem::replace(&mut self.link, Link::None) {
            let shared = self.shared.clone();
            let rolled_back = shared.timed(transaction.rollback()).await;
            if let Err(error) = rolled_back {
                return Err(self.fail(error));
            }
        }
        match &self.failed {
            Some(Failure::Constraint(_)) => self.failed = None,
            Some(failure) => return Err(failure.told()),
            None => {}
        }
        // What stood in the way may be what the same request did meanwhile: then its answer is to be given again.
        if let Some((id, now)) = self.unanswered.take() {
            let is_answered = self.is_answered(id, now).await?;
            if is_answered {
                return Err(self.fail(Failure::Crowded));
            }
        }
        Ok(())
    }
}
