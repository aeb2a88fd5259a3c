//! A repair that is killed, or loses power, at any call is started again and ends as if nothing had happened.

use super::disk::SimulatedDisk;
use super::world::{BROKEN, Fault, Reach};
use super::{DIRECTORY, USERS, expected, judge, live, open, runtime, seeds, settings, sign_up, users};
use crate::quiet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::conformance::Store;
use storage::json::{JsonOptions, JsonStore, plan, repair};

/// A directory of two lives, the second killed with everything that it did in its journal.
fn killed() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    live(&disk, true);
    let large = JsonOptions { checkpoint_bytes: 1 << 20, ..settings(&disk) };
    let store: Store = Arc::new(JsonStore::open(large).unwrap());
    runtime().block_on(async {
        for _ in 0..USERS {
            sign_up(&store).await.unwrap();
        }
    });
    disk
}

/// That directory with a bit flipped in each of these files.
fn damaged(files: &[PathBuf]) -> SimulatedDisk {
    let disk = killed();
    files.iter().fold(disk, |disk, damaged| {
        let (path, mut content) =
            disk.files().into_iter().rfind(|(path, _)| path.ends_with(damaged)).unwrap();
        let at = content.len() / 2;
        content[at] ^= 4;
        disk.with(&path, content)
    })
}

fn interrupted(files: &[PathBuf]) {
    let damaged = damaged(files);
    let options = settings(&damaged);
    let plan_before = plan(&options, &quiet).unwrap();
    let (what, keep) = (files[0].display(), plan_before.keep);
    assert!(!plan_before.trouble.is_empty() && keep > 0, "{plan_before:?}");
    for call in (1..).step_by(13) {
        let disk = damaged.after_power_cut(0);
        disk.fail(Some(Fault { call, reach: Reach::Stopped, code: BROKEN }));
        let is_over = repair(&settings(&disk), keep, &quiet).is_ok() && disk.calls() < call;
        for seed in 0..seeds() {
            let after = disk.after_power_cut(seed * 1_000_003 + call);
            let found = plan(&settings(&after), &quiet).unwrap();
            assert_eq!(found.keep, keep, "{what}, call {call}, seed {seed}: {:?}", found.trouble);
            repair(&settings(&after), keep, &quiet).unwrap();
            let left = open(&after).map(|store| runtime().block_on(users(&store)));
            assert_eq!(left.unwrap(), expected(keep), "{what}, call {call}, seed {seed}");
            assert_eq!(judge(&after, &[]), Ok(()), "{what}, call {call}, seed {seed}");
        }
        if is_over {
            return;
        }
    }
}

fn newest(folder: &str) -> PathBuf {
    let disk = killed();
    let is_wanted = |path: &PathBuf, content: &[u8]| {
        !content.is_empty() && path.starts_with(Path::new(DIRECTORY).join(folder))
    };
    let found = disk.files().into_iter().rfind(|(path, content)| is_wanted(path, content));
    found.unwrap().0
}

#[test]
fn cutting_the_journal_may_be_interrupted() {
    interrupted(&[newest("journal")]);
}

#[test]
fn going_back_to_an_older_checkpoint_may_be_interrupted() {
    let generation = newest("snapshots").parent().unwrap().to_owned();
    interrupted(&[generation.join("users.json"), Path::new(DIRECTORY).join("users.json")]);
}
