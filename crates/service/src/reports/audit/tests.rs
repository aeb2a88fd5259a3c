//! What auditors, administrators, patients and staff learn from the audit log, and what they do not.

use super::*;
use crate::fixture::{Fixture, clinic};
use crate::identity::SignInForm;
use crate::patients::ReadPatient;
use crate::records::ReadChart;
use crate::{Actor, Order, PageRequest, UseCase};
use domain::audit::AuditDraft;
use domain::{AuditEvent, Role};
use jiff::SignedDuration;
use storage::chain::AnchorKey;

fn first(limit: usize) -> PageRequest {
    PageRequest::first(limit, Order::Descending)
}

async fn ask<U: UseCase>(fixture: &Fixture, actor: &Actor, use_case: U) -> Result<U::Out, ServiceError> {
    fixture.services.execute(actor, use_case).await
}

async fn read(fixture: &Fixture, actor: &Actor, query: AuditQuery) -> Result<Vec<AuditEvent>, ServiceError> {
    ask(fixture, actor, ReadAudit { query, page: first(100) }).await.map(|page| page.items)
}

async fn try_to_sign_in(fixture: &Fixture, login: &str, password: &str) {
    let form = SignInForm {
        login: login.to_owned(),
        password: password.to_owned(),
        label: String::new(),
        device: crate::identity::Device::Program,
    };
    let _ = fixture.services.sign_in(&Actor::anonymous("test"), form).await;
}

/// Writes an event as it could only come from elsewhere.
async fn note(fixture: &Fixture, event: AuditDraft) {
    fixture
        .store(move |tx| {
            let event = event.clone();
            Box::pin(async move { tx.audit().append(event).await })
        })
        .await;
}

/// The doctor reads Marta's chart and the desk her details; she reads them too.
async fn looks(fixture: &Fixture) {
    fixture.visit_of_marta().await;
    ask(fixture, &fixture.doctor, ReadChart { patient: fixture.marta }).await.unwrap();
    ask(fixture, &fixture.receptionist, ReadPatient { id: fixture.marta }).await.unwrap();
    ask(fixture, &fixture.patient, ReadPatient { id: fixture.marta }).await.unwrap();
    ask(fixture, &fixture.receptionist, ReadPatient { id: fixture.tom }).await.unwrap();
}

#[tokio::test]
async fn accounts_and_patients_are_found_by_what_people_know_of_them() {
    let fixture = clinic().await;
    looks(&fixture).await;
    let mrn = fixture
        .store({
            let id = fixture.marta;
            move |tx| {
                Box::pin(
                    async move { Ok(tx.patients().lookup(&PatientKey::Id(id)).await?.unwrap().value.mrn) },
                )
            }
        })
        .await;
    let by = async |query| read(&fixture, &fixture.auditor, query).await;
    let number = fixture.doctor.user().unwrap().to_string();
    for user in ["amina.rahman", "Amina.Rahman@example.org", &number] {
        let found = by(AuditQuery { user: user.to_owned(), ..AuditQuery::default() }).await.unwrap();
        assert_eq!(found.len(), 1, "{user}");
        assert_eq!(found[0].event.actor, fixture.doctor.user());
    }
    for typed in [mrn.digits(), mrn.to_string()] {
        let found = by(AuditQuery { mrn: typed, ..AuditQuery::default() }).await.unwrap();
        assert!(found.iter().all(|event| event.event.patient == Some(fixture.marta)));
        assert!(found.len() >= 3);
    }
    // Whoever asked about a patient is on that patient's list.
    let asked = fixture.audit().await.pop().unwrap().event;
    assert_eq!((asked.action, asked.patient), (Action::ReadAudit, Some(fixture.marta)));
    let unknown =
        AuditQuery { user: "nobody".to_owned(), mrn: "400 000 0000".to_owned(), ..AuditQuery::default() };
    let ServiceError::Invalid(errors) = by(unknown.clone()).await.unwrap_err() else { panic!() };
    assert_eq!(errors.of("user"), Some(&Code::UnknownAccount));
    assert_eq!(errors.of("mrn"), Some(&Code::UnknownNumber));
    // Administrators do not learn who is a patient here.
    for mrn in [mrn.digits(), "400 000 0000".to_owned()] {
        let query = AuditQuery { mrn, ..AuditQuery::default() };
        assert_eq!(read(&fixture, &fixture.admin, query).await, Ok(Vec::new()));
    }
    let request = fixture.doctor.request_id.clone();
    let found = by(AuditQuery { request_id: request.clone(), ..AuditQuery::default() }).await.unwrap();
    assert!(!found.is_empty() && found.iter().all(|event| event.event.request_id == request));
}

