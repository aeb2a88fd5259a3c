//! `/api/appointments/series`: visits that are repeated.

use crate::harness::{Clinic, clinic};
use domain::Role;
use serde_json::{Value, json};

fn wish(clinic: &Clinic) -> Value {
    json!({
        "patientId": clinic.named("Marta Kowalska").patient.unwrap().to_string(),
        "doctorId": clinic.the(Role::Doctor).id, "start": "2026-11-24T10:00", "visitType": "consultation",
        "count": 2, "every": "weeks", "number": 3
    })
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

#[tokio::test]
async fn a_series_is_planned_then_booked_as_a_whole() {
    let clinic = clinic().await;
    let (desk, tom) = (clinic.the(Role::Receptionist), clinic.named("Tom Baker"));
    let doctor = clinic.the(Role::Doctor).id;
    let taken = json!({"doctorId": doctor, "start": "2026-12-08T10:00", "visitType": "consultation"});
    clinic.post("/api/appointments").bearer(tom).json(taken).expect(201).await;
    let post = |body: Value| clinic.post("/api/appointments/series").bearer(desk).json(body);
    let planned = post(with(wish(&clinic), "dryRun", json!(true))).expect(200).await.json();
    let troubles: Vec<_> = planned.as_array().unwrap().iter().map(|it| it["trouble"].clone()).collect();
    assert_eq!(troubles, [json!(null), json!("doctor-busy"), json!(null)]);
    assert_eq!(planned[1]["nearest"]["start"], json!("2026-12-08T09:30"));
    // All or none.
    let refused = post(wish(&clinic)).expect(409).await.json();
    assert_eq!(refused["occurrences"][0]["date"], json!("2026-12-08"));
    assert_eq!(refused["occurrences"][0]["trouble"], json!("doctor-busy"));
    let chosen = json!([
        {"doctorId": doctor, "start": "2026-11-24T10:00"}, {"doctorId": doctor, "start": "2026-12-08T09:30"},
        {"doctorId": doctor, "start": "2026-12-22T10:00"}
    ]);
    let booked = post(with(wish(&clinic), "chosen", chosen)).expect(201).await.json();
    let id = booked["visits"][1]["id"].clone();
    let path = format!("/api/appointments/{id}/series");
    let marta = clinic.named("Marta Kowalska");
    let read = clinic.get(&path).bearer(marta).expect(200).await.json();
    assert_eq!((&read["number"], &read["rhythm"]), (&json!(2), &json!("every 2 weeks")));
    let cancel = format!("{path}/cancellation");
    clinic.post(&cancel).bearer(marta).if_match(1).json(json!({"reason": "x"})).expect(403).await;
    let gone =
        clinic.post(&cancel).bearer(desk).if_match(1).json(json!({"reason": "Healed"})).expect(200).await;
    assert_eq!(gone.json()["visits"].as_array().unwrap().len(), 2);
}
