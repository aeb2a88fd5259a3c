//! All that a database holds, out of it and into an empty one.

use super::copy::{copied, fields, line, note};
use super::options::PgOptions;
use super::repositories::event_of;
use super::statement::{json_name, versioned};
use super::tables::Table;
use super::values::{Value, arg, number};
use super::{OpenError, anchors, schema, sql};
use crate::contents::{Contents, Rows};
use crate::json::Progress;
use crate::{Counter, Versioned};
use domain::{AnsweredRequest, Appointment, AuditAnchor, Invoice, Patient, TimeRange, User};
use futures_util::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::types::Json;
use sqlx::{Connection as _, Postgres, Row as _, Transaction};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Rows that are stored at once; a move that breaks off goes on after the last such batch.
const BATCH: usize = 5_000;

pub(super) fn pool(options: &PgOptions) -> Result<PgPool, OpenError> {
    let patient = PgOptions { statement_timeout: std::time::Duration::from_hours(1), ..options.clone() };
    patient.pool(&options.url, 3, "move")
}

/// Everything that the database holds now, of one moment; servers may go on.
///
/// # Errors
/// [`OpenError`] when it cannot be read.
pub async fn contents(options: &PgOptions, progress: &dyn Progress) -> Result<Contents, OpenError> {
    progress.begin("reading the database", 0);
    let pool = pool(options)?;
    let mut connection = snapshot(&pool).await?;
    schema::check(&mut connection, true).await?;
    let position = sqlx::query(sql::POSITION).fetch_one(&mut *connection).await?.try_get(0)?;
    let contents = Contents {
        position,
        users: read(&mut connection, sql::ALL_USERS).await?,
        patients: read(&mut connection, sql::ALL_PATIENTS).await?,
        schedules: read(&mut connection, sql::ALL_SCHEDULES).await?,
        sessions: read(&mut connection, sql::ALL_SESSIONS).await?,
        access: read(&mut connection, sql::ALL_ACCESS).await?,
        appointments: read(&mut connection, sql::ALL_APPOINTMENTS).await?,
        records: read(&mut connection, sql::ALL_RECORDS).await?,
        invoices: read(&mut connection, sql::ALL_INVOICES).await?,
        plan: read(&mut connection, sql::ALL_PLAN).await?,
        requests: all(&mut connection, sql::ALL_REQUESTS, |row| {
            row.try_get::<Json<AnsweredRequest>, _>(0).map(|Json(request)| Arc::new(request))
        })
        .await?,
        counters: counters(&mut connection).await?,
        audit: all(&mut connection, sql::ALL_EVENTS, |row| event_of(row).map(Arc::new)).await?,
        anchors: anchors::all(&mut connection).await?,
    };
    connection.rollback().await?;
    Ok(contents)
}

/// A moment at which every event has its place in the log: what arrived takes it first, and on a busy database some may
/// arrive in between.
pub(super) async fn snapshot(pool: &PgPool) -> Result<Transaction<'static, Postgres>, OpenError> {
    const TRIES: usize = 1_000;
    const MANY: i32 = 10_000;
    for _ in 0..TRIES {
        while sqlx::query(sql::CHAIN).bind(MANY).fetch_one(pool).await?.try_get::<i32, _>(0)? == MANY {}
        let mut connection = pool.begin_with(sql::BEGIN_READ).await?;
        let arrived: i64 = sqlx::query(sql::ARRIVED).fetch_one(&mut *connection).await?.try_get(0)?;
        if arrived == 0 {
            return Ok(connection);
        }
        connection.rollback().await?;
    }
    Err(OpenError::Database("events arrive faster than they take their places: stop the servers".to_owned()))
}

async fn all<T>(
    connection: &mut PgConnection,
    statement: &'static str,
    each: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, OpenError> {
    let mut found = Vec::new();
    let mut rows = sqlx::query(statement).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let place = found.len() + 1;
        found.push(
            each(&row).map_err(|error| OpenError::Damaged(format!("row {place} of {statement}: {error}")))?,
        );
    }
    Ok(found)
}

async fn read<T: Table>(
    connection: &mut PgConnection,
    statement: &'static str,
) -> Result<Rows<T>, OpenError> {
    all(connection, statement, |row| versioned(row).map(Arc::new)).await
}

/// The sequences of ids.
const SEQUENCES: [(Counter, &str); 5] = [
    (Counter::User, "user_ids"),
    (Counter::Appointment, "appointment_ids"),
    (Counter::MedicalRecord, "medical_record_ids"),
    (Counter::Billing, "billing_ids"),
    (Counter::Mrn, "mrn_serials"),
];

