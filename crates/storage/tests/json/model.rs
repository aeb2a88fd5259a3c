//! Random histories: a store that was opened again at any point is the store that was never closed.

use crate::{everything, options};
use domain::{Appointment, AppointmentStatus, Invoice, Patient, Record, RequestId, User};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use storage::conformance::samples::{
    answered, appointment, at, doctor, draft, issued, note, paid, patient, range, refunded, signed,
    unlinked_summary, user, written,
};
use storage::conformance::{Kept, Store, add, change, get, read, write};
use storage::json::JsonStore;
use storage::{Aggregate, Constraint, Counter, StorageError};

/// One thing that a caller does.
#[derive(Clone, Debug)]
pub enum Step {
    AddUser(u64),
    AddPatient(u8),
    Book { id: u64, doctor: u64, minutes: i64, length: u16 },
    Cancel(u64),
    AddRecord(u64),
    Sign(u64),
    AddBill(u64),
    Pay(u64),
    Count,
    Answer(u8),
    Reopen,
    Close,
}

/// Any step.
pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1u64..12).prop_map(Step::AddUser),
        2 => (1u8..12).prop_map(Step::AddPatient),
        8 => (1u64..40, 0u64..3, 0i64..12, 1u16..5).prop_map(|(id, doctor, slot, length)| {
            Step::Book { id, doctor, minutes: slot * 10, length: length * 10 }
        }),
        3 => (1u64..40).prop_map(Step::Cancel),
        2 => (1u64..12).prop_map(Step::AddRecord),
        2 => (1u64..12).prop_map(Step::Sign),
        2 => (1u64..12).prop_map(Step::AddBill),
        2 => (1u64..12).prop_map(Step::Pay),
        2 => Just(Step::Count),
        2 => (1u8..12).prop_map(Step::Answer),
        1 => Just(Step::Reopen),
        1 => Just(Step::Close),
    ]
}

/// What must be stored, kept as plainly as can be.
#[derive(Default)]
pub struct Model {
    users: BTreeMap<u64, u64>,
    patients: BTreeMap<u8, u64>,
    visits: BTreeMap<u64, (Appointment, u64)>,
    records: BTreeMap<u64, (Record, u64)>,
    bills: BTreeMap<u64, (Invoice, u64)>,
    counted: u64,
    answered: BTreeSet<u8>,
}

impl Model {
    /// The first rule that a booking breaks, looked for the slow way.
    fn conflict(&self, new: &Appointment) -> Option<Constraint> {
        if self.visits.contains_key(&new.id.0) {
            return Some(Constraint::Id);
        }
        let clashes = |same: fn(&Appointment, &Appointment) -> bool| {
            let mut others = self.visits.values().map(|(visit, _)| visit);
            others.any(|other| other.blocks_time() && other.time.overlaps(&new.time) && same(other, new))
        };
        if clashes(|a, b| a.doctor.key() == b.doctor.key()) {
            return Some(Constraint::DoctorOverlap);
        }
        clashes(|a, b| a.patient.id == b.patient.id).then_some(Constraint::PatientOverlap)
    }
}

async fn put<T: Kept>(store: &Store, known: bool, value: T) {
    let expected = if known { Err(StorageError::Conflict(Constraint::Id)) } else { Ok(1) };
    assert_eq!(add(store, value).await, expected);
}

