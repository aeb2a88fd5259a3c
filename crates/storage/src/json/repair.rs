//! Mending a damaged directory: what can be kept, what would be lost, and, once somebody agreed to exactly that loss,
//! a directory that opens again. What was there before is kept in `quarantine/`.

use super::audit::{self, AuditReader, AuditWriter};
use super::checkpoint::{Checkpointer, FILES, StoreFile, generation_directory, manifest};
use super::disk::Disk;
use super::files::{self, IoContext as _};
use super::formats::Access;
use super::history::{Base, Walk, segments_after};
use super::journal;
use super::load::{self, Source};
use super::lock::Shares;
use super::op::Op;
use super::open::JsonOptions;
use super::progress::Progress;
use super::state::State;
use super::{OpenError, anchors, archive, segments};
use crate::{StorageError, Totals};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A transaction that would be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its number.
    pub seq: u64,
    /// When, if it says so.
    pub at: Option<Timestamp>,
    /// What it did, as far as its audit events say: who, what, to which object.
    pub what: Vec<String>,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "transaction {}", self.seq)?;
        if let Some(at) = self.at {
            write!(f, " of {at}")?;
        }
        write!(f, ": {}", self.what.join("; "))
    }
}

/// What a repair would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The last transaction that is kept.
    pub keep: u64,
    /// How much is stored after it.
    pub totals: Totals,
    /// The checkpoint to start from.
    pub base: u64,
    /// Why the directory does not open, or why newer checkpoints cannot be used; nothing to repair if there is none.
    pub trouble: Vec<String>,
    /// Transactions after the damage that can be read and are given up.
    pub lost: Vec<Lost>,
    /// Bytes after what is kept that can no longer be read.
    pub unreadable: u64,
}

/// What can be made of a directory.
struct Reached {
    base: Base,
    state: State,
    /// Number of the last transaction that the chain of segments leads to, which may be less than the base has.
    walked: u64,
    /// The segments that were read, each with the bytes that are kept of it.
    parts: Vec<(u64, PathBuf, usize)>,
    trouble: Option<OpenError>,
}

/// Finds out what a repair would keep. Changes nothing.
pub fn plan(options: &JsonOptions, progress: &dyn Progress) -> Result<Plan, OpenError> {
    progress.begin("looking for what can be kept", 0);
    examine(options).map(|found| found.plan)
}

/// Mends the directory, losing exactly what [`plan`] says comes after transaction `keep`. No store may have it open.
/// Killed at any moment, it can be started again. Returns the plan and where the damaged files are kept: nowhere when
/// the plan is another one or nothing is to be repaired, for then nothing was changed.
pub fn repair(
    options: &JsonOptions,
    keep: u64,
    progress: &dyn Progress,
) -> Result<(Plan, Option<PathBuf>), OpenError> {
    let (disk, directory) = (&options.disk, &options.directory);
    let shares = Arc::new(Shares::take_alone(disk, directory)?);
    progress.begin("looking for what can be kept", 0);
    let found = examine(options)?;
    if found.plan.keep != keep || found.plan.trouble.is_empty() {
        return Ok((found.plan, None));
    }
    progress.begin("keeping the files as they are in quarantine", 0);
    let kept = keep_originals(disk.as_ref(), directory, keep)?;
    progress.begin("mending", 0);
    let Found { plan, reached } = found;
    mend_archive(disk.as_ref(), directory, &reached)?;
    let audit = AuditWriter::open(disk.clone(), directory.join("audit"), reached.base.store.audit_seq)?;
    anchors::keep_until(disk.as_ref(), directory, directory, reached.state.audit_head.seq)?;
    let store_id = reached.base.store.store_id.clone();
    Checkpointer::new(options, shares, Some(audit), store_id, None)
        .mend(&reached.state, &reached.base)
        .at(directory)?;
    renew_journal(disk.as_ref(), directory, keep)?;
    Ok((plan, Some(kept)))
}

/// A plan and what it rests on.
struct Found {
    plan: Plan,
    reached: Reached,
}

/// Whether an error tells of damage, and not of a disk that fails now.
fn is_damage(error: &OpenError) -> bool {
    match error {
        OpenError::Corrupt { .. } | OpenError::EditedByHand { .. } => true,
        OpenError::Io { error, .. } => error.kind() == io::ErrorKind::NotFound,
        _ => false,
    }
}

