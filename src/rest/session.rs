//! Signing up, in and out, and who one is.

use super::extract::{Json, SignedIn};
use super::problem::ApiError;
use super::respond::{self, Answer};
use super::wire::Instant;
use crate::web::auth::Caller;
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use domain::{Code, Role, User, UserId};
use serde::{Deserialize, Serialize};
use service::identity::{
    ChangePasswordForm, Ending, ReadProfile, SecondStepForm, SignInForm, SignInOutcome, SignOut, SignUpForm,
    SignedInSession,
};
use service::{Actor, ServiceError};
use utoipa::ToSchema;

/// A new account, with the role of a patient. The old system knew the first three fields.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SignUpBody {
    /// Sign-in name.
    username: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// At least 8 characters.
    password: Option<String>,
    /// First names.
    given_name: Option<String>,
    /// Last name.
    family_name: Option<String>,
    /// `1985-03-27`.
    birth_date: Option<String>,
    /// Phone number.
    phone: Option<String>,
    /// The secret of an invitation: the account is joined to the record of who was invited.
    invitation: Option<String>,
}

/// The account was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignedUp {
    message: &'static str,
    /// The account's id.
    #[schema(value_type = u64)]
    user_id: UserId,
}

/// Make an account.
///
/// Open to everyone. Refused fields, a missing one or an e-mail address in use are answered with 400.
#[utoipa::path(post, path = "/api/signup", tag = "Account", request_body = SignUpBody, security(()),
    responses((status = 201, description = "The account was made", body = SignedUp)))]
pub(super) async fn sign_up(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Json(body): Json<SignUpBody>,
) -> Answer {
    let form = SignUpForm {
        username: body.username.unwrap_or_default(),
        email: body.email.unwrap_or_default(),
        password: body.password.unwrap_or_default(),
        given_name: body.given_name,
        family_name: body.family_name,
        birth_date: body.birth_date,
        phone: body.phone,
        invitation: body.invitation,
    };
    let signed_up = state.services.sign_up(&actor, form).await;
    let user_id = signed_up.map_err(|error| ApiError::from(error).refused_as(StatusCode::BAD_REQUEST))?;
    respond::json(StatusCode::CREATED, &SignedUp { message: "User registered successfully", user_id })
}

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInBody {
    /// E-mail address or username.
    email: Option<String>,
    /// Password.
    password: Option<String>,
    /// In the second step, instead of the two above: what the first step answered.
    challenge: Option<String>,
    /// In the second step: a code of the authenticator, or a recovery code.
    code: Option<String>,
}

/// A session has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignedInAnswer<'a> {
    message: &'static str,
    /// The account's sign-in name.
    username: &'a str,
    /// Send it as `Authorization: Bearer <token>`.
    token: String,
    /// The account's role.
    #[schema(value_type = String)]
    role: Role,
    /// The account's id.
    #[schema(value_type = u64)]
    user_id: UserId,
    /// The token holds no longer than this, and ends earlier when it is not used for 15 minutes.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    /// Whether someone else chose the password, so that it should be changed now.
    must_change_password: bool,
    /// Whether the account's role needs a second factor that is not set up: nothing else is served before that.
    must_set_up_second_factor: bool,
    /// New recovery codes, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<&'a [String]>,
    /// How many recovery codes are left, when one was used to sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes_left: Option<usize>,
    /// Where administrators of the old system were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_to: Option<&'static str>,
}

/// The answer with the token of a session that has begun, and with recovery codes if new ones were made.
pub(super) fn begun(
    state: &AppState,
    begun: &SignedInSession,
    message: &'static str,
    recovery_codes: Option<&[String]>,
) -> Answer {
    respond::ok(&SignedInAnswer { recovery_codes, ..signed_in(state, begun, message)? })
}

fn signed_in<'a>(
    state: &AppState,
    begun: &'a SignedInSession,
    message: &'static str,
) -> Result<SignedInAnswer<'a>, ServiceError> {
    let SignedInSession { session, user, .. } = begun;
    // Programs cannot be handed another token in passing: theirs lives as long as the session may.
    let token = state
        .token(session.id, session.security_version, session.expires_at)
        .map_err(|error| ServiceError::Internal(error.to_string()))?;
    Ok(SignedInAnswer {
        message,
        username: user.username.as_str(),
        token,
        role: user.role,
        user_id: user.id,
        expires_at: Instant(session.expires_at),
        must_change_password: user.must_change_password,
        must_set_up_second_factor: misses_second_factor(state, user),
        recovery_codes: None,
        recovery_codes_left: None,
        redirect_to: (user.role == Role::Admin).then_some("/admin"),
    })
}

fn misses_second_factor(state: &AppState, user: &User) -> bool {
    state.services.clinic().requires_second_factor(user.role) && !user.has_second_factor()
}

/// What the list of sessions calls a program: the first word of its user agent.
fn label(headers: &HeaderMap) -> String {
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match agent.split_whitespace().next() {
        Some(product) => format!("API, {product}"),
        None => "API".to_owned(),
    }
}

/// Sign in.
///
/// Open to everyone. An unknown account, a disabled one and a wrong password are answered alike, with 401. An account with
/// a second factor is answered with 401, a problem of the type `/api#second-factor-required` and a `challenge`: send that
/// with a `code`, and nothing else, within ten minutes.
#[utoipa::path(post, path = "/api/login", tag = "Account", request_body = SignInBody, security(()),
    responses((status = 200, description = "A session has begun", body = SignedInAnswer)))]
