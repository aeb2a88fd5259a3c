//! Mounts the server functions and gives them the caller and the services.

use crate::rpc::RpcError;
use crate::ui::pages::appointments::slots;
use crate::web::auth::Caller as Identified;
use crate::web::errors::{safe_next, status_of};
use crate::web::pages;
use crate::web::router::BODY_LIMIT;
use crate::web::state::AppState;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use hydration_context::SsrSharedContext;
use leptos::prelude::{AnyView, Owner, RenderHtml, provide_context, use_context};
use leptos_axum::{ResponseOptions, handle_server_fns_with_context};
use service::patients::SearchPatients;
use service::{Actor, Order, PageRequest, ServiceError, Services};
use std::sync::Arc;
use tower_http::limit::RequestBodyLimitLayer;

/// Most suggestions of a search.
const SUGGESTIONS: usize = 8;

/// The routes of all server functions.
pub fn routes() -> Router<AppState> {
    // Server functions read the body themselves, so the limit of the extractors does not reach them.
    Router::new().route("/rpc/{name}", post(serve)).layer(RequestBodyLimitLayer::new(BODY_LIMIT))
}

async fn serve(
    State(state): State<AppState>,
    Identified(actor): Identified,
    request: Request,
) -> impl IntoResponse {
    let caller = Caller { actor, services: state.services.clone() };
    handle_server_fns_with_context(move || provide_context(caller.clone()), request).await
}

/// Who calls, and the door to the clinic's data.
#[derive(Clone)]
pub struct Caller {
    /// The caller.
    pub actor: Actor,
    /// The services.
    pub services: Services,
}

/// The caller of the server function that runs.
pub fn caller() -> Result<Caller, RpcError> {
    use_context::<Caller>().ok_or_else(|| refusal(&ServiceError::Unauthenticated))
}

/// A service's answer as a server function's.
pub fn answer<T>(result: Result<T, ServiceError>) -> Result<T, RpcError> {
    result.map_err(|error| refusal(&error))
}

/// The code of an error; sets the status of the response.
fn refusal(error: &ServiceError) -> RpcError {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status_of(error));
        response.insert_header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    RpcError(error.code().to_owned())
}

/// How long the caller's session still lasts.
pub fn seconds_left(caller: &Caller) -> Result<i64, ServiceError> {
    let session = caller.actor.session_in_use().ok_or(ServiceError::Unauthenticated)?;
    Ok(session.idle_end.duration_since(caller.services.now()).as_secs())
}

/// The free times as radio buttons.
pub async fn free_times(
    caller: &Caller,
    doctor: &str,
    date: &str,
    visit_type: &str,
) -> Result<String, ServiceError> {
    let times = pages::free_times(&caller.services, &caller.actor, doctor, date, visit_type).await?;
    Ok(rendered(move || slots::times(times, "")))
}

/// The first patients that match a text, as options; `action` must be a path of this site.
pub async fn suggestions(caller: &Caller, text: String, action: &str) -> Result<String, ServiceError> {
    let page = PageRequest::first(SUGGESTIONS, Order::Ascending);
    let found = caller.services.execute(&caller.actor, SearchPatients { text, page }).await?;
    let action = safe_next(action).to_owned();
    Ok(rendered(move || slots::suggestions(&found.items, &action)))
}

/// The markup of a view, without what only hydration would need.
fn rendered(view: impl FnOnce() -> AnyView + 'static) -> String {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| Owner::with_no_hydration(move || view().to_html()));
    owner.unset_with_forced_cleanup();
    html
}
