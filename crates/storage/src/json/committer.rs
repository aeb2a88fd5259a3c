//! The one thread that writes: it runs units of work in order, several to one write and one sync.

use super::OpenError;
use super::audit::AuditReader;
use super::checkpoint::{Checkpointer, StoreFile};
use super::formats::StoreFormat;
use super::journal;
use super::open::Place;
use super::segment::{Active, AppendError, CatchUpError, Segment};
use super::state::State;
use super::tx::JsonTx;
use super::volume::CommitTimes;
use crate::{StorageError, Tx, Work};
use arc_swap::{ArcSwap, ArcSwapOption};
use std::panic::{AssertUnwindSafe, catch_unwind};
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
    /// Read what other processes wrote.
    Refresh(Answer),
    /// Raise the format of the directory, unless others did.
    Activate(StoreFormat, Answer),
    /// Make everything durable, publish the files and stop.
    Close(Answer),
}

/// What readers see of the committer.
pub struct Shared {
    /// The newest state that is on disk.
    pub published: ArcSwap<State>,
    /// The segment that is being written.
    pub active: ArcSwap<Active>,
    /// Whether the length of the segment tells at once what others wrote.
    pub is_coherent: bool,
    /// Why nothing can be written now.
    pub trouble: ArcSwapOption<String>,
    /// Whether the committer gave up for good.
    pub dead: AtomicBool,
}

