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

/// The last transaction of a segment that ends with a seal.
fn sealed_at(disk: &dyn Disk, path: &Path) -> io::Result<Option<u64>> {
    let file = disk.open(path, Open::Read)?;
    let tail = files::read_from(file.as_ref(), file.length()?.saturating_sub(journal::MARK_BYTES))?;
    Ok(journal::sealed_at(&tail))
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
/// in them, and the empty ones. An empty one says nothing of where the one before it ends: whoever made it may have been
/// killed, and others went on in the one before.
pub fn over(disk: &dyn Disk, directory: &Path, seq: u64) -> io::Result<(Vec<u64>, Vec<u64>)> {
    let (mut over, mut empty) = (Vec::new(), Vec::new());
    let mut next_written = None;
    let all = segments(disk, directory)?;
    for (place, first) in all.iter().enumerate().rev() {
        let path = segment_path(directory, *first);
        let next = all.get(place + 1);
        if is_empty(disk, &path)? {
            empty.extend(next.filter(|next| **next <= seq + 1).map(|_| *first));
            continue;
        }
        // The seal may be lost in a power cut; then the next one that was written to shows where this one ends.
        let end = sealed_at(disk, &path)?.or_else(|| next_written.map(|next: u64| next - 1));
        if next.is_some() && end.is_some_and(|end| end <= seq) {
            over.push(*first);
        }
        next_written = Some(*first);
    }
    over.reverse();
    empty.reverse();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::OsDisk;
    use crate::json::journal::{Mark, encode_mark};
    use std::fs;

    /// A folder of segments, each with what it ends with.
    fn folder(segments: &[(u64, &[Mark])]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("journal")).unwrap();
        for (first, marks) in segments {
            let bytes: Vec<u8> = marks.iter().flat_map(|mark| encode_mark(*mark)).collect();
            fs::write(segment_path(directory.path(), *first), bytes).unwrap();
        }
        directory
    }

    fn over_at(segments: &[(u64, &[Mark])], seq: u64) -> (Vec<u64>, Vec<u64>) {
        over(&OsDisk, folder(segments).path(), seq).unwrap()
    }

    #[test]
    fn a_segment_is_over_when_its_last_transaction_is() {
        let sealed: &[(u64, &[Mark])] = &[(1, &[Mark::Ack(6), Mark::Seal(6)]), (7, &[])];
        assert_eq!(over_at(sealed, 5), (vec![], vec![]));
        assert_eq!(over_at(sealed, 6), (vec![1], vec![]));
        let without_seal: &[(u64, &[Mark])] = &[(1, &[Mark::Ack(6)]), (7, &[Mark::Ack(8)])];
        assert_eq!(over_at(without_seal, 5), (vec![], vec![]));
        assert_eq!(over_at(without_seal, 6), (vec![1], vec![]));
        assert_eq!(
            over_at(&[(1, &[Mark::Ack(6)]), (7, &[])], 6),
            (vec![], vec![]),
            "nobody knows where it ends"
        );
    }

    #[test]
    fn what_a_killed_process_left_does_not_make_the_segment_before_it_over() {
        // One process made segment 4 and was killed before it sealed segment 1, in which others went on.
        let left: &[(u64, &[Mark])] = &[(1, &[Mark::Ack(6), Mark::Seal(6)]), (4, &[]), (7, &[])];
        assert_eq!(over_at(left, 3), (vec![], vec![]));
        assert_eq!(over_at(left, 5), (vec![], vec![]));
        assert_eq!(over_at(left, 6), (vec![1], vec![4]));
    }
}
