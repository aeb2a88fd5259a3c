//! Where changes come from. What another site makes a browser send is refused, and written down if it carried somebody's
//! session: a request without one is a stranger's, and goes to the request log alone.

use crate::web::auth::{Proof, is_change};
use crate::web::errors::for_surface;
use crate::web::state::AppState;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use service::reports::NoteForgedRequest;
use service::{Actor, ServiceError};

/// Marks the refusal of a change that comes from elsewhere.
#[derive(Clone, Copy, Debug)]
struct FromElsewhere;

/// The answer to a change whose headers name another site.
pub fn refusal() -> Response {
    let mut response = StatusCode::FORBIDDEN.into_response();
    response.extensions_mut().insert(FromElsewhere);
    response
}

/// Refuses changes that a cookie carries without saying where they come from; the CSRF layer judges those that do.
pub async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !is_change(request.method()) {
        return next.run(request).await;
    }
    let route = request.extensions().get::<MatchedPath>().map_or("(no such page)", MatchedPath::as_str);
    let route = format!("{} {route}", request.method());
    let actor = request.extensions().get::<Actor>().cloned();
    let by_cookie = request.extensions().get::<Proof>() == Some(&Proof::Cookie);
    let response = if by_cookie && !names_its_origin(request.headers()) {
        let mut response = for_surface(request.uri().path(), ServiceError::Forbidden);
        response.extensions_mut().insert(FromElsewhere);
        response
    } else {
        next.run(request).await
    };
    if let (Some(actor), Some(FromElsewhere)) = (actor, response.extensions().get()) {
        note(&state, &actor, route).await;
    }
    response
}

/// Whether one of the headers that the CSRF layer judges is there, and not empty.
fn names_its_origin(headers: &HeaderMap) -> bool {
    ["sec-fetch-site", "origin"].iter().any(|name| headers.get(*name).is_some_and(|value| !value.is_empty()))
}

/// Writes the refusal down; of many in a row for one account only the first, so that no page can fill the log.
async fn note(state: &AppState, actor: &Actor, route: String) {
    let Some(user) = actor.user() else { return };
    if state.rate_limits.is_worth_noting(user)
        && let Err(error) = state.services.execute(actor, NoteForgedRequest { route }).await
        && error != ServiceError::Forbidden
    {
        tracing::error!(%error, request_id = actor.request_id, "a forged request was not written down");
    }
}
