//! The unit of work on PostgreSQL.

use super::cache::{Cached, Changed};
use super::failure::Failure;
use super::sql::{self, Builder};
use super::store::Shared;
use super::tables::{Narrowed, Table};
use super::values::{Value, arg, id, instant, number};
use crate::{
    AnsweredRequests, AuditFilter, AuditLog, Caller, Constraint, Counter, Counters, Page, PageRequest,
    Repository, StorageError, Totals, Tx, Version, Versioned,
};
use async_trait::async_trait;
use domain::audit::AuditDraft;
use domain::{
    AnsweredRequest, Appointment, AuditEvent, Invoice, Patient, Record, RequestId, Schedule, Session,
    SessionId, User,
};
use jiff::Timestamp;
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Postgres, Row as _, Transaction};
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
    shared: Arc<Shared>,
    pool: PgPool,
    manner: Manner,
    link: Link,
    /// Why the transaction cannot go on.
    failed: Option<Failure>,
    /// Events to be written at the end.
    events: Vec<AuditDraft>,
    /// Whether anything but events was written.
    has_written: bool,
    /// Objects added, for the sums.
    added: Totals,
    /// What the cache has to be told.
    changed: Vec<Changed>,
    /// The request that was not answered yet when it was asked for before the transaction.
    unanswered: Option<(RequestId, Timestamp)>,
}

/// How a unit of work ended at the database.
#[derive(Debug)]
pub enum Ended {
    /// All of it is stored.
    Stored(Totals),
    /// None of it is stored.
    Failed(Failure),
    /// The connection broke while it was being committed.
    InDoubt(String),
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

    fn fail(&mut self, error: impl Into<Failure>) -> StorageError {
        let failure = error.into();
        let told = failure.told();
        self.failed = Some(failure);
        told
    }

    fn writing(&self) -> Result<(), StorageError> {
        if self.manner == Manner::Read { Err(StorageError::ReadOnly) } else { Ok(()) }
    }

