//! Calls that fail while the machine goes on, and what is left after the next power cut.

use super::disk::SimulatedDisk;
use super::world::{BROKEN, FULL, Fault, Reach};
use super::{calls, expected, judge, live, lives, open, runtime, seeds, settings, sign_up, users};
use storage::StorageError;
use storage::json::{JsonStore, OpenError};

fn sweep(reach: Reach, code: i32) {
    for call in 1..=calls() {
        let fault = Fault { call, reach, code };
        for seed in 0..seeds() {
            let disk = SimulatedDisk::failing(fault);
            let acknowledged = lives(&disk);
            let after = disk.after_power_cut(seed * 1_000_003 + call);
            assert_eq!(judge(&after, &acknowledged), Ok(()), "seed {seed}, {fault:?}");
        }
    }
}

#[test]
fn any_one_call_may_fail() {
    sweep(Reach::Once, BROKEN);
}

#[test]
fn all_calls_may_fail_from_any_one_on() {
    sweep(Reach::ForEver, BROKEN);
}

#[test]
fn there_may_be_no_room_for_any_one_call() {
    sweep(Reach::Once, FULL);
}

#[test]
fn there_may_be_no_room_from_any_call_on() {
    sweep(Reach::ForEver, FULL);
}

#[test]
fn calls_may_do_less_than_asked_for_and_be_interrupted() {
    for seed in 0..20 * seeds() {
        let disk = SimulatedDisk::new();
        disk.shorten(seed);
        let acknowledged = lives(&disk);
        assert_eq!(acknowledged.len(), 2 * super::USERS, "seed {seed}");
        assert_eq!(judge(&disk, &acknowledged), Ok(()), "seed {seed}");
        assert_eq!(judge(&disk.after_power_cut(seed), &acknowledged), Ok(()), "seed {seed}");
    }
}

#[test]
fn a_call_that_fails_while_the_store_opens_is_not_taken_for_damage() {
    let crashed = SimulatedDisk::new();
    let acknowledged = lives(&crashed);
    for call in 1.. {
        let disk = crashed.after_power_cut(1);
        disk.fail(Some(Fault { call, reach: Reach::Once, code: BROKEN }));
        match JsonStore::open(settings(&disk)) {
            Ok(store) => drop(store),
            Err(error) => assert!(matches!(error, OpenError::Io { .. }), "call {call}: {error}"),
        }
        let is_over = disk.calls() < call;
        disk.fail(None);
        assert_eq!(judge(&disk, &acknowledged), Ok(()), "call {call}");
        if is_over {
            break;
        }
    }
}

#[test]
fn a_full_disk_stops_writers_alone_and_only_while_it_is_full() {
    let disk = SimulatedDisk::new();
    runtime().block_on(async {
        let store = open(&disk).unwrap();
        sign_up(&store).await.unwrap();
        disk.fail(Some(Fault { call: 1, reach: Reach::ForEver, code: FULL }));
        assert_eq!(sign_up(&store).await, Err(StorageError::Full));
        assert_eq!(users(&store).await, expected(1));
        assert!(store.status().trouble.is_some() && !store.status().dead);
        disk.fail(None);
        assert_eq!(sign_up(&store).await, Ok(2));
        assert_eq!(store.status().trouble, None);
    });
    assert_eq!(judge(&disk.after_power_cut(1), &[1, 2]), Ok(()));
}

/// Whether a store that was opened, wrote once, and then hit `fault`, gave up.
fn is_dead_after(fault: Fault) -> (bool, bool, u64) {
    let disk = SimulatedDisk::new();
    let found = runtime().block_on(async {
        let store = open(&disk).unwrap();
        sign_up(&store).await.unwrap();
        disk.fail(Some(fault));
        let is_refused = matches!(sign_up(&store).await, Err(StorageError::Unavailable(_)));
        let calls = disk.calls();
        let is_dead = store.status().dead;
        if is_dead {
            assert!(matches!(sign_up(&store).await, Err(StorageError::Unavailable(_))), "{fault:?}");
        }
        (is_refused, is_dead, calls)
    });
    let acknowledged: &[u64] = if found.0 { &[1] } else { &[1, 2] };
    assert_eq!(judge(&disk.after_power_cut(fault.call), acknowledged), Ok(()), "{fault:?}");
    found
}

#[test]
fn what_could_not_be_synced_is_not_acknowledged_and_ends_the_store() {
    let mut refused = 0;
    for call in 1.. {
        let fault = Fault { call, reach: Reach::Once, code: BROKEN };
        let (is_refused, is_dead, calls) = is_dead_after(fault);
        if calls < call {
            break;
        }
        assert!(is_dead || !is_refused, "{fault:?}");
        refused += u64::from(is_refused);
    }
    // Two locks, the length, the write and the sync of it; not the mark.
    assert_eq!(refused, 5);
}

#[test]
fn stores_on_a_disk_that_is_full_for_a_while_lose_nothing_and_live_on() {
    for call in 1..=150 {
        let disk = SimulatedDisk::new();
        let acknowledged = runtime().block_on(async {
            let stores = [open(&disk).unwrap(), open(&disk).unwrap()];
            let mut acknowledged = Vec::new();
            for fault in [None, Some(Fault { call, reach: Reach::ForEver, code: FULL }), None] {
                disk.fail(fault);
                for store in stores.iter().chain(&stores) {
                    acknowledged.extend(sign_up(store).await);
                }
                // One more comes and goes, and may find no room to write what it replayed.
                drop(open(&disk));
            }
            for store in &stores {
                assert_eq!(store.status().trouble, None, "call {call}");
                store.close().await.unwrap();
            }
            acknowledged
        });
        assert_eq!(judge(&disk.after_power_cut(call), &acknowledged), Ok(()), "call {call}");
    }
}

#[test]
fn a_store_lives_on_after_a_fault_in_the_life_before() {
    for call in 1..=calls() / 2 {
        let fault = Fault { call, reach: Reach::Once, code: BROKEN };
        let disk = SimulatedDisk::failing(fault);
        let mut acknowledged = live(&disk, true);
        disk.fail(None);
        let later = live(&disk, false);
        assert_eq!(later.len(), super::USERS, "{fault:?}");
        acknowledged.extend(later);
        assert_eq!(judge(&disk.after_power_cut(call), &acknowledged), Ok(()), "{fault:?}");
    }
}
