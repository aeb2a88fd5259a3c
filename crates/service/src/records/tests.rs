//! Medical records as their authors, other staff and patients meet them.

use super::*;
use crate::fixture::{self, Fixture};
use crate::{Actor, ConflictKind, Order, PageRequest};
use domain::record::NoteError;
use domain::{Action, AppointmentStatus, AuditOutcome};
use jiff::SignedDuration;

fn sections(plan: &str) -> NoteForm {
    NoteForm { subjective: "Headaches".into(), plan: plan.into(), ..NoteForm::default() }
}

async fn draft(clinic: &Fixture, author: &Actor) -> Versioned<Record> {
    let write = WriteNote { patient: clinic.marta, appointment: None, form: sections("Rest") };
    clinic.services.execute(author, write).await.unwrap()
}

async fn signed(clinic: &Fixture, author: &Actor) -> Versioned<Record> {
    let note = draft(clinic, author).await;
    clinic.services.execute(author, SignNote { id: note.id, expected: note.version }).await.unwrap()
}

fn summary(name: &str) -> WriteSummary {
    WriteSummary { patient_name: name.into(), condition: "Flu".into(), treatment: "Rest".into() }
}

fn list() -> ListRecords {
    ListRecords { page: PageRequest::first(100, Order::Descending) }
}

#[tokio::test]
async fn a_signed_note_never_changes() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    let note = signed(&clinic, &clinic.doctor).await;
    let refused = Err(ServiceError::Conflict(ConflictKind::Note(NoteError::Signed)));
    let revise = ReviseNote { id: note.id, expected: note.version, form: sections("Surgery") };
    assert_eq!(clinic.services.execute(&clinic.doctor, revise).await, refused);
    let sign = SignNote { id: note.id, expected: note.version };
    assert_eq!(clinic.services.execute(&clinic.doctor, sign).await, refused);
    let now = clinic.services.execute(&clinic.doctor, ReadEntry { id: note.id }).await.unwrap();
    assert_eq!(now, note);
}

#[tokio::test]
async fn words_are_added_by_the_author_only() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    clinic.visit(&clinic.other_doctor, clinic.marta, clinic.in_hours(3), AppointmentStatus::Booked).await;
    let note = signed(&clinic, &clinic.doctor).await;
    let add = |text: &str| AddAddendum { id: note.id, expected: note.version, text: text.into() };
    for other in [&clinic.other_doctor, &clinic.nurse] {
        assert_eq!(clinic.services.execute(other, add("Wrong")).await, Err(ServiceError::NotFound));
        let sign = SignNote { id: note.id, expected: note.version };
        assert_eq!(clinic.services.execute(other, sign).await, Err(ServiceError::NotFound));
    }
    let empty = clinic.services.execute(&clinic.doctor, add("  ")).await;
    assert_eq!(empty, Err(ServiceError::field("text", Code::Missing("what to add"))));
    let added = clinic.services.execute(&clinic.doctor, add("Improved")).await.unwrap();
    let (RecordBody::Note(before), RecordBody::Note(after)) = (&note.body, &added.body) else {
        panic!("notes")
    };
    assert_eq!((&before.plan, &before.signature), (&after.plan, &after.signature));
    assert_eq!(after.addenda[0].signature.by, clinic.doctor.user().unwrap());
    // The first addendum changed the version: who adds another must have seen it.
    assert_eq!(clinic.services.execute(&clinic.doctor, add("Twice")).await, Err(ServiceError::Stale));
}

#[tokio::test]
async fn nobody_changes_or_signs_the_draft_of_another() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    let note = draft(&clinic, &clinic.nurse).await;
    let revise = ReviseNote { id: note.id, expected: note.version, form: sections("Surgery") };
    assert_eq!(clinic.services.execute(&clinic.doctor, revise.clone()).await, Err(ServiceError::NotFound));
    let sign = SignNote { id: note.id, expected: note.version };
    assert_eq!(clinic.services.execute(&clinic.doctor, sign).await, Err(ServiceError::NotFound));
    let revised = clinic.services.execute(&clinic.nurse, revise).await.unwrap();
    let sign = SignNote { id: note.id, expected: revised.version };
    assert!(clinic.services.execute(&clinic.nurse, sign).await.is_ok());
}

