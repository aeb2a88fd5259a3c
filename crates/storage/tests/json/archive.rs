//! The archive: any moment that it covers can be restored, what is too old goes, damage in it is found.

use crate::backup::{beside, ids, sign_up};
use crate::{options, quiet};
use domain::Action;
use jiff::SignedDuration;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::conformance::samples::{at, event, user};
use storage::conformance::{Store, write};
use storage::json::{JsonOptions, JsonStore, OpenError, Until, backup, restore, verify};

/// Users whose sign-ups fill several segments, with many checkpoints between them.
const USERS: u64 = 60;
/// A day in the minutes that events are told in.
const DAY: i64 = 24 * 60;

fn small(directory: &Path) -> JsonOptions {
    JsonOptions { checkpoint_bytes: 3_000, ..options(directory) }
}

async fn grown(directory: &Path) {
    let mut next = 1;
    while next <= USERS {
        // The checkpoint of one life waits for the one before it.
        let store: Store = Arc::new(JsonStore::open(small(directory)).unwrap());
        for _ in 0..6 {
            sign_up(&store, next).await.unwrap();
            next += 1;
        }
        store.close().await.unwrap();
    }
}

fn archived(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> =
        fs::read_dir(directory.join("archive")).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn archived_segments(directory: &Path) -> Vec<PathBuf> {
    archived(directory).into_iter().filter(|path| path.is_file()).collect()
}

#[tokio::test]
async fn every_moment_of_the_history_can_be_restored_also_from_a_backup() {
    let directory = tempfile::tempdir().unwrap();
    grown(directory.path()).await;
    assert!(archived_segments(directory.path()).len() > 5);
    let (_parent, copy) = beside(&directory, "copy");
    assert_eq!(backup(&options(directory.path()), &copy, &quiet).unwrap().reaches_back_to, 0);
    for source in [directory.path(), &copy] {
        for last in (0..=USERS).step_by(7) {
            let moments = [
                Until::Transaction(last),
                Until::Time(event(i64::try_from(last).unwrap(), Action::SignUp).at),
            ];
            for until in moments {
                let (_parent, restored) = beside(&directory, "restored");
                let found = restore(&options(source), &restored, until, &quiet).unwrap();
                assert_eq!(
                    (found.last, found.audit_events, found.totals.users),
                    (last, last, last),
                    "{until:?}"
                );
                assert_eq!(ids(&restored).await, (1..=last).collect::<Vec<_>>());
            }
        }
    }
}

#[tokio::test]
async fn a_moment_before_damage_can_be_restored() {
    let directory = tempfile::tempdir().unwrap();
    grown(directory.path()).await;
    let segments = archived_segments(directory.path());
    let damaged = &segments[segments.len() / 2];
    let bytes = fs::read(damaged).unwrap();
    fs::write(damaged, &bytes[..bytes.len() - 9]).unwrap();
    let name = damaged.file_name().unwrap().to_str().unwrap();
    let first: u64 = name.split('.').next().unwrap().parse().unwrap();
    let options = options(directory.path());
    let refused = verify(&options, &quiet);
    assert!(matches!(&refused, Err(OpenError::Corrupt { path, .. }) if path == damaged), "{refused:?}");
    let (_parent, restored) = beside(&directory, "restored");
    assert_eq!(restore(&options, &restored, Until::Transaction(first - 1), &quiet).unwrap().last, first - 1);
    let (_parent, restored) = beside(&directory, "restored");
    let refused = restore(&options, &restored, Until::Transaction(first), &quiet);
    assert!(matches!(&refused, Err(OpenError::Corrupt { path, .. }) if path == damaged), "{refused:?}");
    assert!(!restored.exists());
    fs::remove_file(damaged).unwrap();
    let Err(refused) = verify(&options, &quiet) else { panic!("a missing segment passed") };
    assert!(refused.to_string().contains(&format!("transactions {first} to ")), "{refused}");
}

/// A store that signs one user up a day, for fifty days, each with a checkpoint.
async fn fifty_days(directory: &Path, kept: SignedDuration) {
    for day in 1..=50i64 {
        let options = JsonOptions { archive_kept: kept, ..small(directory) };
        let store: Store = Arc::new(JsonStore::open(options).unwrap());
        let unit = write(&store, move |tx| {
            Box::pin(async move {
                tx.users().insert(user(day.unsigned_abs())).await?;
                tx.audit().append(event(day * DAY, Action::SignUp)).await
            })
        });
        unit.await.unwrap();
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_older_than_the_time_to_keep_goes_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    fifty_days(directory.path(), SignedDuration::from_hours(20 * 24)).await;
    let options = options(directory.path());
    let found = verify(&options, &quiet).unwrap();
    assert!((22..=30).contains(&found.reaches_back_to), "{found:?}");
    assert!(archived(directory.path()).len() < 36, "{:?}", archived(directory.path()));
    for day in [30, 40, 49] {
        let (_parent, restored) = beside(&directory, "restored");
        let moment = Until::Time(at(day * DAY + 60));
        let found = restore(&options, &restored, moment, &quiet).unwrap();
        assert_eq!(found.last, day.unsigned_abs());
    }
    let (_parent, restored) = beside(&directory, "restored");
    let Err(refused) = restore(&options, &restored, Until::Time(at(15 * DAY)), &quiet) else {
        panic!("restored what is gone")
    };
    let oldest = found.reaches_back_to;
    let since = event(i64::try_from(oldest).unwrap() * DAY, Action::SignUp).at;
    assert!(
        matches!(&refused, OpenError::TooEarly { oldest: named, since: Some(at), .. } if *named == oldest && *at == since),
        "{refused}"
    );
    assert!(!restored.exists());
}

#[tokio::test]
async fn without_time_to_keep_the_archive_has_what_the_older_checkpoints_need() {
    let directory = tempfile::tempdir().unwrap();
    fifty_days(directory.path(), SignedDuration::ZERO).await;
    assert_eq!(verify(&options(directory.path()), &quiet).unwrap().reaches_back_to, 48);
    assert_eq!(archived(directory.path()).len(), 2, "{:?}", archived(directory.path()));
}
