//! Emergency access and proxies as clinicians, patients and auditors meet them.

use super::*;
use crate::fixture::{Fixture, clinic};
use crate::identity::{Device, SignInForm};
use crate::patients::{InvitePatient, ReadPatient};
use crate::records::{ListRecords, ReadChart, WriteNote};
use crate::reports::ReadAccessLog;
use crate::scheduling::{AppointmentQuery, ListAppointments};
use crate::{Actor, ConflictKind, ServiceError};
use domain::access::IdentityProof;
use domain::{AccessFact, Action, AuditOutcome, Code};
use jiff::SignedDuration;

fn form(patient: PatientId, reason: &str, password: &str) -> EmergencyForm {
    EmergencyForm { patient, reason: reason.to_owned(), password: password.to_owned() }
}

const REASON: &str = "Brought in unconscious, needs allergies";

async fn open(clinic: &Fixture, actor: &Actor) -> Result<AccessEntry, ServiceError> {
    clinic.services.break_glass(actor, form(clinic.tom, REASON, Fixture::PASSWORD)).await
}

async fn chart(clinic: &Fixture, actor: &Actor) -> Result<crate::records::Chart, ServiceError> {
    clinic.services.execute(actor, ReadChart { patient: clinic.tom }).await
}

#[tokio::test]
async fn an_emergency_opens_one_record_for_an_hour_to_be_read() {
    let clinic = clinic().await;
    for actor in [&clinic.doctor, &clinic.nurse] {
        assert_eq!(chart(&clinic, actor).await.unwrap_err(), ServiceError::NotFound);
        let entry = open(&clinic, actor).await.unwrap();
        assert_eq!(chart(&clinic, actor).await.unwrap().emergency_until, Some(entry.expires_at));
        let note =
            WriteNote { patient: clinic.tom, appointment: None, form: crate::records::NoteForm::default() };
        assert_eq!(clinic.services.execute(actor, note).await.unwrap_err(), ServiceError::NotFound);
        let marta = ReadChart { patient: clinic.marta };
        assert_eq!(clinic.services.execute(actor, marta).await.unwrap_err(), ServiceError::NotFound);
    }
    assert_eq!(chart(&clinic, &clinic.other_doctor).await.unwrap_err(), ServiceError::NotFound);
    clinic.clock.advance(AccessEntry::EMERGENCY - SignedDuration::from_secs(1));
    assert!(chart(&clinic, &clinic.doctor).await.is_ok());
    clinic.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(chart(&clinic, &clinic.doctor).await.unwrap_err(), ServiceError::NotFound);
}

