//! Patients as each role meets them.

use super::*;
use crate::fixture::{self, Fixture};
use crate::{Order, PageRequest};
use domain::patient::Sex;
use domain::{Action, AuditOutcome, Code, Role};

fn form(given: &str, family: &str) -> PatientForm {
    PatientForm {
        given_name: given.into(),
        family_name: family.into(),
        birth_date: "1985-03-27".into(),
        sex: "female".into(),
        phone: "020 7946 0111".into(),
        email: "someone@example.org".into(),
        address: "4 Mill Lane\r\nLondon".into(),
        insurance: "Northway Health 998".into(),
        reminders_off: None,
    }
}

fn search(text: &str) -> SearchPatients {
    SearchPatients { text: text.into(), page: PageRequest::first(20, Order::Ascending) }
}

async fn register(clinic: &Fixture, form: PatientForm) -> Result<Versioned<Patient>, ServiceError> {
    clinic.services.execute(&clinic.receptionist, RegisterPatient { form, confirm_duplicate: false }).await
}

#[tokio::test]
async fn a_registered_patient_has_a_number_and_is_found_by_it() {
    let clinic = fixture::clinic().await;
    let patient = register(&clinic, form("Ada", "Whitlock")).await.unwrap();
    assert_eq!(patient.version, 1);
    assert_eq!(patient.address, "4 Mill Lane\nLondon");
    for text in ["whitlock", "ada w", &patient.mrn.digits(), "79460111", "1985-03-27 ada"] {
        let found = clinic.services.execute(&clinic.nurse, search(text)).await.unwrap();
        assert!(found.items.iter().any(|summary| summary.id == patient.id), "{text}");
    }
}

#[tokio::test]
async fn a_second_patient_of_one_name_and_birth_date_needs_a_confirmation() {
    let clinic = fixture::clinic().await;
    register(&clinic, form("Ada", "Whitlock")).await.unwrap();
    let again = register(&clinic, form(" ADA", "whitlock ")).await;
    assert_eq!(again, Err(ServiceError::field("confirmDuplicate", Code::PossibleDuplicate)));
    let other_birthday = PatientForm { birth_date: "1986-03-27".into(), ..form("Ada", "Whitlock") };
    assert!(register(&clinic, other_birthday).await.is_ok());
    let confirmed = RegisterPatient { form: form("Ada", "Whitlock"), confirm_duplicate: true };
    assert!(clinic.services.execute(&clinic.receptionist, confirmed).await.is_ok());
}

#[tokio::test]
async fn every_refused_field_is_named_and_nothing_is_stored() {
    let clinic = fixture::clinic().await;
    let before = clinic.totals();
    let bad = PatientForm {
        birth_date: "2026-11-24".into(),
        sex: "w".into(),
        phone: "call me".into(),
        email: "marta@".into(),
        insurance: "x".repeat(201),
        ..PatientForm::default()
    };
    let Err(ServiceError::Invalid(errors)) = register(&clinic, bad).await else {
        panic!("refused fields expected")
    };
    let fields: Vec<&str> = errors.iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["givenName", "familyName", "birthDate", "sex", "phone", "email", "insurance"]);
    assert_eq!(errors.of("birthDate"), Some(&Code::DateInFuture("Date of birth")));
    assert_eq!(clinic.totals(), before);
}

#[tokio::test]
async fn who_works_with_bills_sees_and_changes_only_what_bills_need() {
    let clinic = fixture::clinic().await;
    let seen = clinic.services.execute(&clinic.billing, ReadPatient { id: clinic.marta }).await.unwrap();
    assert_eq!((&seen.phone, &seen.email, seen.sex), (&None, &None, Sex::Unknown));
    assert!(!seen.address.is_empty() && !seen.insurance.is_empty() && seen.birth_date.is_some());
    let found = clinic.services.execute(&clinic.billing, search("kowalska")).await.unwrap();
    assert_eq!((&found.items[0].phone, found.items[0].sex), (&None, Sex::Unknown));

    let edit = EditPatient { id: clinic.marta, expected: 1, form: form("Someone", "Else") };
    assert_eq!(clinic.services.execute(&clinic.billing, edit).await, Ok(2));
    let after =
        clinic.services.execute(&clinic.receptionist, ReadPatient { id: clinic.marta }).await.unwrap();
    assert_eq!(after.name.full(), "Marta Kowalska");
    assert!(after.phone.is_some() && after.email.is_some());
    assert_eq!(after.insurance, "Northway Health 998");
}