async fn counters(connection: &mut PgConnection) -> Result<BTreeMap<Counter, u64>, OpenError> {
    let mut counters = BTreeMap::new();
    let given = sqlx::query(sql::LAST_IDS).fetch_all(&mut *connection).await?;
    let numbers = sqlx::query(sql::LAST_NUMBERS).fetch_all(connection).await?;
    for row in given.iter().chain(&numbers) {
        let (name, last): (&str, i64) = (row.try_get(0)?, row.try_get(1)?);
        let counter = SEQUENCES.iter().find(|(_, sequence)| *sequence == name).map(|(counter, _)| *counter);
        let counter = counter.or_else(|| Counter::named(name)).ok_or_else(|| {
            OpenError::Database(format!("the database has a counter of an unknown name: {name}"))
        })?;
        counters.insert(counter, u64::try_from(last).unwrap_or_default());
    }
    Ok(counters.into_iter().filter(|(_, last)| *last > 0).collect())
}

/// Fills an empty database. A move that broke off goes on where it was, if the contents are still the same; otherwise it
/// begins anew. Servers cannot open the database until this has ended well.
///
/// # Errors
/// [`OpenError::NotEmpty`] for a database that has data of its own.
pub async fn fill(
    options: &PgOptions,
    contents: &Contents,
    progress: &(dyn Progress + Sync),
) -> Result<(), OpenError> {
    let pool = pool(options)?;
    schema::migrate(&pool).await?;
    begin(&pool, &contents.position).await?;
    let total = contents.rows() as u64;
    progress.begin("writing into the database", total);
    let mut filling = Filling { pool: &pool, progress };
    let (emails, names) = firsts(&contents.users);
    let account =
        |user: &User| vec![Value::Bool(emails.contains(&user.id.0)), Value::Bool(names.contains(&user.id.0))];
    filling.table("users", sql::COPY_USERS, &contents.users, account).await?;
    filling.table("patients", sql::COPY_PATIENTS, &contents.patients, |_: &Patient| Vec::new()).await?;
    filling.table("schedules", sql::COPY_SCHEDULES, &contents.schedules, |_| Vec::new()).await?;
    filling.table("sessions", sql::COPY_SESSIONS, &contents.sessions, |_| Vec::new()).await?;
    filling.table("access_entries", sql::COPY_ACCESS, &contents.access, |_| Vec::new()).await?;
    let tolerated = overlapping(&contents.appointments);
    sqlx::raw_sql(sql::UNINDEX).execute(&pool).await?;
    filling.appointments(&contents.appointments, &tolerated).await?;
    sqlx::query(sql::INDEX).execute(&pool).await?;
    filling.table("medical_records", sql::COPY_RECORDS, &contents.records, |_| Vec::new()).await?;
    filling.invoices(&contents.invoices).await?;
    filling.table("plan_entries", sql::COPY_PLAN, &contents.plan, |_| Vec::new()).await?;
    filling.requests(&contents.requests).await?;
    filling.events(contents).await?;
    filling.anchors(&contents.anchors).await?;
    set_counters(&pool, &contents.counters).await?;
    sqlx::raw_sql(sql::RECOUNT).execute(&pool).await?;
    sqlx::query(sql::END_MOVE).execute(&pool).await?;
    sqlx::raw_sql(sql::ANALYZE).execute(&pool).await?;
    pool.close().await;
    Ok(())
}

