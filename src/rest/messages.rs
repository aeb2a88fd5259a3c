//! `/api/messages`: what was sent to patients about their appointments; and the links in messages.

use super::extract::{Id, Json, Paging, Query, SignedIn};
use super::respond::{self, Address, Answer};
use super::wire::{Instant, Text};
use crate::web::auth::Caller;
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::message::{Delivery, Notice};
use domain::validation::Code;
use domain::{AppointmentId, PatientId, PlanId};
use serde::{Deserialize, Serialize};
use service::ServiceError;
use service::scheduling::notices::{
    Answer as PatientAnswer, AnswerVisit, AppointmentMessages, ListMessages, MessageQuery, MessageSummary,
    RetryMessage, SetReminders,
};
use utoipa::ToSchema;

/// A message to a patient; never its words or its address.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageView<'a> {
    /// Identity.
    #[schema(value_type = String)]
    id: Text<PlanId>,
    /// The appointment that it tells of.
    #[schema(value_type = Option<u64>)]
    appointment_id: Option<AppointmentId>,
    /// The patient; left out for administrators, who see no patients.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    patient_id: Option<Text<PatientId>>,
    /// The patient's name when it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_name: Option<&'a str>,
    /// `booked`, `reminder`, `moved`, `cancelled` or `offered`.
    notice: &'static str,
    /// Hours before the start, of a reminder.
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<u16>,
    /// `email` or `webhook` (text messages).
    channel: &'static str,
    /// The start of the appointment that it speaks of.
    #[schema(value_type = String, format = DateTime)]
    start: Instant,
    /// `waiting`, `sent`, `failed` or `dropped`.
    state: &'static str,
    /// When it was sent, given up or dropped; null while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Instant>,
    /// When it is tried next; null when it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Instant>,
    /// Why it was dropped, or why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    /// Tries that failed.
    failed_tries: usize,
    /// When it was written down.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

impl<'a> MessageView<'a> {
    fn of(message: &'a MessageSummary) -> Self {
        let last = message.tries.last().map(|failed| failed.why.as_str());
        let (settled_at, why) = match &message.delivery {
            Delivery::Waiting => (None, last),
            Delivery::Sent { at } => (Some(*at), None),
            Delivery::Failed { at } => (Some(*at), last),
            Delivery::Dropped { at, because } => (Some(*at), Some(because.as_str())),
        };
        let hours = if let Notice::Reminder { hours } = message.notice { Some(hours) } else { None };
        Self {
            id: Text(message.id),
            appointment_id: message.appointment,
            patient_id: message.patient.as_ref().map(|(id, _)| Text(*id)),
            patient_name: message.patient.as_ref().map(|(_, name)| name.as_str()),
            notice: message.notice.name(),
            hours,
            channel: message.channel.name(),
            start: Instant(message.start),
            state: message.delivery.name(),
            settled_at: settled_at.map(Instant),
            due_at: message.due_at.map(Instant),
            why,
            failed_tries: message.tries.len(),
            created_at: Instant(message.created_at),
        }
    }
}

/// Which messages.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct MessagesQuery {
    /// `waiting`, `sent`, `failed` or `dropped`.
    state: Option<String>,
    /// `booked`, `reminder`, `moved`, `cancelled` or `offered`.
    notice: Option<String>,
    /// Only about appointments on this day, `2026-11-23`.
    day: Option<String>,
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    cursor: Option<String>,
}

/// List messages to patients, the newest first.
///
/// Administrators see no names.
#[utoipa::path(get, path = "/api/messages", tag = "Messages", params(MessagesQuery),
    responses((status = 200, description = "Messages", body = [MessageView])))]
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<MessagesQuery>,
) -> Answer {
    let address = Address::new("/api/messages")
        .with("state", query.state.as_ref())
        .with("notice", query.notice.as_ref())
        .with("day", query.day.as_ref())
        .with("limit", query.limit);
    let page = Paging::request(query.limit, query.cursor)?;
    let filter = MessageQuery {
        state: query.state.unwrap_or_default(),
        notice: query.notice.unwrap_or_default(),
        day: query.day.unwrap_or_default(),
    };
    let found = state.services.execute(&actor, ListMessages { filter, page }).await?;
    respond::list(&found, &address, MessageView::of)
}

/// What was and will be sent about one appointment, in the order of time.
#[utoipa::path(get, path = "/api/appointments/{id}/messages", tag = "Messages", params(("id" = u64, Path)),
    responses((status = 200, description = "Messages", body = [MessageView])))]
pub(super) async fn of_appointment(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(appointment): Id<AppointmentId>,
) -> Answer {
    let found = state.services.execute(&actor, AppointmentMessages { appointment }).await?;
    respond::array(found.iter().map(MessageView::of), found.len())
}

/// Try a message again that was given up.
#[utoipa::path(post, path = "/api/messages/{id}/retry", tag = "Messages", params(("id" = String, Path)),
    responses((status = 200, description = "The message", body = MessageView)))]
pub(super) async fn retry(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<PlanId>,
) -> Answer {
    respond::ok(&MessageView::of(&state.services.execute(&actor, RetryMessage { id }).await?))
}

/// A patient's answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerBody {
    /// What follows `token=` in the link.
    token: String,
    /// `confirm` or `cancel`.
    answer: String,
}

/// Confirm or cancel an appointment with the link in a message.
///
/// Open to everyone. Each works once; a link of before a move works no more.
#[utoipa::path(post, path = "/api/visit", tag = "Messages", request_body = AnswerBody, security(()),
    responses((status = 204, description = "It is confirmed, or cancelled")))]
pub(super) async fn answer(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Json(body): Json<AnswerBody>,
) -> Answer {
    let link = state.services.visit_link(&body.token)?;
    let answer = PatientAnswer::named(&body.answer)
        .ok_or(ServiceError::field("answer", Code::UnknownChoice("an answer")))?;
    state.services.execute(&actor, AnswerVisit { link, answer }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Whether reminders are wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemindersBody {
    /// What follows `token=` in the link.
    token: String,
    /// Whether they are.
    wanted: bool,
}

/// Stop reminders with the link in one, or have them sent again.
///
/// Open to everyone.
#[utoipa::path(post, path = "/api/reminders", tag = "Messages", request_body = RemindersBody, security(()),
    responses((status = 204, description = "It is noted")))]
pub(super) async fn reminders(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Json(RemindersBody { token, wanted }): Json<RemindersBody>,
) -> Answer {
    let link = state.services.reminder_link(&token)?;
    state.services.execute(&actor, SetReminders { link, wanted }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
