//! What every process does beside its units of work: watch the database, chain the events that arrived, forget what expired.
//! All of it may be done by any number of processes at once.

use super::failure::Failure;
use super::sql;
use super::statement::Statement;
use super::store::Shared;
use super::tx::totals_of;
use sqlx::Row as _;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// How often the database is looked at.
const WATCH: Duration = Duration::from_millis(500);
/// How long a look may take before the database counts as away.
const PATIENCE: Duration = Duration::from_secs(2);
/// Events that arrive within this time take their places together.
const GATHER: Duration = Duration::from_millis(20);
/// Looks between two that also write: whether anything can be stored shows nowhere else, and a standby is as old as the
/// newest of these marks that it has.
const LOOKS_A_MARK: u64 = 4;
/// Looks between two rounds of forgetting.
const LOOKS_A_ROUND: u64 = 120;
/// Looks in a row that may pass over the sums because commits are under way.
const MOST_PASSED_OVER: u32 = 10;

/// The tasks of a process; they end with it.
#[derive(Debug)]
pub struct Keeper {
    tasks: Vec<JoinHandle<()>>,
    is_stopped: Arc<AtomicBool>,
}

impl Keeper {
    /// Starts them.
    pub fn start(shared: &Arc<Shared>) -> Self {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let (watched, chained) = (Arc::downgrade(shared), Arc::downgrade(shared));
        let tasks = vec![tokio::spawn(watch(watched)), tokio::spawn(chain(chained))];
        Self { tasks, is_stopped }
    }

    /// Ends them.
    pub fn stop(&self) {
        if !self.is_stopped.swap(true, Release) {
            self.tasks.iter().for_each(JoinHandle::abort);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Looks at the database once: whether it answers, how much is stored.
pub async fn look(shared: &Shared) -> Result<(), Failure> {
    look_at_sums(shared, true).await.map(|_| ())
}

/// Whether the sums were taken over: not while commits of this process are under way, unless that must be.
async fn look_at_sums(shared: &Shared, must: bool) -> Result<bool, Failure> {
    let sums = &shared.sums;
    let (over, quiet) = (sums.over.load(Acquire), sums.under_way.load(Acquire) == 0);
    let rows = shared.alone(&shared.control, Statement::Fixed(sql::TOTALS), Vec::new()).await?;
    let quiet = quiet && sums.under_way.load(Acquire) == 0 && sums.over.load(Acquire) == over;
    if quiet || must {
        sums.set(&totals_of(&rows)?);
    }
    Ok(quiet || must)
}

/// How far the standby is behind.
async fn look_at_replica(shared: &Shared) {
    let Some(replica) = shared.replica() else { return };
    let lag = async {
        let mut transaction = shared.begin(replica, sql::BEGIN_ALONE).await?;
        let row = sqlx::query(sql::LAG).persistent(!shared.is_pooled).fetch_one(&mut *transaction).await?;
        Ok::<f64, Failure>(row.try_get(0)?)
    };
    let is_near = match timeout(PATIENCE, lag).await {
        Ok(Ok(seconds)) => seconds <= shared.options.replica_lag.as_secs_f64(),
        _ => false,
    };
    if shared.replica_is_near.swap(is_near, Release) != is_near {
        tracing::info!(is_near, "the standby for reports");
    }
}

async fn watch(shared: Weak<Shared>) {
    let mut ticks = interval(WATCH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut looks, mut passed_over) = (0u64, 0u32);
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        let look = async {
            let taken = look_at_sums(&shared, passed_over > MOST_PASSED_OVER).await?;
            if looks.is_multiple_of(LOOKS_A_MARK) {
                shared.mark().await?;
            }
            Ok::<bool, Failure>(taken)
        };
        let found = match timeout(PATIENCE, look).await {
            Ok(Ok(taken)) => {
                passed_over = if taken { 0 } else { passed_over + 1 };
                None
            }
            Ok(Err(failure)) => Some(failure.told().to_string()),
            Err(_) => Some("the database does not answer".to_owned()),
        };
        note(&shared, found);
        look_at_replica(&shared).await;
        if looks.is_multiple_of(LOOKS_A_ROUND)
            && let Ok(Err(failure)) = timeout(PATIENCE, shared.forget()).await
        {
            tracing::debug!(?failure, "what expired could not be forgotten now");
        }
        looks += 1;
    }
}

fn note(shared: &Shared, trouble: Option<String>) {
    let before = shared.trouble.swap(trouble.clone().map(Arc::new));
    match (before, trouble) {
        (None, Some(why)) => tracing::error!(why, "the database is away"),
        (Some(_), None) => tracing::info!("the database is back"),
        _ => {}
    }
}

async fn chain(shared: Weak<Shared>) {
    loop {
        let Some(strong) = shared.upgrade() else { return };
        // Also now and then without a word: another process may have stopped before it came to it.
        let _ = timeout(Duration::from_secs(1), strong.arrived.notified()).await;
        sleep(GATHER).await;
        if let Err(failure) = strong.chain(&strong.control).await {
            tracing::debug!(?failure, "events could not be chained now");
            sleep(WATCH).await;
        }
    }
}
