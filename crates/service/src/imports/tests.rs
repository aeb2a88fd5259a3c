//! Edits as they come from files, and what the application does not let files do.

use super::ImportEdits;
use crate::fixture::{Fixture, clinic_on_files};
use crate::{Actor, ServiceError, Versioned};
use domain::record::{Note, Signature};
use domain::{
    Action, Appointment, AppointmentStatus, AuditOutcome, Email, Patient, PatientId, PatientLink, Record,
    RecordBody, RecordId, Role, Schedule, TimeRange, User, UserId, UserStatus,
};
use storage::{Counter, Edit, Edited, PatientKey, UserKey};

/// Takes edits in as the command line does; the words of a refusal.
async fn import(fixture: &Fixture, edits: Vec<Edit>) -> Result<usize, String> {
    let operator = Actor::system("command-line");
    fixture.services.execute(&operator, ImportEdits { edits }).await.map_err(|error| error.to_string())
}

async fn account(fixture: &Fixture, id: UserId) -> Versioned<User> {
    fixture
        .store(move |tx| Box::pin(async move { Ok(tx.users().lookup(&UserKey::Id(id)).await?.unwrap()) }))
        .await
}

async fn booked(fixture: &Fixture, id: domain::AppointmentId) -> Versioned<Appointment> {
    fixture.store(move |tx| Box::pin(async move { Ok(tx.appointments().lookup(&id).await?.unwrap()) })).await
}

async fn known(fixture: &Fixture, id: PatientId) -> Versioned<Patient> {
    fixture
        .store(move |tx| {
            Box::pin(async move { Ok(tx.patients().lookup(&PatientKey::Id(id)).await?.unwrap()) })
        })
        .await
}

fn edited<T>(before: Option<Versioned<T>>, after: T) -> Edited<T> {
    Edited { place: "file.json, row 1".to_owned(), before, after }
}

fn user(before: &Versioned<User>, change: impl FnOnce(&mut User)) -> Edit {
    let mut after = before.value.clone();
    change(&mut after);
    Edit::User(edited(Some(before.clone()), after))
}

fn visit(before: &Versioned<Appointment>, change: impl FnOnce(&mut Appointment)) -> Edit {
    let mut after = before.value.clone();
    change(&mut after);
    Edit::Appointment(edited(Some(before.clone()), after))
}

#[tokio::test]
async fn every_changed_object_has_an_audit_event_of_its_own() {
    let fixture = clinic_on_files().await;
    let id = fixture.visit_of_marta().await;
    let edits = vec![
        visit(&booked(&fixture, id).await, |visit| visit.status = AppointmentStatus::CancelledByClinic),
        user(&account(&fixture, fixture.nurse.user().unwrap()).await, |user| {
            "Nina O.".clone_into(&mut user.display_name);
        }),
    ];
    assert_eq!(import(&fixture, edits).await, Ok(2));
    assert_eq!(booked(&fixture, id).await.status, AppointmentStatus::CancelledByClinic);
    let events = fixture.audit().await;
    let told: Vec<_> = events
        .iter()
        .rev()
        .take(3)
        .map(|it| (it.event.action, it.event.subject.as_str(), it.event.patient, it.event.outcome))
        .collect();
    let event = |subject, patient| (Action::ImportData, subject, patient, AuditOutcome::Success);
    let visit = format!("appointment {id}");
    assert_eq!(
        told,
        [
            event("2 objects changed in files", None),
            (Action::ManageUsers, "user 5", None, AuditOutcome::Success),
            event(visit.as_str(), Some(fixture.marta)),
        ]
    );
}

#[tokio::test]
async fn all_is_taken_in_or_nothing() {
    let fixture = clinic_on_files().await;
    let (first, second) = (
        fixture.visit_of_marta().await,
        fixture.visit(&fixture.doctor, fixture.tom, fixture.in_hours(3), AppointmentStatus::Booked).await,
    );
    let nurse = account(&fixture, fixture.nurse.user().unwrap()).await;
    let edits = vec![
        user(&nurse, |user| "Nina O.".clone_into(&mut user.display_name)),
        visit(&booked(&fixture, second).await, |visit| {
            visit.time = TimeRange::new(fixture.in_hours(1), 30).unwrap();
        }),
    ];
    let why = import(&fixture, edits).await.unwrap_err();
    assert!(why.starts_with("file.json, row 1: the doctor has another appointment at this time"), "{why}");
    assert_eq!(account(&fixture, nurse.value.id).await, nurse);
    assert_eq!(booked(&fixture, first).await.version, 1);
    let last = fixture.audit().await.pop().unwrap().event;
    assert_eq!((last.action, last.outcome), (Action::ImportData, AuditOutcome::Failed));
}

#[tokio::test]
async fn what_changed_since_the_file_was_written_is_not_overwritten() {
    let fixture = clinic_on_files().await;
    let nurse = account(&fixture, fixture.nurse.user().unwrap()).await;
    let same = user(&nurse, |user| "Early".clone_into(&mut user.display_name));
    let late = user(&nurse, |user| "Late".clone_into(&mut user.display_name));
    let early = user(&nurse, |user| "Early".clone_into(&mut user.display_name));
    assert_eq!(import(&fixture, vec![early]).await, Ok(1));
    assert_eq!(import(&fixture, vec![same]).await, Ok(1), "an import that was cut off may be run again");
    let why = import(&fixture, vec![late]).await.unwrap_err();
    assert!(why.contains("it was changed since this file was written"), "{why}");
    assert_eq!(account(&fixture, nurse.value.id).await.display_name, "Early");
}

