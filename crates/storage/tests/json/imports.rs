//! New stores of exported files, and changes by hand in the readable files.

use crate::backup::{killed, sign_up};
use crate::model::{Model, Step, step, take};
use crate::{everything, open, opened, options, quiet};
use domain::{AppointmentStatus, ClinicZone, Schedule, User, UserId};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::conformance::samples::{appointment, at, doctor, draft, note, patient, session, user};
use storage::conformance::{Store, add, write};
use storage::json::{JsonOptions, JsonStore, OpenError, edits, export, import, verify};
use storage::{Counter, Edit, Edited, Versioned};

/// Gives away so many numbers of every kind, as many as the samples use of their own accord.
async fn count_up(store: &Store, numbers: usize) {
    let counters = [Counter::User, Counter::Appointment, Counter::MedicalRecord, Counter::Billing];
    let given = write(store, move |tx| {
        Box::pin(async move {
            for counter in counters.into_iter().chain([Counter::Invoice(2026)]) {
                for _ in 0..numbers {
                    tx.counters().next(counter).await?;
                }
            }
            // The samples' receipts and credit notes are numbered in thousands.
            for _ in 0..numbers * 500 {
                tx.counters().next(Counter::Receipt(2026)).await?;
                tx.counters().next(Counter::CreditNote(2026)).await?;
            }
            Ok(())
        })
    });
    given.await.unwrap();
}

/// The content of every file in a directory.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let content = |path: PathBuf| fs::read_to_string(path).unwrap();
    entries.map(|entry| (entry.file_name().into_string().unwrap(), content(entry.path()))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_is_exported_imported_and_exported_again_is_the_same(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let parent = tempfile::tempdir().unwrap();
            let path = |name: &str| parent.path().join(name);
            let (store, mut model) = (opened(&path("first")), Model::default());
            for step in steps.into_iter().filter(|step| !matches!(step, Step::Reopen | Step::Close)) {
                take(&store, &mut model, step).await;
            }
            add(&store, session(1, 1, 0)).await.unwrap();
            count_up(&store, 40).await;
            drop(store);
            export(&options(&path("first")), &path("files"), &quiet).unwrap();
            let imported = import(&options(&path("second")), &path("files"), &quiet).unwrap().imported;
            let exported = export(&options(&path("second")), &path("again"), &quiet).unwrap();
            prop_assert_eq!(imported, exported);
            prop_assert_eq!(files(&path("files")), files(&path("again")));
            let found = verify(&options(&path("second")), &quiet).unwrap();
            prop_assert_eq!((found.last, found.audit_events), (0, 0));
            drop(opened(&path("second")));
            Ok(())
        })?;
    }
}

/// An export of ten users in the folder `files`, with counters that fit.
async fn exported(parent: &Path) -> PathBuf {
    let (live, to) = (parent.join("live"), parent.join("files"));
    let store = opened(&live);
    for id in 1..=10 {
        sign_up(&store, id).await.unwrap();
    }
    count_up(&store, 10).await;
    drop(store);
    export(&options(&live), &to, &quiet).unwrap();
    to
}

#[tokio::test]
async fn files_that_are_not_whole_are_refused_and_leave_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let from = exported(parent.path()).await;
    let target = parent.path().join("new");
    let original = fs::read_to_string(from.join("users.json")).unwrap();
    let counters = fs::read_to_string(from.join("counters.json")).unwrap();
    let refused = || {
        let error = import(&options(&target), &from, &quiet).unwrap_err();
        assert!(!target.exists(), "{error}");
        error.to_string()
    };
    fs::write(from.join("users.json"), original.replace("\"id\": 3,", "\"id\": \"three\",")).unwrap();
    assert!(refused().contains("users.json, row 3: invalid type"));
    fs::write(from.join("users.json"), original.replace("\"status\"", "\"state\"")).unwrap();
    assert!(refused().contains("users.json, row 1"));
    fs::write(from.join("users.json"), original.replace("\"id\": 3,", "\"id\": 4,")).unwrap();
    assert!(refused().contains("10 rows have 9 different ids"));
    fs::write(from.join("users.json"), &original).unwrap();
    fs::write(from.join("counters.json"), counters.replace("11", "5")).unwrap();
    assert!(refused().contains("counter user: the next number must be above 10"));
    fs::write(from.join("counters.json"), counters).unwrap();
    fs::remove_file(from.join("appointments.json")).unwrap();
    assert!(refused().contains("appointments.json"));
    let live = import(&options(&target), &parent.path().join("live"), &quiet).unwrap_err();
    assert!(live.to_string().contains("use restore"), "{live}");
}

