//! Which patients are assigned to whom: by appointments, by what was written, by care teams.

use super::*;
use crate::fixture::{Fixture, clinic};
use crate::identity::UpdateUser;
use crate::records::{Chart, LinkRecord, ListRecords, NoteForm, ReadChart, WriteNote, WriteSummary};
use crate::reports::ReadAccessLog;
use crate::{Actor, ConflictKind, RequestKey, ServiceError, Services};
use domain::record::Note;
use domain::{
    AccessId, Action, AppointmentStatus, AssignmentWindow, AuditOutcome, Code, PatientLink, Record,
    RecordBody, RecordId, Role,
};
use jiff::SignedDuration;
use storage::Counter;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const MOMENT: SignedDuration = SignedDuration::from_secs(1);

fn add(patient: PatientId, member: &Actor) -> AddToCareTeam {
    AddToCareTeam { patient, user: member.user(), reason: "Diabetes clinic".to_owned(), until: String::new() }
}

async fn chart(services: &Services, actor: &Actor, patient: PatientId) -> Result<Chart, ServiceError> {
    services.execute(actor, ReadChart { patient }).await
}

async fn is_open(clinic: &Fixture, actor: &Actor, patient: PatientId) -> bool {
    match chart(&clinic.services, actor, patient).await {
        Ok(_) => true,
        Err(ServiceError::NotFound) => false,
        Err(error) => panic!("{error}"),
    }
}

fn note(patient: PatientId) -> WriteNote {
    let form = NoteForm { plan: "Rest".to_owned(), ..NoteForm::default() };
    WriteNote { patient, appointment: None, form }
}

/// A note on a patient, in the store.
async fn written(clinic: &Fixture, author: &Actor, patients: Vec<PatientId>) {
    let (author, now) = (author.user(), clinic.services.now());
    clinic
        .store(move |tx| {
            let patients = patients.clone();
            Box::pin(async move {
                for patient in patients {
                    let record = Record {
                        id: RecordId(tx.counters().next(Counter::MedicalRecord).await?),
                        patient: PatientLink { id: Some(patient), name: "A patient".to_owned() },
                        author,
                        author_name: "Dr Owen Price".to_owned(),
                        author_role: Role::Doctor,
                        appointment: None,
                        created_at: now,
                        body: RecordBody::Note(Note { plan: "Rest".to_owned(), ..Note::default() }),
                    };
                    tx.records().insert(record).await?;
                }
                Ok(())
            })
        })
        .await;
}

async fn listed(clinic: &Fixture, actor: &Actor) -> Vec<PatientId> {
    let list = ListRecords { page: PageRequest::all(Order::Ascending) };
    let found = clinic.services.execute(actor, list).await.unwrap().items;
    let mut patients: Vec<_> = found.into_iter().filter_map(|entry| entry.value.patient.id).collect();
    patients.dedup();
    patients
}

#[tokio::test]
async fn whoever_is_brought_in_treats_the_patient_until_it_ends() {
    let clinic = clinic().await;
    written(&clinic, &clinic.doctor, vec![clinic.tom]).await;
    for (member, other) in [(&clinic.other_doctor, &clinic.nurse), (&clinic.nurse, &clinic.other_doctor)] {
        assert!(!is_open(&clinic, member, clinic.tom).await);
        assert!(listed(&clinic, member).await.is_empty());
        let place = clinic.services.execute(&clinic.receptionist, add(clinic.tom, member)).await.unwrap();
        assert!(is_open(&clinic, member, clinic.tom).await);
        assert!(!is_open(&clinic, other, clinic.tom).await, "nobody else comes in with them");
        assert_eq!(listed(&clinic, member).await, [clinic.tom]);
        assert!(!is_open(&clinic, member, clinic.marta).await);
        clinic.services.execute(&clinic.receptionist, EndCareTeam { id: place.id }).await.unwrap();
        assert!(!is_open(&clinic, member, clinic.tom).await, "at once");
        assert!(listed(&clinic, member).await.is_empty());
    }
}

