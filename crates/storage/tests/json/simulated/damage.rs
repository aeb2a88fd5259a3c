//! Bits that flip by themselves.

use super::disk::SimulatedDisk;
use super::{expected, live, open, runtime, seeds, users};

/// Flips one bit in some of the bytes of every file: the store opens with the same users, or not at all.
fn flip(disk: &SimulatedDisk, count: u64) {
    let mut refused = 0;
    let stride = usize::try_from(61 / seeds().min(61)).unwrap();
    for (path, content) in disk.files() {
        for at in (0..content.len()).step_by(stride) {
            let mut flipped = content.clone();
            flipped[at] ^= 1 << (at % 8);
            match open(&disk.with(&path, flipped)) {
                Ok(store) => {
                    let found = runtime().block_on(users(&store));
                    assert_eq!(found, expected(count), "{} byte {at}", path.display());
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 10, "only {refused} flipped bits were noticed");
}

#[test]
fn a_flipped_bit_in_a_closed_directory_is_noticed_or_changes_nothing() {
    let disk = SimulatedDisk::new();
    let count = live(&disk, true).len() as u64;
    flip(&disk.after_power_cut(0), count);
}

#[test]
fn a_flipped_bit_in_a_crashed_directory_is_noticed_or_changes_nothing() {
    let disk = SimulatedDisk::new();
    live(&disk, true);
    let count = super::USERS as u64 + live(&disk, false).len() as u64;
    flip(&disk, count);
}
