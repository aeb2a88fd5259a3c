//! The folder of the journal: which segments there are, which are over, and where a transaction lies.

use super::disk::{Disk, Open};
use super::{files, journal};
use std::io;
use std::path::{Path, PathBuf};

/// The segment whose first transaction is `first`.
pub fn segment_path(directory: &Path, first: u64) -> PathBuf {
    directory.join("journal").join(format!("{first:020}.jsonl"))
}

/// Makes the segment whose first transaction will be `first`, if it is missing, with its name on disk.
pub fn prepare(disk: &dyn Disk, directory: &Path, first: u64) -> io::Result<()> {
    disk.open(&segment_path(directory, first), Open::WriteOrCreate)?.sync_all()?;
    disk.sync_directory(&directory.join("journal"))
}

/// Numbers of the first transactions of all segments.
pub fn segments(disk: &dyn Disk, directory: &Path) -> io::Result<Vec<u64>> {
    let found = files::numbered(disk, &directory.join("journal"), ".jsonl")?;
    Ok(found.into_iter().map(|(first, _)| first).collect())
}

/// Whether a segment has nothing in it. One may be left over from a process that ended before it sealed the one before.
pub fn is_empty(disk: &dyn Disk, path: &Path) -> io::Result<bool> {
    Ok(disk.open(path, Open::Read)?.length()? == 0)
}

/// Whether a segment ends with a seal.
fn is_sealed(disk: &dyn Disk, path: &Path) -> io::Result<bool> {
    let file = disk.open(path, Open::Read)?;
    let tail = files::read_from(file.as_ref(), file.length()?.saturating_sub(journal::MARK_BYTES))?;
    Ok(journal::ends_with_seal(&tail))
}

/// The segment in which transaction `seq + 1` is or will be: the newest that can have it, passing over empty ones.
pub fn segment_of(disk: &dyn Disk, directory: &Path, seq: u64) -> io::Result<Option<u64>> {
    let (mut newest, mut written) = (None, None);
    for first in segments(disk, directory)?.into_iter().filter(|first| *first <= seq + 1) {
        newest = Some(first);
        if !is_empty(disk, &segment_path(directory, first))? {
            written = Some(first);
        }
    }
    Ok(written.or(newest))
}

/// The segments that hold nothing after `seq`, given that a segment starts at `seq + 1` or before: those with something
/// in them, and the empty ones.
pub fn over(disk: &dyn Disk, directory: &Path, seq: u64) -> io::Result<(Vec<u64>, Vec<u64>)> {
    let (mut over, mut empty) = (Vec::new(), Vec::new());
    for pair in segments(disk, directory)?.windows(2) {
        let (this, next) = (segment_path(directory, pair[0]), segment_path(directory, pair[1]));
        if pair[1] > seq + 1 {
            continue;
        }
        if is_empty(disk, &this)? {
            empty.push(pair[0]);
        } else if is_sealed(disk, &this)? || !is_empty(disk, &next)? {
            over.push(pair[0]);
        }
    }
    Ok((over, empty))
}

/// Removes segments.
pub fn remove<'f>(
    disk: &dyn Disk,
    directory: &Path,
    firsts: impl Iterator<Item = &'f u64>,
) -> io::Result<()> {
    let mut removed = false;
    for first in firsts {
        disk.remove_file(&segment_path(directory, *first))?;
        removed = true;
    }
    if removed { disk.sync_directory(&directory.join("journal")) } else { Ok(()) }
}
