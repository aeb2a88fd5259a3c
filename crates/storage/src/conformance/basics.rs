//! Single objects: insert, look up, update, unique keys.

use super::samples::{
    appointment, doctor, draft, issued, mrn, note, paid, patient, refund_asked, refunded, session, user,
};
use super::{Store, add_linked as add, change_linked as change, get, read};
use crate::{Constraint, PatientKey, StorageError, Totals, UserKey, Version};
use domain::{
    Appointment, AppointmentId, Email, Invoice, InvoiceId, Patient, PatientId, Record, RecordId, Schedule,
    Session, SessionId, User, UserId, Username,
};

fn conflict(constraint: Constraint) -> Result<Version, StorageError> {
    Err(StorageError::Conflict(constraint))
}

pub(super) async fn what_is_inserted_is_found_by_every_key(store: Store) {
    let mut person = user(7);
    person.email = Email::imported("Ada@Example.ORG");
    assert_eq!(add(&store, person.clone()).await, Ok(1));
    for key in
        [UserKey::Id(UserId(7)), UserKey::Email("ada@example.org".into()), UserKey::Username("user7".into())]
    {
        let found = get::<User>(&store, key).await.expect("the user is there");
        assert_eq!((found.value, found.version), (person.clone(), 1));
    }
    let mut sick = patient(9, "Ada", "Byron");
    sick.user = Some(UserId(7));
    assert_eq!(add(&store, sick.clone()).await, Ok(1));
    for key in [PatientKey::Id(PatientId(9)), PatientKey::Mrn(sick.mrn), PatientKey::User(UserId(7))] {
        assert_eq!(get::<Patient>(&store, key).await.map(|found| found.value), Some(sick.clone()));
    }
    let (visit, entry, bill) =
        (appointment(1, 9, doctor(2), 0), note(1, 9, 2), paid(issued(draft(1, 9), 1), 1, 50, 3));
    let (stay, hours) = (session(3, 7, 0), Schedule::office_hours(UserId(2)));
    assert_eq!(add(&store, visit.clone()).await, Ok(1));
    assert_eq!(add(&store, entry.clone()).await, Ok(1));
    assert_eq!(add(&store, bill.clone()).await, Ok(1));
    assert_eq!(add(&store, stay.clone()).await, Ok(1));
    assert_eq!(add(&store, hours.clone()).await, Ok(1));
    assert_eq!(get::<Appointment>(&store, AppointmentId(1)).await.map(|found| found.value), Some(visit));
    assert_eq!(get::<Record>(&store, RecordId(1)).await.map(|found| found.value), Some(entry));
    assert_eq!(get::<Invoice>(&store, InvoiceId(1)).await.map(|found| found.value), Some(bill));
    assert_eq!(get::<Session>(&store, SessionId(3)).await.map(|found| found.value), Some(stay));
    assert_eq!(get::<Schedule>(&store, UserId(2)).await.map(|found| found.value), Some(hours));
}

pub(super) async fn an_unknown_key_finds_nothing(store: Store) {
    assert_eq!(get::<User>(&store, UserKey::Email("nobody@example.org".into())).await, None);
    assert_eq!(get::<Patient>(&store, PatientKey::Mrn(mrn(1))).await, None);
    assert_eq!(get::<Appointment>(&store, AppointmentId(1)).await, None);
}