#[tokio::test]
async fn a_place_lasts_to_the_end_of_its_last_day() {
    for (until, last) in [("", "2027-02-21"), ("2026-11-23", "2026-11-23"), ("2027-11-23", "2027-11-23")] {
        let clinic = clinic().await;
        let wanted = AddToCareTeam { until: until.to_owned(), ..add(clinic.tom, &clinic.other_doctor) };
        let place = clinic.services.execute(&clinic.receptionist, wanted).await.unwrap();
        let day: jiff::civil::Date = last.parse().unwrap();
        let end = clinic.services.clinic().zone.start_of_day(day.tomorrow().unwrap());
        assert_eq!(place.expires_at, end, "{until}");
        clinic.clock.advance(end.duration_since(clinic.services.now()) - MOMENT);
        assert!(is_open(&clinic, &clinic.other_doctor, clinic.tom).await, "{until}");
        clinic.clock.advance(MOMENT);
        assert!(!is_open(&clinic, &clinic.other_doctor, clinic.tom).await, "{until}");
    }
}

#[tokio::test]
async fn nobody_brings_themselves_in_who_does_not_treat_the_patient() {
    let clinic = clinic().await;
    for actor in [&clinic.doctor, &clinic.nurse] {
        for member in [actor, &clinic.other_doctor] {
            let refused = clinic.services.execute(actor, add(clinic.tom, member)).await;
            assert_eq!(refused.unwrap_err(), ServiceError::NotFound);
        }
        let unknown = clinic.services.execute(actor, add(PatientId(99), actor)).await;
        assert_eq!(unknown.unwrap_err(), ServiceError::NotFound);
        let form = EmergencyForm {
            patient: clinic.tom,
            reason: "Unconscious on arrival".to_owned(),
            password: Fixture::PASSWORD.to_owned(),
        };
        clinic.services.break_glass(actor, form).await.unwrap();
        let refused = clinic.services.execute(actor, add(clinic.tom, actor)).await;
        assert_eq!(refused.unwrap_err(), ServiceError::NotFound, "an emergency is no way in");
    }
    for actor in [&clinic.patient, &clinic.other_patient, &clinic.billing, &clinic.admin, &clinic.auditor] {
        let refused = clinic.services.execute(actor, add(clinic.tom, &clinic.doctor)).await;
        assert_eq!(refused.unwrap_err(), ServiceError::Forbidden);
    }
    clinic.visit_of_marta().await;
    for actor in [&clinic.doctor, &clinic.nurse] {
        assert!(clinic.services.execute(actor, add(clinic.marta, actor)).await.is_ok());
    }
}

#[tokio::test]
async fn a_member_brings_a_colleague_in_and_cannot_stay_on_for_ever() {
    let clinic = clinic().await;
    let day = AddToCareTeam { until: "2026-11-23".to_owned(), ..add(clinic.tom, &clinic.doctor) };
    clinic.services.execute(&clinic.receptionist, day).await.unwrap();
    assert!(clinic.services.execute(&clinic.doctor, add(clinic.tom, &clinic.nurse)).await.is_ok());
    let longer = clinic.services.execute(&clinic.doctor, add(clinic.tom, &clinic.doctor)).await;
    assert_eq!(longer.unwrap_err(), ServiceError::Conflict(ConflictKind::AlreadyOpen));
    clinic.clock.advance(DAY);
    let again = clinic.services.execute(&clinic.doctor, add(clinic.tom, &clinic.doctor)).await;
    assert_eq!(again.unwrap_err(), ServiceError::NotFound);
    assert!(is_open(&clinic, &clinic.nurse, clinic.tom).await);
}

#[tokio::test]
async fn a_member_leaves_and_the_same_request_again_is_answered_alike() {
    let clinic = clinic().await;
    let place = clinic.services.execute(&clinic.receptionist, add(clinic.tom, &clinic.doctor)).await.unwrap();
    let end = EndCareTeam { id: place.id };
    let stranger = clinic.services.execute(&clinic.other_doctor, end).await;
    assert_eq!(stranger, Err(ServiceError::NotFound));
    let key = RequestKey::of_form(&clinic.doctor, "/", "a key", &[b"end"]);
    let leaving = clinic.doctor.clone().repeating(Some(key));
    for _ in 0..2 {
        assert_eq!(clinic.services.execute(&leaving, end).await, Ok(clinic.tom));
        assert!(!is_open(&clinic, &clinic.doctor, clinic.tom).await);
    }
    assert_eq!(clinic.services.execute(&clinic.receptionist, end).await, Ok(clinic.tom), "ended is ended");
    let other = clinic.services.execute(&clinic.receptionist, EndCareTeam { id: AccessId(9) }).await;
    assert_eq!(other, Err(ServiceError::NotFound));
}

