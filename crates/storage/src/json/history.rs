//! Reading a directory without changing it, also while servers write to it: the newest state, or an earlier one.

use super::OpenError;
use super::archive;
use super::audit::{self, AuditReader};
use super::checkpoint::StoreFile;
use super::disk::Disk;
use super::files::IoContext as _;
use super::formats::{Access, Formats};
use super::journal::{Linked, Position, Stretch};
use super::load::{self, Source};
use super::open::JsonOptions;
use super::progress::Progress;
use super::segments;
use super::state::State;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where in the history to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// At the newest transaction.
    Newest,
    /// After the transaction of this number.
    Transaction(u64),
    /// After the last transaction that is not later than this.
    Time(Timestamp),
}

/// A state and how it was reached.
pub struct History {
    /// Everything that was committed by then.
    pub state: State,
    /// The checkpoint that it was loaded from.
    pub store: StoreFile,
    /// Transactions applied on top of it.
    pub replayed: u64,
    /// Bytes at the end of the journal that no transaction claims yet: a write under way or torn by a crash.
    pub unclaimed: u64,
    /// The segments that were read, with the length of what is whole in each.
    pub segments: Vec<(u64, u64)>,
}

/// How often damage must be seen to be believed while servers write.
const LOOKS: usize = 3;
/// How often servers may write a checkpoint while the one before is being read.
const ATTEMPTS: usize = 10;

/// Reads the history up to a moment: from the newest checkpoint before it, through the archive if need be.
pub fn read(options: &JsonOptions, until: Until) -> Result<History, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    let mut attempt = 1;
    loop {
        let generation = newest_store(disk, directory)?.generation;
        let found = base(options, until).and_then(|base| read_from(options, base, until));
        match found {
            Ok(history) => return Ok(history),
            Err(error @ OpenError::TooEarly { .. }) => return Err(error),
            // A new segment may have begun while the one before it was read: damage is still there at the next look.
            // A newer checkpoint may have taken away what this one needed.
            Err(error) => {
                let moved = newest_store(disk, directory)?.generation != generation;
                if attempt >= if moved { ATTEMPTS } else { LOOKS } {
                    return Err(error);
                }
                attempt += 1;
            }
        }
    }
}

/// A generation to start from.
#[derive(Clone, Debug)]
pub struct Base {
    /// Where it lies.
    pub source: Source,
    /// What it holds.
    pub store: StoreFile,
}

impl Base {
    fn is_published(&self) -> bool {
        matches!(self.source, Source::Published(_))
    }
}

/// The generations older than `newest`, newest first.
pub fn older(disk: &dyn Disk, directory: &Path, newest: u64) -> Result<Vec<Base>, OpenError> {
    let kept = archive::complete(disk, &directory.join("snapshots"))?;
    let kept = kept.into_iter().map(|(path, store)| Base { source: Source::Kept(path), store });
    let archived = archive::generations(disk, directory)?;
    let archived = archived.into_iter().map(|(path, store)| Base { source: Source::Archived(path), store });
    let mut all: Vec<_> = archived.chain(kept).filter(|base| base.store.generation < newest).collect();
    all.sort_by_key(|base| base.store.generation);
    all.reverse();
    Ok(all)
}

/// When the last audited transaction of a generation was; `None` before the first.
pub fn time_of(options: &JsonOptions, store: &StoreFile) -> Result<Option<Timestamp>, OpenError> {
    let folder = options.directory.join("audit");
    let reader = AuditReader::new(options.disk.clone(), folder.clone());
    let event = audit::event(&reader, store.audit_seq);
    Ok(event.map_err(|error| OpenError::of_storage(&folder, &error))?.map(|event| event.event.at))
}

/// The newest generation that is not after the moment.
fn base(options: &JsonOptions, until: Until) -> Result<Base, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    let store = newest_store(disk, directory)?;
    let newest = Base { source: Source::Published(directory.clone()), store };
    if until == Until::Newest {
        return Ok(newest);
    }
    let older = older(disk, directory, newest.store.generation)?;
    let mut oldest = newest.store.clone();
    for base in std::iter::once(newest).chain(older) {
        let is_before = match until {
            Until::Newest => true,
            Until::Transaction(last) => base.store.generation <= last,
            Until::Time(last) => time_of(options, &base.store)?.is_none_or(|time| time <= last),
        };
        if is_before {
            return Ok(base);
        }
        oldest = base.store;
    }
    let since = time_of(options, &oldest)?;
    Err(OpenError::TooEarly { directory: directory.clone(), oldest: oldest.generation, since })
}

