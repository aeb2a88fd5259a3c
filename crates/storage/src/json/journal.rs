//! The journal's lines. One line is one transaction; between them stand marks that say what is surely on disk.
//!
//! ```text
//! <crc32c> {"seq":7,"batch":6,"prev":"<sha256>","at":"…","ops":[…]}
//! <crc32c> {"ack":7}
//! <crc32c> {"seal":7}
//! ```
//!
//! Every transaction links to the line of the one before it, so that none can be changed, moved or left out
//! unnoticed. Transactions of one write share the number `batch`, that of the first of them: only the lines of one
//! write can be torn. The mark `ack` follows a write once it is synced; without it a reader cannot know whether the
//! writer lived long enough to sync. The mark `seal` ends a segment.

use super::OpenError;
use super::files;
use super::formats::{Access, Formats};
use super::op::Entry;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::Arc;

/// Length of the checksum and the space after it.
const PREFIX: usize = 9;
/// The link of the first transaction ever.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A mark between transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Mark {
    /// Everything up to this transaction is on disk.
    Ack(u64),
    /// Everything up to this transaction is on disk, and the next one is in the next segment.
    Seal(u64),
}

/// What a line says.
enum Line {
    Mark(Mark),
    Transaction(Entry),
}

impl Line {
    fn parse(json: &[u8]) -> serde_json::Result<Self> {
        if json.starts_with(b"{\"seq\":") {
            serde_json::from_slice(json).map(Self::Transaction)
        } else {
            serde_json::from_slice(json).map(Self::Mark)
        }
    }
}

/// Appends a line: CRC-32C in hexadecimal, a space, JSON, a line break. Returns the JSON's place in the buffer.
fn append<T: Serialize>(value: &T, buffer: &mut Vec<u8>) -> serde_json::Result<std::ops::Range<usize>> {
    let start = buffer.len();
    buffer.extend_from_slice(b"00000000 ");
    if let Err(error) = serde_json::to_writer(&mut *buffer, value) {
        buffer.truncate(start);
        return Err(error);
    }
    let json = start + PREFIX..buffer.len();
    let checksum = format!("{:08x}", crc32c::crc32c(&buffer[json.clone()]));
    buffer[start..start + 8].copy_from_slice(checksum.as_bytes());
    buffer.push(b'\n');
    Ok(json)
}

/// Appends a transaction; returns the link to it.
pub fn encode(entry: &Entry, buffer: &mut Vec<u8>) -> serde_json::Result<Arc<str>> {
    let json = append(entry, buffer)?;
    Ok(link(&buffer[json]))
}

/// A mark as a line.
pub fn encode_mark(mark: Mark) -> Vec<u8> {
    let mut line = Vec::with_capacity(48);
    append(&mark, &mut line).expect("a mark has only a number");
    line
}

/// Most bytes of a mark's line.
pub const MARK_BYTES: u64 = 64;

/// The last transaction of a segment, if the last line of its tail is a seal.
pub fn sealed_at(tail: &[u8]) -> Option<u64> {
    let last = tail.strip_suffix(b"\n").and_then(|tail| tail.rsplit(|byte| *byte == b'\n').next());
    match last.and_then(checked).map(Line::parse) {
        Some(Ok(Line::Mark(Mark::Seal(seq)))) => Some(seq),
        _ => None,
    }
}

/// The link to the line with this JSON.
fn link(json: &[u8]) -> Arc<str> {
    files::hex(&Sha256::digest(json)).into()
}

/// The JSON of a line without its line break, if its checksum holds.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let (prefix, json) = line.split_at_checked(PREFIX)?;
    let expected = format!("{:08x} ", crc32c::crc32c(json));
    (prefix == expected.as_bytes()).then_some(json)
}

/// The JSON of a whole line that lost its beginning: the line break before it was damaged.
fn embedded(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n")?;
    let begins = |window: &[u8]| window.starts_with(b" {\"");
    let starts = line.windows(3).enumerate().filter(|(_, window)| begins(window)).map(|(at, _)| at);
    starts.filter(|at| *at > PREFIX).find_map(|at| checked(&line[at + 1 - PREFIX..]))
}

/// A line that is whole.
fn whole(line: &[u8]) -> Option<&[u8]> {
    line.strip_suffix(b"\n").and_then(checked)
}

