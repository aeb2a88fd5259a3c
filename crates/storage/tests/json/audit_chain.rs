//! Following the audit chain of a directory: whatever is done to the log, it is found.

use crate::{copy_directory, open, options, quiet};
use domain::Action;
use domain::audit::{AuditDraft, AuditEvent};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::chain::{AnchorKey, ChainReport, hash_of};
use storage::conformance::samples::{at, event};
use storage::conformance::{Store, audit, write};
use storage::json::{JsonOptions, JsonStore, OpenError, backup, follow_audit, restore, verify};
use storage::{AuditFilter, Order, PageRequest};

const EVENTS: i64 = 12;

fn key() -> AnchorKey {
    AnchorKey::new(b"a key that is not on the volume, 32 bytes at least")
}

async fn append(store: &Store, minutes: i64) {
    write(store, move |tx| {
        Box::pin(async move {
            let draft = AuditDraft { request_id: format!("r-{minutes}"), ..event(minutes, Action::SignIn) };
            tx.audit().append(draft).await
        })
    })
    .await
    .unwrap();
}

async fn anchor(store: &Store, minutes: i64) {
    let head = store.audit_head().await.unwrap().unwrap();
    store.keep_anchor(key().anchor(head, at(minutes))).await.unwrap();
}

/// A log of some events, anchored in the middle and at the end, all of it in the files.
async fn log(directory: &Path) {
    let store: Store = Arc::new(open(directory).unwrap());
    for minutes in 0..EVENTS {
        append(&store, minutes).await;
        if minutes == EVENTS / 2 || minutes == EVENTS - 1 {
            anchor(&store, minutes).await;
        }
    }
    store.close().await.unwrap();
}

fn follow(directory: &Path) -> Result<ChainReport, OpenError> {
    follow_audit(&options(directory), &[key()], None, &quiet)
}

fn refused(directory: &Path) -> String {
    let error = follow(directory).unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    error.to_string()
}

fn file(directory: &Path) -> PathBuf {
    directory.join("audit/00000000000000000001.jsonl")
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().split_inclusive('\n').map(str::to_owned).collect()
}

#[tokio::test]
async fn a_whole_log_is_followed_to_its_end_past_its_anchors() {
    let directory = tempfile::tempdir().unwrap();
    log(directory.path()).await;
    let report = follow(directory.path()).unwrap();
    assert_eq!((report.events, report.proven, report.unproven), (12, 2, 0));
    assert_eq!(report.last_proven, Some((12, at(EVENTS - 1))));
    // What is in the journal only counts as well, also while a server has the directory open.
    let store: Store = Arc::new(open(directory.path()).unwrap());
    append(&store, 99).await;
    let report = follow(directory.path()).unwrap();
    assert_eq!((report.events, report.head), (13, store.audit_head().await.unwrap().unwrap().hash));
    // Without the key the anchors are met and prove nothing.
    let report = follow_audit(&options(directory.path()), &[], None, &quiet).unwrap();
    assert_eq!((report.proven, report.unproven, report.last_proven), (0, 2, None));
}

#[tokio::test]
async fn any_line_that_is_changed_removed_or_moved_is_found() {
    let directory = tempfile::tempdir().unwrap();
    log(directory.path()).await;
    let path = file(directory.path());
    let whole = lines(&path);
    assert_eq!(whole.len(), 12);
    for index in 0..whole.len() {
        for change in 0..5 {
            let mut changed = whole.clone();
            match change {
                0 => changed[index] = changed[index].replace("Number 1", "Number 2"),
                1 => changed[index] = changed[index].replace("{\"seq\"", "{ \"seq\""),
                2 => drop(changed.remove(index)),
                3 if index + 1 < whole.len() => changed.swap(index, index + 1),
                3 => continue,
                _ => changed.truncate(index),
            }
            fs::write(&path, changed.concat()).unwrap();
            let why = refused(directory.path());
            assert!(why.contains("audit"), "{why}");
        }
    }
    fs::write(&path, whole.concat()).unwrap();
    assert!(follow(directory.path()).is_ok());
    fs::remove_file(&path).unwrap();
    refused(directory.path());
}

/// Writes the log anew with one event changed, as someone would who knows how it is made, and everything after it to match.
fn forge(directory: &Path, from: usize) {
    let path = file(directory);
    let mut events: Vec<AuditEvent> =
        lines(&path).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let old = events.last().unwrap().hash.clone();
    "Somebody else".clone_into(&mut events[from].event.actor_name);
    let mut prev = events[from].prev.clone();
    for event in &mut events[from..] {
        event.prev.clone_from(&prev);
        event.hash = hash_of(&prev, &event.event);
        prev.clone_from(&event.hash);
    }
    let text: Vec<String> =
        events.iter().map(|event| format!("{}\n", serde_json::to_string(event).unwrap())).collect();
    fs::write(&path, text.concat()).unwrap();
    let manifest = directory.join("store.json");
    fs::write(&manifest, fs::read_to_string(&manifest).unwrap().replace(&old, &prev)).unwrap();
}

