//! The demonstration clinic is complete, repeatable and keeps every rule of a real one.

use super::*;
use crate::fixture::{self, Fixture};
use crate::identity::SignInForm;
use crate::records::ReadChart;
use crate::reports::ReadActivity;
use crate::scheduling::DayView;
use crate::{Actor, Order, PageRequest};
use domain::invoice::InvoiceStatus;
use domain::{Appointment, AppointmentStatus, Invoice, Patient, Record, RecordBody};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use storage::{AppointmentFilter, InvoiceFilter, PatientFilter, RecordFilter, UserFilter};

/// Everything that matters of a store.
#[derive(Debug, PartialEq)]
struct Contents {
    users: Vec<String>,
    patients: Vec<Patient>,
    appointments: Vec<Appointment>,
    records: Vec<Record>,
    invoices: Vec<Invoice>,
}

async fn contents(clinic: &Fixture) -> Contents {
    clinic
        .store(|tx| {
            Box::pin(async move {
                let all = PageRequest::all(Order::Ascending);
                let filter = AppointmentFilter { by_id: true, ..AppointmentFilter::default() };
                let users = tx.users().list(&UserFilter::default(), &all).await?.items;
                let patients = tx.patients().list(&PatientFilter::default(), &all).await?.items;
                let appointments = tx.appointments().list(&filter, &all).await?.items;
                let records = tx.records().list(&RecordFilter::default(), &all).await?.items;
                let invoices = tx.invoices().list(&InvoiceFilter::default(), &all).await?.items;
                Ok(Contents {
                    users: users.into_iter().map(|user| user.value.username.to_string()).collect(),
                    patients: patients.into_iter().map(|row| row.value).collect(),
                    appointments: appointments.into_iter().map(|row| row.value).collect(),
                    records: records.into_iter().map(|row| row.value).collect(),
                    invoices: invoices.into_iter().map(|row| row.value).collect(),
                })
            })
        })
        .await
}

async fn demo(hours: i64, seed: u64) -> (Fixture, Vec<DemoAccount>) {
    let clinic = fixture::empty_clinic().await;
    clinic.clock.advance(SignedDuration::from_hours(hours));
    let accounts = clinic.services.seed_demo(DemoOptions { password: None, seed }).await.unwrap();
    (clinic, accounts)
}

#[tokio::test]
async fn one_seed_makes_one_clinic_and_another_seed_another() {
    let (one, _) = demo(2, 1).await;
    let (same, _) = demo(2, 1).await;
    let (other, _) = demo(2, 2).await;
    let (one, same, other) = (contents(&one).await, contents(&same).await, contents(&other).await);
    assert_eq!(one, same);
    assert_ne!(one.appointments, other.appointments);
}

#[tokio::test]
async fn every_role_has_an_account_that_signs_in() {
    let (clinic, accounts) = demo(2, 7).await;
    let count = |role| accounts.iter().filter(|account| account.role == role).count();
    assert_eq!(Role::ALL.map(count), [2, 3, 1, 1, 1, 1, 1]);
    let passwords: BTreeSet<&str> = accounts.iter().map(|account| account.password.as_str()).collect();
    assert_eq!(passwords.len(), accounts.len());
    let nobody = Actor::anonymous("r1");
    for account in &accounts {
        for login in [&account.username, &account.email] {
            let form = SignInForm {
                login: login.clone(),
                password: account.password.clone(),
                label: String::new(),
                device: crate::identity::Device::Program,
            };
            let signed_in = clinic.services.sign_in(&nobody, form).await.unwrap().session().unwrap();
            assert_eq!((signed_in.user.role, &signed_in.user.display_name), (account.role, &account.name));
        }
    }
    assert!(!format!("{accounts:?}").contains(&accounts[0].password));
}

#[tokio::test]
async fn one_password_can_be_set_for_all_but_not_a_weak_one() {
    let clinic = fixture::empty_clinic().await;
    let options = |password: &str| DemoOptions { password: Some(password.to_owned()), seed: 1 };
    let weak = clinic.services.seed_demo(options("password")).await;
    assert!(matches!(weak, Err(ServiceError::Invalid(_))));
    assert_eq!(clinic.totals(), storage::Totals::default());
    let accounts = clinic.services.seed_demo(options("winter boots by the door")).await.unwrap();
    assert!(accounts.iter().all(|account| account.password == "winter boots by the door"));
}