/// Every transaction whose line is whole, whatever is around it, and how many bytes are in no whole line.
pub fn salvage(bytes: &[u8]) -> (Vec<Entry>, u64) {
    let (mut found, mut broken) = (Vec::new(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match whole(line).or_else(|| embedded(line)).map(Line::parse) {
            Some(Ok(Line::Transaction(entry))) => found.push(entry),
            Some(Ok(Line::Mark(_))) => {}
            Some(Err(_)) | None => broken += line.len() as u64,
        }
    }
    (found, broken)
}

/// A transaction with the link to it.
#[derive(Debug)]
pub struct Linked {
    /// The transaction.
    pub entry: Entry,
    /// The link to its line.
    pub link: Arc<str>,
}

/// What a stretch of a segment holds.
#[derive(Debug, Default)]
pub struct Stretch {
    /// The transactions in order.
    pub transactions: Vec<Linked>,
    /// Bytes that a mark says are on disk.
    pub marked: usize,
    /// Bytes of whole lines; what is left is torn.
    pub valid: usize,
    /// Whether it ends with a seal.
    pub sealed: bool,
}

/// Where a stretch begins.
#[derive(Clone, Debug)]
pub struct Position<'a> {
    /// The segment, for messages.
    pub path: &'a Path,
    /// Offset of the first byte in it.
    pub offset: u64,
    /// Number of the transaction before.
    pub seq: u64,
    /// The link to it; `None` when it is not known yet.
    pub link: Option<Arc<str>>,
    /// What this version can do.
    pub formats: Formats,
    /// Whether whoever reads goes on to write.
    pub access: Access,
}

