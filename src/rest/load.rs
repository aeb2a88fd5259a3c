//! How full days are, and what the waiting room does with visits: completing many at once, priorities.

use super::appointments::{AppointmentView, changed, query_date};
use super::extract::{Id, IfMatch, Json, Query, SignedIn};
use super::problem::ApiError;
use super::respond::{self, Answer};
use super::wire::Day;
use crate::web::state::AppState;
use axum::extract::State;
use domain::validation::Code;
use domain::{AppointmentId, Priority, UserId};
use jiff::ToSpan;
use serde::{Deserialize, Serialize};
use service::Version;
use service::scheduling::{CheckOutVisits, CheckedOut, DayLoad, ReadLoad, SetPriority};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How full a day is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DayLoadView {
    /// The day by the clinic's clock.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// The holiday on which the clinic is closed; null on other days.
    holiday: Option<String>,
    /// Slots of the doctors' hours.
    slots: usize,
    /// Those of them over which something is booked.
    booked: usize,
    /// Those that can still be booked.
    free: usize,
    /// Appointments, without those that were cancelled.
    appointments: usize,
}

impl DayLoadView {
    fn of(load: DayLoad) -> Self {
        Self {
            date: Day(load.date),
            holiday: load.holiday,
            slots: load.slots,
            booked: load.taken,
            free: load.free,
            appointments: load.visits,
        }
    }
}

/// Which days.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadQuery {
    /// First day, `2026-11-23`; today when left out.
    from: Option<String>,
    /// Last day, at most 61 days later; four weeks from the first when left out.
    to: Option<String>,
    /// Only this doctor's.
    #[param(value_type = Option<u64>)]
    doctor: Option<UserId>,
}

/// How full days are; for staff.
#[utoipa::path(get, path = "/api/appointments/load", tag = "Appointments", params(LoadQuery),
    responses((status = 200, description = "The days in order", body = [DayLoadView])))]
pub(super) async fn load(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<LoadQuery>,
) -> Answer {
    let from = query_date("from", query.from.as_ref())?.unwrap_or_else(|| state.services.today());
    let to = query_date("to", query.to.as_ref())?.unwrap_or_else(|| from.saturating_add(27.days()));
    let read = ReadLoad { from, to, doctor: query.doctor };
    let days = state.services.execute(&actor, read).await?;
    respond::ok(&days.into_iter().map(DayLoadView::of).collect::<Vec<_>>())
}

/// Visits to complete.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckOutBody {
    /// Which, each once; at most 100.
    visits: Vec<SeenVisit>,
}

/// A visit and the version that was seen of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SeenVisit {
    /// Which.
    #[schema(value_type = u64)]
    id: AppointmentId,
    /// The version that was seen.
    version: Version,
}

/// What became of one of the visits.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckedOutView {
    /// Which.
    #[schema(value_type = u64)]
    id: AppointmentId,
    /// `completed`; `changed` when its version is another one or its status does not allow it; `not-found`.
    #[schema(value_type = String)]
    outcome: CheckedOut,
}

/// Complete several visits at once: those that are as they were seen.
///
/// The answer states what became of each. What was changed meanwhile stays as it is; the others are completed.
#[utoipa::path(post, path = "/api/appointments/checkouts", tag = "Appointments", request_body = CheckOutBody,
    responses((status = 200, description = "What became of each", body = [CheckedOutView])))]
pub(super) async fn check_out(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<CheckOutBody>,
) -> Answer {
    let count = body.visits.len();
    let visits: BTreeMap<_, _> = body.visits.into_iter().map(|visit| (visit.id, visit.version)).collect();
    if visits.len() < count {
        return Err(ApiError::field("visits", Code::UnknownChoice("each visit once")));
    }
    let outcomes = state.services.execute(&actor, CheckOutVisits { visits }).await?;
    let view = |(id, outcome)| CheckedOutView { id, outcome };
    respond::ok(&outcomes.into_iter().map(view).collect::<Vec<_>>())
}

/// How soon a patient must be seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PriorityBody {
    /// `emergency`, `urgent` or `routine`.
    #[schema(value_type = String)]
    priority: Priority,
}

/// State how soon a patient must be seen.
#[utoipa::path(put, path = "/api/appointments/{id}/priority", tag = "Appointments", params(("id" = u64, Path)),
    request_body = PriorityBody,
    responses((status = 200, description = "The appointment", body = AppointmentView)))]
pub(super) async fn set_priority(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<PriorityBody>,
) -> Answer {
    let set = SetPriority { id, expected, priority: body.priority };
    changed(&state, &state.services.execute(&actor, set).await?)
}
