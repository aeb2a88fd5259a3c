//! Times that are held while a booking is being confirmed.

use super::*;
use jiff::SignedDuration;

type Outcome = Result<Versioned<Appointment>, ServiceError>;

async fn hold(fixture: &Fixture, actor: &Actor, date: &str, time: &str) -> Outcome {
    fixture.services.execute(actor, HoldSlot { booking: form(fixture, actor, date, time) }).await
}

async fn confirm(fixture: &Fixture, actor: &Actor, id: AppointmentId) -> Outcome {
    fixture.services.execute(actor, ConfirmHold { id, reason: "my knee".to_owned() }).await
}

/// The minutes pass that a time is held for, and one second.
fn let_it_end(fixture: &Fixture) {
    fixture.clock.advance(fixture.services.clinic().catalogue.rules.hold() + SignedDuration::from_secs(1));
}

async fn is_free(fixture: &Fixture, actor: &Actor, time: &str) -> bool {
    let date = domain::time::parse_date("2026-11-24").unwrap();
    let query = FreeSlots {
        doctor: fixture.doctor.user(),
        from: date,
        days: 1,
        visit_type: Some("consultation".to_owned()),
    };
    let days = fixture.services.execute(actor, query).await.unwrap();
    let zone = &fixture.services.clinic().zone;
    let at = domain::time::parse_time(time).unwrap();
    days[0].slots.iter().any(|slot| zone.local(slot.time.start()).time() == at)
}

async fn listed(fixture: &Fixture, statuses: Vec<AppointmentStatus>) -> Vec<AppointmentId> {
    let filter = AppointmentQuery { statuses, ..AppointmentQuery::default() };
    let page = crate::PageRequest::all(storage::Order::Ascending);
    let list = ListAppointments { filter, page };
    let found = fixture.services.execute(&fixture.receptionist, list).await.unwrap();
    found.items.iter().map(|it| it.id).collect()
}

#[tokio::test]
async fn a_held_time_is_taken_for_others_and_in_no_list() {
    let fixture = clinic().await;
    let held = hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    assert_eq!(held.status, AppointmentStatus::Proposed);
    assert_eq!(held.held_until, Some(fixture.services.now() + SignedDuration::from_mins(5)));
    assert!(!is_free(&fixture, &fixture.other_patient, "09:30").await);
    assert!(is_free(&fixture, &fixture.patient, "09:30").await, "it can be chosen again");
    let taken = conflict(ConflictKind::DoctorBusy);
    assert_eq!(hold(&fixture, &fixture.other_patient, "2026-11-24", "09:30").await, taken);
    assert_eq!(book(&fixture, &fixture.other_patient, "2026-11-24", "09:30").await, taken);
    let visit = book(&fixture, &fixture.other_patient, "2026-11-24", "11:00").await.unwrap();
    assert_eq!(shift(&fixture, &fixture.receptionist, &visit, "2026-11-24", "09:30").await, taken);
    assert_eq!(listed(&fixture, Vec::new()).await, [visit.id]);
    assert!(listed(&fixture, vec![AppointmentStatus::Proposed]).await.is_empty());
}

#[tokio::test]
async fn a_confirmed_hold_is_the_booking_with_the_same_reference() {
    let fixture = clinic().await;
    let held = hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    fixture.clock.advance(SignedDuration::from_mins(4));
    let booked = confirm(&fixture, &fixture.patient, held.id).await.unwrap();
    assert_eq!((booked.id, booked.status, booked.held_until), (held.id, AppointmentStatus::Booked, None));
    assert_eq!((booked.time, booked.reason.as_str()), (held.time, "my knee"));
    assert_eq!(listed(&fixture, Vec::new()).await, [held.id]);
    // It is an appointment like any other, and no hold any more.
    assert_eq!(confirm(&fixture, &fixture.patient, held.id).await, Err(ServiceError::NotFound));
    assert!(advance(&fixture, &fixture.receptionist, &booked, AppointmentStatus::Arrived).await.is_ok());
}

#[tokio::test]
async fn a_hold_that_ended_is_bookable_by_others_at_once() {
    let fixture = clinic().await;
    let held = hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let_it_end(&fixture);
    assert!(is_free(&fixture, &fixture.other_patient, "09:30").await);
    let theirs = hold(&fixture, &fixture.other_patient, "2026-11-24", "09:30").await.unwrap();
    let late = confirm(&fixture, &fixture.patient, held.id).await;
    assert_eq!(late, conflict(ConflictKind::DoctorBusy));
    assert!(confirm(&fixture, &fixture.other_patient, theirs.id).await.is_ok());
    // What came between is written down once, as what it was in the end.
    let outcomes: Vec<_> = fixture.audit().await.into_iter().map(|event| event.event.outcome).collect();
    assert_eq!(outcomes.iter().filter(|it| **it == domain::AuditOutcome::Failed).count(), 1);
}

