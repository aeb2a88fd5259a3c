//! Moving, cancelling, the visit's course, linking.

use super::*;
use domain::appointment::ForbiddenTransition;
use jiff::SignedDuration;

#[tokio::test]
async fn a_cancelled_slot_can_be_booked_again() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-25", "09:30").await.unwrap();
    let gone = cancel(&fixture, &fixture.patient, &visit).await.unwrap();
    assert_eq!(gone.status, AppointmentStatus::CancelledByPatient);
    assert_eq!(gone.history.last().unwrap().reason, "a cold");
    assert!(book(&fixture, &fixture.other_patient, "2026-11-25", "09:30").await.is_ok());
    // The way back is closed as long as someone else holds the time.
    let back = advance(&fixture, &fixture.receptionist, &gone, AppointmentStatus::Booked).await;
    assert_eq!(back, conflict(ConflictKind::DoctorBusy));
}

#[tokio::test]
async fn the_clinic_cancels_as_the_clinic() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-25", "09:30").await.unwrap();
    let gone = cancel(&fixture, &fixture.receptionist, &visit).await.unwrap();
    assert_eq!(gone.status, AppointmentStatus::CancelledByClinic);
    let back = advance(&fixture, &fixture.receptionist, &gone, AppointmentStatus::Booked).await.unwrap();
    assert_eq!(back.status, AppointmentStatus::Booked);
}

#[tokio::test]
async fn patients_take_back_their_own_cancellation_while_the_time_is_free() {
    let fixture = clinic().await;
    let restore = |actor: &Actor, visit: &Versioned<Appointment>| {
        let wish = RestoreAppointment { id: visit.id, expected: visit.version };
        let (services, actor) = (fixture.services.clone(), actor.clone());
        async move { services.execute(&actor, wish).await }
    };
    let visit = book(&fixture, &fixture.patient, "2026-11-25", "09:30").await.unwrap();
    let no_way = |from| Err(ForbiddenTransition { from, to: AppointmentStatus::Booked }.into());
    assert_eq!(restore(&fixture.patient, &visit).await, no_way(AppointmentStatus::Booked));
    let gone = cancel(&fixture, &fixture.patient, &visit).await.unwrap();
    assert_eq!(restore(&fixture.other_patient, &gone).await, Err(ServiceError::NotFound));
    let back = restore(&fixture.patient, &gone).await.unwrap();
    assert_eq!(back.status, AppointmentStatus::Booked);
    // What the clinic called off, the clinic books again.
    let gone = cancel(&fixture, &fixture.receptionist, &back).await.unwrap();
    assert_eq!(restore(&fixture.patient, &gone).await, no_way(AppointmentStatus::CancelledByClinic));
    let back = restore(&fixture.receptionist, &gone).await.unwrap();
    let gone = cancel(&fixture, &fixture.patient, &back).await.unwrap();
    book(&fixture, &fixture.other_patient, "2026-11-25", "09:30").await.unwrap();
    assert_eq!(restore(&fixture.patient, &gone).await, conflict(ConflictKind::DoctorBusy));
}

#[tokio::test]
async fn a_move_remembers_when_and_with_whom_it_was_to_be() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-25", "09:30").await.unwrap();
    let moved = shift(&fixture, &fixture.receptionist, &visit, "2026-11-25", "14:00").await.unwrap();
    let step = moved.history.last().unwrap().clone();
    assert_eq!((step.moved_from, step.moved_from_doctor), (Some(visit.time.start()), None));
}

#[tokio::test]
async fn patients_change_until_a_day_before_and_staff_until_it_begins() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    fixture.clock.advance(SignedDuration::from_mins(31));
    let late = refusal("time", Code::TooLateToChange(24));
    assert_eq!(cancel(&fixture, &fixture.patient, &visit).await, late);
    assert_eq!(shift(&fixture, &fixture.patient, &visit, "2026-11-26", "10:00").await, late);
    let moved = shift(&fixture, &fixture.receptionist, &visit, "2026-11-26", "10:00").await.unwrap();
    assert!(cancel(&fixture, &fixture.patient, &moved).await.is_ok());
}