/// Damage is noted, anything else is an error.
fn noted<T>(outcome: Result<T, OpenError>, trouble: &mut Vec<String>) -> Result<Option<T>, OpenError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_damage(&error) => {
            trouble.push(error.to_string());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn examine(options: &JsonOptions) -> Result<Found, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    let mut trouble = Vec::new();
    let store = noted(StoreFile::read(disk, directory), &mut trouble)?.flatten();
    if store.is_none() && trouble.is_empty() {
        trouble.push(format!("{} is missing", directory.join("store.json").display()));
    }
    let newest = store.as_ref().map_or(u64::MAX, |store| store.generation);
    let published = store.map(|store| Base { source: Source::Published(directory.clone()), store });
    let others = usable(disk, directory, newest, &mut trouble)?;
    let mut best: Option<Reached> = None;
    for base in published.into_iter().chain(others) {
        let Some(reached) = noted(reach(options, &base), &mut trouble)? else { continue };
        let is_whole = reached.trouble.is_none();
        if best.as_ref().is_none_or(|best| best.state.seq < reached.state.seq) {
            best = Some(reached);
        }
        if is_whole {
            break;
        }
    }
    let Some(reached) = best else {
        let what = format!("no checkpoint in it can be used: {}", trouble.join("; "));
        return Err(OpenError::corrupt(directory, 0, 0, what));
    };
    trouble.extend(reached.trouble.as_ref().map(ToString::to_string));
    let keep = reached.state.seq;
    let (lost, unreadable) = losses(disk, directory, keep)?;
    let (base, totals) = (reached.base.store.generation, reached.state.totals());
    Ok(Found { plan: Plan { keep, totals, base, trouble, lost, unreadable }, reached })
}

/// The generations up to `newest` that have a readable manifest, newest first, the store's own before archived ones.
fn usable(
    disk: &dyn Disk,
    directory: &Path,
    newest: u64,
    trouble: &mut Vec<String>,
) -> Result<Vec<Base>, OpenError> {
    let mut found = Vec::new();
    for (parent, source) in [
        (directory.join("snapshots"), Source::Kept as fn(PathBuf) -> Source),
        (archive::directory_of(directory), Source::Archived),
    ] {
        for (number, path) in files::numbered(disk, &parent, "").at(&parent)? {
            if number <= newest
                && let Some(store) = noted(manifest(disk, &path), trouble)?.flatten()
            {
                found.push(Base { source: source(path), store });
            }
        }
    }
    found.sort_by_key(|base| std::cmp::Reverse(base.store.generation));
    Ok(found)
}

/// The furthest state that this generation and the segments after it lead to.
fn reach(options: &JsonOptions, base: &Base) -> Result<Reached, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    options.formats.check(directory, base.store.format, Access::Write)?;
    let mut state = load::load_from(disk, &base.source, &base.store, options.opened_at)?.state;
    let folder = directory.join("audit");
    let reader = AuditReader::new(options.disk.clone(), folder.clone());
    let sound = audit::verify_all(&reader, &state, base.store.audit_seq);
    sound.map_err(|error: StorageError| OpenError::of_storage(&folder, &error))?;
    let (all, first) = segments_after(disk, directory, base)?;
    let mut walked = base.store.generation;
    let (mut parts, mut trouble) = (Vec::new(), None);
    if let Some(first) = first {
        let mut walk = Walk::new(options, first, &state);
        for (first, path) in all.range(first..) {
            let (stretch, error) = walk.as_far_as_possible(*first, path)?;
            for transaction in &stretch.transactions {
                if transaction.entry.seq == state.seq && transaction.link != state.link {
                    let what = format!("transaction {} is not the one that the files hold", state.seq);
                    return Err(OpenError::corrupt(path, 0, 0, what));
                }
                if transaction.entry.seq == state.seq + 1 {
                    state.apply_transaction(transaction);
                }
            }
            if stretch.valid > 0 {
                parts.push((*first, path.clone(), stretch.valid));
            }
            if error.is_some() {
                trouble = error;
                break;
            }
        }
        walked = walk.seq;
    }
    let journal = directory.join("journal");
    if trouble.is_none() && (first.is_none() || walked < base.store.generation) {
        let what = format!("transactions from {} on are missing", walked.min(state.seq) + 1);
        trouble = Some(OpenError::corrupt(&journal, 0, 0, what));
    }
    Ok(Reached { base: base.clone(), state, walked, parts, trouble })
}

