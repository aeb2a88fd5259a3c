//! The take-over of the old system's directory, killed or without power at any call: its files stay as they were until
//! they are kept aside, and the next start finishes.

use super::disk::SimulatedDisk;
use super::world::{BROKEN, Fault, Reach};
use super::{DIRECTORY, seeds, settings};
use crate::quiet;
use std::path::{Path, PathBuf};
use storage::json::{Disk as _, JsonStore, Open, verify};
use storage::{Storage as _, Totals};

const FILES: [&str; 5] =
    ["users.json", "appointments.json", "medicalRecords.json", "billings.json", "counters.json"];
const TAKEN_OVER: Totals = Totals { users: 2, patients: 0, appointments: 2, medical_records: 1, billings: 2 };

fn original(name: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/old-system/typical");
    std::fs::read(fixtures.join(name)).unwrap()
}

fn old_system() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    disk.create_directory(Path::new(DIRECTORY)).unwrap();
    for name in FILES {
        let file = disk.open(&Path::new(DIRECTORY).join(name), Open::New).unwrap();
        file.write_at(&original(name), 0).unwrap();
        file.sync_all().unwrap();
    }
    for directory in Path::new(DIRECTORY).ancestors() {
        disk.sync_directory(directory).unwrap();
    }
    disk
}

/// Whether each of the old system's files is still there: in its place or kept aside.
fn check_originals(disk: &SimulatedDisk, when: &str) {
    let files = disk.files();
    let content =
        |path: PathBuf| files.iter().find(|(found, _)| *found == path).map(|(_, bytes)| bytes.clone());
    for name in FILES {
        let places =
            [Path::new(DIRECTORY).join(name), Path::new(DIRECTORY).join("legacy-original").join(name)];
        let is_there = places.into_iter().any(|place| content(place) == Some(original(name)));
        assert!(is_there, "{name} is gone, {when}");
    }
}

fn interrupted(code: i32, reach: Reach) {
    for call in 1.. {
        let disk = old_system();
        disk.fail(Some(Fault { call, reach, code }));
        let is_over = JsonStore::open(settings(&disk)).is_ok() && disk.calls() < call;
        for seed in 0..2 * seeds() {
            let when = format!("call {call}, seed {seed}");
            let after = disk.after_power_cut(seed * 1_000_003 + call);
            check_originals(&after, &when);
            let store = JsonStore::open(settings(&after)).unwrap_or_else(|error| panic!("{when}: {error}"));
            assert_eq!(store.status().totals, TAKEN_OVER, "{when}");
            drop(store);
            check_originals(&after, &when);
            assert_eq!(verify(&settings(&after), &quiet).unwrap().totals, TAKEN_OVER, "{when}");
        }
        if is_over {
            return;
        }
    }
}

#[test]
fn the_power_may_go_at_any_call_of_the_take_over() {
    interrupted(BROKEN, Reach::Stopped);
}

#[test]
fn any_one_call_of_the_take_over_may_fail() {
    interrupted(BROKEN, Reach::Once);
}
