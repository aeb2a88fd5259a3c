//! Requests that are sent again, as callers meet them whose first answer got lost.

use crate::fixture::{Fixture, clinic, empty_clinic};
use crate::identity::{NewUserForm, SetUpForm, SignInForm, SignUpForm, UpdateUser};
use crate::scheduling::{BookAppointment, CancelAppointment};
use crate::{Actor, ConflictKind, RequestKey, ServiceError, UseCase as _, Versioned};
use domain::{Appointment, AuditOutcome, Code, Role, UserStatus};
use jiff::SignedDuration;
use std::fs;
use std::path::Path;

/// The caller with a request of a program; what is asked is told by its first words.
fn under(actor: &Actor, key: &str, asked: &str) -> Actor {
    actor.clone().repeating(Some(RequestKey::of_program(actor, "/here", key, &[asked.as_bytes()])))
}

fn visit(fixture: &Fixture, time: &str) -> BookAppointment {
    BookAppointment {
        patient: None,
        doctor: fixture.doctor.user().unwrap(),
        date: "2026-11-24".to_owned(),
        time: time.to_owned(),
        visit_type: "consultation".to_owned(),
        reason: String::new(),
        overbook_reason: String::new(),
    }
}

async fn book(fixture: &Fixture, caller: &Actor, time: &str) -> Result<Versioned<Appointment>, ServiceError> {
    fixture.services.book(caller, visit(fixture, time)).await
}

#[tokio::test]
async fn a_request_that_is_sent_again_gets_its_first_answer() {
    let fixture = clinic().await;
    let caller = under(&fixture.patient, "k", "half past nine");
    let first = book(&fixture, &caller, "09:30").await.unwrap();
    assert!(!caller.is_replayed());
    // What happened since is no part of the answer.
    let cancel = CancelAppointment { id: first.id, expected: first.version, reason: String::new() };
    fixture.services.execute(&fixture.patient, cancel).await.unwrap();
    let before = fixture.audit().await.len();
    let again = under(&fixture.patient, "k", "half past nine");
    assert_eq!(book(&fixture, &again, "09:30").await, Ok(first));
    assert!(again.is_replayed());
    assert_eq!(fixture.totals().appointments, 1);
    assert_eq!(fixture.audit().await.len(), before, "it was audited when it was done");
}

#[tokio::test]
async fn a_key_is_good_for_one_request() {
    let fixture = clinic().await;
    book(&fixture, &under(&fixture.patient, "k", "half past nine"), "09:30").await.unwrap();
    let other = under(&fixture.patient, "k", "ten");
    assert_eq!(book(&fixture, &other, "10:00").await, Err(ServiceError::KeyReused));
    assert!(!other.is_replayed());
    assert_eq!(fixture.totals().appointments, 1);
    let event = fixture.audit().await.pop().unwrap().event;
    assert_eq!((event.outcome, event.reason.as_str()), (AuditOutcome::Failed, "key-reused"));
}

#[tokio::test]
async fn the_same_key_of_another_account_is_another_key() {
    let fixture = clinic().await;
    let mine = book(&fixture, &under(&fixture.patient, "k", "a visit"), "09:30").await.unwrap();
    let theirs = book(&fixture, &under(&fixture.other_patient, "k", "a visit"), "10:00").await.unwrap();
    assert_ne!(mine.id, theirs.id);
    assert_eq!(theirs.patient.id, Some(fixture.tom));
}

#[tokio::test]
async fn a_request_that_failed_can_be_made_good_under_its_key() {
    let fixture = clinic().await;
    let refused = book(&fixture, &under(&fixture.patient, "k", "a visit"), "08:00").await;
    assert_eq!(refused, Err(ServiceError::field("time", Code::OutsideSchedule)));
    let taken = book(&fixture, &under(&fixture.patient, "k", "another visit"), "09:30").await;
    assert!(taken.is_ok());
}

#[tokio::test]
async fn after_a_day_a_key_is_forgotten() {
    let fixture = clinic().await;
    let caller = || under(&fixture.patient, "k", "a visit");
    let first = book(&fixture, &caller(), "09:30").await;
    fixture.clock.advance(SignedDuration::from_secs(24 * 3600 - 1));
    assert_eq!(book(&fixture, &caller(), "09:30").await, first);
    fixture.clock.advance(SignedDuration::from_secs(1));
    let passed = book(&fixture, &caller(), "08:30").await;
    assert!(matches!(passed, Err(ServiceError::Invalid(_))), "it is looked at afresh: {passed:?}");
}

#[tokio::test]
async fn a_form_that_was_filled_in_anew_is_another_request() {
    let fixture = clinic().await;
    let form = |body: &str| {
        let key = RequestKey::of_form(&fixture.patient, "/here", "k", &[body.as_bytes()]);
        fixture.patient.clone().repeating(Some(key))
    };
    let first = book(&fixture, &form("time=09:30"), "09:30").await;
    assert_eq!(book(&fixture, &form("time=09:30"), "09:30").await, first);
    assert_ne!(book(&fixture, &form("time=10:00"), "10:00").await, first);
    assert_eq!(fixture.totals().appointments, 2);
}

#[tokio::test]
async fn a_sign_up_that_is_sent_again_makes_one_account() {
    let fixture = clinic().await;
    let form = || SignUpForm {
        username: "ada".to_owned(),
        email: "ada@example.org".to_owned(),
        password: "a kettle in the garden".to_owned(),
        ..SignUpForm::default()
    };
    let nobody = Actor::anonymous("test");
    let first = fixture.services.sign_up(&under(&nobody, "k", "ada"), form()).await.unwrap();
    assert_eq!(fixture.services.sign_up(&under(&nobody, "k", "ada"), form()).await, Ok(first));
    assert!(matches!(fixture.services.sign_up(&nobody, form()).await, Err(ServiceError::Invalid(_))));
    let elsewhere = RequestKey::of_program(&nobody, "/elsewhere", "k", &[b"ada"]);
    let elsewhere = nobody.clone().repeating(Some(elsewhere));
    assert!(fixture.services.sign_up(&elsewhere, form()).await.is_err(), "a key belongs to its path");
}

