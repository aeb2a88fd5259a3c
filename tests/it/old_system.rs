//! Data directories as the old system left them, through HTTP.

use crate::harness::{Clinic, Person, clinic_on};
use domain::{Role, UserId};
use serde_json::json;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/old-system").join(name)
}

async fn staff(clinic: &Clinic, role: Role) -> Person {
    clinic.hire(role, "New Member").await
}

#[tokio::test]
async fn a_user_of_the_old_system_signs_in() {
    let clinic = clinic_on(&fixture("typical")).await;
    for (login, password, redirect) in [
        ("john@example.com", "correct horse", None),
        ("john_doe", "correct horse", None),
        ("admin", "admin-old-1", None::<&str>),
    ] {
        let body = json!({"email": login, "password": password});
        let answer = clinic.post("/api/login").json(body).expect(200).await.json();
        assert_eq!(answer.get("redirectTo").and_then(|value| value.as_str()), redirect, "{login}");
        assert!(answer["token"].is_string());
    }
    let wrong = json!({"email": "john_doe", "password": "wrong horse"});
    clinic.post("/api/login").json(wrong).expect(401).await;
}

#[tokio::test]
async fn what_the_old_system_wrote_is_shown_as_written() {
    let clinic = clinic_on(&fixture("typical")).await;
    let desk = staff(&clinic, Role::Receptionist).await;
    let visits = clinic.get("/api/appointments").bearer(&desk).expect(200).await.json();
    let visit = visits.as_array().unwrap().iter().find(|visit| visit["id"] == 2).unwrap().clone();
    for (field, value) in [
        ("patientName", json!("Jane Roe")),
        ("date", json!("2027-07-01")),
        ("time", json!("02:30 PM")),
        ("doctor", json!("Dr. Smith")),
        ("createdAt", json!("2025-10-15T06:11:00.000Z")),
    ] {
        assert_eq!(visit[field], value, "{field}");
    }
}

#[tokio::test]
async fn old_records_and_bills_are_shown_as_written() {
    let clinic = clinic_on(&fixture("typical")).await;
    let doctor = clinic.hire(Role::Doctor, "Dr New Member").await;
    let records = clinic.get("/api/medicalrecords").bearer(&doctor).expect(200).await.json();
    assert_eq!(records[0]["condition"], "Hypertension");
    assert_eq!(records[0]["treatment"], "Lisinopril 10mg daily");
    let clerk = clinic.hire(Role::Billing, "Other Member").await;
    let bills = clinic.get("/api/billings").bearer(&clerk).expect(200).await.json();
    let amounts: Vec<_> = bills.as_array().unwrap().iter().map(|bill| bill["amount"].clone()).collect();
    assert_eq!(amounts, [json!(75), json!(150.5)]);
    assert_eq!(bills[1]["paymentMethod"], "Credit Card");
    assert_eq!(bills[1]["status"], "recorded");
}

#[tokio::test]
async fn new_ids_go_on_where_the_old_counters_stood() {
    let clinic = clinic_on(&fixture("typical")).await;
    let desk = staff(&clinic, Role::Receptionist).await;
    assert_eq!(desk.id, UserId(3));
    let body =
        json!({"patientName": "John Doe", "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith"});
    let made = clinic.post("/api/appointments").bearer(&desk).json(body).expect(201).await;
    assert_eq!(made.json()["id"], 101);
}

#[tokio::test]
async fn an_old_appointment_keeps_its_time_against_new_ones() {
    let clinic = clinic_on(&fixture("typical")).await;
    clinic.wait(60 * 24 * 200);
    let desk = staff(&clinic, Role::Receptionist).await;
    let body =
        json!({"patientName": "Someone Else", "date": "2027-07-01", "time": "2:45 PM", "doctor": "dr smith"});
    clinic.post("/api/appointments").bearer(&desk).json(body).expect(409).await;
}

#[tokio::test]
async fn directories_with_empty_missing_and_odd_files_open() {
    for name in ["empty-files", "missing-files", "odd"] {
        let clinic = clinic_on(&fixture(name)).await;
        let admin = staff(&clinic, Role::Admin).await;
        let users = clinic.get("/api/users").bearer(&admin).expect(200).await;
        assert!(!users.text().contains("$2"), "{name}");
        clinic.get("/ready").expect(200).await;
    }
}