#[tokio::test]
async fn a_move_frees_the_old_time_and_is_checked_like_a_booking() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-25", "09:30").await.unwrap();
    let other = book(&fixture, &fixture.other_patient, "2026-11-25", "10:00").await.unwrap();
    for (date, time, code) in [
        ("2026-11-28", "10:00", Code::OutsideSchedule),
        ("2026-11-20", "10:00", Code::TimePassed),
        ("2026-11-25", "later", Code::NotATime),
    ] {
        assert_eq!(shift(&fixture, &fixture.patient, &visit, date, time).await, refusal("time", code));
    }
    let taken = shift(&fixture, &fixture.patient, &visit, "2026-11-25", "10:00").await;
    assert_eq!(taken, conflict(ConflictKind::DoctorBusy));
    let moved = shift(&fixture, &fixture.patient, &visit, "2026-11-25", "14:00").await.unwrap();
    assert_eq!(moved.history.last().unwrap().moved_from, Some(visit.time.start()));
    assert!(shift(&fixture, &fixture.other_patient, &other, "2026-11-25", "09:30").await.is_ok());
}

#[tokio::test]
async fn of_two_changes_to_one_appointment_the_second_is_told() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-25", "09:30").await.unwrap();
    shift(&fixture, &fixture.receptionist, &visit, "2026-11-25", "14:00").await.unwrap();
    assert_eq!(cancel(&fixture, &fixture.patient, &visit).await, Err(ServiceError::Stale));
}

#[tokio::test]
async fn a_strangers_appointment_is_unknown() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-25", "09:30").await.unwrap();
    let mut unknown = visit.clone();
    unknown.value.id = AppointmentId(999);
    let stranger = &fixture.other_patient;
    for target in [&visit, &unknown] {
        let read = fixture.services.execute(stranger, ReadAppointment { id: target.id }).await;
        assert_eq!(read, Err(ServiceError::NotFound));
        assert_eq!(cancel(&fixture, stranger, target).await, Err(ServiceError::NotFound));
        let moved = shift(&fixture, stranger, target, "2026-11-26", "10:00").await;
        assert_eq!(moved, Err(ServiceError::NotFound));
    }
}

#[tokio::test]
async fn a_visit_runs_from_the_waiting_room_to_its_end() {
    let fixture = clinic().await;
    let mut visit = book(&fixture, &fixture.patient, "2026-11-23", "09:30").await.unwrap();
    for (actor, to) in [
        (&fixture.receptionist, AppointmentStatus::Arrived),
        (&fixture.nurse, AppointmentStatus::InProgress),
        (&fixture.doctor, AppointmentStatus::Fulfilled),
    ] {
        visit = advance(&fixture, actor, &visit, to).await.unwrap();
        assert_eq!(visit.status, to);
    }
    assert_eq!(visit.arrived_at, Some(fixture.services.now()));
    let answer = cancel(&fixture, &fixture.receptionist, &visit).await;
    assert!(matches!(answer, Err(ServiceError::Conflict(ConflictKind::Status(_)))));
    let moved = shift(&fixture, &fixture.receptionist, &visit, "2026-11-26", "10:00").await;
    assert!(matches!(moved, Err(ServiceError::Conflict(ConflictKind::Status(_)))));
    let by_patient = advance(&fixture, &fixture.patient, &visit, AppointmentStatus::InProgress).await;
    assert_eq!(by_patient, Err(ServiceError::Forbidden));
}

#[tokio::test]
async fn a_missed_visit_frees_nothing_that_is_past_but_can_still_arrive() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-23", "09:30").await.unwrap();
    let missed = advance(&fixture, &fixture.receptionist, &visit, AppointmentStatus::NoShow).await.unwrap();
    let late = advance(&fixture, &fixture.receptionist, &missed, AppointmentStatus::Arrived).await.unwrap();
    assert_eq!(late.status, AppointmentStatus::Arrived);
}

#[tokio::test]
async fn an_unlinked_entry_is_linked_once() {
    let fixture = clinic().await;
    let [patient_name, date, time, doctor] =
        ["J. Doe", "2026-11-25", "09:30", "Dr. Smith"].map(str::to_owned);
    let entry = BookWritten { patient_name, date, time, doctor };
    let visit = fixture.services.execute(&fixture.receptionist, entry).await.unwrap();
    let link = |expected, patient| LinkAppointment { id: visit.id, expected, patient };
    let unknown = fixture.services.execute(&fixture.receptionist, link(visit.version, PatientId(1))).await;
    assert_eq!(unknown, refusal("patientId", Code::UnknownPatient));
    let linked =
        fixture.services.execute(&fixture.receptionist, link(visit.version, fixture.marta)).await.unwrap();
    assert_eq!((linked.patient.id, linked.patient.name.as_str()), (Some(fixture.marta), "J. Doe"));
    let again = fixture.services.execute(&fixture.receptionist, link(linked.version, fixture.tom)).await;
    assert_eq!(again, conflict(ConflictKind::AlreadyLinked));
    let read = fixture.services.execute(&fixture.patient, ReadAppointment { id: visit.id }).await;
    assert!(read.is_ok());
}