/// What `store.json` says.
pub fn newest_store(disk: &dyn Disk, directory: &Path) -> Result<StoreFile, OpenError> {
    let path = directory.join("store.json");
    StoreFile::read(disk, directory)?
        .ok_or_else(|| OpenError::corrupt(&path, 0, 0, "it is missing".to_owned()))
}

/// The segments that can hold what comes after a generation, and the first of them to read.
pub fn segments_after(
    disk: &dyn Disk,
    directory: &Path,
    base: &Base,
) -> Result<(BTreeMap<u64, PathBuf>, Option<u64>), OpenError> {
    let (journal, next) = (directory.join("journal"), base.store.generation + 1);
    let archived = if base.is_published() {
        // Everything after the newest checkpoint is in the journal.
        BTreeMap::new()
    } else {
        archive::segments(disk, directory).at(&archive::directory_of(directory))?
    };
    let live = segments::segments(disk, directory).at(&journal)?;
    let live = live.into_iter().map(|first| (first, segments::segment_path(directory, first)));
    let all: BTreeMap<_, _> = archived.into_iter().chain(live).collect();
    let mut first = None;
    for (number, path) in all.range(..=next).rev() {
        first = first.or(Some(*number));
        let is_empty = path.starts_with(&journal) && segments::is_empty(disk, path).at(path)?;
        if !is_empty {
            first = Some(*number);
            break;
        }
    }
    Ok((all, first))
}

fn read_from(options: &JsonOptions, base: Base, until: Until) -> Result<History, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), options.directory.as_path());
    options.formats.check(directory, base.store.format, Access::Read)?;
    let load::Loaded { state, .. } = load::load_from(disk, &base.source, &base.store, options.opened_at)?;
    let journal = directory.join("journal");
    let (all, first) = segments_after(disk, directory, &base)?;
    let first = first.ok_or_else(|| OpenError::corrupt(&journal, 0, 0, "it is missing".to_owned()))?;
    let mut history = History { state, store: base.store, replayed: 0, unclaimed: 0, segments: Vec::new() };
    let mut walk = Walk::new(options, first, &history.state);
    for (first, path) in all.range(first..) {
        // What comes after a moment that is reached may be damaged.
        if until == Until::Transaction(history.state.seq) {
            return Ok(history);
        }
        let found = walk.step(*first, path)?;
        history.unclaimed = found.unclaimed;
        history.segments.push((*first, found.stretch.valid as u64));
        if !history.apply(path, &found.stretch, until)? {
            return Ok(history);
        }
    }
    if walk.sealed {
        // It was sealed after the segments were listed.
        history.segments.push((walk.seq + 1, 0));
    }
    if walk.seq < history.state.seq {
        let what = format!("it ends at transaction {}, the files hold {}", walk.seq, history.state.seq);
        return Err(OpenError::corrupt(&journal, 0, 0, what));
    }
    Ok(history)
}

/// Follows the chain of transactions from segment to segment.
pub struct Walk<'a> {
    disk: &'a dyn Disk,
    formats: Formats,
    /// Number of the last transaction that was read.
    pub seq: u64,
    link: Option<Arc<str>>,
    /// Whether the last segment that was read is sealed.
    pub sealed: bool,
}

/// A segment that was read.
pub struct Step {
    /// What is whole in it.
    pub stretch: Stretch,
    /// Bytes after it.
    pub unclaimed: u64,
}

impl<'a> Walk<'a> {
    /// A walk that begins with the segment `first`, towards what comes after `state`.
    pub fn new(options: &'a JsonOptions, first: u64, state: &State) -> Self {
        let link = (first == state.seq + 1).then(|| state.link.clone());
        let (disk, formats) = (options.disk.as_ref(), options.formats);
        Self { disk, formats, seq: first.saturating_sub(1), link, sealed: false }
    }

    /// Reads the next segment up to the first damage, if there is any, and says what that is.
    pub fn as_far_as_possible(
        &mut self,
        first: u64,
        path: &Path,
    ) -> Result<(Stretch, Option<OpenError>), OpenError> {
        let error = match self.step(first, path) {
            Ok(step) => return Ok((step.stretch, None)),
            Err(error) => error,
        };
        if !matches!(error, OpenError::Corrupt { .. }) {
            return Err(error);
        }
        let bytes = archive::read_partly(self.disk, path)?;
        let whole = match &error {
            // Damage in the compressed file, or before this file: what can be unpacked ends there.
            OpenError::Corrupt { offset: 0, .. } if first != self.seq + 1 => 0,
            OpenError::Corrupt { offset: 0, line: 0, .. } => bytes.len(),
            OpenError::Corrupt { offset, .. } => usize::try_from(*offset).unwrap_or(0).min(bytes.len()),
            _ => 0,
        };
        let stretch = self.position(path).read(&bytes[..whole]).unwrap_or_default();
        self.take(&stretch.transactions);
        Ok((stretch, Some(error)))
    }