/// Notes that a move is under way; clears what one of other contents left.
async fn begin(pool: &PgPool, position: &str) -> Result<(), OpenError> {
    let mut transaction = pool.begin().await?;
    let moved = sqlx::query(sql::MOVE).fetch_optional(&mut *transaction).await?;
    match moved {
        Some(row) if row.try_get::<bool, _>(1)? => return Err(OpenError::NotEmpty),
        Some(row) if row.try_get::<&str, _>(0)? == position => {}
        Some(_) => {
            sqlx::raw_sql(sql::CLEAR).execute(&mut *transaction).await?;
            sqlx::query(sql::BEGIN_MOVE).bind(position).execute(&mut *transaction).await?;
        }
        None => {
            let is_empty: bool = sqlx::query(sql::IS_EMPTY).fetch_one(&mut *transaction).await?.try_get(0)?;
            if !is_empty {
                return Err(OpenError::NotEmpty);
            }
            sqlx::query(sql::BEGIN_MOVE).bind(position).execute(&mut *transaction).await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}

/// Accounts that are found by their address and by their name: of several that share one, the first.
fn firsts(users: &Rows<User>) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let first = |key: fn(&User) -> String| {
        let mut holders = HashMap::new();
        for user in users {
            holders.entry(key(&user.value)).or_insert(user.value.id.0);
        }
        holders.into_values().collect()
    };
    (first(|user| user.email.folded()), first(|user| user.username.folded()))
}

/// Appointments of the old system that overlap one of a lower id, in any of the three ways.
fn overlapping(appointments: &Rows<Appointment>) -> BTreeSet<u64> {
    /// Ends of what is taken, by key and start.
    type Taken = HashMap<String, BTreeMap<(Timestamp, u64), Timestamp>>;
    fn is_taken(taken: &Taken, key: &str, visit: &Appointment) -> bool {
        let longest = SignedDuration::from_mins(i64::from(*TimeRange::MINUTES.end()));
        let first = visit.time.start().checked_sub(longest).unwrap_or(Timestamp::MIN);
        let overlaps = |times: &BTreeMap<(Timestamp, u64), Timestamp>| {
            times.range((first, 0)..(visit.time.end(), 0)).any(|(_, end)| *end > visit.time.start())
        };
        taken.get(key).is_some_and(overlaps)
    }
    let (mut taken, mut found) = (Taken::new(), BTreeSet::new());
    for visit in appointments.iter().map(|row| &row.value).filter(|visit| visit.blocks_time()) {
        let keys = [
            Some(format!("doctor {:?}", visit.doctor.key())),
            visit.patient.id.map(|id| format!("patient {id}")),
            visit.room_key().map(|room| format!("room {room}")),
        ];
        let keys: Vec<_> = keys.into_iter().flatten().collect();
        if keys.iter().any(|key| is_taken(&taken, key, visit)) {
            found.insert(visit.id.0);
        }
        for key in keys {
            taken.entry(key).or_default().insert((visit.time.start(), visit.id.0), visit.time.end());
        }
    }
    found
}

async fn set_counters(pool: &PgPool, counters: &BTreeMap<Counter, u64>) -> Result<(), OpenError> {
    for (counter, last) in counters.iter().filter(|(_, last)| **last > 0) {
        let last = number(*last);
        match SEQUENCES.iter().find(|(known, _)| known == counter) {
            Some((_, sequence)) => sqlx::query(sql::SET_IDS).bind(sequence).bind(last).execute(pool).await?,
            None => sqlx::query(sql::SET_NUMBER).bind(counter.name()).bind(last).execute(pool).await?,
        };
    }
    Ok(())
}

/// A move on its way.
struct Filling<'a> {
    pool: &'a PgPool,
    progress: &'a (dyn Progress + Sync),
}

