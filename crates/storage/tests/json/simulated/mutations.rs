//! Damage of all kinds at random places of a directory: it is noticed, or the answer is the true one.
//!
//! One thing no single directory can notice: damage that leaves nothing of the end of the newest segment looks like a write
//! that was torn by a power cut. Then the answer may be an earlier one, whole; never another.

use super::disk::SimulatedDisk;
use super::{USERS, expected, live_with, open, runtime, seeds, settings, sign_up, users};
use crate::dice::Dice;
use crate::processes::say;
use crate::rigged::{Rig, RiggedDisk, Without};
use domain::AuditEvent;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::conformance::Store;
use storage::json::{Disk as _, JsonOptions, JsonStore, LockKind, Open, verify};
use storage::{AuditFilter, Order, PageRequest};

/// The byte of `store.lock` that is held by whoever writes a checkpoint.
const CHECKPOINT: u64 = 2;

/// Everything that callers can ask for.
#[derive(Debug, PartialEq, Eq)]
struct Truth {
    users: Vec<(u64, String, u64)>,
    audit: Vec<AuditEvent>,
}

/// What callers are told, or that something is wrong.
fn answers(store: &Store) -> Result<Truth, String> {
    runtime().block_on(async {
        let request = PageRequest::all(Order::Ascending);
        let audit = storage::conformance::read(store, move |tx| {
            let request = request.clone();
            Box::pin(async move { tx.audit().list(&AuditFilter::default(), &request).await })
        });
        let audit = audit.await.map_err(|error| error.to_string())?.items;
        Ok(Truth { users: users(store).await, audit })
    })
}

/// A directory to be damaged.
struct Image {
    name: &'static str,
    disk: SimulatedDisk,
    /// The same directory some time before.
    earlier: SimulatedDisk,
    truth: Truth,
    /// The newest segment with something in it.
    newest: PathBuf,
}

impl Image {
    fn of(name: &'static str, disk: &SimulatedDisk, earlier: &SimulatedDisk) -> Self {
        let truth = answers(&open(&disk.copy()).unwrap()).unwrap();
        let is_segment = |path: &Path| path.to_string_lossy().contains("/journal/");
        let newest =
            disk.files().into_iter().rev().find(|(path, content)| is_segment(path) && !content.is_empty());
        let newest = newest.map(|(path, _)| path).unwrap_or_default();
        Self { name, disk: disk.copy(), earlier: earlier.copy(), truth, newest }
    }
}

/// A life in which the journal ends a segment only when the store is closed, so that every run makes the same directory.
fn live(disk: &SimulatedDisk, is_closed: bool) {
    let acknowledged = live_with(JsonOptions { checkpoint_bytes: u64::MAX, ..settings(disk) }, is_closed);
    assert_eq!(acknowledged.len(), USERS);
}

/// A directory that was closed, one that was not, and one without a checkpoint for many segments.
fn images() -> Vec<Image> {
    let disk = SimulatedDisk::new();
    live(&disk, true);
    let earlier = disk.copy();
    live(&disk, true);
    let closed = Image::of("closed", &disk, &earlier);
    live(&disk, false);
    let crashed = Image::of("crashed", &disk, &earlier);
    let lock = disk.open(&Path::new(super::DIRECTORY).join("store.lock"), Open::Write).unwrap();
    lock.lock(CHECKPOINT, LockKind::Exclusive).unwrap();
    let earlier = disk.copy();
    for is_closed in [true, true, true, false] {
        live(&disk, is_closed);
    }
    vec![closed, crashed, Image::of("long", &disk, &earlier)]
}

