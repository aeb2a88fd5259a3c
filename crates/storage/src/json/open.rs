//! Opening a data directory: load or import, replay, checkpoint, start the committer.

use super::archive::Archive;
use super::audit::{self, AuditReader};
use super::checkpoint::{Checkpointer, StoreFile};
use super::committer::{Committer, Shared};
use super::disk::{Disk, OsDisk};
use super::files::{self, IoContext as _};
use super::formats::{Access, Formats, StoreFormat};
use super::lock::Shares;
use super::peers::{Host, Peers};
use super::segment::{AppendError, CatchUpError, CaughtUp, Segment};
use super::segments;
use super::state::State;
use super::volume::{CommitTimes, Volume, VolumeKind};
use super::watch::{Watch, Watcher};
use super::{JsonStore, OpenError, QUEUE, legacy, load};
use crate::Totals;
use arc_swap::{ArcSwap, ArcSwapOption};
use domain::{ClinicZone, Currency};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How to open a data directory.
#[derive(Clone, Debug)]
pub struct JsonOptions {
    /// The disk that it lies on.
    pub disk: Arc<dyn Disk>,
    /// The data directory; created if it does not exist.
    pub directory: PathBuf,
    /// The clinic's zone, in which the old system's times are read and readable files are written.
    pub zone: ClinicZone,
    /// The currency of the old system's bills.
    pub currency: Currency,
    /// The length of the old system's appointments.
    pub appointment_minutes: u16,
    /// The time now: the old system's appointments before it count as completed.
    pub opened_at: Timestamp,
    /// Newest audit events to keep in memory; all are kept on disk.
    pub audit_in_memory: usize,
    /// Size in bytes of the journal at which a checkpoint begins.
    pub checkpoint_bytes: u64,
    /// The formats that this version reads and writes.
    pub formats: Formats,
    /// The machine that this process runs on.
    pub host: Host,
    /// How often this process shows the others that it is alive.
    pub heartbeat: Duration,
    /// Readable files that were changed by hand, with the SHA-256 of each: the store opens all the same, with what it
    /// wrote itself, and leaves these files alone until it is closed.
    pub edited: BTreeMap<String, String>,
    /// How far back any moment can be restored; what the kept checkpoints need is archived in any case.
    pub archive_kept: SignedDuration,
}

impl JsonOptions {
    /// The usual time for which any moment can be restored: a month and some days to notice.
    pub const ARCHIVE_KEPT: SignedDuration = SignedDuration::from_hours(35 * 24);

    /// The usual sizes.
    pub fn new(
        directory: impl Into<PathBuf>,
        zone: ClinicZone,
        currency: Currency,
        opened_at: Timestamp,
    ) -> Self {
        Self {
            disk: Arc::new(OsDisk),
            directory: directory.into(),
            zone,
            currency,
            appointment_minutes: 30,
            opened_at,
            audit_in_memory: 20_000,
            checkpoint_bytes: 8 << 20,
            formats: Formats::default(),
            host: Host::current(),
            heartbeat: Duration::from_secs(2),
            edited: BTreeMap::new(),
            archive_kept: Self::ARCHIVE_KEPT,
        }
    }

    /// The archive of these options' directory.
    pub(super) fn archive(&self) -> Archive {
        Archive::new(self.disk.clone(), self.directory.clone(), self.archive_kept)
    }
}

/// What happened when a store was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// What the directory lies on; locks were proven to hold there.
    pub volume: Volume,
    /// Rows imported from the old system's files.
    pub imported: Totals,
    /// Transactions replayed from the journal.
    pub replayed: u64,
    /// Bytes of an unfinished transaction that were moved to quarantine.
    pub quarantined: u64,
    /// What an operator should look at.
    pub warnings: Vec<String>,
    /// How long it took.
    pub duration: Duration,
}

impl OpenReport {
    /// The beginning of one for a directory on `volume`.
    fn on(volume: &Volume) -> Self {
        tracing::info!(%volume, "locks hold on the volume of the data directory");
        let mut report = Self { volume: volume.clone(), ..Self::default() };
        if volume.kind == VolumeKind::Unknown {
            let what = format!("nothing is known of the volume {volume}; its locks hold on this machine");
            tracing::warn!("{what}");
            report.warnings.push(what);
        }
        report
    }
}

