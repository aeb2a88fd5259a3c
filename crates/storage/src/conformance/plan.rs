//! What is planned around appointments, and times that are only held.

use super::samples::{appointment, at, doctor, planned};
use super::{Kept, Store, add, add_linked, change, count, get, list};
use crate::{AppointmentFilter, Constraint, Order, PageRequest, PlanFilter, StorageError};
use domain::appointment::Priority;
use domain::catalogue::{Catalogue, Holiday, Room};
use domain::message::{Channel, Delivery, FailedTry, Message, Notice};
use domain::waiting::{DayPart, Waiting, WaitingState};
use domain::{
    Appointment, AppointmentId, AppointmentStatus, Email, PatientId, PlanEntry, PlanFact, PlanId, PlanKind,
    UserId,
};
use jiff::civil::date;

/// The ids of a list, in its order.
async fn ids<T: Kept>(store: &Store, filter: T::Filter) -> Vec<T::Id> {
    let found = list::<T>(store, filter, PageRequest::all(Order::Ascending)).await;
    found.items.iter().map(|row| row.value.id()).collect()
}

fn waiting() -> PlanFact {
    PlanFact::Waiting(Waiting {
        patient_name: "Ada Byron".to_owned(),
        visit_type: "consultation".to_owned(),
        with: Some(UserId(2)),
        from: date(2026, 11, 23),
        until: date(2026, 12, 4),
        part: DayPart::Morning,
        priority: Priority::Urgent,
        reason: String::new(),
        instead_of: Some(AppointmentId(1)),
        added_by: Some(UserId(1)),
        state: WaitingState::Offered { offer: AppointmentId(1), ends_at: at(120) },
        declined: vec![at(5)],
    })
}

fn message(delivery: Delivery) -> PlanFact {
    PlanFact::Message(Message {
        notice: Notice::Reminder { hours: 48 },
        channel: Channel::Email,
        patient_name: "Ada Byron".to_owned(),
        email: Email::parse("ada@example.org").ok(),
        start: at(0),
        delivery,
        tries: vec![FailedTry { at: at(1), why: "no answer".to_owned() }],
    })
}

pub(super) async fn every_kind_of_plan_comes_back_as_it_was(store: Store) {
    let mut catalogue = Catalogue::standard();
    catalogue.rooms.push(Room { code: "1".to_owned(), name: "Room 1".to_owned(), in_use: true });
    let day = date(2026, 12, 25);
    catalogue.holidays.push(Holiday { from: day, until: day, name: "Christmas Day".to_owned() });
    let facts = [
        PlanFact::Catalogue(catalogue),
        waiting(),
        message(Delivery::Waiting),
        message(Delivery::Dropped { at: at(3), because: "the appointment was moved".to_owned() }),
        PlanFact::Lease { holder: "a server".to_owned() },
    ];
    for (id, fact) in (1..).zip(facts) {
        let mut entry = planned(id, fact, 0);
        (entry.patient, entry.doctor, entry.appointment) =
            (Some(PatientId(1)), Some(UserId(2)), Some(AppointmentId(1)));
        add_linked(&store, entry.clone()).await.expect("an entry");
        let found = get::<PlanEntry>(&store, PlanId(id)).await.expect("it is there");
        assert_eq!((found.version, &found.value), (1, &entry));
        entry.due_at = Some(at(9));
        assert_eq!(change(&store, 1, entry.clone()).await, Ok(2));
        assert_eq!(change(&store, 1, entry).await, Err(StorageError::Stale), "one of two");
    }
}

