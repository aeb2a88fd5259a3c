//! Weeks, loads, completing many visits, walk-ins, priorities.

use super::*;
use crate::scheduling::{
    CheckOutVisits, CheckedOut, DayLoad, ReadLoad, ReadVisits, SetPriority, WalkIn, WeekView,
};
use domain::AppointmentStatus::{Fulfilled, InProgress};
use domain::Priority;
use jiff::ToSpan;
use jiff::civil::date;
use std::collections::BTreeMap;

#[tokio::test]
async fn the_load_of_a_month_is_what_counting_day_by_day_gives() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    for (day, time) in
        [("2026-11-24", "09:00"), ("2026-11-24", "10:00"), ("2026-11-25", "16:30"), ("2026-11-30", "09:30")]
    {
        book(&fixture, desk, day, time).await.unwrap();
    }
    let gone = book(&fixture, desk, "2026-11-26", "09:00").await.unwrap();
    cancel(&fixture, desk, &gone).await.unwrap();
    let (from, to) = (date(2026, 11, 1), date(2026, 11, 30));
    let read = ReadLoad { from, to, doctor: None };
    let load = fixture.services.execute(desk, read.clone()).await.unwrap();
    assert_eq!(load.len(), 30);
    for (ahead, of_month) in load.iter().enumerate() {
        let date = from + i64::try_from(ahead).unwrap().days();
        let day = fixture.services.execute(desk, DayView { date }).await.unwrap();
        assert_eq!(*of_month, DayLoad::of(&day, fixture.services.now()), "{date}");
        let visits: usize = day.doctors.iter().map(|column| column.appointments.len()).sum();
        let slots: usize = day.doctors.iter().map(|column| column.slots.len()).sum();
        assert_eq!((of_month.visits, of_month.slots), (visits, slots));
    }
    let taken: Vec<_> =
        load.iter().filter(|day| day.taken > 0).map(|day| (day.date.day(), day.taken)).collect();
    assert_eq!(taken, [(24, 2), (25, 1), (30, 1)]);
    let of_other = ReadLoad { doctor: fixture.other_doctor.user(), ..read.clone() };
    let of_other = fixture.services.execute(desk, of_other).await.unwrap();
    assert!(of_other.iter().all(|day| day.taken == 0 && day.visits == 0));
    let too_long = ReadLoad { to: date(2027, 11, 30), ..read.clone() };
    assert!(matches!(fixture.services.execute(desk, too_long).await, Err(ServiceError::Invalid(_))));
    assert_eq!(fixture.services.execute(&fixture.patient, read).await, Err(ServiceError::Forbidden));
}

#[tokio::test]
async fn a_week_holds_seven_days_of_one_doctor() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.receptionist, "2026-11-25", "09:30").await.unwrap();
    let week = WeekView { from: date(2026, 11, 23), doctor: fixture.doctor.user() };
    let days = fixture.services.execute(&fixture.receptionist, week).await.unwrap();
    assert_eq!(days.len(), 7);
    assert!(days.iter().all(|day| day.doctors.len() == 1));
    let booked: Vec<_> = days.iter().flat_map(|day| &day.doctors[0].appointments).map(|it| it.id).collect();
    assert_eq!(booked, [visit.id]);
    assert_eq!(days[2].doctors[0].taken(), 1);
    assert!(days[5].doctors[0].slots.is_empty());
}

