//! The probes of Kubernetes: `/health` says whether a restart is needed, `/ready` whether to send traffic.

use crate::rest::Instant;
use crate::web::router::is_plain_request_id;
use crate::web::security::add_plain_headers;
use crate::web::state::AppState;
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use std::convert::Infallible;

/// The name that old clients and dashboards know.
const SERVICE: &str = "healthcare-backend";

#[derive(Serialize)]
struct Health {
    status: &'static str,
    timestamp: Instant,
    service: &'static str,
    storage: &'static str,
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    storage: &'static str,
    timestamp: Instant,
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

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request id that the caller gave, if it is plain.
pub struct RequestId(Option<HeaderValue>);

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(&REQUEST_ID).filter(|id| is_plain_request_id(id)).cloned()))
    }
}

/// An answer with the headers that every answer has. There is no layer around probes that would add them.
fn answer(
    state: &AppState,
    code: StatusCode,
    body: &impl Serialize,
    RequestId(asked): RequestId,
) -> Response {
    let mut json = Vec::with_capacity(256);
    let written = serde_json::to_writer(&mut json, body);
    debug_assert!(written.is_ok(), "a probe's answer has only plain fields");
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.reserve(11);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(id) = asked {
        headers.insert(REQUEST_ID, id);
    }
    add_plain_headers(headers, state.cookie_secure);
    response
}

/// `GET /health`: 500 only when a restart helps.
pub async fn health(State(state): State<AppState>, asked: RequestId) -> Response {
    let storage = state.services.storage_status();
    let (code, status) = if storage.dead {
        (StatusCode::INTERNAL_SERVER_ERROR, "unhealthy")
    } else {
        (StatusCode::OK, "healthy")
    };
    let body =
        Health { status, timestamp: Instant(state.services.now()), service: SERVICE, storage: storage.kind };
    answer(&state, code, &body, asked)
}

/// A probe takes nothing but questions.
pub async fn not_allowed(State(state): State<AppState>) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    add_plain_headers(headers, state.cookie_secure);
    response
}

/// `GET /ready`: 503 while starting, draining, or when the store takes no writes.
pub async fn ready(State(state): State<AppState>, asked: RequestId) -> Response {
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
        timestamp: Instant(state.services.now()),
        service: SERVICE,
        data: Counts {
            users: totals.users,
            appointments: totals.appointments,
            medical_records: totals.medical_records,
            billings: totals.billings,
        },
        reason,
    };
    answer(&state, code, &body, asked)
}