/// The transactions after `keep` that can still be read, and the bytes that cannot.
fn losses(disk: &dyn Disk, directory: &Path, keep: u64) -> Result<(Vec<Lost>, u64), OpenError> {
    let (mut lost, mut unreadable) = (BTreeMap::new(), 0);
    for (_, path) in archive::segments(disk, directory).at(directory)? {
        let Some(bytes) = noted(archive::read(disk, &path), &mut Vec::new())? else { continue };
        let (entries, broken) = journal::salvage(&bytes);
        let is_live = path.parent().is_some_and(|parent| parent.ends_with("journal"));
        unreadable += if is_live { broken } else { 0 };
        for entry in entries.into_iter().filter(|entry| entry.seq > keep) {
            let what = entry.ops.iter().filter_map(|op| match op {
                Op::Audit(event) => {
                    let it = &event.event;
                    Some(format!("{} {:?} {}", it.actor_name, it.action, it.subject))
                }
                _ => None,
            });
            lost.insert(entry.seq, Lost { seq: entry.seq, at: entry.at, what: what.collect() });
        }
    }
    Ok((lost.into_values().collect(), unreadable))
}

/// Copies everything that a repair may change; never over the copies of an earlier one.
fn keep_originals(disk: &dyn Disk, directory: &Path, keep: u64) -> Result<PathBuf, OpenError> {
    let kept = files::quarantine(disk, directory, &format!("repair-{keep}"))?;
    for name in FILES.iter().chain(&["store.json"]) {
        let path = directory.join(name);
        if disk.exists(&path) {
            super::backup::copy(disk, &path, &kept.join(name))?;
        }
    }
    for folder in ["journal", "audit", "snapshots", "archive"] {
        let (from, to) = (directory.join(folder), kept.join(folder));
        super::backup::copy_folder(disk, &from, &to, &|_: &str| {})?;
        for (number, path) in files::numbered(disk, &from, "").at(&from)? {
            super::backup::copy_folder(disk, &path, &to.join(format!("{number:020}")), &|_: &str| {})?;
        }
    }
    disk.sync_directory(&kept).at(&kept)?;
    Ok(kept)
}

/// Whether a generation is complete and as it was written.
fn is_sound(disk: &dyn Disk, is_archived: bool, path: &Path) -> Result<bool, OpenError> {
    let mut trouble = Vec::new();
    let Some(store) = noted(manifest(disk, path), &mut trouble)?.flatten() else { return Ok(false) };
    let source = if is_archived { Source::Archived(path.to_owned()) } else { Source::Kept(path.to_owned()) };
    Ok(noted(load::check(disk, &source, &store), &mut trouble)?.is_some())
}

/// Moves what is kept of the journal to the archive, and takes out of it what does not lead to the kept state.
fn mend_archive(disk: &dyn Disk, directory: &Path, reached: &Reached) -> Result<(), OpenError> {
    let folder = archive::directory_of(directory);
    let keep = reached.state.seq;
    let has_gap = reached.walked < reached.base.store.generation;
    let is_cut_off = |number: u64| number > keep || (has_gap && number < reached.base.store.generation);
    for parent in [directory.join("snapshots"), folder.clone()] {
        for (number, path) in files::numbered(disk, &parent, "").at(&parent)? {
            // The checkpoint to come is written there anew, or is sound.
            if path != generation_directory(directory, keep)
                && (is_cut_off(number) || !is_sound(disk, parent == folder, &path)?)
            {
                archive::remove_generation(disk, &path).at(&path)?;
            }
        }
    }
    files::create_directory(disk, &folder)?;
    if has_gap {
        // Nothing leads from what is in it to the checkpoint.
        for (_, path) in files::numbered(disk, &folder, ".jsonl.gz").at(&folder)? {
            disk.remove_file(&path).at(&path)?;
        }
        return disk.sync_directory(&folder).at(&folder);
    }
    let begins = reached.parts.first().map_or(keep + 1, |(first, ..)| *first);
    for (first, path) in archive::segments(disk, directory).at(&folder)? {
        let part = reached.parts.iter().find(|(number, ..)| *number == first);
        let target = archive::segment_path(directory, first);
        match part {
            Some((_, path, valid)) => {
                let bytes = archive::read_partly(disk, path)?;
                archive::write(disk, &target, &bytes[..*valid]).at(&target)?;
            }
            None if first < begins && path != target => {
                let bytes = files::read(disk, &path).at(&path)?;
                if !bytes.is_empty() {
                    archive::write(disk, &target, &bytes).at(&target)?;
                }
            }
            None if first >= begins && path == target => disk.remove_file(&path).at(&path)?,
            None => {}
        }
    }
    disk.sync_directory(&folder).at(&folder)
}

/// Everything in the journal is in the checkpoint now, in the archive, or given up.
fn renew_journal(disk: &dyn Disk, directory: &Path, keep: u64) -> Result<(), OpenError> {
    let journal = directory.join("journal");
    files::create_directory(disk, &journal)?;
    let all = segments::segments(disk, directory).at(&journal)?;
    segments::remove(disk, directory, all.iter().rev()).at(&journal)?;
    segments::prepare(disk, directory, keep + 1).at(&journal)
}
