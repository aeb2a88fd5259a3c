//! Clocks that jump: what happened first is first because it has the lower number, whatever any clock said.

use crate::{everything, options, quiet};
use domain::{Action, Session, User};
use std::path::Path;
use std::sync::Arc;
use storage::conformance::samples::{at, event, session, user};
use storage::conformance::{Store, add, audit, write};
use storage::json::{JsonOptions, JsonStore, Until, restore, verify};
use storage::{AuditFilter, Order, PageRequest, StorageError};

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// A store of a process whose clock says so many minutes.
fn opened_at(directory: &Path, minutes: i64) -> Store {
    let options = JsonOptions { opened_at: at(minutes), checkpoint_bytes: 2_000, ..options(directory) };
    Arc::new(JsonStore::open(options).unwrap())
}

/// A user with an audit event of this time.
async fn sign_up(store: &Store, id: u64, minutes: i64) -> Result<(), StorageError> {
    let unit = write(store, move |tx| {
        Box::pin(async move {
            tx.users().insert(user(id)).await?;
            tx.audit().append(event(minutes, Action::SignUp)).await
        })
    });
    unit.await
}

#[tokio::test]
async fn processes_whose_clocks_jump_by_days_share_one_order() {
    let directory = tempfile::tempdir().unwrap();
    let mut times = Vec::new();
    for (round, jump) in (0..).zip([0, DAY, -DAY, 30, -400 * DAY, 400 * DAY, -1]) {
        // One process is ahead by the jump, one behind; each is stopped and started again in every round.
        let stores = [opened_at(directory.path(), jump), opened_at(directory.path(), -jump)];
        for (number, minutes) in (0..).zip([jump, -jump, jump + 1, -jump]) {
            let store = &stores[usize::try_from(number % 2).unwrap()];
            sign_up(store, round * 4 + number + 1, minutes).await.unwrap();
            times.push(event(minutes, Action::SignUp).at);
        }
        for store in &stores {
            assert_eq!(everything::<User>(store).await.len(), times.len());
        }
        if round % 2 == 0 {
            stores[0].close().await.unwrap();
        }
    }
    let store = opened_at(directory.path(), 0);
    let events = audit(&store, AuditFilter::default(), PageRequest::all(Order::Ascending)).await.items;
    assert_eq!(events.iter().map(|event| event.event.at).collect::<Vec<_>>(), times);
    store.close().await.unwrap();
    assert_eq!(verify(&options(directory.path()), &quiet).unwrap().audit_events, times.len() as u64);
}

#[tokio::test]
async fn a_live_session_survives_a_restart_under_a_clock_that_is_a_day_off() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened_at(directory.path(), 0);
    add(&store, session(1, 1, 0)).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    for jump in [DAY, -DAY, 0] {
        let store = opened_at(directory.path(), jump);
        assert_eq!(everything::<Session>(&store).await.len(), 1, "{jump}");
        add(&store, user(u64::try_from(DAY + jump).unwrap() + 1)).await.unwrap();
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn restoring_to_a_time_ends_at_the_first_later_transaction_though_the_clock_went_back() {
    let directory = tempfile::tempdir().unwrap();
    let (source, target) = (directory.path().join("source"), directory.path().join("target"));
    let store: Store = Arc::new(JsonStore::open(options(&source)).unwrap());
    for (id, minutes) in [(1, 10), (2, 50), (3, 20)] {
        sign_up(&store, id, minutes).await.unwrap();
    }
    restore(&options(&source), &target, Until::Time(at(30)), &quiet).unwrap();
    let users = everything::<User>(&opened_at(&target, 0)).await;
    assert_eq!(users.iter().map(|row| row.value.id.0).collect::<Vec<_>>(), [1]);
}
