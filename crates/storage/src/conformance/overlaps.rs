//! Double booking of doctors, patients and rooms.

use super::samples::{appointment, doctor, range, written};
use super::{Store, add_linked as add, all, change_linked as change, count};
use crate::{AppointmentFilter, BoxFuture, Constraint, StorageError, Version};
use domain::{Appointment, AppointmentStatus, PatientLink};

fn conflict(constraint: Constraint) -> Result<Version, StorageError> {
    Err(StorageError::Conflict(constraint))
}

fn with_status(mut visit: Appointment, status: AppointmentStatus) -> Appointment {
    visit.status = status;
    visit
}

fn in_room(mut visit: Appointment, room: &str) -> Appointment {
    visit.room = Some(room.to_owned());
    visit
}

fn overbooked(mut visit: Appointment) -> Appointment {
    visit.overbooked_because = Some("Emergency".to_owned());
    visit
}

pub(super) async fn a_doctor_is_in_one_place_at_a_time(store: Store) {
    assert_eq!(add(&store, appointment(1, 1, doctor(1), 0)).await, Ok(1));
    assert_eq!(add(&store, appointment(2, 2, doctor(1), 15)).await, conflict(Constraint::DoctorOverlap));
    assert_eq!(add(&store, appointment(2, 2, doctor(2), 15)).await, Ok(1), "another doctor is free");
}

pub(super) async fn touching_ends_do_not_overlap(store: Store) {
    for (id, minutes) in [(1, 0), (2, 30), (3, -30)] {
        assert_eq!(add(&store, in_room(appointment(id, 1, doctor(1), minutes), "3")).await, Ok(1));
    }
}

pub(super) async fn every_way_to_overlap_is_found(store: Store) {
    let mut long = appointment(1, 1, doctor(1), 0);
    long.time = range(0, 240);
    assert_eq!(add(&store, long).await, Ok(1));
    let tries = [(0, 240), (0, 5), (235, 5), (100, 30), (239, 5), (-4, 5), (-10, 240), (120, 240)];
    for (minutes, length) in tries {
        let mut visit = appointment(2, 2, doctor(1), 0);
        visit.time = range(minutes, length);
        assert_eq!(add(&store, visit).await, conflict(Constraint::DoctorOverlap), "{minutes} + {length}");
    }
    for (id, minutes, length) in [(2, 240, 5), (3, -5, 5), (4, -245, 240)] {
        let mut visit = appointment(id, 2, doctor(1), 0);
        visit.time = range(minutes, length);
        assert_eq!(add(&store, visit).await, Ok(1), "{minutes} + {length}");
    }
}

pub(super) async fn a_patient_is_in_one_place_at_a_time(store: Store) {
    assert_eq!(add(&store, appointment(1, 1, doctor(1), 0)).await, Ok(1));
    assert_eq!(add(&store, appointment(2, 1, doctor(2), 29)).await, conflict(Constraint::PatientOverlap));
    assert_eq!(add(&store, appointment(2, 1, doctor(2), 30)).await, Ok(1));
}

pub(super) async fn a_room_is_used_once_at_a_time(store: Store) {
    assert_eq!(add(&store, in_room(appointment(1, 1, doctor(1), 0), "Room 3")).await, Ok(1));
    let taken = in_room(appointment(2, 2, doctor(2), 0), "room 3 ");
    assert_eq!(add(&store, taken).await, conflict(Constraint::RoomOverlap));
    assert_eq!(add(&store, in_room(appointment(2, 2, doctor(2), 0), "Room 4")).await, Ok(1));
}

pub(super) async fn written_doctors_are_folded(store: Store) {
    assert_eq!(add(&store, appointment(1, 1, written("Dr. Smith"), 0)).await, Ok(1));
    assert_eq!(
        add(&store, appointment(2, 2, written("dr  smith"), 0)).await,
        conflict(Constraint::DoctorOverlap)
    );
    assert_eq!(add(&store, appointment(2, 2, written("Dr. Smythe"), 0)).await, Ok(1));
}

