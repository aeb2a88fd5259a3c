//! Processes that have one directory open, seen by each other; and machines that do not see each other's locks.

use crate::rigged::passes_on;
use crate::simulated::full_while;
use crate::{opened, options};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::conformance::samples::user;
use storage::conformance::{Store, add};
use storage::json::{
    Disk, DiskFile, FoundPeer, Host, JsonOptions, JsonStore, Open, OpenError, OsDisk, Peer, peers,
};
use storage::{Storage as _, StorageError};

fn found(directory: &Path) -> Vec<FoundPeer> {
    peers(&options(directory)).unwrap()
}

fn alive(directory: &Path) -> Vec<Peer> {
    let alive = found(directory).into_iter().filter(|found| found.is_alive);
    alive.map(|found| found.peer.unwrap()).collect()
}

/// Writes what a process left that had no time to remove it.
fn leave_behind(directory: &Path, name: &str, change: impl FnOnce(&mut Peer)) -> PathBuf {
    let store = JsonStore::open(options(directory)).unwrap();
    let FoundPeer { peer, .. } = found(directory).pop().unwrap();
    drop(store);
    let mut peer = peer.unwrap();
    name.clone_into(&mut peer.instance);
    change(&mut peer);
    let path = directory.join("peers").join(format!("{name}.json"));
    fs::write(&path, serde_json::to_vec(&peer).unwrap()).unwrap();
    path
}

#[tokio::test]
async fn everyone_who_has_the_directory_open_is_listed_until_they_leave() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(found(directory.path()), []);
    let (one, other) = (opened(directory.path()), opened(directory.path()));
    let listed = alive(directory.path());
    assert_eq!(listed.len(), 2);
    assert_ne!(listed[0].instance, listed[1].instance);
    for peer in &listed {
        assert_eq!((peer.pid, &peer.host), (std::process::id(), &Host::current().name));
        assert_eq!((peer.oldest_read, peer.newest_read, peer.writes), (4, 6, 5));
    }
    one.close().await.unwrap();
    assert_eq!(found(directory.path()).len(), 1, "one that is closed has left");
    drop(other);
    assert_eq!(found(directory.path()), []);
}

#[tokio::test]
async fn a_heartbeat_changes_the_file_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let store = JsonStore::open(options(directory.path())).unwrap();
    let before = alive(directory.path()).remove(0);
    while alive(directory.path())[0].heartbeat == before.heartbeat {
        store.attend_peers().await;
    }
    let after = alive(directory.path()).remove(0);
    assert!(after.heartbeat > before.heartbeat);
    assert_eq!(Peer { heartbeat: before.heartbeat, ..after }, before);
}

#[test]
fn a_dead_process_is_known_by_its_free_lock_and_cleared_away_by_the_next_to_open() {
    let directory = tempfile::tempdir().unwrap();
    let dead = leave_behind(directory.path(), "dead", |_| {});
    let unreadable = directory.path().join("peers/unreadable.json");
    fs::write(&unreadable, "{").unwrap();
    let listed = found(directory.path());
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|found| !found.is_alive));
    let store = JsonStore::open(options(directory.path())).unwrap();
    assert!(!dead.exists() && !unreadable.exists());
    assert_eq!(alive(directory.path()).len(), 1);
    drop(store);
}

fn of_another_machine(peer: &mut Peer) {
    "elsewhere".clone_into(&mut peer.host);
    "another kernel".clone_into(&mut peer.boot_id);
    peer.heartbeat_every = 20;
}

#[test]
fn a_silent_process_of_another_machine_counts_as_dead() {
    let directory = tempfile::tempdir().unwrap();
    let dead = leave_behind(directory.path(), "dead", of_another_machine);
    drop(JsonStore::open(options(directory.path())).unwrap());
    assert!(!dead.exists());
}

/// A volume on which another machine's process writes its heartbeat whenever this machine looks, and whose locks do not
/// cross.
#[derive(Debug)]
struct Split(PathBuf);

impl Disk for Split {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        if path == self.0 && self.exists(path) {
            let mut peer: Peer = serde_json::from_slice(&fs::read(path)?)?;
            peer.heartbeat += jiff::SignedDuration::from_secs(2);
            fs::write(path, serde_json::to_vec(&peer)?)?;
        }
        OsDisk.open(path, how)
    }
    passes_on!(|_: &Self| OsDisk; rename remove_file volume rest);
}

fn split(directory: &Path, there: &Path) -> JsonOptions {
    JsonOptions { disk: Arc::new(Split(there.to_owned())), ..options(directory) }
}

#[test]
fn a_live_process_of_another_machine_whose_lock_is_not_seen_stops_the_opening() {
    let directory = tempfile::tempdir().unwrap();
    let there = leave_behind(directory.path(), "there", of_another_machine);
    let refusal = JsonStore::open(split(directory.path(), &there)).unwrap_err();
    assert!(
        matches!(&refusal, OpenError::LocksDoNotCross { there, .. } if there == "elsewhere"),
        "{refusal}"
    );
    assert!(refusal.to_string().contains("locks do not cross machines"), "{refusal}");
    assert!(there.exists());
    assert_eq!(found(directory.path()).len(), 1, "whoever was refused has left");
}

#[tokio::test]
async fn a_process_of_another_machine_whose_lock_is_not_seen_stops_a_store_that_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let there = leave_behind(directory.path(), "there", of_another_machine);
    let joins_later = fs::read(&there).unwrap();
    fs::remove_file(&there).unwrap();
    let store = Arc::new(JsonStore::open(split(directory.path(), &there)).unwrap());
    let port: Store = store.clone();
    add(&port, user(1)).await.unwrap();
    fs::write(&there, joins_later).unwrap();
    store.attend_peers().await;
    assert!(!store.status().dead, "one look proves nothing");
    store.attend_peers().await;
    store.attend_peers().await;
    assert!(store.status().dead);
    assert!(store.status().trouble.unwrap().contains("elsewhere"));
    assert!(matches!(add(&port, user(2)).await, Err(StorageError::Unavailable(_))));
}

#[tokio::test]
async fn a_file_removed_by_hand_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = JsonStore::open(options(directory.path())).unwrap();
    fs::remove_dir_all(directory.path().join("peers")).unwrap();
    assert_eq!(found(directory.path()), []);
    store.attend_peers().await;
    assert_eq!(alive(directory.path()).len(), 1);
}

#[test]
fn without_room_for_its_file_a_process_opens_all_the_same_and_joins_later() {
    full_while(|options, make_room| {
        let store = JsonStore::open(options.clone()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let joined = || peers(options).unwrap().into_iter().filter_map(|found| found.peer).count();
        assert_eq!(joined(), 0);
        runtime.block_on(store.attend_peers());
        assert_eq!(joined(), 0);
        make_room();
        runtime.block_on(store.attend_peers());
        assert_eq!(joined(), 1);
    });
}
