//! Power cuts and kills at every call.

use super::disk::SimulatedDisk;
use super::world::{BROKEN, Fault, Reach};
use super::{calls, judge, live, lives, open, runtime, seeds, settings, sign_up_because};
use std::sync::Arc;
use storage::conformance::Store;
use storage::json::{JsonOptions, JsonStore};

const fn stopped(call: u64) -> Fault {
    Fault { call, reach: Reach::Stopped, code: BROKEN }
}

#[test]
fn the_power_may_go_at_any_call() {
    for call in 1..=calls() {
        let disk = SimulatedDisk::failing(stopped(call));
        let acknowledged = lives(&disk);
        for seed in 0..2 * seeds() {
            let after = disk.after_power_cut(seed * 1_000_003 + call);
            assert_eq!(judge(&after, &acknowledged), Ok(()), "call {call}, seed {seed}");
        }
    }
}

#[test]
fn the_power_may_go_again_while_the_store_recovers() {
    for call in (1..=calls()).step_by(11) {
        let disk = SimulatedDisk::failing(stopped(call));
        let acknowledged = lives(&disk);
        let first = disk.after_power_cut(call);
        for second in (1 + call % 7..).step_by(7) {
            let again = first.after_power_cut(0);
            again.fail(Some(stopped(second)));
            if open(&again).is_ok() && again.calls() < second {
                break;
            }
            for seed in 0..seeds() {
                let judged = judge(&again.after_power_cut(call * 31 + second + seed), &acknowledged);
                assert_eq!(judged, Ok(()), "call {call}, then call {second}, seed {seed}");
            }
        }
    }
}

/// The next process finds what the killed one wrote as if it were on disk, and relies on it at its peril.
#[test]
fn a_process_may_be_killed_at_any_call_and_the_power_go_in_the_life_of_the_next() {
    for call in 1..=calls() / 2 + 20 {
        let disk = SimulatedDisk::failing(stopped(call));
        let mut acknowledged = live(&disk, true);
        disk.fail(None);
        acknowledged.extend(live(&disk, false));
        for seed in 0..2 * seeds() {
            let after = disk.after_power_cut(seed * 1_000_003 + call);
            assert_eq!(judge(&after, &acknowledged), Ok(()), "killed at call {call}, seed {seed}");
        }
    }
}

/// Opens a store that rolls its journal after every transaction, and signs one user up.
fn roll(disk: &SimulatedDisk, fault: Option<Fault>, padding: usize) -> bool {
    let store: Store =
        Arc::new(JsonStore::open(JsonOptions { checkpoint_bytes: 1, ..settings(disk) }).unwrap());
    disk.fail(fault);
    runtime().block_on(sign_up_because(&store, &"x".repeat(padding))).is_ok()
}

/// The call that follows the writing of the first seal: it syncs it.
fn sync_of_seal() -> u64 {
    let has_seal = |disk: &SimulatedDisk| {
        let contains = |content: &[u8]| content.windows(7).any(|bytes| bytes == b"\"seal\":");
        disk.files().iter().any(|(_, content)| contains(content))
    };
    let is_sealed_before = |call: &u64| {
        let disk = SimulatedDisk::new();
        roll(&disk, Some(stopped(*call)), 0) && has_seal(&disk)
    };
    (1..100).find(is_sealed_before).unwrap()
}

/// Marks are synced with what follows them, so that a power cut may tear one and keep the next: all ways in which they
/// may lie across sectors, with and without another process that went on after the seal.
#[test]
fn marks_may_be_torn_wherever_they_lie() {
    let fault = stopped(sync_of_seal());
    for padding in (0..512).step_by(6) {
        let disk = SimulatedDisk::new();
        assert!(roll(&disk, Some(fault), padding), "padding {padding}");
        for seed in 0..4 * seeds() {
            let judged = judge(&disk.after_power_cut(seed), &[1]);
            assert_eq!(judged, Ok(()), "padding {padding}, seed {seed}");
        }
        disk.fail(None);
        assert!(roll(&disk, Some(fault), 0), "padding {padding}");
        for seed in 0..4 * seeds() {
            let judged = judge(&disk.after_power_cut(seed), &[1, 2]);
            assert_eq!(judged, Ok(()), "padding {padding}, another process, seed {seed}");
        }
    }
}

/// The control: on a disk that only says that it synced, the harness must see what is lost.
#[test]
fn a_disk_that_lies_is_found_out() {
    let lost = (0..20).filter(|seed| {
        let disk = SimulatedDisk::new();
        disk.lie();
        let acknowledged = lives(&disk);
        judge(&disk.after_power_cut(*seed), &acknowledged).is_err()
    });
    assert!(lost.count() > 10);
}