pub(super) async fn plans_are_filtered(store: Store) {
    let mut due = planned(2, message(Delivery::Waiting), 1);
    (due.due_at, due.patient, due.appointment) = (Some(at(10)), Some(PatientId(1)), Some(AppointmentId(1)));
    let mut later = planned(3, message(Delivery::Waiting), 0);
    (later.due_at, later.patient) = (Some(at(20)), Some(PatientId(2)));
    let mut done = planned(4, message(Delivery::Sent { at: at(2) }), 2);
    done.patient = Some(PatientId(1));
    let mut other = planned(5, waiting(), 3);
    other.due_at = Some(at(5));
    for entry in [planned(1, PlanFact::Catalogue(Catalogue::standard()), 4), due, later, done, other] {
        add_linked(&store, entry).await.expect("an entry");
    }
    let found = async |filter: PlanFilter| ids::<PlanEntry>(&store, filter).await;
    let messages = PlanFilter { kind: Some(PlanKind::Message), ..PlanFilter::default() };
    assert_eq!(found(PlanFilter::default()).await, [3, 2, 4, 5, 1].map(PlanId), "by beginning");
    assert_eq!(found(messages.clone()).await, [3, 2, 4].map(PlanId));
    assert_eq!(found(PlanFilter { open: true, ..messages.clone() }).await, [3, 2].map(PlanId));
    assert_eq!(found(PlanFilter { due_until: Some(at(9)), ..messages.clone() }).await, []);
    assert_eq!(found(PlanFilter { due_until: Some(at(10)), ..messages.clone() }).await, [2].map(PlanId));
    let of_patient = PlanFilter { patient: Some(PatientId(1)), ..messages.clone() };
    assert_eq!(found(of_patient.clone()).await, [2, 4].map(PlanId));
    assert_eq!(found(PlanFilter { open: true, ..of_patient }).await, [2].map(PlanId));
    let of_visit = PlanFilter { appointment: Some(AppointmentId(1)), ..PlanFilter::default() };
    assert_eq!(found(of_visit).await, [2].map(PlanId));
    assert_eq!(count::<PlanEntry>(&store, PlanFilter::default()).await, 5);
    assert_eq!(count::<PlanEntry>(&store, messages).await, 3);
}

pub(super) async fn plans_that_are_over_are_forgotten(store: Store) {
    const DAY: i64 = 24 * 60;
    let of_a_day = |id, minutes| {
        let mut entry = planned(id, message(Delivery::Sent { at: at(minutes) }), minutes);
        entry.kept_until = Some(at(minutes + 60));
        entry
    };
    for id in 1..=3 {
        add(&store, of_a_day(id, 0)).await.expect("an entry");
    }
    add(&store, planned(9, PlanFact::Catalogue(Catalogue::standard()), 0)).await.expect("what stays");
    // In a store of files the new one takes them away, in a database a keeper does in its own time.
    add(&store, of_a_day(10, 3 * DAY)).await.expect("an entry days later");
    assert!(get::<PlanEntry>(&store, PlanId(9)).await.is_some(), "what has no end stays");
    assert!(get::<PlanEntry>(&store, PlanId(10)).await.is_some());
}

pub(super) async fn a_held_time_is_taken_and_in_no_list(store: Store) {
    let mut held = appointment(1, 1, doctor(2), 0);
    (held.status, held.held_until) = (AppointmentStatus::Proposed, Some(at(5)));
    add_linked(&store, held.clone()).await.expect("a free time can be held");
    let taken = add_linked(&store, appointment(2, 3, doctor(2), 15)).await;
    assert_eq!(taken, Err(StorageError::Conflict(Constraint::DoctorOverlap)));
    let everything = AppointmentFilter { with_tentative: true, ..AppointmentFilter::default() };
    let by_status =
        AppointmentFilter { statuses: vec![AppointmentStatus::Proposed], ..AppointmentFilter::default() };
    for (filter, expected) in [(AppointmentFilter::default(), 0), (everything.clone(), 1), (by_status, 1)] {
        assert_eq!(count::<Appointment>(&store, filter.clone()).await, expected);
        assert_eq!(ids::<Appointment>(&store, filter).await.len() as u64, expected);
    }
    let mut lapsed = held.clone();
    (lapsed.status, lapsed.held_until) = (AppointmentStatus::Lapsed, None);
    assert_eq!(change(&store, 1, lapsed).await, Ok(2));
    add_linked(&store, appointment(3, 3, doctor(2), 15)).await.expect("what was not confirmed is free again");
    held.held_until = Some(at(60));
    let back = change(&store, 2, held).await;
    assert_eq!(back, Err(StorageError::Conflict(Constraint::DoctorOverlap)));
    assert_eq!(count::<Appointment>(&store, AppointmentFilter::default()).await, 1);
    assert_eq!(count::<Appointment>(&store, everything).await, 2);
}
