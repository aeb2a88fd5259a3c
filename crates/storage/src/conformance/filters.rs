//! Filters of each aggregate, one by one and combined; a count always agrees with the list.

use super::samples::{
    appointment, at, attempts, care_team, doctor, draft, emergency, issued, note, paid, patient,
    refund_asked, refunded, session, signed, unlinked_summary, user, written,
};
use super::{Kept, Store, add_linked as add, change_linked as change, count, list};
use crate::{
    AccessFilter, AppointmentFilter, InvoiceFilter, Order, PageRequest, PatientFilter, RecordFilter,
    RefundFilter, SessionFilter, UserFilter,
};
use domain::access::Review;
use domain::appointment::DoctorKey;
use domain::invoice::{InvoiceStatus, LegacyBill};
use domain::{
    AccessEntry, AccessFact, AccessKind, Appointment, AppointmentId, AppointmentStatus, Invoice, Patient,
    PatientId, PatientLink, Record, Role, Session, User, UserId,
};
use jiff::civil::date;

async fn gives<T: Kept<Id: Into<Number>>>(store: &Store, filter: T::Filter, expected: &[u128]) {
    let page = list::<T>(store, filter.clone(), PageRequest::all(Order::Ascending)).await;
    let mut found: Vec<u128> = page.items.iter().map(|row| row.value.id().into().0).collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{filter:?}");
    assert_eq!(count::<T>(store, filter).await, expected.len() as u64);
}

/// An id of any kind as a number, so that expectations are short.
struct Number(u128);

macro_rules! numbers {
    ($($id:ident)*) => {
        $(impl From<domain::$id> for Number {
            fn from(id: domain::$id) -> Self {
                Self(id.0.into())
            }
        })*
    };
}
numbers!(AccessId UserId AppointmentId RecordId InvoiceId PatientId SessionId);

pub(super) async fn users_are_filtered(store: Store) {
    for id in 1..=4 {
        let mut person = user(id);
        person.role = if id == 3 { Role::Nurse } else { Role::Doctor };
        person.display_name = if id == 4 { "Dr Émile Zola".to_owned() } else { person.display_name };
        add(&store, person).await.expect("a user");
    }
    gives::<User>(&store, UserFilter::default(), &[1, 2, 3, 4]).await;
    gives::<User>(&store, UserFilter { id: Some(UserId(2)), ..UserFilter::default() }, &[2]).await;
    gives::<User>(&store, UserFilter::role(Role::Doctor), &[1, 2, 4]).await;
    let text = |text: &str| UserFilter { text: Some(text.to_owned()), ..UserFilter::default() };
    gives::<User>(&store, text("émile"), &[4]).await;
    gives::<User>(&store, text("user2@"), &[2]).await;
    gives::<User>(&store, UserFilter { role: Some(Role::Nurse), ..text("user2") }, &[]).await;
}

pub(super) async fn sessions_are_filtered(store: Store) {
    let mut revoked = session(2, 1, 0);
    revoked.revoked_at = Some(at(1));
    for stay in [session(1, 1, 0), revoked, session(3, 2, 20), session(4, 1, -700)] {
        add(&store, stay).await.expect("a session");
    }
    let live = SessionFilter { live_at: Some(at(25)), ..SessionFilter::default() };
    gives::<Session>(&store, live.clone(), &[1, 3]).await;
    gives::<Session>(&store, SessionFilter { live_at: Some(at(730)), ..SessionFilter::default() }, &[3])
        .await;
    gives::<Session>(&store, SessionFilter { user: Some(UserId(1)), ..live }, &[1]).await;
    let all_of_one = SessionFilter { user: Some(UserId(1)), live_at: None };
    gives::<Session>(&store, all_of_one, &[1, 2, 4]).await;
}