impl Position<'_> {
    fn directory(&self) -> &Path {
        self.path.parent().and_then(Path::parent).unwrap_or(self.path)
    }

    fn corrupt(&self, bytes: &[u8], at: usize, what: impl Into<String>) -> OpenError {
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX).saturating_add(at);
        // Lines are counted within the stretch: what comes before it has been read already.
        OpenError::corrupt(self.path, files::line_after(&bytes[..at]), offset, what.into())
    }

    /// Reads the lines of a stretch that ends where the file ends. A torn last write is no error;
    /// anything else that is wrong is.
    pub fn read(mut self, bytes: &[u8]) -> Result<Stretch, OpenError> {
        let mut found = Stretch::default();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let at = found.valid;
            let Some(json) = whole(line) else {
                self.check_torn(bytes, at, line.len())?;
                return Ok(found);
            };
            if found.sealed {
                return Err(self.corrupt(bytes, at, "a line after the seal"));
            }
            let line_is = Line::parse(json)
                .map_err(|error| self.corrupt(bytes, at, format!("not a transaction: {error}")))?;
            found.valid += line.len();
            match line_is {
                Line::Mark(Mark::Ack(seq) | Mark::Seal(seq)) if seq != self.seq => {
                    return Err(self.corrupt(bytes, at, format!("a mark for {seq} after {}", self.seq)));
                }
                Line::Mark(mark) => {
                    found.sealed = matches!(mark, Mark::Seal(_));
                    found.marked = found.valid;
                }
                Line::Transaction(entry) => {
                    self.check_next(bytes, at, &entry)?;
                    if let Some(format) = entry.activates() {
                        // Nothing behind it is looked at: this version need not understand it.
                        self.formats.check(self.directory(), format, self.access)?;
                    }
                    let link = link(json);
                    self.seq = entry.seq;
                    self.link = Some(link.clone());
                    found.transactions.push(Linked { entry, link });
                }
            }
        }
        Ok(found)
    }

    fn check_next(&self, bytes: &[u8], at: usize, entry: &Entry) -> Result<(), OpenError> {
        if entry.seq != self.seq + 1 {
            let what = format!("transaction {} where {} was to follow", entry.seq, self.seq + 1);
            return Err(self.corrupt(bytes, at, what));
        }
        if self.link.as_ref().is_some_and(|link| **link != *entry.prev) {
            let what = format!("transaction {} does not follow the one before it", entry.seq);
            return Err(self.corrupt(bytes, at, what));
        }
        Ok(())
    }

    /// After a line that is not whole there may be other lines of the same write, never of a later one: that
    /// one began only after this one was on disk.
    fn check_torn(&self, bytes: &[u8], at: usize, length: usize) -> Result<(), OpenError> {
        let next = self.seq + 1;
        let after = bytes[at + length..].split(|byte| *byte == b'\n').filter_map(checked);
        let is_later = |json: &[u8]| match Line::parse(json) {
            Ok(Line::Transaction(entry)) => entry.batch > next,
            // A mark for what was read says that nothing is missing: only marks were torn before it.
            Ok(Line::Mark(Mark::Ack(seq) | Mark::Seal(seq))) => seq >= next,
            Err(_) => false,
        };
        let mut later = embedded(&bytes[at..at + length]).into_iter().chain(after);
        if later.any(is_later) {
            return Err(self.corrupt(bytes, at, "damaged, with valid transactions after it"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::formats::StoreFormat;
    use super::*;

    fn transactions(count: u64, batch: impl Fn(u64) -> u64) -> (Vec<u8>, Vec<usize>, Arc<str>) {
        let (mut bytes, mut ends, mut prev) = (Vec::new(), Vec::new(), Arc::<str>::from(GENESIS));
        for seq in 1..=count {
            let entry = Entry { seq, batch: batch(seq), prev: prev.clone(), at: None, ops: Vec::new() };
            prev = encode(&entry, &mut bytes).unwrap();
            ends.push(bytes.len());
        }
        (bytes, ends, prev)
    }

    fn read(bytes: &[u8]) -> Result<Stretch, OpenError> {
        let path = Path::new("journal");
        let (formats, access) = (Formats::default(), Access::Write);
        Position { path, offset: 0, seq: 0, link: Some(GENESIS.into()), formats, access }.read(bytes)
    }

    #[test]
    fn marks_say_what_is_on_disk() {
        let (mut bytes, _, _) = transactions(2, |seq| seq);
        bytes.extend(encode_mark(Mark::Ack(2)));
        let stretch = read(&bytes).unwrap();
        assert_eq!((stretch.transactions.len(), stretch.marked, stretch.sealed), (2, bytes.len(), false));
        bytes.extend(encode_mark(Mark::Seal(2)));
        assert!(read(&bytes).unwrap().sealed);
        bytes.extend(encode_mark(Mark::Ack(2)));
        read(&bytes).unwrap_err();
        read(&encode_mark(Mark::Ack(1))).unwrap_err();
    }

    #[test]
    fn what_follows_the_activation_of_an_unknown_format_need_not_be_understood() {
        let format = StoreFormat { format: 99, min_reader: 99, min_writer: 99 };
        let (mut bytes, _, prev) = transactions(2, |seq| seq);
        encode(&Entry::activation(3, 3, &prev, format), &mut bytes).unwrap();
        append(&serde_json::json!({"seq": 4, "what": "nobody knows yet"}), &mut bytes).unwrap();
        let refusal = read(&bytes).unwrap_err();
        assert!(matches!(refusal, OpenError::TooNew { found: 99, .. }), "{refusal}");
    }

    #[test]
    fn a_write_may_be_torn_anywhere_and_in_any_order() {
        let (bytes, ends, _) = transactions(3, |_| 1);
        for cut in 0..bytes.len() {
            let stretch = read(&bytes[..cut]).unwrap();
            assert_eq!(stretch.transactions.len(), ends.iter().filter(|end| **end <= cut).count(), "{cut}");
        }
        let mut holed = bytes.clone();
        holed[ends[0]..ends[1]].fill(0);
        assert_eq!(read(&holed).unwrap().valid, ends[0]);
    }

    #[test]
    fn damage_before_a_later_write_is_never_passed_over() {
        let (bytes, ends, _) = transactions(3, |seq| seq);
        for at in 0..ends[1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            read(&damaged).unwrap_err();
        }
    }

    #[test]
    fn a_line_that_was_left_out_changed_or_moved_breaks_the_chain() {
        let (bytes, ends, _) = transactions(3, |_| 1);
        let without = [&bytes[..ends[0]], &bytes[ends[1]..]].concat();
        read(&without).unwrap_err();
        let mut other = Vec::new();
        let entry = Entry { seq: 1, batch: 1, prev: "f".repeat(64).into(), at: None, ops: Vec::new() };
        encode(&entry, &mut other).unwrap();
        read(&other).unwrap_err();
    }
}
