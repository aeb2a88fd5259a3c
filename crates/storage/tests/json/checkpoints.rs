//! Checkpoints: whatever moment a crash picks, the directory opens with everything in it.

use crate::{copy_directory, everything, open, opened, options, segment};
use domain::{AppointmentStatus, User};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use storage::conformance::samples::{appointment, doctor, draft, issued, note, paid, user};
use storage::conformance::{Store, add, change, write};
use storage::json::{JsonStore, OpenError};
use storage::{Counter, Storage as _};

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

async fn closed_with(users: u64) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    for id in 1..=users {
        add(&store, user(id)).await.unwrap();
    }
    store.close().await.unwrap();
    directory
}

#[tokio::test]
async fn the_five_files_keep_the_shape_of_the_old_system() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    add(&store, user(1)).await.unwrap();
    add(&store, appointment(1, 1, doctor(1), 60)).await.unwrap();
    add(&store, note(1, 1, 1)).await.unwrap();
    add(&store, paid(issued(draft(1, 1), 1), 1, 50, 0)).await.unwrap();
    write(&store, |tx| Box::pin(async move { tx.counters().next(Counter::User).await })).await.unwrap();
    store.close().await.unwrap();
    let row = |name: &str| json(&directory.path().join(name))[0].clone();
    let first = |name: &str, fields: &[&str]| {
        let text = fs::read_to_string(directory.path().join(name)).unwrap();
        let written: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("    \"")).take(fields.len()).collect();
        for (line, field) in written.iter().zip(fields) {
            assert!(line.starts_with(&format!("{field}\"")), "{name}: {line} where {field} belongs");
        }
    };
    first("users.json", &["id", "username", "email", "password", "createdAt"]);
    first("appointments.json", &["id", "patientName", "date", "time", "doctor", "createdAt"]);
    first("medicalRecords.json", &["id", "patientName", "condition", "treatment", "createdAt"]);
    first("billings.json", &["id", "patientName", "amount", "paymentMethod", "createdAt"]);
    assert_eq!(row("users.json")["createdAt"], "2026-11-23T09:00:00.000Z");
    let visit = row("appointments.json");
    assert_eq!((&visit["date"], &visit["time"]), (&"2026-11-23".into(), &"10:00 AM".into()));
    assert_eq!(visit["doctor"], "Dr Number 1");
    let bill = row("billings.json");
    assert_eq!((&bill["amount"], &bill["paymentMethod"]), (&serde_json::json!(42.5), &"card".into()));
    let counters = json(&directory.path().join("counters.json"));
    assert_eq!((&counters["userIdCounter"], &counters["billingIdCounter"]), (&2.into(), &1.into()));
}

#[tokio::test]
async fn a_file_edited_by_hand_is_refused_and_named() {
    let directory = closed_with(2).await;
    let path = directory.path().join("users.json");
    let original = fs::read_to_string(&path).unwrap();
    fs::write(&path, original.replace("Number 1", "Number One")).unwrap();
    let Err(refusal) = open(directory.path()) else { panic!("opened with a changed file") };
    assert!(matches!(&refusal, OpenError::EditedByHand { path: changed, .. } if *changed == path));
    assert!(refusal.to_string().contains("users.json"), "{refusal}");
    fs::write(&path, &original).unwrap();
    drop(open(directory.path()).unwrap());
    fs::remove_file(&path).unwrap();
    assert_eq!(open(directory.path()).unwrap().status().totals.users, 2, "moved away, it is written anew");
    assert_eq!(fs::read_to_string(&path).unwrap(), original);
}

#[tokio::test]
async fn a_missing_store_file_is_not_taken_for_the_old_system() {
    let directory = closed_with(1).await;
    fs::remove_file(directory.path().join("store.json")).unwrap();
    assert!(matches!(open(directory.path()), Err(OpenError::Corrupt { .. })));
}

