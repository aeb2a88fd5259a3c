//! Figures of the store, for operators.

use crate::{Figure, FigureKind};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// Upper bounds of the latency buckets in microseconds.
pub const BUCKETS: [u64; 10] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000];

/// Counters that only grow, since the start of the process.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Statements of units of work; not those of the store's own upkeep.
    pub statements: AtomicU64,
    /// Time of all statements, in microseconds.
    pub statement_micros: AtomicU64,
    /// Statements by time: one for each of [`BUCKETS`], and one for all above.
    pub statement_buckets: [AtomicU64; BUCKETS.len() + 1],
    /// Units of work that were stored.
    pub committed: AtomicU64,
    /// Units of work that a rule of the database refused.
    pub conflicts: AtomicU64,
    /// Runs of a unit of work that had to be repeated because of others.
    pub retries: AtomicU64,
    /// Runs that had to be repeated because the connection broke.
    pub reconnects: AtomicU64,
    /// Units of work whose commit was in doubt and was cleared up.
    pub doubts: AtomicU64,
    /// Units of work refused because nothing came free.
    pub busy: AtomicU64,
    /// Callers that the cache knew.
    pub cache_hits: AtomicU64,
    /// Callers that it did not know, or was not asked for.
    pub cache_misses: AtomicU64,
    /// Reads that went to the replica.
    pub replica_reads: AtomicU64,
}

impl Metrics {
    /// Counts a statement of a unit of work, and notes how long it took.
    pub async fn timed<T>(&self, statement: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let outcome = statement.await;
        self.note_statement(begun.elapsed());
        outcome
    }

    fn note_statement(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.statements.fetch_add(1, Relaxed);
        self.statement_micros.fetch_add(micros, Relaxed);
        let bucket = BUCKETS.iter().position(|bound| micros <= *bound).unwrap_or(BUCKETS.len());
        self.statement_buckets[bucket].fetch_add(1, Relaxed);
    }

    /// All of them, with the connections of the pool.
    #[expect(clippy::cast_precision_loss, reason = "figures on a chart")]
    pub fn figures(&self, connections: u32, idle: usize) -> Vec<Figure> {
        let gauge =
            |name, help, value: f64| Figure { name, help, kind: FigureKind::Gauge, label: None, value };
        let counter = |name, help, value: &AtomicU64| Figure {
            name,
            help,
            kind: FigureKind::Counter,
            label: None,
            value: value.load(Relaxed) as f64,
        };
        let mut figures = vec![
            gauge("healthcare_db_connections", "Open connections", connections.into()),
            gauge("healthcare_db_connections_idle", "Connections that wait for work", idle as f64),
            counter("healthcare_db_committed_total", "Units of work that were stored", &self.committed),
            counter("healthcare_db_conflicts_total", "Units of work that a rule refused", &self.conflicts),
            counter("healthcare_db_retries_total", "Runs repeated because of others", &self.retries),
            counter(
                "healthcare_db_reconnects_total",
                "Runs repeated after a broken connection",
                &self.reconnects,
            ),
            counter("healthcare_db_doubts_total", "Commits in doubt that were cleared up", &self.doubts),
            counter("healthcare_db_busy_total", "Units of work refused as busy", &self.busy),
            counter("healthcare_cache_hits_total", "Callers that the cache knew", &self.cache_hits),
            counter(
                "healthcare_cache_misses_total",
                "Callers that the cache did not know",
                &self.cache_misses,
            ),
            counter(
                "healthcare_db_replica_reads_total",
                "Reads that a standby answered",
                &self.replica_reads,
            ),
        ];
        let help = "Time of statements in seconds";
        let mut below = 0;
        let part = |name, label, value| Figure { name, help, kind: FigureKind::Histogram, label, value };
        for (index, count) in self.statement_buckets.iter().enumerate() {
            below += count.load(Relaxed);
            let bound = BUCKETS
                .get(index)
                .map_or_else(|| "+Inf".to_owned(), |micros| (*micros as f64 / 1e6).to_string());
            figures.push(part("healthcare_db_statement_seconds_bucket", Some(("le", bound)), below as f64));
        }
        let seconds = self.statement_micros.load(Relaxed) as f64 / 1e6;
        figures.push(part("healthcare_db_statement_seconds_sum", None, seconds));
        figures.push(part("healthcare_db_statement_seconds_count", None, below as f64));
        figures
    }
}
