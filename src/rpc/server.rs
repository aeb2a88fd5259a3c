//! Mounts the server functions and gives them the caller and the services.

use crate::islands::patient_typeahead::PatientSuggestion;
use crate::rpc::RpcError;
use crate::web::auth::Caller as Identified;
use crate::web::errors::status_of;
use crate::web::router::BODY_LIMIT;
use crate::web::state::AppState;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use domain::time::short_date;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{ResponseOptions, handle_server_fns_with_context};
use service::patients::SearchPatients;
use service::{Actor, Order, PageRequest, ServiceError, Services};
use tower_http::limit::RequestBodyLimitLayer;

/// Most suggestions of a search; the island's option ids count on one digit.
const SUGGESTIONS: usize = 8;

/// The routes of all server functions.
pub fn routes() -> Router<AppState> {
    // Server functions read the body themselves, so the limit of the extractors does not reach them.
    Router::new().route("/rpc/{name}", post(serve)).layer(RequestBodyLimitLayer::new(BODY_LIMIT))
}

async fn serve(State(state): State<AppState>, Identified(actor): Identified, request: Request) -> impl IntoResponse {
    let caller = Caller { actor, services: state.services };
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
    RpcError { code: error.code().to_owned() }
}

/// The first patients that match a text: ids and labels, no more.
pub async fn suggestions(caller: &Caller, text: String) -> Result<Vec<PatientSuggestion>, ServiceError> {
    let page = PageRequest::first(SUGGESTIONS, Order::Ascending);
    let found = caller.services.execute(&caller.actor, SearchPatients { text, page }).await?;
    let suggestion = |patient: service::patients::PatientSummary| {
        let born = patient.birth_date.map(|date| format!("{} · ", short_date(date))).unwrap_or_default();
        PatientSuggestion {
            id: patient.id.to_string(),
            name: patient.name.formal(),
            detail: format!("{born}MRN {}", patient.mrn),
        }
    };
    Ok(found.items.into_iter().map(suggestion).collect())
}