impl Shared {
    /// Gives up for good: nothing more is accepted.
    pub fn give_up(&self, trouble: String) {
        tracing::error!(trouble, "nothing more is accepted");
        self.trouble.store(Some(Arc::new(trouble)));
        self.dead.store(true, Ordering::Release);
    }
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
    /// Where the store lies.
    pub place: Place,
    /// The segment that is being written.
    pub segment: Segment,
    /// Old audit events.
    pub audit_files: Arc<AuditReader>,
    /// Audit events kept in memory.
    pub audit_in_memory: usize,
    /// Size of a segment at which a checkpoint begins, at least.
    pub checkpoint_bytes: u64,
    /// The same as the size of the files has it, see [`Checkpointer::worth`].
    pub worth: Arc<AtomicU64>,
    /// Writes the files.
    pub checkpointer: Arc<Mutex<Checkpointer>>,
    /// The last audit event that is in the audit files.
    pub audit_flushed: Arc<AtomicU64>,
    /// The checkpoint that is under way.
    pub running: Option<JoinHandle<()>>,
    /// How long the first commits took.
    pub times: CommitTimes,
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
            if let Some(answer) = self.obey(command) {
                self.commands.close();
                // What came before the closing is refused, never left without an answer.
                let _ = answer.send(self.finish());
                return;
            }
        }
        self.join_checkpoint();
    }

    /// Does what is commanded, and what waits behind it, in one turn; returns the command to close if one came.
    fn obey(&mut self, command: Command) -> Option<Answer> {
        let entered = self.enter();
        let mut batch = Batch::default();
        let mut state = self.shared.published.load_full();
        let first = state.seq + 1;
        let mut next = Some(command);
        let mut close = None;
        while let Some(command) = next.take() {
            match command {
                Command::Close(answer) => {
                    close = Some(answer);
                    break;
                }
                Command::Refresh(answer) => batch.answers.push((answer, entered.clone())),
                Command::Activate(format, answer) => {
                    let done = entered.clone();
                    let done =
                        done.and_then(|()| Self::activate(format, first, &mut state, &mut batch.lines));
                    batch.answers.push((answer, done));
                }
                Command::Work(mut work, answer) => {
                    let done = entered.clone();
                    let done =
                        done.and_then(|()| self.run_unit(&mut work, first, &mut state, &mut batch.lines));
                    batch.answers.push((answer, done));
                }
            }
            if batch.answers.len() < BATCH_UNITS && batch.lines.len() < BATCH_BYTES {
                next = self.commands.try_recv().ok();
            }
        }
        self.commit(batch, state, entered.is_ok());
        close
    }

    fn dead() -> StorageError {
        StorageError::Unavailable("the store failed and must be opened anew".to_owned())
    }

    /// Gives up for good: nobody knows what is on disk.
    fn die(&self, trouble: String) -> StorageError {
        self.shared.give_up(trouble.clone());
        // Other processes go on, or find the same trouble.
        let _ = self.segment.unlock();
        StorageError::Unavailable(trouble)
    }

    /// Waits for the turn to write and reads what others wrote until then.
    fn enter(&mut self) -> Result<(), StorageError> {
        if self.shared.dead.load(Ordering::Acquire) {
            return Err(Self::dead());
        }
        self.segment.lock().map_err(|error| self.die(format!("the journal could not be locked: {error}")))?;
        let is_behind = self.segment.active().is_behind();
        if is_behind.map_err(|error| self.die(format!("the journal could not be read: {error}")))?
            || !self.shared.is_coherent
        {
            self.catch_up()?;
        }
        Ok(())
    }

    fn catch_up(&mut self) -> Result<(), StorageError> {
        let before = self.segment.active().clone();
        let mut state = State::clone(&self.shared.published.load());
        let outcome = match self.segment.catch_up(&mut state) {
            Ok(_) => Ok(()),
            Err(CatchUpError::LeftBehind) => {
                tracing::info!("others wrote a newer checkpoint; it is loaded");
                let newest = self.place.newest().map_err(|error| self.stop(&error))?;
                (state, self.segment) = (newest.state, newest.segment);
                Ok(())
            }
            // What was read before there was no room to mend the rest is whole.
            Err(CatchUpError::Broken(error)) if error.is_full() => Err(self.stop(&error)),
            Err(CatchUpError::Broken(error)) => return Err(self.stop(&error)),
        };
        if !Arc::ptr_eq(&before, self.segment.active()) {
            self.note_flushed();
        }
        state.trim_audit(self.audit_in_memory, self.audit_flushed.load(Ordering::Acquire));
        self.shared.published.store(Arc::new(state));
        // In this order: a reader that finds itself up to date finds the state that says so.
        self.segment.expose();
        self.shared.active.store(self.segment.active().clone());
        outcome
    }

    /// What others wrote cannot be read: for good, or until there is room to mend it.
    fn stop(&self, error: &OpenError) -> StorageError {
        if error.is_full() { self.full(error) } else { self.die(error.to_string()) }
    }

    /// There is no room; nothing is lost.
    fn full(&self, error: &dyn std::fmt::Display) -> StorageError {
        tracing::error!(%error, "no space left for the journal");
        self.shared.trouble.store(Some(Arc::new(format!("no space left for the journal: {error}"))));
        StorageError::Full
    }

    /// Others wrote a checkpoint: the audit events in it need not be kept in memory.
    fn note_flushed(&self) {
        match StoreFile::read(self.place.disk.as_ref(), &self.place.directory) {
            Ok(Some(store)) => _ = self.audit_flushed.fetch_max(store.audit_seq, Ordering::AcqRel),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the newest checkpoint could not be read"),
        }
    }

    fn run_unit(
        &self,
        work: &mut Work,
        batch: u64,
        state: &mut Arc<State>,
        lines: &mut Vec<u8>,
    ) -> Result<(), StorageError> {
        let mut tx = JsonTx::new(state.clone(), self.audit_files.clone(), true);
        run_once(work, &mut tx)?;
        if let Some((mut after, entry)) = tx.finish(batch) {
            let link = journal::encode(&entry, lines);
            after.link = link.map_err(|error| StorageError::Unavailable(error.to_string()))?;
            after.trim_audit(self.audit_in_memory, self.audit_flushed.load(Ordering::Acquire));
            *state = Arc::new(after);
        }
        Ok(())
    }

    fn activate(
        format: StoreFormat,
        batch: u64,
        state: &mut Arc<State>,
        lines: &mut Vec<u8>,
    ) -> Result<(), StorageError> {
        if state.format.format < format.format {
            let mut after = State::clone(state);
            after
                .activate(format, batch, lines)
                .map_err(|error| StorageError::Unavailable(error.to_string()))?;
            *state = Arc::new(after);
        }
        Ok(())
    }

    /// Writes, publishes, lets others write, and only then answers.
    fn commit(&mut self, batch: Batch, state: Arc<State>, is_current: bool) {
        let outcome = if batch.lines.is_empty() { Ok(()) } else { self.write(&batch.lines, state) };
        // A seal must not be written over what was not read.
        let due_at = self.checkpoint_bytes.max(self.worth.load(Ordering::Acquire));
        let due = is_current && self.roll_if_due(due_at);
        self.leave();
        for (answer, result) in batch.answers {
            // Whoever no longer listens has gone away; the unit is committed all the same.
            let _ = answer.send(result.and_then(|()| outcome.clone()));
        }
        if due {
            self.checkpoint();
        }
    }

    /// Lets others write.
    fn leave(&self) {
        if !self.shared.dead.load(Ordering::Acquire)
            && let Err(error) = self.segment.unlock()
        {
            self.die(format!("the journal could not be unlocked: {error}"));
        }
    }

    fn write(&mut self, lines: &[u8], state: Arc<State>) -> Result<(), StorageError> {
        match self.times.time(|| self.segment.append(lines, state.seq)) {
            Ok(()) => {
                self.shared.published.store(state);
                if self.shared.trouble.swap(None).is_some() {
                    tracing::info!("the journal can be written again");
                }
                Ok(())
            }
            Err(AppendError::NoSpace(error)) => Err(self.full(&error)),
            Err(AppendError::Fatal(error)) => {
                Err(self.die(format!("the journal could not be written: {error}")))
            }
        }
    }

    /// Begins a new segment when this one is long enough, so that a checkpoint covers the older ones whole;
    /// whether it did.
    fn roll_if_due(&mut self, bytes: u64) -> bool {
        let idle = self.running.as_ref().is_none_or(JoinHandle::is_finished);
        if self.segment.length() < bytes || !idle || self.shared.dead.load(Ordering::Acquire) {
            return false;
        }
        match self.segment.roll(self.shared.published.load().seq) {
            Ok(()) => {
                self.shared.active.store(self.segment.active().clone());
                true
            }
            Err(AppendError::NoSpace(error)) => {
                tracing::warn!(%error, "no new journal segment; the checkpoint is put off");
                false
            }
            Err(AppendError::Fatal(error)) => {
                self.die(format!("the journal could not be sealed: {error}"));
                false
            }
        }
    }

    /// Writes a checkpoint beside the commits.
    fn checkpoint(&mut self) {
        self.join_checkpoint();
        let state = self.shared.published.load_full();
        let (checkpointer, flushed, worth) =
            (self.checkpointer.clone(), self.audit_flushed.clone(), self.worth.clone());
        let thread = std::thread::Builder::new().name("checkpoint".to_owned()).spawn(move || {
            let mut checkpointer = checkpointer.lock().unwrap_or_else(PoisonError::into_inner);
            match checkpointer.run(&state) {
                Ok(()) => {
                    worth.store(checkpointer.worth(), Ordering::Release);
                    flushed.fetch_max(checkpointer.audit_flushed(), Ordering::AcqRel);
                }
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
        // A stopped store leaves nothing to replay.
        let entered = self.enter();
        if entered.is_ok() {
            self.roll_if_due(1);
        }
        self.leave();
        entered?;
        let state = self.shared.published.load_full();
        let mut checkpointer = self.checkpointer.lock().unwrap_or_else(PoisonError::into_inner);
        if checkpointer.is_done(state.seq) {
            return Ok(());
        }
        checkpointer
            .run(&state)
            .map_err(|error| StorageError::Unavailable(format!("the last checkpoint failed: {error}")))
    }
}