/// Takes a step and expects of it what the model says.
pub async fn take(store: &Store, model: &mut Model, step: Step) {
    match step {
        Step::AddUser(id) => {
            put(store, model.users.contains_key(&id), user(id)).await;
            model.users.insert(id, 1);
        }
        Step::AddPatient(id) => {
            put(store, model.patients.contains_key(&id), patient(id.into(), "Ada", &format!("Byron{id}")))
                .await;
            model.patients.insert(id, 1);
        }
        Step::Book { id, doctor: number, minutes, length } => {
            let with = if number == 0 { written("Dr. Smith") } else { doctor(number) };
            let mut visit = appointment(id, u128::from(id % 5), with, minutes);
            visit.time = range(minutes, length);
            let expected = model.conflict(&visit).map_or(Ok(1), |broken| Err(StorageError::Conflict(broken)));
            assert_eq!(add(store, visit.clone()).await, expected);
            if expected.is_ok() {
                model.visits.insert(id, (visit, 1));
            }
        }
        Step::Cancel(id) => {
            if let Some((visit, version)) = model.visits.get_mut(&id) {
                visit.status = AppointmentStatus::CancelledByPatient;
                assert_eq!(change(store, *version, visit.clone()).await, Ok(*version + 1));
                *version += 1;
            }
        }
        Step::AddRecord(id) => {
            let record = if id % 4 == 0 { unlinked_summary(id) } else { note(id, 1, 2) };
            put(store, model.records.contains_key(&id), record.clone()).await;
            model.records.entry(id).or_insert((record, 1));
        }
        Step::Sign(id) => {
            if let Some((record, version)) = model.records.get_mut(&id) {
                *record = signed(record.clone());
                assert_eq!(change(store, *version, record.clone()).await, Ok(*version + 1));
                *version += 1;
            }
        }
        Step::AddBill(id) => {
            put(store, model.bills.contains_key(&id), draft(id, 1)).await;
            model.bills.entry(id).or_insert((draft(id, 1), 1));
        }
        Step::Pay(id) => {
            if let Some((bill, version)) = model.bills.get_mut(&id) {
                let receipt = id * 1_000 + bill.payments.len() as u64;
                *bill = paid(issued(bill.clone(), id), receipt, 1, 5);
                if id % 2 == 0 {
                    *bill = refunded(bill.clone(), receipt, 1, 6);
                }
                assert_eq!(change(store, *version, bill.clone()).await, Ok(*version + 1));
                *version += 1;
            }
        }
        Step::Count => {
            let next =
                write(store, |tx| Box::pin(async move { tx.counters().next(Counter::Invoice(2026)).await }));
            model.counted += 1;
            assert_eq!(next.await, Ok(model.counted));
        }
        Step::Answer(id) => {
            let kept = write(store, move |tx| {
                Box::pin(async move { tx.requests().keep(answered(id.into(), 0)).await })
            });
            let is_new = model.answered.insert(id);
            assert_eq!(kept.await, if is_new { Ok(()) } else { Err(StorageError::Conflict(Constraint::Id)) });
        }
        Step::Reopen | Step::Close => unreachable!("the caller does these"),
    }
}

async fn compare(store: &Store, model: &Model) {
    let ids = |rows: Vec<_>| -> Vec<u64> {
        rows.into_iter().map(|row: storage::Versioned<User>| row.value.id.0).collect()
    };
    assert_eq!(ids(everything::<User>(store).await), model.users.keys().copied().collect::<Vec<_>>());
    let patients = everything::<Patient>(store).await;
    assert_eq!(patients.len(), model.patients.len());
    for row in patients {
        assert_eq!(get::<Patient>(store, storage::PatientKey::Mrn(row.value.mrn)).await, Some(row));
    }
    for id in 1..12u8 {
        let found = read(store, move |tx| {
            Box::pin(async move { tx.requests().recall(RequestId(id.into()), at(1)).await })
        });
        let expected = model.answered.contains(&id).then(|| answered(id.into(), 0));
        assert_eq!(found.await, Ok(expected));
    }
    same(everything::<Record>(store).await, &model.records);
    same(everything::<Invoice>(store).await, &model.bills);
    same(everything::<Appointment>(store).await, &model.visits);
}

fn same<T: Aggregate + PartialEq>(rows: Vec<storage::Versioned<T>>, model: &BTreeMap<u64, (T, u64)>) {
    assert_eq!(rows.len(), model.len());
    for (value, version) in model.values() {
        let row =
            rows.iter().find(|row| format!("{:?}", row.value.id()) == format!("{:?}", value.id())).unwrap();
        assert_eq!((&row.value, row.version), (value, *version));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_reopened_store_equals_the_model(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let mut options = options(directory.path());
            options.checkpoint_bytes = 3_000;
            let open = || -> Store { Arc::new(JsonStore::open(options.clone()).unwrap()) };
            let (mut store, mut model) = (open(), Model::default());
            for step in steps {
                match step {
                    Step::Reopen => {
                        drop(store);
                        store = open();
                        compare(&store, &model).await;
                    }
                    Step::Close => {
                        store.close().await.unwrap();
                        store = open();
                        compare(&store, &model).await;
                    }
                    step => take(&store, &mut model, step).await,
                }
            }
            drop(store);
            compare(&open(), &model).await;
        });
    }
}