impl JsonStore {
    /// Opens a data directory: an empty or missing one, one of the old system, or one of this one. Other processes
    /// may have it open too.
    pub fn open(options: JsonOptions) -> Result<Self, OpenError> {
        let begun = Instant::now();
        let disk = &options.disk;
        files::create_directory(disk.as_ref(), &options.directory)?;
        let (shares, opening) = Shares::take(disk, &options.directory)?;
        let shares = Arc::new(shares);
        let mut report = OpenReport::on(&shares.volume);
        match StoreFile::read(disk.as_ref(), &options.directory)? {
            Some(store) => options.formats.check(&options.directory, store.format, Access::Write)?,
            None => found_or_take_over(&options, &shares, &mut report)?,
        }
        let mut peers = Peers::join(&options, !shares.volume.is_coherent())?;
        let place = Place {
            disk: disk.clone(),
            directory: options.directory.clone(),
            opened_at: options.opened_at,
            formats: options.formats,
            edited: options.edited.clone(),
        };
        let mut newest = place.newest()?;
        let own = options.formats.own();
        let is_raised =
            newest.state.format.format < own.format && peers.permit(own)? && newest.activate(own)?;
        newest.segment.unlock().at(&options.directory)?;
        (report.replayed, report.quarantined) = (newest.found.applied, newest.found.quarantined);
        let mut checkpointer = checkpointer(&options, &shares, Some(newest.store))?;
        let is_due = newest.stale_copies || newest.found.applied > 0 || is_raised;
        if is_due && options.edited.is_empty() {
            // On a full disk the store still opens: the journal has everything that the files lack.
            if let Err(error) = checkpointer.run(&newest.state) {
                tracing::warn!(%error, "the files could not be written; the journal is kept");
                report.warnings.push(format!("the files could not be written: {error}"));
            }
        }
        drop(opening);
        let audit_files = Arc::new(AuditReader::new(disk.clone(), options.directory.join("audit")));
        let (sender, commands) = mpsc::channel(QUEUE);
        newest.segment.expose();
        let view = Arc::new(Shared {
            published: ArcSwap::from_pointee(newest.state),
            active: ArcSwap::new(newest.segment.active().clone()),
            is_coherent: shares.volume.is_coherent(),
            trouble: ArcSwapOption::empty(),
            dead: AtomicBool::new(false),
        });
        let committer = Committer {
            shared: view.clone(),
            commands,
            place,
            segment: newest.segment,
            audit_files: audit_files.clone(),
            audit_in_memory: options.audit_in_memory,
            checkpoint_bytes: if options.edited.is_empty() { options.checkpoint_bytes } else { u64::MAX },
            worth: Arc::new(AtomicU64::new(checkpointer.worth())),
            audit_flushed: Arc::new(AtomicU64::new(checkpointer.audit_flushed())),
            checkpointer: Arc::new(Mutex::new(checkpointer)),
            running: None,
            times: CommitTimes::default(),
        };
        let thread = std::thread::Builder::new().name("committer".to_owned()).spawn(move || committer.run());
        let committer = Some(thread.at(&options.directory)?);
        let watcher = Watcher {
            peers,
            shares: shares.clone(),
            shared: view.clone(),
            commands: sender.downgrade(),
            format: own,
            every: options.heartbeat,
        };
        let watch = Some(Watch::start(watcher).at(&options.directory)?);
        report.duration = begun.elapsed();
        Ok(Self {
            shared: view,
            audit_files,
            disk: options.disk.clone(),
            directory: options.directory.clone(),
            commands: Some(sender),
            committer,
            watch,
            _shares: shares,
            report,
        })
    }
}

/// Founds a store in a directory that has none, with what the old system left there.
fn found_or_take_over(
    options: &JsonOptions,
    shares: &Arc<Shares>,
    report: &mut OpenReport,
) -> Result<(), OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    refuse_remains(disk, directory)?;
    files::keep_directory(disk, directory)?;
    let mut imported = legacy::import(options)?;
    imported.state.format = options.formats.own();
    legacy::keep_originals(disk, directory)?;
    report.imported = imported.totals;
    report.warnings.extend(imported.warnings);
    begin(options, shares, &imported.state)
}

/// Founds a store that begins with `state`, in the empty directory of the options.
pub(super) fn found(options: &JsonOptions, state: &State) -> Result<(), OpenError> {
    let (shares, _opening) = Shares::take(&options.disk, &options.directory)?;
    files::keep_directory(options.disk.as_ref(), &options.directory)?;
    begin(options, &Arc::new(shares), state)
}

fn begin(options: &JsonOptions, shares: &Arc<Shares>, state: &State) -> Result<(), OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    files::create_directory(disk, &directory.join("journal"))?;
    segments::prepare(disk, directory, state.seq + 1).at(directory)?;
    checkpointer(options, shares, None)?.run(state).at(directory)
}

/// The writer of checkpoints; the audit files must have at least what the checkpoint before says.
fn checkpointer(
    options: &JsonOptions,
    shares: &Arc<Shares>,
    store: Option<StoreFile>,
) -> Result<Checkpointer, OpenError> {
    let directory = &options.directory;
    let durable = store.as_ref().map_or(0, |store| store.audit_seq);
    let reader = AuditReader::new(options.disk.clone(), directory.join("audit"));
    let last = audit::event(&reader, durable)
        .map_err(|error| OpenError::of_storage(&directory.join("audit"), &error))?;
    let expected = store.as_ref().map(|store| store.audit_hash.as_str()).filter(|_| durable > 0);
    if last.as_ref().map(|last| last.hash.as_str()) != expected {
        let what = format!("audit event {durable} is missing, or not the one in store.json");
        return Err(OpenError::corrupt(&directory.join("audit"), 0, 0, what));
    }
    let store_id = store.as_ref().map_or_else(|| new_store_id(options), |store| store.store_id.clone());
    Ok(Checkpointer::new(options, shares.clone(), None, store_id, store))
}

