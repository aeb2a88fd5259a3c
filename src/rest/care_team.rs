//! Care teams of patients.

use super::extract::{Id, Json, SignedIn};
use super::respond::{self, Answer};
use super::wire::{Instant, Text};
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::{AccessId, PatientId, UserId};
use serde::{Deserialize, Serialize};
use service::access::{AddToCareTeam, CareTeam, Clinician, EndCareTeam, Member, ReadCareTeam};
use utoipa::ToSchema;

/// A doctor or nurse in a care team.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberView<'a> {
    /// Identity of the place in the team.
    #[schema(value_type = String)]
    id: Text<AccessId>,
    /// Their account.
    #[schema(value_type = u64)]
    user_id: UserId,
    /// Their name.
    name: &'a str,
    /// `doctor` or `nurse`.
    role: &'static str,
    /// What they do for the patient.
    reason: &'a str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Instant,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    until: Instant,
}

impl<'a> MemberView<'a> {
    fn of(member: &'a Member) -> Self {
        Self {
            id: Text(member.id),
            user_id: member.user,
            name: &member.name,
            role: member.role.name(),
            reason: &member.reason,
            since: Instant(member.since),
            until: Instant(member.until),
        }
    }
}

/// Someone who can be added to a care team.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClinicianView<'a> {
    /// Their account.
    #[schema(value_type = u64)]
    user_id: UserId,
    /// Their name.
    name: &'a str,
    /// `doctor` or `nurse`.
    role: &'static str,
}

impl<'a> ClinicianView<'a> {
    fn of(clinician: &'a Clinician) -> Self {
        Self { user_id: clinician.id, name: &clinician.name, role: clinician.role.name() }
    }
}

/// A patient's care team.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CareTeamView<'a> {
    /// Who is in it now.
    members: Vec<MemberView<'a>>,
    /// Who can be added; left out for callers who may not change the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    clinicians: Option<Vec<ClinicianView<'a>>>,
}

impl<'a> CareTeamView<'a> {
    fn of(team: &'a CareTeam) -> Self {
        Self {
            members: team.members.iter().map(MemberView::of).collect(),
            clinicians: team
                .clinicians
                .as_ref()
                .map(|clinicians| clinicians.iter().map(ClinicianView::of).collect()),
        }
    }
}

/// Read who is in a patient's care team now.
#[utoipa::path(get, path = "/api/patients/{id}/care-team", tag = "Access", params(("id" = String, Path)),
    responses((status = 200, description = "The care team", body = CareTeamView)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
) -> Answer {
    let team = state.services.execute(&actor, ReadCareTeam { patient }).await?;
    respond::ok(&CareTeamView::of(&team))
}

/// Who is to be in a care team.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MemberBody {
    /// The account of a doctor or nurse.
    #[schema(value_type = u64)]
    user_id: UserId,
    /// What they do for the patient, who can read it.
    reason: String,
    /// The last day, `2027-03-31`, within a year; left out for 90 days.
    #[serde(default)]
    until: String,
}

/// A place in a care team just given.
#[derive(Serialize, ToSchema)]
pub(super) struct PlaceView {
    /// Identity.
    #[schema(value_type = String)]
    id: Text<AccessId>,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    until: Instant,
}

/// Bring a doctor or nurse into a patient's care team; the patient's record opens to them.
///
/// For those who treat the patient, and the front desk. 409 when they are in the team already.
#[utoipa::path(post, path = "/api/patients/{id}/care-team", tag = "Access", params(("id" = String, Path)),
    request_body = MemberBody, responses((status = 201, description = "They are in the team", body = PlaceView)))]
pub(super) async fn add(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
    Json(body): Json<MemberBody>,
) -> Answer {
    let job = AddToCareTeam { patient, user: Some(body.user_id), reason: body.reason, until: body.until };
    let place = state.services.execute(&actor, job).await?;
    let view = PlaceView { id: Text(place.id), until: Instant(place.expires_at) };
    respond::json(StatusCode::CREATED, &view)
}

/// End somebody's place in a care team; the record closes to them at once, unless they treat the patient otherwise.
#[utoipa::path(delete, path = "/api/care-team/{id}", tag = "Access", params(("id" = String, Path)),
    responses((status = 204, description = "They are in the team no more")))]
pub(super) async fn end(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AccessId>,
) -> Answer {
    state.services.execute(&actor, EndCareTeam { id }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