#[tokio::test]
async fn every_way_to_a_time_passes_over_holds_that_ended() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    let visit = book(&fixture, &fixture.other_patient, "2026-11-24", "15:00").await.unwrap();
    hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let_it_end(&fixture);
    let moved = shift(&fixture, desk, &visit, "2026-11-24", "09:30").await.unwrap();

    hold(&fixture, &fixture.patient, "2026-11-24", "10:00").await.unwrap();
    let_it_end(&fixture);
    let written = BookWritten {
        patient_name: "John Doe".to_owned(),
        date: "2026-11-24".to_owned(),
        time: "10:00".to_owned(),
        doctor: "Dr Amina Rahman".to_owned(),
    };
    fixture.services.execute(desk, written).await.unwrap();

    let cancelled = cancel(&fixture, desk, &moved).await.unwrap();
    hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let back = advance(&fixture, desk, &cancelled, AppointmentStatus::Booked).await;
    assert_eq!(back, conflict(ConflictKind::DoctorBusy));
    let_it_end(&fixture);
    assert!(advance(&fixture, desk, &cancelled, AppointmentStatus::Booked).await.is_ok());
}

#[tokio::test]
async fn a_hold_that_ended_is_confirmed_all_the_same_while_its_time_is_free() {
    let fixture = clinic().await;
    let held = hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let_it_end(&fixture);
    // Somebody took it for a while and gave it back.
    let theirs = hold(&fixture, &fixture.other_patient, "2026-11-24", "09:30").await.unwrap();
    fixture.services.execute(&fixture.other_patient, LetGo { id: theirs.id }).await.unwrap();
    let booked = confirm(&fixture, &fixture.patient, held.id).await.unwrap();
    assert_eq!((booked.id, booked.status), (held.id, AppointmentStatus::Booked));
    assert!(booked.history.is_empty(), "the life of an appointment begins with its booking");
}

#[tokio::test]
async fn a_confirmation_is_by_the_rules_of_that_moment() {
    let fixture = clinic().await;
    let held = hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    fixture.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(confirm(&fixture, &fixture.patient, held.id).await, refusal("time", Code::TimePassed));
}

#[tokio::test]
async fn whoever_holds_another_time_lets_go_of_the_first() {
    let fixture = clinic().await;
    let first = hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    // The same again, and one that overlaps it: nobody stands in their own way.
    hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let last = hold(&fixture, &fixture.patient, "2026-11-25", "09:30").await.unwrap();
    assert!(book(&fixture, &fixture.other_patient, "2026-11-24", "09:30").await.is_ok());
    assert_eq!(confirm(&fixture, &fixture.patient, first.id).await, conflict(ConflictKind::DoctorBusy));
    // Booking what one holds by another way takes the hold's place.
    assert!(book(&fixture, &fixture.patient, "2026-11-25", "09:30").await.is_ok());
    assert_eq!(confirm(&fixture, &fixture.patient, last.id).await, conflict(ConflictKind::DoctorBusy));
}

#[tokio::test]
async fn a_hold_that_was_let_go_is_free_and_gone() {
    let fixture = clinic().await;
    let held = hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    fixture.services.execute(&fixture.patient, LetGo { id: held.id }).await.unwrap();
    assert!(is_free(&fixture, &fixture.other_patient, "09:30").await);
    assert_eq!(confirm(&fixture, &fixture.patient, held.id).await, Err(ServiceError::NotFound));
    let again = fixture.services.execute(&fixture.patient, LetGo { id: held.id }).await;
    assert_eq!(again, Err(ServiceError::NotFound));
}

#[tokio::test]
async fn nobody_reads_or_changes_the_hold_of_another() {
    let fixture = clinic().await;
    let held = hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    for actor in [&fixture.other_patient, &fixture.receptionist] {
        let read = fixture.services.execute(actor, ReadAppointment { id: held.id }).await;
        assert_eq!(read, Err(ServiceError::NotFound));
        let read = fixture.services.execute(actor, ReadHold { id: held.id }).await;
        assert_eq!(read, Err(ServiceError::NotFound));
        assert_eq!(confirm(&fixture, actor, held.id).await, Err(ServiceError::NotFound));
        let let_go = fixture.services.execute(actor, LetGo { id: held.id }).await;
        assert_eq!(let_go, Err(ServiceError::NotFound));
        assert_eq!(cancel(&fixture, actor, &held).await, Err(ServiceError::NotFound));
        assert_eq!(shift(&fixture, actor, &held, "2026-11-24", "10:00").await, Err(ServiceError::NotFound));
    }
    let step = advance(&fixture, &fixture.receptionist, &held, AppointmentStatus::Booked).await;
    assert_eq!(step, Err(ServiceError::NotFound));
    let mine = fixture.services.execute(&fixture.patient, ReadHold { id: held.id }).await;
    assert_eq!(mine, Ok(held));
}

