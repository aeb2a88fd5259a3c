//! The store: pools, units of work that are run until they are through, and what is known of the database meanwhile.

use super::cache::{Cache, Changed};
use super::course::{Course, Patience};
use super::failure::Failure;
use super::keeper::{self, Keeper};
use super::metrics::Metrics;
use super::options::PgOptions;
use super::statement::{Statement, execute, fetch};
use super::tx::{Manner, PgTx};
use super::values::arg;
use super::{OpenError, schema, sql};
use crate::{Figure, Storage, StorageError, StorageStatus, Totals, Work};
use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use domain::{AuditAnchor, ChainHead};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{AssertSqlSafe, Postgres, Transaction};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Notify};
use tokio::time::sleep;

/// What all units of work of a process share.
pub struct Shared {
    pub(super) primary: PgPool,
    /// For what must get through when the other pool is exhausted: chaining, watching, clearing up doubts.
    pub(super) control: PgPool,
    /// For pages of the audit log, which a unit of work may ask for while it has a connection of the first pool.
    pub(super) logs: PgPool,
    replica: Option<PgPool>,
    pub(super) replica_is_near: AtomicBool,
    pub(super) options: PgOptions,
    pub(super) is_pooled: bool,
    pub(super) cache: Option<Cache>,
    pub(super) metrics: Metrics,
    /// Why nothing can be written now.
    pub(super) trouble: ArcSwapOption<String>,
    /// Woken when events arrived.
    pub(super) arrived: Notify,
    pub(super) sums: Sums,
    is_closed: AtomicBool,
    /// Those of this process that could not get through the crowd: one at a time, with one connection.
    pub(super) turn: Mutex<()>,
    random: RandomState,
    drawn: AtomicU64,
}

/// How much is stored, as far as this process knows.
#[derive(Debug, Default)]
pub struct Sums {
    known: [AtomicU64; 5],
    /// Commits that are under way.
    pub(super) under_way: AtomicU64,
    /// Commits that are over.
    pub(super) over: AtomicU64,
}

fn listed(totals: &Totals) -> [u64; 5] {
    [totals.users, totals.patients, totals.appointments, totals.medical_records, totals.billings]
}

impl Sums {
    fn get(&self) -> Totals {
        let [users, patients, appointments, medical_records, billings] =
            [0, 1, 2, 3, 4].map(|index: usize| self.known[index].load(Acquire));
        Totals { users, patients, appointments, medical_records, billings }
    }

    pub(super) fn add(&self, added: &Totals) {
        for (known, added) in self.known.iter().zip(listed(added)) {
            known.fetch_add(added, AcqRel);
        }
    }

    /// Takes over what the database says.
    pub(super) fn set(&self, totals: &Totals) {
        for (known, total) in self.known.iter().zip(listed(totals)) {
            known.store(total, std::sync::atomic::Ordering::Release);
        }
    }
}

impl Shared {
    /// 64 bits that nobody can foresee.
    pub(super) fn random(&self) -> u64 {
        self.random.hash_one(self.drawn.fetch_add(1, Relaxed))
    }

    /// Bars what the cache has of what is being changed.
    pub(super) async fn bar(&self, changed: &[Changed]) {
        if let Some(cache) = &self.cache {
            cache.bar(changed).await;
        }
    }

    /// Counts a statement, and does not wait for ever: a server that ends statements that take too long does so itself, one
    /// that is cut off never answers.
    pub(super) async fn timed<T, E>(
        &self,
        statement: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        self.metrics.timed(self.limited(statement)).await
    }