pub(super) async fn several_are_found_at_once(store: Store) {
    for id in 1..=5 {
        assert_eq!(add(&store, patient(id, "Ada", "Byron")).await, Ok(1));
        assert_eq!(add(&store, user(u64::try_from(id).unwrap_or_default())).await, Ok(1));
    }
    let found = read(&store, |tx| {
        Box::pin(async move {
            let ids = [4, 2, 99].map(|id| PatientKey::Id(PatientId(id)));
            let patients = tx.patients().lookup_all(&ids).await?;
            let keys = [UserKey::Id(UserId(1)), UserKey::Username("user3".into())];
            let users = tx.users().lookup_all(&keys).await?;
            Ok((patients, users, tx.schedules().lookup_all(&[]).await?.len()))
        })
    });
    let (mut patients, mut users, schedules) = found.await.expect("a look-up succeeds");
    patients.sort_by_key(|row| row.value.id);
    users.sort_by_key(|row| row.value.id);
    assert_eq!(patients.iter().map(|row| row.value.id.0).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(users.iter().map(|row| row.value.id.0).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(schedules, 0);
}

pub(super) async fn an_id_is_given_once(store: Store) {
    assert_eq!(add(&store, user(1)).await, Ok(1));
    let mut other = user(2);
    other.id = UserId(1);
    assert_eq!(add(&store, other).await, conflict(Constraint::Id));
    assert_eq!(get::<User>(&store, UserKey::Id(UserId(1))).await.map(|found| found.value), Some(user(1)));
}

pub(super) async fn an_update_raises_the_version(store: Store) {
    assert_eq!(add(&store, draft(1, 1)).await, Ok(1));
    assert_eq!(change(&store, 1, issued(draft(1, 1), 1)).await, Ok(2));
    assert_eq!(change(&store, 2, paid(issued(draft(1, 1), 1), 1, 10, 0)).await, Ok(3));
    assert_eq!(get::<Invoice>(&store, InvoiceId(1)).await.map(|found| found.version), Some(3));
}

pub(super) async fn an_update_of_what_was_changed_since_is_stale(store: Store) {
    assert_eq!(add(&store, note(1, 1, 1)).await, Ok(1));
    assert_eq!(change(&store, 1, note(1, 2, 1)).await, Ok(2));
    assert_eq!(change(&store, 1, note(1, 3, 1)).await, Err(StorageError::Stale));
    assert_eq!(change(&store, 3, note(1, 3, 1)).await, Err(StorageError::Stale));
    assert_eq!(get::<Record>(&store, RecordId(1)).await.map(|found| found.value), Some(note(1, 2, 1)));
}

pub(super) async fn an_update_of_what_does_not_exist_is_stale(store: Store) {
    assert_eq!(change(&store, 1, user(1)).await, Err(StorageError::Stale));
    assert_eq!(change(&store, 0, user(1)).await, Err(StorageError::Stale));
}

pub(super) async fn an_email_address_is_unique_without_regard_to_case(store: Store) {
    assert_eq!(add(&store, user(1)).await, Ok(1));
    let mut other = user(2);
    other.email = Email::imported("USER1@example.org");
    assert_eq!(add(&store, other.clone()).await, conflict(Constraint::UserEmail));
    assert_eq!(add(&store, user(2)).await, Ok(1));
    assert_eq!(change(&store, 1, other).await, conflict(Constraint::UserEmail));
    assert_eq!(change(&store, 1, user(1)).await, Ok(2), "one's own address is no conflict");
}

pub(super) async fn a_username_is_unique_without_regard_to_case(store: Store) {
    assert_eq!(add(&store, user(1)).await, Ok(1));
    let mut other = user(2);
    other.username = Username::imported("USER1");
    assert_eq!(add(&store, other).await, conflict(Constraint::UserUsername));
}

pub(super) async fn a_changed_email_address_frees_the_old_one(store: Store) {
    assert_eq!(add(&store, user(1)).await, Ok(1));
    let mut moved = user(1);
    moved.email = Email::imported("new@example.org");
    assert_eq!(change(&store, 1, moved).await, Ok(2));
    let mut heir = user(2);
    heir.email = user(1).email;
    assert_eq!(add(&store, heir).await, Ok(1));
    let holder = get::<User>(&store, UserKey::Email("user1@example.org".into())).await;
    assert_eq!(holder.map(|found| found.value.id), Some(UserId(2)));
}

pub(super) async fn an_account_belongs_to_one_patient(store: Store) {
    let (mut first, mut second) = (patient(1, "Ada", "Byron"), patient(2, "Ada", "Byron"));
    (first.user, second.user) = (Some(UserId(1)), Some(UserId(1)));
    assert_eq!(add(&store, first.clone()).await, Ok(1));
    assert_eq!(add(&store, second.clone()).await, conflict(Constraint::PatientUser));
    first.user = None;
    assert_eq!(change(&store, 1, first).await, Ok(2));
    assert_eq!(add(&store, second).await, Ok(1));
}

pub(super) async fn a_medical_record_number_is_unique(store: Store) {
    assert_eq!(add(&store, patient(1, "Ada", "Byron")).await, Ok(1));
    let mut second = patient(2, "Eva", "Byron");
    second.mrn = mrn(1);
    assert_eq!(add(&store, second).await, conflict(Constraint::PatientMrn));
}

pub(super) async fn an_invoice_number_is_unique(store: Store) {
    assert_eq!(add(&store, issued(draft(1, 1), 1)).await, Ok(1));
    assert_eq!(add(&store, draft(2, 1)).await, Ok(1));
    assert_eq!(change(&store, 1, issued(draft(2, 1), 1)).await, conflict(Constraint::InvoiceNumber));
    assert_eq!(change(&store, 1, issued(draft(2, 1), 2)).await, Ok(2));
}

pub(super) async fn a_receipt_number_is_unique(store: Store) {
    assert_eq!(add(&store, paid(issued(draft(1, 1), 1), 1, 50, 0)).await, Ok(1));
    let second = issued(draft(2, 1), 2);
    assert_eq!(add(&store, paid(second.clone(), 1, 50, 0)).await, conflict(Constraint::ReceiptNumber));
    let twice = paid(paid(second, 2, 50, 0), 2, 50, 1);
    assert_eq!(add(&store, twice).await, conflict(Constraint::ReceiptNumber));
}

pub(super) async fn a_credit_note_number_is_unique(store: Store) {
    let bill = |id| paid(issued(draft(id, 1), id), id, 4_000, 0);
    assert_eq!(add(&store, refunded(bill(1), 1, 50, 5)).await, Ok(1));
    assert_eq!(add(&store, refunded(bill(2), 1, 50, 5)).await, conflict(Constraint::CreditNoteNumber));
    let twice = refunded(refunded(bill(2), 2, 50, 5), 2, 50, 6);
    assert_eq!(add(&store, twice).await, conflict(Constraint::CreditNoteNumber));
    assert_eq!(add(&store, bill(2)).await, Ok(1));
    let given = refunded(refund_asked(bill(2), 50, 4), 2, 50, 5);
    assert_eq!(change(&store, 1, given.clone()).await, Ok(2));
    assert_eq!(
        change(&store, 2, refunded(given.clone(), 1, 50, 6)).await,
        conflict(Constraint::CreditNoteNumber)
    );
    assert_eq!(change(&store, 2, refunded(given, 3, 50, 6)).await, Ok(3));
}

pub(super) async fn totals_count_what_is_stored(store: Store) {
    for id in 1..=3 {
        assert_eq!(add(&store, user(id)).await, Ok(1));
        assert_eq!(add(&store, patient(id.into(), "Ada", "Byron")).await, Ok(1));
    }
    assert_eq!(add(&store, appointment(1, 1, doctor(1), 0)).await, Ok(1));
    assert_eq!(add(&store, note(1, 1, 1)).await, Ok(1));
    assert_eq!(add(&store, draft(1, 1)).await, Ok(1));
    let expected = Totals { users: 3, patients: 3, appointments: 1, medical_records: 1, billings: 1 };
    assert_eq!(read(&store, |tx| Box::pin(async move { tx.totals().await })).await, Ok(expected));
    assert_eq!(store.status().totals, expected);
}

pub(super) async fn reading_never_writes(store: Store) {
    let insert = read(&store, |tx| Box::pin(async move { tx.users().insert(user(1)).await }));
    assert_eq!(insert.await, Err(StorageError::ReadOnly));
    let update = read(&store, |tx| Box::pin(async move { tx.users().update(1, user(1)).await }));
    assert_eq!(update.await, Err(StorageError::ReadOnly));
    let next = read(&store, |tx| Box::pin(async move { tx.counters().next(crate::Counter::User).await }));
    assert_eq!(next.await, Err(StorageError::ReadOnly));
    let event = super::samples::event(0, domain::Action::SignIn);
    let append = read(&store, move |tx| {
        let event = event.clone();
        Box::pin(async move { tx.audit().append(event).await })
    });
    assert_eq!(append.await, Err(StorageError::ReadOnly));
    assert_eq!(store.status().totals, Totals::default());
}
