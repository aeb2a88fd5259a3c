//! Who the caller is: one middleware turns the session cookie or the bearer token into an [`Actor`].

use crate::web::client_address::{ClientAddress, ClientScheme};
use crate::web::state::AppState;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HeaderMap, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::cookie::{Cookie, SameSite};
use jiff::Timestamp;
use service::{Actor, ServiceError};
use std::convert::Infallible;
use time::Duration;

/// How the caller proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Not at all.
    None,
    /// By the session cookie: the browser sends it by itself, so changes need a same-origin proof too.
    Cookie,
    /// By a bearer token.
    Bearer,
}

/// The name of the session cookie.
pub const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-session" } else { "session" }
}

/// The value of one cookie of a request.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

/// Why the caller could not be found out; [`guard`] answers it.
#[derive(Clone, Debug)]
struct Trouble(ServiceError);

/// Builds the caller and puts it into the request, where every surface finds it.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let request_id = request_id(request.headers());
    let in_the_open =
        state.cookie_secure && request.extensions().get::<ClientScheme>() == Some(&ClientScheme::Plain);
    let (token, proof) = credentials(request.headers(), state.cookie_secure)
        // A cookie that came in the open may be anyone's.
        .filter(|(_, proof)| !in_the_open || *proof == Proof::Bearer)
        .map_or((None, Proof::None), |(token, proof)| (Some(token), proof));
    let address = request.extensions().get::<ClientAddress>().and_then(|from| from.subscriber());
    let mut actor = Actor::anonymous(&request_id);
    if let Some(session) =
        token.as_deref().and_then(|token| state.tokens.session(token, state.services.now()))
    {
        match state.services.authenticate(session, &request_id).await {
            Ok(known) => actor = known,
            Err(ServiceError::Unauthenticated) => {}
            Err(error) => {
                request.extensions_mut().insert(Trouble(error));
            }
        }
    }
    let ended = token.is_some() && proof == Proof::Cookie && actor.user().is_none();
    request.extensions_mut().insert(if actor.user().is_some() { proof } else { Proof::None });
    request.extensions_mut().insert(actor.at(address));
    let mut response = next.run(request).await;
    if ended && !response.headers().contains_key(SET_COOKIE) {
        set_cookie(&mut response, &ended_cookie(state.cookie_secure));
    }
    response
}

/// Refuses what [`identify`] could not settle, and changes that a cookie carries without saying where they come from
/// (the CSRF layer judges those that do).
pub async fn guard(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if let Some(Trouble(error)) = request.extensions().get::<Trouble>() {
        return crate::web::errors::for_surface(path, error.clone());
    }
    let by_cookie = request.extensions().get::<Proof>() == Some(&Proof::Cookie);
    if by_cookie && is_change(request.method()) && !names_its_origin(request.headers()) {
        return crate::web::errors::for_surface(path, ServiceError::Forbidden);
    }
    next.run(request).await
}

fn credentials(headers: &HeaderMap, secure: bool) -> Option<(String, Proof)> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim().to_owned());
    let bearer = bearer.map(|token| (token, Proof::Bearer));
    bearer.or_else(|| cookie(headers, cookie_name(secure)).map(|token| (token, Proof::Cookie)))
}

/// Whether a method changes something.
pub const fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The CSRF layer judges these headers; a cookie-borne change without either is refused here.
fn names_its_origin(headers: &HeaderMap) -> bool {
    headers.contains_key("sec-fetch-site") || headers.contains_key("origin")
}

/// The id that joins log lines, audit events and error pages of one request.
pub fn request_id(headers: &HeaderMap) -> String {
    headers.get("x-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The session cookie that holds `token` until `expires`.
pub fn session_cookie(token: String, expires: Timestamp, now: Timestamp, secure: bool) -> Cookie<'static> {
    let seconds = expires.duration_since(now).as_secs().max(0);
    let mut cookie = Cookie::new(cookie_name(secure), token);
    cookie.set_http_only(true);
    cookie.set_secure(secure);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_path("/");
    cookie.set_max_age(Duration::seconds(seconds));
    cookie
}

/// The cookie that ends a session in the browser.
pub fn ended_cookie(secure: bool) -> Cookie<'static> {
    let mut cookie = session_cookie(String::new(), Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH, secure);
    cookie.make_removal();
    cookie
}

/// Adds a cookie to a response.
pub fn set_cookie(response: &mut Response, cookie: &Cookie<'_>) {
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// The caller, for handlers.
#[derive(Clone, Debug)]
pub struct Caller(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let actor = parts.extensions.get::<Actor>().cloned();
        Ok(Self(actor.unwrap_or_else(|| Actor::anonymous(request_id(&parts.headers)))))
    }
}

/// `303 See Other`, the answer to every successful form.
pub fn see_other(location: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::from_str(location).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(axum::http::header::LOCATION, location);
    response
}