    /// The open transaction, begun now if it was not yet.
    async fn open(&mut self) -> Result<&mut Transaction<'static, Postgres>, StorageError> {
        if let Some(failure) = &self.failed {
            return Err(failure.told());
        }
        if matches!(self.link, Link::None) {
            let begin = match self.manner {
                Manner::Read => sql::BEGIN_READ,
                Manner::Write => sql::BEGIN_WRITE,
                Manner::WriteInTurn => sql::BEGIN_IN_TURN,
            };
            let shared = self.shared.clone();
            match shared.metrics.timed(shared.begin(&self.pool, begin)).await {
                Ok(transaction) => self.link = Link::Open(transaction),
                Err(failure) => return Err(self.fail(failure)),
            }
        }
        match &mut self.link {
            Link::Open(transaction) => Ok(transaction),
            Link::None => Err(StorageError::Unavailable("no transaction".to_owned())),
        }
    }

    async fn rows(&mut self, statement: Statement, values: Vec<Value>) -> Result<Vec<PgRow>, StorageError> {
        let shared = self.shared.clone();
        let transaction = self.open().await?;
        let found = shared.metrics.timed(fetch(&shared, transaction, statement, values)).await;
        found.map_err(|error| self.fail(error))
    }

    /// The same for what a unit of work may ask before its transaction begins: alone, it needs none.
    async fn first_rows(
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
        shared.metrics.timed(found).await.map_err(|error| self.fail(error))
    }

    /// Runs a statement; how many rows it touched.
    async fn run(&mut self, statement: Statement, values: Vec<Value>) -> Result<u64, StorageError> {
        let shared = self.shared.clone();
        let transaction = self.open().await?;
        let done = shared.metrics.timed(execute(&shared, transaction, statement, values)).await;
        done.map_err(|error| self.fail(error))
    }

    fn decode<T: serde::de::DeserializeOwned>(&mut self, row: &PgRow) -> Result<Versioned<T>, StorageError> {
        versioned(row)
            .map_err(|error| self.fail(Failure::Other(format!("a stored object cannot be read: {error}"))))
    }

    /// Whether a request has been answered by now.
    async fn is_answered(&mut self, id: RequestId, now: Timestamp) -> Result<bool, StorageError> {
        let values = vec![arg::uuid(id.0), arg::at(forgotten_at(now))];
        let shared = self.shared.clone();
        match shared.metrics.timed(shared.alone(&self.pool, Statement::Fixed(sql::RECALL), values)).await {
            Ok(found) => Ok(!found.is_empty()),
            Err(failure) => Err(self.fail(failure)),
        }
    }

    async fn write_payments(&mut self, invoice: &Invoice, is_new: bool) -> Result<(), StorageError> {
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
        Ok(())
    }

    /// Ends the unit of work: stores it all. `mark` is its name for those who may have to ask whether it is stored.
    pub async fn finish(mut self, mark: u128) -> Ended {
        if let Some(failure) = self.failed.take() {
            return Ended::Failed(failure);
        }
        let events = std::mem::take(&mut self.events);
        let mut values = arrivals(&events);
        let shared = self.shared.clone();
        let mut transaction = match std::mem::replace(&mut self.link, Link::None) {
            Link::Open(transaction) => transaction,
            Link::None if events.is_empty() => return Ended::Stored(Totals::default()),
            Link::None if !shared.is_pooled => {
                return match self.events_alone(values).await {
                    Ok(()) => Ended::Stored(Totals::default()),
                    Err(failure) => Ended::Failed(failure),
                };
            }
            Link::None => match shared.begin(&self.pool, sql::BEGIN_ALONE).await {
                Ok(transaction) => transaction,
                Err(failure) => return Ended::Failed(failure),
            },
        };
        let statement = if self.has_written {
            values.push(arg::uuid(mark));
            sql::ARRIVE_AND_MARK
        } else {
            sql::ARRIVE
        };
        if self.has_written || !events.is_empty() {
            let arrived = execute(&shared, &mut transaction, Statement::Fixed(statement), values);
            let arrived = shared.metrics.timed(arrived).await;
            if let Err(error) = arrived {
                return Ended::Failed(error.into());
            }
        }
        if let Some(cache) = &shared.cache {
            cache.bar(&self.changed).await;
        }
        let committed = shared.metrics.timed(transaction.commit()).await.map_err(Failure::from);
        if let Some(cache) = &shared.cache {
            cache.bar(&self.changed).await;
        }
        match committed {
            Ok(()) => Ended::Stored(self.added),
            Err(Failure::Connection(why)) if self.has_written => Ended::InDoubt(why),
            Err(failure) => Ended::Failed(failure),
        }
    }

    /// Events that nothing else happened beside need no transaction around them.
    async fn events_alone(&mut self, values: Vec<Value>) -> Result<(), Failure> {
        let shared = self.shared.clone();
        let mut connection = shared.acquire(&self.pool).await?;
        let arrived = execute(&shared, &mut connection, Statement::Fixed(sql::ARRIVE), values);
        shared.metrics.timed(arrived).await?;
        Ok(())
    }
}

/// A statement: one of the constants, or one that was put together of them.
#[derive(Clone, Debug)]
pub enum Statement {
    /// As it stands in [`sql`].
    Fixed(&'static str),
    /// Put together by [`Builder`].
    Built(String),
}

fn bound(values: Vec<Value>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        value.bind(&mut arguments)?;
    }
    Ok(arguments)
}

type Query = sqlx::query::Query<'static, Postgres, PgArguments>;

fn query(shared: &Shared, statement: Statement, values: Vec<Value>) -> Result<Query, sqlx::Error> {
    let arguments = bound(values)?;
    let query = match statement {
        Statement::Fixed(text) => sqlx::query_with(text, arguments),
        // Of constants only: see `sql`.
        Statement::Built(text) => sqlx::query_with(AssertSqlSafe(text), arguments),
    };
    Ok(query.persistent(!shared.is_pooled))
}

