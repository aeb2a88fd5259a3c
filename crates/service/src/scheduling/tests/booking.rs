//! Which bookings are taken and which are refused.

use super::*;
use domain::schedule::WeeklyHours;
use jiff::civil::time;

#[tokio::test]
async fn a_patient_books_for_themselves_and_sees_it() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    assert_eq!(visit.patient.id, Some(fixture.marta));
    assert_eq!(visit.patient.name, "Marta Kowalska");
    assert_eq!(visit.doctor.name, "Dr Amina Rahman");
    assert_eq!(visit.time.start().to_string(), "2026-11-24T09:30:00Z");
    assert_eq!(visit.time.minutes(), 30);
    assert_eq!(visit.created_by, fixture.patient.user());
    let read = fixture.services.execute(&fixture.patient, ReadAppointment { id: visit.id }).await.unwrap();
    assert_eq!(read, visit);
}

#[tokio::test]
async fn the_length_is_that_of_the_visit_type() {
    let fixture = clinic().await;
    let long = BookAppointment {
        visit_type: "new-patient".to_owned(),
        ..form(&fixture, &fixture.patient, "2026-11-24", "09:30")
    };
    assert_eq!(fixture.services.book(&fixture.patient, long.clone()).await.unwrap().time.minutes(), 60);
    let over_lunch = BookAppointment { time: "12:00".to_owned(), ..long };
    let answer = fixture.services.book(&fixture.other_patient, over_lunch).await;
    assert_eq!(answer, refusal("time", Code::OutsideSchedule));
}

#[tokio::test]
async fn every_refused_field_of_a_booking_is_named_at_once() {
    let fixture = clinic().await;
    let bad = BookAppointment {
        patient: Some(PatientId(1)),
        doctor: fixture.nurse.user().unwrap(),
        date: "24/11/2026".to_owned(),
        time: "25:00".to_owned(),
        visit_type: "spa".to_owned(),
        reason: "x".repeat(501),
        overbook_reason: String::new(),
    };
    let Err(ServiceError::Invalid(errors)) = fixture.services.book(&fixture.receptionist, bad).await else {
        panic!("the booking was taken");
    };
    let fields: Vec<_> = errors.iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["patientId", "doctorId", "date", "time", "visitType", "reason"]);
}

#[tokio::test]
async fn times_outside_the_hours_in_the_past_or_too_far_ahead_are_refused() {
    let fixture = clinic().await;
    for (date, time, field, code) in [
        ("2026-11-24", "08:30", "time", Code::OutsideSchedule),
        ("2026-11-24", "12:15", "time", Code::OutsideSchedule),
        ("2026-11-28", "10:00", "time", Code::OutsideSchedule),
        ("2026-11-23", "09:00", "time", Code::TimePassed),
        ("2026-11-20", "10:00", "time", Code::TimePassed),
        ("2027-06-01", "10:00", "date", Code::TooFarAhead(180)),
        ("", "10:00", "date", Code::Missing("a date")),
        ("2026-11-24", "", "time", Code::Missing("a time")),
        ("2026-02-30", "10:00", "date", Code::NotADate("Date")),
    ] {
        for actor in [&fixture.patient, &fixture.receptionist] {
            assert_eq!(
                book(&fixture, actor, date, time).await,
                refusal(field, code.clone()),
                "{date} {time}"
            );
        }
    }
    assert_eq!(fixture.totals().appointments, 0);
}

