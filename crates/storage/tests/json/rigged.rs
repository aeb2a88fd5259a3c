//! A disk over another one that keeps what is removed, tells when it is used, or leaves out a safeguard of the store,
//! so that tests can demand that this is noticed.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use storage::json::{Disk, DiskFile, LockKind, Open};

/// The methods of [`Disk`] that a disk of the tests passes on as they are: those named, to the disk of `$inner`.
macro_rules! passes_on {
    ($inner:expr; $($method:ident)*) => { $(crate::rigged::passes_on!(@ $inner; $method);)* };
    (@ $inner:expr; rename) => {
        fn rename(&self, from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
            ($inner)(self).rename(from, to)
        }
    };
    (@ $inner:expr; remove_file) => {
        fn remove_file(&self, path: &std::path::Path) -> std::io::Result<()> {
            ($inner)(self).remove_file(path)
        }
    };
    (@ $inner:expr; volume) => {
        fn volume(&self, directory: &std::path::Path) -> std::io::Result<storage::json::Volume> {
            ($inner)(self).volume(directory)
        }
    };
    (@ $inner:expr; rest) => {
        fn remove_directory(&self, path: &std::path::Path) -> std::io::Result<()> {
            ($inner)(self).remove_directory(path)
        }
        fn create_directory(&self, path: &std::path::Path) -> std::io::Result<()> {
            ($inner)(self).create_directory(path)
        }
        fn names(&self, directory: &std::path::Path) -> std::io::Result<Vec<String>> {
            ($inner)(self).names(directory)
        }
        fn exists(&self, path: &std::path::Path) -> bool {
            ($inner)(self).exists(path)
        }
        fn sync_directory(&self, directory: &std::path::Path) -> std::io::Result<()> {
            ($inner)(self).sync_directory(directory)
        }
    };
}
pub(crate) use passes_on;

/// A safeguard that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// Locks are granted to everybody.
    Lock,
    /// Readers never notice that the journal grew.
    Refresh,
    /// Every line of the journal has the right checksum.
    Checksum,
}

/// What is done to a file of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Lock,
    Sync,
}

type Watcher = Box<dyn Fn(Step) + Send + Sync>;

/// How the disk is rigged.
#[derive(Default)]
pub struct Rig {
    /// Where removed files of the journal are kept.
    pub kept: Option<PathBuf>,
    /// What is left out.
    pub without: Option<Without>,
    /// Called before each step on a file of the journal.
    pub watcher: Option<Watcher>,
    /// Whether the store is open: what is left out, is left out from then on.
    pub armed: AtomicBool,
}

/// The disk.
#[derive(Clone)]
pub struct RiggedDisk {
    disk: Arc<dyn Disk>,
    rig: Arc<Rig>,
}

impl RiggedDisk {
    pub fn over(disk: impl Disk, rig: Rig) -> Self {
        Self { disk: Arc::new(disk), rig: Arc::new(rig) }
    }

    pub fn arm(&self) {
        self.rig.armed.store(true, Ordering::SeqCst);
    }
}

impl fmt::Debug for RiggedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RiggedDisk over {:?}", self.disk)
    }
}

fn is_journal(path: &Path) -> bool {
    path.parent().is_some_and(|parent| parent.ends_with("journal"))
}

impl Rig {
    /// Keeps a second name of a file of the journal that loses this one.
    fn keep(&self, path: &Path) {
        if let Some(kept) = self.kept.as_ref().filter(|_| is_journal(path)) {
            // Another process may have kept it already.
            let _ = fs::hard_link(path, kept.join(path.file_name().unwrap()));
        }
    }
}

impl Disk for RiggedDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.disk.open(path, how)?;
        Ok(Arc::new(RiggedFile { file, rig: self.rig.clone(), is_journal: is_journal(path) }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.rig.keep(from);
        self.disk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.rig.keep(path);
        self.disk.remove_file(path)
    }

    passes_on!(|disk: &Self| disk.disk.clone(); volume rest);
}

struct RiggedFile {
    file: Arc<dyn DiskFile>,
    rig: Arc<Rig>,
    is_journal: bool,
}

impl fmt::Debug for RiggedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.file.fmt(f)
    }
}

impl RiggedFile {
    fn is_without(&self, what: Without) -> bool {
        self.rig.without == Some(what) && self.rig.armed.load(Ordering::SeqCst)
    }

    fn tell(&self, step: Step) {
        if let Some(watcher) = self.rig.watcher.as_ref().filter(|_| self.is_journal)
            && self.rig.armed.load(Ordering::SeqCst)
        {
            watcher(step);
        }
    }

    /// The file with the checksum of each line as the line wants it.
    fn with_checksums(&self) -> io::Result<Vec<u8>> {
        let mut content = vec![0; usize::try_from(self.file.length()?).unwrap()];
        let mut read = 0;
        while read < content.len() {
            read += self.file.read_at(&mut content[read..], read as u64)?;
        }
        for line in content.split_mut(|byte| *byte == b'\n') {
            if let Some((prefix, json)) = line.split_at_mut_checked(9) {
                prefix.copy_from_slice(format!("{:08x} ", crc32c::crc32c(json)).as_bytes());
            }
        }
        Ok(content)
    }
}

impl DiskFile for RiggedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if !self.is_journal || !self.is_without(Without::Checksum) {
            return self.file.read_at(buffer, offset);
        }
        let content = self.with_checksums()?;
        let rest = content.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.file.write_at(bytes, offset)
    }

    fn length(&self) -> io::Result<u64> {
        let is_reader = std::thread::current().name() != Some("committer");
        if is_reader && self.is_journal && self.is_without(Without::Refresh) {
            return Ok(0);
        }
        self.file.length()
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.file.set_length(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.tell(Step::Sync);
        self.file.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn lock(&self, byte: u64, kind: LockKind) -> io::Result<()> {
        self.tell(Step::Lock);
        if self.is_without(Without::Lock) { Ok(()) } else { self.file.lock(byte, kind) }
    }

    fn try_lock(&self, byte: u64, kind: LockKind) -> io::Result<bool> {
        if self.is_without(Without::Lock) { Ok(true) } else { self.file.try_lock(byte, kind) }
    }

    fn unlock(&self, byte: u64) -> io::Result<()> {
        if self.is_without(Without::Lock) { Ok(()) } else { self.file.unlock(byte) }
    }
}
