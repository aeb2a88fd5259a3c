//! With which code the program ends: the one table of them, for scripts and operators. `docs/storage.md` explains them.

use crate::bootstrap::StartError;
use service::{ConflictKind, ServiceError};
use std::fmt;
use std::process::ExitCode;
use storage::json::OpenError;
use storage::postgres;

/// Why the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Anything that has no code of its own.
    Failed = 1,
    /// The data are damaged: restore or repair.
    Damaged = 10,
    /// Another process uses the directory.
    InUse = 11,
    /// A newer version wrote the data, or one from before the first release.
    Format = 12,
    /// A readable file was changed by hand, or such a change cannot be taken in.
    EditedByHand = 13,
    /// No room is left on the volume.
    NoSpace = 14,
    /// The disk failed, or a file may not be read or written.
    Disk = 15,
    /// The moment asked for is older than the history.
    TooEarly = 16,
    /// The directory to fill is not empty.
    NotEmpty = 17,
    /// A repair would lose something, and nobody agreed to exactly that.
    NotAgreed = 18,
    /// Locks do not hold on the volume of the data directory.
    Volume = 19,
    /// The settings are wrong, as `EX_CONFIG` of sysexits.
    Settings = 78,
}

impl Exit {
    /// The code of an error.
    pub fn of(error: &StartError) -> Self {
        match error {
            StartError::Settings(_) => Self::Settings,
            StartError::Store(error) => Self::of_store(error),
            StartError::Database(error) => Self::of_database(error),
            StartError::Service(ServiceError::Full) => Self::NoSpace,
            StartError::NotAgreed(_) => Self::NotAgreed,
            StartError::Service(ServiceError::Conflict(ConflictKind::Row(_))) => Self::EditedByHand,
            StartError::GaveUp(_) | StartError::Io(_) | StartError::Service(_) => Self::Failed,
        }
    }

    fn of_database(error: &postgres::OpenError) -> Self {
        match error {
            postgres::OpenError::Address | postgres::OpenError::CacheAddress => Self::Settings,
            postgres::OpenError::NotMigrated { .. } | postgres::OpenError::TooNew { .. } => Self::Format,
            postgres::OpenError::HalfFilled | postgres::OpenError::NotEmpty => Self::NotEmpty,
            postgres::OpenError::Damaged(_) => Self::Damaged,
            postgres::OpenError::Database(_) | postgres::OpenError::Migration(_) => Self::Failed,
        }
    }

    fn of_store(error: &OpenError) -> Self {
        match error {
            OpenError::Corrupt { .. } | OpenError::Unreadable { .. } => Self::Damaged,
            OpenError::InUse { .. } | OpenError::Serving { .. } => Self::InUse,
            OpenError::TooOld { .. } | OpenError::TooNew { .. } | OpenError::TooNewToWrite { .. } => {
                Self::Format
            }
            OpenError::UnsuitableVolume { .. }
            | OpenError::LocksDoNotHold { .. }
            | OpenError::LocksDoNotCross { .. } => Self::Volume,
            OpenError::EditedByHand { .. } | OpenError::EditRefused { .. } => Self::EditedByHand,
            OpenError::TooEarly { .. } => Self::TooEarly,
            OpenError::NotEmpty { .. } => Self::NotEmpty,
            OpenError::Io { .. } if error.is_full() => Self::NoSpace,
            OpenError::Io { .. } => Self::Disk,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", *self as u8)
    }
}
