//! Directories that earlier versions wrote, kept under `tests/golden/format-<n>`: every version that reads a format must
//! read them, see in them what was written, and go on in them.
//!
//! When the format is raised, write the new one's directory once and commit it; the older ones stay as they are:
//!
//! ```sh
//! cargo test -p healthcare-storage --test json -- --ignored golden::write_the_directory_of_this_format
//! ```
//!
//! Beside each lies `format-<n>.txt`: its content, a line a row, compared by [`every_golden_directory_opens`].

use crate::{copy_directory, everything, opened, options};
use domain::{
    AccessEntry, Action, Appointment, AppointmentStatus, Invoice, Patient, PlanEntry, PlanFact, Priority,
    Record, RequestId, Schedule, Session, User, UserId,
};
use std::fs;
use std::path::{Path, PathBuf};
use storage::conformance::samples::{
    answered, appointment, at, attempts, doctor, draft, emergency, event, issued, note, paid, patient,
    planned, session, signed, unlinked_summary, user, written,
};
use storage::conformance::{Kept, Store, add, audit, change, list, read, write};
use storage::json::{Formats, verify};
use storage::{AppointmentFilter, AuditFilter, Counter, Order, PageRequest};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

async fn number(store: &Store, counter: Counter) -> u64 {
    write(store, move |tx| Box::pin(async move { tx.counters().next(counter).await })).await.unwrap()
}

async fn note_event(store: &Store, minutes: i64) {
    let unit = write(store, move |tx| {
        Box::pin(async move { tx.audit().append(event(minutes, Action::SignIn)).await })
    });
    unit.await.unwrap();
}

async fn answer(store: &Store, id: u128) {
    let unit = write(store, move |tx| Box::pin(async move { tx.requests().keep(answered(id, 0)).await }));
    unit.await.unwrap();
}

/// Writes one life into the checkpoint and another into the journal.
async fn fill(directory: &Path) {
    let store = opened(directory);
    for id in 1..=3 {
        add(&store, user(id)).await.unwrap();
        number(&store, Counter::User).await;
        note_event(&store, i64::try_from(id).unwrap()).await;
    }
    add(&store, session(1, 1, 0)).await.unwrap();
    add(&store, patient(1, "Ada", "Byron")).await.unwrap();
    add(&store, emergency(1, 2, 1, 0)).await.unwrap();
    add(&store, appointment(1, 1, doctor(2), 0)).await.unwrap();
    add(&store, note(1, 1, 2)).await.unwrap();
    add(&store, draft(1, 1)).await.unwrap();
    let fact = PlanFact::Catalogue(domain::Catalogue::standard());
    add(&store, PlanEntry { id: PlanEntry::CATALOGUE, ..planned(1, fact, 0) }).await.unwrap();
    let hours = Schedule { weekly: Vec::new(), slot_minutes: 20, ..Schedule::office_hours(UserId(2)) };
    add(&store, hours).await.unwrap();
    answer(&store, 1).await;
    store.close().await.unwrap();
    drop(store);
    let store = opened(directory);
    let mut cancelled = appointment(1, 1, doctor(2), 0);
    cancelled.status = AppointmentStatus::CancelledByPatient;
    change(&store, 1, cancelled).await.unwrap();
    add(&store, appointment(2, 1, written("Dr. Smith"), 30)).await.unwrap();
    add(&store, patient(2, "Émile", "O'Neil")).await.unwrap();
    change(&store, 1, signed(note(1, 1, 2))).await.unwrap();
    add(&store, unlinked_summary(2)).await.unwrap();
    change(&store, 1, paid(issued(draft(1, 1), 1), 1, 4_250, 60)).await.unwrap();
    number(&store, Counter::Invoice(2026)).await;
    answer(&store, 2).await;
    add(&store, attempts(2, 1, 5)).await.unwrap();
    let mut held = appointment(3, 1, doctor(3), 600);
    (held.status, held.held_until) = (AppointmentStatus::Proposed, Some(at(15)));
    (held.buffer_minutes, held.priority) = (10, Priority::Urgent);
    add(&store, held).await.unwrap();
    let mut hours = Schedule { slot_minutes: 20, ..Schedule::office_hours(UserId(2)) };
    hours.weekly.truncate(1);
    hours.weekly[0].room = Some("1".to_owned());
    change(&store, 1, hours).await.unwrap();
    note_event(&store, 9).await;
}

fn of<T: Kept>(kind: &str, rows: Vec<storage::Versioned<T>>, text: impl Fn(T) -> String) -> Vec<String> {
    rows.into_iter().map(|row| format!("{kind} v{} {}", row.version, text(row.value))).collect()
}