/// Damage to one directory; says what it is.
fn mutate(image: &Image, dice: &mut Dice) -> (SimulatedDisk, String) {
    let damaged = image.disk.copy();
    let files: Vec<_> = image.disk.files().into_iter().filter(|(_, content)| !content.is_empty()).collect();
    let (path, content) = files[dice.place(files.len())].clone();
    let (other, other_content) = files[dice.place(files.len())].clone();
    let at = dice.place(content.len());
    let most = 1 + dice.place(3_000);
    let length = 1 + dice.place((content.len() - at).min(most));
    let mut changed = content.clone();
    let kind = dice.roll(12);
    match kind {
        0..3 => changed[at] ^= 1 << dice.roll(8),
        3 => changed[at..at + length].fill(0),
        4 => changed.truncate(at),
        5 => {
            for byte in &mut changed[at..at + length] {
                *byte = u8::try_from(dice.roll(256)).unwrap();
            }
        }
        6 => changed.extend((0..length).map(|_| u8::try_from(dice.roll(256)).unwrap())),
        7 => changed = shuffled_lines(&content, dice),
        8 => changed.extend_from_within(at..at + length),
        9 => {
            damaged.put(&other, content.clone());
            changed = other_content;
        }
        10 => {
            damaged.remove_file(&path).unwrap();
            return (damaged, format!("{} removed", path.display()));
        }
        _ => {
            return (
                put_back(image, damaged, &path, dice),
                format!("something around {} put back", path.display()),
            );
        }
    }
    damaged.put(&path, changed);
    let what = format!("kind {kind}, {} bytes {at} to {}, {}", path.display(), at + length, other.display());
    (damaged, what)
}

/// Two lines in each other's place, or one twice.
fn shuffled_lines(content: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut lines: Vec<_> = content.split_inclusive(|byte| *byte == b'\n').collect();
    let (one, other) = (dice.place(lines.len()), dice.place(lines.len()));
    if dice.roll(2) == 0 {
        lines.swap(one, other);
    } else {
        lines.insert(one, lines[other]);
    }
    lines.concat()
}

/// One file as it was before, or the whole checkpoint.
fn put_back(image: &Image, damaged: SimulatedDisk, path: &Path, dice: &mut Dice) -> SimulatedDisk {
    let before: BTreeMap<PathBuf, Vec<u8>> = image.earlier.files().into_iter().collect();
    if dice.roll(2) == 0 {
        if let Some(content) = before.get(path) {
            damaged.put(path, content.clone());
        }
        return damaged;
    }
    let is_checkpoint =
        |path: &Path| !["journal", "audit"].iter().any(|room| path.parent().unwrap().ends_with(room));
    for (path, content) in before.into_iter().filter(|(path, _)| is_checkpoint(path)) {
        damaged.put(&path, content);
    }
    damaged
}

/// Whether nothing is left of what the newest segment had after the damage begins: it may pass for a torn write.
fn may_pass_for_torn(image: &Image, damaged: &SimulatedDisk) -> bool {
    let content = |disk: &SimulatedDisk| {
        let found = disk.files().into_iter().find(|(path, _)| *path == image.newest);
        found.map(|(_, content)| content).unwrap_or_default()
    };
    let (before, after) = (content(&image.disk), content(damaged));
    let same = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let start = before[..same].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let later: Vec<_> =
        before[start..].split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty()).collect();
    let survivors: Vec<_> = after[start.min(after.len())..].split(|byte| *byte == b'\n').collect();
    same < before.len() && !later.iter().any(|line| survivors.contains(line))
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Noticed,
    Harmless,
    Earlier,
}

fn outcome(image: &Image, damaged: &SimulatedDisk, options: JsonOptions) -> Result<Outcome, String> {
    let may_be_earlier = may_pass_for_torn(image, damaged);
    let Ok(store) = JsonStore::open(options) else { return Ok(Outcome::Noticed) };
    let store: Store = Arc::new(store);
    let Ok(found) = answers(&store) else { return Ok(Outcome::Noticed) };
    let count = found.users.len() as u64;
    let is_earlier = count < image.truth.users.len() as u64
        && found.users == expected(count)
        && found.audit[..] == image.truth.audit[..found.audit.len()];
    if found != image.truth && !(may_be_earlier && is_earlier) {
        return Err(format!("a different answer: {:?}", found.users));
    }
    runtime().block_on(async {
        let next = sign_up(&store).await;
        if next != Ok(count + 1) {
            return Err(format!("the next number is {next:?} after {count}"));
        }
        Ok(())
    })?;
    // Damage to what only earlier moments need is noticed by the checkpoint that lays it aside.
    if runtime().block_on(store.close()).is_err() {
        return Ok(Outcome::Noticed);
    }
    // What only earlier moments need is looked at by whoever verifies.
    if verify(&settings(damaged), &crate::quiet).is_err() {
        return Ok(Outcome::Noticed);
    }
    Ok(if found == image.truth { Outcome::Harmless } else { Outcome::Earlier })
}

