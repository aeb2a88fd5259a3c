//! Verify, backup, restore, export; also while a store writes.

use crate::processes::{number, say};
use crate::{copy_directory, everything, opened, options, quiet};
use domain::{Action, User};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::conformance::samples::{at, event, user};
use storage::conformance::{Store, write};
use storage::json::{JsonOptions, JsonStore, OpenError, Until, backup, export, restore, verify};
use storage::{Counter, StorageError};
use tokio::sync::Semaphore;

/// One user with an audit event, `id` minutes after the beginning of the clinic's day.
pub async fn sign_up(store: &Store, id: u64) -> Result<(), StorageError> {
    let unit = write(store, move |tx| {
        Box::pin(async move {
            tx.users().insert(user(id)).await?;
            tx.audit().append(event(i64::try_from(id).unwrap(), Action::SignUp)).await
        })
    });
    unit.await
}

/// Ten users: five in the checkpoint, five in the journal, as a kill leaves them.
pub async fn killed() -> tempfile::TempDir {
    let (live, dead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = opened(live.path());
    for id in 1..=5 {
        sign_up(&store, id).await.unwrap();
    }
    store.close().await.unwrap();
    drop(store);
    let store = opened(live.path());
    for id in 6..=10 {
        sign_up(&store, id).await.unwrap();
    }
    copy_directory(live.path(), dead.path());
    dead
}

pub async fn ids(directory: &Path) -> Vec<u64> {
    everything::<User>(&opened(directory)).await.iter().map(|row| row.value.id.0).collect()
}

pub fn beside(directory: &tempfile::TempDir, name: &str) -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir_in(directory.path().parent().unwrap()).unwrap();
    let path = parent.path().join(name);
    (parent, path)
}

#[tokio::test]
async fn a_sound_directory_is_reported_and_left_alone() {
    let dead = killed().await;
    let found = verify(&options(dead.path()), &quiet).unwrap();
    assert_eq!((found.checkpoint, found.last, found.totals.users), (5, 10, 10));
    assert_eq!((found.audit_events, found.unclaimed), (10, 0));
    let again = verify(&options(dead.path()), &quiet).unwrap();
    assert_eq!(found, again);
}

#[tokio::test]
async fn a_flipped_byte_anywhere_is_found() {
    let dead = killed().await;
    let mut files = vec![];
    for folder in ["", "journal", "audit", "archive"] {
        let entries = fs::read_dir(dead.path().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.is_file()));
    }
    for file in files.into_iter().filter(|file| !file.ends_with("store.lock")) {
        let bytes = fs::read(&file).unwrap();
        if bytes.is_empty() {
            continue;
        }
        let sound = verify(&options(dead.path()), &quiet).unwrap();
        for place in [bytes.len() / 3, bytes.len() / 2] {
            let mut flipped = bytes.clone();
            flipped[place] ^= 4;
            fs::write(&file, &flipped).unwrap();
            // A changed digit of a checksum that is not used may leave everything as it is; nothing else may.
            if let Ok(found) = verify(&options(dead.path()), &quiet) {
                assert_eq!(found.totals, sound.totals, "{} byte {place}", file.display());
                assert!(file.ends_with("store.json"), "{} byte {place}", file.display());
            }
        }
        fs::write(&file, bytes).unwrap();
    }
}

#[tokio::test]
async fn a_backup_opens_like_the_original_and_holds_no_secret() {
    let dead = killed().await;
    fs::write(dead.path().join("jwt-secret"), "secret").unwrap();
    let (_parent, copy) = beside(&dead, "copy");
    let found = backup(&options(dead.path()), &copy, &quiet).unwrap();
    assert_eq!((found.last, found.audit_events), (10, 10));
    assert_eq!(ids(&copy).await, (1..=10).collect::<Vec<_>>());
    assert!(!copy.join("jwt-secret").exists());
    let refused = backup(&options(dead.path()), &copy, &quiet);
    assert!(matches!(refused, Err(OpenError::NotEmpty { .. })), "never into a directory that has something");
}

