//! Figures of the store, for operators.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Upper bounds of the latency buckets in microseconds.
pub const BUCKETS: [u64; 10] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000];

/// Counters that only grow, since the start of the process.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Statements sent.
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
    /// Reads that went to the replica.
    pub replica_reads: AtomicU64,
}

impl Metrics {
    /// Notes a statement that took so long.
    pub fn note_statement(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.statements.fetch_add(1, Relaxed);
        self.statement_micros.fetch_add(micros, Relaxed);
        let bucket = BUCKETS.iter().position(|bound| micros <= *bound).unwrap_or(BUCKETS.len());
        self.statement_buckets[bucket].fetch_add(1, Relaxed);
    }
}
