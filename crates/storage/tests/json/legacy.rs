//! Directories of the old system open and work, whatever state they are in.

use crate::{copy_directory, everything, open, opened};
use domain::appointment::DoctorKey;
use domain::invoice::InvoiceStatus;
use domain::{Appointment, AppointmentStatus, Invoice, Record, RecordBody, Role, User};
use std::fs;
use std::path::{Path, PathBuf};
use storage::conformance::{get, write};
use storage::json::OpenError;
use storage::{Counter, Storage as _, Totals, UserKey};

fn fixture(name: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    copy_directory(&fixture_path(name), directory.path());
    directory
}

fn fixture_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/old-system").join(name)
}

#[tokio::test]
async fn a_typical_directory_is_taken_over_whole() {
    let directory = fixture("typical");
    let report = open(directory.path()).unwrap().report().clone();
    assert_eq!(
        report.imported,
        Totals { users: 2, patients: 0, appointments: 2, medical_records: 1, billings: 2 }
    );
    assert_eq!(report.warnings, Vec::<String>::new());
    // Opened a second time, it is read from this system's own files.
    let store = opened(directory.path());
    let john = get::<User>(&store, UserKey::Email("john@example.com".into())).await.unwrap().value;
    assert_eq!((john.id.0, john.username.as_str(), john.role), (1, "john_doe", Role::Patient));
    assert!(john.password_hash.expose().starts_with("$2a$"));
    assert_eq!(john.created_at.to_string(), "2025-10-15T06:00:00Z");
    let admin = get::<User>(&store, UserKey::Username("admin".into())).await.unwrap().value;
    assert_eq!(admin.role, Role::Patient, "nobody becomes an administrator by a file");
    let visits = everything::<Appointment>(&store).await;
    let shown: Vec<_> =
        visits.iter().map(|row| (row.value.time.start().to_string(), row.value.status)).collect();
    assert_eq!(
        shown,
        [
            ("2025-10-20T09:00:00Z".to_owned(), AppointmentStatus::Fulfilled),
            ("2027-07-01T13:30:00Z".to_owned(), AppointmentStatus::Booked),
        ],
        "London is an hour ahead in summer"
    );
    assert_eq!(visits[0].value.doctor.key(), DoctorKey::Written("smith".into()));
    assert_eq!((visits[0].value.patient.id, visits[0].value.patient.name.as_str()), (None, "John Doe"));
    let records = everything::<Record>(&store).await;
    assert!(matches!(&records[0].value.body, RecordBody::Summary(it) if it.condition == "Hypertension"));
    let bills = everything::<Invoice>(&store).await;
    let amounts: Vec<_> = bills.iter().map(|row| (row.value.total().minor, row.value.status())).collect();
    assert_eq!(amounts, [(15_050, InvoiceStatus::Recorded), (7_500, InvoiceStatus::Recorded)]);
    let next = write(&store, |tx| Box::pin(async move { tx.counters().next(Counter::Appointment).await }));
    assert_eq!(next.await, Ok(101), "numbers go on where the old system stopped");
}

#[tokio::test]
async fn the_old_files_are_kept_as_they_were() {
    let directory = fixture("typical");
    drop(open(directory.path()).unwrap());
    for name in ["users.json", "appointments.json", "medicalRecords.json", "billings.json", "counters.json"] {
        let kept = fs::read(directory.path().join("legacy-original").join(name)).unwrap();
        assert_eq!(kept, fs::read(fixture_path("typical").join(name)).unwrap(), "{name}");
    }
}

#[tokio::test]
async fn the_published_files_still_have_every_old_field_as_it_was() {
    let directory = fixture("typical");
    drop(open(directory.path()).unwrap());
    for name in ["users.json", "appointments.json", "medicalRecords.json", "billings.json"] {
        let read = |path: PathBuf| -> Vec<serde_json::Map<String, serde_json::Value>> {
            serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
        };
        let (old, new) = (read(fixture_path("typical").join(name)), read(directory.path().join(name)));
        assert_eq!(old.len(), new.len());
        for (old, new) in old.iter().zip(&new) {
            for (key, value) in old {
                if (name, key.as_str()) == ("billings.json", "amount") {
                    continue;
                }
                assert_eq!(new.get(key), Some(value), "{name}: {key}");
            }
        }
    }
    let bills = fs::read_to_string(directory.path().join("billings.json")).unwrap();
    assert!(bills.contains("\"amount\": 150.5") && bills.contains("\"amount\": 75"), "{bills}");
}

