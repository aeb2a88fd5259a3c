//! Answered requests survive what everything else survives, and leave the directory once they expired.

use crate::{copy_directory, opened, options, quiet};
use domain::{AnsweredRequest, PlanFact, RequestId, User};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use storage::StorageError;
use storage::conformance::samples::{answered, at, planned, user};
use storage::conformance::{Store, add, read, write};
use storage::json::{Formats, JsonOptions, JsonStore, backup};

/// Minutes of a day.
const DAY: i64 = 24 * 60;

async fn keep(store: &Store, request: AnsweredRequest) {
    let kept = write(store, move |tx| {
        let request = request.clone();
        Box::pin(async move { tx.requests().keep(request).await })
    });
    kept.await.unwrap();
}

async fn recall(store: &Store, id: u128) -> Option<AnsweredRequest> {
    read(store, move |tx| Box::pin(async move { tx.requests().recall(RequestId(id), at(9)).await }))
        .await
        .unwrap()
}

fn file(directory: &Path) -> Vec<Value> {
    serde_json::from_slice(&fs::read(directory.join("requests.json")).unwrap()).unwrap()
}

#[tokio::test]
async fn an_answer_survives_a_crash_a_checkpoint_and_a_backup() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    keep(&store, answered(7, 0)).await;
    let crashed = tempfile::tempdir().unwrap();
    copy_directory(directory.path(), crashed.path());
    assert_eq!(recall(&opened(crashed.path()), 7).await, Some(answered(7, 0)));
    store.close().await.unwrap();
    drop(store);
    assert_eq!(file(directory.path())[0]["id"], RequestId(7).to_string());
    assert_eq!(recall(&opened(directory.path()), 7).await, Some(answered(7, 0)));
    let copy = tempfile::tempdir().unwrap();
    backup(&options(directory.path()), copy.path(), &quiet).unwrap();
    assert_eq!(recall(&opened(copy.path()), 7).await, Some(answered(7, 0)));
}

#[tokio::test]
async fn a_store_knows_at_once_what_another_one_answered() {
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (opened(directory.path()), opened(directory.path()));
    keep(&one, answered(1, 0)).await;
    assert_eq!(recall(&other, 1).await, Some(answered(1, 0)));
}

#[tokio::test]
async fn expired_answers_leave_the_files() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    for id in 0..12 {
        keep(&store, answered(id, 0)).await;
    }
    for id in 12..15 {
        keep(&store, answered(id, DAY)).await;
    }
    store.close().await.unwrap();
    drop(store);
    assert_eq!(file(directory.path()).len(), 3);
    // What expired while nobody was at work is gone at the next start.
    let mut later = options(directory.path());
    later.opened_at = at(3 * DAY);
    let store: Store = Arc::new(JsonStore::open(later).unwrap());
    add(&store, user(1)).await.unwrap();
    store.close().await.unwrap();
    assert!(file(directory.path()).is_empty());
}

#[tokio::test]
async fn files_of_before_there_were_answers_still_open() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    add(&store, user(1)).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let path = directory.path().join("store.json");
    let mut content: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    content["files"].as_object_mut().unwrap().remove("requests.json");
    // The copies of that checkpoint are still to be published.
    content["published"] = false.into();
    let generation = format!("{:020}", content["generation"].as_u64().unwrap());
    fs::write(&path, serde_json::to_vec(&content).unwrap()).unwrap();
    fs::remove_file(directory.path().join("requests.json")).unwrap();
    fs::remove_file(directory.path().join("snapshots").join(generation).join("requests.json")).unwrap();
    let copy = tempfile::tempdir().unwrap();
    backup(&options(directory.path()), copy.path(), &quiet).unwrap();
    for directory in [directory.path(), copy.path()] {
        let store = opened(directory);
        assert_eq!(crate::everything::<User>(&store).await.len(), 1);
        keep(&store, answered(1, 0)).await;
        store.close().await.unwrap();
        assert_eq!(file(directory).len(), 1);
    }
}

#[tokio::test]
async fn beside_a_version_that_knows_of_no_plans_there_are_none() {
    let directory = tempfile::tempdir().unwrap();
    let before = Formats { oldest_read: 3, newest_read: 5, writes: 4, min_reader: 4, min_writer: 4 };
    let older = JsonOptions { formats: before, ..options(directory.path()) };
    let older: Store = Arc::new(JsonStore::open(older).unwrap());
    let newer = opened(directory.path());
    add(&newer, user(1)).await.unwrap();
    let lease = || planned(1, PlanFact::Lease { holder: "a server".to_owned() }, 0);
    assert!(matches!(add(&newer, lease()).await, Err(StorageError::Unavailable(_))));
    add(&older, user(2)).await.unwrap();
    drop(older);
    drop(newer);
    let newest = opened(directory.path());
    add(&newest, lease()).await.unwrap();
}
