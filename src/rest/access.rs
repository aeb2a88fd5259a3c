//! Ways into a patient's data beside one's own and the assigned ones: emergency access, and acting for someone.

use super::extract::{Id, Json, Paging, Query, SignedIn};
use super::respond::{self, Address, Answer};
use super::wire::{Instant, Text};
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::{AccessId, PatientId, UserId};
use serde::{Deserialize, Serialize};
use service::access::{
    ActFor, EmergencyAccess, EmergencyForm, EndEmergency, EndProxy, GrantProxy, ListEmergencies, ListProxies,
    ListWards, Proxy, ReviewEmergency,
};
use utoipa::ToSchema;

/// Why a record must be opened.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EmergencyBody {
    /// In a short sentence, at least 10 characters.
    reason: String,
    /// The caller's password once more.
    password: String,
}

/// An emergency access just begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenedView {
    /// Identity.
    #[schema(value_type = String)]
    id: Text<AccessId>,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    closes_at: Instant,
}

/// Open a patient's record in an emergency, to be read for 60 minutes.
///
/// For doctors and nurses who do not treat the patient. It is written down at once, and an auditor checks each.
#[utoipa::path(post, path = "/api/patients/{id}/emergency-access", tag = "Access", params(("id" = String, Path)),
    request_body = EmergencyBody,
    responses((status = 201, description = "The record is open", body = OpenedView)))]
pub(super) async fn open(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
    Json(body): Json<EmergencyBody>,
) -> Answer {
    let form = EmergencyForm { patient, reason: body.reason, password: body.password };
    let entry = state.services.break_glass(&actor, form).await?;
    let view = OpenedView { id: Text(entry.id), closes_at: Instant(entry.expires_at) };
    respond::json(StatusCode::CREATED, &view)
}

/// Close a record before the 60 minutes are over.
#[utoipa::path(delete, path = "/api/patients/{id}/emergency-access", tag = "Access", params(("id" = String, Path)),
    responses((status = 204, description = "The record is closed")))]
pub(super) async fn close(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
) -> Answer {
    state.services.execute(&actor, EndEmergency { patient }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// An emergency access as auditors see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EmergencyView<'a> {
    /// Identity.
    #[schema(value_type = String)]
    id: Text<AccessId>,
    /// The clinician's account.
    #[schema(value_type = u64)]
    user_id: UserId,
    /// The clinician's name.
    user_name: &'a str,
    /// Medical record number of the patient.
    mrn: String,
    /// When the record was opened.
    #[schema(value_type = String, format = DateTime)]
    opened_at: Instant,
    /// When it closed, or will.
    #[schema(value_type = String, format = DateTime)]
    closes_at: Instant,
    /// Why.
    reason: &'a str,
    /// Whether it was justified, once that is decided.
    justified: Option<bool>,
    /// The auditor's words.
    comment: Option<&'a str>,
}

impl<'a> EmergencyView<'a> {
    fn of(access: &'a EmergencyAccess) -> Self {
        Self {
            id: Text(access.id),
            user_id: access.user,
            user_name: &access.user_name,
            mrn: access.mrn.digits(),
            opened_at: Instant(access.opened_at),
            closes_at: Instant(access.closes_at),
            reason: &access.reason,
            justified: access.review.as_ref().map(|review| review.justified),
            comment: access.review.as_ref().map(|review| review.comment.as_str()),
        }
    }
}

/// Which emergency accesses.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct EmergencyQuery {
    /// Only those that nobody has looked at.
    awaiting: Option<bool>,
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    cursor: Option<String>,
}

/// List emergency accesses, the newest first.
#[utoipa::path(get, path = "/api/emergency-accesses", tag = "Access", params(EmergencyQuery),
    responses((status = 200, description = "Emergency accesses", body = [EmergencyView])))]
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<EmergencyQuery>,
) -> Answer {
    let address = Address::new("/api/emergency-accesses").with("awaiting", query.awaiting);
    let address = address.with("limit", query.limit);
    let page = Paging::request(query.limit, query.cursor)?;
    let awaiting = query.awaiting.unwrap_or(false);
    let page = state.services.execute(&actor, ListEmergencies { awaiting, page }).await?;
    respond::list(&page, &address, EmergencyView::of)
}

/// What an auditor makes of an emergency access.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReviewBody {
    /// Whether it was justified.
    justified: Option<bool>,
    /// Words on it; needed if it was not.
    #[serde(default)]
    comment: String,
}