/// Everything that is stored, a line a row, in words that do not change when types do.
async fn content(store: &Store) -> String {
    let mut lines = of("user", everything::<User>(store).await, |it| {
        let (username, email) = (it.username.as_str(), it.email.as_str());
        format!("{} {username} {email} {:?} {:?} {}", it.id.0, it.role, it.status, it.display_name)
    });
    lines.extend(of("session", everything::<Session>(store).await, |it| {
        format!("{:x} user {} until {}", it.id.0, it.user.0, it.expires_at)
    }));
    lines.extend(of("access", everything::<AccessEntry>(store).await, |it| {
        format!("{:x} {} of {:?} until {}", it.id.0, it.kind().name(), it.user, it.expires_at)
    }));
    lines.extend(of("patient", everything::<Patient>(store).await, |it| {
        format!("{:x} {} {} {:?}", it.id.0, it.name.given, it.name.family, it.birth_date)
    }));
    lines.extend(of("schedule", everything::<Schedule>(store).await, |it| {
        format!("{} slots of {} min", it.doctor.0, it.slot_minutes)
    }));
    lines.extend(of("appointment", everything::<Appointment>(store).await, |it| {
        let (start, minutes) = (it.time.start(), it.time.minutes());
        format!(
            "{} {:?} {start} {minutes} min, {} with {}",
            it.id.0, it.status, it.patient.name, it.doctor.name
        )
    }));
    let everything_held = AppointmentFilter {
        statuses: vec![AppointmentStatus::Proposed, AppointmentStatus::Lapsed],
        ..AppointmentFilter::default()
    };
    let held = list::<Appointment>(store, everything_held, PageRequest::all(Order::Ascending)).await.items;
    lines.extend(of("held", held, |it| {
        format!("{} until {:?}, {} min free after it", it.id.0, it.held_until, it.buffer_minutes)
    }));
    lines.extend(of("plan", everything::<PlanEntry>(store).await, |it| {
        format!("{:x} {} since {}", it.id.0, it.kind().name(), it.created_at)
    }));
    lines.extend(of("record", everything::<Record>(store).await, |it| {
        format!("{} {} {} / {}", it.id.0, it.patient.name, it.condition(), it.treatment())
    }));
    lines.extend(of("bill", everything::<Invoice>(store).await, |it| {
        let number = it.issue.as_ref().map(|issue| (issue.number.year, issue.number.serial));
        format!("{} {} {number:?}, {} payments", it.id.0, it.total().plain(), it.payments.len())
    }));
    for id in 1..=2 {
        let recall =
            read(store, move |tx| Box::pin(async move { tx.requests().recall(RequestId(id), at(9)).await }));
        lines.extend(
            recall.await.unwrap().map(|it| format!("answer {id} of {} {}", it.answered_at, it.outcome)),
        );
    }
    let events = audit(store, AuditFilter::default(), PageRequest::all(Order::Ascending)).await.items;
    lines.extend(events.iter().map(|it| format!("event {} {} {}", it.seq, it.event.at, it.hash)));
    lines.join("\n") + "\n"
}

/// Not a test: it writes the directory of the format that this version writes.
#[tokio::test]
#[ignore = "run it once for each new format"]
async fn write_the_directory_of_this_format() {
    let made = tempfile::tempdir().unwrap();
    fill(made.path()).await;
    let store: serde_json::Value =
        serde_json::from_slice(&fs::read(made.path().join("store.json")).unwrap()).unwrap();
    let target = golden().join(format!("format-{}", store["format"]));
    if target.exists() {
        fs::remove_dir_all(&target).unwrap();
    }
    // It has no part in the format, and nothing in it.
    fs::remove_file(made.path().join("store.lock")).unwrap();
    copy_directory(made.path(), &target);
    fs::write(target.with_extension("txt"), content(&opened(made.path())).await).unwrap();
}

#[tokio::test]
async fn every_golden_directory_opens() {
    let Formats { oldest_read, writes, .. } = Formats::default();
    for format in oldest_read..=writes {
        let original = golden().join(format!("format-{format}"));
        let copy = tempfile::tempdir().unwrap();
        copy_directory(&original, copy.path());
        let found = verify(&options(copy.path()), &crate::quiet).unwrap();
        assert_eq!((found.audit_events, found.unclaimed), (4, 0), "{}", original.display());
        let store = opened(copy.path());
        let expected = fs::read_to_string(original.with_extension("txt")).unwrap();
        assert_eq!(content(&store).await, expected, "{}", original.display());
        assert_eq!(number(&store, Counter::User).await, 4);
        assert_eq!(number(&store, Counter::Invoice(2026)).await, 2);
        add(&store, user(4)).await.unwrap();
        note_event(&store, 10).await;
        store.close().await.unwrap();
        drop(store);
        assert_eq!(verify(&options(copy.path()), &crate::quiet).unwrap().audit_events, 5);
        let again = content(&opened(copy.path())).await;
        let added: Vec<_> = again.lines().filter(|line| !expected.lines().any(|old| old == *line)).collect();
        assert!(
            matches!(added[..], [user, event] if user.starts_with("user v1 4 ") && event.starts_with("event 5 "))
        );
        assert_eq!(again.lines().count(), expected.lines().count() + 2, "{again}");
    }
}