impl Filling<'_> {
    /// How many rows of a table are there already: what breaks off leaves the first ones.
    async fn done(&self, name: &str) -> Result<usize, OpenError> {
        let row = sqlx::query(sql::MOVED).bind(name).fetch_optional(self.pool).await?;
        let done: i64 = row.map_or(Ok(0), |row| row.try_get(0))?;
        Ok(usize::try_from(done).unwrap_or_default())
    }

    /// Stores one batch, and how far that is.
    async fn batch(
        &self,
        name: &str,
        done: usize,
        copies: &[(&'static str, String)],
    ) -> Result<(), OpenError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        copied(&mut transaction, copies).await?;
        note(&mut transaction, name, done).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Two batches at a time: to look for overlaps is what takes the time, and the server can look for two at once.
    async fn appointments(
        &mut self,
        rows: &Rows<Appointment>,
        tolerated: &BTreeSet<u64>,
    ) -> Result<(), OpenError> {
        let name = "appointments";
        let mut done = self.done(name).await?.min(rows.len());
        let last = done.checked_sub(1).map_or(-1, |last| number(rows[last].value.id.0));
        sqlx::query(sql::DROP_APPOINTMENTS).bind(last).execute(self.pool).await?;
        self.progress.advance(done as u64);
        let store = async |batch: &[Arc<Versioned<Appointment>>]| {
            let mut text = String::with_capacity(batch.len() * 512);
            for row in batch {
                let is_tolerated = Value::Bool(tolerated.contains(&row.value.id.0));
                line(&mut text, &row.value, row.version, vec![is_tolerated]);
            }
            let mut transaction = self.pool.begin().await?;
            copied(&mut transaction, &[(sql::COPY_APPOINTMENTS, text)]).await?;
            transaction.commit().await.map_err(OpenError::from)
        };
        for pair in rows[done..].chunks(2 * BATCH) {
            let (first, second) = pair.split_at(pair.len().min(BATCH));
            let (first, second) = futures_util::future::join(store(first), store(second)).await;
            first.and(second)?;
            done += pair.len();
            note(&mut *self.pool.acquire().await?, name, done).await?;
            self.progress.advance(pair.len() as u64);
        }
        Ok(())
    }

    async fn table<T: Table>(
        &mut self,
        name: &str,
        copy: &'static str,
        rows: &Rows<T>,
        more: impl Fn(&T) -> Vec<Value>,
    ) -> Result<(), OpenError> {
        let mut done = self.done(name).await?;
        self.progress.advance(done as u64);
        for batch in rows[done.min(rows.len())..].chunks(BATCH) {
            let mut text = String::with_capacity(batch.len() * 512);
            for row in batch {
                line(&mut text, &row.value, row.version, more(&row.value));
            }
            done += batch.len();
            self.batch(name, done, &[(copy, text)]).await?;
            self.progress.advance(batch.len() as u64);
        }
        Ok(())
    }

    async fn invoices(&mut self, rows: &Rows<Invoice>) -> Result<(), OpenError> {
        let mut done = self.done("billings").await?;
        self.progress.advance(done as u64);
        for batch in rows[done.min(rows.len())..].chunks(BATCH) {
            let (mut bills, mut payments, mut notes) = (String::new(), String::new(), String::new());
            for row in batch {
                line(&mut bills, &row.value, row.version, Vec::new());
                for payment in &row.value.payments {
                    fields(
                        &mut payments,
                        &[
                            arg::int(row.value.id.0),
                            Value::Small(Some(payment.receipt.year)),
                            arg::int(payment.receipt.serial),
                            arg::amount(payment.minor),
                            arg::at(payment.at),
                        ],
                    );
                }
                for note in row.value.credit_notes() {
                    fields(
                        &mut notes,
                        &[
                            arg::int(row.value.id.0),
                            Value::Small(Some(note.number.year)),
                            arg::int(note.number.serial),
                            arg::amount(note.minor),
                            arg::at(note.at),
                        ],
                    );
                }
            }
            done += batch.len();
            let copies = [
                (sql::COPY_INVOICES, bills),
                (sql::COPY_PAYMENTS, payments),
                (sql::COPY_CREDIT_NOTES, notes),
            ];
            self.batch("billings", done, &copies).await?;
            self.progress.advance(batch.len() as u64);
        }
        Ok(())
    }

    async fn requests(&mut self, rows: &[Arc<AnsweredRequest>]) -> Result<(), OpenError> {
        let mut done = self.done("answered_requests").await?;
        self.progress.advance(done as u64);
        for batch in rows[done.min(rows.len())..].chunks(BATCH) {
            let mut text = String::new();
            for request in batch {
                fields(
                    &mut text,
                    &[arg::uuid(request.id.0), arg::at(request.answered_at), arg::doc(request.as_ref())],
                );
            }
            done += batch.len();
            self.batch("answered_requests", done, &[(sql::COPY_REQUESTS, text)]).await?;
            self.progress.advance(batch.len() as u64);
        }
        Ok(())
    }

    async fn anchors(&mut self, anchors: &[AuditAnchor]) -> Result<(), OpenError> {
        let mut done = self.done("audit_anchors").await?;
        for batch in anchors[done.min(anchors.len())..].chunks(BATCH) {
            let mut text = String::new();
            for anchor in batch {
                let body = serde_json::to_string(anchor).expect("an anchor has only string keys");
                fields(&mut text, &[arg::int(anchor.seq), arg::text(body)]);
            }
            done += batch.len();
            self.batch("audit_anchors", done, &[(sql::COPY_ANCHORS, text)]).await?;
        }
        Ok(())
    }

    async fn events(&mut self, contents: &Contents) -> Result<(), OpenError> {
        let mut done = self.done("audit_events").await?;
        self.progress.advance(done as u64);
        for batch in contents.audit[done.min(contents.audit.len())..].chunks(BATCH) {
            let mut text = String::new();
            for event in batch {
                let it = &event.event;
                fields(
                    &mut text,
                    &[
                        arg::int(event.seq),
                        arg::text(serde_json::to_string(it).expect("an event has only string keys")),
                        arg::text(event.prev.clone()),
                        arg::text(event.hash.clone()),
                        arg::at(it.at),
                        arg::maybe_int(it.actor.map(|id| id.0)),
                        arg::maybe_uuid(it.patient.map(|id| id.0)),
                        arg::text(json_name(&it.action)),
                        arg::text(it.outcome.name()),
                    ],
                );
            }
            done += batch.len();
            self.batch("audit_events", done, &[(sql::COPY_EVENTS, text)]).await?;
            self.progress.advance(batch.len() as u64);
        }
        Ok(())
    }
}

/// What a look through the whole database found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What is stored.
    pub contents: Vec<crate::contents::Sum>,
    /// Events of the audit chain.
    pub events: u64,
}

/// Reads every object, and follows the whole audit chain.
///
/// # Errors
/// [`OpenError::Database`] with the first thing that is wrong.
pub async fn verify(options: &PgOptions, progress: &dyn Progress) -> Result<Verified, OpenError> {
    let found = contents(options, progress).await?;
    progress.begin("following the audit chain", 0);
    crate::json::follow(found.audit.iter().map(Arc::as_ref)).map_err(OpenError::Damaged)?;
    Ok(Verified { events: found.audit.len() as u64, contents: found.sums() })
}
