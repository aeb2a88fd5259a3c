//! `/api/waiting-list`: who would come sooner, and what they are offered.

use super::appointments::{AppointmentView, changed, start};
use super::extract::{Id, IfNoneMatch, Json, Paging, Query, SignedIn};
use super::holds::Wanted;
use super::problem::ApiError;
use super::respond::{self, Address, Answer};
use super::wire::{Day, Instant, Text};
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::waiting::DayPart;
use domain::{AppointmentId, PatientId, PlanId, Priority, UserId};
use serde::{Deserialize, Serialize};
use service::scheduling::{
    AcceptOffer, DeclineOffer, JoinWaitingList, LeaveWaitingList, ListWaiting, OfferTime, ReadWaiting,
    WaitingPlace, WaitingQuery,
};
use service::{ServiceError, Version};
use utoipa::ToSchema;

/// A place on the waiting list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WaitingView<'a> {
    /// Identity.
    #[schema(value_type = String)]
    id: Text<PlanId>,
    /// Who waits.
    #[schema(value_type = String)]
    patient_id: Text<PatientId>,
    /// Their name.
    patient_name: &'a str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Instant,
    /// Their place in the order in which times are offered, from 1; only staff see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<usize>,
    /// Code of the visit type.
    visit_type: &'a str,
    /// Only this doctor; null for anyone.
    #[schema(value_type = Option<u64>)]
    doctor_id: Option<UserId>,
    /// First day on which they can come.
    #[schema(value_type = String, format = Date)]
    from: Day,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    until: Day,
    /// `any`, `morning` or `afternoon`.
    part: &'static str,
    /// `emergency`, `urgent` or `routine`.
    priority: &'static str,
    /// Why.
    reason: &'a str,
    /// The booked appointment that a sooner one replaces.
    #[schema(value_type = Option<u64>)]
    instead_of: Option<AppointmentId>,
    /// `waitlisted`, `offered`, `accepted`, `withdrawn` or `expired`.
    status: &'static str,
    /// The time that is held for them until its `heldUntil`.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<OfferView<'a>>,
    /// Counts the changes; the entity tag.
    version: Version,
}

/// A time that is held for somebody on the waiting list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfferView<'a> {
    /// The appointment that it becomes.
    #[schema(value_type = u64)]
    id: AppointmentId,
    /// The doctor's account.
    #[schema(value_type = Option<u64>)]
    doctor_id: Option<UserId>,
    /// The doctor's name.
    doctor: &'a str,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    start: Instant,
    /// Its length.
    duration_minutes: u16,
    /// Until when it is held.
    #[schema(value_type = Option<String>, format = DateTime)]
    held_until: Option<Instant>,
}

impl<'a> WaitingView<'a> {
    fn of(place: &'a WaitingPlace) -> Self {
        let waiting = &place.waiting;
        let offer = place.offer.as_ref().map(|offer| OfferView {
            id: offer.id,
            doctor_id: offer.doctor.id,
            doctor: &offer.doctor.name,
            start: Instant(offer.time.start()),
            duration_minutes: offer.time.minutes(),
            held_until: offer.held_until.map(Instant),
        });
        Self {
            id: Text(place.id),
            patient_id: Text(place.patient),
            patient_name: &waiting.patient_name,
            since: Instant(place.since),
            rank: Some(place.rank).filter(|rank| *rank > 0),
            visit_type: &waiting.visit_type,
            doctor_id: waiting.with,
            from: Day(waiting.from),
            until: Day(waiting.until),
            part: waiting.part.name(),
            priority: waiting.priority.name(),
            reason: &waiting.reason,
            instead_of: waiting.instead_of,
            status: waiting.state.name(),
            offer,
            version: place.version,
        }
    }
}

/// Which places.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WaitingListQuery {
    /// Only this patient's.
    #[param(value_type = Option<String>)]
    patient: Option<PatientId>,
    /// Only those who would see this doctor.
    #[param(value_type = Option<u64>)]
    doctor: Option<UserId>,
    /// Only for this visit type.
    #[serde(rename = "type")]
    visit_type: Option<String>,
    /// Only of this priority.
    #[param(value_type = Option<String>)]
    priority: Option<Priority>,
    /// Only those with an offer, or only those without.
    offered: Option<bool>,
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    cursor: Option<String>,
}

/// List who waits, in the order in which times are offered.
///
/// Patients get their own places.
#[utoipa::path(get, path = "/api/waiting-list", tag = "Waiting list", params(WaitingListQuery),
    responses((status = 200, description = "Places", body = [WaitingView])))]
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<WaitingListQuery>,
) -> Answer {
    let address = Address::new("/api/waiting-list")
        .with("patient", query.patient)
        .with("doctor", query.doctor)
        .with("type", query.visit_type.as_ref())
        .with("priority", query.priority.map(Priority::name))
        .with("offered", query.offered)
        .with("limit", query.limit);
    let filter = WaitingQuery {
        patient: query.patient,
        doctor: query.doctor,
        visit_type: query.visit_type,
        priority: query.priority,
        offered: query.offered,
    };
    let page = Paging::request(query.limit, query.cursor)?;
    let page = state.services.waiting_list(&actor, ListWaiting { filter, page }).await?;
    respond::list(&page, &address, WaitingView::of)
}