#[tokio::test]
async fn of_many_visits_those_that_changed_meanwhile_stay_and_the_others_are_completed() {
    let fixture = clinic().await;
    let desk = &fixture.receptionist;
    let mut seen = Vec::new();
    for time in ["09:00", "10:00", "11:00"] {
        let visit = book(&fixture, desk, "2026-11-24", time).await.unwrap();
        seen.push(advance(&fixture, desk, &visit, AppointmentStatus::Arrived).await.unwrap());
    }
    let booked = book(&fixture, desk, "2026-11-24", "14:00").await.unwrap();
    // Somebody else starts the second visit.
    advance(&fixture, &fixture.doctor, &seen[1], InProgress).await.unwrap();
    let mut visits: BTreeMap<_, _> = seen.iter().map(|visit| (visit.id, visit.version)).collect();
    visits.insert(booked.id, booked.version);
    visits.insert(AppointmentId(9_999), 1);
    let outcomes = fixture.services.execute(desk, CheckOutVisits { visits }).await.unwrap();
    let expected = [
        (seen[0].id, CheckedOut::Completed),
        (seen[1].id, CheckedOut::Changed),
        (seen[2].id, CheckedOut::Completed),
        (booked.id, CheckedOut::Changed),
        (AppointmentId(9_999), CheckedOut::NotFound),
    ];
    assert_eq!(outcomes, expected.into());
    let ids = seen.iter().map(|visit| visit.id).collect();
    let now = fixture.services.execute(desk, ReadVisits { ids }).await.unwrap();
    let statuses: Vec<_> = now.iter().map(|visit| visit.status).collect();
    assert_eq!(statuses, [Fulfilled, InProgress, Fulfilled]);
    // Each visit that was completed has an event of its own.
    let events = fixture.audit().await;
    let of = |id: AppointmentId| {
        let label = format!("appointment {id}");
        events.iter().filter(|it| it.event.subject == label && it.event.reason == "fulfilled").count()
    };
    assert_eq!(seen.iter().map(|visit| of(visit.id)).collect::<Vec<_>>(), [1, 0, 1]);
    let none = CheckOutVisits { visits: BTreeMap::new() };
    assert!(matches!(fixture.services.execute(desk, none).await, Err(ServiceError::Invalid(_))));
}

#[tokio::test]
async fn a_patient_who_walks_in_is_booked_and_here_at_once() {
    let fixture = clinic().await;
    let today = fixture.services.today().to_string();
    let booking = form(&fixture, &fixture.receptionist, &today, "16:00");
    let walk_in = WalkIn { booking, priority: Priority::Urgent };
    let visit = fixture.services.execute(&fixture.receptionist, walk_in.clone()).await.unwrap();
    assert_eq!((visit.status, visit.priority), (AppointmentStatus::Arrived, Priority::Urgent));
    assert_eq!(visit.arrived_at, Some(fixture.services.now()));
    // The time is taken; over it only with a reason.
    let mut again = walk_in.clone();
    again.booking.patient = Some(fixture.tom);
    let taken = fixture.services.execute(&fixture.receptionist, again.clone()).await;
    assert_eq!(taken, conflict(ConflictKind::DoctorBusy));
    "Cannot wait".clone_into(&mut again.booking.overbook_reason);
    let over = fixture.services.execute(&fixture.receptionist, again.clone()).await.unwrap();
    assert!(over.overbooked_because.is_some() && over.status == AppointmentStatus::Arrived);
    // Nurses may check in, but not overbook; nobody is here tomorrow already.
    assert_eq!(fixture.services.execute(&fixture.nurse, again).await, Err(ServiceError::Forbidden));
    let booking = form(&fixture, &fixture.receptionist, "2026-11-25", "16:00");
    let early = fixture.services.execute(&fixture.receptionist, WalkIn { booking, ..walk_in }).await;
    assert!(matches!(early, Err(ServiceError::Invalid(errors)) if errors.of("arrived").is_some()));
}

#[tokio::test]
async fn a_priority_is_set_on_what_was_seen() {
    let fixture = clinic().await;
    let visit = book(&fixture, &fixture.receptionist, "2026-11-24", "09:30").await.unwrap();
    let set = SetPriority { id: visit.id, expected: visit.version, priority: Priority::Emergency };
    let now = fixture.services.execute(&fixture.nurse, set.clone()).await.unwrap();
    assert_eq!(now.priority, Priority::Emergency);
    assert_eq!(fixture.services.execute(&fixture.nurse, set).await, Err(ServiceError::Stale));
}
