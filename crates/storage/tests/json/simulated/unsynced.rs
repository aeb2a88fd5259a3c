//! Readers between a write and its sync: what is not on disk is seen by nobody.

use super::disk::SimulatedDisk;
use super::{expected, judge, open, runtime, seeds, settings, sign_up, users};
use crate::rigged::{Rig, RiggedDisk, Step};
use std::sync::{Arc, Mutex, mpsc};
use storage::conformance::Store;
use storage::json::{JsonOptions, JsonStore};

/// A writer that waits before it syncs until it is told to go on, or to fail for good.
struct Writer {
    store: Store,
    reached: mpsc::Receiver<()>,
    go_on: mpsc::Sender<()>,
}

fn waiting_writer(disk: &SimulatedDisk) -> Writer {
    let (reach, reached) = mpsc::channel();
    let (go_on, told) = mpsc::channel::<()>();
    let (reach, told) = (Mutex::new(reach), Mutex::new(told));
    let watcher = move |step| {
        if step == Step::Sync {
            reach.lock().unwrap().send(()).unwrap();
            // Whoever drops the other end lets all later ones pass.
            let _ = told.lock().unwrap().recv();
        }
    };
    let rigged = RiggedDisk::over(disk.clone(), Rig { watcher: Some(Box::new(watcher)), ..Rig::default() });
    let options = JsonOptions { disk: Arc::new(rigged.clone()), ..settings(disk) };
    let store = Arc::new(JsonStore::open(options).unwrap());
    rigged.arm();
    Writer { store, reached, go_on }
}

#[test]
fn what_is_not_synced_is_seen_by_nobody() {
    let disk = SimulatedDisk::new();
    let Writer { store, reached, go_on } = waiting_writer(&disk);
    let other = open(&disk).unwrap();
    let write = {
        let store = store.clone();
        std::thread::spawn(move || runtime().block_on(sign_up(&store)))
    };
    reached.recv().unwrap();
    let is_written = |(_, content): &(_, Vec<u8>)| content.windows(8).any(|bytes| bytes == b"Number 1");
    assert!(disk.files().iter().any(is_written), "it is in the file by now");
    assert_eq!(runtime().block_on(users(&store)), [], "a reader of the process that writes");
    let (found, read) = mpsc::channel();
    let reader = {
        let other = other.clone();
        std::thread::spawn(move || found.send(runtime().block_on(users(&other))).unwrap())
    };
    for seed in 0..10 * seeds() {
        let cut = disk.after_power_cut(seed);
        assert_eq!(judge(&cut, &[]), Ok(()), "seed {seed}: nobody was told of anything");
    }
    assert!(read.try_recv().is_err(), "a reader of another process waits for the sync");
    go_on.send(()).unwrap();
    assert_eq!(write.join().unwrap(), Ok(1));
    assert_eq!(read.recv().unwrap(), expected(1));
    reader.join().unwrap();
    for seed in 0..10 * seeds() {
        assert_eq!(judge(&disk.after_power_cut(seed), &[1]), Ok(()), "seed {seed}: it was seen");
    }
    drop(go_on);
    drop((store, other));
}

/// The writer dies between the write and the sync; whoever reads afterwards has seen what must never go back.
#[test]
fn what_a_dead_writer_did_not_sync_is_on_disk_before_anybody_sees_it() {
    for seed in 0..20 * seeds() {
        let disk = SimulatedDisk::new();
        let other = open(&disk).unwrap();
        let Writer { store, reached, go_on } = waiting_writer(&disk);
        let write = std::thread::spawn(move || runtime().block_on(sign_up(&store)));
        reached.recv().unwrap();
        // As the kernel finds the file of a process that is gone: the bytes are there, and synced by nobody.
        let left = disk.copy_unsynced();
        drop((go_on, other));
        write.join().unwrap().unwrap();
        let next = open(&left).unwrap();
        let seen = runtime().block_on(users(&next));
        let acknowledged: &[u64] = if seen.is_empty() { &[] } else { &[1] };
        assert_eq!(seen, expected(1), "seed {seed}: it was whole");
        assert_eq!(judge(&left.after_power_cut(seed), acknowledged), Ok(()), "seed {seed}");
    }
}