    /// Reads the next segment.
    pub fn step(&mut self, first: u64, path: &Path) -> Result<Step, OpenError> {
        let bytes = archive::read(self.disk, path)?;
        if bytes.is_empty() {
            self.sealed = false;
            return Ok(Step { stretch: Stretch::default(), unclaimed: 0 });
        }
        // Torn marks at the end of the segment before are no loss: this one's link shows that nothing else is missing.
        if first != self.seq + 1 {
            let what = if first > self.seq + 1 {
                format!("transactions {} to {} are missing before this file", self.seq + 1, first - 1)
            } else {
                format!("it begins with transaction {first}, the file before it ends with {}", self.seq)
            };
            return Err(OpenError::corrupt(path, 0, 0, what));
        }
        let stretch = self.position(path).read(&bytes)?;
        self.take(&stretch.transactions);
        self.sealed = stretch.sealed;
        let unclaimed = (bytes.len() - stretch.valid) as u64;
        Ok(Step { stretch, unclaimed })
    }

    fn position<'p>(&self, path: &'p Path) -> Position<'p> {
        let (formats, access, link) = (self.formats, Access::Read, self.link.clone());
        Position { path, offset: 0, seq: self.seq, link, formats, access }
    }

    fn take(&mut self, transactions: &[Linked]) {
        if let Some(last) = transactions.last() {
            (self.seq, self.link) = (last.entry.seq, Some(last.link.clone()));
        }
    }
}

impl History {
    /// Applies a stretch as far as it is wanted; whether more is.
    fn apply(&mut self, path: &Path, stretch: &Stretch, until: Until) -> Result<bool, OpenError> {
        for transaction in &stretch.transactions {
            let entry = &transaction.entry;
            if entry.seq == self.store.generation && *transaction.link != *self.store.link {
                let what = format!("transaction {} is not the one that the files hold", entry.seq);
                return Err(OpenError::corrupt(path, 0, 0, what));
            }
            if entry.seq != self.state.seq + 1 {
                continue;
            }
            let is_wanted = match until {
                Until::Newest => true,
                Until::Transaction(last) => entry.seq <= last,
                Until::Time(last) => entry.at.is_none_or(|at| at <= last),
            };
            // What follows the first unwanted one is unwanted too, whatever its clock said.
            if !is_wanted {
                return Ok(false);
            }
            self.state.apply_transaction(transaction);
            self.replayed += 1;
        }
        Ok(true)
    }
}

/// Follows the chain of the whole archive, from its oldest generation to the newest one, and checks every file in it.
/// Returns the generation from which on every moment can be restored.
pub fn verify_archive(
    options: &JsonOptions,
    newest: &StoreFile,
    progress: &dyn Progress,
) -> Result<u64, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    let bases = older(disk, directory, newest.generation)?;
    let Some(oldest) = bases.last() else { return Ok(newest.generation) };
    progress.begin("checking older checkpoints", bases.len() as u64);
    for base in &bases {
        load::check(disk, &base.source, &base.store)?;
        progress.advance(1);
    }
    let (all, first) = segments_after(disk, directory, oldest)?;
    let state =
        State { seq: oldest.store.generation, link: oldest.store.link.as_str().into(), ..State::default() };
    let missing = || {
        let what = format!("transactions from {} on are missing", state.seq + 1);
        OpenError::corrupt(&archive::directory_of(directory), 0, 0, what)
    };
    let first = first.ok_or_else(missing)?;
    let mut walk = Walk::new(options, first, &state);
    let mut links: BTreeMap<u64, &str> =
        bases.iter().map(|base| (base.store.generation, base.store.link.as_str())).collect();
    links.insert(newest.generation, &newest.link);
    let wanted: Vec<_> = all.range(first..=newest.generation).collect();
    progress.begin("checking the archive", wanted.len() as u64);
    for (first, path) in wanted {
        for transaction in &walk.step(*first, path)?.stretch.transactions {
            let seq = transaction.entry.seq;
            if links.get(&seq).is_some_and(|link| **link != *transaction.link) {
                let what = format!("transaction {seq} is not the one that the files hold");
                return Err(OpenError::corrupt(path, 0, 0, what));
            }
        }
        progress.advance(1);
    }
    if walk.seq < newest.generation {
        let what = format!("it ends at transaction {}, the files hold {}", walk.seq, newest.generation);
        return Err(OpenError::corrupt(&archive::directory_of(directory), 0, 0, what));
    }
    Ok(oldest.store.generation)
}
