//! Anchors of the audit chain in a file beside it, and following the whole chain past them.

use super::audit::{AuditReader, files_of};
use super::disk::{Disk, Open};
use super::files::{self, IoContext as _};
use super::history::{self, Until};
use super::open::JsonOptions;
use super::progress::Progress;
use super::{OpenError, state};
use crate::StorageError;
use crate::chain::{AnchorKey, ChainReport, Follower, Link};
use crate::json::disk::LockKind;
use domain::{AuditAnchor, ChainHead};
use std::io;
use std::path::{Path, PathBuf};

/// The file of the anchors.
pub fn path_of(directory: &Path) -> PathBuf {
    directory.join("audit").join("anchors.jsonl")
}

/// The whole lines of the file; what follows the last line break is a torn write.
fn whole(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1)
}

/// All anchors in the order in which they were kept.
pub fn read(disk: &dyn Disk, directory: &Path) -> Result<Vec<AuditAnchor>, OpenError> {
    let path = path_of(directory);
    let bytes = match files::read(disk, &path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes.at(&path)?,
    };
    let lines = bytes[..whole(&bytes)].split_inclusive(|byte| *byte == b'\n').enumerate();
    lines
        .map(|(index, line)| {
            serde_json::from_slice(line)
                .map_err(|error| OpenError::corrupt(&path, index + 1, 0, format!("not an anchor: {error}")))
        })
        .collect()
}

/// The anchor that was kept last.
pub fn newest(disk: &dyn Disk, directory: &Path) -> io::Result<Option<AuditAnchor>> {
    /// More than two lines.
    const TAIL: u64 = 2_048;
    let file = match disk.open(&path_of(directory), Open::Read) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let tail = files::read_from(file.as_ref(), file.length()?.saturating_sub(TAIL))?;
    let last = tail[..whole(&tail)].split_inclusive(|byte| *byte == b'\n').next_back();
    last.map(|line| serde_json::from_slice(line).map_err(io::Error::other)).transpose()
}

/// Keeps anchors. Processes take turns; what one of them left torn goes.
pub fn keep(disk: &dyn Disk, directory: &Path, anchors: &[AuditAnchor]) -> io::Result<()> {
    let path = path_of(directory);
    disk.create_directory(&directory.join("audit"))?;
    let file = disk.open(&path, Open::WriteOrCreate)?;
    file.lock(0, LockKind::Exclusive)?;
    let bytes = files::read_from(file.as_ref(), 0)?;
    let end = whole(&bytes) as u64;
    if end < bytes.len() as u64 {
        file.set_length(end)?;
    }
    let mut lines = Vec::new();
    for anchor in anchors {
        serde_json::to_writer(&mut lines, anchor)?;
        lines.push(b'\n');
    }
    files::write_all_at(file.as_ref(), &lines, end).and_then(|()| file.sync_data())?;
    if end == 0 {
        disk.sync_directory(&directory.join("audit"))?;
        disk.sync_directory(directory)?;
    }
    file.unlock(0)
}

/// Replaces them by those of events up to the one at `last`: of a log that ends there on purpose.
pub fn keep_until(disk: &dyn Disk, from: &Path, to: &Path, last: u64) -> Result<(), OpenError> {
    let source = path_of(from);
    let bytes = if disk.exists(&source) { files::read(disk, &source).at(&source)? } else { Vec::new() };
    // One that is damaged must not keep anyone from getting the data back.
    let anchors: Vec<AuditAnchor> = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .filter(|anchor: &AuditAnchor| anchor.seq <= last)
        .collect();
    let path = path_of(to);
    if disk.exists(&path) {
        disk.remove_file(&path).at(&path)?;
    }
    if anchors.is_empty() { Ok(()) } else { keep(disk, to, &anchors).at(&path) }
}

/// Follows the whole audit chain of a directory, file by file, also while servers run on it.
///
/// # Errors
/// The first thing that is wrong, or that the directory cannot be read.
pub fn follow_audit(
    options: &JsonOptions,
    keys: &[AnchorKey],
    noted: Option<ChainHead>,
    progress: &dyn Progress,
) -> Result<ChainReport, OpenError> {
    let (disk, directory) = (&options.disk, &options.directory);
    let folder = directory.join("audit");
    let broken = |path: &Path, what: String| OpenError::corrupt(path, 0, 0, what);
    // Before the log itself: servers may anchor what they write meanwhile.
    let anchors = read(disk.as_ref(), directory)?;
    progress.begin("reading the newest checkpoint and the journal", 0);
    let history = history::read(options, Until::Newest)?;
    let mut follower =
        Follower::new(anchors, keys, noted).map_err(|what| broken(&path_of(directory), what))?;
    let reader = AuditReader::new(disk.clone(), folder.clone());
    let files = files_of(&reader).map_err(|error| OpenError::of_storage(&folder, &error))?;
    progress.begin("following the audit log", files.len() as u64);
    let durable = history.store.audit_seq;
    for (first, path) in files.into_iter().filter(|(first, _)| *first <= durable) {
        if first != follower.seq() + 1 {
            return Err(broken(&path, format!("the file of event {} is missing", follower.seq() + 1)));
        }
        let bytes = files::read(disk.as_ref(), &path).at(&path)?;
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            // What follows may be a torn write: the journal has those events.
            if follower.seq() == durable {
                break;
            }
            let wrong = |what| OpenError::corrupt(&path, index + 1, 0, what);
            let event = Link::of_line(line).ok_or_else(|| wrong("it is no event of the log".to_owned()))?;
            follower.follow(&event).map_err(wrong)?;
        }
        progress.advance(1);
    }
    let state::State { audit, audit_head, .. } = &history.state;
    for event in audit.iter().filter(|event| event.seq > durable) {
        follower.follow_event(event).map_err(|what| broken(&folder, what))?;
    }
    let report = follower.finish().map_err(|what| broken(&folder, what))?;
    if (report.events, report.head.as_str()) != (audit_head.seq, &*audit_head.hash) {
        let (found, expected) = (report.events, audit_head.seq);
        return Err(broken(
            &folder,
            format!("the log ends at event {found}, and event {expected} was to be the last"),
        ));
    }
    Ok(report)
}

/// What the disk says of anchors, in the words of the port.
pub fn failed(error: &io::Error) -> StorageError {
    if super::error::is_full(error) {
        StorageError::Full
    } else {
        StorageError::Unavailable(format!("anchors of the audit log: {error}"))
    }
}
