//! The audit log, and what patients and staff see of it.

use super::appointments::query_date;
use super::extract::{Id, Paging, Query, SignedIn};
use super::respond::{self, Address, Answer};
use super::wire::{Instant, Text};
use crate::web::state::AppState;
use axum::extract::State;
use domain::{Action, AuditEvent, AuditOutcome, PatientId, Role, UserId};
use serde::{Deserialize, Serialize};
use service::reports::{Access, AuditQuery, ReadAccessLog, ReadAudit, ReadOwnActions};
use utoipa::ToSchema;

/// Which events.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    /// Only by this account.
    #[param(value_type = Option<u64>)]
    actor: Option<UserId>,
    /// Only by the account of this username, e-mail address or number.
    user: Option<String>,
    /// Only about this patient.
    #[param(value_type = Option<String>)]
    patient: Option<PatientId>,
    /// Only about the patient of this medical record number.
    mrn: Option<String>,
    /// Only this action, as `read-record`.
    #[param(value_type = Option<String>)]
    action: Option<Action>,
    /// `success`, `denied` or `failed`.
    #[param(value_type = Option<String>)]
    outcome: Option<AuditOutcome>,
    /// Only of this request, by its `X-Request-Id`.
    request: Option<String>,
    /// Only on or after this day.
    from: Option<String>,
    /// Only before this day.
    until: Option<String>,
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    cursor: Option<String>,
}

/// An event of the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventView<'a> {
    /// Position in the log, without gaps.
    seq: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// By which account; null for nobody signed in and for the system.
    #[schema(value_type = Option<u64>)]
    actor_id: Option<UserId>,
    /// The actor's name.
    actor: &'a str,
    /// The actor's role.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// What.
    #[schema(value_type = String)]
    action: Action,
    /// To what, as `appointment 12`.
    subject: &'a str,
    /// Whose data.
    #[schema(value_type = Option<String>)]
    patient_id: Option<Text<PatientId>>,
    /// How it ended.
    outcome: &'static str,
    /// Why it ended so.
    reason: &'a str,
    /// Joins the event with the log.
    request_id: &'a str,
    /// SHA-256 of the event before.
    prev: &'a str,
    /// SHA-256 over `prev` and this event.
    hash: &'a str,
}

impl<'a> EventView<'a> {
    fn of(event: &'a AuditEvent) -> Self {
        let draft = &event.event;
        Self {
            seq: event.seq,
            at: Instant(draft.at),
            actor_id: draft.actor,
            actor: &draft.actor_name,
            role: draft.role,
            action: draft.action,
            subject: &draft.subject,
            patient_id: draft.patient.map(Text),
            outcome: draft.outcome.name(),
            reason: &draft.reason,
            request_id: &draft.request_id,
            prev: &event.prev,
            hash: &event.hash,
        }
    }
}

/// List audit events, newest first.
///
/// Auditors see all, administrators security events.
#[utoipa::path(get, path = "/api/audit", tag = "Reports", params(EventsQuery),
    responses((status = 200, description = "Events", body = [EventView])))]
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<EventsQuery>,
) -> Answer {
    let address = Address::new("/api/audit")
        .with("actor", query.actor)
        .with("user", query.user.as_ref())
        .with("patient", query.patient)
        .with("mrn", query.mrn.as_ref())
        .with("action", query.action.map(Action::name))
        .with("outcome", query.outcome.map(AuditOutcome::name))
        .with("request", query.request.as_ref())
        .with("from", query.from.as_ref())
        .with("until", query.until.as_ref())
        .with("limit", query.limit);
    let events = AuditQuery {
        actor: query.actor,
        user: query.user.unwrap_or_default(),
        patient: query.patient,
        mrn: query.mrn.unwrap_or_default(),
        action: query.action,
        outcome: query.outcome,
        request_id: query.request.unwrap_or_default(),
        from: query_date("from", query.from.as_ref())?,
        until: query_date("until", query.until.as_ref())?,
    };
    let page = Paging::request(query.limit, query.cursor)?;
    let page = state.services.execute(&actor, ReadAudit { query: events, page }).await?;
    respond::list(&page, &address, EventView::of)
}

/// List your own actions, newest first.
///
/// For everyone who works at the clinic.
#[utoipa::path(get, path = "/api/audit/own", tag = "Reports", params(Paging),
    responses((status = 200, description = "Events", body = [EventView])))]
pub(super) async fn own(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<Paging>,
) -> Answer {
    let address = Address::new("/api/audit/own").with("limit", query.limit);
    let page = Paging::request(query.limit, query.cursor)?;
    let page = state.services.execute(&actor, ReadOwnActions { page }).await?;
    respond::list(&page, &address, EventView::of)
}

/// Someone read or changed a patient's data.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessView<'a> {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// By whom.
    who: &'a str,
    /// Their role; null for the clinic's own program.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// What, in words for the patient: `read your medical record`.
    what: &'static str,
    /// Whether they acted for the patient, as a parent or a carer does.
    acting: bool,
    /// Whether it was an emergency.
    emergency: bool,
    /// The reason that was stated in the emergency.
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

impl<'a> AccessView<'a> {
    fn of(access: &'a Access) -> Self {
        Self {
            at: Instant(access.at),
            who: &access.who,
            role: access.role,
            what: access.what,
            acting: access.is_acting,
            emergency: access.is_emergency,
            reason: &access.reason,
        }
    }
}

/// List who read or changed a patient's data, newest first.
///
/// Patients ask for their own; their own looks are left out. Auditors ask for anyone's.
#[utoipa::path(get, path = "/api/patients/{id}/access-log", tag = "Patients",
    params(("id" = String, Path), Paging),
    responses((status = 200, description = "Who, when and what", body = [AccessView])))]
pub(super) async fn access_log(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
    Query(query): Query<Paging>,
) -> Answer {
    let address = Address::new(&format!("/api/patients/{patient}/access-log")).with("limit", query.limit);
    let page = Paging::request(query.limit, query.cursor)?;
    let page = state.services.execute(&actor, ReadAccessLog { patient, page }).await?;
    respond::list(&page, &address, AccessView::of)
}