/// Runs a statement.
pub async fn execute(
    shared: &Shared,
    connection: &mut sqlx::PgConnection,
    statement: Statement,
    values: Vec<Value>,
) -> Result<u64, sqlx::Error> {
    let done = query(shared, statement, values)?.execute(connection).await?;
    Ok(done.rows_affected())
}

/// Runs a statement and takes what it gives.
pub async fn fetch(
    shared: &Shared,
    connection: &mut sqlx::PgConnection,
    statement: Statement,
    values: Vec<Value>,
) -> Result<Vec<PgRow>, sqlx::Error> {
    query(shared, statement, values)?.fetch_all(connection).await
}

/// The object of a row of `version, doc`.
pub fn versioned<T: serde::de::DeserializeOwned>(row: &PgRow) -> Result<Versioned<T>, sqlx::Error> {
    let version: i64 = row.try_get(0)?;
    let Json(value): Json<T> = row.try_get(1)?;
    Ok(Versioned { value, version: u64::try_from(version).unwrap_or_default() })
}

/// A session with its account.
fn caller_of(row: &PgRow) -> Result<Caller, sqlx::Error> {
    let Json(user): Json<User> = row.try_get(3)?;
    Ok(Caller { session: versioned(row)?, user })
}

/// A name as it stands in a column: that of the JSON form.
pub fn json_name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
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

/// Whether the arguments of a condition are all the same one.
fn is_shared(values: &[Value]) -> bool {
    values.len() < 2
}

fn narrowed(head: &'static str, narrowed: Narrowed) -> (Builder, Vec<Value>) {
    let (mut builder, mut arguments) = (Builder::new(head), Vec::new());
    for (condition, values) in narrowed.0 {
        builder.condition(condition, is_shared(&values));
        arguments.extend(values);
    }
    (builder, arguments)
}

#[async_trait]
impl<T: Table> Repository<T> for PgTx {
    async fn lookup(&mut self, key: &T::Key) -> Result<Option<Versioned<T>>, StorageError> {
        let (condition, value) = T::key(key);
        let mut select = Builder::new(T::SQL.select);
        select.condition(condition, true);
        let found = self.rows(Statement::Built(select.finish()), vec![value]).await?;
        found.first().map(|row| self.decode(row)).transpose()
    }

    async fn lookup_all(&mut self, keys: &[T::Key]) -> Result<Vec<Versioned<T>>, StorageError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let Some((condition, value)) = T::keys(keys) else {
            let mut found = Vec::new();
            for key in keys {
                found.extend(Repository::<T>::lookup(self, key).await?);
            }
            return Ok(found);
        };
        let mut select = Builder::new(T::SQL.select);
        select.condition(condition, true);
        let found = self.rows(Statement::Built(select.finish()), vec![value]).await?;
        found.iter().map(|row| self.decode(row)).collect()
    }

    async fn list(
        &mut self,
        filter: &T::Filter,
        request: &PageRequest,
    ) -> Result<Page<Versioned<T>>, StorageError> {
        let sort = T::sort(filter);
        let (mut select, mut arguments) = narrowed(T::SQL.select, T::narrow(filter));
        if let Some(cursor) = &request.after {
            let Some(after) = T::after(filter, cursor) else {
                return Ok(Page { items: Vec::new(), next: None });
            };
            select.after(sort, request.order);
            arguments.extend(after);
        }
        let is_limited = request.limit < usize::MAX;
        select.page(sort, request.order, is_limited);
        if is_limited {
            arguments.push(arg::int(request.limit as u64 + 1));
        }
        let found = self.rows(Statement::Built(select.finish()), arguments).await?;
        let mut items = Vec::with_capacity(found.len().min(request.limit));
        for row in found.iter().take(request.limit) {
            items.push(self.decode::<T>(row)?);
        }
        let more = found.len() > items.len();
        let next = items.last().filter(|_| more).map(|row| row.value.cursor(filter));
        Ok(Page { items, next })
    }

    async fn count(&mut self, filter: &T::Filter) -> Result<u64, StorageError> {
        let (count, arguments) = narrowed(T::SQL.count, T::narrow(filter));
        let found = self.rows(Statement::Built(count.finish()), arguments).await?;
        let count = found.first().map_or(Ok(0), |row| row.try_get::<i64, _>(0));
        count.map(|count| u64::try_from(count).unwrap_or_default()).map_err(|error| self.fail(error))
    }

    async fn insert(&mut self, value: T) -> Result<Version, StorageError> {
        self.writing()?;
        let mut values = vec![T::id_value(&value.id()), arg::int(1)];
        values.extend(value.columns());
        values.push(arg::doc(&value));
        self.has_written = true;
        self.run(Statement::Fixed(T::SQL.insert), values).await?;
        if let Some(invoice) = value.payments() {
            self.write_payments(invoice, true).await?;
        }
        count_one(&mut self.added, T::NAME);
        // Nothing is cached yet of what is new.
        Ok(1)
    }

    async fn update(&mut self, expected: Version, value: T) -> Result<Version, StorageError> {
        self.writing()?;
        let mut values = vec![T::id_value(&value.id()), arg::int(expected)];
        values.extend(value.columns());
        values.push(arg::doc(&value));
        self.has_written = true;
        if self.run(Statement::Fixed(T::SQL.update), values).await? == 0 {
            return Err(StorageError::Stale);
        }
        if let Some(invoice) = value.payments() {
            self.write_payments(invoice, false).await?;
        }
        self.changed.extend(value.changed());
        Ok(expected + 1)
    }
}

