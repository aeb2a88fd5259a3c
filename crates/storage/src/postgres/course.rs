//! How a unit of work gets through: it is run until it is stored or refused.

use super::failure::Failure;
use super::store::Shared;
use super::tx::{Ended, Manner, PgTx};
use crate::{StorageError, Work};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Runs of a unit of work beside others before it goes through the turnstile.
const RUNS_IN_THE_CROWD: u32 = 4;

/// A unit of work on its way through the crowd.
pub struct Course {
    /// What is to be done.
    pub work: Work,
    /// How long it has been tried.
    pub patience: Patience,
}

/// How long it has been tried already.
pub struct Patience {
    shared: Arc<Shared>,
    begun: Instant,
    runs: u32,
}

impl Patience {
    /// Not at all yet.
    pub fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: shared.clone(), begun: Instant::now(), runs: 0 }
    }

    /// Waits a little, longer each time and never as long as another.
    async fn step_aside(&self, most: Duration) {
        let steps = 1u64 << self.runs.min(7);
        let micros = self.shared.random() % (steps * 500);
        sleep(Duration::from_micros(micros).min(most)).await;
    }

    fn is_over(&self) -> bool {
        self.begun.elapsed() > self.shared.options.retry_for
    }

    /// Finds out whether a unit of work is stored whose commit nobody answered.
    async fn clear_up(&self, mark: u128, why: String) -> Result<bool, StorageError> {
        loop {
            match self.shared.was_stored(mark).await {
                Ok(is_stored) => {
                    self.shared.metrics.doubts.fetch_add(1, Relaxed);
                    tracing::warn!(
                        why,
                        is_stored,
                        "the connection broke while a unit of work was being committed"
                    );
                    return Ok(is_stored);
                }
                Err(failure) if self.is_over() => {
                    tracing::error!(why, ?failure, "whether a unit of work is stored could not be found out");
                    return Err(StorageError::Unavailable(
                        "the connection broke, and whether the change is stored is not known".to_owned(),
                    ));
                }
                Err(_) => self.step_aside(Duration::from_millis(100)).await,
            }
        }
    }
}

impl Course {
    /// Runs it once.
    async fn run(&mut self, manner: Manner, mark: u128) -> Result<Ended, StorageError> {
        self.patience.runs += 1;
        let shared = self.patience.shared.clone();
        let mut tx = PgTx::new(shared.clone(), shared.primary.clone(), manner);
        let outcome = (self.work)(&mut tx).await;
        match tx.failure() {
            // What went wrong at the database counts, whatever the unit of work made of it.
            Some(failure) if failure.is_passing() => return Ok(Ended::Failed(failure.clone())),
            Some(failure @ Failure::Constraint(_)) => return outcome.and(Err(failure.told())),
            Some(failure) => return Err(failure.told()),
            None => outcome?,
        }
        shared.sums.under_way.fetch_add(1, AcqRel);
        let ended = tx.finish(mark).await;
        if let Ended::Stored(added) = &ended {
            shared.sums.add(added);
        }
        shared.sums.over.fetch_add(1, AcqRel);
        shared.sums.under_way.fetch_sub(1, AcqRel);
        Ok(ended)
    }

    /// Runs it until it is stored or refused.
    pub async fn finish(mut self) -> Result<(), StorageError> {
        let shared = self.patience.shared.clone();
        let mut turn = None;
        loop {
            let mark = u128::from(shared.random()) << 64 | u128::from(shared.random());
            let manner = if turn.is_some() { Manner::WriteInTurn } else { Manner::Write };
            let failure = match self.run(manner, mark).await? {
                Ended::Stored(_) => {
                    shared.metrics.committed.fetch_add(1, Relaxed);
                    shared.arrived.notify_one();
                    return Ok(());
                }
                Ended::InDoubt(why, changed) => {
                    // Nobody waits in line behind whoever has to find out.
                    turn = None;
                    let is_stored = self.patience.clear_up(mark, why).await;
                    shared.bar(&changed).await;
                    if is_stored? {
                        shared.arrived.notify_one();
                        return Ok(());
                    }
                    continue;
                }
                Ended::Failed(failure) => failure,
            };
            if !failure.is_passing() || self.patience.is_over() {
                return Err(failure.told());
            }
            if failure == Failure::Crowded {
                shared.metrics.retries.fetch_add(1, Relaxed);
                if turn.is_none() && self.patience.runs >= RUNS_IN_THE_CROWD {
                    let left = shared.options.retry_for.saturating_sub(self.patience.begun.elapsed());
                    match tokio::time::timeout(left, shared.turn.lock()).await {
                        Ok(mine) => turn = Some(mine),
                        Err(_) => return Err(StorageError::Busy),
                    }
                } else {
                    self.patience.step_aside(Duration::from_millis(20)).await;
                }
            } else {
                shared.metrics.reconnects.fetch_add(1, Relaxed);
                self.patience.step_aside(Duration::from_millis(100)).await;
            }
        }
    }
}