#[tokio::test]
async fn who_is_brought_in_why_and_until_when_is_checked() {
    let clinic = clinic().await;
    let update = UpdateUser {
        id: clinic.other_doctor.user().unwrap(),
        expected: None,
        role: None,
        status: Some(domain::UserStatus::Disabled),
        display_name: None,
    };
    clinic.services.execute(&clinic.admin, update).await.unwrap();
    let good = || add(clinic.tom, &clinic.doctor);
    let until = |until: &str| AddToCareTeam { until: until.to_owned(), ..good() };
    let unknown = || Code::UnknownChoice("a doctor or nurse");
    for (wrong, field, code) in [
        (AddToCareTeam { user: None, ..good() }, "userId", Code::NotChosen("a doctor or nurse")),
        (AddToCareTeam { user: Some(UserId(99)), ..good() }, "userId", unknown()),
        (add(clinic.tom, &clinic.receptionist), "userId", unknown()),
        (add(clinic.tom, &clinic.patient), "userId", unknown()),
        (add(clinic.tom, &clinic.other_doctor), "userId", unknown()),
        (
            AddToCareTeam { reason: " ".to_owned(), ..good() },
            "reason",
            Code::Missing("what they do for the patient"),
        ),
        (AddToCareTeam { reason: "é".repeat(201), ..good() }, "reason", Code::TooLong("Reason", 200)),
        (until("soon"), "until", Code::NotADate("Last day")),
        (until("2026-11-22"), "until", Code::TimePassed),
        (until("2027-11-24"), "until", Code::TooFarAhead(365)),
        (until("9999-12-31"), "until", Code::TooFarAhead(365)),
    ] {
        let refused = clinic.services.execute(&clinic.receptionist, wrong.clone()).await;
        assert_eq!(refused.unwrap_err(), ServiceError::field(field, code), "{wrong:?}");
    }
    let team = clinic.services.execute(&clinic.receptionist, ReadCareTeam { patient: clinic.tom }).await;
    let names: Vec<_> = team.unwrap().clinicians.unwrap().into_iter().map(|who| who.name).collect();
    assert_eq!(names, ["Dr Amina Rahman", "Nina Okafor"], "who is disabled is not offered");
    clinic.services.execute(&clinic.receptionist, good()).await.unwrap();
    let twice = clinic.services.execute(&clinic.receptionist, good()).await;
    assert_eq!(twice.unwrap_err(), ServiceError::Conflict(ConflictKind::AlreadyOpen));
}

#[tokio::test]
async fn the_patient_sees_who_is_in_the_team_and_what_was_done() {
    let clinic = clinic().await;
    let place = clinic.services.execute(&clinic.receptionist, add(clinic.tom, &clinic.doctor)).await.unwrap();
    let read = ReadCareTeam { patient: clinic.tom };
    let own = clinic.services.execute(&clinic.other_patient, read).await.unwrap();
    let [member] = &own.members[..] else { panic!("one") };
    assert_eq!((member.name.as_str(), member.role), ("Dr Amina Rahman", Role::Doctor));
    assert_eq!((member.reason.as_str(), member.until), ("Diabetes clinic", place.expires_at));
    assert!(own.clinicians.is_none(), "patients change nothing");
    let foreign = clinic.services.execute(&clinic.patient, read).await;
    assert_eq!(foreign.unwrap_err(), ServiceError::NotFound);
    let outside = clinic.services.execute(&clinic.other_doctor, read).await.unwrap();
    assert!(outside.clinicians.is_none() && outside.members.len() == 1);
    assert!(clinic.services.execute(&clinic.doctor, read).await.unwrap().clinicians.is_some());
    clinic.services.execute(&clinic.doctor, EndCareTeam { id: place.id }).await.unwrap();

    let log = ReadAccessLog { patient: clinic.tom, page: PageRequest::first(50, Order::Ascending) };
    let told = clinic.services.execute(&clinic.other_patient, log).await.unwrap().items;
    let told: Vec<_> = told.iter().map(|access| (access.who.as_str(), access.what)).collect();
    assert!(told.contains(&("Grace Hall", "added someone to your care team")), "{told:?}");
    assert!(told.contains(&("Dr Amina Rahman", "took someone off your care team")), "{told:?}");
    let doctor = clinic.doctor.user().unwrap();
    let events = clinic.audit().await;
    let kept: Vec<_> = events
        .iter()
        .filter(|event| event.event.action == Action::ManageCareTeam)
        .map(|event| (event.event.outcome, event.event.patient, event.event.reason.clone()))
        .collect();
    let done = |what: &str| (AuditOutcome::Success, Some(clinic.tom), format!("{what} user {doctor}"));
    assert_eq!(kept, [done("added"), done("ended")]);
    assert!(events.iter().all(|event| !event.event.reason.contains("Diabetes")));
}

