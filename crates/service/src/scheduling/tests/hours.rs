//! Working hours and leave.

use super::*;
use domain::Schedule;
use domain::schedule::Leave;
use jiff::civil::date;

async fn hours(fixture: &Fixture, doctor: UserId) -> Versioned<Schedule> {
    fixture.services.execute(&fixture.receptionist, ReadSchedule { doctor }).await.unwrap()
}

#[tokio::test]
async fn on_leave_nothing_is_free_and_nothing_is_booked() {
    let fixture = clinic().await;
    let doctor = fixture.doctor.user().unwrap();
    let seen = hours(&fixture, doctor).await;
    let mut schedule = seen.value.clone();
    schedule.leave.push(Leave::days(date(2026, 11, 24), date(2026, 11, 24)));
    let set = SetSchedule { schedule, expected: Some(seen.version), stranded: None };
    fixture.services.execute(&fixture.doctor, set.clone()).await.unwrap();
    assert_eq!(fixture.services.execute(&fixture.receptionist, set).await, Err(ServiceError::Stale));
    let ask = FreeSlots { doctor: Some(doctor), from: date(2026, 11, 24), days: 2, visit_type: None };
    let days = fixture.services.execute(&fixture.patient, ask).await.unwrap();
    assert_eq!((days[0].slots.len(), days[1].slots.len()), (0, 14));
    let answer = book(&fixture, &fixture.patient, "2026-11-24", "09:30").await;
    assert_eq!(answer, refusal("time", Code::OutsideSchedule));
    let day = fixture.services.execute(&fixture.nurse, DayView { date: date(2026, 11, 24) }).await.unwrap();
    assert_eq!((day.doctors[0].slots.len(), day.doctors[1].slots.len()), (0, 14));
}

#[tokio::test]
async fn doctors_set_their_own_hours_only() {
    let fixture = clinic().await;
    let seen = hours(&fixture, fixture.doctor.user().unwrap()).await;
    let set = SetSchedule { schedule: seen.value.clone(), expected: Some(seen.version), stranded: None };
    let foreign = fixture.services.execute(&fixture.other_doctor, set.clone()).await;
    assert_eq!(foreign, Err(ServiceError::NotFound));
    assert_eq!(fixture.services.execute(&fixture.nurse, set.clone()).await, Err(ServiceError::Forbidden));
    assert!(fixture.services.execute(&fixture.admin, set).await.is_ok());
}

#[tokio::test]
async fn hours_that_make_no_sense_are_refused() {
    let fixture = clinic().await;
    let doctor = fixture.doctor.user().unwrap();
    let seen = hours(&fixture, doctor).await;
    let (mut twice, mut slot, mut leave) = (seen.value.clone(), seen.value.clone(), seen.value.clone());
    twice.weekly.push(twice.weekly[0].clone());
    slot.slot_minutes = 0;
    leave.leave.push(Leave::days(date(2026, 11, 24), date(2026, 11, 23)));
    for (schedule, field) in [(twice, "weekly"), (slot, "slotMinutes"), (leave, "leave")] {
        let set = SetSchedule { schedule, expected: Some(seen.version), stranded: None };
        let Err(ServiceError::Invalid(errors)) = fixture.services.execute(&fixture.doctor, set).await else {
            panic!("{field} was accepted");
        };
        assert!(errors.of(field).is_some());
    }
    let nurse = Schedule::office_hours(fixture.nurse.user().unwrap());
    let answer = fixture
        .services
        .execute(&fixture.receptionist, SetSchedule { schedule: nurse, expected: None, stranded: None })
        .await;
    assert_eq!(answer, Err(ServiceError::field("doctorId", Code::UnknownDoctor)));
}

#[tokio::test]
async fn hours_are_never_overwritten_unseen() {
    let fixture = clinic().await;
    let schedule = hours(&fixture, fixture.doctor.user().unwrap()).await.value;
    let answer = fixture
        .services
        .execute(&fixture.doctor, SetSchedule { schedule, expected: None, stranded: None })
        .await;
    assert_eq!(answer, Err(ServiceError::Stale));
}