#[tokio::test]
async fn an_event_is_shown_between_those_beside_it() {
    let fixture = clinic().await;
    looks(&fixture).await;
    let log = fixture.audit().await;
    let seen = ask(&fixture, &fixture.auditor, ReadAuditEvent { seq: 2 }).await.unwrap();
    assert_eq!(seen.event, log[1]);
    assert_eq!(seen.before.as_ref().map(|it| (it.seq, &it.hash)), Some((1, &log[0].hash)));
    assert_eq!(seen.after.as_ref().map(|it| it.seq), Some(3));
    assert!(seen.is_linked && seen.mrn.is_some());
    let oldest = ask(&fixture, &fixture.auditor, ReadAuditEvent { seq: 1 }).await.unwrap();
    assert!(oldest.before.is_none() && oldest.is_linked);
    let unknown = ask(&fixture, &fixture.auditor, ReadAuditEvent { seq: 999 }).await;
    assert_eq!(unknown, Err(ServiceError::NotFound));
    // A clinical event is as good as none for administrators; beside a security event it has no words.
    assert_eq!(ask(&fixture, &fixture.admin, ReadAuditEvent { seq: 1 }).await, Err(ServiceError::NotFound));
    try_to_sign_in(&fixture, "nobody", "wrong").await;
    let last = fixture.audit().await.len() as u64;
    ask(&fixture, &fixture.receptionist, ReadPatient { id: fixture.tom }).await.unwrap();
    let seen = ask(&fixture, &fixture.admin, ReadAuditEvent { seq: last }).await.unwrap();
    assert_eq!(seen.event.event.action, Action::SignIn);
    assert_eq!(seen.after.map(|it| (it.seq, it.action)), Some((last + 1, None)));
}

async fn exported(fixture: &Fixture, actor: &Actor, query: AuditQuery, format: ExportFormat) -> String {
    let mut export = ask(fixture, actor, ExportAudit { query, format }).await.unwrap();
    let mut text = Vec::new();
    while let Some(part) = fixture.services.next_of(&mut export).await.unwrap() {
        text.extend(part);
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn an_export_has_every_event_once_and_is_written_down() {
    let fixture = clinic().await;
    fixture
        .store(|tx| {
            Box::pin(async move {
                for number in 0..2_345 {
                    let draft = storage::conformance::samples::event(number, Action::SignIn);
                    tx.audit().append(draft).await?;
                }
                Ok(())
            })
        })
        .await;
    let before = fixture.audit().await;
    let everything = AuditQuery::default;
    let text = exported(&fixture, &fixture.auditor, everything(), ExportFormat::JsonLines).await;
    let events: Vec<AuditEvent> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events, before);
    assert!(storage::json::follow(events.iter()).is_ok());
    let event = fixture.audit().await.pop().unwrap().event;
    assert_eq!((event.action, event.outcome), (Action::ExportAudit, AuditOutcome::Success));
    assert_eq!(event.subject, "audit log as jsonl");
    let text = exported(&fixture, &fixture.auditor, everything(), ExportFormat::Csv).await;
    assert_eq!(text.lines().count(), before.len() + 2);
    assert!(text.starts_with("seq,at,actorId,actor,role,action,"));
    let nothing = AuditQuery { action: Some(Action::SignNote), ..everything() };
    assert_eq!(exported(&fixture, &fixture.auditor, nothing, ExportFormat::Csv).await.lines().count(), 1);
}

#[tokio::test]
async fn an_administrators_export_has_security_events_only() {
    let fixture = clinic().await;
    looks(&fixture).await;
    try_to_sign_in(&fixture, "marta.kowalska", "wrong").await;
    let text = exported(&fixture, &fixture.admin, AuditQuery::default(), ExportFormat::JsonLines).await;
    let events: Vec<AuditEvent> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event.action, Action::SignIn);
    for role in [Role::Patient, Role::Doctor, Role::Nurse, Role::Receptionist, Role::Billing] {
        let export = ExportAudit { query: AuditQuery::default(), format: ExportFormat::Csv };
        let answer = ask(&fixture, fixture.actor_for(role), export).await;
        assert_eq!(answer.err(), Some(ServiceError::Forbidden), "{role}");
    }
}

