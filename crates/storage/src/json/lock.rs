//! Who uses a data directory, as locks on bytes of `store.lock`. They vanish with the process that holds them.

use super::OpenError;
use super::disk::{CAN_SHARE, Disk, DiskFile, LockKind, Open};
use super::files::IoContext as _;
use super::volume::{self, Volume};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Held by every process that has the store open: shared by servers, alone by whoever mends it.
const IN_USE: u64 = 0;
/// Held while a process opens the store.
const OPENING: u64 = 1;
/// Held while a process writes a checkpoint.
const CHECKPOINT: u64 = 2;

/// This process' share of a data directory.
#[derive(Debug)]
pub struct Shares {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// What the directory lies on.
    pub volume: Volume,
    /// Holds the share for as long as it is open.
    _in_use: Arc<dyn DiskFile>,
}

/// A lock that is given back when this is dropped.
pub struct Held {
    file: Arc<dyn DiskFile>,
    byte: u64,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("byte", &self.byte).finish_non_exhaustive()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Closing the file gives it back in any case.
        let _ = self.file.unlock(self.byte);
    }
}

impl Shares {
    /// Takes a share, on a volume whose locks hold alone; waits while another process opens the store. What comes with it
    /// lets that process go on.
    pub fn take(disk: &Arc<dyn Disk>, directory: &Path) -> Result<(Self, Held), OpenError> {
        let volume = disk.volume(directory).at(directory)?;
        volume.admit(directory)?;
        let path = directory.join("store.lock");
        let open = || disk.open(&path, Open::WriteOrCreate).at(&path);
        let (in_use, opening) = (open()?, open()?);
        let kind = if CAN_SHARE { LockKind::Shared } else { LockKind::Exclusive };
        let locked = in_use.try_lock(IN_USE, kind);
        if !locked.map_err(|error| volume::lock_error(directory, &path, error))? {
            return Err(OpenError::InUse { directory: directory.to_owned() });
        }
        if CAN_SHARE {
            opening.lock(OPENING, LockKind::Exclusive).at(&path)?;
        }
        volume::prove_locks(disk.as_ref(), directory, &path)?;
        let shares = Self { disk: disk.clone(), path, volume, _in_use: in_use };
        Ok((shares, Held { file: opening, byte: OPENING }))
    }

    /// Takes the directory for this process alone.
    pub fn take_alone(disk: &Arc<dyn Disk>, directory: &Path) -> Result<Self, OpenError> {
        let volume = disk.volume(directory).at(directory)?;
        volume.admit(directory)?;
        let path = directory.join("store.lock");
        let in_use = disk.open(&path, Open::WriteOrCreate).at(&path)?;
        let locked = in_use.try_lock(IN_USE, LockKind::Exclusive);
        if locked.map_err(|error| volume::lock_error(directory, &path, error))? {
            volume::prove_locks(disk.as_ref(), directory, &path)?;
            Ok(Self { disk: disk.clone(), path, volume, _in_use: in_use })
        } else {
            Err(OpenError::Serving { directory: directory.to_owned() })
        }
    }

    /// Keeps all processes from writing checkpoints, so that files stay where they are; waits for one under way.
    pub fn hold_checkpoints(disk: &dyn Disk, directory: &Path) -> io::Result<Held> {
        let file = disk.open(&directory.join("store.lock"), Open::Write)?;
        if CAN_SHARE {
            file.lock(CHECKPOINT, LockKind::Exclusive)?;
        }
        Ok(Held { file, byte: CHECKPOINT })
    }

    /// Keeps others from opening the store; `None` while one does.
    pub fn try_opening(&self) -> Result<Option<Held>, OpenError> {
        let file = self.disk.open(&self.path, Open::Write).at(&self.path)?;
        let is_mine = !CAN_SHARE || file.try_lock(OPENING, LockKind::Exclusive).at(&self.path)?;
        Ok(is_mine.then_some(Held { file, byte: OPENING }))
    }

    /// The right to write a checkpoint; `None` while another process does.
    pub fn try_checkpoint(&self) -> io::Result<Option<Held>> {
        let file = self.disk.open(&self.path, Open::Write)?;
        let is_mine = !CAN_SHARE || file.try_lock(CHECKPOINT, LockKind::Exclusive)?;
        Ok(is_mine.then_some(Held { file, byte: CHECKPOINT }))
    }
}
