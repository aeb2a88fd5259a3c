//! The segment of the journal that is being written, shared with other processes.
//!
//! Whoever writes holds the lock on the byte `WRITE` far behind the end of the very file that is written, on the
//! opening that writes: a lock that was lost is noticed by the write itself. The byte `TURN` is a turnstile: it is held
//! only while waiting for `WRITE`, so that no process waits behind more than one write of each other.

use super::OpenError;
use super::disk::{Disk, DiskFile, LockKind, Open};
use super::error::is_full;
use super::files::{self, IoContext as _};
use super::formats::{Access, Formats};
use super::journal::{Mark, Position, Stretch, encode_mark};
use super::segments::{is_empty, prepare, segment_path, segments};
use super::state::State;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Locked by whoever is next to write.
const TURN: u64 = 1 << 62;
/// Locked by whoever writes.
const WRITE: u64 = TURN + 1;

/// Why a batch did not get into the journal.
#[derive(Debug)]
pub enum AppendError {
    /// There was no room; the journal is as it was before, later attempts may succeed.
    NoSpace(io::Error),
    /// Nobody knows what is on disk now: the process must not write any more.
    Fatal(io::Error),
}

/// Why the newest state could not be reached.
#[derive(Debug)]
pub enum CatchUpError {
    /// The next segment is gone: others wrote a checkpoint meanwhile, and the state must be loaded from it.
    LeftBehind,
    /// The journal is damaged or cannot be read.
    Broken(OpenError),
}

impl From<OpenError> for CatchUpError {
    fn from(error: OpenError) -> Self {
        Self::Broken(error)
    }
}

/// What was found while catching up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Transactions applied.
    pub applied: u64,
    /// Bytes of a torn write, moved to quarantine.
    pub quarantined: u64,
}

/// The active segment as readers see it.
#[derive(Debug)]
pub struct Active {
    /// The opening that this process writes through.
    file: Arc<dyn DiskFile>,
    /// The file's length as far as this process knows its content or is writing it right now.
    known: AtomicU64,
}

impl Active {
    /// Whether others wrote what this process has not read.
    pub fn is_behind(&self) -> io::Result<bool> {
        Ok(self.file.length()? > self.known.load(Ordering::Acquire))
    }
}

/// The active segment of one process.
#[derive(Debug)]
pub struct Segment {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    path: PathBuf,
    active: Arc<Active>,
    formats: Formats,
    /// Everything before it is in the state.
    end: u64,
}

impl Segment {
    /// Opens the segment that begins with transaction `first`, without reading it.
    pub fn open(disk: Arc<dyn Disk>, directory: PathBuf, first: u64, formats: Formats) -> io::Result<Self> {
        let path = segment_path(&directory, first);
        let active = Active { file: disk.open(&path, Open::Write)?, known: AtomicU64::new(0) };
        Ok(Self { disk, directory, path, active: Arc::new(active), formats, end: 0 })
    }

    /// The segment for readers.
    pub fn active(&self) -> &Arc<Active> {
        &self.active
    }

    /// Bytes in it.
    pub fn length(&self) -> u64 {
        self.end
    }

    /// Waits for the turn to write.
    pub fn lock(&self) -> io::Result<()> {
        let file = &self.active.file;
        file.lock(TURN, LockKind::Exclusive)?;
        let locked = file.lock(WRITE, LockKind::Exclusive);
        file.unlock(TURN)?;
        locked
    }

    /// Lets others write.
    pub fn unlock(&self) -> io::Result<()> {
        self.active.file.unlock(WRITE)
    }

    /// Applies everything that others wrote, moving on to newer segments; call it with the lock held, which it
    /// still is afterwards (on the newest segment).
    pub fn catch_up(&mut self, state: &mut State) -> Result<CaughtUp, CatchUpError> {
        let mut seen = Seen::all_of(state);
        let mut found = CaughtUp::default();
        while self.read_on(state, &mut seen, &mut found)? {
            self.move_on(seen.seq + 1)?;
        }
        Ok(found)
    }

    /// The same when the segment was just opened: it may begin before what `state` has, and the machine may have
    /// lost power. Transactions that `state` has already are passed over.
    pub fn recover(&mut self, state: &mut State, first: u64) -> Result<CaughtUp, CatchUpError> {
        let mut seen = Seen { seq: first - 1, link: (first == state.seq + 1).then(|| state.link.clone()) };
        let mut found = CaughtUp::default();
        loop {
            let sealed = self.read_on(state, &mut seen, &mut found)?;
            let later = self.later()?;
            if sealed || later == Some(seen.seq + 1) {
                // Without a seal it was lost in a power cut; what is in the next segment was written after it.
                self.move_on(seen.seq + 1)?;
            } else if let Some(later) = later {
                let what =
                    format!("transactions {} to {} are missing after this file", seen.seq + 1, later - 1);
                return Err(OpenError::corrupt(&self.path, 0, 0, what).into());
            } else if seen.seq < state.seq {
                let what = format!("it ends at transaction {}, the files hold {}", seen.seq, state.seq);
                return Err(OpenError::corrupt(&self.path, 0, 0, what).into());
            } else {
                return Ok(found);
            }
        }
    }