/// A wish to come sooner.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct JoinBody {
    /// Who waits; left out by patients, who wait for themselves.
    #[schema(value_type = Option<String>)]
    patient_id: Option<PatientId>,
    /// Code of the visit type; left out for that of the appointment that would be given up.
    #[serde(default)]
    visit_type: String,
    /// Only this doctor; anyone when left out.
    #[schema(value_type = Option<u64>)]
    doctor_id: Option<UserId>,
    /// First day, `2026-11-23`; today when left out.
    #[serde(default)]
    from: String,
    /// Last day; that of the appointment that would be given up when left out.
    #[serde(default)]
    until: String,
    /// `any`, `morning` or `afternoon`.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    part: DayPart,
    /// `routine`, and for staff `urgent` or `emergency`.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    priority: Priority,
    /// Why.
    #[serde(default)]
    reason: String,
    /// The booked appointment that a sooner one replaces.
    #[schema(value_type = Option<u64>)]
    instead_of: Option<AppointmentId>,
}

/// Join the waiting list.
///
/// Times that come free from now on are offered to the more pressing first, then to those who have waited longer.
#[utoipa::path(post, path = "/api/waiting-list", tag = "Waiting list", request_body = JoinBody,
    responses((status = 201, description = "The place", body = WaitingView)))]
pub(super) async fn join(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<JoinBody>,
) -> Answer {
    let wish = JoinWaitingList {
        patient: body.patient_id,
        visit_type: body.visit_type,
        doctor: body.doctor_id,
        from: body.from,
        until: body.until,
        part: body.part,
        priority: body.priority,
        reason: body.reason,
        instead_of: body.instead_of,
    };
    let id = state.services.execute(&actor, wish).await?.id;
    let place = state.services.execute(&actor, ReadWaiting { id }).await?;
    respond::created(&WaitingView::of(&place), place.version, &format!("/api/waiting-list/{id}"))
}

/// Read a place on the waiting list.
#[utoipa::path(get, path = "/api/waiting-list/{id}", tag = "Waiting list", params(("id" = String, Path)),
    responses((status = 200, description = "The place", body = WaitingView)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<PlanId>,
    known: IfNoneMatch,
) -> Answer {
    let place = state.services.execute(&actor, ReadWaiting { id }).await?;
    respond::object(&WaitingView::of(&place), place.version, &known)
}

/// Leave the waiting list; a time that is held goes to the next.
#[utoipa::path(delete, path = "/api/waiting-list/{id}", tag = "Waiting list", params(("id" = String, Path)),
    responses((status = 204, description = "They do not wait any more")))]
pub(super) async fn leave(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<PlanId>,
) -> Answer {
    state.services.execute(&actor, LeaveWaitingList { id }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Accept the time that is held; it is booked, and the appointment that it replaces is called off.
#[utoipa::path(post, path = "/api/waiting-list/{id}/accept", tag = "Waiting list", params(("id" = String, Path)),
    responses((status = 200, description = "The booked appointment", body = AppointmentView)))]
pub(super) async fn accept(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<PlanId>,
) -> Answer {
    changed(&state, &state.services.execute(&actor, AcceptOffer { id }).await?)
}

/// Let the time go that is held; it is offered to the next, and this place waits on.
#[utoipa::path(post, path = "/api/waiting-list/{id}/decline", tag = "Waiting list", params(("id" = String, Path)),
    responses((status = 204, description = "It is held no more")))]
pub(super) async fn decline(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<PlanId>,
) -> Answer {
    state.services.execute(&actor, DeclineOffer { id }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A free time to offer.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OfferBody {
    /// Who sees the patient.
    #[schema(value_type = u64)]
    doctor_id: UserId,
    /// An instant (RFC 3339), or the time by the clinic's clock: `2026-11-23T09:30`.
    start: String,
}

/// Offer a free time, out of turn.
///
/// A taken time is answered with 409 and the `nearest` free ones.
#[utoipa::path(post, path = "/api/waiting-list/{id}/offer", tag = "Waiting list", params(("id" = String, Path)),
    request_body = OfferBody, responses((status = 200, description = "The place", body = WaitingView)))]
pub(super) async fn offer(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<PlanId>,
    Json(OfferBody { doctor_id, start: text }): Json<OfferBody>,
) -> Answer {
    let (date, time) = start(&state, &text)?;
    let wish = OfferTime { id, doctor: doctor_id, date: date.clone(), time: time.clone() };
    let held = state.services.execute(&actor, wish).await;
    if held.as_ref().is_err_and(ServiceError::is_taken) {
        let place = state.services.execute(&actor, ReadWaiting { id }).await?;
        Wanted::New(doctor_id, date, time, place.waiting.visit_type).answer(&state, &actor, held).await?;
    } else {
        held.map_err(|error| ApiError::from(error).with_start())?;
    }
    let place = state.services.execute(&actor, ReadWaiting { id }).await?;
    respond::changed(&WaitingView::of(&place), place.version)
}
