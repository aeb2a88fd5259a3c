//! Requests that are wrong in every way: a clear problem, nothing changed, never a 500.

use crate::harness::{Clinic, Person, clinic};
use axum::http::Method;
use domain::Role;
use healthcare::web::router::BODY_LIMIT;
use serde_json::{Value, json};

/// Every resource that takes a body, with the role that may use it.
fn bodies(clinic: &Clinic) -> Vec<(Method, String, Role)> {
    let marta = clinic.the(Role::Patient).patient.unwrap();
    let doctor = clinic.the(Role::Doctor).id;
    let mut all = vec![
        (Method::POST, "/api/signup".to_owned(), Role::Patient),
        (Method::POST, "/api/login".to_owned(), Role::Patient),
        (Method::PUT, "/api/session/password".to_owned(), Role::Patient),
        (Method::POST, "/api/users".to_owned(), Role::Admin),
        (Method::PATCH, "/api/users/1".to_owned(), Role::Admin),
        (Method::PUT, format!("/api/doctors/{doctor}/schedule"), Role::Receptionist),
        (Method::PUT, "/api/catalogue".to_owned(), Role::Receptionist),
        (Method::POST, "/api/appointments".to_owned(), Role::Receptionist),
        (Method::PATCH, "/api/appointments/1".to_owned(), Role::Receptionist),
        (Method::POST, "/api/appointments/1/cancellation".to_owned(), Role::Receptionist),
        (Method::PUT, "/api/appointments/1/status".to_owned(), Role::Receptionist),
        (Method::PUT, "/api/appointments/1/patient".to_owned(), Role::Receptionist),
        (Method::POST, "/api/patients".to_owned(), Role::Receptionist),
        (Method::PUT, format!("/api/patients/{marta}"), Role::Receptionist),
        (Method::POST, "/api/medicalrecords".to_owned(), Role::Doctor),
        (Method::PUT, "/api/medicalrecords/1".to_owned(), Role::Doctor),
        (Method::POST, "/api/medicalrecords/1/addenda".to_owned(), Role::Doctor),
        (Method::POST, "/api/billings".to_owned(), Role::Billing),
        (Method::PUT, "/api/billings/1".to_owned(), Role::Billing),
        (Method::POST, "/api/billings/1/payments".to_owned(), Role::Billing),
        (Method::POST, "/api/billings/1/refunds".to_owned(), Role::Billing),
        (Method::POST, "/api/billings/1/refunds/1/approve".to_owned(), Role::Billing),
        (Method::POST, "/api/billings/1/refunds/1/decline".to_owned(), Role::Admin),
    ];
    for kind in ["notes", "vitals", "allergies", "medicines", "problems"] {
        all.push((Method::POST, format!("/api/patients/{marta}/{kind}"), Role::Doctor));
    }
    all
}

