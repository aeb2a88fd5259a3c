//! Security headers on every response: content security policy with a nonce, and its companions.

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::web::state::AppState;

/// Allows the inline scripts of one response.
#[derive(Clone, Debug)]
pub struct Nonce(pub String);

/// Mints the nonce and sets the headers of everything that a browser may show.
pub async fn headers(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let nonce = URL_SAFE_NO_PAD.encode(state.services.random_bits().to_le_bytes());
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; \
         img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, value);
    }
    for (name, value) in COMPANIONS {
        headers.insert(name, value);
    }
    headers.insert(REFERRER_POLICY, SAME_ORIGIN);
    stay_secure(headers, state.cookie_secure);
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Tells browsers that come over TLS to stay there, for a year.
fn stay_secure(headers: &mut HeaderMap, secure: bool) {
    if secure {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(STRICT_TRANSPORT_SECURITY, year);
    }
}

/// Adds the headers of an answer that loads nothing and is for programs alone: the same for every request.
pub fn add_plain_headers(headers: &mut HeaderMap, secure: bool) {
    const POLICY: HeaderValue = HeaderValue::from_static(
        "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    for (name, value) in COMPANIONS {
        headers.insert(name, value);
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    stay_secure(headers, secure);
}

/// Other sites learn nothing of where a reader comes from. A page's own forms must say their origin, though: under
/// `no-referrer` browsers send `Origin: null` with them (Fetch §3.2), and where there is no `Sec-Fetch-Site` either, in
/// older browsers and over plain http, such a form cannot be told from a forged one.
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// What every response carries beside its policy.
const COMPANIONS: [(HeaderName, HeaderValue); 5] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), bluetooth=(), hid=(), \
             midi=(), display-capture=(), publickey-credentials-get=(self), publickey-credentials-create=(self)",
        ),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];
