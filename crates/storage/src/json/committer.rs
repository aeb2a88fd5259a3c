//! The one thread that writes: it runs units of work in order, several to one write and one sync.

use super::audit::AuditReader;
use super::checkpoint::Checkpointer;
use super::journal::{self, AppendError, Segment};
use super::state::State;
use super::tx::JsonTx;
use crate::{StorageError, Tx, Work};
use arc_swap::{ArcSwap, ArcSwapOption};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Most units of work in one write.
const BATCH_UNITS: usize = 256;
/// Most bytes of one write, give or take the last unit.
const BATCH_BYTES: usize = 1 << 20;

type Answer = oneshot::Sender<Result<(), StorageError>>;

/// What the committer is told.
pub enum Command {
    /// Run a unit of work.
    Work(Work, Answer),
    /// Make everything durable, publish the files and stop.
    Close(Answer),
}

/// What readers see of the committer.
pub struct Shared {
    /// The newest state that is on disk.
    pub published: ArcSwap<State>,
    /// Why nothing can be written now.
    pub trouble: ArcSwapOption<String>,
    /// Whether the committer gave up for good.
    pub dead: AtomicBool,
}

/// Runs a unit of work to its end, which it reaches in one step: nothing in a [`JsonTx`] ever waits.
pub fn run_once(work: &mut Work, tx: &mut dyn Tx) -> Result<(), StorageError> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut unit = work(tx);
        match unit.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => {
                Err(StorageError::Unavailable("a unit of work waited for something else".to_owned()))
            }
        }
    }));
    outcome.unwrap_or_else(|_| Err(StorageError::Unavailable("a unit of work failed by a panic".to_owned())))
}

/// The committer's own things.
pub struct Committer {
    /// What readers see.
    pub shared: Arc<Shared>,
    /// Where commands come from.
    pub commands: mpsc::Receiver<Command>,
    /// The data directory's journal.
    pub journal: PathBuf,
    /// The segment that is being written.
    pub segment: Segment,
    /// Old audit events.
    pub audit_files: Arc<AuditReader>,
    /// Audit events kept in memory.
    pub audit_in_memory: usize,
    /// Size of a segment at which a checkpoint begins.
    pub checkpoint_bytes: u64,
    /// Writes the files.
    pub checkpointer: Arc<Mutex<Checkpointer>>,
    /// The last audit event that is in the audit files.
    pub audit_flushed: Arc<AtomicU64>,
    /// The checkpoint that is under way.
    pub running: Option<JoinHandle<()>>,
}

/// Units of work that share one write.
#[derive(Default)]
struct Batch {
    answers: Vec<(Answer, Result<(), StorageError>)>,
    lines: Vec<u8>,
}

impl Committer {
    /// Works until it is closed or nobody can command it any more.
    pub fn run(mut self) {
        while let Some(command) = self.commands.blocking_recv() {
            let close = match command {
                Command::Work(work, answer) => self.commit_waiting(work, answer),
                Command::Close(answer) => Some(answer),
            };
            if let Some(answer) = close {
                self.commands.close();
                // What came before the closing is refused, never left without an answer.
                let _ = answer.send(self.finish());
                return;
            }
        }
        self.join_checkpoint();
    }

    /// Commits this unit of work and those that wait behind it; returns the command to close if one came.
    fn commit_waiting(&mut self, mut work: Work, mut answer: Answer) -> Option<Answer> {
        let mut state = self.shared.published.load_full();
        let mut batch = Batch::default();
        let close = loop {
            let result = self.run_unit(&mut work, &mut state, &mut batch.lines);
            batch.answers.push((answer, result));
            if batch.answers.len() >= BATCH_UNITS || batch.lines.len() >= BATCH_BYTES {
                break None;
            }
            match self.commands.try_recv() {
                Ok(Command::Work(next, next_answer)) => (work, answer) = (next, next_answer),
                Ok(Command::Close(answer)) => break Some(answer),
                Err(_) => break None,
            }
        };
        self.commit(batch, state);
        self.checkpoint_if_due();
        close
    }

