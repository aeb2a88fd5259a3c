//! Opening a data directory: load or import, replay, checkpoint, start the committer.

use super::audit::{AuditReader, AuditWriter};
use super::checkpoint::{Checkpointer, StoreFile};
use super::committer::{Committer, Shared};
use super::files::{self, IoContext as _};
use super::journal::{self, Segment};
use super::lock::DirectoryLock;
use super::rows::RowContext;
use super::state::State;
use super::{JsonStore, OpenError, QUEUE, legacy, load};
use crate::Totals;
use arc_swap::{ArcSwap, ArcSwapOption};
use domain::{ClinicZone, Currency};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How to open a data directory.
#[derive(Clone, Debug)]
pub struct JsonOptions {
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
}

impl JsonOptions {
    /// The usual sizes.
    pub fn new(
        directory: impl Into<PathBuf>,
        zone: ClinicZone,
        currency: Currency,
        opened_at: Timestamp,
    ) -> Self {
        Self {
            directory: directory.into(),
            zone,
            currency,
            appointment_minutes: 30,
            opened_at,
            audit_in_memory: 20_000,
            checkpoint_bytes: 8 << 20,
        }
    }
}

/// What happened when a store was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
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

impl JsonStore {
    /// Opens a data directory: an empty or missing one, one of the old system, or one of this one.
    pub fn open(options: JsonOptions) -> Result<Self, OpenError> {
        let begun = Instant::now();
        files::create_directory(&options.directory)?;
        let lock = DirectoryLock::take(&options.directory)?;
        let (recovered, mut report) = Recovered::from_directory(&options)?;
        let audit_files = Arc::new(AuditReader::new(options.directory.join("audit")));
        let (sender, commands) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            published: ArcSwap::from_pointee(recovered.state),
            trouble: ArcSwapOption::empty(),
            dead: AtomicBool::new(false),
        });
        let committer = Committer {
            shared: shared.clone(),
            commands,
            journal: options.directory.join("journal"),
            segment: recovered.segment,
            audit_files: audit_files.clone(),
            audit_in_memory: options.audit_in_memory,
            checkpoint_bytes: options.checkpoint_bytes,
            audit_flushed: Arc::new(AtomicU64::new(recovered.checkpointer.audit_flushed())),
            checkpointer: Arc::new(Mutex::new(recovered.checkpointer)),
            running: None,
        };
        let thread = std::thread::Builder::new().name("committer".to_owned()).spawn(move || committer.run());
        let committer = Some(thread.at(&options.directory)?);
        report.duration = begun.elapsed();
        Ok(Self {
            shared,
            audit_files,
            commands: Some(sender),
            committer,
            lock: Mutex::new(Some(lock)),
            report,
        })
    }
}

/// What a directory holds, ready to go on with.
struct Recovered {
    state: State,
    segment: Segment,
    checkpointer: Checkpointer,
}

impl Recovered {
    fn from_directory(options: &JsonOptions) -> Result<(Self, OpenReport), OpenError> {
        let directory = &options.directory;
        let journal = directory.join("journal");
        let mut report = OpenReport::default();
        let store = StoreFile::read(directory)?;
        let (mut state, stale_copies) = if let Some(store) = &store {
            let loaded = load::load(directory, store, options.opened_at)?;
            (loaded.state, loaded.stale_copies)
        } else {
            refuse_remains(directory)?;
            let imported = legacy::import(options)?;
            legacy::keep_originals(directory)?;
            (report.imported, report.warnings) = (imported.totals, imported.warnings);
            (imported.state, true)
        };
        files::create_directory(&journal)?;
        let replay = journal::replay(directory, &mut state)?;
        (report.replayed, report.quarantined) = (replay.transactions, replay.quarantined);
        let audit = AuditWriter::open(directory.join("audit"))?;
        let expected = store.as_ref().map_or(0, |store| store.audit_seq);
        if audit.last() < expected {
            let what = format!("audit events {} to {expected} are missing", audit.last() + 1);
            return Err(OpenError::corrupt(&directory.join("audit"), 0, 0, what));
        }
        if audit.last() > state.audit_head.seq {
            let what = format!("it ends at event {}, the store at {}", audit.last(), state.audit_head.seq);
            return Err(OpenError::corrupt(&directory.join("audit"), 0, 0, what));
        }
        let (store_id, is_new) = match &store {
            Some(store) => (store.store_id.clone(), false),
            None => (new_store_id(options), true),
        };
        let context = RowContext { zone: options.zone.clone() };
        let mut checkpointer = Checkpointer::new(directory.clone(), context, audit, store_id, store);
        if is_new {
            checkpointer.run(&state).at(directory)?;
        }
        let segment = Segment::start(&journal, state.seq + 1).at(&journal)?;
        if !is_new && (stale_copies || replay.has_entries) {
            // On a full disk the store still opens: the journal has everything that the files lack.
            if let Err(error) = checkpointer.run(&state) {
                tracing::warn!(%error, "the files could not be written; the journal is kept");
                report.warnings.push(format!("the files could not be written: {error}"));
            }
        }
        Ok((Self { state, segment, checkpointer }, report))
    }
}

/// Without `store.json` there must be nothing else that this store writes: importing would pass over it.
fn refuse_remains(directory: &Path) -> Result<(), OpenError> {
    let has_journal = !files::numbered(&directory.join("journal"), ".jsonl").at(directory)?.is_empty();
    if has_journal || directory.join("patients.json").exists() {
        let what = "the file is missing, yet the directory has a journal or patients".to_owned();
        return Err(OpenError::corrupt(&directory.join("store.json"), 0, 0, what));
    }
    Ok(())
}

/// Tells stores apart; no secret, so it needs no randomness.
fn new_store_id(options: &JsonOptions) -> String {
    let seed = format!("{} {} {}", options.opened_at, std::process::id(), options.directory.display());
    files::hex(&Sha256::digest(seed)[..16])
}