#[tokio::test]
async fn rows_that_clash_are_taken_in_and_named() {
    let parent = tempfile::tempdir().unwrap();
    let from = exported(parent.path()).await;
    let users = fs::read_to_string(from.join("users.json")).unwrap();
    fs::write(from.join("users.json"), users.replace("user3@", "user4@")).unwrap();
    let report = import(&options(&parent.path().join("new")), &from, &quiet).unwrap();
    assert_eq!(report.imported.users, 10);
    assert!(report.warnings[0].contains("row 4 conflicts with another one (user_email)"), "{report:?}");
    let into_used = import(&options(&parent.path().join("live")), &from, &quiet);
    assert!(matches!(into_used, Err(OpenError::NotEmpty { .. })));
}

#[test]
fn the_old_systems_files_become_a_new_store_and_stay_as_they_are() {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/old-system/typical");
    let parent = tempfile::tempdir().unwrap();
    let before = files(&from);
    let report = import(&options(&parent.path().join("new")), &from, &quiet).unwrap();
    assert_eq!((report.imported.users, report.imported.appointments), (2, 2));
    assert_eq!(files(&from), before);
    assert_eq!(files(&parent.path().join("new/legacy-original")), before);
    let nothing = import(&options(&parent.path().join("other")), parent.path(), &quiet).unwrap_err();
    assert!(nothing.to_string().contains("there are no files to import"));
}

/// A closed store of ten users, and its `users.json`.
async fn closed() -> (tempfile::TempDir, PathBuf) {
    let directory = killed().await;
    opened(directory.path()).close().await.unwrap();
    let users = directory.path().join("users.json");
    (directory, users)
}

