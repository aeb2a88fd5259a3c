//! The journal: one line a transaction, each with a checksum, on disk before anyone is told of it.

use super::OpenError;
use super::files::{self, IoContext as _};
use super::op::Entry;
use super::state::State;
use std::fs::{self, File};
use std::io;
use std::io::Write as _;
use std::path::Path;

/// Length of the checksum and the space after it.
const PREFIX: usize = 9;

/// Appends a transaction as one line: CRC-32C in hexadecimal, a space, JSON, a line break.
pub fn encode(entry: &Entry, buffer: &mut Vec<u8>) -> serde_json::Result<()> {
    let start = buffer.len();
    buffer.extend_from_slice(b"00000000 ");
    if let Err(error) = serde_json::to_writer(&mut *buffer, entry) {
        buffer.truncate(start);
        return Err(error);
    }
    let checksum = format!("{:08x}", crc32c::crc32c(&buffer[start + PREFIX..]));
    buffer[start..start + 8].copy_from_slice(checksum.as_bytes());
    buffer.push(b'\n');
    Ok(())
}

/// The JSON of a line without its line break, if its checksum holds.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let (prefix, json) = line.split_at_checked(PREFIX)?;
    let expected = format!("{:08x} ", crc32c::crc32c(json));
    (prefix == expected.as_bytes()).then_some(json)
}

/// Whether a file has bytes after its last line break.
pub fn is_torn(bytes: &[u8], whole: usize) -> bool {
    bytes.len() > whole
}

/// Why a batch did not get into the journal.
#[derive(Debug)]
pub enum AppendError {
    /// There was no room; the journal is as it was before, later attempts may succeed.
    NoSpace(io::Error),
    /// Nobody knows what is on disk now: the process must not write any more.
    Fatal(io::Error),
}

/// The segment that is being written.
#[derive(Debug)]
pub struct Segment {
    file: File,
    length: u64,
}

impl Segment {
    /// Starts the segment whose first transaction will be `first`. A left-over empty one is used again.
    pub fn start(directory: &Path, first: u64) -> io::Result<Self> {
        let path = directory.join(format!("{first:020}.jsonl"));
        let file = files::private().write(true).create(true).truncate(true).open(&path)?;
        file.sync_all()?;
        files::sync_directory(directory)?;
        Ok(Self { file, length: 0 })
    }

    /// Bytes in it.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Writes whole lines and waits until they are on disk.
    pub fn append(&mut self, lines: &[u8]) -> Result<(), AppendError> {
        match self.write_at_end(lines) {
            Ok(()) => {}
            Err(error)
                if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
            {
                let undone = self.file.set_len(self.length).and_then(|()| self.file.sync_data());
                return Err(undone.map_or_else(AppendError::Fatal, |()| AppendError::NoSpace(error)));
            }
            Err(error) => return Err(AppendError::Fatal(error)),
        }
        self.file.sync_data().map_err(AppendError::Fatal)?;
        self.length += lines.len() as u64;
        Ok(())
    }

    #[cfg(unix)]
    fn write_at_end(&self, lines: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, lines, self.length)
    }

    #[cfg(not(unix))]
    fn write_at_end(&mut self, lines: &[u8]) -> io::Result<()> {
        use std::io::{Seek as _, SeekFrom};
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(lines)
    }
}

/// What a replay found.
#[derive(Debug, Default)]
pub struct Replay {
    /// Transactions applied.
    pub transactions: u64,
    /// Bytes of a torn tail, moved to quarantine.
    pub quarantined: u64,
    /// Whether any segment has transactions, applied or known before.
    pub has_entries: bool,
}

/// Applies every transaction after `state.seq`, in order.
pub fn replay(directory: &Path, state: &mut State) -> Result<Replay, OpenError> {
    let journal = directory.join("journal");
    let segments = files::numbered(&journal, ".jsonl").at(&journal)?;
    let mut found = Replay::default();
    let mut next = None;
    for (index, (first, path)) in segments.iter().enumerate() {
        let bytes = fs::read(path).at(path)?;
        if let Some(expected) = next.filter(|expected| expected != first) {
            let what = format!("transaction {expected} is missing before this file");
            return Err(OpenError::corrupt(path, 0, 0, what));
        }
        if next.is_none() && *first > state.seq + 1 {
            let what =
                format!("transactions {} to {} are missing before this file", state.seq + 1, first - 1);
            return Err(OpenError::corrupt(path, 0, 0, what));
        }
        let (end, good) = replay_segment(path, &bytes, *first, state, &mut found)?;
        next = Some(end);
        if good < bytes.len() {
            let later_is_written = segments[index + 1..]
                .iter()
                .any(|(_, path)| fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0));
            if later_is_written {
                let line = files::line_after(&bytes[..good]);
                return Err(OpenError::corrupt(
                    path,
                    line,
                    good,
                    "damaged, with valid transactions after it".into(),
                ));
            }
            quarantine(directory, path, &bytes, good)?;
            found.quarantined += (bytes.len() - good) as u64;
        }
        found.has_entries |= good > 0;
    }
    Ok(found)
}

/// Applies one segment; returns the number that must follow and the length of its valid part.
fn replay_segment(
    path: &Path,
    bytes: &[u8],
    first: u64,
    state: &mut State,
    found: &mut Replay,
) -> Result<(u64, usize), OpenError> {
    let (mut next, mut offset) = (first, 0);
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let Some(json) = line.strip_suffix(b"\n").and_then(checked) else {
            let rest = &bytes[offset + line.len()..];
            if rest.split(|byte| *byte == b'\n').any(|line| checked(line).is_some()) {
                let what = "damaged, with valid transactions after it".to_owned();
                return Err(OpenError::corrupt(path, number, offset, what));
            }
            return Ok((next, offset));
        };
        let entry: Entry = serde_json::from_slice(json).map_err(|error| {
            OpenError::corrupt(path, number, offset, format!("not a transaction: {error}"))
        })?;
        if entry.seq != next {
            let what = format!("transaction {} where {next} was to follow", entry.seq);
            return Err(OpenError::corrupt(path, number, offset, what));
        }
        if entry.seq > state.seq {
            entry.ops.iter().for_each(|op| state.apply(op));
            state.seq = entry.seq;
            found.transactions += 1;
        }
        next += 1;
        offset += line.len();
    }
    Ok((next, offset))
}

/// Keeps a torn tail for study and cuts it off the journal.
fn quarantine(directory: &Path, path: &Path, bytes: &[u8], good: usize) -> Result<(), OpenError> {
    let kept = directory.join("quarantine");
    files::create_directory(&kept)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let copy = kept.join(format!("{name}-{good}.torn"));
    files::replace(&copy, |file| file.write_all(&bytes[good..])).at(&copy)?;
    files::sync_directory(&kept).at(&kept)?;
    let file = File::options().write(true).open(path).at(path)?;
    file.set_len(good as u64).and_then(|()| file.sync_data()).at(path)?;
    tracing::warn!(
        file = %path.display(), offset = good, bytes = bytes.len() - good, copy = %copy.display(),
        "cut off an unfinished transaction that nobody was told of"
    );
    Ok(())
}

/// Removes the segments that hold nothing after `seq`, given that a segment starts at `seq + 1`.
pub fn prune(directory: &Path, seq: u64) -> io::Result<()> {
    let journal = directory.join("journal");
    for (first, path) in files::numbered(&journal, ".jsonl")? {
        if first <= seq {
            fs::remove_file(path)?;
        }
    }
    files::sync_directory(&journal)
}
