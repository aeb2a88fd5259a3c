//! `/health` and `/ready`, in the shapes that Kubernetes and old dashboards know.

use crate::harness::{clinic, empty_clinic};
use serde_json::json;

#[tokio::test]
async fn health_has_the_old_shape() {
    let clinic = empty_clinic().await;
    let health = clinic.get("/health").expect(200).await;
    assert_eq!(health.header("cache-control"), "no-store");
    let expected = json!({
        "status": "healthy", "timestamp": "2026-11-23T09:00:00.000Z", "service": "healthcare-backend", "storage": kind(),
    });
    assert_eq!(health.json(), expected);
}

#[tokio::test]
async fn readiness_counts_what_is_stored() {
    let clinic = clinic().await;
    let ready = clinic.get("/ready").expect(200).await.json();
    let expected = json!({
        "status": "ready", "storage": kind(), "timestamp": "2026-11-23T09:00:00.000Z",
        "service": "healthcare-backend",
        "data": {"users": 9, "appointments": 0, "medicalRecords": 0, "billings": 0},
    });
    assert_eq!(ready, expected);
}

#[tokio::test]
async fn a_draining_process_is_healthy_but_not_ready() {
    let clinic = empty_clinic().await;
    clinic.state.readiness.drain();
    let ready = clinic.get("/ready").expect(503).await;
    assert_eq!(ready.json()["status"], "not ready");
    clinic.get("/health").expect(200).await;
    clinic.state.readiness.open();
    clinic.get("/ready").expect(200).await;
}

#[tokio::test]
async fn a_store_that_is_closed_takes_no_writes_and_says_when_to_come_again() {
    let clinic = empty_clinic().await;
    clinic.state.services.close().await.unwrap();
    let body = json!({"username": "john_doe", "email": "john@example.com", "password": "correct horse"});
    let refused = clinic.post("/api/signup").json(body).expect(503).await;
    assert!(!refused.header("retry-after").is_empty());
}

/// What the probes call the backend that the tests are run on.
fn kind() -> &'static str {
    if storage::conformance::scratch::server().is_some() { "postgresql" } else { "file-based" }
}