/// Signs users up, numbered in the order of commits whoever commits, as often as it is permitted to.
fn busy(store: &Store, permits: &Arc<Semaphore>) -> tokio::task::JoinHandle<()> {
    let (store, permits) = (store.clone(), permits.clone());
    tokio::spawn(async move {
        while let Ok(permit) = permits.acquire().await {
            permit.forget();
            let unit = write(&store, |tx| {
                Box::pin(async move {
                    let id = tx.counters().next(Counter::User).await?;
                    tx.users().insert(user(id)).await?;
                    tx.audit().append(event(i64::try_from(id).unwrap(), Action::SignUp)).await
                })
            });
            unit.await.unwrap();
        }
    })
}

/// Backups taken while two stores write, of which each is also restored to a moment in it. `TORTURE` multiplies them.
#[tokio::test(flavor = "multi_thread")]
async fn every_backup_taken_under_load_is_a_moment_of_the_history() {
    let directory = tempfile::tempdir().unwrap();
    let open = || -> Store {
        let small = JsonOptions { checkpoint_bytes: 30_000, ..options(directory.path()) };
        Arc::new(JsonStore::open(small).unwrap())
    };
    let stores = [open(), open()];
    let permits = Arc::new(Semaphore::new(0));
    let writers: Vec<_> = stores.iter().map(|store| busy(store, &permits)).collect();
    let (mut before, backups) = (0, 6 * number("TORTURE", 1));
    for _ in 0..backups {
        permits.add_permits(40);
        let source = directory.path().to_owned();
        let (_parent, copy) = beside(&directory, "copy");
        let target = copy.clone();
        let take = move || backup(&options(&source), &target, &quiet).unwrap();
        let found = tokio::task::spawn_blocking(take).await.unwrap();
        let (_parent, then) = beside(&directory, "then");
        let moment = Until::Transaction(u64::midpoint(before, found.last));
        let past = restore(&options(&copy), &then, moment, &quiet).unwrap();
        assert_eq!(ids(&then).await, (1..=past.last).collect::<Vec<_>>(), "{moment:?}");
        let ids = ids(&copy).await;
        assert_eq!(ids, (1..=found.last).collect::<Vec<_>>(), "a prefix of the history");
        assert_eq!(found.audit_events, found.last);
        assert!(found.last >= before, "not older than the backup before");
        before = found.last;
    }
    permits.close();
    for writer in writers {
        writer.await.unwrap();
    }
    for store in &stores {
        store.close().await.unwrap();
    }
    say(format_args!("{backups} backups restored"));
}

#[tokio::test]
async fn a_restored_store_is_as_it_was_then_and_goes_on_under_another_name() {
    let dead = killed().await;
    let original = verify(&options(dead.path()), &quiet).unwrap();
    for (until, last) in [
        (Until::Newest, 10),
        (Until::Transaction(7), 7),
        (Until::Time(at(9)), 8),
        (Until::Transaction(5), 5),
        (Until::Transaction(3), 3),
        (Until::Time(at(0)), 0),
        (Until::Transaction(99), 10),
    ] {
        let (_parent, copy) = beside(&dead, "restored");
        let found = restore(&options(dead.path()), &copy, until, &quiet).unwrap();
        assert_eq!((found.last, found.audit_events), (last, last), "{until:?}");
        assert_ne!(found.store_id, original.store_id);
        let store = opened(&copy);
        sign_up(&store, 50).await.unwrap();
        store.close().await.unwrap();
        drop(store);
        assert_eq!(ids(&copy).await.len() as u64, last + 1);
        assert_eq!(storage::json::verify_chain(&copy), Ok(last + 1));
    }
}

#[tokio::test]
async fn an_export_is_the_readable_files_of_the_newest_state() {
    let dead = killed().await;
    let (_parent, copy) = beside(&dead, "export");
    assert_eq!(export(&options(dead.path()), &copy, &quiet).unwrap().users, 10);
    let users: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(copy.join("users.json")).unwrap()).unwrap();
    assert_eq!(users.as_array().unwrap().len(), 10);
    let mut names: Vec<_> = fs::read_dir(&copy).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names.len(), 11, "{names:?}");
}