    /// The same without counting.
    async fn limited<T, E>(&self, statement: impl Future<Output = Result<T, E>>) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        const GRACE: Duration = Duration::from_secs(2);
        let longest = self.options.statement_timeout.saturating_add(GRACE);
        match tokio::time::timeout(longest, statement).await {
            Ok(outcome) => outcome.map_err(Failure::from),
            Err(_) => Err(Failure::Connection("the database does not answer".to_owned())),
        }
    }

    /// A connection of a pool.
    pub(super) async fn acquire(&self, pool: &PgPool) -> Result<PoolConnection<Postgres>, Failure> {
        self.is_open()?;
        Box::pin(pool.acquire()).await.map_err(|error| self.unreachable(error.into()))
    }

    /// Begins a transaction.
    pub(super) async fn begin(
        &self,
        pool: &PgPool,
        begin: &'static str,
    ) -> Result<Transaction<'static, Postgres>, Failure> {
        self.is_open()?;
        if self.is_pooled {
            // The connection is another one each time: its limits come with the transaction.
            let begin = AssertSqlSafe(sql::with_limits(begin, self.options.statement_timeout));
            return Box::pin(pool.begin_with(begin)).await.map_err(|error| self.unreachable(error.into()));
        }
        Box::pin(pool.begin_with(begin)).await.map_err(|error| self.unreachable(error.into()))
    }

    fn is_open(&self) -> Result<(), Failure> {
        if self.is_closed.load(Acquire) {
            return Err(Failure::Other("the store is closed".to_owned()));
        }
        Ok(())
    }

    /// While the database is known to be away, a wait in vain for a connection is no sign of much work.
    fn unreachable(&self, failure: Failure) -> Failure {
        match (&failure, self.trouble.load().as_deref()) {
            (Failure::Busy, Some(why)) => Failure::Connection(why.clone()),
            _ => failure,
        }
    }

    /// Runs one statement on its own; what it gives.
    pub(super) async fn alone(
        &self,
        pool: &PgPool,
        statement: Statement,
        values: Vec<super::values::Value>,
    ) -> Result<Vec<PgRow>, Failure> {
        self.limited(Box::pin(async {
            if self.is_pooled {
                let mut transaction = self.begin(pool, sql::BEGIN_ALONE).await?;
                let rows = fetch(self, &mut transaction, statement, values).await?;
                transaction.commit().await?;
                return Ok::<_, Failure>(rows);
            }
            let mut connection = self.acquire(pool).await?;
            Ok(fetch(self, &mut connection, statement, values).await?)
        }))
        .await
    }

    /// Gives every event that has arrived its place in the chain.
    pub(super) async fn chain(&self, pool: &PgPool) -> Result<(), Failure> {
        const BATCH: i32 = 1_000;
        loop {
            let rows = self
                .alone(pool, Statement::Fixed(sql::CHAIN), vec![super::values::Value::Int(BATCH)])
                .await?;
            let chained: i32 = rows.first().map_or(Ok(0), |row| sqlx::Row::try_get(row, 0))?;
            if chained < BATCH {
                return Ok(());
            }
        }
    }

    /// A page of the audit log as of now.
    pub(super) async fn audit_page(
        &self,
        statement: Statement,
        values: Vec<super::values::Value>,
    ) -> Result<Vec<PgRow>, Failure> {
        self.chain(&self.logs).await?;
        self.alone(&self.logs, statement, values).await
    }

    /// Whether a unit of work with this mark is stored, after its connection broke in the commit. Once this says no, it
    /// never will be: the mark is set, and a commit that is still on its way fails on it.
    pub(super) async fn was_stored(&self, mark: u128) -> Result<bool, Failure> {
        self.limited(Box::pin(async {
            let mut transaction = self.begin(&self.control, sql::BEGIN_ALONE).await?;
            let mark = vec![arg::uuid(mark)];
            let set = execute(self, &mut transaction, Statement::Fixed(sql::MARK), mark).await?;
            transaction.commit().await?;
            Ok::<_, Failure>(set == 0)
        }))
        .await
    }
}

/// A store in a PostgreSQL database.
pub struct PgStore {
    shared: Arc<Shared>,
    keeper: Keeper,
}

impl std::fmt::Debug for PgStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgStore").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

impl PgStore {
    /// Opens it, and does missing migrations if the options say so. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`OpenError`] when the database cannot be reached or its schema is not for this program.
    pub async fn open(options: PgOptions) -> Result<Self, OpenError> {
        let primary = options.pool(&options.url, options.connections, "server")?;
        let control = options.pool(&options.url, 3, "control")?;
        let logs = options.pool(&options.url, 2, "logs")?;
        if options.migrate {
            super::migrate(&options, None).await?;
        }
        let replica = options
            .replica
            .as_ref()
            .map(|url| options.pool(url, options.connections, "reports"))
            .transpose()?;
        let mut connection = control.begin_with(sql::BEGIN_ALONE).await?;
        schema::check(&mut connection, !options.pooler).await?;
        let store_id = schema::store_id(&mut connection, !options.pooler).await?;
        connection.rollback().await?;
        let shared = Arc::new(Shared {
            primary,
            control,
            logs,
            replica,
            replica_is_near: AtomicBool::new(false),
            is_pooled: options.pooler,
            cache: options.cache.as_ref().map(|cache| cache.cache(&store_id)).transpose()?,
            options,
            metrics: Metrics::default(),
            trouble: ArcSwapOption::empty(),
            arrived: Notify::new(),
            sums: Sums::default(),
            is_closed: AtomicBool::new(false),
            turn: Mutex::new(()),
            random: RandomState::new(),
            drawn: AtomicU64::new(0),
        });
        keeper::look(&shared).await.map_err(|failure| OpenError::Database(failure.told().to_string()))?;
        let keeper = Keeper::start(&shared);
        tracing::info!(database = shared.options.url.place(), "the database is open");
        Ok(Self { shared, keeper })
    }