#[tokio::test]
async fn a_time_that_the_clocks_skip_is_refused_and_one_that_they_repeat_means_the_first() {
    let fixture = clinic().await;
    let doctor = fixture.doctor.user().unwrap();
    let night = WeeklyHours::plain(7, time(0, 0, 0, 0), time(6, 0, 0, 0));
    let seen = fixture.services.execute(&fixture.doctor, ReadSchedule { doctor }).await.unwrap();
    let mut schedule = seen.value.clone();
    schedule.weekly.push(night);
    let set = SetSchedule { schedule, expected: Some(seen.version), stranded: None };
    fixture.services.execute(&fixture.doctor, set).await.unwrap();
    let skipped = book(&fixture, &fixture.receptionist, "2027-03-28", "01:30").await;
    assert_eq!(skipped, refusal("time", Code::TimeSkipped));
    // The night when clocks go back is beyond the horizon until summer has come.
    fixture.clock.advance(jiff::SignedDuration::from_hours(24 * 200));
    let repeated = book(&fixture, &fixture.receptionist, "2027-10-31", "01:30").await.unwrap();
    assert_eq!(repeated.time.start().to_string(), "2027-10-31T00:30:00Z");
}

#[tokio::test]
async fn patients_book_only_what_they_may_book_themselves_and_only_for_themselves() {
    let fixture = clinic().await;
    let surgery = |actor| BookAppointment {
        visit_type: "minor-surgery".to_owned(),
        ..form(&fixture, actor, "2026-11-24", "09:30")
    };
    let answer = fixture.services.book(&fixture.patient, surgery(&fixture.patient)).await;
    assert_eq!(answer, refusal("visitType", Code::UnknownChoice("a visit type")));
    for stranger in [fixture.tom, PatientId(1)] {
        let foreign = BookAppointment {
            patient: Some(stranger),
            ..form(&fixture, &fixture.patient, "2026-11-24", "09:30")
        };
        assert_eq!(fixture.services.book(&fixture.patient, foreign).await, Err(ServiceError::NotFound));
    }
    assert!(fixture.services.book(&fixture.receptionist, surgery(&fixture.receptionist)).await.is_ok());
    let nobodys = BookAppointment { patient: None, ..form(&fixture, &fixture.nurse, "2026-11-24", "10:30") };
    assert_eq!(fixture.services.book(&fixture.nurse, nobodys).await, Err(ServiceError::NotFound));
}