/// What someone types who wants the log, a terminal, a page or a spreadsheet to do something else.
const ODD: [&str; 9] = [
    "a\nb",
    "a\r\n{\"seq\":1}",
    "\u{1b}[2J\u{1b}]0;x\u{7}",
    "\u{0}",
    "=HYPERLINK(\"http://x\",\"y\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\u{202e}gnp.exe",
    "\u{2028}\u{2029}\u{85}",
    "\",\"prev\":\"0000\",\"hash\":\"0000\"}\n",
];

#[tokio::test]
async fn odd_words_stay_words_in_the_log_and_in_its_exports() {
    let fixture = clinic().await;
    for odd in ODD {
        let mut actor = fixture.patient.clone();
        actor.request_id = odd.to_owned();
        if let crate::actor::Kind::User(signed_in) = &mut actor.kind {
            odd.clone_into(&mut signed_in.name);
        }
        ask(&fixture, &actor, ReadPatient { id: fixture.marta }).await.unwrap();
    }
    let log = fixture.audit().await;
    assert_eq!(log.len(), ODD.len());
    for event in &log {
        for text in [&event.event.actor_name, &event.event.request_id] {
            assert!(!text.chars().any(char::is_control) && !text.contains('\u{202e}'), "{text:?}");
        }
    }
    assert!(storage::json::follow(log.iter()).is_ok());
    let everything = AuditQuery::default;
    let json = exported(&fixture, &fixture.auditor, everything(), ExportFormat::JsonLines).await;
    assert_eq!(json.lines().count(), ODD.len());
    let table = exported(&fixture, &fixture.auditor, everything(), ExportFormat::Csv).await;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), ODD.len() + 1);
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
    }
}

#[tokio::test]
async fn patients_learn_in_plain_words_who_looked_at_their_record() {
    let fixture = clinic().await;
    looks(&fixture).await;
    let denied = ask(&fixture, &fixture.other_doctor, ReadChart { patient: fixture.marta }).await;
    assert!(denied.is_err());
    let log = |actor| ask(&fixture, actor, ReadAccessLog { patient: fixture.marta, page: first(10) });
    let found = log(&fixture.patient).await.unwrap().items;
    let said: Vec<_> = found.iter().map(|it| (it.who.as_str(), it.role, it.what)).collect();
    assert_eq!(
        said,
        [
            ("Grace Hall", Some(Role::Receptionist), "read your contact details"),
            ("Dr Amina Rahman", Some(Role::Doctor), "read your medical record"),
        ],
        "neither her own look nor one that was refused"
    );
    // The auditor reads it too, and then it says so.
    assert_eq!(log(&fixture.auditor).await.unwrap().items.len(), 2);
    let found = log(&fixture.patient).await.unwrap().items;
    assert_eq!((found[0].who.as_str(), found[0].what), ("Henry Shaw", "checked who looked at your data"));
    assert_eq!(log(&fixture.other_patient).await, Err(ServiceError::NotFound));
    for role in [Role::Doctor, Role::Nurse, Role::Receptionist, Role::Billing, Role::Admin] {
        assert_eq!(log(fixture.actor_for(role)).await, Err(ServiceError::Forbidden), "{role}");
    }
    let unknown = ReadAccessLog { patient: PatientId(9), page: first(10) };
    assert_eq!(ask(&fixture, &fixture.auditor, unknown).await, Err(ServiceError::NotFound));
}

#[tokio::test]
async fn an_emergency_is_told_with_its_reason() {
    let fixture = clinic().await;
    let mut event = storage::conformance::samples::event(0, Action::BreakGlass);
    event.patient = Some(fixture.marta);
    "Unconscious after a fall".clone_into(&mut event.reason);
    note(&fixture, event.clone()).await;
    let reason = || "emergency access".to_owned();
    note(&fixture, AuditDraft { action: Action::ReadRecord, reason: reason(), ..event.clone() }).await;
    note(&fixture, AuditDraft { reason: access::CLOSED.to_owned(), ..event.clone() }).await;
    note(&fixture, AuditDraft { action: Action::CancelAppointment, ..event }).await;
    let log = ReadAccessLog { patient: fixture.marta, page: first(10) };
    let found = ask(&fixture, &fixture.patient, log).await.unwrap().items;
    let said: Vec<_> = found.iter().map(|it| (it.is_emergency, it.reason.as_str())).collect();
    assert_eq!(said, [(false, ""), (false, ""), (true, ""), (true, "Unconscious after a fall")]);
}

