//! The status that programs get at `/`, as the old system gave it.

use crate::rest::Instant;
use crate::web::state::AppState;
use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CACHE_CONTROL};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What a program may ask for, in the order of the contract.
const ENDPOINTS: [&str; 12] = [
    "GET /",
    "GET /health",
    "GET /ready",
    "POST /api/signup",
    "POST /api/login",
    "GET /api/users",
    "GET /api/appointments",
    "POST /api/appointments",
    "GET /api/medicalrecords",
    "POST /api/medicalrecords",
    "GET /api/billings",
    "POST /api/billings",
];

#[derive(Serialize)]
struct Overview {
    status: &'static str,
    service: &'static str,
    version: &'static str,
    timestamp: Instant,
    endpoints: [&'static str; 12],
    documentation: &'static str,
}

/// Whether the caller prefers JSON to a page (RFC 9110 §12.5.1); only types named in full count.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted: Vec<&str> =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let quality = |wanted: &str| {
        let ranges = accepted.iter().flat_map(|value| value.split(','));
        ranges.filter_map(|range| range_quality(range, wanted)).max().unwrap_or(0)
    };
    quality("application/json") > quality("text/html").max(quality("application/xhtml+xml"))
}

/// The quality of a media range in thousandths, if it names `wanted`.
fn range_quality(range: &str, wanted: &str) -> Option<u32> {
    let mut parts = range.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(wanted) {
        return None;
    }
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some(weight.map_or(1_000, |text| thousandths(text).unwrap_or(0)))
}

/// `0.8` as 800; `None` for what is no weight.
fn thousandths(weight: &str) -> Option<u32> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let fraction: u32 =
        if fraction.is_empty() { 0 } else { format!("{fraction:0<3}").get(..3)?.parse().ok()? };
    Some((whole * 1_000 + fraction).min(1_000))
}

/// The status.
pub fn answer(state: &AppState) -> Response {
    let body = Overview {
        status: "running",
        service: "healthcare-backend",
        version: env!("CARGO_PKG_VERSION"),
        timestamp: Instant(state.services.now()),
        endpoints: ENDPOINTS,
        documentation: "/api",
    };
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn wants(accept: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
        is_wanted(&headers)
    }

    #[test]
    fn programs_get_json() {
        for accept in [
            "application/json",
            "application/json, text/plain, */*",
            "Application/JSON;q=0.9",
            "text/html;q=0.5, application/json",
        ] {
            assert!(wants(accept), "{accept}");
        }
    }

    #[test]
    fn browsers_and_the_undecided_get_the_page() {
        for accept in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "*/*",
            "",
            "application/json;q=0",
            "application/json, text/html",
            "application/json;q=0.8, text/html",
            "application/json;q=many",
        ] {
            assert!(!wants(accept), "{accept}");
        }
        assert!(!is_wanted(&HeaderMap::new()));
    }
}