fn count_one(totals: &mut Totals, name: &str) {
    match name {
        "users" => totals.users += 1,
        "patients" => totals.patients += 1,
        "appointments" => totals.appointments += 1,
        "medicalRecords" => totals.medical_records += 1,
        "billings" => totals.billings += 1,
        _ => {}
    }
}

/// What a filter of the audit log narrows it by.
fn audit_conditions(filter: &AuditFilter) -> Narrowed {
    use super::sql::Condition;
    let mut all = Narrowed::default();
    let mut by = |condition, value: Option<Value>| {
        if let Some(value) = value {
            all.0.push((condition, vec![value]));
        }
    };
    by(Condition::Actor, filter.actor.map(|id| arg::int(id.0)));
    by(Condition::Patient, filter.patient.map(|id| arg::uuid(id.0)));
    let actions = (!filter.actions.is_empty()).then(|| filter.actions.iter().map(json_name).collect());
    by(Condition::ActionAmong, actions.map(Value::Texts));
    by(Condition::Outcome, filter.outcome.map(|outcome| arg::text(outcome.name())));
    by(Condition::From, filter.from.map(arg::at));
    by(Condition::Until, filter.until.map(arg::at));
    all
}

/// The event of a row of `seq, body, prev, hash`.
pub fn event_of(row: &PgRow) -> Result<AuditEvent, sqlx::Error> {
    let body: &str = row.try_get(1)?;
    let event = serde_json::from_str(body).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let seq: i64 = row.try_get(0)?;
    Ok(AuditEvent {
        seq: u64::try_from(seq).unwrap_or_default(),
        event,
        prev: row.try_get(2)?,
        hash: row.try_get(3)?,
    })
}

#[async_trait]
impl AuditLog for PgTx {
    async fn append(&mut self, event: AuditDraft) -> Result<(), StorageError> {
        self.writing()?;
        self.events.push(event);
        Ok(())
    }

