//! Volumes whose locks do not hold: a store does not open there, and says what to do.

use crate::options;
use crate::rigged::passes_on;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use storage::json::{
    Disk, DiskFile, JsonOptions, JsonStore, LockKind, Open, OpenError, OsDisk, Volume, VolumeKind,
    capabilities,
};

/// What is wrong with the locks of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// They do nothing.
    Inert,
    /// There are none.
    Missing,
    /// Nobody gets one.
    Stuck,
    /// A shared lock keeps writers out no more than readers.
    Lenient,
    /// They are fine; the volume is known not to share them with other machines.
    OfOneMachine,
    /// They are fine, and nothing is known of the volume.
    Obscure,
}

/// The system's disk with locks that have a flaw.
#[derive(Clone, Copy, Debug)]
struct Flawed(Flaw);

#[derive(Debug)]
struct FlawedFile(Arc<dyn DiskFile>, Flaw);

impl Disk for Flawed {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(FlawedFile(OsDisk.open(path, how)?, self.0)))
    }
    passes_on!(|_: &Self| OsDisk; rename remove_file rest);
    fn volume(&self, directory: &Path) -> io::Result<Volume> {
        let kind = match self.0 {
            Flaw::OfOneMachine => VolumeKind::Unsuitable { why: "mount it otherwise".to_owned() },
            Flaw::Obscure => VolumeKind::Unknown,
            _ => return OsDisk.volume(directory),
        };
        Ok(Volume { file_system: "strangefs".to_owned(), kind })
    }
}

impl DiskFile for FlawedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(bytes, offset)
    }
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.set_length(length)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }
    fn lock(&self, byte: u64, kind: LockKind) -> io::Result<()> {
        self.0.lock(byte, kind)
    }
    fn try_lock(&self, byte: u64, kind: LockKind) -> io::Result<bool> {
        match (self.1, kind) {
            (Flaw::Inert, _) => Ok(true),
            // ENOLCK
            (Flaw::Missing, _) => Err(io::Error::from_raw_os_error(37)),
            (Flaw::Stuck, LockKind::Exclusive) => Ok(false),
            (Flaw::Lenient, LockKind::Exclusive) => {
                Ok(self.0.try_lock(byte, LockKind::Exclusive)? || self.0.try_lock(byte, LockKind::Shared)?)
            }
            _ => self.0.try_lock(byte, kind),
        }
    }
    fn unlock(&self, byte: u64) -> io::Result<()> {
        self.0.unlock(byte)
    }
}

fn on(flaw: Flaw, directory: &Path) -> JsonOptions {
    JsonOptions { disk: Arc::new(Flawed(flaw)), ..options(directory) }
}

#[cfg(target_os = "linux")]
#[test]
fn a_store_does_not_open_where_locks_do_not_hold() {
    for flaw in [Flaw::Inert, Flaw::Missing, Flaw::Stuck, Flaw::Lenient] {
        let directory = tempfile::tempdir().unwrap();
        let refusal = JsonStore::open(on(flaw, directory.path())).unwrap_err();
        assert!(matches!(refusal, OpenError::LocksDoNotHold { .. }), "{flaw:?}: {refusal}");
        assert!(refusal.to_string().contains("move the data"), "{refusal}");
        let left: Vec<_> =
            fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(left, ["store.lock"], "{flaw:?}");
        let refusal = capabilities(&Flawed(flaw), directory.path()).unwrap_err();
        assert!(matches!(refusal, OpenError::LocksDoNotHold { .. }), "{flaw:?}: {refusal}");
    }
}

#[test]
fn a_store_does_not_open_on_a_volume_of_a_kind_that_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let refusal = JsonStore::open(on(Flaw::OfOneMachine, directory.path())).unwrap_err();
    assert!(matches!(refusal, OpenError::UnsuitableVolume { .. }), "{refusal}");
    assert!(refusal.to_string().contains("lies on strangefs: mount it otherwise"), "{refusal}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is written there");
    capabilities(&Flawed(Flaw::OfOneMachine), directory.path()).unwrap_err();
}

#[test]
fn a_volume_of_a_kind_that_is_not_known_opens_with_a_warning() {
    let directory = tempfile::tempdir().unwrap();
    let store = JsonStore::open(on(Flaw::Obscure, directory.path())).unwrap();
    assert!(store.report().warnings.iter().any(|warning| warning.contains("strangefs")));
}

#[test]
fn capabilities_are_found_out_without_leaving_anything_behind() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("clinic/data");
    let found = capabilities(&OsDisk, &directory).unwrap();
    assert_eq!(found.tested, None);
    assert!(found.to_string().contains("does not exist yet"), "{found}");
    assert!(!parent.path().join("clinic").exists());
    fs::create_dir_all(&directory).unwrap();
    let found = capabilities(&OsDisk, &directory).unwrap();
    assert!(found.tested.is_some() && found.to_string().contains("locks proven"), "{found}");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}
