//! Why a data directory could not be opened, in words that tell an operator what to do.

use crate::StorageError;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

/// Why a data directory could not be opened. Nothing in it was changed, but for a torn tail cut off to quarantine.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the directory to itself.
    #[error("{} is in use by a process that has it to itself: wait for that process or stop it", directory.display())]
    InUse {
        /// The data directory.
        directory: PathBuf,
    },
    /// Servers have the directory open, and a command needs it alone.
    #[error("{} is in use by running servers: stop them all first", directory.display())]
    Serving {
        /// The data directory.
        directory: PathBuf,
    },
    /// The volume is of a kind whose locks do not exclude everyone who can write to it.
    #[error(
        "{} lies on {file_system}: {why}; or move the data to a local disk, NFS 4.1 or CephFS",
        directory.display()
    )]
    UnsuitableVolume {
        /// The data directory.
        directory: PathBuf,
        /// The file system.
        file_system: String,
        /// Why it is refused, and what to do.
        why: String,
    },
    /// Locks were tried and do not do what they must.
    #[error(
        "locks do not hold on the volume of {}: {what}; two processes would write over each other there: move the data to a local disk, NFS 4.1 or CephFS",
        directory.display()
    )]
    LocksDoNotHold {
        /// The data directory.
        directory: PathBuf,
        /// What was found.
        what: String,
    },
    /// A process on another machine is alive, and its lock seems free here.
    #[error(
        "process {pid} on {there} has {} open, and its lock is not seen on {here}: locks do not cross machines on this volume, and both would write over each other; stop all but one, and move the data to NFS 4.1 or CephFS",
        directory.display()
    )]
    LocksDoNotCross {
        /// The data directory.
        directory: PathBuf,
        /// This machine.
        here: String,
        /// The other machine.
        there: String,
        /// The process on it.
        pid: u32,
    },
    /// The directory was written by a version so old that this one does not know its format any more.
    #[error(
        "{} has format {found}, this version reads formats from {oldest} on: open it with the versions in between first, one after the other",
        directory.display()
    )]
    TooOld {
        /// The data directory.
        directory: PathBuf,
        /// The format found.
        found: u32,
        /// The oldest format that this version reads.
        oldest: u32,
    },
    /// A command that fills a directory found something in it.
    #[error("{} is not empty: name a new or an empty directory", directory.display())]
    NotEmpty {
        /// The directory.
        directory: PathBuf,
    },
    /// The history does not reach back so far.
    #[error(
        "the history in {} begins after transaction {oldest}{}: use an older backup for an earlier state",
        directory.display(),
        since.map(|since| format!(", of {since}")).unwrap_or_default()
    )]
    TooEarly {
        /// The directory.
        directory: PathBuf,
        /// The earliest transaction that can be restored.
        oldest: u64,
        /// When it was, if the audit log says so.
        since: Option<Timestamp>,
    },
    /// The stored data are damaged. Guessing would lose data: a backup or an expert is needed.
    #[error("{}, line {line}, byte {offset}: {what}; restore this file from a backup", path.display())]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// The line, from 1; 0 for the file as a whole.
        line: usize,
        /// The byte at which the line starts.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// A readable file was changed since the store wrote it.
    #[error(
        "{} was changed by hand: take the changes in (healthcare import --edited), move it away (it is then written anew from {}) or restore it as it was",
        path.display(),
        generation.display()
    )]
    EditedByHand {
        /// The changed file.
        path: PathBuf,
        /// The directory with the store's own copy.
        generation: PathBuf,
    },
    /// A change by hand cannot be taken in.
    #[error("{}, {row}: {what}; nothing was taken in", path.display())]
    EditRefused {
        /// The changed file.
        path: PathBuf,
        /// The row in it.
        row: String,
        /// Why not, and what to do.
        what: String,
    },
    /// A file that people write cannot be read.
    #[error("{}, line {line}, column {column}: {what}; correct the file or move it away", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// The directory was written by a newer version.
    #[error("{} has format {found}, this version reads up to {known}: use a newer version", directory.display())]
    TooNew {
        /// The data directory.
        directory: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that this version reads.
        known: u32,
    },
    /// The directory is in a format that this version would lose something of by writing to it.
    #[error(
        "{} has format {found}, this version (format {known}) can read it and must not write to it: use a newer version",
        directory.display()
    )]
    TooNewToWrite {
        /// The data directory.
        directory: PathBuf,
        /// Its format.
        found: u32,
        /// The format of this version.
        known: u32,
    },
    /// The file system failed.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

impl OpenError {
    /// What a part of the store found at `path`: damage, or a disk that failed.
    pub(super) fn of_storage(path: &Path, error: &StorageError) -> Self {
        match error {
            StorageError::Unavailable(what) => {
                Self::Io { path: path.to_owned(), error: io::Error::other(what.clone()) }
            }
            error => Self::corrupt(path, 0, 0, error.to_string()),
        }
    }

    /// Whether it will pass as soon as there is room on the disk again.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { error, .. } if is_full(error))
    }

    /// Damage in a file.
    pub(super) fn corrupt(path: &Path, line: usize, offset: usize, what: String) -> Self {
        Self::Corrupt { path: path.to_owned(), line, offset: offset as u64, what }
    }
}

/// Whether the disk or the quota has no room left.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