#[tokio::test]
async fn staff_read_their_own_actions_and_leave_no_trace_by_it() {
    let fixture = clinic().await;
    looks(&fixture).await;
    let before = fixture.audit().await.len();
    let own = ask(&fixture, &fixture.receptionist, ReadOwnActions { page: first(10) }).await.unwrap();
    assert_eq!(own.items.len(), 2);
    assert!(own.items.iter().all(|event| event.event.actor == fixture.receptionist.user()));
    assert_eq!(fixture.audit().await.len(), before);
    let patient = ask(&fixture, &fixture.patient, ReadOwnActions { page: first(10) }).await;
    assert_eq!(patient, Err(ServiceError::Forbidden));
}

#[tokio::test]
async fn security_events_are_counted_by_account_for_the_time_asked_for() {
    let fixture = clinic().await;
    try_to_sign_in(&fixture, "marta.kowalska", "wrong").await;
    fixture.clock.advance(SignedDuration::from_hours(48));
    for login in ["marta.kowalska", "marta.kowalska", "nobody", "tom.baker"] {
        try_to_sign_in(&fixture, login, "wrong").await;
    }
    try_to_sign_in(&fixture, "tom.baker", Fixture::PASSWORD).await;
    fixture.services.reset_password(&fixture.admin, fixture.other_patient.user().unwrap()).await.unwrap();
    let _ = ask(&fixture, &fixture.nurse, ReadSecurityEvents { days: 1 }).await.unwrap_err();
    let _ = ask(&fixture, &fixture.patient, ReadChart { patient: fixture.tom }).await.unwrap_err();
    let seen = ask(&fixture, &fixture.auditor, ReadSecurityEvents { days: 1 }).await.unwrap();
    assert_eq!(seen.totals, [4, 0, 2, 1, 0]);
    let of = |name: &str| seen.accounts.iter().find(|it| it.name == name).unwrap().counts;
    assert_eq!(of("Marta Kowalska"), [2, 0, 1, 0, 0]);
    assert_eq!(of("Tom Baker"), [1, 0, 0, 1, 0]);
    assert_eq!(of("No known account"), [1, 0, 0, 0, 0]);
    assert_eq!(of("Nina Okafor"), [0, 0, 1, 0, 0]);
    assert_eq!(seen.newest.len(), 7);
    assert!(seen.newest.windows(2).all(|pair| pair[0].seq > pair[1].seq));
    let week = ask(&fixture, &fixture.auditor, ReadSecurityEvents { days: 7 }).await.unwrap();
    assert_eq!(week.totals[SecurityKind::FailedSignIn as usize], 5);
    // What is refused of a record is no administrator's business.
    let seen = ask(&fixture, &fixture.admin, ReadSecurityEvents { days: 1 }).await.unwrap();
    assert_eq!(seen.totals, [4, 0, 1, 1, 0]);
    assert!(seen.newest.iter().all(|event| event.event.action.is_security_event()));
}

#[tokio::test]
async fn the_log_is_anchored_once_for_every_end_that_it_had() {
    let fixture = clinic().await;
    let key = AnchorKey::derived(b"a secret of the server");
    assert_eq!(fixture.services.anchor_audit(&key).await, Ok(None), "there is nothing to anchor");
    looks(&fixture).await;
    let anchor = fixture.services.anchor_audit(&key).await.unwrap().unwrap();
    let last = fixture.audit().await.pop().unwrap();
    assert_eq!((anchor.seq, &anchor.hash, anchor.at), (last.seq, &last.hash, fixture.services.now()));
    assert_eq!(fixture.services.anchor_audit(&key).await, Ok(None), "nothing happened since");
    try_to_sign_in(&fixture, "nobody", "wrong").await;
    assert_eq!(fixture.services.anchor_audit(&key).await.unwrap().unwrap().seq, last.seq + 1);
}
