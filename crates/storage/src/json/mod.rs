//! The JSON-file backend: all state in memory, one journal, one committer thread, readable files at checkpoints.

mod access;
mod anchors;
mod appointments;
mod archive;
mod audit;
mod audit_index;
mod backup;
mod checkpoint;
mod committer;
mod counters;
mod disk;
mod edits;
mod error;
mod files;
mod formats;
#[cfg(any(test, fuzzing))]
pub mod fuzzed;
mod history;
mod import;
mod index;
mod invoices;
mod journal;
mod legacy;
mod legacy_rows;
mod load;
mod lock;
mod moves;
mod op;
mod open;
mod patients;
mod peers;
mod plan;
mod progress;
mod records;
mod repair;
mod requests;
mod rows;
mod segment;
mod segments;
mod state;
mod tx;
mod users;
mod volume;
mod watch;

use crate::{Storage, StorageError, StorageStatus, Work};
use async_trait::async_trait;
use audit::AuditReader;
use committer::{Command, Shared, run_once};
use domain::{AuditAnchor, ChainHead};
use lock::Shares;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};
use tx::JsonTx;
use watch::Watch;

pub use anchors::follow_audit;
pub use audit::{follow, verify_chain};
pub use backup::{Verified, backup, export, restore, verify};
pub use disk::{Disk, DiskFile, LockKind, Open, OsDisk};
pub use edits::{Edits, edits};
pub use error::OpenError;
pub use formats::Formats;
pub use history::Until;
pub use import::import;
pub use moves::{contents, fill};
pub use open::{JsonOptions, OpenReport};
pub use peers::{FoundPeer, Host, Peer, peers};
pub use progress::Progress;
pub use repair::{Lost, Plan, plan, repair};
pub use volume::{Capabilities, Tested, Volume, VolumeKind, capabilities};

/// Units of work that may wait for the committer; more are refused as [`StorageError::Busy`].
const QUEUE: usize = 1024;

/// A store in a directory of JSON files. Dropping it without [`Storage::close`] loses nothing:
/// the journal is replayed at the next start.
pub struct JsonStore {
    shared: Arc<Shared>,
    audit_files: Arc<AuditReader>,
    /// Where anchors of the audit chain are kept.
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    commands: Option<mpsc::Sender<Command>>,
    committer: Option<JoinHandle<()>>,
    watch: Option<Watch>,
    /// Held for as long as the store is open.
    _shares: Arc<Shares>,
    report: OpenReport,
}

impl JsonStore {
    /// What happened when it was opened.
    pub fn report(&self) -> &OpenReport {
        &self.report
    }

    /// The format that the directory is in, as far as this process has read.
    pub fn format(&self) -> u32 {
        self.shared.published.load().format.format
    }

    /// Does now what the store does at every heartbeat: shows the other processes that it is alive, looks at them, and
    /// raises the format of the directory if all of them can follow.
    pub async fn attend_peers(&self) {
        if let Some(watch) = &self.watch {
            watch.attend().await;
        }
    }
}

impl std::fmt::Debug for JsonStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsonStore").field("report", &self.report).finish_non_exhaustive()
    }
}

impl JsonStore {
    async fn command(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), StorageError>>) -> Command,
    ) -> Result<(), StorageError> {
        let (reply, answer) = oneshot::channel();
        let commands = self.commands.as_ref().ok_or_else(stopped)?;
        commands.try_send(command(reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StorageError::Busy,
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Makes sure that a read that begins now sees everything that any process was told is committed: nothing to do
    /// unless others wrote to the journal.
    async fn refresh(&self) -> Result<(), StorageError> {
        let is_current =
            self.shared.is_coherent && matches!(self.shared.active.load().is_behind(), Ok(false));
        if is_current { Ok(()) } else { self.command(Command::Refresh).await }
    }
}

fn stopped() -> StorageError {
    StorageError::Unavailable("the store is closed".to_owned())
}

#[async_trait]
impl Storage for JsonStore {
    async fn read(&self, mut work: Work) -> Result<(), StorageError> {
        self.refresh().await?;
        let state = self.shared.published.load_full();
        let mut tx = JsonTx::new(state, self.audit_files.clone(), false);
        run_once(&mut work, &mut tx)
    }

    async fn write(&self, work: Work) -> Result<(), StorageError> {
        self.command(|answer| Command::Work(work, answer)).await
    }

    async fn audit_head(&self) -> Result<Option<ChainHead>, StorageError> {
        self.refresh().await?;
        let head = self.shared.published.load().audit_head.clone();
        Ok((head.seq > 0).then(|| ChainHead { seq: head.seq, hash: head.hash.to_string() }))
    }

    async fn keep_anchor(&self, anchor: AuditAnchor) -> Result<(), StorageError> {
        // Once in minutes, and some lines: not worth a thread of its own.
        let kept = anchors::keep(self.disk.as_ref(), &self.directory, &[anchor]);
        kept.map_err(|error| anchors::failed(&error))
    }

    async fn newest_anchor(&self) -> Result<Option<AuditAnchor>, StorageError> {
        anchors::newest(self.disk.as_ref(), &self.directory).map_err(|error| anchors::failed(&error))
    }

    fn status(&self) -> StorageStatus {
        StorageStatus {
            kind: "file-based",
            trouble: self.shared.trouble.load().as_deref().cloned(),
            dead: self.shared.dead.load(Ordering::Acquire),
            totals: self.shared.published.load().totals(),
        }
    }

    async fn close(&self) -> Result<(), StorageError> {
        let (reply, answer) = oneshot::channel();
        let Some(commands) = &self.commands else { return Ok(()) };
        if commands.send(Command::Close(reply)).await.is_err() {
            return Ok(());
        }
        let closed = answer.await.unwrap_or_else(|_| Err(stopped()));
        if let Some(watch) = &self.watch {
            watch.leave().await;
        }
        closed
    }
}

impl Drop for JsonStore {
    fn drop(&mut self) {
        // Without a sender the committer finishes what it has and ends; only then may another open the directory.
        self.commands = None;
        if let Some(thread) = self.committer.take()
            && thread.join().is_err()
        {
            tracing::error!("the committer ended by a panic");
        }
        // Nothing is written any more: only now need nobody wait for this process.
        self.watch = None;
    }
}
