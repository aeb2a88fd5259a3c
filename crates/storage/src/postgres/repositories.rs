//! What a unit of work can be asked: objects, the audit log, counters, answered requests.

use super::failure::Failure;
use super::sql::{self, Builder};
use super::statement::{Statement, json_name};
use super::tables::{Narrowed, Table};
use super::tx::PgTx;
use super::values::{Value, arg};
use crate::{
    AnsweredRequests, AuditFilter, AuditLog, Constraint, Counter, Counters, Page, PageRequest, Repository,
    StorageError, Totals, Version, Versioned,
};
use async_trait::async_trait;
use domain::audit::AuditDraft;
use domain::{AnsweredRequest, AuditEvent, RequestId};
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

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
        if value.is_impossible() {
            return Ok(None);
        }
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
        if arguments.iter().any(Value::is_impossible) {
            return Ok(Page { items: Vec::new(), next: None });
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
        if arguments.iter().any(Value::is_impossible) {
            return Ok(0);
        }
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
        if let Some(invoice) = value.ledger() {
            self.write_ledger(invoice, true).await?;
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
        if let Some(invoice) = value.ledger() {
            self.write_ledger(invoice, false).await?;
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
    by(Condition::NotActor, filter.except.map(|id| arg::int(id.0)));
    by(Condition::Request, filter.request_id.clone().map(arg::text));
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
        let found = match shared.timed(shared.audit_page(Statement::Built(select.finish()), arguments)).await
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
            Counter::Invoice(_) | Counter::Receipt(_) | Counter::CreditNote(_) => {
                (sql::NEXT_NUMBER, vec![arg::text(counter.name())])
            }
        };
        self.has_written = true;
        let found = self.rows(Statement::Fixed(statement), values).await?;
        let next = found.first().map_or(Ok(0), |row| row.try_get::<i64, _>(0));
        next.map(|next| u64::try_from(next).unwrap_or_default()).map_err(|error| self.fail(error))
    }
}

/// Answers given at or before this are forgotten at `now`.
pub fn forgotten_at(now: Timestamp) -> Timestamp {
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