    /// Applies what is new in this segment; whether it is sealed.
    fn read_on(
        &mut self,
        state: &mut State,
        seen: &mut Seen,
        found: &mut CaughtUp,
    ) -> Result<bool, CatchUpError> {
        let (stretch, torn) = self.read_stretch(seen)?;
        for transaction in &stretch.transactions {
            seen.seq = transaction.entry.seq;
            seen.link = Some(transaction.link.clone());
            if seen.seq > state.seq {
                state.apply_transaction(transaction);
                found.applied += 1;
            } else if seen.seq == state.seq && transaction.link != state.link {
                let what = format!("transaction {} is not the one that the files hold", seen.seq);
                return Err(OpenError::corrupt(&self.path, 0, 0, what).into());
            }
        }
        found.quarantined += torn;
        Ok(stretch.sealed)
    }

    /// Reads from the known end on and makes what is there durable; returns it with the size of what was torn off.
    fn read_stretch(&mut self, seen: &Seen) -> Result<(Stretch, u64), OpenError> {
        let file = &self.active.file;
        let length = file.length().at(&self.path)?;
        if length == self.end {
            return Ok((Stretch::default(), 0));
        }
        if length < self.end {
            let what = format!("it was {} bytes long and became shorter", self.end);
            return Err(OpenError::corrupt(&self.path, 0, usize::try_from(length).unwrap_or(0), what));
        }
        let bytes = files::read_from(file.as_ref(), self.end).at(&self.path)?;
        let position = Position {
            path: &self.path,
            offset: self.end,
            seq: seen.seq,
            link: seen.link.clone(),
            formats: self.formats,
            access: Access::Write,
        };
        let mut stretch = position.read(&bytes)?;
        let mut torn = bytes.len() - stretch.valid;
        if torn > 0 {
            match self.later()? {
                None => self.quarantine(&bytes[stretch.valid..], stretch.valid)?,
                // A power cut tore the marks at the end: the next segment's link shows that nothing else is missing.
                Some(later) if later == last_seq(&stretch, seen) + 1 => (stretch.sealed, torn) = (true, 0),
                Some(_) => {
                    let line = files::line_after(&bytes[..stretch.valid]);
                    let what = "damaged, with valid transactions after it".to_owned();
                    return Err(OpenError::corrupt(&self.path, line, stretch.valid, what));
                }
            }
        }
        let mut end = self.end + stretch.valid as u64;
        if stretch.marked < stretch.valid {
            let (offset, seq) = (self.end + stretch.marked as u64, last_seq(&stretch, seen));
            end = self.adopt(&bytes[stretch.marked..stretch.valid], offset, seq).at(&self.path)?;
        }
        // Readers hear of it in [`Self::expose`], when the state that they find has it.
        self.end = end;
        Ok((stretch, torn as u64))
    }

    /// Makes whole transactions durable whose writer ended before it said that they are. They are written again:
    /// on a network volume syncing does not send what another host wrote.
    fn adopt(&self, bytes: &[u8], offset: u64, seq: u64) -> io::Result<u64> {
        files::write_all_at(self.active.file.as_ref(), bytes, offset)?;
        self.active.file.sync_data()?;
        let end = offset + bytes.len() as u64;
        tracing::warn!(file = %self.path.display(), seq, "took over transactions whose writer ended");
        Ok(end + self.mark(Mark::Ack(seq), end))
    }

    /// Keeps a torn write for study and cuts it off.
    fn quarantine(&self, torn: &[u8], valid: usize) -> Result<(), OpenError> {
        let kept = self.directory.join("quarantine");
        files::create_directory(self.disk.as_ref(), &kept)?;
        let offset = self.end + valid as u64;
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let copy = kept.join(format!("{name}-{offset}.torn"));
        let write = |writer: &mut files::Writer| io::Write::write_all(writer, torn);
        files::replace(self.disk.as_ref(), &copy, write).at(&copy)?;
        self.disk.sync_directory(&kept).at(&kept)?;
        let file = &self.active.file;
        file.set_length(offset).and_then(|()| file.sync_data()).at(&self.path)?;
        tracing::warn!(
            file = %self.path.display(), offset, bytes = torn.len(), copy = %copy.display(),
            "cut off an unfinished write that nobody was told of"
        );
        Ok(())
    }

