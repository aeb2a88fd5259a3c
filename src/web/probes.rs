//! The probes of Kubernetes: `/health` says whether a restart is needed, `/ready` whether to send traffic.

use crate::web::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The name that old clients and dashboards know.
const SERVICE: &str = "healthcare-backend";

#[derive(Serialize)]
struct Health {
    status: &'static str,
    timestamp: String,
    service: &'static str,
    storage: &'static str,
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    storage: &'static str,
    timestamp: String,
    service: &'static str,
    data: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    users: u64,
    appointments: u64,
    medical_records: u64,
    billings: u64,
}

/// Milliseconds and `Z`, as the old system wrote instants.
pub fn timestamp(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// `GET /health`: 500 only when a restart helps.
pub async fn health(State(state): State<AppState>) -> Response {
    let storage = state.services.storage_status();
    let (code, status) = if storage.dead {
        (StatusCode::INTERNAL_SERVER_ERROR, "unhealthy")
    } else {
        (StatusCode::OK, "healthy")
    };
    let body = Health {
        status,
        timestamp: timestamp(state.services.now()),
        service: SERVICE,
        storage: storage.kind,
    };
    (code, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// `GET /ready`: 503 while starting, draining, or when the store takes no writes.
pub async fn ready(State(state): State<AppState>) -> Response {
    let storage = state.services.storage_status();
    let reason = if !state.readiness.is_open() {
        Some("not serving")
    } else if storage.dead || storage.trouble.is_some() {
        Some("the store takes no writes")
    } else {
        None
    };
    let (code, status) = if reason.is_some() {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    } else {
        (StatusCode::OK, "ready")
    };
    let totals = storage.totals;
    let body = Ready {
        status,
        storage: storage.kind,
        timestamp: timestamp(state.services.now()),
        service: SERVICE,
        data: Counts {
            users: totals.users,
            appointments: totals.appointments,
            medical_records: totals.medical_records,
            billings: totals.billings,
        },
        reason,
    };
    (code, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
