//! Two servers on one data directory: whichever a balancer picks, the answer is the same.

use crate::harness::clinic;
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