pub(super) async fn sign_in(
    State(state): State<AppState>,
    Caller(actor): Caller,
    headers: HeaderMap,
    Json(body): Json<SignInBody>,
) -> Answer {
    if body.challenge.is_some() || body.code.is_some() {
        return second_step(&state, &actor, label(&headers), body).await;
    }
    let form = SignInForm {
        login: body.email.unwrap_or_default(),
        password: body.password.unwrap_or_default(),
        label: label(&headers),
        device: service::identity::Device::Program,
    };
    match state.services.sign_in(&actor, form).await.map_err(not_signed_in)? {
        SignInOutcome::Session(session) => begun(&state, &session, SIGNED_IN, None),
        SignInOutcome::SecondFactor { challenge } => Err(ApiError::second_factor_required(challenge)),
    }
}

/// What the old system said to a successful sign-in.
const SIGNED_IN: &str = "Login successful";

/// Wrong proofs are 401; what is missing is 400, as in the old system.
fn not_signed_in(error: ServiceError) -> ApiError {
    let error = ApiError::from(error);
    let is_wrong =
        |code: &Code| matches!(code, Code::CredentialsWrong | Code::SecondFactorWrong | Code::SignInAgain);
    let wrong =
        error.fields().and_then(|fields| fields.iter().map(|(_, code)| code).find(|code| is_wrong(code)));
    match wrong {
        Some(code) => ApiError::request(StatusCode::UNAUTHORIZED, code.to_string()),
        None => error.refused_as(StatusCode::BAD_REQUEST),
    }
}

/// The second step of a sign-in.
async fn second_step(state: &AppState, actor: &Actor, label: String, body: SignInBody) -> Answer {
    if body.email.is_some() || body.password.is_some() {
        return Err(ApiError::bad_request("Send either email and password, or challenge and code"));
    }
    let form = SecondStepForm {
        challenge: body.challenge.unwrap_or_default(),
        code: body.code.unwrap_or_default(),
        label,
        device: service::identity::Device::Program,
    };
    let done = state.services.finish_sign_in(actor, form).await.map_err(not_signed_in)?;
    let answer = signed_in(state, &done.signed_in, SIGNED_IN)?;
    respond::ok(&SignedInAnswer { recovery_codes_left: done.recovery_left, ..answer })
}

/// The caller.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Whoami<'a> {
    /// The account's id.
    #[schema(value_type = u64)]
    user_id: UserId,
    /// Sign-in name.
    username: &'a str,
    /// E-mail address.
    email: &'a str,
    /// The name people read.
    display_name: &'a str,
    /// Role.
    #[schema(value_type = String)]
    role: Role,
    /// The patient whose account this is.
    patient_id: Option<String>,
    /// Whether the password must be changed.
    must_change_password: bool,
    /// Whether the account's role needs a second factor that is not set up.
    must_set_up_second_factor: bool,
    /// Whether signing in needs a second factor.
    second_factor: bool,
    /// Recovery codes left of the second factor.
    recovery_codes_left: Option<usize>,
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/session", tag = "Account",
    responses((status = 200, description = "The caller", body = Whoami)))]
pub(super) async fn read(State(state): State<AppState>, SignedIn(actor): SignedIn) -> Answer {
    let profile = state.services.execute(&actor, ReadProfile {}).await?;
    let user = &profile.user;
    respond::ok(&Whoami {
        user_id: user.id,
        username: user.username.as_str(),
        email: user.email.as_str(),
        display_name: &user.display_name,
        role: user.role,
        patient_id: user.patient.map(|id| id.to_string()),
        must_change_password: user.must_change_password,
        must_set_up_second_factor: misses_second_factor(&state, user),
        second_factor: user.has_second_factor(),
        recovery_codes_left: user
            .second_factor
            .as_ref()
            .filter(|factor| factor.is_on())
            .map(|factor| factor.recovery.len()),
    })
}

/// Sign out.
///
/// The token is dead at once.
#[utoipa::path(delete, path = "/api/session", tag = "Account",
    responses((status = 204, description = "The session has ended")))]
pub(super) async fn sign_out(State(state): State<AppState>, SignedIn(actor): SignedIn) -> Answer {
    state.services.execute(&actor, SignOut {}).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Who signs out everywhere.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EverywhereBody {
    /// The password.
    password: String,
}

/// Sign out everywhere.
///
/// All sessions of the account end at once, this one too.
#[utoipa::path(post, path = "/api/sessions/removal", tag = "Account", request_body = EverywhereBody,
    responses((status = 204, description = "All sessions have ended")))]
pub(super) async fn sign_out_everywhere(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<EverywhereBody>,
) -> Answer {
    state.services.end_own_sessions(&actor, Ending::All, &body.password).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A new password for oneself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordBody {
    /// The password so far.
    current: String,
    /// The new one: at least 8 characters, 15 for staff.
    new: String,
}

/// Change the own password.
///
/// Ends every session of the account and begins a new one, whose token is in the answer.
#[utoipa::path(put, path = "/api/session/password", tag = "Account", request_body = PasswordBody,
    responses((status = 200, description = "The password is changed", body = SignedInAnswer)))]
pub(super) async fn change_password(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<PasswordBody>,
) -> Answer {
    let form = ChangePasswordForm { current: body.current, repeat: body.new.clone(), new: body.new };
    let session = state.services.change_password(&actor, form).await?;
    begun(&state, &session, "Password changed", None)
}
