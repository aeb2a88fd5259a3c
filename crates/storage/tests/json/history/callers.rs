//! Callers that roll dice, ask a store, and write down what they are told.

use super::{Answer, Asked, Call};
use crate::dice::Dice;
use domain::{Action, Appointment, AppointmentStatus};
use nix::time::{ClockId, clock_gettime};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use storage::conformance::samples::{appointment, at, doctor, draft, event, issued, user};
use storage::conformance::{Store, read, write};
use storage::{
    AppointmentFilter, AuditFilter, Constraint, Counter, Order, PageRequest, StorageError, Tx, Versioned,
};

/// Minutes from one time to the next.
const SLOT_MINUTES: i64 = 30;

/// What callers do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Times that all of them try for.
    pub slots: u64,
    /// Whether they only issue bills.
    pub is_only_bills: bool,
    /// Whether each books with a doctor of its own: a store without its overlap check would look like this.
    pub is_without_overlaps: bool,
}

/// Where callers write down what they do.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// Numbers the calls of one process.
pub struct Tags(AtomicU64);

impl Tags {
    /// Those of the process of this number.
    pub fn of(process: u64) -> Self {
        Self(AtomicU64::new(process * 1_000_000 + 1))
    }

    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Nanoseconds of the clock that all processes of a machine share and nobody sets.
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
    u64::try_from(now.tv_sec()).unwrap() * 1_000_000_000 + u64::try_from(now.tv_nsec()).unwrap()
}

/// The number of the newest transaction: each has one audit event.
async fn position(tx: &mut dyn Tx) -> Result<u64, StorageError> {
    let newest =
        tx.audit().list(&AuditFilter::default(), &PageRequest::first(1, Order::Descending)).await?.items;
    Ok(newest.first().map_or(0, |event| event.seq))
}

/// The appointment that holds a time.
async fn holder(tx: &mut dyn Tx, slot: u64) -> Result<Option<Versioned<Appointment>>, StorageError> {
    let start = at(i64::try_from(slot).unwrap() * SLOT_MINUTES);
    let filter = AppointmentFilter {
        from: Some(start),
        until: start.checked_add(jiff::SignedDuration::from_mins(SLOT_MINUTES)).ok(),
        ..AppointmentFilter::default()
    };
    let found = tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    Ok(found.into_iter().find(|row| row.value.blocks_time()))
}

/// The call that booked an appointment; 0 for none.
pub fn booker(row: Option<&Appointment>) -> u64 {
    row.and_then(|row| row.patient.id).map_or(0, |patient| u64::try_from(patient.0).unwrap())
}

async fn sign(tx: &mut dyn Tx, tag: u64, action: Action) -> Result<(), StorageError> {
    let draft = event(0, action);
    tx.audit().append(domain::audit::AuditDraft { reason: tag.to_string(), ..draft }).await
}

async fn book(tx: &mut dyn Tx, tag: u64, slot: u64, with: u64) -> Result<u64, StorageError> {
    let id = tx.counters().next(Counter::Appointment).await?;
    let minutes = i64::try_from(slot).unwrap() * SLOT_MINUTES;
    match tx.appointments().insert(appointment(id, u128::from(tag), doctor(with), minutes)).await {
        Ok(_) => {
            sign(tx, tag, Action::BookAppointment).await?;
            Ok(0)
        }
        Err(StorageError::Conflict(Constraint::DoctorOverlap)) => {
            tx.undo().await?;
            Ok(booker(holder(tx, slot).await?.as_deref()))
        }
        Err(error) => Err(error),
    }
}

async fn cancel(tx: &mut dyn Tx, tag: u64, slot: u64) -> Result<u64, StorageError> {
    let Some(row) = holder(tx, slot).await? else { return Ok(0) };
    let had = booker(Some(&row));
    let freed = Appointment { status: AppointmentStatus::CancelledByPatient, ..row.value };
    tx.appointments().update(row.version, freed).await?;
    sign(tx, tag, Action::CancelAppointment).await?;
    Ok(had)
}

