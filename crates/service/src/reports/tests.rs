//! What administrators and auditors read.

use super::*;
use crate::fixture::{Fixture, clinic};
use crate::identity::{ListUsers, SignInForm};
use crate::scheduling::ListDoctors;
use crate::{Actor, Order, PageRequest, ServiceError};
use domain::{Action, AppointmentStatus, AuditEvent, AuditOutcome, Role};
use jiff::civil::date;

async fn sign_in(fixture: &Fixture, password: &str) -> bool {
    let form = SignInForm {
        login: "marta.kowalska".to_owned(),
        password: password.to_owned(),
        label: String::new(),
        device: crate::identity::Device::Program,
    };
    fixture.services.sign_in(&Actor::anonymous("test"), form).await.is_ok()
}

async fn audit(fixture: &Fixture, actor: &Actor, query: AuditQuery) -> Vec<AuditEvent> {
    let page = PageRequest::first(100, Order::Ascending);
    fixture.services.execute(actor, ReadAudit { query, page }).await.unwrap().items
}

#[tokio::test]
async fn the_figures_count_and_name_nobody() {
    let fixture = clinic().await;
    fixture.visit_of_marta().await;
    fixture
        .visit(&fixture.doctor, fixture.tom, fixture.in_hours(-24 * 3), AppointmentStatus::Fulfilled)
        .await;
    fixture
        .visit(&fixture.doctor, fixture.tom, fixture.in_hours(-24 * 20), AppointmentStatus::Fulfilled)
        .await;
    assert!(sign_in(&fixture, Fixture::PASSWORD).await);
    assert!(!sign_in(&fixture, "wrong").await);
    let figures = fixture.services.execute(&fixture.admin, ReadActivity {}).await.unwrap();
    assert_eq!(figures.totals.appointments, 3);
    assert!(figures.users_by_role.contains(&(Role::Doctor, 2)));
    assert_eq!(figures.appointments_by_day.len(), 14);
    assert_eq!(figures.appointments_by_day.last(), Some(&(date(2026, 11, 23), 1)));
    assert!(figures.appointments_by_day.contains(&(date(2026, 11, 20), 1)));
    assert_eq!(figures.appointments_by_day.iter().map(|(_, count)| count).sum::<u64>(), 2);
    assert!(figures.by_status_today.contains(&(AppointmentStatus::Booked, 1)));
    assert_eq!(figures.sign_ins_by_day.last(), Some(&(date(2026, 11, 23), 1)));
    let patient = fixture.services.execute(&fixture.patient, ReadActivity {}).await;
    assert_eq!(patient, Err(ServiceError::Forbidden));
}

#[tokio::test]
async fn auditors_read_everything_and_administrators_security_events() {
    let fixture = clinic().await;
    sign_in(&fixture, Fixture::PASSWORD).await;
    let chart = crate::patients::ReadPatient { id: fixture.marta };
    fixture.services.execute(&fixture.patient, chart).await.unwrap();
    let users = ListUsers { text: String::new(), role: None, page: PageRequest::first(5, Order::Ascending) };
    assert_eq!(fixture.services.execute(&fixture.nurse, users).await.unwrap().items.len(), 1);
    let all = audit(&fixture, &fixture.auditor, AuditQuery::default()).await;
    assert!(all.iter().any(|event| event.event.action == Action::ReadDemographics));
    let security = audit(&fixture, &fixture.admin, AuditQuery::default()).await;
    assert!(security.iter().all(|event| event.event.action.is_security_event()));
    assert!(security.iter().any(|event| event.event.action == Action::SignIn));
    let clinical = AuditQuery { action: Some(Action::ReadDemographics), ..AuditQuery::default() };
    assert!(audit(&fixture, &fixture.admin, clinical.clone()).await.is_empty());
    assert_eq!(audit(&fixture, &fixture.auditor, clinical).await.len(), 1);
    for role in [Role::Patient, Role::Doctor, Role::Nurse, Role::Receptionist, Role::Billing] {
        let ask = ReadAudit { query: AuditQuery::default(), page: PageRequest::first(5, Order::Ascending) };
        let answer = fixture.services.execute(fixture.actor_for(role), ask).await;
        assert_eq!(answer.err(), Some(ServiceError::Forbidden), "{role}");
    }
}

#[tokio::test]
async fn the_log_is_narrowed_by_actor_patient_outcome_and_day() {
    let fixture = clinic().await;
    let chart = |id| crate::patients::ReadPatient { id };
    fixture.services.execute(&fixture.patient, chart(fixture.marta)).await.unwrap();
    fixture.services.execute(&fixture.patient, chart(fixture.tom)).await.unwrap_err();
    fixture.services.execute(&fixture.other_patient, chart(fixture.tom)).await.unwrap();
    let by = |query| audit(&fixture, &fixture.auditor, query);
    assert_eq!(by(AuditQuery { actor: fixture.patient.user(), ..AuditQuery::default() }).await.len(), 2);
    assert_eq!(by(AuditQuery { patient: Some(fixture.marta), ..AuditQuery::default() }).await.len(), 1);
    assert_eq!(
        by(AuditQuery { outcome: Some(AuditOutcome::Denied), ..AuditQuery::default() }).await.len(),
        1
    );
    let today = Some(date(2026, 11, 23));
    assert!(by(AuditQuery { until: today, ..AuditQuery::default() }).await.is_empty());
    assert!(!by(AuditQuery { from: today, ..AuditQuery::default() }).await.is_empty());
}

#[tokio::test]
async fn what_everyone_may_see_leaves_no_trace() {
    let fixture = clinic().await;
    fixture.services.execute(&fixture.patient, ListDoctors {}).await.unwrap();
    assert!(fixture.audit().await.is_empty());
}
