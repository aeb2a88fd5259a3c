//! `/api/calendar-feed`: the secret address at which a calendar program reads the caller's appointments.

use super::extract::SignedIn;
use super::links::shown;
use super::problem::ApiError;
use super::respond::{self, Answer};
use super::wire::Instant;
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::access::LinkPurpose;
use serde::Serialize;
use service::scheduling::{EndFeed, MakeFeed, ReadFeedState};
use utoipa::ToSchema;

/// Whether there is an address.
#[derive(Serialize, ToSchema)]
pub(super) struct FeedView {
    /// Since when there is one; `null` for none. The address itself was shown once.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Instant>,
}

/// An address that is shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct NewFeedView {
    /// The address; without scheme and host where `PUBLIC_URL` is not set.
    link: String,
}

/// Whether you have a calendar address.
#[utoipa::path(get, path = "/api/calendar-feed", tag = "Account",
    responses((status = 200, description = "Since when there is one", body = FeedView)))]
pub(super) async fn read(State(state): State<AppState>, SignedIn(actor): SignedIn) -> Answer {
    let since = state.services.execute(&actor, ReadFeedState {}).await?;
    respond::ok(&FeedView { since: since.map(Instant) })
}

/// Make the secret address at which a calendar program reads your appointments (RFC 5545).
///
/// Patients and doctors have one each. It works until it is ended; an earlier one stops working.
#[utoipa::path(post, path = "/api/calendar-feed", tag = "Account",
    responses((status = 200, description = "The address", body = NewFeedView)))]
pub(super) async fn make(State(state): State<AppState>, SignedIn(actor): SignedIn) -> Answer {
    let secret = state.services.execute(&actor, MakeFeed {}).await.map_err(ApiError::from)?;
    respond::ok(&NewFeedView { link: shown(&state, &secret, LinkPurpose::CalendarFeed) })
}

/// End your calendar address.
#[utoipa::path(delete, path = "/api/calendar-feed", tag = "Account",
    responses((status = 204, description = "It does not work any more")))]
pub(super) async fn end(State(state): State<AppState>, SignedIn(actor): SignedIn) -> Answer {
    state.services.execute(&actor, EndFeed {}).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