#[tokio::test]
async fn a_store_of_another_format_is_refused() {
    let directory = closed_with(1).await;
    fs::write(directory.path().join("store.json"), r#"{"format": 99, "new": true}"#).unwrap();
    assert!(matches!(open(directory.path()), Err(OpenError::TooNew { found: 99, .. })));
    fs::write(directory.path().join("store.json"), r#"{"format": 1}"#).unwrap();
    assert!(matches!(open(directory.path()), Err(OpenError::TooOld { found: 1, .. })));
}

#[tokio::test]
async fn a_damaged_generation_is_noticed() {
    let directory = closed_with(1).await;
    fs::remove_file(directory.path().join("users.json")).unwrap();
    let kept = directory.path().join("snapshots/00000000000000000001/users.json");
    fs::write(kept, "[]").unwrap();
    assert!(matches!(open(directory.path()), Err(OpenError::Corrupt { .. })));
}

/// One step of a checkpoint, done to a directory.
type Step<'a> = &'a dyn Fn(&Path);

/// The states between the steps of a checkpoint, made from one before and one after it.
#[tokio::test]
async fn a_crash_between_any_two_steps_of_a_checkpoint_loses_nothing() {
    let before = closed_with(2).await;
    let live = tempfile::tempdir().unwrap();
    copy_directory(before.path(), live.path());
    let store = opened(live.path());
    let mut changed = user(1);
    changed.display_name = "Changed".to_owned();
    change(&store, 1, changed).await.unwrap();
    add(&store, user(3)).await.unwrap();
    let journal_only = tempfile::tempdir().unwrap();
    copy_directory(live.path(), journal_only.path());
    store.close().await.unwrap();
    drop(store);
    let after = live;
    let generation = Path::new("snapshots/00000000000000000004");
    let names = ["users.json", "appointments.json", "counters.json"];
    let copy = |name: &Path, to: &Path| {
        fs::create_dir_all(to.join(name).parent().unwrap()).unwrap();
        fs::copy(after.path().join(name), to.join(name)).unwrap();
    };
    let unpublished = |to: &Path| {
        let text = fs::read_to_string(after.path().join("store.json")).unwrap();
        fs::write(to.join("store.json"), text.replace("\"published\": true", "\"published\": false"))
            .unwrap();
    };
    let whole_generation = |to: &Path| copy_directory(&after.path().join(generation), &to.join(generation));
    let steps: [(&str, Step<'_>); 6] = [
        ("a new segment", &|to| fs::write(to.join("journal/00000000000000000005.jsonl"), "").unwrap()),
        ("half a file", &|to| {
            fs::create_dir_all(to.join(generation)).unwrap();
            fs::write(to.join(generation).join("users.json.tmp"), "[{").unwrap();
        }),
        ("half a generation", &|to| copy(&generation.join("users.json"), to)),
        ("a whole generation", &whole_generation),
        ("store.json names it", &unpublished),
        ("copies half made", &|to| names.iter().for_each(|name| copy(Path::new(name), to))),
    ];
    for last in 0..steps.len() {
        let crashed = tempfile::tempdir().unwrap();
        copy_directory(journal_only.path(), crashed.path());
        for (_, step) in &steps[..=last] {
            step(crashed.path());
        }
        let store = opened(crashed.path());
        let users = everything::<User>(&store).await;
        let found: Vec<_> = users.iter().map(|row| (row.value.id.0, row.version)).collect();
        assert_eq!(found, [(1, 2), (2, 1), (3, 1)], "crash after: {}", steps[last].0);
        assert_eq!(users[0].value.display_name, "Changed");
        add(&store, user(4)).await.unwrap();
        store.close().await.unwrap();
        drop(store);
        assert_eq!(open(crashed.path()).unwrap().status().totals.users, 4);
    }
}

#[tokio::test]
async fn checkpoints_run_beside_the_commits_and_keep_the_directory_small() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(directory.path());
    options.checkpoint_bytes = 4_000;
    options.audit_in_memory = 10;
    let store: Store = Arc::new(JsonStore::open(options.clone()).unwrap());
    for id in 1..=200u64 {
        add(&store, user(id)).await.unwrap();
        let unit = write(&store, move |tx| {
            Box::pin(async move {
                let event = storage::conformance::samples::event(0, domain::Action::SignUp);
                tx.audit().append(event).await
            })
        });
        unit.await.unwrap();
    }
    store.close().await.unwrap();
    drop(store);
    assert_eq!(fs::read_dir(directory.path().join("journal")).unwrap().count(), 1);
    assert!(fs::read_dir(directory.path().join("snapshots")).unwrap().count() <= 3);
    assert_eq!(storage::json::verify_chain(directory.path()), Ok(200));
    let store = JsonStore::open(options).unwrap();
    assert_eq!((store.status().totals.users, store.report().replayed), (200, 0));
}

#[tokio::test]
async fn every_kind_of_object_comes_back_from_the_files_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    let mut visit = appointment(1, 1, doctor(1), 0);
    visit.room = Some("3 \u{1F3E5}".to_owned());
    visit.overbooked_because = Some("Emergency".to_owned());
    visit.status = AppointmentStatus::Arrived;
    visit.arrived_at =
        Some(storage::conformance::samples::at(1) + jiff::SignedDuration::from_nanos(123_456_789));
    visit.created_at += jiff::SignedDuration::from_nanos(1);
    add(&store, visit.clone()).await.unwrap();
    add(&store, storage::conformance::samples::signed(note(1, 1, 1))).await.unwrap();
    let before =
        (everything::<domain::Appointment>(&store).await, everything::<domain::Record>(&store).await);
    store.close().await.unwrap();
    drop(store);
    assert_eq!(fs::metadata(segment(directory.path())).unwrap().len(), 0, "nothing is left to replay");
    let store = opened(directory.path());
    let after = (everything::<domain::Appointment>(&store).await, everything::<domain::Record>(&store).await);
    assert_eq!(before, after);
}
