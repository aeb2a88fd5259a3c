//! Joining, answering an offer, leaving.

use super::*;
use crate::{Order, PageRequest};
use domain::Appointment;

/// Tom is offered a time that Marta gave back: his place, and the time.
async fn offered(fixture: &Fixture) -> (PlanId, Versioned<Appointment>) {
    let visit = book(fixture, &fixture.patient, "2026-11-24", "15:00").await.unwrap();
    let id = join(fixture, &fixture.other_patient, wish(fixture, &fixture.other_patient)).await;
    (id, cancel(fixture, &fixture.patient, &visit).await.unwrap())
}

async fn booked(fixture: &Fixture) -> Vec<AppointmentId> {
    let statuses = vec![AppointmentStatus::Booked];
    let filter = AppointmentQuery { statuses, ..AppointmentQuery::default() };
    let list = ListAppointments { filter, page: PageRequest::all(Order::Ascending) };
    let found = fixture.services.execute(&fixture.receptionist, list).await.unwrap();
    found.items.iter().map(|it| it.id).collect()
}

#[tokio::test]
async fn an_accepted_offer_is_a_booking() {
    let fixture = clinic().await;
    let (id, time) = offered(&fixture).await;
    let offer = offer_of(&fixture, id).await.unwrap();
    assert_eq!(booked(&fixture).await, [], "what is only offered is in no list");
    let visit = accept(&fixture, &fixture.other_patient, id).await.unwrap();
    assert_eq!((visit.id, visit.time, visit.status), (offer, time.time, AppointmentStatus::Booked));
    assert_eq!((visit.held_until, visit.created_by), (None, fixture.other_patient.user()));
    assert!(matches!(place(&fixture, id).await.waiting.state, WaitingState::Accepted { .. }));
    assert_eq!(accept(&fixture, &fixture.other_patient, id).await, Err(ENDED));
    assert_eq!(decline(&fixture, &fixture.other_patient, id).await, Err(ENDED));
    assert!(advance(&fixture, &fixture.receptionist, &visit, AppointmentStatus::Arrived).await.is_ok());
}

#[tokio::test]
async fn what_is_offered_is_nobodys_hold() {
    let fixture = clinic().await;
    let (id, _) = offered(&fixture).await;
    let offer = offer_of(&fixture, id).await.unwrap();
    for actor in [&fixture.patient, &fixture.other_patient, &fixture.receptionist] {
        let confirmed =
            fixture.services.execute(actor, ConfirmHold { id: offer, reason: String::new() }).await;
        assert_eq!(confirmed, Err(ServiceError::NotFound));
        let read = fixture.services.execute(actor, ReadAppointment { id: offer }).await;
        assert_eq!(read, Err(ServiceError::NotFound));
    }
}

#[tokio::test]
async fn nobody_answers_the_offer_of_another() {
    let fixture = clinic().await;
    let (id, _) = offered(&fixture).await;
    for id in [id, PlanId(7)] {
        assert_eq!(accept(&fixture, &fixture.patient, id).await, Err(ServiceError::NotFound));
        assert_eq!(decline(&fixture, &fixture.patient, id).await, Err(ServiceError::NotFound));
        let left = fixture.services.execute(&fixture.patient, LeaveWaitingList { id }).await;
        assert_eq!(left, Err(ServiceError::NotFound));
        let read = fixture.services.execute(&fixture.patient, ReadWaiting { id }).await;
        assert_eq!(read, Err(ServiceError::NotFound));
    }
    assert_eq!(accept(&fixture, &fixture.billing, id).await, Err(ServiceError::Forbidden));
    // The front desk accepts for a patient who calls.
    assert!(accept(&fixture, &fixture.receptionist, id).await.is_ok());
}

#[tokio::test]
async fn a_time_that_was_let_go_goes_to_the_next_and_never_back() {
    let fixture = clinic().await;
    let (first, time) = offered(&fixture).await;
    let next = join(&fixture, &fixture.patient, wish(&fixture, &fixture.patient)).await;
    decline(&fixture, &fixture.other_patient, first).await.unwrap();
    assert_eq!(place(&fixture, next).await.offer.unwrap().time, time.time);
    assert_eq!(offer_of(&fixture, first).await, None);
    decline(&fixture, &fixture.patient, next).await.unwrap();
    assert_eq!((offer_of(&fixture, first).await, offer_of(&fixture, next).await), (None, None));
    assert_eq!(place(&fixture, first).await.waiting.state, WaitingState::Waitlisted);
}

#[tokio::test]
async fn whoever_leaves_gives_the_offered_time_to_the_next() {
    let fixture = clinic().await;
    let (first, time) = offered(&fixture).await;
    let next = join(&fixture, &fixture.patient, wish(&fixture, &fixture.patient)).await;
    let leave = || fixture.services.execute(&fixture.other_patient, LeaveWaitingList { id: first });
    leave().await.unwrap();
    assert_eq!(place(&fixture, next).await.offer.unwrap().time, time.time);
    assert!(matches!(leave().await, Err(ServiceError::Conflict(ConflictKind::Waiting(_)))));
}

#[tokio::test]
async fn accepting_gives_up_the_later_appointment_and_offers_that_time_on() {
    let fixture = clinic().await;
    let later = book(&fixture, &fixture.other_patient, "2026-11-26", "10:00").await.unwrap();
    let visit = book(&fixture, &fixture.patient, "2026-11-24", "15:00").await.unwrap();
    let wanted = JoinWaitingList { instead_of: Some(later.id), ..wish(&fixture, &fixture.other_patient) };
    let id = join(&fixture, &fixture.other_patient, wanted).await;
    let next = join(&fixture, &fixture.patient, wish(&fixture, &fixture.patient)).await;
    cancel(&fixture, &fixture.patient, &visit).await.unwrap();
    let sooner = accept(&fixture, &fixture.other_patient, id).await.unwrap();
    assert_eq!(booked(&fixture).await, [sooner.id]);
    let read = ReadAppointment { id: later.id };
    let given_up = fixture.services.execute(&fixture.other_patient, read).await.unwrap();
    assert_eq!(given_up.status, AppointmentStatus::CancelledByPatient);
    assert_eq!(place(&fixture, next).await.offer.unwrap().time, later.time);
}

