//! Several stores on one directory, as several processes have it: locks belong to each opening, so two stores in one
//! process exclude each other like two processes do.

use crate::{everything, open, opened, options, segment};
use domain::{Appointment, User};
use std::fs;
use std::sync::Arc;
use storage::conformance::samples::{appointment, doctor, event, user};
use storage::conformance::{Store, add, change, write};
use storage::json::JsonStore;
use storage::{Constraint, Counter, StorageError};

async fn users(store: &Store) -> Vec<u64> {
    everything::<User>(store).await.iter().map(|row| row.value.id.0).collect()
}

#[tokio::test]
async fn each_sees_at_once_what_the_other_was_told_is_committed() {
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (opened(directory.path()), opened(directory.path()));
    for round in 0..20 {
        let (writer, reader) = if round % 2 == 0 { (&one, &other) } else { (&other, &one) };
        add(writer, user(round + 1)).await.unwrap();
        assert_eq!(users(reader).await.len() as u64, round + 1);
    }
    let mut changed = user(3);
    changed.display_name = "Changed".to_owned();
    change(&one, 1, changed.clone()).await.unwrap();
    assert_eq!(change(&other, 1, changed).await, Err(StorageError::Stale));
}

#[tokio::test]
async fn constraints_hold_across_stores() {
    let directory = tempfile::tempdir().unwrap();
    let stores: Vec<Store> = (0..4).map(|_| opened(directory.path())).collect();
    let mut attempts = tokio::task::JoinSet::new();
    for id in 0..200u64 {
        let store = stores[usize::try_from(id % 4).unwrap()].clone();
        attempts
            .spawn(async move { add(&store, appointment(id + 1, u128::from(id) + 1, doctor(1), 540)).await });
    }
    let results = attempts.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let refused = |result: &&Result<_, _>| **result == Err(StorageError::Conflict(Constraint::DoctorOverlap));
    assert_eq!(results.iter().filter(refused).count(), 199);
    for store in &stores {
        assert_eq!(everything::<Appointment>(store).await.len(), 1);
    }
}

#[tokio::test]
async fn counters_have_no_gaps_and_no_doubles_across_stores() {
    let directory = tempfile::tempdir().unwrap();
    let stores: Vec<Store> = (0..3).map(|_| opened(directory.path())).collect();
    let mut units = tokio::task::JoinSet::new();
    for number in 0..300 {
        let store = stores[number % 3].clone();
        let unit = async move {
            write(&store, |tx| Box::pin(async move { tx.counters().next(Counter::Invoice(2026)).await }))
                .await
        };
        units.spawn(unit);
    }
    let mut numbers: Vec<u64> = units.join_all().await.into_iter().map(Result::unwrap).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=300).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_goes_on_where_checkpoints_of_the_other_took_the_journal_away() {
    let directory = tempfile::tempdir().unwrap();
    let mut small = options(directory.path());
    small.checkpoint_bytes = 2_000;
    let busy: Store = Arc::new(JsonStore::open(small).unwrap());
    let idle = opened(directory.path());
    for id in 1..=120 {
        add(&busy, user(id)).await.unwrap();
    }
    busy.close().await.unwrap();
    assert!(fs::read_dir(directory.path().join("journal")).unwrap().count() < 5, "old segments are gone");
    assert_eq!(users(&idle).await, (1..=120).collect::<Vec<_>>());
    add(&idle, user(121)).await.unwrap();
    idle.close().await.unwrap();
    drop((busy, idle));
    assert_eq!(users(&opened(directory.path())).await.len(), 121);
}

#[tokio::test]
async fn what_another_left_half_written_is_cut_off_by_the_next_writer() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    add(&store, user(1)).await.unwrap();
    let path = segment(directory.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(b"12345678 {\"seq\":2,\"bat");
    fs::write(&path, &bytes).unwrap();
    assert_eq!(users(&store).await, [1], "a reader waits for the writer's lock, and mends");
    add(&store, user(2)).await.unwrap();
    assert_eq!(users(&opened(directory.path())).await, [1, 2]);
    assert!(directory.path().join("quarantine").exists());
}

#[tokio::test]
async fn whole_transactions_of_a_writer_that_ended_are_taken_over() {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = opened(directory.path());
    add(&store, user(1)).await.unwrap();
    crate::copy_directory(directory.path(), other.path());
    add(&store, user(2)).await.unwrap();
    drop(store);
    // The other directory gets the second transaction without the mark that it is on disk.
    let follower = opened(other.path());
    let written = fs::read_to_string(segment(directory.path())).unwrap();
    let (unmarked, _) = written.trim_end().rsplit_once('\n').unwrap();
    fs::write(segment(other.path()), format!("{unmarked}\n")).unwrap();
    assert_eq!(users(&follower).await, [1, 2]);
    let marked = fs::read_to_string(segment(other.path())).unwrap();
    assert!(marked.trim_end().ends_with("{\"ack\":2}"), "{marked}");
}

#[tokio::test]
async fn a_damaged_journal_stops_a_store_that_has_it_open() {
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (opened(directory.path()), opened(directory.path()));
    add(&one, user(1)).await.unwrap();
    let path = segment(directory.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[40] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(matches!(add(&other, user(2)).await, Err(StorageError::Unavailable(_))));
    assert!(other.status().dead);
    drop((one, other));
    assert!(open(directory.path()).is_err());
}

#[tokio::test]
async fn the_audit_chain_is_one_across_stores() {
    let directory = tempfile::tempdir().unwrap();
    let stores: Vec<Store> = (0..2).map(|_| opened(directory.path())).collect();
    for round in 0..10 {
        let unit = write(&stores[round % 2], move |tx| {
            let event = event(i64::try_from(round).unwrap(), domain::Action::SignIn);
            Box::pin(async move { tx.audit().append(event).await })
        });
        unit.await.unwrap();
    }
    for store in stores {
        store.close().await.unwrap();
    }
    assert_eq!(storage::json::verify_chain(directory.path()), Ok(10));
}
