//! Controls: the store without one of its safeguards. The judges of the torture must notice each time; if they do not, they
//! are of no use. The disk that lies about syncing is among the simulated crashes, the journal without checksums
//! among the damage.

use crate::history::callers::{Plan, Tags, call_with, drive, history_in_memory};
use crate::history::{self, Asked, journal};
use crate::options;
use crate::processes::say;
use crate::rigged::{Rig, RiggedDisk, Without};
use std::fs;
use std::sync::Arc;
use storage::conformance::Store;
use storage::json::{JsonOptions, JsonStore, OsDisk};

/// Seeds that are tried: chance may be kind to a broken store once.
const SEEDS: u64 = 10;

/// Lets callers on several stores have their way; returns what the judges found wrong.
fn violations(seed: u64, without: Option<Without>, is_without_overlaps: bool) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let (data, kept) = (directory.path().join("data"), directory.path().join("kept"));
    fs::create_dir(&kept).unwrap();
    let disks: Vec<_> = (0..4)
        .map(|_| RiggedDisk::over(OsDisk, Rig { kept: Some(kept.clone()), without, ..Rig::default() }))
        .collect();
    let open = |disk: &RiggedDisk| -> Store {
        let disk = Arc::new(disk.clone());
        Arc::new(JsonStore::open(JsonOptions { disk, checkpoint_bytes: 60_000, ..options(&data) }).unwrap())
    };
    let stores: Vec<Store> = disks.iter().map(open).collect();
    disks.iter().for_each(RiggedDisk::arm);
    let plan = Plan { slots: 24, is_only_bills: false, is_without_overlaps };
    let (calls, outcome) = drive(&stores, 3, 40, plan, seed);
    drop(stores);
    let mut found: Vec<_> = outcome.err().map(|error| error.to_string()).into_iter().collect();
    match journal::read(&[&kept, &data.join("journal")]) {
        Err(error) => found.push(error),
        Ok(journal) => {
            let verdict = history::judge(&calls, &journal);
            say(format_args!("seed {seed}, without {without:?}: {verdict}"));
            found.extend(verdict.violations);
        }
    }
    found
}

#[test]
fn with_all_safeguards_nothing_is_wrong() {
    for seed in 0..2 {
        assert_eq!(violations(seed, None, false), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn a_store_without_its_lock_is_found_out() {
    assert!((0..SEEDS).any(|seed| !violations(seed, Some(Without::Lock), false).is_empty()));
}

#[test]
fn a_store_that_does_not_refresh_before_it_reads_is_found_out() {
    let directory = tempfile::tempdir().unwrap();
    let open = |without| {
        let disk = RiggedDisk::over(OsDisk, Rig { without, ..Rig::default() });
        let options = JsonOptions { disk: Arc::new(disk.clone()), ..options(directory.path()) };
        let store: Store = Arc::new(JsonStore::open(options).unwrap());
        disk.arm();
        store
    };
    let (writer, reader) = (open(None), open(Some(Without::Refresh)));
    let (log, written) = history_in_memory();
    let (runtime, tags) = (tokio::runtime::Builder::new_current_thread().build().unwrap(), Tags::of(0));
    for (store, asked) in [(&writer, Asked::Book(0)), (&reader, Asked::Look(0))] {
        runtime.block_on(call_with(store, &log, &tags, asked, 1)).unwrap();
    }
    let calls = history::read(&written.lock().unwrap());
    let journal = journal::read(&[&directory.path().join("journal")]).unwrap();
    let found = history::judge(&calls, &journal).violations;
    // Both judges see it, each by itself.
    assert!(found.iter().any(|violation| violation.contains("was there before it began")), "{found:?}");
    assert!(found.iter().any(|violation| violation.contains("no order explains")), "{found:?}");
}

#[test]
fn a_store_without_its_overlap_check_is_found_out() {
    let is_noticed = |seed| {
        let found = violations(seed, None, true);
        found.iter().any(|violation| violation.contains("books a time twice"))
            && found.iter().any(|violation| violation.contains("no order explains"))
    };
    assert!((0..SEEDS).any(is_noticed));
}
