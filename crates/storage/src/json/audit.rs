//! The audit chain: how events are linked, where old ones lie, how the chain is verified.

use super::OpenError;
use super::audit_index::AuditIndex;
use super::disk::{Disk, Open, OsDisk};
use super::files::{self, IoContext as _};
use super::state::{AuditHead, State};
use crate::chain;
use crate::cursor::Cursor as _;
use crate::{AuditFilter, Order, Page, PageRequest, StorageError};
use domain::AuditEvent;
use domain::audit::AuditDraft;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use crate::chain::GENESIS;
/// A file grows to about this many bytes: few enough to read one for a page of old events.
const FILE_BYTES: u64 = 1 << 20;

/// Gives an event its place after `head`.
pub fn chained(head: &AuditHead, event: AuditDraft) -> AuditEvent {
    let hash = chain::hash_of(&head.hash, &event);
    AuditEvent { seq: head.seq + 1, event, prev: head.hash.to_string(), hash }
}

/// Reads events that are no longer in memory.
#[derive(Debug)]
pub struct AuditReader {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    index: AuditIndex,
}

impl AuditReader {
    /// A reader of `directory`, which need not exist.
    pub fn new(disk: Arc<dyn Disk>, directory: PathBuf) -> Self {
        Self { disk, directory, index: AuditIndex::default() }
    }

    /// The files with the position of their first event, oldest first.
    fn files(&self) -> std::io::Result<Vec<(u64, PathBuf)>> {
        files::numbered(self.disk.as_ref(), &self.directory, ".jsonl")
    }

    /// The events of the file that begins with the one at `first`, up to the one at `last`, each as the chain wants it.
    /// What follows may be a torn write: memory has those events.
    fn read(&self, first: u64, path: &Path, last: u64) -> Result<Vec<AuditEvent>, StorageError> {
        let damaged =
            |error: &dyn std::fmt::Display| StorageError::Corrupt(format!("{}: {error}", path.display()));
        let bytes = files::read(self.disk.as_ref(), path).map_err(|error| unreadable(path, &error))?;
        let mut events: Vec<AuditEvent> = Vec::new();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if events.last().is_some_and(|event| event.seq >= last) {
                break;
            }
            let event: AuditEvent = serde_json::from_slice(line).map_err(|error| damaged(&error))?;
            let before = match events.last() {
                Some(before) => AuditHead { seq: before.seq, hash: before.hash.as_str().into() },
                None => AuditHead { seq: first.saturating_sub(1), hash: event.prev.as_str().into() },
            };
            if chained(&before, event.event.clone()) != event {
                return Err(damaged(&format_args!("the chain breaks at event {}", before.seq + 1)));
            }
            events.push(event);
        }
        Ok(events)
    }

    /// The events of a file up to the one at `last` if some of them may pass the filter. `next` is the file after it: one
    /// that has one grows no more.
    fn wanted(
        &self,
        (first, path): (u64, &Path),
        next: Option<(u64, &Path)>,
        last: u64,
        filter: &AuditFilter,
    ) -> Result<Vec<AuditEvent>, StorageError> {
        if !self.index.may_have(self.disk.as_ref(), (first, path), next, filter) {
            return Ok(Vec::new());
        }
        let events = self.read(first, path, last)?;
        let end = events.last().map(|event| event.seq + 1);
        if next.is_some_and(|(next, _)| end == Some(next)) {
            self.index.learn(first, &events);
        }
        Ok(events)
    }
}

fn passes(event: &AuditEvent, filter: &AuditFilter) -> bool {
    let it = &event.event;
    filter.actor.is_none_or(|actor| it.actor == Some(actor))
        && filter.except.is_none_or(|actor| it.actor != Some(actor))
        && filter.request_id.as_ref().is_none_or(|id| it.request_id == *id)
        && filter.patient.is_none_or(|patient| it.patient == Some(patient))
        && (filter.actions.is_empty() || filter.actions.contains(&it.action))
        && filter.outcome.is_none_or(|outcome| it.outcome == outcome)
        && filter.from.is_none_or(|from| it.at >= from)
        && filter.until.is_none_or(|until| it.at < until)
}

/// Collects one page, then says whether there is more.
struct Taker<'a> {
    filter: &'a AuditFilter,
    limit: usize,
    items: Vec<AuditEvent>,
    more: bool,
}

impl Taker<'_> {
    /// Whether the page wants more events after this one.
    fn offer(&mut self, event: &AuditEvent) -> bool {
        if passes(event, self.filter) {
            self.more = self.items.len() == self.limit;
            if !self.more {
                self.items.push(event.clone());
            }
        }
        !self.more
    }
}

/// A page of the audit log: the newest from memory, older ones from the files.
pub fn list(
    state: &State,
    reader: &AuditReader,
    filter: &AuditFilter,
    request: &PageRequest,
) -> Result<Page<AuditEvent>, StorageError> {
    let after = match request.after.as_deref().map(u64::decode) {
        Some(None) => return Ok(Page { items: Vec::new(), next: None }),
        Some(Some(seq)) => Some(seq),
        None => None,
    };
    let mut taker = Taker { filter, limit: request.limit, items: Vec::new(), more: false };
    match request.order {
        Order::Descending => descend(state, reader, after.unwrap_or(u64::MAX), &mut taker)?,
        Order::Ascending => ascend(state, reader, after.unwrap_or(0), &mut taker)?,
    }
    let next = taker.items.last().filter(|_| taker.more).map(|event| event.seq.encode());
    Ok(Page { items: taker.items, next })
}

