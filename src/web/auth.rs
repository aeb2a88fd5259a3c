//! Who the caller is: one middleware turns the session cookie or the bearer token into an [`Actor`].

use crate::web::client_address::{ClientAddress, ClientScheme};
use crate::web::cookies;
use crate::web::state::AppState;
use crate::web::tokens::{Claim, Refusal};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, HeaderMap, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::cookie::{Cookie, SameSite};
use jiff::Timestamp;
use service::{Actor, ServiceError, SessionInUse};
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
    cookies::value(headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()), name)
}

/// Why the caller could not be found out; [`guard`] answers it.
#[derive(Clone, Debug)]
struct Trouble(ServiceError);

/// The browser's session was not used for too long: the sign-in page says so.
#[derive(Clone, Copy, Debug)]
pub struct TimedOut;

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
    let now = state.services.now();
    let read = token.as_deref().map(|token| state.tokens.read(token, now));
    let mut actor = Actor::anonymous(&request_id);
    let mut is_in_doubt = false;
    if let Some(Ok(claim)) = read {
        match caller(&state, claim, is_unattended(&request), &request_id).await {
            Ok(known) => actor = known,
            Err(ServiceError::Unauthenticated) => {}
            Err(error) => {
                is_in_doubt = true;
                request.extensions_mut().insert(Trouble(error));
            }
        }
    }
    let is_over = match read {
        Some(Ok(claim)) => claim.expires <= now,
        Some(Err(refusal)) => refusal == Refusal::Expired,
        None => false,
    };
    let by_cookie = token.is_some() && proof == Proof::Cookie;
    let session = actor.session_in_use();
    if by_cookie && is_over && session.is_none() {
        request.extensions_mut().insert(TimedOut);
    }
    request.extensions_mut().insert(if session.is_some() { proof } else { Proof::None });
    request.extensions_mut().insert(actor.at(address));
    let mut response = next.run(request).await;
    if by_cookie && !is_shared(&response) && !response.headers().contains_key(SET_COOKIE) {
        match (session, read) {
            (None, _) if is_in_doubt => {}
            (None, _) => set_cookie(&mut response, &ended_cookie(state.cookie_secure)),
            // Its use was noted since the token was made: the next one lives as long as the session now does.
            (Some(session), Some(Ok(claim))) if session.idle_end.as_second() > claim.expires.as_second() => {
                renew(&state, &mut response, session);
            }
            _ => {}
        }
    }
    response
}

/// The caller behind a token.
async fn caller(
    state: &AppState,
    claim: Claim,
    is_unattended: bool,
    request_id: &str,
) -> Result<Actor, ServiceError> {
    let actor = if is_unattended {
        state.services.authenticate_unattended(claim.session, request_id).await?
    } else {
        state.services.authenticate(claim.session, request_id).await?
    };
    let version = actor.session_in_use().map(|session| session.security_version);
    if version == Some(claim.security_version) { Ok(actor) } else { Err(ServiceError::Unauthenticated) }
}

/// Whether a page asks by itself, or a browser fetches what may be wanted later: neither keeps a session alive.
fn is_unattended(request: &Request) -> bool {
    let says = |name: &str, word: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains(word))
    };
    says("x-background", "1")
        || says("sec-purpose", "prefetch")
        || [SESSION_LEFT, crate::web::live::PATH].contains(&request.uri().path())
}

/// Where the warning asks how long the session still lasts.
pub const SESSION_LEFT: &str = "/rpc/session-left";

/// Whether caches between here and the browser may keep the response: then it carries nobody's cookie.
fn is_shared(response: &Response) -> bool {
    let caching = response.headers().get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
    caching.is_some_and(|caching| caching.starts_with("public"))
}

/// Gives the browser a token that lives as long as its session, if it is not used again, will.
fn renew(state: &AppState, response: &mut Response, session: SessionInUse) {
    let now = state.services.now();
    match state.token(session.id, session.security_version, session.idle_end) {
        Ok(token) => set_cookie(response, &session_cookie(token, session.end, now, state.cookie_secure)),
        Err(error) => tracing::error!(%error, "a session's token was not renewed"),
    }
}

/// Refuses what [`identify`] could not settle.
pub async fn guard(request: Request, next: Next) -> Response {
    if let Some(Trouble(error)) = request.extensions().get::<Trouble>() {
        return crate::web::errors::for_surface(request.uri().path(), error.clone());
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

/// The id that joins log lines, audit events and error pages of one request.
pub fn request_id(headers: &HeaderMap) -> String {
    headers.get("x-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The session cookie that holds `token`; the browser keeps it until the session ends at the latest, so that it can be
/// told why. Lax, not Strict: links in e-mails and from the clinic's own site lead to pages that are meant to open, and
/// changes are guarded by their origin whatever the cookie says.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_cookies_are_for_this_host_over_tls_and_for_no_script() {
        let (now, hour) = (Timestamp::UNIX_EPOCH, jiff::SignedDuration::from_hours(1));
        for (cookie, age) in [
            (session_cookie("a.b.c".to_owned(), now + hour, now, true), "Max-Age=3600"),
            (ended_cookie(true), "Max-Age=0"),
        ] {
            let text = cookie.to_string();
            assert!(text.starts_with("__Host-session="), "{text}");
            for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", age] {
                assert!(text.split("; ").any(|found| found == part), "{part}: {text}");
            }
            assert!(!text.contains("Domain"), "{text}");
        }
    }
}
