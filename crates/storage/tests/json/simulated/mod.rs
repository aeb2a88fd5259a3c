//! The store on a disk that fails: at every call, once or for good, with power cuts that keep some of what was not
//! synced, and power cuts again while it recovers. `TORTURE` multiplies the seeds.

mod disk;

use crate::{everything, options};
use disk::{BROKEN, FULL, Fault, SimulatedDisk};
use domain::{Action, User};
use std::path::Path;
use std::sync::Arc;
use storage::conformance::samples::{event, user};
use storage::conformance::{Store, write};
use storage::json::{JsonOptions, JsonStore, OpenError, verify};
use storage::{Counter, StorageError};
use tokio::runtime::{Builder, Runtime};

/// Users that one life of the store tries to sign up.
const USERS: usize = 12;

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn seeds() -> u64 {
    crate::processes::number("TORTURE", 1)
}

fn settings(disk: &SimulatedDisk) -> JsonOptions {
    JsonOptions { disk: Arc::new(disk.clone()), checkpoint_bytes: 3_000, ..options(Path::new("/clinic")) }
}

fn open(disk: &SimulatedDisk) -> Result<Store, OpenError> {
    Ok(Arc::new(JsonStore::open(settings(disk))?))
}

/// A number, a user and an audit event, or nothing.
async fn sign_up(store: &Store) -> Result<u64, StorageError> {
    let unit = write(store, |tx| {
        Box::pin(async move {
            let id = tx.counters().next(Counter::User).await?;
            tx.users().insert(user(id)).await?;
            tx.audit().append(event(i64::try_from(id).unwrap(), Action::SignUp)).await?;
            Ok(id)
        })
    });
    unit.await
}

/// Two lives of a store, the first closed, the second killed; returns what was acknowledged.
fn lives(disk: &SimulatedDisk) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    runtime().block_on(async {
        for life in 0..2 {
            let Ok(store) = open(disk) else { continue };
            for _ in 0..USERS {
                acknowledged.extend(sign_up(&store).await);
            }
            if life == 0 {
                // A failed last checkpoint is no loss.
                let _ = store.close().await;
            }
        }
    });
    acknowledged
}

/// Opens what is left and holds it against what was acknowledged; says what is wrong.
fn judge(disk: &SimulatedDisk, acknowledged: &[u64]) -> Result<(), String> {
    let store = open(disk).map_err(|error| format!("it does not open: {error}"))?;
    runtime().block_on(async {
        let users: Vec<u64> = everything::<User>(&store).await.iter().map(|row| row.value.id.0).collect();
        if users != (1..=users.len() as u64).collect::<Vec<_>>() {
            return Err(format!("ids have gaps: {users:?}"));
        }
        if let Some(lost) = acknowledged.iter().find(|id| !users.contains(id)) {
            return Err(format!("user {lost} was acknowledged and is gone"));
        }
        let next = sign_up(&store).await.map_err(|error| format!("it takes nothing more: {error}"))?;
        if next != users.len() as u64 + 1 {
            return Err(format!("the next number is {next}"));
        }
        store.close().await.map_err(|error| format!("it does not close: {error}"))
    })?;
    drop(store);
    let found = verify(&settings(disk)).map_err(|error| format!("it is not sound: {error}"))?;
    if found.audit_events == found.totals.users {
        Ok(())
    } else {
        Err(format!("half a transaction: {found:?}"))
    }
}

/// Calls that two undisturbed lives make.
fn calls() -> u64 {
    let disk = SimulatedDisk::new();
    disk.fail(None);
    assert_eq!(lives(&disk).len(), 2 * USERS);
    disk.calls()
}

fn sweep(fault: impl Fn(u64) -> Fault) {
    for call in 1..=calls() {
        for seed in 0..seeds() {
            let disk = SimulatedDisk::new();
            disk.fail(Some(fault(call)));
            let acknowledged = lives(&disk);
            let after = disk.after_power_cut(seed * 1_000_003 + call);
            let judged = judge(&after, &acknowledged);
            assert_eq!(judged, Ok(()), "call {call}, seed {seed}, {:?}", fault(call));
        }
    }
}

