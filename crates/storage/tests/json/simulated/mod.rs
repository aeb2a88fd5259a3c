//! The store on a disk that fails: at every call, once or for good, with power cuts that keep some of what was not
//! synced, and power cuts again while it recovers. `TORTURE` multiplies the seeds.
//!
//! What the design leaves open, and these tests therefore allow: a transaction that was not acknowledged may be there
//! afterwards, whole; a flipped bit in a seal is passed over when the segment after it proves that nothing is missing.

mod crashes;
mod damage;
mod disk;
mod faults;
mod mending;
mod migration;
mod mutations;
mod unsynced;
mod world;

use crate::{everything, options, quiet};
use disk::SimulatedDisk;
use domain::audit::AuditDraft;
use domain::{Action, User, UserId};
use std::path::Path;
use std::sync::Arc;
use storage::conformance::samples::{event, user};
use storage::conformance::{Store, write};
use storage::json::{Formats, JsonOptions, JsonStore, OpenError, verify};
use storage::{Counter, StorageError, UserKey};
use tokio::runtime::{Builder, Runtime};

/// Users that one life of the store tries to sign up.
const USERS: usize = 4;
/// Where the store lies: neither directory exists before.
const DIRECTORY: &str = "/srv/clinic";

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn seeds() -> u64 {
    crate::processes::number("TORTURE", 1)
}

fn settings(disk: &SimulatedDisk) -> JsonOptions {
    // Two transactions are more than this: each life rolls the journal.
    // Heartbeats would make calls at no moment that a seed decides.
    let heartbeat = std::time::Duration::MAX;
    let disk = Arc::new(disk.clone());
    JsonOptions { disk, checkpoint_bytes: 2_000, heartbeat, ..options(Path::new(DIRECTORY)) }
}

fn open(disk: &SimulatedDisk) -> Result<Store, OpenError> {
    Ok(Arc::new(JsonStore::open(settings(disk))?))
}

async fn sign_up(store: &Store) -> Result<u64, StorageError> {
    sign_up_because(store, "").await
}

/// A number, a user, another name for the user before, and an audit event, or nothing.
async fn sign_up_because(store: &Store, reason: &str) -> Result<u64, StorageError> {
    let reason = reason.to_owned();
    let unit = write(store, move |tx| {
        let reason = reason.clone();
        Box::pin(async move {
            let id = tx.counters().next(Counter::User).await?;
            if let Some(before) = tx.users().lookup(&UserKey::Id(UserId(id - 1))).await? {
                let renamed = User { display_name: format!("Before {id}"), ..before.value };
                tx.users().update(before.version, renamed).await?;
            }
            tx.users().insert(user(id)).await?;
            let event = event(i64::try_from(id).unwrap(), Action::SignUp);
            tx.audit().append(AuditDraft { reason, ..event }).await?;
            Ok(id)
        })
    });
    unit.await
}

/// Opens the store and signs users up; returns those that were acknowledged.
fn live(disk: &SimulatedDisk, is_closed: bool) -> Vec<u64> {
    live_with(settings(disk), is_closed)
}

fn live_with(settings: JsonOptions, is_closed: bool) -> Vec<u64> {
    let Ok(store) = JsonStore::open(settings) else { return Vec::new() };
    let store: Store = Arc::new(store);
    let mut acknowledged = Vec::new();
    runtime().block_on(async {
        for _ in 0..USERS {
            acknowledged.extend(sign_up(&store).await);
        }
        if is_closed {
            // A failed last checkpoint is no loss.
            let _ = store.close().await;
        }
    });
    acknowledged
}

/// Two lives of a store, the first closed, the second killed; returns what was acknowledged.
fn lives(disk: &SimulatedDisk) -> Vec<u64> {
    [live(disk, true), live(disk, false)].concat()
}

/// Calls that two undisturbed lives make.
fn calls() -> u64 {
    let disk = SimulatedDisk::new();
    assert_eq!(lives(&disk).len(), 2 * USERS);
    disk.calls()
}

/// What the users are once `count` of them signed up: name and version of each.
fn expected(count: u64) -> Vec<(u64, String, u64)> {
    let renamed = (1..count).map(|id| (id, format!("Before {}", id + 1), 2));
    renamed.chain((count > 0).then(|| (count, format!("Number {count}"), 1))).collect()
}

async fn users(store: &Store) -> Vec<(u64, String, u64)> {
    let rows = everything::<User>(store).await;
    rows.into_iter().map(|row| (row.value.id.0, row.value.display_name, row.version)).collect()
}

/// Opens what is left and holds it against what was acknowledged; says what is wrong.
fn judge(disk: &SimulatedDisk, acknowledged: &[u64]) -> Result<(), String> {
    let store = open(disk).map_err(|error| format!("it does not open: {error}"))?;
    runtime().block_on(async {
        let found = users(&store).await;
        let count = found.len() as u64;
        if found != expected(count) {
            return Err(format!("half a transaction: {found:?}"));
        }
        if let Some(lost) = acknowledged.iter().find(|id| **id > count) {
            return Err(format!("user {lost} was acknowledged and is gone"));
        }
        let next = sign_up(&store).await.map_err(|error| format!("it takes nothing more: {error}"))?;
        if next != count + 1 {
            return Err(format!("the next number is {next} after {count} users"));
        }
        store.close().await.map_err(|error| format!("it does not close: {error}"))
    })?;
    drop(store);
    let found = verify(&settings(disk), &quiet).map_err(|error| format!("it is not sound: {error}"))?;
    if found.audit_events == found.totals.users {
        Ok(())
    } else {
        Err(format!("half a transaction: {found:?}"))
    }
}

/// Runs `life` with the options of a store whose disk has been full since its last life, and with what makes room on it.
pub fn full_while(life: impl FnOnce(&JsonOptions, &dyn Fn())) {
    let disk = SimulatedDisk::new();
    lives(&disk);
    disk.fail(Some(world::Fault { call: 1, reach: world::Reach::ForEver, code: world::FULL }));
    life(&settings(&disk), &|| disk.fail(None));
}

/// Opens what a killed store left with another version, while the power goes at each call in turn; every transaction must be
/// there afterwards. Returns how often the format was found raised.
pub fn each_power_cut_while_opening(formats: Formats) -> u64 {
    let crashed = SimulatedDisk::new();
    let acknowledged = lives(&crashed);
    let newer = |disk: &SimulatedDisk| JsonOptions { formats, ..settings(disk) };
    let mut raised = 0;
    for call in 1.. {
        let disk = crashed.after_power_cut(0);
        disk.fail(Some(world::Fault { call, reach: world::Reach::Stopped, code: world::BROKEN }));
        drop(JsonStore::open(newer(&disk)));
        if disk.calls() < call {
            return raised;
        }
        for seed in 0..2 * seeds() {
            let after = disk.after_power_cut(seed * 1_000_003 + call);
            match JsonStore::open(settings(&after)) {
                Ok(store) => assert!(store.format() < formats.writes),
                Err(OpenError::TooNew { .. }) => raised += 1,
                Err(error) => panic!("call {call}, seed {seed}: {error}"),
            }
            let store = JsonStore::open(newer(&after)).unwrap();
            assert_eq!(store.format(), formats.writes, "call {call}, seed {seed}");
            let store: Store = Arc::new(store);
            let found = runtime().block_on(users(&store));
            assert_eq!(found, expected(acknowledged.len() as u64), "call {call}, seed {seed}");
            drop(store);
            verify(&newer(&after), &quiet).unwrap();
        }
    }
    raised
}