#[tokio::test]
async fn an_offer_outside_what_the_hours_became_is_no_offer() {
    let fixture = clinic().await;
    let (id, _) = offered(&fixture).await;
    let doctor = fixture.doctor.user().unwrap();
    let seen = fixture.services.execute(&fixture.doctor, ReadSchedule { doctor }).await.unwrap();
    let mut schedule = seen.value;
    schedule.weekly.clear();
    let set = SetSchedule { schedule, expected: Some(seen.version), stranded: None };
    fixture.services.execute(&fixture.doctor, set).await.unwrap();
    assert_eq!(accept(&fixture, &fixture.other_patient, id).await, Err(ENDED));
}

#[tokio::test]
async fn joining_is_checked_field_by_field() {
    let fixture = clinic().await;
    let own = || wish(&fixture, &fixture.patient);
    let refused = async |wish: JoinWaitingList| {
        let outcome = fixture.services.execute(&fixture.patient, wish).await;
        let Err(ServiceError::Invalid(errors)) = outcome else { panic!("{outcome:?}") };
        errors.iter().map(|(field, _)| field).collect::<Vec<_>>()
    };
    assert_eq!(refused(JoinWaitingList { visit_type: "minor-surgery".into(), ..own() }).await, ["visitType"]);
    assert_eq!(refused(JoinWaitingList { visit_type: String::new(), ..own() }).await, ["visitType"]);
    assert_eq!(refused(JoinWaitingList { doctor: Some(UserId(1)), ..own() }).await, ["doctorId"]);
    assert_eq!(refused(JoinWaitingList { until: String::new(), ..own() }).await, ["until"]);
    assert_eq!(refused(JoinWaitingList { until: "2026-11-20".into(), ..own() }).await, ["until"]);
    assert_eq!(refused(JoinWaitingList { until: "2028-11-20".into(), ..own() }).await, ["until"]);
    assert_eq!(refused(JoinWaitingList { from: "someday".into(), ..own() }).await, ["from"]);
    assert_eq!(refused(JoinWaitingList { priority: Priority::Urgent, ..own() }).await, ["priority"]);
    let theirs = book(&fixture, &fixture.other_patient, "2026-11-24", "10:00").await.unwrap();
    assert_eq!(refused(JoinWaitingList { instead_of: Some(theirs.id), ..own() }).await, ["insteadOf"]);
    let foreign = JoinWaitingList { patient: Some(fixture.tom), ..own() };
    let foreign = fixture.services.execute(&fixture.patient, foreign).await;
    assert_eq!(foreign, Err(ServiceError::NotFound));
    for _ in 0..5 {
        join(&fixture, &fixture.patient, own()).await;
    }
    assert_eq!(refused(own()).await, ["visitType"]);
    assert!(
        fixture.services.execute(&fixture.receptionist, wish(&fixture, &fixture.receptionist)).await.is_ok()
    );
}

#[tokio::test]
async fn staff_offer_a_free_time_out_of_turn() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    let first = join(&fixture, &fixture.patient, wish(&fixture, &fixture.patient)).await;
    let second = join(&fixture, &fixture.other_patient, wish(&fixture, &fixture.other_patient)).await;
    let offer = |id, time: &str| OfferTime {
        id,
        doctor: fixture.other_doctor.user().unwrap(),
        date: "2026-11-24".to_owned(),
        time: time.to_owned(),
    };
    let held = fixture.services.execute(desk, offer(second, "11:00")).await.unwrap();
    assert_eq!(offer_of(&fixture, second).await, Some(held.id));
    let taken = fixture.services.execute(desk, offer(first, "11:00")).await;
    assert_eq!(taken, conflict(ConflictKind::DoctorBusy));
    let twice = fixture.services.execute(desk, offer(second, "11:30")).await;
    assert!(matches!(twice, Err(ServiceError::Conflict(ConflictKind::Waiting(_)))), "{twice:?}");
    // Holding another time for the patient at the desk takes nothing away from them.
    let there = BookAppointment { patient: Some(fixture.tom), ..form(&fixture, desk, "2026-11-25", "09:30") };
    fixture.services.execute(desk, HoldSlot { booking: there }).await.unwrap();
    assert_eq!(accept(&fixture, &fixture.other_patient, second).await.unwrap().id, held.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_answers_at_once_one_counts() {
    let fixture = clinic().await;
    let (id, _) = offered(&fixture).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..64 {
        let (services, actor) = (fixture.services.clone(), fixture.other_patient.clone());
        tasks.spawn(async move {
            if number % 2 == 0 {
                services.execute(&actor, AcceptOffer { id }).await.map(|_| true)
            } else {
                services.execute(&actor, DeclineOffer { id }).await.map(|()| false)
            }
        });
    }
    let answers = tasks.join_all().await;
    let counted: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(counted.len(), 1, "{answers:?}");
    let told = |answer: &Result<bool, ServiceError>| {
        matches!(answer, Ok(_) | Err(ServiceError::Conflict(_) | ServiceError::Unavailable(_)))
    };
    assert!(answers.iter().all(told), "{answers:?}");
    assert_eq!(booked(&fixture).await.len(), usize::from(*counted[0]));
}