#[tokio::test]
async fn an_emergency_is_no_way_into_lists() {
    let clinic = clinic().await;
    open(&clinic, &clinic.doctor).await.unwrap();
    let list = ListRecords { page: PageRequest::first(9, Order::Ascending) };
    assert!(clinic.services.execute(&clinic.doctor, list).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn it_is_written_down_with_its_reason_and_so_is_what_is_read_then() {
    let clinic = clinic().await;
    open(&clinic, &clinic.doctor).await.unwrap();
    chart(&clinic, &clinic.doctor).await.unwrap();
    let events = clinic.audit().await;
    let [.., opened, read] = &events[..] else { panic!("two events") };
    assert_eq!((opened.event.action, opened.event.outcome), (Action::BreakGlass, AuditOutcome::Success));
    assert_eq!((opened.event.patient, opened.event.reason.as_str()), (Some(clinic.tom), REASON));
    assert_eq!((read.event.action, read.event.reason.as_str()), (Action::ReadRecord, "emergency access"));
}

#[tokio::test]
async fn a_reason_and_the_own_password_are_needed() {
    let clinic = clinic().await;
    for (reason, password, field, code) in [
        ("", Fixture::PASSWORD, "reason", Code::Missing("a reason")),
        ("urgent", Fixture::PASSWORD, "reason", Code::ReasonTooShort),
        (REASON, "", "password", Code::PasswordMissing),
        (REASON, "wrong horse", "password", Code::PasswordWrong),
    ] {
        let refused = clinic.services.break_glass(&clinic.doctor, form(clinic.tom, reason, password)).await;
        assert_eq!(refused.unwrap_err(), ServiceError::field(field, code), "{reason} {password}");
    }
    assert_eq!(chart(&clinic, &clinic.doctor).await.unwrap_err(), ServiceError::NotFound);
    for actor in [&clinic.receptionist, &clinic.billing, &clinic.admin, &clinic.auditor, &clinic.patient] {
        assert_eq!(open(&clinic, actor).await.unwrap_err(), ServiceError::Forbidden);
    }
    let nobody = form(PatientId(99), REASON, Fixture::PASSWORD);
    let unknown = clinic.services.break_glass(&clinic.doctor, nobody).await;
    assert_eq!(unknown.unwrap_err(), ServiceError::NotFound);
}

#[tokio::test]
async fn guessing_the_password_on_a_borrowed_screen_soon_pauses() {
    let clinic = clinic().await;
    let guess = || clinic.services.break_glass(&clinic.doctor, form(clinic.tom, REASON, "wrong horse"));
    for _ in 0..5 {
        assert_eq!(guess().await.unwrap_err(), ServiceError::field("password", Code::PasswordWrong));
    }
    assert_eq!(open(&clinic, &clinic.doctor).await.unwrap_err(), ServiceError::RateLimited(30));
    assert!(open(&clinic, &clinic.nurse).await.is_ok(), "others go on");
    clinic.clock.advance(SignedDuration::from_secs(30));
    assert!(open(&clinic, &clinic.doctor).await.is_ok());
}

#[tokio::test]
async fn what_is_open_anyway_needs_no_emergency() {
    let clinic = clinic().await;
    open(&clinic, &clinic.doctor).await.unwrap();
    let already = ServiceError::Conflict(ConflictKind::AlreadyOpen);
    assert_eq!(open(&clinic, &clinic.doctor).await.unwrap_err(), already);
    clinic.visit_of_marta().await;
    let marta = form(clinic.marta, REASON, Fixture::PASSWORD);
    assert_eq!(clinic.services.break_glass(&clinic.doctor, marta).await.unwrap_err(), already);
}

#[tokio::test]
async fn it_can_be_closed_before_the_hour_is_over() {
    let clinic = clinic().await;
    open(&clinic, &clinic.doctor).await.unwrap();
    open(&clinic, &clinic.nurse).await.unwrap();
    clinic.services.execute(&clinic.doctor, EndEmergency { patient: clinic.tom }).await.unwrap();
    assert_eq!(chart(&clinic, &clinic.doctor).await.unwrap_err(), ServiceError::NotFound);
    assert!(chart(&clinic, &clinic.nurse).await.is_ok());
}

#[tokio::test]
async fn an_auditor_judges_each_once() {
    let clinic = clinic().await;
    let entry = open(&clinic, &clinic.doctor).await.unwrap();
    let list = |awaiting| ListEmergencies { awaiting, page: PageRequest::first(9, Order::Descending) };
    let found = clinic.services.execute(&clinic.auditor, list(true)).await.unwrap().items;
    assert_eq!((found.len(), found[0].id, found[0].user_name.as_str()), (1, entry.id, "Dr Amina Rahman"));
    assert_eq!(found[0].reason, REASON);
    let review =
        |justified, comment: &str| ReviewEmergency { id: entry.id, justified, comment: comment.to_owned() };
    for (justified, comment, field) in [(None, "", "justified"), (Some(false), " ", "comment")] {
        let refused = clinic.services.execute(&clinic.auditor, review(justified, comment)).await.unwrap_err();
        assert!(matches!(refused, ServiceError::Invalid(errors) if errors.of(field).is_some()), "{field}");
    }
    clinic.services.execute(&clinic.auditor, review(Some(false), "Curiosity")).await.unwrap();
    let again = clinic.services.execute(&clinic.auditor, review(Some(true), "")).await;
    assert_eq!(again.unwrap_err(), ServiceError::Stale);
    assert!(clinic.services.execute(&clinic.auditor, list(true)).await.unwrap().items.is_empty());
    let all = clinic.services.execute(&clinic.auditor, list(false)).await.unwrap().items;
    let verdict = all[0].review.as_ref().unwrap();
    assert_eq!((verdict.justified, verdict.comment.as_str()), (false, "Curiosity"));
}

/// Marta acts for a patient, as the reception lets her.
async fn ward(clinic: &Fixture, until: &str) -> (PatientId, AccessEntry) {
    let child = clinic.register("Anna Kowalska").await;
    let grant = GrantProxy {
        patient: child,
        login: "marta.kowalska@example.org".to_owned(),
        relationship: "Parent".to_owned(),
        proof: "passport".to_owned(),
        until: until.to_owned(),
    };
    (child, clinic.services.execute(&clinic.receptionist, grant).await.unwrap())
}

/// Marta in a session that acts for the patient.
async fn acting(clinic: &Fixture, patient: PatientId) -> Actor {
    let form = SignInForm {
        login: "marta.kowalska".to_owned(),
        password: Fixture::PASSWORD.to_owned(),
        label: "Test".to_owned(),
        device: Device::Program,
    };
    let session =
        clinic.services.sign_in(&Actor::anonymous("test"), form).await.unwrap().session().unwrap().session.id;
    let marta = clinic.services.authenticate(session, "test").await.unwrap();
    clinic.services.execute(&marta, ActFor { patient: Some(patient) }).await.unwrap();
    clinic.services.authenticate(session, "test").await.unwrap()
}

async fn sees(clinic: &Fixture, actor: &Actor, id: PatientId) -> bool {
    clinic.services.execute(actor, ReadPatient { id }).await.is_ok()
}

#[tokio::test]
async fn a_parent_acts_for_a_child_in_a_session_that_says_so() {
    let clinic = clinic().await;
    let (child, _) = ward(&clinic, "").await;
    assert!(!sees(&clinic, &clinic.patient, child).await, "not without saying so");
    let acting = acting(&clinic, child).await;
    assert_eq!(acting.acts_for(), Some("Anna Kowalska"));
    assert_eq!((acting.user(), acting.patient()), (clinic.patient.user(), Some(child)));
    assert!(sees(&clinic, &acting, child).await && !sees(&clinic, &acting, clinic.marta).await);
    clinic.visit(&clinic.doctor, child, clinic.in_hours(2), domain::AppointmentStatus::Booked).await;
    clinic.visit_of_marta().await;
    let page = PageRequest::first(9, Order::Ascending);
    let list = ListAppointments { filter: AppointmentQuery::default(), page };
    let visits = clinic.services.execute(&acting, list).await.unwrap().items;
    assert_eq!(visits.iter().map(|visit| visit.patient.id).collect::<Vec<_>>(), [Some(child)]);
    clinic.services.execute(&acting, ActFor { patient: None }).await.unwrap();
    let session = acting.session().unwrap();
    assert_eq!(clinic.services.authenticate(session, "test").await.unwrap().patient(), Some(clinic.marta));
}

#[tokio::test]
async fn who_acts_for_a_patient_is_on_the_patients_list_and_in_the_log_as_acting() {
    let clinic = clinic().await;
    let (child, _) = ward(&clinic, "").await;
    let acting = acting(&clinic, child).await;
    let page = || PageRequest::first(9, Order::Descending);
    clinic.services.execute(&acting, ListRecords { page: page() }).await.unwrap();
    let refused = clinic.services.execute(&acting, ReadPatient { id: clinic.marta }).await;
    assert_eq!(refused.unwrap_err(), ServiceError::NotFound);
    clinic.services.execute(&clinic.patient, ReadPatient { id: clinic.marta }).await.unwrap();
    let log = ReadAccessLog { patient: child, page: page() };
    let told = clinic.services.execute(&acting, log).await.unwrap().items;
    let read = told.iter().find(|access| access.what == "read your medical record").unwrap();
    assert_eq!((read.who.as_str(), read.is_acting, read.is_emergency), ("Marta Kowalska", true, false));
    let granted = told.iter().find(|access| access.what == "let someone act for you").unwrap();
    assert!(!granted.is_acting);
    let reasons: Vec<_> = clinic.audit().await.into_iter().map(|event| event.event).collect();
    let reason = |action, patient| {
        let found = reasons.iter().rfind(|event| event.action == action && event.patient == Some(patient));
        found.unwrap().reason.as_str()
    };
    assert_eq!(reason(Action::ReadRecord, child), "acting for the patient");
    assert_eq!(reason(Action::ReadAccessLog, child), "acting for the patient");
    assert_eq!(reason(Action::ReadDemographics, clinic.marta), "", "herself again");
}

#[tokio::test]
async fn nobody_acts_for_a_patient_without_having_been_let() {
    let clinic = clinic().await;
    let (child, _) = ward(&clinic, "").await;
    let act = ActFor { patient: Some(child) };
    assert_eq!(clinic.services.execute(&clinic.other_patient, act).await, Err(ServiceError::NotFound));
    let unknown = ActFor { patient: Some(PatientId(9)) };
    assert_eq!(clinic.services.execute(&clinic.other_patient, unknown).await, Err(ServiceError::NotFound));
}

#[tokio::test]
async fn it_ends_at_once_when_the_reception_ends_it_or_its_time_is_over() {
    let clinic = clinic().await;
    let (child, entry) = ward(&clinic, "").await;
    let session = acting(&clinic, child).await.session().unwrap();
    clinic.services.execute(&clinic.receptionist, EndProxy { id: entry.id }).await.unwrap();
    let after = clinic.services.authenticate(session, "test").await.unwrap();
    assert_eq!((after.patient(), after.acts_for()), (Some(clinic.marta), None));

    let (other, _) = ward(&clinic, "2026-11-24").await;
    let session = acting(&clinic, other).await.session().unwrap();
    for (_, expected) in [("today", Some(other)), ("after the last day", None)] {
        let now = clinic.services.authenticate(session, "test").await.ok();
        assert_eq!(now.and_then(|actor| actor.patient().filter(|id| *id == other)), expected);
        clinic.clock.advance(SignedDuration::from_hours(39));
    }
}

#[tokio::test]
async fn the_patient_sees_who_acts_for_them_and_can_end_it_and_nobody_else_can() {
    let clinic = clinic().await;
    let grant = GrantProxy {
        patient: clinic.tom,
        login: "marta.kowalska".to_owned(),
        relationship: "Carer".to_owned(),
        proof: "known-to-clinic".to_owned(),
        until: String::new(),
    };
    let entry = clinic.services.execute(&clinic.nurse, grant.clone()).await.unwrap();
    let twice = clinic.services.execute(&clinic.nurse, grant).await;
    assert_eq!(twice.unwrap_err(), ServiceError::Conflict(ConflictKind::AlreadyOpen));
    let list = ListProxies { patient: clinic.tom };
    let found = clinic.services.execute(&clinic.other_patient, list).await.unwrap();
    assert_eq!((found.len(), found[0].user_name.as_str()), (1, "Marta Kowalska"));
    assert_eq!(clinic.services.execute(&clinic.patient, list).await.unwrap_err(), ServiceError::NotFound);
    for other in [&clinic.doctor, &clinic.admin] {
        let end = clinic.services.execute(other, EndProxy { id: entry.id }).await;
        assert_eq!(end, Err(ServiceError::Forbidden));
    }
    assert_eq!(
        clinic.services.execute(&clinic.other_patient, EndProxy { id: entry.id }).await,
        Ok(clinic.tom)
    );
    assert!(clinic.services.execute(&clinic.other_patient, list).await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_is_to_act_is_named_and_checked() {
    let clinic = clinic().await;
    let grant = |login: &str, relationship: &str, proof: &str, until: &str| GrantProxy {
        patient: clinic.tom,
        login: login.to_owned(),
        relationship: relationship.to_owned(),
        proof: proof.to_owned(),
        until: until.to_owned(),
    };
    for (request, field) in [
        (grant("nobody@example.org", "Parent", "passport", ""), "login"),
        (grant("nina.okafor", "Parent", "passport", ""), "login"),
        (grant("tom.baker", "Parent", "passport", ""), "login"),
        (grant("marta.kowalska", "", "passport", ""), "relationship"),
        (grant("marta.kowalska", "Friend", "passport", ""), "relationship"),
        (grant("marta.kowalska", "Parent", "", ""), "proof"),
        (grant("marta.kowalska", "Parent", "Passport", ""), "proof"),
        (grant("marta.kowalska", "Parent", "passport", "yesterday"), "until"),
        (grant("marta.kowalska", "Parent", "passport", "2026-11-22"), "until"),
    ] {
        let refused = clinic.services.execute(&clinic.receptionist, request.clone()).await.unwrap_err();
        assert!(
            matches!(&refused, ServiceError::Invalid(errors) if errors.of(field).is_some()),
            "{request:?}"
        );
    }
    let court = grant("marta.kowalska", "Guardian", "court-document", "");
    let entry = clinic.services.execute(&clinic.receptionist, court).await.unwrap();
    let proof = IdentityProof::CourtDocument;
    assert!(matches!(entry.fact, AccessFact::Proxy { proof: stored, .. } if stored == proof));
    let event = clinic.audit().await.pop().unwrap().event;
    assert_eq!(event.reason, "Guardian, identity: court-document");
    // It says who may act, not who the patient is.
    let (patient, proof) = (clinic.register("Ann Other").await, proof.name().to_owned());
    let invite = InvitePatient { patient, proof };
    let refused = clinic.services.execute(&clinic.receptionist, invite).await.unwrap_err();
    assert!(matches!(refused, ServiceError::Invalid(errors) if errors.of("proof").is_some()));
}