/// Position of the oldest event in memory, or the one to come.
fn memory_start(state: &State) -> u64 {
    state.audit.front().map_or(state.audit_head.seq + 1, |event| event.seq)
}

fn descend(
    state: &State,
    reader: &AuditReader,
    before: u64,
    taker: &mut Taker<'_>,
) -> Result<(), StorageError> {
    let start = memory_start(state);
    let wanted = usize::try_from(before.saturating_sub(start)).unwrap_or(usize::MAX).min(state.audit.len());
    if !(0..wanted).rev().filter_map(|index| state.audit.get(index)).all(|event| taker.offer(event)) {
        return Ok(());
    }
    let before = before.min(start);
    let all = files_of(reader)?;
    for (index, (first, path)) in all.iter().enumerate().rev().filter(|(_, (first, _))| *first < before) {
        let next = all.get(index + 1).map(|(next, path)| (*next, path.as_path()));
        let events = reader.wanted((*first, path), next, before - 1, taker.filter)?;
        if !events.iter().rev().filter(|event| event.seq < before).all(|event| taker.offer(event)) {
            return Ok(());
        }
    }
    Ok(())
}

fn ascend(
    state: &State,
    reader: &AuditReader,
    after: u64,
    taker: &mut Taker<'_>,
) -> Result<(), StorageError> {
    let start = memory_start(state);
    if after + 1 < start {
        let all = files_of(reader)?;
        for (index, (first, path)) in all.iter().enumerate() {
            let next = all.get(index + 1).map(|(next, path)| (*next, path.as_path()));
            if next.is_some_and(|(next, _)| next <= after + 1) || *first >= start {
                continue;
            }
            let events = reader.wanted((*first, path), next, start - 1, taker.filter)?;
            let wanted = events.iter().filter(|event| event.seq > after && event.seq < start);
            if !wanted.into_iter().all(|event| taker.offer(event)) {
                return Ok(());
            }
        }
    }
    let skip = usize::try_from((after + 1).saturating_sub(start)).unwrap_or(usize::MAX);
    let _ =
        (skip..state.audit.len()).filter_map(|index| state.audit.get(index)).all(|event| taker.offer(event));
    Ok(())
}

/// The files of a reader, oldest first.
pub fn files_of(reader: &AuditReader) -> Result<Vec<(u64, PathBuf)>, StorageError> {
    reader.files().map_err(|error| unreadable(&reader.directory, &error))
}

/// The disk failed, which says nothing about the data.
fn unreadable(path: &Path, error: &std::io::Error) -> StorageError {
    StorageError::Unavailable(format!("{}: {error}", path.display()))
}

/// Appends events to the audit files at checkpoints.
#[derive(Debug)]
pub struct AuditWriter {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    current: Option<PathBuf>,
    /// Bytes of the current file that are surely whole events; a failed attempt may have left more.
    length: u64,
    last: u64,
}