/// Judge an emergency access; once.
#[utoipa::path(put, path = "/api/emergency-accesses/{id}/review", tag = "Access", params(("id" = String, Path)),
    request_body = ReviewBody, responses((status = 204, description = "The review is kept")))]
pub(super) async fn review(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AccessId>,
    Json(body): Json<ReviewBody>,
) -> Answer {
    let job = ReviewEmergency { id, justified: body.justified, comment: body.comment };
    state.services.execute(&actor, job).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Someone who acts for a patient.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProxyView<'a> {
    /// Identity.
    #[schema(value_type = String)]
    id: Text<AccessId>,
    /// Their name.
    name: &'a str,
    /// For whom.
    #[schema(value_type = String)]
    patient_id: Text<PatientId>,
    /// The patient's name.
    patient_name: &'a str,
    /// What they are to the patient.
    relationship: &'a str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Instant,
    /// Until when; left out until somebody ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Instant>,
}

impl<'a> ProxyView<'a> {
    fn of(proxy: &'a Proxy) -> Self {
        Self {
            id: Text(proxy.id),
            name: &proxy.user_name,
            patient_id: Text(proxy.patient),
            patient_name: &proxy.patient_name,
            relationship: &proxy.relationship,
            since: Instant(proxy.since),
            until: proxy.until.map(Instant),
        }
    }
}

/// List who acts for a patient now.
#[utoipa::path(get, path = "/api/patients/{id}/proxies", tag = "Access", params(("id" = String, Path)),
    responses((status = 200, description = "Who acts for the patient", body = [ProxyView])))]
pub(super) async fn proxies(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
) -> Answer {
    let found = state.services.execute(&actor, ListProxies { patient }).await?;
    respond::array(found.iter().map(ProxyView::of), found.len())
}

/// Who is to act for a patient.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProxyBody {
    /// E-mail address or username of their own patient's account.
    login: String,
    /// `Parent`, `Guardian`, `Carer`, `Holder of a power of attorney` or `Partner`.
    relationship: String,
    /// `passport`, `identity-card`, `driving-licence`, `court-document` or `known-to-clinic`.
    proof: String,
    /// The last day, `2027-03-31`; left out for until somebody ends it.
    #[serde(default)]
    until: String,
}

/// A proxy just granted.
#[derive(Serialize, ToSchema)]
pub(super) struct GrantedView {
    /// Identity.
    #[schema(value_type = String)]
    id: Text<AccessId>,
}

/// Let an account act for a patient, after its owner proved who they are.
#[utoipa::path(post, path = "/api/patients/{id}/proxies", tag = "Access", params(("id" = String, Path)),
    request_body = ProxyBody, responses((status = 201, description = "They may act", body = GrantedView)))]
pub(super) async fn grant(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
    Json(body): Json<ProxyBody>,
) -> Answer {
    let ProxyBody { login, relationship, proof, until } = body;
    let job = GrantProxy { patient, login, relationship, proof, until };
    let entry = state.services.execute(&actor, job).await?;
    respond::json(StatusCode::CREATED, &GrantedView { id: Text(entry.id) })
}

/// End that somebody acts for a patient.
#[utoipa::path(delete, path = "/api/proxies/{id}", tag = "Access", params(("id" = String, Path)),
    responses((status = 204, description = "They act no more")))]
pub(super) async fn end(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AccessId>,
) -> Answer {
    state.services.execute(&actor, EndProxy { id }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// List whom the caller may act for.
#[utoipa::path(get, path = "/api/session/patients", tag = "Account",
    responses((status = 200, description = "Whom the caller may act for", body = [ProxyView])))]
pub(super) async fn wards(State(state): State<AppState>, SignedIn(actor): SignedIn) -> Answer {
    let found = state.services.execute(&actor, ListWards {}).await?;
    respond::array(found.iter().map(ProxyView::of), found.len())
}

/// For whom the session acts.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ActForBody {
    /// A patient for whom the caller may act; `null` for the caller.
    #[schema(value_type = Option<String>)]
    patient_id: Option<PatientId>,
}

/// Act for a patient in this session, or for oneself again.
#[utoipa::path(put, path = "/api/session/patient", tag = "Account", request_body = ActForBody,
    responses((status = 204, description = "From now on")))]
pub(super) async fn act_for(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<ActForBody>,
) -> Answer {
    state.services.execute(&actor, ActFor { patient: body.patient_id }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