#[tokio::test]
async fn empty_and_missing_files_are_nothing_to_worry_about() {
    let empty = open(fixture("empty-files").path()).unwrap();
    assert_eq!((empty.status().totals, empty.report().warnings.len()), (Totals::default(), 0));
    let directory = fixture("missing-files");
    let store = opened(directory.path());
    assert_eq!(store.status().totals, Totals { users: 2, ..Totals::default() });
    let next = write(&store, |tx| {
        Box::pin(async move {
            Ok((tx.counters().next(Counter::User).await?, tx.counters().next(Counter::Billing).await?))
        })
    });
    assert_eq!(next.await, Ok((3, 1)), "without counters.json, numbers go on after the largest");
}

#[tokio::test]
async fn odd_rows_are_kept_and_reported() {
    let directory = fixture("odd");
    let store = open(directory.path()).unwrap();
    let warnings = store.report().warnings.join("\n");
    for part in [
        "row with the id \"1\" got the id 8",
        "e-mail address of an earlier one",
        "\"next Tuesday\"",
        "about 20",
    ] {
        assert!(warnings.contains(part), "{part} in:\n{warnings}");
    }
    drop(store);
    let store = opened(directory.path());
    let users = everything::<User>(&store).await;
    let names: Vec<_> = users.iter().map(|row| (row.value.id.0, row.value.username.as_str())).collect();
    assert_eq!(names, [(1, "ada"), (7, "eve"), (8, "twin"), (9, "noid")]);
    let holder = get::<User>(&store, UserKey::Email("ada@example.com".into())).await.unwrap();
    assert_eq!(holder.value.id.0, 1, "the first keeps the address, after a restart too");
    let visits = everything::<Appointment>(&store).await;
    let start =
        |id: u64| visits.iter().find(|row| row.value.id.0 == id).unwrap().value.time.start().to_string();
    assert_eq!(start(5), "2026-03-29T01:00:00Z", "the first instant after the gap");
    assert_eq!(start(6), "2026-10-25T00:30:00Z", "the first of the two");
    assert_eq!(start(7), "2026-01-02T03:04:05Z");
    let lost = visits.iter().find(|row| row.value.id.0 == 7).unwrap();
    assert!(lost.value.reason.contains("next Tuesday after lunch"));
    assert_eq!(visits.len(), 5, "old double bookings are kept");
    let record = &everything::<Record>(&store).await[0].value;
    assert_eq!((record.patient.name.as_str(), record.condition().as_str()), ("42", ""));
    let bills = everything::<Invoice>(&store).await;
    let totals: Vec<_> = bills.iter().map(|row| row.value.total().minor).collect();
    assert_eq!(totals, [0, 0, 0, 1_999]);
    assert_eq!(bills[0].value.legacy.as_ref().unwrap().amount, "about 20");
    let next = write(&store, |tx| Box::pin(async move { tx.counters().next(Counter::User).await }));
    assert_eq!(next.await, Ok(10), "a counter that lags behind is not believed");
}

#[tokio::test]
async fn a_damaged_file_is_refused_with_its_place_and_left_alone() {
    let directory = fixture("damaged");
    let Err(refusal) = open(directory.path()) else { panic!("opened half a file") };
    assert!(matches!(&refusal, OpenError::Unreadable { line: 3 | 4, .. }), "{refusal}");
    assert!(refusal.to_string().contains("users.json"), "{refusal}");
    let name = "users.json";
    assert_eq!(
        fs::read(directory.path().join(name)).unwrap(),
        fs::read(fixture_path("damaged").join(name)).unwrap()
    );
    assert!(!directory.path().join("store.json").exists());
}

#[tokio::test]
async fn a_crash_during_the_take_over_begins_it_again() {
    let directory = fixture("typical");
    let half = directory.path().join("snapshots/00000000000000000000");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("users.json"), "[]").unwrap();
    fs::create_dir_all(directory.path().join("legacy-original")).unwrap();
    fs::create_dir_all(directory.path().join("journal")).unwrap();
    assert_eq!(open(directory.path()).unwrap().status().totals.users, 2);
}