#[tokio::test]
async fn the_rules_for_bookings_are_those_for_holds() {
    let fixture = clinic().await;
    let early = hold(&fixture, &fixture.patient, "2026-11-24", "08:30").await;
    assert_eq!(early, refusal("time", Code::OutsideSchedule));
    let past = hold(&fixture, &fixture.patient, "2026-11-20", "10:00").await;
    assert_eq!(past, refusal("time", Code::TimePassed));
    let foreign = BookAppointment {
        patient: Some(fixture.tom),
        ..form(&fixture, &fixture.patient, "2026-11-24", "09:30")
    };
    let foreign = fixture.services.execute(&fixture.patient, HoldSlot { booking: foreign }).await;
    assert_eq!(foreign, Err(ServiceError::NotFound));
    let clerk = form(&fixture, &fixture.billing, "2026-11-24", "09:30");
    let clerk = BookAppointment { patient: Some(fixture.marta), ..clerk };
    let clerk = fixture.services.execute(&fixture.billing, HoldSlot { booking: clerk }).await;
    assert_eq!(clerk, Err(ServiceError::Forbidden));
}

#[tokio::test]
async fn patients_have_only_so_many_appointments_to_come_by_themselves() {
    let fixture = clinic().await;
    let full = Code::TooManyBookings(5);
    for time in ["09:30", "10:00", "10:30", "11:00"] {
        book(&fixture, &fixture.patient, "2026-11-24", time).await.unwrap();
    }
    let held = hold(&fixture, &fixture.patient, "2026-11-25", "09:30").await.unwrap();
    let fifth = confirm(&fixture, &fixture.patient, held.id).await.unwrap();
    assert_eq!(book(&fixture, &fixture.patient, "2026-11-25", "10:00").await, refusal("time", full.clone()));
    assert_eq!(hold(&fixture, &fixture.patient, "2026-11-25", "10:00").await, refusal("time", full));
    // The clinic books for them all the same, and a cancelled one leaves room.
    assert!(book(&fixture, &fixture.receptionist, "2026-11-26", "10:00").await.is_ok());
    cancel(&fixture, &fixture.patient, &fifth).await.unwrap();
    assert!(book(&fixture, &fixture.patient, "2026-11-25", "10:00").await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_who_hold_confirm_and_book_one_slot_at_once_one_gets_it() {
    let fixture = clinic().await;
    let stale = hold(&fixture, &fixture.patient, "2026-11-24", "09:30").await.unwrap();
    let_it_end(&fixture);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..64 {
        let actor = if number % 2 == 0 { fixture.patient.clone() } else { fixture.other_patient.clone() };
        let (services, form) = (fixture.services.clone(), form(&fixture, &actor, "2026-11-24", "09:30"));
        let id = stale.id;
        tasks.spawn(async move {
            match number % 3 {
                0 => services.execute(&actor, ConfirmHold { id, reason: String::new() }).await,
                1 => services.execute(&actor, form).await,
                _ => match services.execute(&actor, HoldSlot { booking: form }).await {
                    Ok(held) => {
                        services.execute(&actor, ConfirmHold { id: held.id, reason: String::new() }).await
                    }
                    Err(error) => Err(error),
                },
            }
        });
    }
    let answers = tasks.join_all().await;
    let booked = |answer: &&Outcome| answer.as_ref().is_ok_and(|it| it.status == AppointmentStatus::Booked);
    assert_eq!(answers.iter().filter(booked).count(), 1, "{answers:?}");
    assert_eq!(listed(&fixture, Vec::new()).await.len(), 1);
    let told = |answer: &Outcome| match answer {
        Ok(_) | Err(ServiceError::Conflict(_) | ServiceError::NotFound) => true,
        Err(_) => false,
    };
    assert!(answers.iter().all(told), "{answers:?}");
}

#[tokio::test]
async fn the_nearest_times_are_the_doctors_own_and_then_those_of_others() {
    let fixture = clinic().await;
    let (doctor, zone) = (fixture.doctor.user().unwrap(), fixture.services.clinic().zone.clone());
    let booked = book(&fixture, &fixture.other_patient, "2026-11-24", "09:30").await.unwrap();
    let near = fixture.services.nearest(&fixture.patient, doctor, ("2026-11-24", "09:30"), "consultation");
    let near = near.await.unwrap();
    assert!(near.iter().all(|slot| slot.doctor == doctor));
    let times: Vec<_> = near.iter().map(|slot| zone.local(slot.time.start()).to_string()).collect();
    assert_eq!(times.len(), 5, "{times:?}");
    assert!(times.is_sorted() && times[0].contains("2026-11-24T09:00"), "{times:?}");
    assert!(times.iter().all(|time| time.contains("2026-11-24") && !time.contains("T09:30")), "{times:?}");
    // A doctor who sees nobody: those of the other one.
    let seen = fixture.services.execute(&fixture.doctor, ReadSchedule { doctor }).await.unwrap();
    let mut schedule = seen.value.clone();
    schedule.weekly.clear();
    let stranded = Some(StrandedDecision { fate: Fate::Keep, of: [booked.id].into() });
    let set = SetSchedule { schedule, expected: Some(seen.version), stranded };
    fixture.services.execute(&fixture.doctor, set).await.unwrap();
    let near = fixture.services.nearest(&fixture.patient, doctor, ("2026-11-24", "09:30"), "consultation");
    let near = near.await.unwrap();
    assert_eq!(near.len(), 5);
    assert!(near.iter().all(|slot| Some(slot.doctor) == fixture.other_doctor.user()));
}
