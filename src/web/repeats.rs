//! Requests that can be sent again: the key is a header of programs (draft-ietf-httpapi-idempotency-key-header) and a
//! hidden field of forms. Here it joins the caller; the services give the first answer again.

use crate::rest::ApiError;
use crate::web::auth::is_change;
use crate::web::errors::is_api;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use service::{Actor, OsRandom, Random as _, RequestKey};

/// The header with the key of a request.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The hidden field of a form with the same.
pub const FIELD: &str = "idempotencyKey";
/// Says that an answer is that of an earlier request.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Most characters of a key.
const LONGEST_KEY: usize = 255;

/// A key that nobody had before: the identity of a form that is shown.
pub fn new_key() -> String {
    domain::RequestId(OsRandom.bits()).to_string()
}

/// Gives the caller the key that came with the request, and marks answers that were given before.
pub async fn recognise(request: Request, next: Next) -> Response {
    if !is_change(request.method()) || !may_have_key(request.headers()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let body = match Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await {
        Ok(body) => body,
        Err(rejection) => return rejection.into_response(),
    };
    let key = match key_of(&parts, &body) {
        Ok(key) => key,
        Err(malformed) => return malformed.into_response(),
    };
    let Some(key) = key else { return next.run(Request::from_parts(parts, Body::from(body))).await };
    if let Some(actor) = parts.extensions.remove::<Actor>() {
        parts.extensions.insert(actor.repeating(Some(key.clone())));
    }
    let mut response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if key.is_replayed() && !response.status().is_client_error() && !response.status().is_server_error() {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

fn may_have_key(headers: &HeaderMap) -> bool {
    headers.contains_key(KEY) || is_form(headers)
}

/// The key of a request, with what makes the request what it is: method, address and body.
fn key_of(parts: &Parts, body: &Bytes) -> Result<Option<RequestKey>, ApiError> {
    let Some(actor) = parts.extensions.get::<Actor>() else { return Ok(None) };
    let (path, address) = (parts.uri.path(), parts.uri.to_string());
    let request = [parts.method.as_str().as_bytes(), address.as_bytes(), body];
    let header = header_key(&parts.headers)?;
    Ok(match header {
        Some(key) if is_api(path) => Some(RequestKey::of_program(actor, path, &key, &request)),
        Some(key) => Some(RequestKey::of_form(actor, path, &key, &request)),
        None if is_form(&parts.headers) => {
            field_key(body).map(|key| RequestKey::of_form(actor, path, &key, &request))
        }
        None => None,
    })
}

/// The key in the header: a string of structured fields (RFC 8941 §3.3.3); without the quotes it is taken too.
fn header_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let malformed =
        || ApiError::bad_request("Idempotency-Key must be one string of 1 to 255 visible ASCII characters");
    let text = value.to_str().map_err(|_| malformed())?.trim();
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b',');
    let is_key = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(is_plain);
    if is_key && values.next().is_none() { Ok(Some(key.to_owned())) } else { Err(malformed()) }
}

/// The key in a form; whatever else stands there is none.
fn field_key(body: &[u8]) -> Option<String> {
    let pairs = serde_urlencoded::from_bytes::<Vec<(String, String)>>(body).ok()?;
    let key = pairs.into_iter().find_map(|(name, value)| (name == FIELD).then_some(value))?;
    let is_key = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    is_key.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(values: &[&'static str]) -> Result<Option<String>, ApiError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(KEY, HeaderValue::from_static(value));
        }
        header_key(&headers)
    }

    #[test]
    fn a_key_is_a_string_with_or_without_quotes() {
        for text in ["\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324"] {
            let key = header(&[text]).unwrap();
            assert_eq!(key.as_deref(), Some("8e03978e-40d5-43dd-bc93-6894a57f9324"));
        }
        assert_eq!(header(&[]).unwrap(), None);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for values in [&[""][..], &["\"\""], &["\""], &["a b"], &["\"a\", \"b\""], &["a", "b"]] {
            assert!(header(values).is_err(), "{values:?}");
        }
        let long: &'static str = Box::leak("k".repeat(256).into_boxed_str());
        assert!(header(&[long]).is_err());
    }

    #[test]
    fn a_form_may_come_without_a_key() {
        assert_eq!(field_key(b"a=1&idempotencyKey=k7&b=2").as_deref(), Some("k7"));
        for body in ["a=1", "idempotencyKey=", "idempotencyKey=a+b", "%"] {
            assert_eq!(field_key(body.as_bytes()), None, "{body}");
        }
    }
}