async fn sign_up(tx: &mut dyn Tx, tag: u64) -> Result<u64, StorageError> {
    let id = tx.counters().next(Counter::User).await?;
    tx.users().insert(user(id)).await?;
    sign(tx, tag, Action::SignUp).await?;
    Ok(id)
}

async fn bill(tx: &mut dyn Tx, tag: u64) -> Result<u64, StorageError> {
    let id = tx.counters().next(Counter::Billing).await?;
    let number = tx.counters().next(Counter::Invoice(2026)).await?;
    tx.invoices().insert(issued(draft(id, u128::from(tag)), number)).await?;
    sign(tx, tag, Action::IssueInvoice).await?;
    Ok(number)
}

/// Makes one call; returns the position that it saw, its own transaction included, and the value.
async fn make(store: &Store, tag: u64, asked: Asked, with: u64) -> Result<(u64, u64), StorageError> {
    if let Asked::Look(slot) = asked {
        let look = read(store, move |tx| {
            Box::pin(async move { Ok((position(tx).await?, booker(holder(tx, slot).await?.as_deref()))) })
        });
        return look.await;
    }
    let unit = write(store, move |tx| {
        Box::pin(async move {
            let value = match asked {
                Asked::Book(slot) => book(tx, tag, slot, with).await?,
                Asked::Cancel(slot) => cancel(tx, tag, slot).await?,
                Asked::SignUp => sign_up(tx, tag).await?,
                Asked::Bill => bill(tx, tag).await?,
                Asked::Look(_) => unreachable!("a look writes nothing"),
            };
            Ok((position(tx).await?, value))
        })
    });
    unit.await
}

fn rolled(dice: &mut Dice, plan: Plan) -> Asked {
    if plan.is_only_bills {
        return Asked::Bill;
    }
    let slot = dice.roll(plan.slots);
    match dice.roll(20) {
        0..8 => Asked::Book(slot),
        8..12 => Asked::Cancel(slot),
        12..17 => Asked::Look(slot),
        17..19 => Asked::SignUp,
        _ => Asked::Bill,
    }
}

/// Makes one call and writes it down; a booking is with this doctor, or with one of its own for 0.
pub async fn call_with(
    store: &Store,
    log: &Log,
    tags: &Tags,
    asked: Asked,
    with: u64,
) -> Result<(), StorageError> {
    let tag = tags.next();
    log(&Call { tag, began: now(), asked, answer: None }.opening());
    let with = if with == 0 { tag } else { with };
    let (at, value) = make(store, tag, asked, with).await?;
    log(&Call::closing(tag, Answer { ended: now(), at, value }));
    Ok(())
}

/// Makes one call after the other and writes them down, `most` of them or until one fails.
pub async fn call_on(
    store: Store,
    log: Log,
    tags: Arc<Tags>,
    plan: Plan,
    seed: u64,
    most: u64,
) -> Result<(), StorageError> {
    let mut dice = Dice(seed);
    for _ in 0..most {
        let asked = rolled(&mut dice, plan);
        call_with(&store, &log, &tags, asked, u64::from(!plan.is_without_overlaps)).await?;
        // Units of work of other callers come between.
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// A log for callers of this process, and what is written in it.
pub fn history_in_memory() -> (Log, Arc<Mutex<String>>) {
    let written = Arc::new(Mutex::new(String::new()));
    let kept = written.clone();
    let log = move |line: &str| kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(line);
    (Arc::new(log), written)
}

/// Callers on several stores in this process, `callers` on each; the history, and why one stopped if it did.
pub fn drive(
    stores: &[Store],
    callers: u64,
    most: u64,
    plan: Plan,
    seed: u64,
) -> (Vec<Call>, Result<(), StorageError>) {
    let (log, written) = history_in_memory();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let outcome = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        let tags = Arc::new(Tags::of(0));
        for (number, store) in (0..).zip(stores) {
            for caller in 0..callers {
                let seed = seed ^ (caller << 32) ^ (number << 48);
                tasks.spawn(call_on(store.clone(), log.clone(), tags.clone(), plan, seed, most));
            }
        }
        tasks.join_all().await.into_iter().collect()
    });
    let text = written.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (super::read(&text), outcome)
}