    /// The first transaction of the next segment that has something in it.
    fn later(&self) -> Result<Option<u64>, OpenError> {
        let journal = self.directory.join("journal");
        for first in segments(self.disk.as_ref(), &self.directory).at(&journal)? {
            let path = segment_path(&self.directory, first);
            if path <= self.path {
                continue;
            }
            if !is_empty(self.disk.as_ref(), &path).at(&path)? {
                return Ok(Some(first));
            }
        }
        Ok(None)
    }

    /// Goes on in the segment that begins with `first`, taking the lock there before giving up the one here.
    fn move_on(&mut self, first: u64) -> Result<(), CatchUpError> {
        let next = match Self::open(self.disk.clone(), self.directory.clone(), first, self.formats) {
            Ok(next) => next,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(CatchUpError::LeftBehind),
            Err(error) => {
                return Err(OpenError::Io { path: segment_path(&self.directory, first), error }.into());
            }
        };
        next.lock().at(&next.path)?;
        self.unlock().at(&self.path)?;
        *self = next;
        Ok(())
    }

    /// Writes whole lines up to transaction `seq` and waits until they are on disk; call it with the lock held
    /// and caught up.
    pub fn append(&mut self, lines: &[u8], seq: u64) -> Result<(), AppendError> {
        let end = self.end + lines.len() as u64;
        let mark = encode_mark(Mark::Ack(seq));
        // Readers of this process need not wait for what it is only about to promise.
        self.active.known.store(end + mark.len() as u64, Ordering::Release);
        let file = self.active.file.as_ref();
        if let Err(error) = files::write_all_at(file, lines, self.end) {
            if !is_full(&error) {
                return Err(AppendError::Fatal(error));
            }
            file.set_length(self.end).and_then(|()| file.sync_data()).map_err(AppendError::Fatal)?;
            self.set_end(self.end);
            return Err(AppendError::NoSpace(error));
        }
        file.sync_data().map_err(AppendError::Fatal)?;
        let end = end + self.mark(Mark::Ack(seq), end);
        self.set_end(end);
        Ok(())
    }

    /// Writes a mark without waiting for the disk; returns its length, 0 if there was no room. Without it the next
    /// reader only works harder.
    fn mark(&self, mark: Mark, end: u64) -> u64 {
        let line = encode_mark(mark);
        match files::write_all_at(self.active.file.as_ref(), &line, end) {
            Ok(()) => line.len() as u64,
            Err(error) => {
                tracing::warn!(%error, file = %self.path.display(), "the journal took no mark");
                if let Err(error) = self.active.file.set_length(end) {
                    tracing::warn!(%error, file = %self.path.display(), "the journal kept half a mark");
                }
                0
            }
        }
    }

    /// Ends this segment after transaction `seq` and goes on in a new one; call it with the lock held and caught up.
    pub fn roll(&mut self, seq: u64) -> Result<(), AppendError> {
        prepare(self.disk.as_ref(), &self.directory, seq + 1).map_err(AppendError::NoSpace)?;
        let next = Self::open(self.disk.clone(), self.directory.clone(), seq + 1, self.formats)
            .map_err(AppendError::NoSpace)?;
        next.lock().map_err(AppendError::NoSpace)?;
        let seal = encode_mark(Mark::Seal(seq));
        self.active.known.store(self.end + seal.len() as u64, Ordering::Release);
        let file = self.active.file.as_ref();
        if let Err(error) = files::write_all_at(file, &seal, self.end) {
            file.set_length(self.end).and_then(|()| file.sync_data()).map_err(AppendError::Fatal)?;
            self.expose();
            return Err(AppendError::NoSpace(error));
        }
        file.sync_data().map_err(AppendError::Fatal)?;
        self.unlock().map_err(AppendError::Fatal)?;
        *self = next;
        Ok(())
    }

    /// Tells readers that the published state has everything that was read; never before it does.
    pub fn expose(&self) {
        self.active.known.store(self.end, Ordering::Release);
    }

    fn set_end(&mut self, end: u64) {
        self.end = end;
        self.expose();
    }
}

/// How far the journal was read, which may be less than the state has at the beginning.
struct Seen {
    /// Number of the last transaction that was read.
    seq: u64,
    /// The link to it; `None` when it is not known yet.
    link: Option<Arc<str>>,
}

impl Seen {
    /// Everything that the state has.
    fn all_of(state: &State) -> Self {
        Self { seq: state.seq, link: Some(state.link.clone()) }
    }
}

fn last_seq(stretch: &Stretch, seen: &Seen) -> u64 {
    stretch.transactions.last().map_or(seen.seq, |last| last.entry.seq)
}