#[tokio::test]
async fn an_author_finishes_a_draft_however_long_ago_the_visit_was() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    let note = draft(&clinic, &clinic.doctor).await;
    clinic.clock.advance(SignedDuration::from_hours(24 * 30));
    let chart = clinic.services.execute(&clinic.doctor, ReadChart { patient: clinic.marta }).await;
    assert_eq!(chart.unwrap_err(), ServiceError::NotFound);
    let unsigned = clinic.services.execute(&clinic.doctor, UnsignedNotes {}).await.unwrap();
    assert_eq!(unsigned.iter().map(|note| note.id).collect::<Vec<_>>(), [note.id]);
    let revise = ReviseNote { id: note.id, expected: note.version, form: sections("Rest, fluids") };
    let revised = clinic.services.execute(&clinic.doctor, revise).await.unwrap();
    let sign = SignNote { id: note.id, expected: revised.version };
    assert!(clinic.services.execute(&clinic.doctor, sign).await.is_ok());
    assert!(clinic.services.execute(&clinic.doctor, UnsignedNotes {}).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_patient_reads_what_is_signed_and_only_the_own() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    let open = draft(&clinic, &clinic.doctor).await;
    let done = signed(&clinic, &clinic.doctor).await;
    let chart = clinic.services.execute(&clinic.patient, ReadChart { patient: clinic.marta }).await.unwrap();
    assert_eq!(chart.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [done.id]);
    assert_eq!(chart.appointments.len(), 1);
    let listed = clinic.services.execute(&clinic.patient, list()).await.unwrap();
    assert_eq!(listed.items, chart.entries);
    assert!(clinic.services.execute(&clinic.patient, ReadEntry { id: done.id }).await.is_ok());
    let hidden = clinic.services.execute(&clinic.patient, ReadEntry { id: open.id }).await;
    assert_eq!(hidden, Err(ServiceError::NotFound));

    let chart = clinic.services.execute(&clinic.other_patient, ReadChart { patient: clinic.marta }).await;
    assert_eq!(chart.unwrap_err(), ServiceError::NotFound);
    let entry = clinic.services.execute(&clinic.other_patient, ReadEntry { id: done.id }).await;
    assert_eq!(entry, Err(ServiceError::NotFound));
    assert!(clinic.services.execute(&clinic.other_patient, list()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_doctor_without_an_appointment_is_answered_as_if_nobody_were_there() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    let note = signed(&clinic, &clinic.doctor).await;
    for patient in [clinic.marta, PatientId(99)] {
        let chart = clinic.services.execute(&clinic.other_doctor, ReadChart { patient }).await;
        assert_eq!(chart.unwrap_err(), ServiceError::NotFound);
        let write = WriteNote { patient, appointment: None, form: sections("Rest") };
        assert_eq!(clinic.services.execute(&clinic.other_doctor, write).await, Err(ServiceError::NotFound));
    }
    for id in [note.id, RecordId(99)] {
        let entry = clinic.services.execute(&clinic.other_doctor, ReadEntry { id }).await;
        assert_eq!(entry, Err(ServiceError::NotFound));
    }
    assert!(clinic.services.execute(&clinic.other_doctor, list()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_cancelled_appointment_assigns_nobody() {
    let clinic = fixture::clinic().await;
    clinic
        .visit(&clinic.doctor, clinic.marta, clinic.in_hours(1), AppointmentStatus::CancelledByPatient)
        .await;
    let chart = clinic.services.execute(&clinic.doctor, ReadChart { patient: clinic.marta }).await;
    assert_eq!(chart.unwrap_err(), ServiceError::NotFound);
    clinic.visit(&clinic.other_doctor, clinic.marta, clinic.in_hours(3), AppointmentStatus::Booked).await;
    signed(&clinic, &clinic.other_doctor).await;
    assert!(clinic.services.execute(&clinic.doctor, list()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_refused_reading_leaves_one_audit_event_with_the_patient() {
    let clinic = fixture::clinic().await;
    let before = clinic.audit().await.len();
    let denied = clinic.services.execute(&clinic.doctor, ReadChart { patient: clinic.marta }).await;
    assert_eq!(denied.unwrap_err(), ServiceError::NotFound);
    let log = clinic.audit().await;
    assert_eq!(log.len(), before + 1);
    let event = &log.last().unwrap().event;
    assert_eq!((event.action, event.outcome), (Action::ReadRecord, AuditOutcome::Denied));
    assert_eq!(event.patient, Some(clinic.marta));
}

#[tokio::test]
async fn nurses_take_measurements_and_doctors_prescribe() {
    let clinic = fixture::clinic().await;
    let visit = clinic.visit_of_marta().await;
    let vitals = |systolic: &str, diastolic: &str| WriteVitals {
        patient: clinic.marta,
        appointment: Some(visit),
        form: VitalsForm {
            systolic: systolic.into(),
            diastolic: diastolic.into(),
            temperature: "36.8".into(),
            ..VitalsForm::default()
        },
    };
    let taken = clinic.services.execute(&clinic.nurse, vitals("131", "82")).await.unwrap();
    assert_eq!(taken.treatment(), "131/82 mmHg, 36.8 °C");
    assert_eq!(taken.appointment, Some(visit));
    let Err(ServiceError::Invalid(errors)) =
        clinic.services.execute(&clinic.nurse, vitals("high", "82")).await
    else {
        panic!("a refused field expected")
    };
    assert_eq!(errors.of("systolic"), Some(&Code::OutOfRange("Systolic pressure", "40", "300 mmHg")));

    let prescribe = |days: &str| Prescribe {
        patient: clinic.marta,
        appointment: Some(visit),
        name: "Amlodipine 5 mg".into(),
        dosage: "once a day".into(),
        days: days.into(),
    };
    assert_eq!(clinic.services.execute(&clinic.nurse, prescribe("28")).await, Err(ServiceError::Forbidden));
    let medicine = clinic.services.execute(&clinic.doctor, prescribe("28")).await.unwrap();
    assert_eq!(medicine.treatment(), "once a day for 28 days");
    let forever = clinic.services.execute(&clinic.doctor, prescribe("0")).await;
    assert_eq!(forever, Err(ServiceError::field("days", Code::OutOfRange("Number of days", "1", "365"))));
    let diagnose = Diagnose {
        patient: clinic.marta,
        appointment: None,
        name: "Hypertension".into(),
        code: "I10".into(),
    };
    assert_eq!(clinic.services.execute(&clinic.doctor, diagnose).await.unwrap().condition(), "Hypertension");
}

#[tokio::test]
async fn an_allergy_needs_a_substance_and_a_severity() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    let allergy = |substance: &str, severity: &str| WriteAllergy {
        patient: clinic.marta,
        substance: substance.into(),
        reaction: "Anaphylaxis".into(),
        severity: severity.into(),
    };
    let Err(ServiceError::Invalid(errors)) =
        clinic.services.execute(&clinic.nurse, allergy(" ", "awful")).await
    else {
        panic!("refused fields expected")
    };
    assert!(errors.of("substance").is_some() && errors.of("severity").is_some());
    let written = clinic.services.execute(&clinic.nurse, allergy("Penicillin", "severe")).await.unwrap();
    assert_eq!(written.condition(), "Allergy: Penicillin");
}

#[tokio::test]
async fn an_entry_is_never_put_to_the_visit_of_another_patient() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    let of_tom =
        clinic.visit(&clinic.doctor, clinic.tom, clinic.in_hours(2), AppointmentStatus::Booked).await;
    for visit in [of_tom, AppointmentId(999)] {
        let write = WriteNote { patient: clinic.marta, appointment: Some(visit), form: sections("Rest") };
        let refused = clinic.services.execute(&clinic.doctor, write).await;
        let expected = ServiceError::field("appointmentId", Code::UnknownChoice("a visit of this patient"));
        assert_eq!(refused, Err(expected));
    }
    assert_eq!(clinic.totals().medical_records, 0);
}

#[tokio::test]
async fn an_old_shape_entry_is_linked_when_exactly_one_patient_has_the_name() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    let linked = clinic.services.execute(&clinic.doctor, summary("marta  KOWALSKA")).await.unwrap();
    assert_eq!(linked.patient, PatientLink { id: Some(clinic.marta), name: "marta  KOWALSKA".into() });
    let unknown = clinic.services.execute(&clinic.doctor, summary("John Doe")).await.unwrap();
    assert_eq!(unknown.patient.id, None);
    clinic.register("John Doe").await;
    clinic.register("John Doe").await;
    let ambiguous = clinic.services.execute(&clinic.doctor, summary("John Doe")).await.unwrap();
    assert_eq!(ambiguous.patient.id, None);
    // The name of someone whom the doctor does not treat.
    let stranger = clinic.services.execute(&clinic.doctor, summary("Tom Baker")).await;
    assert_eq!(stranger, Err(ServiceError::NotFound));
    assert_eq!(
        clinic.services.execute(&clinic.nurse, summary("John Doe")).await,
        Err(ServiceError::Forbidden)
    );
    let Err(ServiceError::Invalid(errors)) = clinic
        .services
        .execute(&clinic.doctor, WriteSummary { condition: String::new(), ..summary(" ") })
        .await
    else {
        panic!("refused fields expected")
    };
    assert_eq!(errors.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["patientName", "condition"]);
}

#[tokio::test]
async fn an_unlinked_entry_is_linked_once_by_who_may_read_it() {
    let clinic = fixture::clinic().await;
    let entry = clinic.services.execute(&clinic.doctor, summary("M. Kowalska")).await.unwrap();
    let link = LinkRecord { id: entry.id, expected: entry.version, patient: clinic.marta };
    assert_eq!(
        clinic.services.execute(&clinic.receptionist, link.clone()).await,
        Err(ServiceError::NotFound)
    );
    let nowhere = LinkRecord { patient: PatientId(99), ..link.clone() };
    let refused = clinic.services.execute(&clinic.nurse, nowhere).await;
    assert_eq!(refused, Err(ServiceError::field("patientId", Code::UnknownPatient)));
    let linked = clinic.services.execute(&clinic.nurse, link.clone()).await.unwrap();
    assert_eq!(linked.patient.id, Some(clinic.marta));
    // Linked now, it is the record of a patient who is not assigned to anyone.
    assert_eq!(clinic.services.execute(&clinic.nurse, link.clone()).await, Err(ServiceError::NotFound));
    clinic.visit_of_marta().await;
    let again = clinic.services.execute(&clinic.nurse, link).await;
    assert_eq!(again, Err(ServiceError::Conflict(ConflictKind::AlreadyLinked)));
}

#[tokio::test]
async fn staff_list_assigned_patients_and_unlinked_entries() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    clinic.visit(&clinic.other_doctor, clinic.tom, clinic.in_hours(1), AppointmentStatus::Booked).await;
    let of_marta = signed(&clinic, &clinic.doctor).await;
    let write = WriteNote { patient: clinic.tom, appointment: None, form: sections("Rest") };
    let of_tom = clinic.services.execute(&clinic.other_doctor, write).await.unwrap();
    let unlinked = clinic.services.execute(&clinic.doctor, summary("John Doe")).await.unwrap();
    for (caller, expected) in [
        (&clinic.doctor, vec![unlinked.id, of_marta.id]),
        (&clinic.other_doctor, vec![unlinked.id, of_tom.id]),
        (&clinic.nurse, vec![unlinked.id, of_tom.id, of_marta.id]),
    ] {
        let listed = clinic.services.execute(caller, list()).await.unwrap();
        assert_eq!(listed.items.iter().map(|entry| entry.id).collect::<Vec<_>>(), expected);
    }
    for caller in [&clinic.receptionist, &clinic.billing, &clinic.admin, &clinic.auditor] {
        assert_eq!(clinic.services.execute(caller, list()).await.unwrap_err(), ServiceError::Forbidden);
    }
}

#[tokio::test]
async fn a_note_without_words_is_not_begun() {
    let clinic = fixture::clinic().await;
    clinic.visit_of_marta().await;
    let write = WriteNote { patient: clinic.marta, appointment: None, form: NoteForm::default() };
    let refused = clinic.services.execute(&clinic.doctor, write).await;
    assert_eq!(refused, Err(ServiceError::field("subjective", Code::NothingEntered("section"))));
}
