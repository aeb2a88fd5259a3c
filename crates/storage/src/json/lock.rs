//! One process owns a data directory: an exclusive lock on `store.lock` for as long as the store is open.

use super::OpenError;
use super::files::{self, IoContext as _};
use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;

/// The lock; released when dropped, and by the operating system when the process dies.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes the lock of `directory` or says who has it.
    pub fn take(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join("store.lock");
        let mut file =
            files::private().read(true).write(true).create(true).truncate(false).open(&path).at(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = file.read_to_string(&mut holder);
                let process = read.ok().and_then(|_| holder.trim().parse().ok());
                return Err(OpenError::InUse { directory: directory.to_owned(), process });
            }
            Err(TryLockError::Error(error)) => return Err(OpenError::Io { path, error }),
        }
        file.set_len(0).at(&path)?;
        writeln!(file, "{}", std::process::id()).at(&path)?;
        Ok(Self { _file: file })
    }
}
