//! The disk as the store sees it: few operations, so that a simulated one can stand in for the real one.

use super::volume::{self, Volume};
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// How a file is opened. New files are readable by their owner alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// It exists; for reading.
    Read,
    /// It exists; for reading and writing.
    Write,
    /// It is created if it is missing; for reading and writing.
    WriteOrCreate,
    /// It is created, or emptied if it exists.
    Empty,
    /// It is created; an error if it exists.
    New,
}

/// How a byte is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// Together with others.
    Shared,
    /// Alone.
    Exclusive,
}

/// A file system.
pub trait Disk: Debug + Send + Sync + 'static {
    /// Opens a file.
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>>;
    /// Gives a file another name in the same file system, replacing what has it; durable once the directory is synced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file; durable once the directory is synced.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory with everything in it.
    fn remove_directory(&self, path: &Path) -> io::Result<()>;
    /// Makes a directory, private to its owner, and those above it; fine if it exists.
    fn create_directory(&self, path: &Path) -> io::Result<()>;
    /// The names in a directory, in no order.
    fn names(&self, directory: &Path) -> io::Result<Vec<String>>;
    /// Whether there is something at this path.
    fn exists(&self, path: &Path) -> bool;
    /// Waits until the directory's entries are on disk.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;
    /// What kind of volume a directory lies on.
    fn volume(&self, directory: &Path) -> io::Result<Volume>;
}

/// An open file. Locks belong to this opening of it: they exclude other openings, in this process too.
pub trait DiskFile: Debug + Send + Sync {
    /// Reads at a place; may give less than asked for, 0 bytes only at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes at a place; may take less than given.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Length in bytes.
    fn length(&self) -> io::Result<u64>;
    /// Cuts or extends it.
    fn set_length(&self, length: u64) -> io::Result<()>;
    /// Waits until content and length are on disk (fdatasync).
    fn sync_data(&self) -> io::Result<()>;
    /// Waits until everything about it is on disk (fsync).
    fn sync_all(&self) -> io::Result<()>;
    /// Waits for the lock on one byte.
    fn lock(&self, byte: u64, kind: LockKind) -> io::Result<()>;
    /// Takes the lock on one byte if it is free; whether it did.
    fn try_lock(&self, byte: u64, kind: LockKind) -> io::Result<bool>;
    /// Gives the lock on one byte back.
    fn unlock(&self, byte: u64) -> io::Result<()>;
}

/// Whether several processes may share a directory here: only Linux has locks that belong to an open file.
pub const CAN_SHARE: bool = cfg!(target_os = "linux");

/// The operating system's disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsDisk;

impl Disk for OsDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(how != Open::Read);
        match how {
            Open::Read | Open::Write => {}
            Open::WriteOrCreate => _ = options.create(true).truncate(false),
            Open::Empty => _ = options.create(true).truncate(true),
            Open::New => _ = options.create_new(true),
        }
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Arc::new(options.open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(directory)? {
            // A name that is not text is none of ours.
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        File::open(directory)?.sync_all()
    }

    fn volume(&self, directory: &Path) -> io::Result<Volume> {
        volume::of_directory(directory)
    }
}

impl DiskFile for File {
    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, offset)
    }

    #[cfg(unix)]
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::write_at(self, bytes, offset)
    }

    #[cfg(windows)]
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_write(self, bytes, offset)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        Self::sync_data(self)
    }

    fn sync_all(&self) -> io::Result<()> {
        Self::sync_all(self)
    }

    fn lock(&self, byte: u64, kind: LockKind) -> io::Result<()> {
        locks::lock(self, byte, kind)
    }

    fn try_lock(&self, byte: u64, kind: LockKind) -> io::Result<bool> {
        locks::try_lock(self, byte, kind)
    }

    fn unlock(&self, byte: u64) -> io::Result<()> {
        locks::unlock(self, byte)
    }
}

/// Open file description locks (fcntl(2)): they belong to the opening, not to the process, and vanish with it.
#[cfg(target_os = "linux")]
mod locks {
    use super::LockKind;
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc::{self, flock};
    use std::fs::File;
    use std::io;

    fn range(byte: u64, kind: libc::c_int) -> io::Result<flock> {
        let out_of_range = |_| io::Error::from(io::ErrorKind::InvalidInput);
        Ok(flock {
            l_type: libc::c_short::try_from(kind).map_err(out_of_range)?,
            l_whence: libc::c_short::try_from(libc::SEEK_SET).map_err(out_of_range)?,
            l_start: byte.try_into().map_err(out_of_range)?,
            l_len: 1,
            l_pid: 0,
        })
    }

    const fn code(kind: LockKind) -> libc::c_int {
        match kind {
            LockKind::Shared => libc::F_RDLCK,
            LockKind::Exclusive => libc::F_WRLCK,
        }
    }

    pub fn lock(file: &File, byte: u64, kind: LockKind) -> io::Result<()> {
        let range = range(byte, code(kind))?;
        loop {
            match fcntl(file, FcntlArg::F_OFD_SETLKW(&range)) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub fn try_lock(file: &File, byte: u64, kind: LockKind) -> io::Result<bool> {
        match fcntl(file, FcntlArg::F_OFD_SETLK(&range(byte, code(kind))?)) {
            Ok(_) => Ok(true),
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub fn unlock(file: &File, byte: u64) -> io::Result<()> {
        fcntl(file, FcntlArg::F_OFD_SETLK(&range(byte, libc::F_UNLCK)?))?;
        Ok(())
    }
}

/// Elsewhere one process has a directory to itself: the whole file is locked, whatever the byte.
#[cfg(not(target_os = "linux"))]
mod locks {
    use super::LockKind;
    use std::fs::{File, TryLockError};
    use std::io;

    pub fn lock(file: &File, _: u64, kind: LockKind) -> io::Result<()> {
        match kind {
            LockKind::Shared => file.lock_shared(),
            LockKind::Exclusive => file.lock(),
        }
    }

    pub fn try_lock(file: &File, _: u64, kind: LockKind) -> io::Result<bool> {
        let taken = match kind {
            LockKind::Shared => file.try_lock_shared(),
            LockKind::Exclusive => file.try_lock(),
        };
        match taken {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    pub fn unlock(file: &File, _: u64) -> io::Result<()> {
        file.unlock()
    }
}