    fn run_unit(
        &self,
        work: &mut Work,
        state: &mut Arc<State>,
        lines: &mut Vec<u8>,
    ) -> Result<(), StorageError> {
        if self.shared.dead.load(Ordering::Acquire) {
            return Err(StorageError::Unavailable("the store failed and must be opened anew".to_owned()));
        }
        let mut tx = JsonTx::new(state.clone(), self.audit_files.clone(), true);
        run_once(work, &mut tx)?;
        if let Some((mut after, entry)) = tx.finish() {
            journal::encode(&entry, lines).map_err(|error| StorageError::Unavailable(error.to_string()))?;
            after.trim_audit(self.audit_in_memory, self.audit_flushed.load(Ordering::Acquire));
            *state = Arc::new(after);
        }
        Ok(())
    }

    /// Writes, publishes, and only then answers.
    fn commit(&mut self, batch: Batch, state: Arc<State>) {
        let outcome = if batch.lines.is_empty() { Ok(()) } else { self.write(&batch.lines, state) };
        for (answer, result) in batch.answers {
            // Whoever no longer listens has gone away; the unit is committed all the same.
            let _ = answer.send(result.and_then(|()| outcome.clone()));
        }
    }

    fn write(&mut self, lines: &[u8], state: Arc<State>) -> Result<(), StorageError> {
        match self.segment.append(lines) {
            Ok(()) => {
                self.shared.published.store(state);
                if self.shared.trouble.swap(None).is_some() {
                    tracing::info!("the journal can be written again");
                }
                Ok(())
            }
            Err(AppendError::NoSpace(error)) => {
                let trouble = format!("no space left for the journal: {error}");
                tracing::error!(%error, "no space left for the journal");
                self.shared.trouble.store(Some(Arc::new(trouble.clone())));
                Err(StorageError::Unavailable(trouble))
            }
            Err(AppendError::Fatal(error)) => {
                let trouble = format!("the journal could not be written: {error}");
                tracing::error!(%error, "the journal could not be written; nothing more is accepted");
                self.shared.trouble.store(Some(Arc::new(trouble.clone())));
                self.shared.dead.store(true, Ordering::Release);
                Err(StorageError::Unavailable(trouble))
            }
        }
    }

    /// Begins a checkpoint beside the commits when the segment is long enough: a new segment first,
    /// so that the checkpoint covers the older ones whole.
    fn checkpoint_if_due(&mut self) {
        let idle = self.running.as_ref().is_none_or(JoinHandle::is_finished);
        if self.segment.length() < self.checkpoint_bytes || !idle || self.shared.dead.load(Ordering::Acquire)
        {
            return;
        }
        self.join_checkpoint();
        let state = self.shared.published.load_full();
        match Segment::start(&self.journal, state.seq + 1) {
            Ok(segment) => self.segment = segment,
            Err(error) => {
                tracing::warn!(%error, "no new journal segment; the checkpoint is put off");
                return;
            }
        }
        let (checkpointer, flushed) = (self.checkpointer.clone(), self.audit_flushed.clone());
        let thread = std::thread::Builder::new().name("checkpoint".to_owned()).spawn(move || {
            let mut checkpointer = checkpointer.lock().unwrap_or_else(PoisonError::into_inner);
            match checkpointer.run(&state) {
                Ok(()) => flushed.store(checkpointer.audit_flushed(), Ordering::Release),
                Err(error) => tracing::error!(%error, "the checkpoint failed; the journal is kept"),
            }
        });
        self.running =
            thread.inspect_err(|error| tracing::error!(%error, "no thread for the checkpoint")).ok();
    }

    fn join_checkpoint(&mut self) {
        if self.running.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the checkpoint ended by a panic");
        }
    }

    /// The last checkpoint, once nothing more can be committed.
    fn finish(&mut self) -> Result<(), StorageError> {
        self.join_checkpoint();
        if self.shared.dead.load(Ordering::Acquire) {
            return Err(StorageError::Unavailable(
                "the store failed; what was committed is in its journal".to_owned(),
            ));
        }
        let state = self.shared.published.load_full();
        let mut checkpointer = self.checkpointer.lock().unwrap_or_else(PoisonError::into_inner);
        if checkpointer.is_done(state.seq) {
            return Ok(());
        }
        let failed =
            |error: std::io::Error| StorageError::Unavailable(format!("the last checkpoint failed: {error}"));
        if self.segment.length() > 0 {
            self.segment = Segment::start(&self.journal, state.seq + 1).map_err(failed)?;
        }
        checkpointer.run(&state).map_err(failed)
    }
}