/// Where a store lies.
#[derive(Clone, Debug)]
pub struct Place {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// The data directory.
    pub directory: PathBuf,
    /// When it was opened: sessions that ended long before are not loaded.
    pub opened_at: Timestamp,
    /// The formats that this version reads and writes.
    pub formats: Formats,
    /// Readable files that were changed by hand, see [`JsonOptions::edited`].
    pub edited: BTreeMap<String, String>,
}

/// The newest state, and the segment to go on in, with its lock held.
pub struct Newest {
    /// Everything that is committed.
    pub state: State,
    /// The active segment, locked.
    pub segment: Segment,
    /// The checkpoint that it was loaded from.
    pub store: StoreFile,
    /// What the journal had beyond the checkpoint.
    pub found: CaughtUp,
    /// Whether the readable copies are not those of the checkpoint.
    pub stale_copies: bool,
}

impl Newest {
    /// Raises the format; whether there was room to.
    fn activate(&mut self, format: StoreFormat) -> Result<bool, OpenError> {
        let (mut state, mut line) = (self.state.clone(), Vec::new());
        let batch = state.seq + 1;
        let io = |error| OpenError::Io { path: PathBuf::from("journal"), error };
        state.activate(format, batch, &mut line).map_err(|error| io(error.into()))?;
        match self.segment.append(&line, state.seq) {
            Ok(()) => self.state = state,
            Err(AppendError::NoSpace(error)) => {
                tracing::warn!(%error, "no room to raise the format; later");
                return Ok(false);
            }
            Err(AppendError::Fatal(error)) => return Err(io(error)),
        }
        Ok(true)
    }
}

impl Place {
    /// How often another process may write a checkpoint while the one before is being loaded.
    const ATTEMPTS: usize = 10;

    /// Loads the newest checkpoint and everything after it.
    pub fn newest(&self) -> Result<Newest, OpenError> {
        let mut attempt = 1;
        loop {
            let store = self.store()?;
            let generation = store.generation;
            match self.load(store) {
                Ok(newest) => return Ok(newest),
                // A newer checkpoint may have taken away what this one needed.
                Err(_) if attempt < Self::ATTEMPTS && self.store()?.generation != generation => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn store(&self) -> Result<StoreFile, OpenError> {
        let store = StoreFile::read(self.disk.as_ref(), &self.directory)?;
        let missing =
            || OpenError::corrupt(&self.directory.join("store.json"), 0, 0, "it is missing".to_owned());
        let store = store.ok_or_else(missing)?;
        self.formats.check(&self.directory, store.format, Access::Write)?;
        Ok(store)
    }

    fn load(&self, store: StoreFile) -> Result<Newest, OpenError> {
        let load::Loaded { mut state, stale_copies } = load::load(self, &store)?;
        let journal = self.directory.join("journal");
        let missing = || {
            let what = format!("transactions from {} on are missing", state.seq + 1);
            OpenError::corrupt(&journal, 0, 0, what)
        };
        let first = segments::segment_of(self.disk.as_ref(), &self.directory, state.seq).at(&journal)?;
        let first = first.ok_or_else(missing)?;
        let mut segment =
            Segment::open(self.disk.clone(), self.directory.clone(), first, self.formats).at(&journal)?;
        segment.lock().at(&journal)?;
        let found = segment.recover(&mut state, first).map_err(|error| match error {
            CatchUpError::LeftBehind => OpenError::corrupt(&journal, 0, 0, "a segment is missing".to_owned()),
            CatchUpError::Broken(error) => error,
        })?;
        Ok(Newest { state, segment, store, found, stale_copies })
    }
}

/// Without `store.json` there must be nothing else that this store writes: importing would pass over it.
fn refuse_remains(disk: &dyn Disk, directory: &Path) -> Result<(), OpenError> {
    // The first segment is made before `store.json`, and empty.
    let journals = segments::segments(disk, directory).at(directory)?;
    if journals.iter().any(|first| *first > 1) || disk.exists(&directory.join("patients.json")) {
        let what = "the file is missing, yet the directory has a journal or patients".to_owned();
        return Err(OpenError::corrupt(&directory.join("store.json"), 0, 0, what));
    }
    Ok(())
}

/// Tells stores apart; no secret, so it needs no randomness.
pub(super) fn new_store_id(options: &JsonOptions) -> String {
    let seed = format!("{} {} {}", options.opened_at, std::process::id(), options.directory.display());
    files::hex(&Sha256::digest(seed)[..16])
}