async fn all_refuse(clinic: &Clinic, content_type: &str, body: &[u8], status: u16) {
    for (method, path, role) in bodies(clinic) {
        let call = clinic.call(method, &path).bearer(clinic.the(role)).if_match(1);
        let reply = call.header("content-type", content_type).bytes(body).expect(status).await;
        assert_eq!(reply.header("content-type"), "application/problem+json", "{path}");
        assert!(reply.json()["message"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_answered_with_400() {
    let clinic = clinic().await;
    let deep = "[".repeat(60_000);
    let bodies: [&[u8]; 8] =
        [b"", b"{", b"[1,", b"null", b"[]", b"\"text\"", b"{\"username\": \"\xff\xfe\"}", deep.as_bytes()];
    for body in bodies {
        all_refuse(&clinic, "application/json", body, 400).await;
    }
}

#[tokio::test]
async fn unknown_fields_are_answered_with_400() {
    all_refuse(&clinic().await, "application/json", b"{\"isAdmin\": true}", 400).await;
}

#[tokio::test]
async fn other_content_types_are_answered_with_415() {
    let clinic = clinic().await;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""] {
        all_refuse(&clinic, content_type, b"{}", 415).await;
    }
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_answered_with_413() {
    let clinic = clinic().await;
    for size in [BODY_LIMIT + 1, 10 * 1024 * 1024] {
        let body = format!("{{\"username\": \"{}\"}}", "x".repeat(size));
        all_refuse(&clinic, "application/json", body.as_bytes(), 413).await;
    }
}

async fn refused(clinic: &Clinic, person: &Person, path: &str, body: Value) {
    clinic.post(path).bearer(person).json(body).expect(400).await;
}

#[tokio::test]
async fn values_of_the_wrong_type_are_answered_with_400() {
    let clinic = clinic().await;
    let (desk, clerk, doctor) =
        (clinic.the(Role::Receptionist), clinic.the(Role::Billing), clinic.the(Role::Doctor));
    let marta = clinic.the(Role::Patient).patient.unwrap().to_string();
    refused(
        &clinic,
        desk,
        "/api/signup",
        json!({"username": 5, "email": "a@b.co", "password": "correct horse"}),
    )
    .await;
    refused(&clinic, desk, "/api/login", json!({"email": ["a"], "password": "x"})).await;
    let old =
        json!({"patientName": {"a": 1}, "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith"});
    refused(&clinic, desk, "/api/appointments", old).await;
    for (field, value) in
        [("doctorId", json!("x")), ("doctorId", json!(-1)), ("start", json!(5)), ("patientId", json!(7))]
    {
        let mut body = json!({"patientId": marta, "doctorId": 6, "start": "2026-11-24T09:30", "visitType": "consultation"});
        body[field] = value;
        refused(&clinic, desk, "/api/appointments", body).await;
    }
    refused(
        &clinic,
        clerk,
        "/api/billings",
        json!({"patientName": "X", "amount": true, "paymentMethod": "Cash"}),
    )
    .await;
    let line =
        json!({"patientId": marta, "lines": [{"description": "X", "unitAmount": "1", "quantity": 1.5}]});
    refused(&clinic, clerk, "/api/billings", line).await;
    refused(
        &clinic,
        doctor,
        "/api/medicalrecords",
        json!({"patientName": "X", "condition": [], "treatment": "Y"}),
    )
    .await;
}

#[tokio::test]
async fn both_shapes_at_once_are_neither() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let body = json!({
        "patientName": "John Doe", "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith", "doctorId": 6,
    });
    refused(&clinic, desk, "/api/appointments", body).await;
    let clerk = clinic.the(Role::Billing);
    let marta = clinic.the(Role::Patient).patient;
    let body = json!({"patientName": "X", "amount": 5, "paymentMethod": "Cash", "patientId": marta});
    refused(&clinic, clerk, "/api/billings", body).await;
}

#[tokio::test]
async fn dates_and_times_that_do_not_exist_are_refused_in_the_old_shape_too() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    for (date, time, field) in [
        ("2026-02-30", "10:00 AM", "date"),
        ("20-10-2026", "10:00 AM", "date"),
        ("2026-12-01", "25:00", "time"),
        ("2026-12-01", "13:00 PM", "time"),
        ("2027-03-28", "01:30 AM", "time"),
    ] {
        let body = json!({"patientName": "John Doe", "date": date, "time": time, "doctor": "Dr. Smith"});
        let refused = clinic.post("/api/appointments").bearer(desk).json(body).expect(400).await;
        assert_eq!(refused.refused(), [field], "{date} {time}");
    }
}

#[tokio::test]
async fn amounts_that_are_none_are_refused() {
    let clinic = clinic().await;
    let clerk = clinic.the(Role::Billing);
    for amount in [json!("much"), json!(-5), json!(0), json!("1.234"), json!(1e300), json!(""), json!("NaN")]
    {
        let body = json!({"patientName": "John Doe", "amount": amount, "paymentMethod": "Cash"});
        let refused = clinic.post("/api/billings").bearer(clerk).json(body).expect(400).await;
        assert_eq!(refused.refused(), ["amount"]);
    }
}

#[tokio::test]
async fn control_characters_and_endless_texts_are_refused() {
    let clinic = clinic().await;
    let doctor = clinic.the(Role::Doctor);
    for condition in ["a\u{0}b".to_owned(), "\u{1b}[2J".to_owned(), "x".repeat(8_001)] {
        let body = json!({"patientName": "John Doe", "condition": condition, "treatment": "Rest"});
        let refused = clinic.post("/api/medicalrecords").bearer(doctor).json(body).expect(400).await;
        assert_eq!(refused.refused(), ["condition"]);
    }
}

#[tokio::test]
async fn methods_and_addresses_that_are_none_are_problems_too() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let wrong = clinic.call(Method::DELETE, "/api/appointments").bearer(desk).expect(405).await;
    assert!(wrong.header("allow").contains("GET"));
    assert_eq!(wrong.header("content-type"), "application/problem+json");
    for path in
        ["/api/nothing", "/api/appointments/1/2/3/4", "/api/users/x", "/api/users/-1", "/api/patients/%ff"]
    {
        let reply = clinic.get(path).bearer(clinic.the(Role::Admin)).send().await;
        assert!(matches!(reply.status.as_u16(), 403 | 404), "{path}: {}", reply.status);
        assert_eq!(reply.header("content-type"), "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn what_was_refused_changed_nothing() {
    let clinic = clinic().await;
    let before = clinic.state.services.storage_status().totals;
    for body in [&b"{"[..], b"{\"isAdmin\": true}", b"{}"] {
        for (method, path, role) in bodies(&clinic) {
            let call = clinic.call(method, &path).bearer(clinic.the(role)).if_match(77);
            let status = call.header("content-type", "application/json").bytes(body).send().await.status;
            assert!(status.is_client_error(), "{path}: {status}");
        }
    }
    assert_eq!(clinic.state.services.storage_status().totals, before);
}
