//! The caller's second factor: turning it on and off, recovery codes. Its part in signing in stands with the session.

use super::extract::{Json, SignedIn};
use super::respond::{self, Answer};
use super::session::{SignedInAnswer, begun};
use crate::web::state::AppState;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use service::identity::{ConfirmSecondFactor, ReadEnrolment, TurnOffForm};
use service::{ConflictKind, ServiceError};
use utoipa::ToSchema;

/// Who asks for a second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnPasswordBody {
    /// The password.
    password: String,
}

/// What an authenticator has to be told.
#[derive(Serialize, ToSchema)]
pub(super) struct EnrolmentView<'a> {
    /// The secret in base 32 (RFC 4648): time-based codes, SHA-1, 6 digits, 30 seconds (RFC 6238).
    secret: &'a str,
    /// The same as the address that authenticators read from a QR code.
    uri: &'a str,
}

/// Begin to set up a second factor.
///
/// Makes a secret that waits an hour for its first code.
#[utoipa::path(post, path = "/api/session/second-factor", tag = "Account", request_body = OwnPasswordBody,
    responses((status = 200, description = "The secret", body = EnrolmentView)))]
pub(super) async fn begin(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<OwnPasswordBody>,
) -> Answer {
    state.services.begin_second_factor(&actor, &body.password).await?;
    let enrolment = state.services.execute(&actor, ReadEnrolment {}).await?;
    let enrolment = enrolment.ok_or(ServiceError::Conflict(ConflictKind::SecondFactorNotBegun))?;
    respond::ok(&EnrolmentView { secret: enrolment.secret(), uri: enrolment.uri() })
}

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeBody {
    /// The code that the authenticator shows.
    code: String,
}

/// Turn the second factor on.
///
/// A first code proves that the authenticator has the secret. Ends every session of the account and begins a new one, whose
/// token is in the answer, with the recovery codes, which are shown this once.
#[utoipa::path(put, path = "/api/session/second-factor", tag = "Account", request_body = CodeBody,
    responses((status = 200, description = "The second factor is on", body = SignedInAnswer)))]
pub(super) async fn confirm(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<CodeBody>,
) -> Answer {
    let on = state.services.execute(&actor, ConfirmSecondFactor { code: body.code }).await?;
    begun(&state, &on.signed_in, "Second factor on", Some(on.recovery.expose()))
}

/// Recovery codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecoveryCodesView<'a> {
    /// Each signs in once in the place of a code; they are shown this once.
    recovery_codes: &'a [String],
}

/// Make new recovery codes.
///
/// Needs a code of the authenticator or a recovery code. The ones so far stop working.
#[utoipa::path(post, path = "/api/session/second-factor/recovery-codes", tag = "Account", request_body = CodeBody,
    responses((status = 200, description = "The new recovery codes", body = RecoveryCodesView)))]
pub(super) async fn renew(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<CodeBody>,
) -> Answer {
    let recovery = state.services.renew_recovery_codes(&actor, &body.code).await?;
    respond::ok(&RecoveryCodesView { recovery_codes: recovery.expose() })
}

/// Who turns the second factor off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemovalBody {
    /// The password.
    password: String,
    /// A code of the authenticator, or a recovery code.
    code: String,
}

/// Turn the second factor off.
///
/// Ends every session of the account and begins a new one, whose token is in the answer.
#[utoipa::path(post, path = "/api/session/second-factor/removal", tag = "Account", request_body = RemovalBody,
    responses((status = 200, description = "The second factor is off", body = SignedInAnswer)))]
pub(super) async fn turn_off(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<RemovalBody>,
) -> Answer {
    let form = TurnOffForm { password: body.password, code: body.code };
    let session = state.services.turn_off_second_factor(&actor, form).await?;
    begun(&state, &session, "Second factor off", None)
}