pub(super) async fn access_entries_are_filtered(store: Store) {
    let (mut seen, ended) = (emergency(3, 1, 2, 10), emergency(4, 2, 1, -100));
    let review = Review { by: UserId(2), at: at(11), justified: true, comment: String::new() };
    seen.fact = AccessFact::Emergency { reason: "Fall".to_owned(), review: Some(review) };
    for entry in [attempts(1, 1, 0), emergency(2, 1, 1, 5), seen, ended] {
        add(&store, entry).await.expect("an entry");
    }
    gives::<AccessEntry>(&store, AccessFilter::default(), &[1, 2, 3, 4]).await;
    let emergencies = AccessFilter { kind: Some(AccessKind::Emergency), ..AccessFilter::default() };
    gives::<AccessEntry>(&store, emergencies.clone(), &[2, 3, 4]).await;
    let of_user = AccessFilter { user: Some(UserId(1)), ..AccessFilter::default() };
    gives::<AccessEntry>(&store, of_user.clone(), &[1, 2, 3]).await;
    let of_patient = AccessFilter { patient: Some(PatientId(1)), ..emergencies.clone() };
    gives::<AccessEntry>(&store, of_patient.clone(), &[2, 4]).await;
    gives::<AccessEntry>(&store, AccessFilter { user: of_user.user, ..of_patient }, &[2]).await;
    gives::<AccessEntry>(&store, AccessFilter { live_at: Some(at(64)), ..emergencies.clone() }, &[2, 3])
        .await;
    gives::<AccessEntry>(&store, AccessFilter { live_at: Some(at(65)), ..emergencies.clone() }, &[3]).await;
    gives::<AccessEntry>(&store, AccessFilter { awaiting_review: true, ..emergencies }, &[2, 4]).await;
}

pub(super) async fn care_teams_are_found_by_member_patient_and_instant(store: Store) {
    for entry in [care_team(1, 1, 1, 0), care_team(2, 1, 2, 60), care_team(3, 2, 1, 0), emergency(4, 1, 1, 0)]
    {
        add(&store, entry).await.expect("an entry");
    }
    let teams = |live| AccessFilter {
        kind: Some(AccessKind::CareTeam),
        live_at: Some(at(live)),
        ..AccessFilter::default()
    };
    let (member, patient) = (Some(UserId(1)), Some(PatientId(1)));
    gives::<AccessEntry>(&store, AccessFilter { user: member, ..teams(0) }, &[1, 2]).await;
    gives::<AccessEntry>(&store, AccessFilter { patient, ..teams(0) }, &[1, 3]).await;
    gives::<AccessEntry>(&store, AccessFilter { user: member, patient, ..teams(24 * 60 - 1) }, &[1]).await;
    gives::<AccessEntry>(&store, AccessFilter { user: member, ..teams(24 * 60) }, &[2]).await;
}

pub(super) async fn patients_are_filtered(store: Store) {
    let mut old = patient(3, "Ada", "Lovelace");
    old.birth_date = Some(date(1815, 12, 10));
    for person in [patient(1, "Ada", "Byron"), patient(2, "Marta", "Kowalska"), old] {
        add(&store, person).await.expect("a patient");
    }
    let text = |text: &str| PatientFilter { text: Some(text.to_owned()), ..PatientFilter::default() };
    gives::<Patient>(&store, text("ada"), &[1, 3]).await;
    gives::<Patient>(&store, text("KOWAL mar"), &[2]).await;
    let born = PatientFilter { birth_date: Some(date(1815, 12, 10)), ..text("ada") };
    gives::<Patient>(&store, born, &[3]).await;
    let named = PatientFilter { folded_name: Some("marta kowalska".into()), ..PatientFilter::default() };
    gives::<Patient>(&store, named, &[2]).await;
}

