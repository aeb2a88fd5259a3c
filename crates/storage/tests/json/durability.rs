//! What was acknowledged is there after a crash; what is damaged is noticed.

use crate::{copy_directory, everything, open, opened, segment};
use domain::{Action, User};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use storage::conformance::samples::{event, user};
use storage::conformance::{Store, add, audit, write};
use storage::json::OpenError;
use storage::{AuditFilter, Counter, Order, PageRequest, Storage as _, StorageError};

async fn ids(store: &Store) -> Vec<u64> {
    everything::<User>(store).await.iter().map(|row| row.value.id.0).collect()
}

/// A directory with three users in its journal, as a crash leaves it.
async fn crashed() -> tempfile::TempDir {
    let (live, dead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = opened(live.path());
    for id in 1..=3 {
        add(&store, user(id)).await.unwrap();
    }
    copy_directory(live.path(), dead.path());
    dead
}

#[tokio::test]
async fn every_acknowledged_write_survives_a_kill() {
    let live = tempfile::tempdir().unwrap();
    let store = opened(live.path());
    for id in 1..=8 {
        add(&store, user(id)).await.unwrap();
        let dead = tempfile::tempdir().unwrap();
        copy_directory(live.path(), dead.path());
        assert_eq!(ids(&opened(dead.path())).await, (1..=id).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_store_dropped_without_closing_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    add(&opened(directory.path()), user(1)).await.unwrap();
    let store = open(directory.path()).unwrap();
    assert_eq!(store.report().replayed, 1);
    drop(store);
    let again = open(directory.path()).unwrap();
    assert_eq!(again.report().replayed, 0, "what was replayed is in the files now");
    assert_eq!(again.status().totals.users, 1);
}

#[tokio::test]
async fn a_closed_store_takes_no_more_writes_and_reopens_without_replay() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    add(&store, user(1)).await.unwrap();
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(add(&store, user(2)).await, Err(StorageError::Unavailable(_))));
    assert_eq!(ids(&store).await, [1], "reading goes on");
    let again = open(directory.path()).unwrap();
    assert_eq!((again.report().replayed, again.status().totals.users), (0, 1));
}

#[tokio::test]
async fn a_tail_torn_at_any_byte_costs_only_the_unfinished_transaction() {
    let (live, dead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = opened(live.path());
    add(&store, user(1)).await.unwrap();
    write(&store, |tx| Box::pin(async move { tx.counters().next(Counter::User).await })).await.unwrap();
    copy_directory(live.path(), dead.path());
    let bytes = fs::read(segment(dead.path())).unwrap();
    let starts = bytes.split_inclusive(|byte| *byte == b'\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, *at, line[9..].starts_with(b"{\"seq\"")))
    });
    let (last_line, end, _) = starts.filter(|(_, _, is_transaction)| *is_transaction).last().unwrap();
    for length in last_line..end {
        let torn = tempfile::tempdir().unwrap();
        copy_directory(dead.path(), torn.path());
        fs::write(segment(torn.path()), &bytes[..length]).unwrap();
        let store = open(torn.path()).unwrap();
        assert_eq!((store.status().totals.users, store.report().replayed), (1, 1), "cut at {length}");
        assert_eq!(store.report().quarantined, (length - last_line) as u64);
        assert_eq!(torn.path().join("quarantine").exists(), length > last_line);
        let store: Store = Arc::new(store);
        let next = write(&store, |tx| Box::pin(async move { tx.counters().next(Counter::User).await }));
        assert_eq!(next.await, Ok(1), "cut at {length}");
    }
}

#[tokio::test]
async fn a_tail_of_garbage_is_cut_off() {
    let dead = crashed().await;
    let path = segment(dead.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(&[0; 300]);
    bytes.extend_from_slice(b"\n\nnothing that has a checksum\n");
    fs::write(&path, bytes).unwrap();
    assert_eq!(ids(&opened(dead.path())).await, [1, 2, 3]);
}

fn refused_at(directory: &Path) -> (usize, u64) {
    match open(directory) {
        Err(OpenError::Corrupt { line, offset, .. }) => (line, offset),
        other => panic!("expected damage to be noticed, got {other:?}"),
    }
}

#[tokio::test]
async fn a_flipped_bit_before_the_last_transaction_is_damage() {
    let dead = crashed().await;
    let bytes = fs::read(segment(dead.path())).unwrap();
    let first_line = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for at in (0..first_line).step_by(7).chain([first_line - 1]) {
        let damaged = tempfile::tempdir().unwrap();
        copy_directory(dead.path(), damaged.path());
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        fs::write(segment(damaged.path()), &flipped).unwrap();
        assert_eq!(refused_at(damaged.path()), (1, 0), "bit flipped in byte {at}");
        assert_eq!(fs::read(segment(damaged.path())).unwrap(), flipped, "nothing is repaired by guessing");
    }
}

#[tokio::test]
async fn a_missing_transaction_is_damage() {
    let dead = crashed().await;
    let path = segment(dead.path());
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("\"seq\"")).collect();
    fs::write(&path, format!("{}\n{}\n", lines[0], lines[2])).unwrap();
    assert_eq!(refused_at(dead.path()), (2, lines[0].len() as u64 + 1));
}

#[tokio::test]
async fn a_missing_segment_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    add(&store, user(1)).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    fs::rename(segment(directory.path()), directory.path().join("journal/00000000000000000009.jsonl"))
        .unwrap();
    refused_at(directory.path());
}

#[tokio::test]
async fn the_audit_chain_goes_on_after_a_restart_and_verifies() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let store = opened(directory.path());
        for minutes in 0..5 {
            let unit = write(&store, move |tx| {
                Box::pin(async move { tx.audit().append(event(round * 10 + minutes, Action::SignIn)).await })
            });
            unit.await.unwrap();
        }
        if round != 1 {
            store.close().await.unwrap();
        }
    }
    assert_eq!(storage::json::verify_chain(directory.path()), Ok(15));
    let store = opened(directory.path());
    for order in [Order::Ascending, Order::Descending] {
        let (mut seen, mut request) = (Vec::new(), PageRequest::first(4, order));
        loop {
            let page = audit(&store, AuditFilter::default(), request.clone()).await;
            seen.extend(page.items.iter().map(|it| it.seq));
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, (1..=15).collect::<Vec<_>>(), "{order:?}");
    }
    drop(store);
    let file = directory.path().join("audit/00000000000000000001.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("Number 1", "Number 2", 1)).unwrap();
    assert!(matches!(storage::json::verify_chain(directory.path()), Err(StorageError::Corrupt(_))));
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    let store = opened(&directory);
    add(&store, user(1)).await.unwrap();
    store.close().await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for name in ["users.json", "store.json", "store.lock", "snapshots/00000000000000000001/users.json"] {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&segment(&directory)), 0o600);
}