#[tokio::test]
async fn a_chain_that_was_made_anew_meets_its_anchor() {
    let directory = tempfile::tempdir().unwrap();
    log(directory.path()).await;
    forge(directory.path(), 3);
    assert!(refused(directory.path()).contains("event 7 is not the one that was anchored at"));
    // An anchor to match needs the key.
    let anchors = directory.path().join("audit/anchors.jsonl");
    let kept = fs::read_to_string(&anchors).unwrap();
    let events: Vec<AuditEvent> =
        lines(&file(directory.path())).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let hashes: Vec<String> =
        kept.lines().map(|line| serde_json::from_str::<domain::AuditAnchor>(line).unwrap().hash).collect();
    let forged = kept.replace(&hashes[0], &events[6].hash).replace(&hashes[1], &events[11].hash);
    fs::write(&anchors, forged).unwrap();
    assert!(refused(directory.path()).contains("the anchor of event 7"));
    // Whoever takes the anchors away as well is betrayed by what the server's log says.
    fs::remove_file(&anchors).unwrap();
    assert_eq!(follow(directory.path()).unwrap().proven, 0);
    let noted = domain::ChainHead { seq: 12, hash: hashes[1].clone() };
    let why = follow_audit(&options(directory.path()), &[key()], Some(noted), &quiet).unwrap_err();
    assert!(why.to_string().contains("event 12 is not the one that was noted"), "{why}");
}

#[tokio::test]
async fn a_log_that_was_longer_once_is_found_by_its_last_anchor() {
    let directory = tempfile::tempdir().unwrap();
    let parent = tempfile::tempdir().unwrap();
    let before = parent.path().join("before");
    log(directory.path()).await;
    copy_directory(directory.path(), &before);
    let store: Store = Arc::new(open(directory.path()).unwrap());
    append(&store, 20).await;
    anchor(&store, 21).await;
    store.close().await.unwrap();
    fs::copy(directory.path().join("audit/anchors.jsonl"), before.join("audit/anchors.jsonl")).unwrap();
    let why = refused(&before);
    assert!(why.contains("ends at event 12, but event 13 was anchored at 2026-11-23T09:21:00Z"), "{why}");
    assert!(verify(&options(&before), &quiet).is_ok(), "in itself it is whole");
}

#[tokio::test]
async fn anchors_come_along_where_the_log_goes() {
    let directory = tempfile::tempdir().unwrap();
    let there = tempfile::tempdir().unwrap();
    let (copy, restored) = (there.path().join("copy"), there.path().join("restored"));
    log(directory.path()).await;
    backup(&options(directory.path()), &copy, &quiet).unwrap();
    assert_eq!(follow(&copy).unwrap().proven, 2);
    // A log that ends earlier on purpose has the anchors up to there.
    let until = storage::json::Until::Transaction(9);
    restore(&options(&copy), &restored, until, &quiet).unwrap();
    let report = follow(&restored).unwrap();
    assert_eq!((report.events, report.proven), (9, 1));
}

#[tokio::test]
async fn a_torn_anchor_is_passed_over_and_goes_with_the_next_one() {
    let directory = tempfile::tempdir().unwrap();
    log(directory.path()).await;
    let anchors = directory.path().join("audit/anchors.jsonl");
    let mut torn = fs::read(&anchors).unwrap();
    torn.extend_from_slice(b"{\"seq\":12,\"ha");
    fs::write(&anchors, torn).unwrap();
    assert_eq!(follow(directory.path()).unwrap().proven, 2);
    let store: Store = Arc::new(open(directory.path()).unwrap());
    append(&store, 30).await;
    anchor(&store, 31).await;
    drop(store);
    assert_eq!(follow(directory.path()).unwrap().proven, 3);
    fs::write(&anchors, "not an anchor\n").unwrap();
    assert!(refused(directory.path()).contains("not an anchor"));
}

/// Events that fill several files, one an hour.
async fn long_log(directory: &Path) -> Store {
    let small = JsonOptions { audit_in_memory: 1, ..options(directory) };
    let store: Store = Arc::new(JsonStore::open(small.clone()).unwrap());
    for batch in 0..4i64 {
        write(&store, move |tx| {
            Box::pin(async move {
                for number in 0..400 {
                    let mut draft = event((batch * 400 + number) * 60, Action::SignIn);
                    draft.actor = Some(domain::UserId(u64::try_from(batch).unwrap()));
                    draft.reason = "x".repeat(2_500);
                    tx.audit().append(draft).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    }
    store.close().await.unwrap();
    Arc::new(JsonStore::open(small).unwrap())
}

#[tokio::test]
async fn a_narrow_time_is_looked_for_in_the_files_that_may_have_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = long_log(directory.path()).await;
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory.path().join("audit")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 3, "{files:?}");
    // Whoever reads the first or the last of them fails.
    for damaged in [&files[0], files.last().unwrap()] {
        let text = fs::read_to_string(damaged).unwrap();
        fs::write(damaged, text.replacen("xxx", "yyy", 2)).unwrap();
    }
    let middle =
        AuditFilter { from: Some(at(700 * 60)), until: Some(at(710 * 60)), ..AuditFilter::default() };
    for order in [Order::Ascending, Order::Descending] {
        assert_eq!(audit(&store, middle.clone(), PageRequest::first(50, order)).await.items.len(), 10);
    }
}

#[tokio::test]
async fn files_that_were_read_once_are_not_read_for_someone_who_is_not_in_them() {
    let directory = tempfile::tempdir().unwrap();
    let store = long_log(directory.path()).await;
    let by = |id| AuditFilter { actor: Some(domain::UserId(id)), ..AuditFilter::default() };
    let all = PageRequest::all(Order::Ascending);
    assert_eq!(audit(&store, by(3), all.clone()).await.items.len(), 400);
    let text = fs::read_to_string(file(directory.path())).unwrap();
    fs::write(file(directory.path()), text.replacen("xxx", "yyy", 2)).unwrap();
    assert_eq!(audit(&store, by(3), all).await.items.len(), 400);
}