fn change(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[tokio::test]
async fn changed_and_new_rows_are_found_as_objects() {
    let (directory, users) = closed().await;
    assert!(edits(&options(directory.path())).unwrap().files.is_empty());
    change(&users, "\"Number 3\"", "\"Number three\"");
    let text = fs::read_to_string(&users).unwrap();
    let last = text.rfind("  {").unwrap();
    let added = text[last..].replace("user10", "user11").replace("\"id\": 10", "\"id\": 11");
    let text = format!("{},\n{added}", text.trim_end().trim_end_matches(']').trim_end());
    fs::write(&users, &text).unwrap();

    let found = edits(&options(directory.path())).unwrap();
    assert_eq!(found.files.keys().collect::<Vec<_>>(), ["users.json"]);
    let [Edit::User(changed), Edit::User(new)] = &found.rows[..] else { panic!("{:?}", found.rows) };
    let after = User { display_name: "Number three".to_owned(), ..user(3) };
    let place = "users.json, row 3".to_owned();
    let before = Some(Versioned { value: user(3), version: 1 });
    assert_eq!(*changed, Edited { place, before, after });
    assert_eq!((new.before.is_none(), new.after.id.0), (true, 11));

    let kept = found.keep(&options(directory.path())).unwrap();
    assert_eq!(fs::read_to_string(kept.join("users.json")).unwrap(), text);
    assert!(matches!(open(directory.path()), Err(OpenError::EditedByHand { .. })));
    let with = |files| JsonOptions { edited: files, ..options(directory.path()) };
    let other = BTreeMap::from([("users.json".to_owned(), "another sum".to_owned())]);
    assert!(matches!(JsonStore::open(with(other)), Err(OpenError::EditedByHand { .. })));
    let store: Store = Arc::new(JsonStore::open(with(found.files)).unwrap());
    assert_eq!(everything::<User>(&store).await.len(), 10, "it opens as it was");
    sign_up(&store, 20).await.unwrap();
    drop(store);
    assert_eq!(fs::read_to_string(&users).unwrap(), text, "the edited file waits for its import");
    assert_eq!(edits(&options(directory.path())).unwrap().rows.len(), 2);
}

#[tokio::test]
async fn what_is_made_from_other_fields_may_stay_as_it_was_and_old_rows_are_nobodys_concern() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    for id in 1..=2 {
        add(&store, appointment(id, id.into(), doctor(id), 0)).await.unwrap();
    }
    store.close().await.unwrap();
    drop(store);
    let file = directory.path().join("appointments.json");
    change(&file, "\"start\": \"2026-11-23T09:00:00Z\"", "\"start\": \"2026-11-23T10:00:00Z\"");
    // In another zone both rows would be written otherwise.
    let zone = ClinicZone::named("Asia/Tokyo").unwrap();
    for options in [options(directory.path()), JsonOptions { zone, ..options(directory.path()) }] {
        let found = edits(&options).unwrap().rows;
        let [Edit::Appointment(moved)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((moved.after.id.0, moved.after.time.start()), (1, at(60)));
    }
    change(&file, "\"time\": \"09:00 AM\"", "\"time\": \"11:00 AM\"");
    let error = edits(&options(directory.path())).unwrap_err().to_string();
    assert!(error.contains("row 1: time reads \"11:00 AM\" and would be written as \"10:00 AM\""), "{error}");
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_the_row_and_the_reason() {
    let (directory, users) = closed().await;
    let original = fs::read_to_string(&users).unwrap();
    let tries = [
        ("\"version\": 1", "\"version\": 2", "leave its version at 1"),
        ("\"id\": 3,", "\"id\": 4,", "row 4: a row before it has the same id"),
        ("\"id\": 3,", "\"id\": 99,", "its row is missing: rows are never removed"),
        ("\"role\": \"patient\"", "\"role\": \"king\"", "row 1: unknown variant"),
        ("\"displayName\"", "\"nickname\"", "missing field"),
        ("\"status\"", "\"colour\": \"red\",\n    \"status\"", "colour is not a field of such a row"),
        ("2026-11-23T09:00:00.000Z", "2026-11-23T09:00:00+00:00", "would be written as"),
        ("[", "[[", "line "),
    ];
    for (from, to, why) in tries {
        change(&users, from, to);
        let error = edits(&options(directory.path())).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("users.json"), "{to}: {error}");
        fs::write(&users, &original).unwrap();
    }
    change(&directory.path().join("counters.json"), "userIdCounter\": 1", "userIdCounter\": 9");
    let error = edits(&options(directory.path())).unwrap_err().to_string();
    assert!(error.contains("it is kept by the store alone"), "{error}");
}

#[tokio::test]
async fn rows_of_every_kind_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    add(&store, patient(1, "Ada", "Byron")).await.unwrap();
    add(&store, Schedule::office_hours(UserId(2))).await.unwrap();
    add(&store, appointment(1, 1, doctor(2), 0)).await.unwrap();
    add(&store, note(1, 1, 2)).await.unwrap();
    add(&store, draft(1, 1)).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let at_hand = |name: &str| directory.path().join(name);
    change(&at_hand("patients.json"), "1 High Street", "2 High Street");
    change(&at_hand("schedules.json"), "\"slotMinutes\": 30", "\"slotMinutes\": 20");
    change(&at_hand("appointments.json"), "\"status\": \"booked\"", "\"status\": \"no-show\"");
    change(&at_hand("medicalRecords.json"), "\"authorName\": \"", "\"authorName\": \"Dr ");
    change(&at_hand("billings.json"), "\"quantity\": 1", "\"quantity\": 2");
    // `amount` may be left as it was.
    let found = edits(&options(directory.path())).unwrap();
    let places: Vec<_> = found.rows.iter().map(Edit::place).collect();
    let files = ["patients", "schedules", "appointments", "medicalRecords", "billings"];
    assert_eq!(places, files.map(|file| format!("{file}.json, row 1")));
    let [
        Edit::Patient(patient),
        Edit::Schedule(schedule),
        Edit::Appointment(visit),
        Edit::Record(record),
        Edit::Invoice(bill),
    ] = &found.rows[..]
    else {
        panic!("{:?}", found.rows)
    };
    assert!(patient.after.address.starts_with("2 High"));
    assert_eq!((schedule.after.slot_minutes, visit.after.status), (20, AppointmentStatus::NoShow));
    assert!(record.after.author_name.starts_with("Dr "));
    assert_eq!((bill.after.lines[0].quantity, bill.before.as_ref().unwrap().lines[0].quantity), (2, 1));
}

#[tokio::test]
async fn a_file_that_is_away_was_not_changed_and_one_that_cannot_be_read_is_not_passed_over() {
    let (directory, users) = closed().await;
    fs::remove_file(&users).unwrap();
    assert!(edits(&options(directory.path())).unwrap().files.is_empty());
    fs::create_dir(&users).unwrap();
    assert!(matches!(edits(&options(directory.path())), Err(OpenError::Io { .. })));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_is_read_while_a_server_may_write_the_files_anew() {
    let (directory, _) = closed().await;
    let _store = opened(directory.path());
    assert!(matches!(edits(&options(directory.path())), Err(OpenError::Serving { .. })));
}