#[tokio::test]
async fn the_front_desk_finds_patients_with_their_phone_number() {
    let clinic = fixture::clinic().await;
    let found = clinic.services.execute(&clinic.receptionist, search("kowalska")).await.unwrap();
    assert!(found.items[0].phone.is_some());
}

#[tokio::test]
async fn a_patient_reads_and_edits_nobody_else() {
    let clinic = fixture::clinic().await;
    let own = clinic.services.execute(&clinic.patient, ReadPatient { id: clinic.marta }).await.unwrap();
    assert_eq!(own.name.full(), "Marta Kowalska");
    let edit = |id| EditPatient { id, expected: 1, form: form("Marta", "Kowalska") };
    assert_eq!(clinic.services.execute(&clinic.patient, edit(clinic.marta)).await, Ok(2));

    let unknown = PatientId(99);
    for id in [clinic.tom, unknown] {
        let read = clinic.services.execute(&clinic.patient, ReadPatient { id }).await;
        assert_eq!(read, Err(ServiceError::NotFound));
        assert_eq!(clinic.services.execute(&clinic.patient, edit(id)).await, Err(ServiceError::NotFound));
    }
    assert_eq!(
        clinic.services.execute(&clinic.patient, search("")).await.unwrap_err(),
        ServiceError::Forbidden
    );
}

#[tokio::test]
async fn the_second_of_two_editors_is_told() {
    let clinic = fixture::clinic().await;
    let edit = |given| EditPatient { id: clinic.marta, expected: 1, form: form(given, "Kowalska") };
    assert_eq!(clinic.services.execute(&clinic.nurse, edit("Martha")).await, Ok(2));
    assert_eq!(clinic.services.execute(&clinic.receptionist, edit("Maria")).await, Err(ServiceError::Stale));
    let after = clinic.services.execute(&clinic.nurse, ReadPatient { id: clinic.marta }).await.unwrap();
    assert_eq!(after.name.given, "Martha");
}

#[tokio::test]
async fn a_denial_writes_one_audit_event_and_changes_nothing() {
    let clinic = fixture::clinic().await;
    let before = (clinic.totals(), clinic.audit().await.len());
    let register = RegisterPatient { form: form("Ada", "Whitlock"), confirm_duplicate: false };
    let denied = clinic.services.execute(&clinic.patient, register).await;
    assert_eq!(denied.unwrap_err(), ServiceError::Forbidden);
    let log = clinic.audit().await;
    assert_eq!((clinic.totals(), log.len()), (before.0, before.1 + 1));
    let event = &log.last().unwrap().event;
    assert_eq!((event.action, event.outcome), (Action::RegisterPatient, AuditOutcome::Denied));
    assert_eq!((event.actor, event.reason.as_str()), (clinic.patient.user(), "forbidden"));
}

#[tokio::test]
async fn who_has_no_business_with_patients_learns_nothing_of_them() {
    let clinic = fixture::clinic().await;
    for role in [Role::Admin, Role::Auditor] {
        for id in [clinic.marta, PatientId(99)] {
            let read = clinic.services.execute(clinic.actor_for(role), ReadPatient { id }).await;
            assert_eq!(read, Err(ServiceError::Forbidden));
        }
    }
    let nobody = crate::Actor::anonymous("r1");
    let read = clinic.services.execute(&nobody, ReadPatient { id: clinic.marta }).await;
    assert_eq!(read, Err(ServiceError::Unauthenticated));
}
