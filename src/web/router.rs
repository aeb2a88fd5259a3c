//! All routes as one table, and the order of the middleware around them.

use crate::web::ClientAddress;
use crate::web::state::AppState;
use crate::web::{assets, auth, client_address, errors, limits, origin, pages, probes, repeats, security};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::any::Any;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// Largest body of a request in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// Longest time that an answer may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The whole application.
pub fn router(state: AppState) -> Router {
    // Probes know no caller and no browser: they go around everything that pages need, and stay quick under load.
    Router::new()
        .route("/health", get(probes::health).fallback(probes::not_allowed))
        .route("/ready", get(probes::ready).fallback(probes::not_allowed))
        .fallback_service(application(state.clone()))
        .with_state(state)
}

/// Everything but the probes.
fn application(state: AppState) -> Router {
    Router::new()
        .merge(pages::routes())
        .merge(crate::rest::routes())
        .merge(crate::rpc::routes())
        .route("/assets/{version}/{*name}", get(assets::versioned))
        .route("/fonts/{*name}", get(assets::font))
        .route("/favicon.svg", get(assets::fixed))
        .route("/robots.txt", get(assets::fixed))
        .route("/licences/{*name}", get(assets::fixed))
        .fallback(|| async { StatusCode::NOT_FOUND })
        // From here on the last line is the first to see a request.
        .layer(from_fn(repeats::recognise))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIME_LIMIT))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CsrfLayer::new().with_rejection_response(|_: ProtectionError| origin::refusal()))
        .layer(from_fn_with_state(state.clone(), origin::guard))
        .layer(from_fn(auth::guard))
        .layer(from_fn_with_state(state.clone(), limits::refuse_too_much))
        .layer(from_fn_with_state(state.clone(), errors::present))
        .layer(from_fn_with_state(state.clone(), auth::identify))
        .layer(from_fn_with_state(state.clone(), security::headers))
        .layer(CompressionLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(from_fn_with_state(state.clone(), client_address::find))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(map_request(drop_foreign_request_id))
        .with_state(state)
}

/// A request id from outside is kept only if it is plain.
async fn drop_foreign_request_id(mut request: Request) -> Request {
    if request.headers().get("x-request-id").is_some_and(|id| !is_plain_request_id(id)) {
        request.headers_mut().remove("x-request-id");
    }
    request
}

/// Whether a request id from outside is short and plain, so that it can stand in headers, logs and pages.
pub fn is_plain_request_id(id: &HeaderValue) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    (1..=64).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
}

/// Log lines name the method, the route's pattern, the request id and the client's address; never the query or a body.
fn span(request: &Request) -> tracing::Span {
    let id = auth::request_id(request.headers());
    let route = request.extensions().get::<axum::extract::MatchedPath>().map_or("", |path| path.as_str());
    let client = request.extensions().get::<ClientAddress>().copied().unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), route, id, %client)
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let why = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    tracing::error!(why, "a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
