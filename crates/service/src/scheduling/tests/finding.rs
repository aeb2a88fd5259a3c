//! Lists, free times, the day of the clinic.

use super::*;
use crate::{Order, PageRequest};
use domain::{ClinicZone, Role, TimeRange};
use jiff::civil::date;

fn local(zone: &ClinicZone, range: &TimeRange) -> String {
    domain::time::clock_time(zone.local(range.start()).time())
}

async fn free(
    fixture: &Fixture,
    doctor: Option<UserId>,
    from: &str,
    days: u16,
    visit: Option<&str>,
) -> Vec<FreeDay> {
    let ask = FreeSlots { doctor, from: from.parse().unwrap(), days, visit_type: visit.map(str::to_owned) };
    fixture.services.execute(&fixture.patient, ask).await.unwrap()
}

#[tokio::test]
async fn every_day_asked_for_is_answered_with_its_free_times_only() {
    let fixture = clinic().await;
    let doctor = fixture.doctor.user();
    book(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let days = free(&fixture, doctor, "2026-11-23", 7, None).await;
    let counts: Vec<_> = days.iter().map(|day| day.slots.len()).collect();
    assert_eq!(counts, [13, 13, 14, 14, 14, 0, 0]);
    assert_eq!(days[0].date, date(2026, 11, 23));
    let zone = &fixture.services.clinic().zone;
    assert_eq!(local(zone, &days[0].slots[0].time), "09:30", "09:00 has begun");
    assert_eq!(local(zone, &days[1].slots[1].time), "10:00", "09:30 is taken");
}

#[tokio::test]
async fn what_is_offered_can_be_booked() {
    let fixture = clinic().await;
    let zone = fixture.services.clinic().zone.clone();
    book(&fixture, &fixture.patient, "2026-11-24", "10:00").await.unwrap();
    let days = free(&fixture, fixture.doctor.user(), "2026-11-24", 1, Some("new-patient")).await;
    let starts: Vec<_> = days[0].slots.iter().map(|slot| local(&zone, &slot.time)).collect();
    let expected = ["09:00", "10:30", "11:00", "11:30", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00"];
    assert_eq!(starts, expected);
    assert!(days[0].slots.iter().all(|slot| slot.time.minutes() == 60));
    let ask = BookAppointment {
        visit_type: "new-patient".to_owned(),
        ..form(&fixture, &fixture.other_patient, "2026-11-24", "09:00")
    };
    assert!(fixture.services.book(&fixture.other_patient, ask).await.is_ok());
}

#[tokio::test]
async fn any_doctor_means_all_of_them_in_order_of_time() {
    let fixture = clinic().await;
    let days = free(&fixture, None, "2026-11-24", 1, None).await;
    assert_eq!(days[0].slots.len(), 28);
    assert!(days[0].slots.is_sorted_by_key(|slot| slot.time.start()));
    assert_eq!(days[0].slots[0].doctor_name, "Dr Amina Rahman");
    assert_eq!(days[0].slots[1].doctor_name, "Dr Owen Price");
}

#[tokio::test]
async fn nothing_is_offered_beyond_the_horizon_or_of_unknown_doctors_and_visits() {
    let fixture = clinic().await;
    let days = free(&fixture, None, "2027-05-20", 62, None).await;
    assert_eq!(days.len(), 62);
    assert!(days.iter().all(|day| day.slots.is_empty() || day.date <= date(2027, 5, 22)));
    assert!(!days[0].slots.is_empty());
    let ask = |doctor, visit: &str| FreeSlots {
        doctor,
        from: date(2026, 11, 24),
        days: 1,
        visit_type: Some(visit.to_owned()),
    };
    let nurse = ask(fixture.nurse.user(), "consultation");
    assert_eq!(fixture.services.execute(&fixture.patient, nurse).await, Err(ServiceError::NotFound));
    let spa = fixture.services.execute(&fixture.patient, ask(None, "spa")).await;
    assert_eq!(spa, Err(ServiceError::field("visitType", Code::UnknownChoice("a visit type"))));
}

#[tokio::test]
async fn a_disabled_doctor_is_offered_to_nobody() {
    let fixture = clinic().await;
    let id = fixture.other_doctor.user().unwrap();
    let status = Some(domain::UserStatus::Disabled);
    let disable = crate::identity::UpdateUser { id, expected: None, role: None, status, display_name: None };
    fixture.services.execute(&fixture.admin, disable).await.unwrap();
    let doctors = fixture.services.execute(&fixture.patient, ListDoctors {}).await.unwrap();
    assert_eq!(doctors.iter().map(|doctor| doctor.name.as_str()).collect::<Vec<_>>(), ["Dr Amina Rahman"]);
    let ask = BookAppointment { doctor: id, ..form(&fixture, &fixture.patient, "2026-11-24", "09:30") };
    let answer = fixture.services.book(&fixture.patient, ask).await;
    assert_eq!(answer, refusal("doctorId", Code::UnknownDoctor));
}

async fn list(fixture: &Fixture, actor: &Actor, filter: AppointmentQuery) -> Vec<AppointmentId> {
    let page = PageRequest::first(50, Order::Ascending);
    let found = fixture.services.execute(actor, ListAppointments { filter, page }).await.unwrap();
    found.items.iter().map(|visit| visit.id).collect()
}

#[tokio::test]
async fn patients_list_their_own_appointments_whatever_they_ask_for() {
    let fixture = clinic().await;
    let own = book(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap().id;
    let foreign = book(&fixture, &fixture.other_patient, "2026-11-24", "09:00").await.unwrap().id;
    let of = |patient| AppointmentQuery { patient, ..AppointmentQuery::default() };
    assert_eq!(list(&fixture, &fixture.patient, of(None)).await, [own]);
    assert_eq!(list(&fixture, &fixture.patient, of(Some(fixture.tom))).await, []);
    assert_eq!(list(&fixture, &fixture.patient, of(Some(PatientId(1)))).await, []);
    assert_eq!(list(&fixture, &fixture.billing, of(None)).await, [foreign, own]);
    let in_order_of_booking = AppointmentQuery { by_id: true, ..AppointmentQuery::default() };
    assert_eq!(list(&fixture, &fixture.receptionist, in_order_of_booking).await, [own, foreign]);
    let later = AppointmentQuery { from: Some(date(2026, 11, 25)), ..AppointmentQuery::default() };
    assert_eq!(list(&fixture, &fixture.receptionist, later).await, []);
}

#[tokio::test]
async fn the_day_has_a_column_for_each_doctor_and_a_place_for_everyone_else() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let gone = book(&fixture, &fixture.other_patient, "2026-11-24", "11:00").await.unwrap();
    cancel(&fixture, &fixture.receptionist, &gone).await.unwrap();
    let [patient_name, day, time, doctor] =
        ["John Doe", "2026-11-24", "09:30", "Dr. Smith"].map(str::to_owned);
    let entry = BookWritten { patient_name, date: day, time, doctor };
    let written = fixture.services.execute(&fixture.receptionist, entry).await.unwrap();
    let view = DayView { date: date(2026, 11, 24) };
    let day = fixture.services.execute(&fixture.receptionist, view.clone()).await.unwrap();
    assert_eq!(day.doctors.len(), 2);
    assert_eq!(day.doctors[0].slots.len(), 14);
    assert_eq!(day.doctors[0].appointments, [visit]);
    assert!(day.doctors[1].appointments.is_empty());
    assert_eq!(day.unassigned, [written]);
    let patient = &day.patients[&fixture.marta];
    assert_eq!((patient.phone.is_some(), patient.address.as_str()), (true, ""));
    let of_billing = fixture.services.execute(&fixture.billing, view.clone()).await.unwrap();
    assert!(of_billing.patients[&fixture.marta].phone.is_none());
    for role in Role::ALL {
        let sees_it = matches!(role, Role::Doctor | Role::Nurse | Role::Receptionist | Role::Billing);
        let answer = fixture.services.execute(fixture.actor_for(role), view.clone()).await;
        assert_eq!(answer.err(), if sees_it { None } else { Some(ServiceError::Forbidden) }, "{role}");
    }
}
