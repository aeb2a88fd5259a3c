//! All routes as one table, and the order of the middleware around them.

use crate::web::state::AppState;
use crate::web::{assets, auth, errors, pages, probes, security};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state, map_request, map_response};
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
    let probes = Router::new()
        .route("/health", get(probes::health))
        .route("/ready", get(probes::ready))
        .layer(map_response(security::plain_headers));
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
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIME_LIMIT))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CsrfLayer::new().with_rejection_response(|_: ProtectionError| StatusCode::FORBIDDEN.into_response()))
        .layer(from_fn(auth::guard))
        .layer(from_fn_with_state(state.clone(), errors::present))
        .layer(from_fn_with_state(state.clone(), auth::identify))
        .layer(from_fn_with_state(state.clone(), security::headers))
        .layer(CompressionLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .merge(probes)
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(map_request(drop_foreign_request_id))
        .with_state(state)
}

/// A request id from outside is kept only if it is short and plain, so that it can stand in logs and pages.
async fn drop_foreign_request_id(mut request: Request) -> Request {
    let plain = |text: &str| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let keep = request.headers().get("x-request-id").and_then(|value| value.to_str().ok()).is_none_or(plain);
    if !keep {
        request.headers_mut().remove("x-request-id");
    }
    request
}

/// Log lines name the method, the route's pattern and the request id; never the query or a body.
fn span(request: &Request) -> tracing::Span {
    let id = auth::request_id(request.headers());
    let route = request.extensions().get::<axum::extract::MatchedPath>().map_or("", |path| path.as_str());
    tracing::info_span!("request", method = %request.method(), route, id)
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let why = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    tracing::error!(why, "a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