    /// The log as of now, also within a unit of work that began before: what has arrived first takes its place.
    async fn list(
        &mut self,
        filter: &AuditFilter,
        request: &PageRequest,
    ) -> Result<Page<AuditEvent>, StorageError> {
        use crate::cursor::Cursor as _;
        let (mut select, mut arguments) = narrowed(sql::AUDIT, audit_conditions(filter));
        if let Some(cursor) = &request.after {
            let Some(seq) = u64::decode(cursor) else { return Ok(Page { items: Vec::new(), next: None }) };
            select.after(sql::Sort::Place, request.order);
            arguments.push(arg::int(seq));
        }
        let is_limited = request.limit < usize::MAX;
        select.page(sql::Sort::Place, request.order, is_limited);
        if is_limited {
            arguments.push(arg::int(request.limit as u64 + 1));
        }
        let shared = self.shared.clone();
        let found =
            match shared.metrics.timed(shared.audit_page(Statement::Built(select.finish()), arguments)).await
            {
                Ok(found) => found,
                Err(failure) => return Err(self.fail(failure)),
            };
        let items: Result<Vec<_>, _> = found.iter().take(request.limit).map(event_of).collect();
        let items = items.map_err(|error| self.fail(error))?;
        let more = found.len() > items.len();
        let next = items.last().filter(|_| more).map(|event| event.seq.encode());
        Ok(Page { items, next })
    }
}

/// The name of a counter without gaps.
pub fn counter_name(counter: Counter) -> Option<String> {
    match counter {
        Counter::Invoice(year) => Some(format!("invoice {year}")),
        Counter::Receipt(year) => Some(format!("receipt {year}")),
        Counter::User | Counter::Appointment | Counter::MedicalRecord | Counter::Billing | Counter::Mrn => {
            None
        }
    }
}

#[async_trait]
impl Counters for PgTx {
    async fn next(&mut self, counter: Counter) -> Result<u64, StorageError> {
        self.writing()?;
        let (statement, values) = match counter {
            Counter::User => (sql::NEXT_USER, Vec::new()),
            Counter::Appointment => (sql::NEXT_APPOINTMENT, Vec::new()),
            Counter::MedicalRecord => (sql::NEXT_RECORD, Vec::new()),
            Counter::Billing => (sql::NEXT_INVOICE, Vec::new()),
            Counter::Mrn => (sql::NEXT_MRN, Vec::new()),
            Counter::Invoice(_) | Counter::Receipt(_) => {
                (sql::NEXT_NUMBER, vec![Value::Text(counter_name(counter))])
            }
        };
        self.has_written = true;
        let found = self.rows(Statement::Fixed(statement), values).await?;
        let next = found.first().map_or(Ok(0), |row| row.try_get::<i64, _>(0));
        next.map(|next| u64::try_from(next).unwrap_or_default()).map_err(|error| self.fail(error))
    }
}

/// Answers given at or before this are forgotten at `now`.
fn forgotten_at(now: Timestamp) -> Timestamp {
    now.checked_sub(AnsweredRequest::KEPT).unwrap_or(Timestamp::MIN)
}

#[async_trait]
impl AnsweredRequests for PgTx {
    /// Asked before the transaction begins, outside of it: an answer never changes, and of two that are kept at once the
    /// second one is refused. Within it, every request would be in the way of those whose ids lie near.
    async fn recall(
        &mut self,
        id: RequestId,
        now: Timestamp,
    ) -> Result<Option<AnsweredRequest>, StorageError> {
        let values = vec![arg::uuid(id.0), arg::at(forgotten_at(now))];
        let found = self.first_rows(sql::RECALL, values).await?;
        let Some(row) = found.first() else {
            self.unanswered = Some((id, now));
            return Ok(None);
        };
        let answered: Result<Json<AnsweredRequest>, _> = row.try_get(0);
        answered.map(|Json(request)| Some(request)).map_err(|error| self.fail(error))
    }

    async fn keep(&mut self, request: AnsweredRequest) -> Result<(), StorageError> {
        self.writing()?;
        let values = vec![
            arg::uuid(request.id.0),
            arg::at(request.answered_at),
            arg::doc(&request),
            arg::at(forgotten_at(request.answered_at)),
        ];
        self.has_written = true;
        match self.run(Statement::Fixed(sql::KEEP), values).await? {
            // Answered since it was asked for: run again, the unit finds the answer.
            0 if self.unanswered.is_some_and(|(id, _)| id == request.id) => Err(self.fail(Failure::Crowded)),
            0 => Err(StorageError::Conflict(Constraint::Id)),
            _ => Ok(()),
        }
    }
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
            let rolled_back = shared.metrics.timed(transaction.rollback()).await;
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