#[tokio::test]
async fn a_busy_doctor_and_a_busy_patient_are_told_apart() {
    let fixture = clinic().await;
    book(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let same = book(&fixture, &fixture.other_patient, "2026-11-24", "09:30").await;
    assert_eq!(same, conflict(ConflictKind::DoctorBusy));
    let elsewhere = BookAppointment {
        doctor: fixture.other_doctor.user().unwrap(),
        ..form(&fixture, &fixture.patient, "2026-11-24", "09:30")
    };
    let answer = fixture.services.book(&fixture.patient, elsewhere).await;
    assert_eq!(answer, conflict(ConflictKind::PatientBusy));
    assert!(book(&fixture, &fixture.other_patient, "2026-11-24", "10:00").await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_one_slot_at_once_one_gets_it() {
    let fixture = clinic().await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..32 {
        let actor = if number % 2 == 0 { fixture.patient.clone() } else { fixture.other_patient.clone() };
        let (services, form) = (fixture.services.clone(), form(&fixture, &actor, "2026-11-24", "09:30"));
        tasks.spawn(async move { services.book(&actor, form).await });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(ServiceError::Conflict(_)))));
    assert_eq!(fixture.totals().appointments, 1);
}

#[tokio::test]
async fn overbooking_needs_the_right_and_a_reason_and_holds_no_time() {
    let fixture = clinic().await;
    book(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let over = |actor| BookAppointment {
        patient: Some(fixture.tom),
        overbook_reason: "an emergency".to_owned(),
        ..form(&fixture, actor, "2026-11-24", "09:30")
    };
    for actor in [&fixture.patient, &fixture.nurse, &fixture.billing] {
        assert_eq!(fixture.services.book(actor, over(actor)).await, Err(ServiceError::Forbidden));
    }
    let visit = fixture.services.book(&fixture.receptionist, over(&fixture.receptionist)).await.unwrap();
    assert_eq!(visit.overbooked_because.as_deref(), Some("an emergency"));
    // Outside the hours it lies over nobody: there it holds its time.
    let late = BookAppointment { time: "18:00".to_owned(), ..over(&fixture.doctor) };
    let evening = fixture.services.book(&fixture.doctor, late).await.unwrap();
    assert_eq!(evening.overbooked_because, None);
    assert_eq!(evening.history[0].reason, "an emergency");
    let moved = shift(&fixture, &fixture.receptionist, &visit, "2026-11-24", "11:00").await.unwrap();
    assert_eq!(moved.overbooked_because, None);
    let taken = book(&fixture, &fixture.receptionist, "2026-11-24", "11:00").await;
    assert_eq!(taken, conflict(ConflictKind::DoctorBusy));
}

#[tokio::test]
async fn executed_as_it_is_a_booking_never_overbooks() {
    let fixture = clinic().await;
    book(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let sly = BookAppointment {
        overbook_reason: "because".to_owned(),
        ..form(&fixture, &fixture.other_patient, "2026-11-24", "09:30")
    };
    let answer = fixture.services.execute(&fixture.other_patient, sly).await;
    assert_eq!(answer, conflict(ConflictKind::DoctorBusy));
}

fn written(patient_name: &str, date: &str, time: &str, doctor: &str) -> BookWritten {
    let [patient_name, date, time, doctor] = [patient_name, date, time, doctor].map(str::to_owned);
    BookWritten { patient_name, date, time, doctor }
}

#[tokio::test]
async fn a_written_booking_is_kept_as_written_and_linked_when_the_names_match() {
    let fixture = clinic().await;
    let old = written("John Doe", "2025-10-20", "10:00 AM", "Dr. Smith");
    let visit = fixture.services.execute(&fixture.receptionist, old).await.unwrap();
    assert_eq!((visit.patient.id, visit.doctor.id), (None, None));
    assert_eq!(visit.time.start().to_string(), "2025-10-20T09:00:00Z");
    assert_eq!(visit.time.minutes(), 30);
    let known = written("marta kowalska", "2026-11-24", "09:30", "DR. AMINA RAHMAN");
    let visit = fixture.services.execute(&fixture.nurse, known).await.unwrap();
    assert_eq!((visit.patient.id, visit.doctor.id), (Some(fixture.marta), fixture.doctor.user()));
    assert_eq!(visit.patient.name, "marta kowalska");
    let taken = book(&fixture, &fixture.other_patient, "2026-11-24", "09:30").await;
    assert_eq!(taken, conflict(ConflictKind::DoctorBusy));
}

#[tokio::test]
async fn a_written_doctor_is_not_booked_twice_however_the_name_is_written() {
    let fixture = clinic().await;
    let first = written("John Doe", "2025-10-20", "10:00 AM", "Dr. Smith");
    fixture.services.execute(&fixture.receptionist, first).await.unwrap();
    let second = written("Jane Roe", "2025-10-20", "10:15", "dr smith");
    let answer = fixture.services.execute(&fixture.receptionist, second).await;
    assert_eq!(answer, conflict(ConflictKind::DoctorBusy));
}

#[tokio::test]
async fn a_name_that_two_patients_share_is_not_linked() {
    let fixture = clinic().await;
    fixture.register("Marta Kowalska").await;
    let form = written("Marta Kowalska", "2026-11-24", "09:30", "Dr. Smith");
    assert_eq!(fixture.services.execute(&fixture.receptionist, form).await.unwrap().patient.id, None);
}

#[tokio::test]
async fn patients_do_not_book_by_name_and_written_fields_are_checked() {
    let fixture = clinic().await;
    let own = written("Marta Kowalska", "2026-11-24", "09:30", "Dr. Smith");
    assert_eq!(fixture.services.execute(&fixture.patient, own).await, Err(ServiceError::Forbidden));
    let Err(ServiceError::Invalid(errors)) =
        fixture.services.execute(&fixture.receptionist, written("", "soon", "noon", " ")).await
    else {
        panic!("the booking was taken");
    };
    let fields: Vec<_> = errors.iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["patientName", "date", "time", "doctor"]);
}