fn new_nurse() -> NewUserForm {
    NewUserForm {
        username: "nora".to_owned(),
        email: "nora@example.org".to_owned(),
        role: "nurse".to_owned(),
        display_name: None,
        password: None,
    }
}

async fn can_sign_in(fixture: &Fixture, password: &str) -> bool {
    let form = SignInForm {
        login: "nora".into(),
        password: password.into(),
        label: "Test".into(),
        device: crate::identity::Device::Program,
    };
    fixture.services.sign_in(&Actor::anonymous("test"), form).await.is_ok()
}

#[tokio::test]
async fn an_account_whose_password_got_lost_on_the_way_gets_another_one() {
    let fixture = clinic().await;
    let caller = || under(&fixture.admin, "k", "nora");
    let first = fixture.services.create_user(&caller(), new_nurse()).await.unwrap();
    let again = fixture.services.create_user(&caller(), new_nurse()).await.unwrap();
    assert_eq!(again.id, first.id);
    assert!(!can_sign_in(&fixture, &first.password.unwrap()).await);
    assert!(can_sign_in(&fixture, &again.password.unwrap()).await);
}

#[tokio::test]
async fn a_password_that_its_owner_chose_is_not_replaced_by_a_repetition() {
    let fixture = clinic().await;
    let caller = || under(&fixture.admin, "k", "nora");
    let first = fixture.services.create_user(&caller(), new_nurse()).await.unwrap();
    fixture
        .store(move |tx| {
            Box::pin(async move {
                let key = storage::UserKey::Id(first.id);
                let mut user = tx.users().lookup(&key).await?.expect("the account is there");
                user.value.must_change_password = false;
                tx.users().update(user.version, user.value).await
            })
        })
        .await;
    let again = fixture.services.create_user(&caller(), new_nurse()).await.unwrap();
    assert_eq!((again.id, again.password), (first.id, None));
}

#[tokio::test]
async fn a_set_up_that_is_sent_again_makes_one_administrator() {
    let fixture = empty_clinic().await;
    let form = || SetUpForm {
        username: "root".to_owned(),
        email: "root@example.org".to_owned(),
        password: "a kettle in the garden".to_owned(),
    };
    let nobody = Actor::anonymous("test");
    let first = fixture.services.set_up_admin(&under(&nobody, "k", "root"), form()).await.unwrap();
    assert_eq!(fixture.services.set_up_admin(&under(&nobody, "k", "root"), form()).await, Ok(first));
    let late = fixture.services.set_up_admin(&nobody, form()).await;
    assert_eq!(late, Err(ServiceError::Conflict(ConflictKind::SetUpDone)));
}

#[tokio::test]
async fn whoever_lost_the_right_meanwhile_gets_no_answer() {
    let fixture = clinic().await;
    let caller = under(&fixture.receptionist, "k", "a visit");
    let wish = || BookAppointment { patient: Some(fixture.marta), ..visit(&fixture, "09:30") };
    fixture.services.book(&caller, wish()).await.unwrap();
    let mut demoted = caller.clone();
    if let crate::actor::Kind::User(signed_in) = &mut demoted.kind {
        signed_in.role = Role::Auditor;
    }
    assert_eq!(fixture.services.book(&demoted, wish()).await, Err(ServiceError::Forbidden));
}

#[tokio::test]
async fn what_is_kept_of_an_account_has_no_password() {
    let fixture = clinic().await;
    let nurse = fixture.nurse.user().unwrap();
    let update = || UpdateUser {
        id: nurse,
        expected: None,
        role: None,
        status: Some(UserStatus::Disabled),
        display_name: None,
    };
    let caller = || under(&fixture.admin, "k", "disable");
    let first = fixture.services.execute(&caller(), update()).await.unwrap();
    let kept = (UpdateUser::KEPT.unwrap().write)(&first).unwrap();
    assert!(!kept.contains(first.password_hash.expose()));
    let again = fixture.services.execute(&caller(), update()).await.unwrap();
    assert_eq!((again.id, again.version, again.status), (nurse, first.version, UserStatus::Disabled));
}

/// Those that end well when they are simply done again.
const REPEATABLE: [&str; 20] = [
    "SignIn",
    "BeginSignIn",
    "FinishSignIn",
    "BeginSecondFactor",
    "ConfirmSecondFactor",
    "TurnOffSecondFactor",
    "RenewRecoveryCodes",
    "SignOut",
    "EndOwnSessions",
    "EndSessionsOf",
    "ChangePassword",
    "ResetPassword",
    "IssueResetLink",
    "InvitePatient",
    "MakeFeed",
    "OfferRound",
    "ImportEdits",
    "EndEmergency",
    "EndProxy",
    "ActFor",
];

fn sources(directory: &Path, found: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_use_case_that_writes_is_kept_or_may_be_done_again() {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    let mut kept = 0;
    for case in text.split("\nimpl UseCase for ").skip(1) {
        let (name, body) = case.split_once(" {").unwrap();
        let body = body.split("\n}\n").next().unwrap();
        if body.contains("= Mode::Write;") && !REPEATABLE.contains(&name) {
            assert!(body.contains("const KEPT"), "{name} is done twice when it is asked for twice");
            kept += 1;
        }
    }
    assert!(kept > 25);
}
