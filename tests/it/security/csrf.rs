//! Requests that another site makes the browser send.

use crate::harness::{Call, Clinic, clinic};
use domain::Role;
use serde_json::json;

/// Ways in which a change arrives that no page of this site sent.
const FOREIGN: [&[(&str, &str)]; 7] = [
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("host", "clinic.example")],
    &[("origin", "https://evil.example"), ("host", "clinic.example")],
    &[("origin", "null"), ("host", "clinic.example")],
    &[("origin", "https://clinic.example.evil.example"), ("host", "clinic.example")],
    &[],
];

fn changes(clinic: &Clinic) -> Vec<Call<'_>> {
    let old =
        json!({"patientName": "John Doe", "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith"});
    vec![
        clinic.post("/signout").form(&[]),
        clinic.post("/profile").form(&[
            ("version", "1"),
            ("displayName", "Mallory"),
            ("email", "m@example.org"),
        ]),
        clinic.post("/patients/new").form(&[("givenName", "Mallory")]),
        clinic.post("/api/appointments").json(old.clone()),
        // A form can send JSON under a type that needs no preflight.
        clinic.post("/api/appointments").header("content-type", "text/plain").bytes(old.to_string()),
        clinic.call(axum::http::Method::DELETE, "/api/session"),
    ]
}

#[tokio::test]
async fn a_change_that_another_site_sends_is_refused() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let before = clinic.state.services.storage_status().totals;
    for foreign in FOREIGN {
        for change in changes(&clinic) {
            let call =
                foreign.iter().fold(change.cookie(desk), |call, (name, value)| call.header(name, value));
            call.expect(403).await;
        }
    }
    assert_eq!(clinic.state.services.storage_status().totals, before);
    clinic.get("/api/session").cookie(desk).expect(200).await;
}

#[tokio::test]
async fn a_change_from_a_page_of_this_site_is_taken() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    for own in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("origin", "https://clinic.example"), ("host", "clinic.example")],
    ] {
        let call = clinic.post("/theme").form(&[("theme", "dark")]).cookie(desk);
        own.iter().fold(call, |call, (name, value)| call.header(name, value)).expect(303).await;
    }
}

#[tokio::test]
async fn a_program_with_a_token_needs_no_origin() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let old =
        json!({"patientName": "John Doe", "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith"});
    clinic.post("/api/appointments").bearer(desk).json(old).expect(201).await;
}

#[tokio::test]
async fn reading_is_free_of_all_this_and_changes_nothing() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    clinic.get("/appointments").cookie(desk).header("sec-fetch-site", "cross-site").expect(200).await;
    clinic.get("/signout").cookie(desk).expect(405).await;
    clinic.get("/api/session").cookie(desk).expect(200).await;
}

#[tokio::test]
async fn other_sites_get_no_permission_to_read() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let reply = clinic.get("/api/session").cookie(desk).header("origin", "https://evil.example").send().await;
    assert_eq!(reply.header("access-control-allow-origin"), "");
    let preflight = clinic
        .call(axum::http::Method::OPTIONS, "/api/session")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "DELETE")
        .send()
        .await;
    assert_eq!(preflight.header("access-control-allow-origin"), "");
}