pub(super) async fn appointments_are_filtered(store: Store) {
    let mut stray = appointment(3, 9, written("Dr. Smith"), 60);
    stray.patient = PatientLink { id: None, name: "John Doe".to_owned() };
    let mut done = appointment(4, 1, doctor(1), -60);
    done.status = AppointmentStatus::Fulfilled;
    for visit in [appointment(1, 1, doctor(1), 0), appointment(2, 2, doctor(1), 60), stray, done] {
        add(&store, visit).await.expect("an appointment");
    }
    let every = AppointmentFilter::default;
    gives::<Appointment>(&store, every(), &[1, 2, 3, 4]).await;
    let of_doctor = AppointmentFilter { doctor: Some(DoctorKey::Account(UserId(1))), ..every() };
    gives::<Appointment>(&store, of_doctor.clone(), &[1, 2, 4]).await;
    gives::<Appointment>(&store, AppointmentFilter { from: Some(at(0)), ..of_doctor.clone() }, &[1, 2]).await;
    gives::<Appointment>(&store, AppointmentFilter { until: Some(at(60)), ..of_doctor }, &[1, 4]).await;
    let smith = Some(DoctorKey::Written("smith".into()));
    gives::<Appointment>(&store, AppointmentFilter { doctor: smith, ..every() }, &[3]).await;
    let nobody = Some(DoctorKey::Written("nobody".into()));
    gives::<Appointment>(&store, AppointmentFilter { doctor: nobody, ..every() }, &[]).await;
    gives::<Appointment>(&store, AppointmentFilter { unlinked: true, ..every() }, &[3]).await;
    gives::<Appointment>(&store, AppointmentFilter { unlinked: true, by_id: true, ..every() }, &[3]).await;
    gives::<Appointment>(&store, AppointmentFilter::patient(PatientId(1)), &[1, 4]).await;
    let fulfilled = vec![AppointmentStatus::Fulfilled];
    gives::<Appointment>(&store, AppointmentFilter { statuses: fulfilled.clone(), ..every() }, &[4]).await;
    let both = vec![AppointmentStatus::Fulfilled, AppointmentStatus::Booked];
    gives::<Appointment>(&store, AppointmentFilter { statuses: both, from: Some(at(1)), ..every() }, &[2, 3])
        .await;
    let mine = AppointmentFilter { statuses: fulfilled, ..AppointmentFilter::patient(PatientId(1)) };
    gives::<Appointment>(&store, mine, &[4]).await;
    let window = AppointmentFilter { from: Some(at(60)), until: Some(at(60)), ..every() };
    gives::<Appointment>(&store, window, &[]).await;
    let reversed = AppointmentFilter { from: Some(at(60)), until: Some(at(0)), ..every() };
    gives::<Appointment>(&store, reversed, &[]).await;
}

pub(super) async fn records_are_filtered(store: Store) {
    let mut visit = note(5, 2, 2);
    visit.appointment = Some(AppointmentId(8));
    for entry in [note(1, 1, 1), signed(note(2, 1, 1)), unlinked_summary(3), note(4, 1, 2), visit] {
        add(&store, entry).await.expect("an entry");
    }
    let every = RecordFilter::default;
    gives::<Record>(&store, RecordFilter { patient: Some(PatientId(1)), ..every() }, &[1, 2, 4]).await;
    let readable = RecordFilter { patient: Some(PatientId(1)), visible_to_patient: true, ..every() };
    gives::<Record>(&store, readable, &[2]).await;
    let some = RecordFilter { patients: Some(vec![PatientId(2)]), ..every() };
    gives::<Record>(&store, some.clone(), &[5]).await;
    gives::<Record>(&store, RecordFilter { or_unlinked: true, ..some }, &[3, 5]).await;
    gives::<Record>(&store, RecordFilter { patients: Some(vec![]), ..every() }, &[]).await;
    gives::<Record>(&store, RecordFilter { kinds: vec!["summary"], ..every() }, &[3]).await;
    gives::<Record>(&store, RecordFilter { unsigned_by: Some(UserId(1)), ..every() }, &[1]).await;
    let by = |author| RecordFilter { author: Some(UserId(author)), ..every() };
    gives::<Record>(&store, by(1), &[1, 2]).await;
    gives::<Record>(&store, RecordFilter { patient: Some(PatientId(2)), ..by(2) }, &[5]).await;
    gives::<Record>(&store, RecordFilter { patients: Some(vec![PatientId(1)]), ..by(2) }, &[4]).await;
    gives::<Record>(&store, RecordFilter { kinds: vec!["summary"], ..by(1) }, &[]).await;
    gives::<Record>(&store, RecordFilter { appointment: Some(AppointmentId(8)), ..every() }, &[5]).await;
}

