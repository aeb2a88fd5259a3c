//! Accounts as administrators see them.

use super::extract::{Id, IfMatch, IfNoneMatch, Json, Paging, Query, SignedIn};
use super::problem::ApiError;
use super::respond::{self, Address, Answer};
use super::wire::Instant;
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::{Role, User, UserId, UserStatus};
use serde::{Deserialize, Serialize};
use service::identity::{EndSessionsOf, ListUsers, NewUserForm, ReadUser, ResetSecondFactor, UpdateUser};
use service::{Version, Versioned};
use utoipa::ToSchema;

/// An account; never with its password.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserView<'a> {
    /// Identity.
    #[schema(value_type = u64)]
    id: UserId,
    /// Sign-in name.
    username: &'a str,
    /// E-mail address.
    email: &'a str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// Role.
    #[schema(value_type = String)]
    role: Role,
    /// `active` or `disabled`.
    #[schema(value_type = String)]
    status: UserStatus,
    /// The name people read.
    display_name: &'a str,
    /// The patient whose account this is.
    patient_id: Option<String>,
    /// Whether signing in needs a second factor.
    second_factor: bool,
    /// Counts the changes; the entity tag.
    version: Version,
}

impl<'a> UserView<'a> {
    fn of(user: &'a Versioned<User>) -> Self {
        Self {
            id: user.id,
            username: user.username.as_str(),
            email: user.email.as_str(),
            created_at: Instant(user.created_at),
            role: user.role,
            status: user.status,
            display_name: &user.display_name,
            patient_id: user.patient.map(|id| id.to_string()),
            second_factor: user.has_second_factor(),
            version: user.version,
        }
    }
}

/// Which accounts.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct UserQuery {
    /// Part of a name, username or e-mail address.
    q: Option<String>,
    /// Only this role.
    #[param(value_type = Option<String>)]
    role: Option<Role>,
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    cursor: Option<String>,
}

/// List accounts, newest first.
///
/// Administrators and auditors see all, everyone else their own.
#[utoipa::path(get, path = "/api/users", tag = "Users", params(UserQuery),
    responses((status = 200, description = "Accounts", body = [UserView])))]
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<UserQuery>,
) -> Answer {
    let address = Address::new("/api/users")
        .with("q", query.q.as_ref())
        .with("role", query.role)
        .with("limit", query.limit);
    let page = Paging::request(query.limit, query.cursor)?;
    let list = ListUsers { text: query.q.unwrap_or_default(), role: query.role, page };
    let page = state.services.execute(&actor, list).await?;
    respond::list(&page, &address, UserView::of)
}

/// Read an account.
#[utoipa::path(get, path = "/api/users/{id}", tag = "Users", params(("id" = u64, Path)),
    responses((status = 200, description = "The account", body = UserView)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<UserId>,
    known: IfNoneMatch,
) -> Answer {
    let user = state.services.execute(&actor, ReadUser { id }).await?;
    respond::object(&UserView::of(&user), user.version, &known)
}

/// A new account with any role.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewUserBody {
    /// Sign-in name.
    username: String,
    /// E-mail address.
    email: String,
    /// `patient`, `doctor`, `nurse`, `receptionist`, `billing`, `admin` or `auditor`.
    role: String,
    /// The name people read; the username when left out.
    display_name: Option<String>,
    /// The first password; one is made when left out. Either must be changed at the first sign-in.
    password: Option<String>,
}

/// An account just made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedUserView {
    /// Identity.
    #[schema(value_type = u64)]
    id: UserId,
    /// The password that was made; it is shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// Make an account with any role.
#[utoipa::path(post, path = "/api/users", tag = "Users", request_body = NewUserBody,
    responses((status = 201, description = "The account was made", body = CreatedUserView)))]
pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<NewUserBody>,
) -> Answer {
    let form = NewUserForm {
        username: body.username,
        email: body.email,
        role: body.role,
        display_name: body.display_name,
        password: body.password,
    };
    let created = state.services.create_user(&actor, form).await?;
    let location = format!("/api/users/{}", created.id);
    respond::created(&CreatedUserView { id: created.id, password: created.password }, 1, &location)
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserPatch {
    /// The new role.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// `active` or `disabled`.
    #[schema(value_type = Option<String>)]
    status: Option<UserStatus>,
    /// The new name.
    display_name: Option<String>,
}

/// Give an account another role, status or name.
///
/// Another role or status ends the account's sessions at once.
#[utoipa::path(patch, path = "/api/users/{id}", tag = "Users", params(("id" = u64, Path)), request_body = UserPatch,
    responses((status = 200, description = "The account as it is now", body = UserView)))]
pub(super) async fn update(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<UserId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<UserPatch>,
) -> Answer {
    let UserPatch { role, status, display_name } = body;
    let update = UpdateUser { id, expected: Some(expected), role, status, display_name };
    let user = state.services.execute(&actor, update).await?;
    respond::changed(&UserView::of(&user), user.version)
}

/// Sign someone out everywhere.
///
/// All sessions of the account end at once. The account and its password stay as they are.
#[utoipa::path(delete, path = "/api/users/{id}/sessions", tag = "Users", params(("id" = u64, Path)),
    responses((status = 204, description = "The sessions have ended")))]
pub(super) async fn end_sessions(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(user): Id<UserId>,
) -> Answer {
    state.services.execute(&actor, EndSessionsOf { user }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A one-time password.
#[derive(Serialize, ToSchema)]
pub(super) struct PasswordView {
    /// It is shown this once, and must be changed at the next sign-in.
    password: String,
}

/// Reset an account's password.
///
/// Ends the account's sessions at once.
#[utoipa::path(post, path = "/api/users/{id}/password", tag = "Users", params(("id" = u64, Path)),
    responses((status = 200, description = "The new password", body = PasswordView)))]
pub(super) async fn reset_password(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<UserId>,
) -> Answer {
    let password = state.services.reset_password(&actor, id).await.map_err(ApiError::from)?;
    respond::json(StatusCode::OK, &PasswordView { password })
}

/// Turn an account's second factor off.
///
/// For someone who lost it. Ends the account's sessions at once. Nobody does this to their own account.
#[utoipa::path(delete, path = "/api/users/{id}/second-factor", tag = "Users", params(("id" = u64, Path)),
    responses((status = 204, description = "The second factor is off")))]
pub(super) async fn reset_second_factor(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<UserId>,
) -> Answer {
    state.services.execute(&actor, ResetSecondFactor { id, expected: None }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
