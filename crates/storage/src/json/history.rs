//! Reading a directory without changing it, also while servers write to it: the newest state, or an earlier one.

use super::OpenError;
use super::checkpoint::StoreFile;
use super::disk::Disk;
use super::files::{self, IoContext as _};
use super::formats::Access;
use super::journal::{Position, Stretch};
use super::load;
use super::open::JsonOptions;
use super::segment;
use super::state::State;
use jiff::Timestamp;
use std::path::Path;
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

/// Reads the history.
pub fn read(options: &JsonOptions, until: Until) -> Result<History, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), options.directory.as_path());
    let mut attempt = 1;
    loop {
        let store = newest_store(disk, directory)?;
        options.formats.check(directory, store.format, Access::Read)?;
        let generation = store.generation;
        match read_from(options, store, until) {
            Ok(history) => return Ok(history),
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

/// What `store.json` says.
pub fn newest_store(disk: &dyn Disk, directory: &Path) -> Result<StoreFile, OpenError> {
    let path = directory.join("store.json");
    StoreFile::read(disk, directory)?
        .ok_or_else(|| OpenError::corrupt(&path, 0, 0, "it is missing".to_owned()))
}

fn read_from(options: &JsonOptions, store: StoreFile, until: Until) -> Result<History, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), options.directory.as_path());
    let load::Loaded { state, .. } = load::load(disk, directory, &store, options.opened_at)?;
    let journal = directory.join("journal");
    let first = segment::segment_of(disk, directory, state.seq).at(&journal)?;
    let first = first.ok_or_else(|| OpenError::corrupt(&journal, 0, 0, "it is missing".to_owned()))?;
    let mut history = History { state, store, replayed: 0, unclaimed: 0, segments: Vec::new() };
    let mut seen = Seen { seq: first - 1, link: None };
    if first == history.state.seq + 1 {
        seen.link = Some(history.state.link.clone());
    }
    let mut sealed = false;
    for first in segment::segments(disk, directory).at(&journal)?.into_iter().filter(|it| *it >= first) {
        let path = segment::segment_path(directory, first);
        let bytes = files::read(disk, &path).at(&path)?;
        if bytes.is_empty() {
            history.segments.push((first, 0));
            sealed = false;
            continue;
        }
        // Torn marks at the end of the segment before are no loss: this one's link shows that nothing else is missing.
        if first != seen.seq + 1 {
            let what = format!("transactions {} to {} are missing before this file", seen.seq + 1, first - 1);
            return Err(OpenError::corrupt(&path, 0, 0, what));
        }
        let position = Position {
            path: &path,
            offset: 0,
            seq: seen.seq,
            link: seen.link.clone(),
            formats: options.formats,
            access: Access::Read,
        };
        let stretch = position.read(&bytes)?;
        history.unclaimed = (bytes.len() - stretch.valid) as u64;
        history.segments.push((first, stretch.valid as u64));
        history.apply(&path, &stretch, &mut seen, until)?;
        sealed = stretch.sealed;
    }
    if sealed {
        // It was sealed after the segments were listed.
        history.segments.push((seen.seq + 1, 0));
    }
    if seen.seq < history.state.seq {
        let what = format!("it ends at transaction {}, the files hold {}", seen.seq, history.state.seq);
        return Err(OpenError::corrupt(&journal, 0, 0, what));
    }
    Ok(history)
}

/// How far the journal was read.
struct Seen {
    seq: u64,
    link: Option<Arc<str>>,
}

impl History {
    fn apply(
        &mut self,
        path: &Path,
        stretch: &Stretch,
        seen: &mut Seen,
        until: Until,
    ) -> Result<(), OpenError> {
        for transaction in &stretch.transactions {
            let entry = &transaction.entry;
            seen.seq = entry.seq;
            seen.link = Some(transaction.link.clone());
            if entry.seq == self.store.generation && *transaction.link != *self.store.link {
                let what = format!("transaction {} is not the one that the files hold", entry.seq);
                return Err(OpenError::corrupt(path, 0, 0, what));
            }
            let is_wanted = match until {
                Until::Newest => true,
                Until::Transaction(last) => entry.seq <= last,
                Until::Time(last) => entry.at.is_none_or(|at| at <= last),
            };
            // What follows the first unwanted one is unwanted too, whatever its clock said.
            if entry.seq == self.state.seq + 1 && is_wanted {
                self.state.apply_transaction(transaction);
                self.replayed += 1;
            }
        }
        Ok(())
    }
}
