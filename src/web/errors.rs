//! One presenter of errors for pages: house-style error pages with the right status, a reference and a way back.

use crate::ui::error_page;
use crate::web::auth::see_other;
use crate::web::context::PageContext;
use crate::web::state::AppState;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use service::{FirstDuty, ServiceError};

/// Ends a page's handler; [`present`] turns it into a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageError(pub ServiceError);

impl From<ServiceError> for PageError {
    fn from(error: ServiceError) -> Self {
        Self(error)
    }
}

impl PageError {
    /// An error that no service knows, by its status; [`present`] gives it a page.
    pub fn status(status: StatusCode) -> Response {
        status.into_response()
    }

    /// No such thing.
    pub const NOT_FOUND: Self = Self(ServiceError::NotFound);
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = status_of(&self.0).into_response();
        if let ServiceError::RateLimited(seconds) | ServiceError::Unavailable(seconds) = self.0 {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The HTTP status of an error, the same on every surface.
pub const fn status_of(error: &ServiceError) -> StatusCode {
    match error {
        ServiceError::Invalid(_) | ServiceError::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        ServiceError::Unauthenticated => StatusCode::UNAUTHORIZED,
        ServiceError::Forbidden => StatusCode::FORBIDDEN,
        ServiceError::NotFound => StatusCode::NOT_FOUND,
        ServiceError::Conflict(_) | ServiceError::Stale => StatusCode::CONFLICT,
        ServiceError::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
        ServiceError::Full => StatusCode::INSUFFICIENT_STORAGE,
        ServiceError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        ServiceError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The error in the form of the surface that the path belongs to.
pub fn for_surface(path: &str, error: ServiceError) -> Response {
    if is_api(path) {
        crate::rest::ApiError::from(error).into_response()
    } else {
        PageError(error).into_response()
    }
}

/// Whether programs, not people, call the path.
pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/") || path == "/health" || path == "/ready"
}

/// Turns every error response of a page into a page of the house style, and of the API into problem+json.
pub async fn present(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let method = parts.method.clone();
    let wants_html = !is_api(&path);
    let Ok(context) = PageContext::from_request_parts(&mut parts, &state).await;
    let response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let error = response.extensions().get::<PageError>().cloned();
    let has_own_body = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("text/html") || value.contains("json"));
    if has_own_body && error.is_none() {
        return response;
    }
    if !wants_html {
        return crate::rest::problem_for_status(status, &response);
    }
    let (original, _) = response.into_parts();
    if let (Some(PageError(ServiceError::Forbidden)), Some(duty)) = (&error, context.actor.first_duty()) {
        return see_other(page_of_duty(duty));
    }
    let mut page = match error {
        Some(PageError(ServiceError::Unauthenticated)) if status == StatusCode::UNAUTHORIZED => {
            return to_sign_in(&context, &method);
        }
        error => error_page::render(&context, status, error.map(|error| error.0)),
    };
    for name in [RETRY_AFTER, axum::http::header::ALLOW] {
        if let Some(value) = original.headers.get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

/// Where a caller does what comes before anything else; until then nothing else opens.
pub const fn page_of_duty(duty: FirstDuty) -> &'static str {
    match duty {
        FirstDuty::ChangePassword => "/profile/password",
        FirstDuty::SetUpSecondFactor => "/profile/second-factor",
    }
}

/// To the sign-in page, and back here afterwards.
fn to_sign_in(context: &PageContext, method: &Method) -> Response {
    let back = if *method == Method::GET {
        context.here.as_str()
    } else {
        context.here.split('?').next().unwrap_or("/")
    };
    see_other(&sign_in_path(back, context.is_timed_out))
}

/// The path of the sign-in page that leads back afterwards, and says whether a session ended because it was not used.
fn sign_in_path(back: &str, is_timed_out: bool) -> String {
    let next: String =
        percent_encoding::utf8_percent_encode(back, percent_encoding::NON_ALPHANUMERIC).collect();
    let next = if back == "/" { String::new() } else { format!("next={next}") };
    let ended = if is_timed_out { "ended=idle" } else { "" };
    let query: Vec<&str> = [next.as_str(), ended].into_iter().filter(|pair| !pair.is_empty()).collect();
    if query.is_empty() { "/".to_owned() } else { format!("/?{}", query.join("&")) }
}

/// A path of this site to go to after signing in; anything else becomes `/`.
pub fn safe_next(next: &str) -> &str {
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    if local && next.chars().all(|character| !character.is_control()) { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        for foreign in
            ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nb"]
        {
            assert_eq!(safe_next(foreign), "/", "{foreign}");
        }
        assert_eq!(safe_next("/billing?status=paid"), "/billing?status=paid");
    }
}