pub(super) async fn invoices_are_filtered(store: Store) {
    let mut old = draft(5, 9);
    old.patient = PatientLink { id: None, name: "John Doe".to_owned() };
    old.legacy = Some(LegacyBill { amount: "100".into(), payment_method: "cash".into(), imported: true });
    let mut visit = issued(draft(2, 1), 1);
    visit.appointment = Some(AppointmentId(8));
    let part = paid(issued(draft(3, 1), 2), 1, 1_000, 0);
    let full = paid(paid(issued(draft(4, 2), 3), 2, 4_000, 10), 3, 250, 200);
    for bill in [draft(1, 1), visit, part, full, old] {
        add(&store, bill).await.expect("a bill");
    }
    let every = InvoiceFilter::default;
    gives::<Invoice>(&store, every(), &[1, 2, 3, 4, 5]).await;
    gives::<Invoice>(&store, InvoiceFilter::patient(PatientId(1)), &[1, 2, 3]).await;
    gives::<Invoice>(
        &store,
        InvoiceFilter { issued_only: true, ..InvoiceFilter::patient(PatientId(1)) },
        &[2, 3],
    )
    .await;
    for (status, id) in InvoiceStatus::ALL.into_iter().zip(1..) {
        gives::<Invoice>(&store, InvoiceFilter { statuses: vec![status], ..every() }, &[id]).await;
    }
    let open = vec![InvoiceStatus::PartlyPaid, InvoiceStatus::Issued];
    gives::<Invoice>(&store, InvoiceFilter { statuses: open, ..every() }, &[2, 3]).await;
    gives::<Invoice>(&store, InvoiceFilter { appointment: Some(AppointmentId(8)), ..every() }, &[2]).await;
    let visits = |ids: &[u64]| InvoiceFilter {
        appointments: Some(ids.iter().copied().map(AppointmentId).collect()),
        ..every()
    };
    gives::<Invoice>(&store, visits(&[7, 8, 8]), &[2]).await;
    gives::<Invoice>(&store, visits(&[]), &[]).await;
    let paid_in =
        |from, until| InvoiceFilter { paid_from: Some(at(from)), paid_until: Some(at(until)), ..every() };
    gives::<Invoice>(&store, paid_in(0, 11), &[3, 4]).await;
    gives::<Invoice>(&store, paid_in(1, 1_000), &[4]).await;
    gives::<Invoice>(&store, paid_in(11, 200), &[]).await;
    gives::<Invoice>(&store, InvoiceFilter { paid_from: Some(at(200)), ..every() }, &[4]).await;
}

pub(super) async fn invoices_are_filtered_by_refunds(store: Store) {
    let bill = |id| paid(issued(draft(id, u128::from(id % 2) + 1), id), id, 4_000, 0);
    let given = refunded(bill(2), 1, 500, 10);
    let again = refunded(refunded(bill(3), 2, 500, 10), 3, 500, 200);
    for bill in [bill(1), given.clone(), again, refund_asked(bill(4), 500, 10)] {
        add(&store, bill).await.expect("a bill");
    }
    let every = InvoiceFilter::default;
    let of = |refunds| InvoiceFilter { refunds: Some(refunds), ..every() };
    gives::<Invoice>(&store, of(RefundFilter::Any), &[2, 3, 4]).await;
    gives::<Invoice>(&store, of(RefundFilter::Waiting), &[4]).await;
    let of_one = InvoiceFilter { patient: Some(PatientId(1)), ..of(RefundFilter::Any) };
    gives::<Invoice>(&store, of_one, &[2, 4]).await;
    let given_in = |from, until| InvoiceFilter { refunded_in: Some((at(from), at(until))), ..every() };
    gives::<Invoice>(&store, given_in(0, 1_000), &[2, 3]).await;
    gives::<Invoice>(&store, given_in(10, 11), &[2, 3]).await;
    gives::<Invoice>(&store, given_in(0, 10), &[]).await;
    gives::<Invoice>(&store, given_in(11, 201), &[3]).await;
    change(&store, 1, refund_asked(given, 500, 20)).await.expect("a second request");
    gives::<Invoice>(&store, of(RefundFilter::Waiting), &[2, 4]).await;
    change(&store, 1, refunded(bill(4), 4, 500, 30)).await.expect("it is given");
    gives::<Invoice>(&store, of(RefundFilter::Waiting), &[2]).await;
    gives::<Invoice>(&store, given_in(30, 31), &[4]).await;
}
