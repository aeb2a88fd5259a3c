//! `/api/appointments/holds`: a time is held while its booking is confirmed; taken times come with the nearest free ones.

use super::join_all;
use crate::harness::{Clinic, Person, Reply, clinic};
use axum::http::Method;
use domain::Role;
use serde_json::{Value, json};

fn wish(clinic: &Clinic, start: &str) -> Value {
    json!({"doctorId": clinic.the(Role::Doctor).id, "start": start, "visitType": "consultation"})
}

async fn hold(clinic: &Clinic, person: &Person, start: &str) -> Reply {
    clinic.post("/api/appointments/holds").bearer(person).json(wish(clinic, start)).send().await
}

async fn confirm(clinic: &Clinic, person: &Person, id: &str) -> Reply {
    let path = format!("/api/appointments/holds/{id}/confirm");
    clinic.post(&path).bearer(person).json(json!({"reason": "My knee"})).send().await
}

/// The starts of the free times that a conflict offers; all of them with Dr Rahman.
fn nearest(clinic: &Clinic, reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 409, "{}", reply.text());
    let problem = reply.json();
    let slots = problem["nearest"].as_array().unwrap();
    for slot in slots {
        assert_eq!(slot["doctorId"], json!(clinic.the(Role::Doctor).id));
        assert_eq!(slot["durationMinutes"], json!(30));
    }
    slots.iter().map(|slot| slot["start"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_time_is_held_then_booked_under_the_same_id() {
    let clinic = clinic().await;
    let (marta, tom) = (clinic.the(Role::Patient), clinic.named("Tom Baker"));
    let held = hold(&clinic, marta, "2026-11-24T09:30").await;
    assert_eq!(held.status, 201);
    assert_eq!(held.json()["status"], json!("proposed"));
    assert_eq!(held.json()["heldUntil"], json!("2026-11-23T09:05:00.000Z"));
    assert_eq!(clinic.get(held.location()).bearer(marta).expect(200).await.json(), held.json());
    assert_eq!(hold(&clinic, tom, "2026-11-24T09:30").await.status, 409);
    let all = clinic.get("/api/appointments?status=proposed").bearer(clinic.the(Role::Receptionist));
    assert_eq!(all.expect(200).await.json(), json!([]));

    let booked = confirm(&clinic, marta, &held.id()).await;
    assert_eq!(booked.status, 200);
    assert_eq!(booked.json()["id"], held.json()["id"]);
    assert_eq!((&booked.json()["status"], &booked.json()["reason"]), (&json!("booked"), &json!("My knee")));
    assert_eq!(booked.json().get("heldUntil"), None);
    let path = format!("/api/appointments/{}", held.id());
    clinic.get(&path).bearer(clinic.the(Role::Nurse)).expect(200).await;
}

#[tokio::test]
async fn a_hold_is_its_holders_alone_and_unknown_to_others() {
    let clinic = clinic().await;
    let (marta, tom) = (clinic.the(Role::Patient), clinic.named("Tom Baker"));
    let held = hold(&clinic, marta, "2026-11-24T09:30").await.location().to_owned();
    for person in [tom, clinic.the(Role::Receptionist)] {
        for path in [held.as_str(), "/api/appointments/holds/999999"] {
            clinic.get(path).bearer(person).expect(404).await;
            clinic.call(Method::DELETE, path).bearer(person).expect(404).await;
            let confirm = clinic.post(&format!("{path}/confirm")).bearer(person).json(json!({}));
            confirm.expect(404).await;
        }
        clinic.get(&held.replace("/holds", "")).bearer(person).expect(404).await;
    }
    clinic.call(Method::DELETE, &held).bearer(marta).expect(204).await;
    clinic.get(&held).bearer(marta).expect(404).await;
    assert_eq!(hold(&clinic, tom, "2026-11-24T09:30").await.status, 201);
}

#[tokio::test]
async fn taken_times_come_with_the_nearest_free_ones() {
    let clinic = clinic().await;
    let (marta, tom) = (clinic.the(Role::Patient), clinic.named("Tom Baker"));
    let held = hold(&clinic, marta, "2026-11-24T09:30").await;
    let near = ["09:00", "10:00", "10:30", "11:00", "11:30"];
    let near = near.map(|time| format!("2026-11-24T{time}:00.000Z")).to_vec();
    assert_eq!(nearest(&clinic, &hold(&clinic, tom, "2026-11-24T09:30").await), near);
    let booking = clinic.post("/api/appointments").bearer(tom).json(wish(&clinic, "2026-11-24T09:30"));
    assert_eq!(nearest(&clinic, &booking.send().await), near);

    let visit = clinic.post("/api/appointments").bearer(tom).json(wish(&clinic, "2026-11-26T09:30"));
    let visit = visit.expect(201).await;
    let moving = clinic.patch(visit.location()).bearer(tom).if_match(1);
    let moving = moving.json(json!({"start": "2026-11-24T09:30"})).send().await;
    assert_eq!(nearest(&clinic, &moving), near);

    // The five minutes are over: Tom gets it, and Marta hears what is near.
    clinic.wait(6);
    let moving = clinic.patch(visit.location()).bearer(tom).if_match(1);
    moving.json(json!({"start": "2026-11-24T09:30"})).expect(200).await;
    assert_eq!(nearest(&clinic, &confirm(&clinic, marta, &held.id()).await), near);
}

#[tokio::test]
async fn a_patient_cannot_block_a_day() {
    let clinic = clinic().await;
    let (marta, tom) = (clinic.the(Role::Patient), clinic.named("Tom Baker"));
    for time in ["09:00", "09:30", "10:00"] {
        assert_eq!(hold(&clinic, marta, &format!("2026-11-24T{time}")).await.status, 201);
    }
    assert_eq!(hold(&clinic, tom, "2026-11-24T09:00").await.status, 201);
    for day in ["24", "25", "26", "27", "30"] {
        let booking = wish(&clinic, &format!("2026-11-{day}T11:00"));
        clinic.post("/api/appointments").bearer(marta).json(booking).expect(201).await;
    }
    let sixth = hold(&clinic, marta, "2026-11-24T14:00").await;
    assert_eq!(sixth.status, 422);
    assert_eq!(sixth.json()["errors"][0]["field"], json!("start"));
}

#[tokio::test]
async fn of_64_who_hold_or_book_one_slot_at_once_one_gets_it() {
    let clinic = clinic().await;
    let tries = (0..64).map(|number| {
        let person = if number % 2 == 0 { clinic.the(Role::Patient) } else { clinic.named("Tom Baker") };
        let path = if number % 4 < 2 { "/api/appointments/holds" } else { "/api/appointments" };
        let call = clinic.post(path).bearer(person).json(wish(&clinic, "2026-11-24T09:30"));
        let clinic = &clinic;
        async move {
            let reply = call.send().await;
            if reply.status == 201 && path.ends_with("holds") {
                return confirm(clinic, person, &reply.id()).await.status;
            }
            reply.status
        }
    });
    let statuses = join_all(tries).await;
    let done = statuses.iter().filter(|status| status.is_success()).count();
    assert_eq!(done, 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status.as_u16(), 200 | 201 | 404 | 409)), "{statuses:?}");
    let all = clinic.get("/api/appointments").bearer(clinic.the(Role::Receptionist)).expect(200).await;
    assert_eq!(all.json().as_array().unwrap().len(), 1);
}