#[tokio::test]
async fn a_store_in_use_is_refused_and_left_alone() {
    let clinic = fixture::clinic().await;
    let before = (contents(&clinic).await, clinic.audit().await);
    let refused = Err(ServiceError::Conflict(ConflictKind::NotEmpty));
    assert_eq!(clinic.services.seed_demo(DemoOptions::default()).await, refused);
    assert_eq!(
        clinic.services.seed_bench(BenchSize { appointments: 10, ..BenchSize::default() }).await.map(|_| ()),
        refused.map(|_: Vec<DemoAccount>| ())
    );
    assert_eq!((contents(&clinic).await, clinic.audit().await), before);
}

#[tokio::test]
async fn the_clinic_is_lively_at_every_hour_of_every_day() {
    for hours in [-7, 1, 4, 9, 14, 24 * 5 + 2, 24 * 6 + 3, 24 * 40] {
        for seed in [1, 7, 2_026] {
            let (clinic, _) = demo(hours, seed).await;
            let made = contents(&clinic).await;
            assert_eq!(made.patients.len(), 40);
            assert!(made.appointments.len() > 300, "{} appointments", made.appointments.len());
            let zone = &clinic.services.clinic().zone;
            let today = clinic.services.today();
            let of_today: Vec<&Appointment> =
                made.appointments.iter().filter(|visit| zone.date(visit.time.start()) == today).collect();
            let states: BTreeSet<AppointmentStatus> = of_today.iter().map(|visit| visit.status).collect();
            assert!(states.contains(&AppointmentStatus::Arrived), "{hours} {seed}: {states:?}");
            assert!(states.contains(&AppointmentStatus::InProgress), "{hours} {seed}: {states:?}");
            if of_today.len() > 8 {
                assert!(
                    states.contains(&AppointmentStatus::CancelledByPatient),
                    "{hours} {seed}: {states:?}"
                );
                assert!(states.contains(&AppointmentStatus::CancelledByClinic), "{hours} {seed}: {states:?}");
            }
            let statuses: BTreeSet<InvoiceStatus> = made.invoices.iter().map(Invoice::status).collect();
            let every =
                [InvoiceStatus::Draft, InvoiceStatus::Issued, InvoiceStatus::PartlyPaid, InvoiceStatus::Paid];
            assert_eq!(statuses, every.into_iter().collect());
            assert!(made.invoices.iter().any(|bill| bill.is_overdue(today)));
            nothing_lies_in_the_future(&made, clinic.services.now());
            numbers_have_no_gap(&made.invoices);
            assert!(made.invoices.iter().any(Invoice::has_waiting_refund));
            assert!(made.invoices.iter().any(|bill| bill.refunded().minor > 0));
        }
    }
}

fn nothing_lies_in_the_future(made: &Contents, now: Timestamp) {
    for visit in &made.appointments {
        assert!(visit.created_at <= now && visit.history.iter().all(|step| step.at <= now));
        assert!(visit.history.iter().all(|step| step.at >= visit.created_at));
        let is_to_come = visit.time.start() > now;
        let is_finished = matches!(visit.status, AppointmentStatus::Fulfilled | AppointmentStatus::NoShow);
        assert!(!(is_to_come && is_finished), "{visit:?}");
        assert_eq!(
            visit.arrived_at.is_some(),
            visit.status.is_live() && visit.status != AppointmentStatus::Booked
        );
    }
    assert!(made.records.iter().all(|record| record.created_at <= now));
    assert!(made.records.is_sorted_by_key(|record| record.created_at));
    for bill in &made.invoices {
        assert!(bill.created_at <= now && bill.payments.iter().all(|payment| payment.at <= now));
        assert!(bill.balance().minor >= 0 && bill.claimed().minor <= bill.paid().minor);
        assert!(bill.refunds.iter().all(|refund| refund.requested.at <= now));
        assert!(bill.credit_notes().all(|note| note.at <= now));
    }
}

fn numbers_have_no_gap(bills: &[Invoice]) {
    let mut numbers: BTreeMap<i16, Vec<(u64, Timestamp)>> = BTreeMap::new();
    let mut receipts: BTreeMap<i16, Vec<(u64, Timestamp)>> = BTreeMap::new();
    let mut notes: BTreeMap<i16, Vec<(u64, Timestamp)>> = BTreeMap::new();
    for bill in bills {
        if let Some(issue) = bill.issue {
            numbers.entry(issue.number.year).or_default().push((issue.number.serial, issue.at));
        }
        for payment in &bill.payments {
            receipts.entry(payment.receipt.year).or_default().push((payment.receipt.serial, payment.at));
        }
        for note in bill.credit_notes() {
            notes.entry(note.number.year).or_default().push((note.number.serial, note.at));
        }
    }
    for series in numbers.values_mut().chain(receipts.values_mut()).chain(notes.values_mut()) {
        series.sort_unstable();
        assert!(series.iter().zip(1..).all(|((serial, _), expected)| *serial == expected));
        assert!(series.is_sorted_by_key(|(_, at)| *at));
    }
}