#[test]
fn any_one_call_may_fail() {
    sweep(|call| Fault { call, for_ever: false, code: BROKEN });
}

#[test]
fn the_power_may_go_at_any_call() {
    sweep(|call| Fault { call, for_ever: true, code: BROKEN });
}

#[test]
fn there_may_be_no_room_for_any_one_call_or_from_then_on() {
    sweep(|call| Fault { call, for_ever: false, code: FULL });
    sweep(|call| Fault { call, for_ever: true, code: FULL });
}

#[test]
fn the_power_may_go_again_while_the_store_recovers() {
    for call in (1..=calls()).step_by(7) {
        let disk = SimulatedDisk::new();
        disk.fail(Some(Fault { call, for_ever: true, code: BROKEN }));
        let acknowledged = lives(&disk);
        let first = disk.after_power_cut(call);
        for second in (1..200).step_by(9) {
            let again = first.after_power_cut(0);
            again.fail(Some(Fault { call: second, for_ever: true, code: BROKEN }));
            if open(&again).is_ok() && again.calls() < second {
                break;
            }
            let judged = judge(&again.after_power_cut(call * 31 + second), &acknowledged);
            assert_eq!(judged, Ok(()), "call {call}, then call {second}");
        }
    }
}

#[test]
fn a_full_disk_stops_writers_alone_and_only_while_it_is_full() {
    let disk = SimulatedDisk::new();
    runtime().block_on(async {
        let store = open(&disk).unwrap();
        sign_up(&store).await.unwrap();
        disk.fail(Some(Fault { call: 1, for_ever: true, code: FULL }));
        assert_eq!(sign_up(&store).await, Err(StorageError::Full));
        assert_eq!(everything::<User>(&store).await.len(), 1);
        assert!(store.status().trouble.is_some() && !store.status().dead);
        disk.fail(None);
        assert_eq!(sign_up(&store).await, Ok(2));
        assert_eq!(store.status().trouble, None);
    });
    assert_eq!(judge(&disk.after_power_cut(1), &[1, 2]), Ok(()));
}

#[test]
fn what_could_not_be_synced_is_not_acknowledged_and_ends_the_store() {
    let disk = SimulatedDisk::new();
    runtime().block_on(async {
        let store = open(&disk).unwrap();
        sign_up(&store).await.unwrap();
        // The write is the first call, the sync the second.
        disk.fail(Some(Fault { call: 2, for_ever: false, code: BROKEN }));
        assert!(matches!(sign_up(&store).await, Err(StorageError::Unavailable(_))));
        assert!(store.status().dead);
        assert!(matches!(sign_up(&store).await, Err(StorageError::Unavailable(_))));
    });
    assert_eq!(judge(&disk.after_power_cut(3), &[1]), Ok(()));
}

/// The control: on a disk that only says that it synced, the harness must see what is lost.
#[test]
fn a_disk_that_lies_is_found_out() {
    let violations = (0..20).filter(|seed| {
        let disk = SimulatedDisk::new();
        disk.lie();
        let acknowledged = lives(&disk);
        judge(&disk.after_power_cut(*seed), &acknowledged).is_err()
    });
    assert!(violations.count() > 10);
}

#[test]
fn a_flipped_bit_is_noticed_or_changes_nothing() {
    let disk = SimulatedDisk::new();
    let acknowledged = lives(&disk);
    let names = |store: &Store| {
        runtime().block_on(async {
            let rows = everything::<User>(store).await;
            rows.into_iter().map(|row| serde_json::to_string(&row.value).unwrap()).collect::<Vec<_>>()
        })
    };
    let sound = names(&open(&disk.after_power_cut(0)).unwrap());
    assert!(sound.len() >= acknowledged.len());
    for (path, content) in disk.files() {
        for at in (0..content.len()).step_by(97) {
            let mut flipped = content.clone();
            flipped[at] ^= 1 << (at % 8);
            if let Ok(store) = open(&disk.with(&path, flipped)) {
                assert_eq!(names(&store), sound, "{} byte {at}", path.display());
            }
        }
    }
}