#[tokio::test]
async fn another_role_ends_the_old_sessions_and_brings_what_the_role_needs() {
    let fixture = clinic_on_files().await;
    let nurse = account(&fixture, fixture.nurse.user().unwrap()).await;
    assert_eq!(import(&fixture, vec![user(&nurse, |user| user.role = Role::Doctor)]).await, Ok(1));
    let after = account(&fixture, nurse.value.id).await;
    assert_eq!(after.security_version, nurse.security_version + 1);
    let id = after.id;
    let hours = fixture
        .store(move |tx| Box::pin(async move { Ok(tx.schedules().lookup(&id).await?.map(|it| it.value)) }))
        .await;
    assert_eq!(hours, Some(Schedule::office_hours(id)));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let fixture = clinic_on_files().await;
    let admin = account(&fixture, fixture.admin.user().unwrap()).await;
    for edit in [
        user(&admin, |user| user.role = Role::Nurse),
        user(&admin, |user| user.status = UserStatus::Disabled),
    ] {
        let why = import(&fixture, vec![edit]).await.unwrap_err();
        assert!(why.starts_with("users.json: the last administrator"), "{why}");
    }
}

#[tokio::test]
async fn new_rows_take_the_next_numbers_and_refer_to_what_exists() {
    let fixture = clinic_on_files().await;
    let nurse = account(&fixture, fixture.nurse.user().unwrap()).await.value;
    let new = |id: u64, login: &str| User {
        id: UserId(id),
        username: domain::Username::parse(login).unwrap(),
        email: Email::parse(&format!("{login}@example.org")).unwrap(),
        ..nurse.clone()
    };
    let far = import(&fixture, vec![Edit::User(edited(None, new(77, "paula")))]).await.unwrap_err();
    assert!(far.contains("a new row here has the id 10, not 77"), "{far}");
    let lost = User { patient: Some(PatientId(5)), ..new(10, "paula") };
    let lost = import(&fixture, vec![Edit::User(edited(None, lost))]).await.unwrap_err();
    assert!(lost.contains("there is no patient"), "{lost}");
    let twice = import(&fixture, vec![Edit::User(edited(None, new(10, nurse.username.as_str())))]).await;
    assert!(twice.is_err());
    let two = vec![Edit::User(edited(None, new(10, "paula"))), Edit::User(edited(None, new(11, "quinn")))];
    assert_eq!(import(&fixture, two).await, Ok(2));

    let marta = known(&fixture, fixture.marta).await;
    let same_number = Patient { id: PatientId(9), user: None, ..marta.value.clone() };
    let why = import(&fixture, vec![Edit::Patient(edited(None, same_number))]).await.unwrap_err();
    assert!(why.contains("its medical record number must be"), "{why}");
    let hours = Schedule::office_hours(fixture.nurse.user().unwrap());
    let why = import(&fixture, vec![Edit::Schedule(edited(None, hours))]).await.unwrap_err();
    assert!(why.contains("has the role nurse"), "{why}");
}

#[tokio::test]
async fn no_hand_signs_or_changes_a_signed_note() {
    let fixture = clinic_on_files().await;
    let (author, now, marta) = (fixture.doctor.user().unwrap(), fixture.services.now(), fixture.marta);
    let draft = Record {
        id: RecordId(1),
        patient: PatientLink { id: Some(marta), name: "Marta Kowalska".to_owned() },
        author: Some(author),
        author_name: "Dr Amina Rahman".to_owned(),
        author_role: Role::Doctor,
        appointment: None,
        created_at: now,
        body: RecordBody::Note(Note { plan: "Rest".to_owned(), ..Note::default() }),
    };
    assert_eq!(import(&fixture, vec![Edit::Record(edited(None, draft.clone()))]).await, Ok(1));
    let mut signed = draft.clone();
    if let RecordBody::Note(note) = &mut signed.body {
        note.signature = Some(Signature { by: author, name: "Dr Amina Rahman".to_owned(), at: now });
    }
    let before = Versioned { value: draft.clone(), version: 1 };
    let signing = Edit::Record(edited(Some(before), signed.clone()));
    let why = import(&fixture, vec![signing]).await.unwrap_err();
    assert!(why.contains("a note is signed by its author"), "{why}");
    let was_signed = Edit::Record(edited(Some(Versioned { value: signed, version: 1 }), draft));
    let why = import(&fixture, vec![was_signed]).await.unwrap_err();
    assert!(why.contains("a signed note is never changed"), "{why}");
    let next =
        fixture.store(|tx| Box::pin(async move { tx.counters().next(Counter::MedicalRecord).await })).await;
    assert_eq!(next, 2, "a refused row takes no number");
}

#[tokio::test]
async fn nobody_who_is_signed_in_imports() {
    let fixture = clinic_on_files().await;
    for role in Role::ALL {
        let import = ImportEdits { edits: Vec::new() };
        let outcome = fixture.services.execute(fixture.actor_for(role), import).await;
        assert_eq!(outcome, Err(ServiceError::Forbidden), "{role}");
    }
}