    /// Figures for operators.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    async fn run_read(&self, work: Work, pool: PgPool, mut is_standby: bool) -> Result<(), StorageError> {
        let shared = self.shared.clone();
        joined(async move {
            let (mut work, mut pool) = (work, pool);
            let begun = Instant::now();
            loop {
                let mut tx = PgTx::new(shared.clone(), pool.clone(), Manner::Read);
                let outcome = work(&mut tx).await;
                match tx.failure() {
                    // What the standby cannot answer the primary can.
                    Some(_) if is_standby => {
                        is_standby = false;
                        pool = shared.primary.clone();
                    }
                    Some(Failure::Connection(_) | Failure::Crowded)
                        if begun.elapsed() < shared.options.acquire_timeout =>
                    {
                        shared.metrics.reconnects.fetch_add(1, Relaxed);
                        sleep(Duration::from_micros(shared.random() % 50_000)).await;
                    }
                    Some(failure) => return Err(failure.told()),
                    None => return outcome,
                }
            }
        })
        .await
    }
}

/// Runs a unit of work to its end, also when the caller goes away in the middle of it, and survives its panic.
async fn joined(
    work: impl Future<Output = Result<(), StorageError>> + Send + 'static,
) -> Result<(), StorageError> {
    use tracing::Instrument as _;
    match tokio::spawn(work.in_current_span()).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => {
            Err(StorageError::Unavailable("the unit of work panicked".to_owned()))
        }
        Err(_) => Err(StorageError::Unavailable("the store is closed".to_owned())),
    }
}

#[async_trait]
impl Storage for PgStore {
    async fn read(&self, work: Work) -> Result<(), StorageError> {
        self.run_read(work, self.shared.primary.clone(), false).await
    }

    async fn read_lately(&self, work: Work) -> Result<(), StorageError> {
        match &self.shared.replica {
            Some(replica) if self.shared.replica_is_near.load(Acquire) => {
                self.shared.metrics.replica_reads.fetch_add(1, Relaxed);
                self.run_read(work, replica.clone(), true).await
            }
            _ => self.read(work).await,
        }
    }

    async fn write(&self, work: Work) -> Result<(), StorageError> {
        let shared = self.shared.clone();
        let course = Course { work, patience: Patience::new(&shared) };
        let outcome = joined(course.finish()).await;
        match &outcome {
            Err(StorageError::Conflict(_)) => shared.metrics.conflicts.fetch_add(1, Relaxed),
            Err(StorageError::Busy) => shared.metrics.busy.fetch_add(1, Relaxed),
            _ => 0,
        };
        outcome
    }

    async fn audit_head(&self) -> Result<Option<ChainHead>, StorageError> {
        self.shared.audit_head().await.map_err(|failure| failure.told())
    }

    async fn keep_anchor(&self, anchor: AuditAnchor) -> Result<(), StorageError> {
        self.shared.keep_anchor(&anchor).await.map_err(|failure| failure.told())
    }

    async fn newest_anchor(&self) -> Result<Option<AuditAnchor>, StorageError> {
        self.shared.newest_anchor().await.map_err(|failure| failure.told())
    }

    fn status(&self) -> StorageStatus {
        StorageStatus {
            kind: "postgresql",
            trouble: self.shared.trouble.load().as_deref().cloned(),
            dead: false,
            totals: self.shared.sums.get(),
        }
    }

    fn figures(&self) -> Vec<Figure> {
        self.shared.metrics.figures(self.shared.primary.size(), self.shared.primary.num_idle())
    }

    async fn close(&self) -> Result<(), StorageError> {
        self.keeper.stop();
        // What arrived and has no place yet keeps: any process gives it one.
        let _ = self.shared.chain(&self.shared.control).await;
        self.shared.is_closed.store(true, std::sync::atomic::Ordering::Release);
        self.shared.primary.close().await;
        if let Some(replica) = &self.shared.replica {
            replica.close().await;
        }
        self.shared.logs.close().await;
        self.shared.control.close().await;
        Ok(())
    }
}

impl Shared {
    /// The standby, if there is one.
    pub(super) fn replica(&self) -> Option<&PgPool> {
        self.replica.as_ref()
    }

    /// What time has passed over is forgotten.
    pub(super) async fn forget(&self) -> Result<(), Failure> {
        /// Rows that go at once.
        const MANY: i64 = 10_000;
        loop {
            let rows = self.alone(&self.control, Statement::Fixed(sql::FORGET), Vec::new()).await?;
            let gone: i64 = rows.first().map_or(Ok(0), |row| sqlx::Row::try_get(row, 0))?;
            if gone < MANY {
                break;
            }
        }
        self.alone(&self.control, Statement::Fixed(sql::SUM_UP), Vec::new()).await?;
        Ok(())
    }

    /// Sets a mark that nobody will ask for: whether anything can be stored now.
    pub(super) async fn mark(&self) -> Result<(), Failure> {
        let mark = u128::from(self.random()) << 64 | u128::from(self.random());
        self.alone(&self.control, Statement::Fixed(sql::MARK), vec![arg::uuid(mark)]).await?;
        Ok(())
    }
}
