//! A full disk: reading goes on, writing is refused in clear words, and everything works again when there is room.

use crate::harness::clinic;
use domain::Role;
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn reading_goes_on_and_writing_says_why_not() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let body =
        json!({"patientName": "John Doe", "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith"});
    clinic.full.store(true, Ordering::SeqCst);
    clinic.get("/api/appointments").bearer(desk).expect(200).await;
    clinic.get("/appointments").browser(desk).expect(200).await;
    let refused = clinic.post("/api/appointments").bearer(desk).json(body.clone()).expect(507).await;
    assert!(refused.json()["detail"].as_str().unwrap().contains("storage is full"));
    let form = [
        ("givenName", "Ida"),
        ("familyName", "Novak"),
        ("birthDate-day", "27"),
        ("birthDate-month", "3"),
        ("birthDate-year", "1985"),
        ("username", "ida.novak"),
        ("email", "ida@example.org"),
        ("password", "winter boots by the door"),
    ];
    let page = clinic.post("/signup").form(&form).expect(507).await;
    assert!(page.text().contains("storage is full"));
    clinic.get("/ready").expect(503).await;
    clinic.get("/health").expect(200).await;
    clinic.full.store(false, Ordering::SeqCst);
    clinic.post("/api/appointments").bearer(desk).json(body).expect(201).await;
    clinic.get("/ready").expect(200).await;
}