pub(super) async fn unlinked_patients_do_not_collide(store: Store) {
    for id in 1..=2 {
        let mut visit = appointment(id, 1, doctor(id), 0);
        visit.patient = PatientLink { id: None, name: "John Doe".to_owned() };
        assert_eq!(add(&store, visit).await, Ok(1), "two people may share a name");
    }
}

pub(super) async fn an_overbooking_neither_blocks_nor_is_blocked(store: Store) {
    assert_eq!(add(&store, in_room(appointment(1, 1, doctor(1), 0), "3")).await, Ok(1));
    assert_eq!(add(&store, in_room(overbooked(appointment(2, 1, doctor(1), 0)), "3")).await, Ok(1));
    assert_eq!(add(&store, overbooked(appointment(3, 2, doctor(2), 0))).await, Ok(1));
    assert_eq!(
        add(&store, appointment(4, 2, doctor(2), 0)).await,
        Ok(1),
        "the overbooking does not hold the time"
    );
    let regular = appointment(3, 2, doctor(2), 0);
    assert_eq!(change(&store, 1, regular).await, conflict(Constraint::DoctorOverlap));
}

pub(super) async fn a_cancelled_slot_can_be_booked_again(store: Store) {
    let first = appointment(1, 1, doctor(1), 0);
    assert_eq!(add(&store, first.clone()).await, Ok(1));
    assert_eq!(change(&store, 1, with_status(first, AppointmentStatus::CancelledByPatient)).await, Ok(2));
    assert_eq!(add(&store, appointment(2, 2, doctor(1), 0)).await, Ok(1));
}

pub(super) async fn a_missed_appointment_frees_its_time(store: Store) {
    let first = appointment(1, 1, doctor(1), 0);
    assert_eq!(add(&store, first.clone()).await, Ok(1));
    assert_eq!(change(&store, 1, with_status(first, AppointmentStatus::NoShow)).await, Ok(2));
    assert_eq!(add(&store, appointment(2, 2, doctor(1), 10)).await, Ok(1));
}

pub(super) async fn a_cancelled_appointment_cannot_come_back_into_a_taken_slot(store: Store) {
    let first = with_status(appointment(1, 1, doctor(1), 0), AppointmentStatus::CancelledByClinic);
    assert_eq!(add(&store, first.clone()).await, Ok(1));
    assert_eq!(add(&store, appointment(2, 2, doctor(1), 0)).await, Ok(1));
    let back = with_status(first, AppointmentStatus::Booked);
    assert_eq!(change(&store, 1, back).await, conflict(Constraint::DoctorOverlap));
}

pub(super) async fn moving_within_its_own_time_is_allowed(store: Store) {
    let mut visit = appointment(1, 1, doctor(1), 0);
    assert_eq!(add(&store, visit.clone()).await, Ok(1));
    visit.time = range(15, 30);
    assert_eq!(change(&store, 1, visit).await, Ok(2));
    assert_eq!(add(&store, appointment(2, 2, doctor(1), -15)).await, Ok(1), "the old time is free");
    assert_eq!(add(&store, appointment(3, 3, doctor(1), 30)).await, conflict(Constraint::DoctorOverlap));
}

pub(super) async fn moving_into_a_taken_slot_is_refused(store: Store) {
    assert_eq!(add(&store, appointment(1, 1, doctor(1), 0)).await, Ok(1));
    assert_eq!(add(&store, appointment(2, 2, doctor(1), 60)).await, Ok(1));
    assert_eq!(
        change(&store, 1, appointment(2, 2, doctor(1), 20)).await,
        conflict(Constraint::DoctorOverlap)
    );
    assert_eq!(change(&store, 1, appointment(2, 2, doctor(1), 90)).await, Ok(2));
}

pub(super) async fn of_sixty_four_bookers_of_a_slot_one_wins(store: Store) {
    let bookers = (1..=64u64).map(|id| -> BoxFuture<'_, _> {
        let store = store.clone();
        Box::pin(async move { add(&store, appointment(id, id.into(), doctor(1), 0)).await })
    });
    let results = all(bookers.collect()).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let lost = |result: &&Result<Version, StorageError>| **result == conflict(Constraint::DoctorOverlap);
    assert_eq!(results.iter().filter(lost).count(), 63);
    assert_eq!(count::<Appointment>(&store, AppointmentFilter::default()).await, 1);
}
