//! One-time links: for a forgotten password, for an e-mail address, for patients who are invited.

use super::extract::{Id, Json, SignedIn};
use super::problem::ApiError;
use super::respond::{self, Answer};
use super::wire::Instant;
use crate::web::auth::Caller;
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::access::LinkPurpose;
use domain::{PatientId, UserId};
use serde::{Deserialize, Serialize};
use service::LinkSecret;
use service::identity::{IssueResetLink, ResetPasswordForm, VerifyEmail};
use service::patients::InvitePatient;
use utoipa::ToSchema;

/// A link as it stands in an answer: whole where the clinic's own address is known, else its path.
pub(super) fn shown(state: &AppState, secret: &LinkSecret, purpose: LinkPurpose) -> String {
    format!("{}{}", state.services.mail().site().unwrap_or_default(), secret.path(purpose))
}

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ForgotBody {
    /// E-mail address or username.
    email: String,
}

/// Ask for a link to choose a new password.
///
/// Open to everyone. The answer is the same whether there is such an account or not; 409 where the clinic sends no mail.
#[utoipa::path(post, path = "/api/password/forgot", tag = "Account", request_body = ForgotBody, security(()),
    responses((status = 202, description = "A link is on its way, if there is such an account")))]
pub(super) async fn forgot(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Json(body): Json<ForgotBody>,
) -> Answer {
    state.services.ask_for_reset(&actor, &body.email).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// A new password, with a link's secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetBody {
    /// What follows `token=` in the link.
    token: String,
    /// The new password.
    new: String,
}

/// Choose a new password with a link.
///
/// Open to everyone. Ends every session of the account and begins none.
#[utoipa::path(post, path = "/api/password/reset", tag = "Account", request_body = ResetBody, security(()),
    responses((status = 204, description = "The password is changed")))]
pub(super) async fn reset(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Json(body): Json<ResetBody>,
) -> Answer {
    let form = ResetPasswordForm { token: body.token, repeat: body.new.clone(), new: body.new };
    state.services.reset_by_link(&actor, form).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A link's secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyBody {
    /// What follows `token=` in the link.
    token: String,
}

/// Confirm an e-mail address with a link.
///
/// Open to everyone.
#[utoipa::path(post, path = "/api/email/verify", tag = "Account", request_body = VerifyBody, security(()),
    responses((status = 204, description = "The address is confirmed")))]
pub(super) async fn verify(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Json(body): Json<VerifyBody>,
) -> Answer {
    state.services.execute(&actor, VerifyEmail::new(&body.token)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A link that is shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct LinkView {
    /// The link; without scheme and host where `PUBLIC_URL` is not set.
    link: String,
}

/// Issue a link with which the owner of another account chooses a new password.
///
/// It works once, within 60 minutes; earlier ones stop working.
#[utoipa::path(post, path = "/api/users/{id}/reset-link", tag = "Users", params(("id" = u64, Path)),
    responses((status = 200, description = "The link", body = LinkView)))]
pub(super) async fn issue(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<UserId>,
) -> Answer {
    let secret = state.services.execute(&actor, IssueResetLink { id }).await.map_err(ApiError::from)?;
    respond::ok(&LinkView { link: shown(&state, &secret, LinkPurpose::PasswordReset) })
}

/// How staff know who the patient is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InvitationBody {
    /// `passport`, `identity-card`, `driving-licence` or `known-to-clinic`.
    #[serde(default)]
    proof: String,
}

/// An invitation that is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationView {
    /// The link; without scheme and host where `PUBLIC_URL` is not set.
    link: String,
    /// Until when it works.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    /// Whether it was also sent to the patient's address.
    mailed: bool,
}

/// Invite a registered patient to make an account.
///
/// The link works once, within 7 days; an earlier one stops working. 409 when the patient has an account.
#[utoipa::path(post, path = "/api/patients/{id}/invitation", tag = "Patients", params(("id" = String, Path)),
    request_body = InvitationBody, responses((status = 200, description = "The invitation", body = InvitationView)))]
pub(super) async fn invite(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
    Json(body): Json<InvitationBody>,
) -> Answer {
    let made = state.services.execute(&actor, InvitePatient { patient, proof: body.proof }).await?;
    respond::ok(&InvitationView {
        link: shown(&state, &made.secret, LinkPurpose::PortalInvitation),
        expires_at: Instant(made.expires_at),
        mailed: made.is_mailed,
    })
}