#[tokio::test]
async fn marta_kowalska_has_the_chart_of_the_tour() {
    let (clinic, accounts) = demo(2, 7).await;
    let account = accounts.iter().find(|account| account.username == "marta.kowalska").unwrap();
    let form = SignInForm {
        login: account.email.clone(),
        password: account.password.clone(),
        label: String::new(),
        device: crate::identity::Device::Program,
    };
    let session =
        clinic.services.sign_in(&Actor::anonymous("r1"), form).await.unwrap().session().unwrap().session;
    let marta = clinic.services.authenticate(session.id, "r2").await.unwrap();
    let chart =
        clinic.services.execute(&marta, ReadChart { patient: marta.patient().unwrap() }).await.unwrap();
    let pressures: Vec<(u16, u16)> = chart
        .entries
        .iter()
        .rev()
        .filter_map(|entry| match &entry.body {
            RecordBody::Vitals(vitals) => vitals.systolic.zip(vitals.diastolic),
            _ => None,
        })
        .collect();
    assert_eq!(pressures.len(), 7);
    assert_eq!((pressures[0], pressures[6]), ((152, 96), (131, 82)));
    let allergies: Vec<String> = chart
        .entries
        .iter()
        .filter(|entry| entry.body.kind() == "allergy")
        .map(|entry| format!("{}: {}", entry.condition(), entry.treatment()))
        .collect();
    assert_eq!(allergies, ["Allergy: Penicillin: Anaphylaxis"]);
    let has_addendum = chart.entries.iter().any(|entry| match &entry.body {
        RecordBody::Note(note) => note.is_signed() && !note.addenda.is_empty(),
        _ => false,
    });
    assert!(has_addendum);
    assert!(chart.appointments.iter().any(|visit| visit.time.start() > clinic.services.now()));
}

#[tokio::test]
async fn the_lists_that_close_the_day_are_not_empty() {
    let (clinic, _) = demo(6, 7).await;
    let system = Actor::system("r1");
    let open =
        contents(&clinic).await.records.into_iter().filter(|record| !record.is_visible_to_patient()).count();
    assert!((1..=3).contains(&open), "{open} unsigned notes");
    let not_billed = clinic.services.execute(&system, crate::billing::VisitsNotBilled {}).await.unwrap();
    assert!(!not_billed.is_empty());
    let activity = clinic.services.execute(&system, ReadActivity {}).await.unwrap();
    assert!(activity.sign_ins_by_day.iter().map(|(_, count)| count).sum::<u64>() > 20);
    let week = crate::billing::Takings {
        from: clinic.services.today(),
        until: clinic.services.today().tomorrow().unwrap(),
    };
    let takings = clinic.services.execute(&system, week).await.unwrap();
    assert!(takings.outstanding.minor > takings.overdue.minor && takings.overdue.minor > 0);
}

#[tokio::test]
async fn what_was_made_is_in_the_audit_log_in_the_order_of_time() {
    let (clinic, _) = demo(2, 7).await;
    let log = clinic.audit().await;
    assert!(log.is_sorted_by_key(|event| event.event.at));
    assert!(log.iter().all(|event| event.event.reason == "demonstration data"));
    let made = contents(&clinic).await;
    let about = |prefix: &str| {
        let subjects = log.iter().map(|event| event.event.subject.as_str());
        subjects.filter(|subject| subject.starts_with(prefix)).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(about("patient "), made.patients.len());
    assert_eq!(about("appointment "), made.appointments.len());
    assert_eq!(about("record "), made.records.len());
    assert_eq!(about("bill "), made.invoices.len());
}

#[tokio::test]
async fn a_measured_clinic_has_its_appointments_and_free_times_between_them() {
    let clinic = fixture::empty_clinic().await;
    let account = clinic
        .services
        .seed_bench(BenchSize { appointments: 12_000, accounts: 20, ..BenchSize::default() })
        .await
        .unwrap();
    assert_eq!(account.role, Role::Receptionist);
    let totals = clinic.totals();
    assert_eq!((totals.users, totals.patients, totals.appointments), (31, 1_000, 12_000));
    let today = DayView { date: clinic.services.today() };
    let day = clinic.services.execute(&Actor::system("r1"), today).await.unwrap();
    let booked: usize = day.doctors.iter().map(|column| column.appointments.len()).sum();
    let offered: usize = day.doctors.iter().map(|column| column.slots.len()).sum();
    assert!((30..offered).contains(&booked), "{booked} of {offered}");
}
