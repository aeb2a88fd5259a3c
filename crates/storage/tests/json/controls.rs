//! Controls: the store without one of its safeguards. The judges of the torture must notice each time; if they do not, they
//! are of no use. The disk that lies about syncing is among the simulated crashes, the journal without checksums
//! among the damage.

use crate::history::callers::{Plan, drive};
use crate::history::{self, journal};
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
    match journal::read(&[&kept, &data.join("archive"), &data.join("journal")]) {
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
    let is_stale = |violation: &String| violation.contains("was there before it began");
    let is_noticed = |seed| {
        let found = violations(seed, Some(Without::Refresh), false);
        // Both judges see it, each by itself.
        found.iter().any(is_stale) && found.iter().any(|violation| violation.contains("no order explains"))
    };
    assert!((0..SEEDS).any(is_noticed));
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