/// Damages one of [`images`] again and again.
fn damage(number: usize) {
    let image = images().swap_remove(number);
    let first = crate::processes::number("TORTURE_SEED", 1) * 1_000_000;
    let (mut noticed, mut harmless, mut earlier) = (0, 0, 0);
    for seed in first..first + 60 * seeds() {
        let (damaged, what) = mutate(&image, &mut Dice(seed));
        match outcome(&image, &damaged, settings(&damaged)) {
            Ok(Outcome::Noticed) => noticed += 1,
            Ok(Outcome::Harmless) => harmless += 1,
            Ok(Outcome::Earlier) => earlier += 1,
            Err(violation) => panic!("{}, seed {seed}, {what}: {violation}", image.name),
        }
    }
    let all = noticed + harmless + earlier;
    say(format_args!(
        "{}: {all} images: {noticed} noticed, {harmless} harmless, {earlier} torn at the end",
        image.name
    ));
    assert!(noticed > all / 5 && harmless > 0, "the mutator hits and misses");
}

#[test]
fn damage_to_a_closed_directory_is_noticed_or_changes_no_answer() {
    damage(0);
}

#[test]
fn damage_to_a_crashed_directory_is_noticed_or_changes_no_answer() {
    damage(1);
}

#[test]
fn damage_to_a_long_journal_is_noticed_or_changes_no_answer() {
    damage(2);
}

/// Bits that flipped in an audit file were shown as genuine once, and a changed hash in `store.json` was built on.
#[test]
fn an_audit_event_that_is_not_as_it_was_written_is_noticed() {
    let image = images().swap_remove(0);
    let content = |name: &str| {
        let found = image.disk.files().into_iter().find(|(path, _)| path.to_string_lossy().ends_with(name));
        found.unwrap()
    };
    let flipped = |path: &Path, content: &[u8], at: usize| {
        let mut changed = content.to_vec();
        changed[at] ^= 1;
        let damaged = image.disk.with(path, changed);
        outcome(&image, &damaged, settings(&damaged))
    };
    let (path, audit) = content("audit/00000000000000000001.jsonl");
    for at in (0..audit.len()).step_by(41) {
        assert_eq!(flipped(&path, &audit, at), Ok(Outcome::Noticed), "byte {at}");
    }
    let (path, store) = content("/store.json");
    let at = String::from_utf8_lossy(&store).find("\"auditHash\": \"").unwrap() + 20;
    assert_eq!(flipped(&path, &store, at), Ok(Outcome::Noticed));
}

/// The control: a journal whose checksums are always right gives different answers, and the judge says so.
#[test]
fn a_journal_without_checksums_is_found_out() {
    let image = images().swap_remove(2);
    let content = image.disk.files().into_iter().find(|(path, _)| *path == image.newest).unwrap().1;
    let is_wrong = |at: usize| {
        let mut changed = content.clone();
        changed[at] ^= 1;
        let damaged = image.disk.with(&image.newest, changed);
        let rig = Rig { without: Some(Without::Checksum), ..Rig::default() };
        let disk = RiggedDisk::over(damaged.clone(), rig);
        disk.arm();
        outcome(&image, &damaged, JsonOptions { disk: Arc::new(disk), ..settings(&damaged) }).is_err()
    };
    assert!((0..content.len()).rev().step_by(5).any(is_wrong));
}