#[tokio::test]
async fn an_appointment_assigns_within_the_window_that_the_clinic_sets() {
    for window in [AssignmentWindow::default(), AssignmentWindow { days_back: 1, days_ahead: 2 }] {
        let mut clinic = clinic().await;
        clinic.services = clinic.services.clone().with_assignment(window);
        let start = clinic.in_hours(24 * i64::from(window.days_ahead));
        clinic.visit(&clinic.doctor, clinic.marta, start, AppointmentStatus::Booked).await;
        for actor in [&clinic.doctor, &clinic.nurse] {
            assert!(!is_open(&clinic, actor, clinic.marta).await, "not yet");
        }
        clinic.clock.advance(MOMENT);
        for actor in [&clinic.doctor, &clinic.nurse] {
            assert!(is_open(&clinic, actor, clinic.marta).await);
        }
        assert!(!is_open(&clinic, &clinic.other_doctor, clinic.marta).await);
        let days = i32::from(window.days_ahead) + i32::from(window.days_back);
        clinic.clock.advance(DAY * days - MOMENT);
        assert!(is_open(&clinic, &clinic.doctor, clinic.marta).await);
        clinic.clock.advance(MOMENT);
        for actor in [&clinic.doctor, &clinic.nurse] {
            assert!(!is_open(&clinic, actor, clinic.marta).await, "no longer");
        }
    }
}

#[tokio::test]
async fn whoever_wrote_in_the_record_follows_it_up_for_a_week() {
    let clinic = clinic().await;
    let place = clinic.services.execute(&clinic.receptionist, add(clinic.tom, &clinic.doctor)).await.unwrap();
    clinic.services.execute(&clinic.doctor, note(clinic.tom)).await.unwrap();
    clinic.services.execute(&clinic.receptionist, EndCareTeam { id: place.id }).await.unwrap();
    assert!(is_open(&clinic, &clinic.doctor, clinic.tom).await);
    assert_eq!(listed(&clinic, &clinic.doctor).await, [clinic.tom]);
    for other in [&clinic.other_doctor, &clinic.nurse] {
        assert!(!is_open(&clinic, other, clinic.tom).await);
    }
    clinic.clock.advance(DAY * 7);
    assert!(is_open(&clinic, &clinic.doctor, clinic.tom).await);
    clinic.clock.advance(MOMENT);
    assert!(!is_open(&clinic, &clinic.doctor, clinic.tom).await);
    assert!(listed(&clinic, &clinic.doctor).await.is_empty());
}

#[tokio::test]
async fn an_entry_linked_to_a_patient_afterwards_opens_no_record() {
    let clinic = clinic().await;
    let [patient_name, condition, treatment] = ["Nobody Known", "Flu", "Rest"].map(str::to_owned);
    let entry = WriteSummary { patient_name, condition, treatment };
    let entry = clinic.services.execute(&clinic.doctor, entry).await.unwrap();
    let link = LinkRecord { id: entry.id, expected: entry.version, patient: clinic.tom };
    clinic.services.execute(&clinic.doctor, link).await.unwrap();
    assert!(!is_open(&clinic, &clinic.doctor, clinic.tom).await);
    assert!(listed(&clinic, &clinic.doctor).await.is_empty());
}

#[tokio::test]
async fn a_list_holds_the_patients_of_a_busy_week() {
    let clinic = clinic().await;
    let mut patients = vec![clinic.tom];
    patients.resize(502, clinic.marta);
    written(&clinic, &clinic.other_doctor, patients).await;
    assert_eq!(listed(&clinic, &clinic.other_doctor).await, [clinic.tom, clinic.marta]);
}
