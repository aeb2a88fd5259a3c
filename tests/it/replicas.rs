//! Two servers on one data directory: whichever a balancer picks, the answer is the same.

use crate::harness::{Clinic, PASSWORD, clinic};
use domain::Role;
use serde_json::json;

#[tokio::test]
async fn a_session_opens_both_servers_and_ends_on_both() {
    let one = clinic().await;
    let other = one.replica().await;
    let desk = one.the(Role::Receptionist);
    other.get("/appointments").browser(desk).expect(200).await;
    one.call(axum::http::Method::DELETE, "/api/session").bearer(desk).expect(204).await;
    other.get("/api/appointments").bearer(desk).expect(401).await;
    one.get("/api/appointments").bearer(desk).expect(401).await;
}

#[tokio::test]
async fn whoever_is_disabled_or_signed_out_at_one_server_is_out_at_the_other() {
    let one = clinic().await;
    let other = one.replica().await;
    let (admin, nurse, desk) = (one.the(Role::Admin), one.the(Role::Nurse), one.the(Role::Receptionist));
    for person in [nurse, desk] {
        // Both servers have just seen the session.
        one.get("/api/session").bearer(person).expect(200).await;
        other.get("/api/session").bearer(person).expect(200).await;
    }
    let path = format!("/api/users/{}", nurse.id);
    let version = one.get(&path).bearer(admin).expect(200).await.version();
    one.patch(&path).bearer(admin).if_match(version).json(json!({"status": "disabled"})).expect(200).await;
    other.get("/api/session").bearer(nurse).expect(401).await;
    other.get("/profile").browser(nurse).expect(303).await;
    let body = json!({"email": nurse.username, "password": PASSWORD});
    other.post("/api/login").json(body).expect(401).await;

    let sessions = format!("/api/users/{}/sessions", desk.id);
    other.call(axum::http::Method::DELETE, &sessions).bearer(admin).expect(204).await;
    one.get("/api/session").bearer(desk).expect(401).await;
    other.get("/api/session").bearer(desk).expect(401).await;
}

#[tokio::test]
async fn what_one_server_stored_the_other_shows_at_once() {
    let one = clinic().await;
    let other = one.replica().await;
    let desk = one.the(Role::Receptionist);
    for number in 0..6u32 {
        let (writer, reader) = if number % 2 == 0 { (&one, &other) } else { (&other, &one) };
        let body = json!({
            "patientName": format!("Patient {number}"), "date": "2026-12-01",
            "time": format!("{}:00", 9 + number), "doctor": "Dr. Smith",
        });
        let stored =
            writer.post("/api/appointments").bearer(desk).json(body.clone()).expect(201).await.json();
        let path = format!("/api/appointments/{}", stored["id"]);
        let read = reader.get(&path).bearer(desk).expect(200).await.json();
        assert_eq!(read["patientName"], stored["patientName"]);
        reader.post("/api/appointments").bearer(desk).json(body).expect(409).await;
    }
    let audit = other.get("/api/audit").bearer(other.the(Role::Auditor)).expect(200).await.json();
    assert!(audit.as_array().is_some_and(|events| events.len() > 12), "one audit log of both servers");
}

#[tokio::test]
async fn who_is_disabled_on_one_server_is_nobody_on_the_other() {
    let one = clinic().await;
    let other = one.replica().await;
    let (admin, nurse) = (one.the(Role::Admin), one.the(Role::Nurse));
    other.get("/api/appointments").bearer(nurse).expect(200).await;
    let path = format!("/api/users/{}", nurse.id);
    let version = one.get(&path).bearer(admin).expect(200).await.version();
    one.patch(&path).bearer(admin).if_match(version).json(json!({"status": "disabled"})).expect(200).await;
    other.get("/api/appointments").bearer(nurse).expect(401).await;
    other.get("/appointments").browser(nurse).expect(303).await;
}

async fn refused(clinic: &Clinic, username: &str, password: &str) {
    clinic.post("/api/login").json(json!({"email": username, "password": password})).expect(401).await;
}

#[tokio::test]
async fn guesses_on_both_servers_are_counted_together() {
    let one = clinic().await;
    let other = one.replica().await;
    let username = one.the(Role::Nurse).username.clone();
    for number in 0..5 {
        refused(if number % 2 == 0 { &one } else { &other }, &username, "wrong horse").await;
    }
    for clinic in [&one, &other] {
        refused(clinic, &username, PASSWORD).await;
    }
    one.wait(1);
    other.wait(1);
    let right = json!({"email": username, "password": PASSWORD});
    other.post("/api/login").json(right).expect(200).await;
}

#[tokio::test]
async fn a_record_opened_in_an_emergency_is_open_on_both_servers_and_closed_on_both() {
    let one = clinic().await;
    let other = one.replica().await;
    let doctor = one.the(Role::Doctor);
    let tom = one.named("Tom Baker").patient.unwrap();
    let (record, glass) =
        (format!("/api/patients/{tom}/record"), format!("/api/patients/{tom}/emergency-access"));
    other.get(&record).bearer(doctor).expect(404).await;
    let body = json!({"reason": "Unconscious on arrival", "password": PASSWORD});
    one.post(&glass).bearer(doctor).json(body).expect(201).await;
    other.get(&record).bearer(doctor).expect(200).await;
    other.call(axum::http::Method::DELETE, &glass).bearer(doctor).expect(204).await;
    one.get(&record).bearer(doctor).expect(404).await;
}