impl AuditWriter {
    /// Finds the event at `durable` in the files and cuts off everything after it: that is what an unfinished
    /// checkpoint left, whole or torn, and the journal has it.
    pub fn open(disk: Arc<dyn Disk>, directory: PathBuf, durable: u64) -> Result<Self, OpenError> {
        files::create_directory(disk.as_ref(), &directory)?;
        let mut all = files::numbered(disk.as_ref(), &directory, ".jsonl").at(&directory)?;
        while let Some((_, path)) = all.pop_if(|(first, _)| *first > durable) {
            disk.remove_file(&path).and_then(|()| disk.sync_directory(&directory)).at(&path)?;
        }
        let Some((_, path)) = all.pop() else {
            if durable > 0 {
                return Err(OpenError::corrupt(
                    &directory,
                    0,
                    0,
                    format!("audit events 1 to {durable} are missing"),
                ));
            }
            return Ok(Self { disk, directory, current: None, length: 0, last: 0 });
        };
        let bytes = files::read(disk.as_ref(), &path).at(&path)?;
        let (mut length, mut last) = (0, 0);
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            if last == durable {
                break;
            }
            let event: AuditEvent = serde_json::from_slice(line).map_err(|error| {
                OpenError::corrupt(&path, index + 1, length, format!("not an audit event: {error}"))
            })?;
            length += line.len();
            last = event.seq;
        }
        if last != durable {
            return Err(OpenError::corrupt(
                &path,
                0,
                0,
                format!("audit events {} to {durable} are missing", last + 1),
            ));
        }
        if length < bytes.len() {
            let file = disk.open(&path, Open::Write).at(&path)?;
            file.set_length(length as u64).and_then(|()| file.sync_data()).at(&path)?;
        }
        Ok(Self { disk, directory, current: Some(path), length: length as u64, last })
    }

    /// Appends every event of `state` that is not in the files yet.
    pub fn flush(&mut self, state: &State) -> std::io::Result<()> {
        if state.audit_head.seq <= self.last {
            return Ok(());
        }
        let skip = usize::try_from((self.last + 1).saturating_sub(memory_start(state))).unwrap_or(usize::MAX);
        self.append((skip..state.audit.len()).filter_map(|index| state.audit.get(index)).map(Arc::as_ref))
    }

    /// Appends the events of other files up to the one at `last`.
    pub fn copy_from(&mut self, reader: &AuditReader, last: u64) -> Result<(), StorageError> {
        for (first, path) in files_of(reader)?.into_iter().filter(|(first, _)| *first <= last) {
            let events = reader.read(first, &path, last)?;
            let wanted: Vec<_> =
                events.iter().filter(|event| event.seq > self.last && event.seq <= last).collect();
            self.append(wanted.into_iter()).map_err(|error| StorageError::Unavailable(error.to_string()))?;
        }
        Ok(())
    }

    fn append<'e>(&mut self, events: impl Iterator<Item = &'e AuditEvent>) -> std::io::Result<()> {
        let mut pending = events.peekable();
        while let Some(first) = pending.peek().map(|event| event.seq) {
            let (path, start) = self.place(first);
            let (mut bytes, mut last) = (Vec::new(), self.last);
            while let Some(event) = pending.next_if(|_| start + (bytes.len() as u64) < FILE_BYTES) {
                serde_json::to_writer(&mut bytes, event)?;
                bytes.push(b'\n');
                last = event.seq;
            }
            let file = self.disk.open(&path, Open::WriteOrCreate)?;
            file.set_length(start)?;
            files::write_all_at(file.as_ref(), &bytes, start).and_then(|()| file.sync_data())?;
            if start == 0 {
                self.disk.sync_directory(&self.directory)?;
            }
            (self.current, self.length, self.last) = (Some(path), start + bytes.len() as u64, last);
        }
        Ok(())
    }

    /// The file for the event at this position, and where in it.
    fn place(&self, first: u64) -> (PathBuf, u64) {
        match &self.current {
            Some(path) if self.length < FILE_BYTES => (path.clone(), self.length),
            _ => (self.directory.join(format!("{first:020}.jsonl")), 0),
        }
    }
}

/// The event at one position, from the files.
pub fn event(reader: &AuditReader, seq: u64) -> Result<Option<AuditEvent>, StorageError> {
    let file = files_of(reader)?.into_iter().rev().find(|(first, _)| *first <= seq);
    let events = file.map_or_else(|| Ok(Vec::new()), |(first, path)| reader.read(first, &path, seq))?;
    Ok(events.into_iter().find(|event| event.seq == seq))
}

/// Follows a chain.
struct Follower(AuditHead);

impl Follower {
    fn follow(&mut self, place: &Path, event: &AuditEvent) -> Result<(), StorageError> {
        if chained(&self.0, event.event.clone()) != *event {
            let (place, number) = (place.display(), self.0.seq + 1);
            return Err(StorageError::Corrupt(format!("{place}: the chain breaks at event {number}")));
        }
        self.0 = AuditHead { seq: event.seq, hash: Arc::from(event.hash.as_str()) };
        Ok(())
    }
}

/// Checks the chain from its first event in the files to the newest one of `state`: positions without gaps, every hash,
/// every link. The files have at least the events up to `durable`. Returns the number of events.
pub fn verify_all(reader: &AuditReader, state: &State, durable: u64) -> Result<u64, StorageError> {
    let mut follower = Follower(AuditHead::default());
    for (first, path) in files_of(reader)?.into_iter().filter(|(first, _)| *first <= durable) {
        for event in &reader.read(first, &path, durable)? {
            follower.follow(&path, event)?;
        }
    }
    for event in state.audit.iter().filter(|event| event.seq > follower.0.seq).collect::<Vec<_>>() {
        follower.follow(&reader.directory, event)?;
    }
    if follower.0 == state.audit_head {
        Ok(follower.0.seq)
    } else {
        let (found, expected) = (follower.0.seq, state.audit_head.seq);
        Err(StorageError::Corrupt(format!(
            "the audit log ends at event {found} where {expected} was to be the last"
        )))
    }
}

/// Follows a whole chain from its first event.
///
/// # Errors
/// Where it breaks.
pub fn follow<'e>(events: impl Iterator<Item = &'e AuditEvent>) -> Result<(), String> {
    let mut follower = Follower(AuditHead::default());
    for event in events {
        follower.follow(Path::new("the audit log"), event).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Checks the chain in the audit files of a data directory. Returns the number of events.
pub fn verify_chain(directory: &Path) -> Result<u64, StorageError> {
    let reader = AuditReader::new(Arc::new(OsDisk), directory.join("audit"));
    let mut follower = Follower(AuditHead::default());
    for (first, path) in files_of(&reader)? {
        for event in reader.read(first, &path, u64::MAX)? {
            follower.follow(&path, &event)?;
        }
    }
    Ok(follower.0.seq)
}
