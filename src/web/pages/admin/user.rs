//! One account: reading it, name and role, disabling and enabling, a new password.

use crate::ui::form::FormState;
use crate::ui::pages::admin::confirm;
use crate::ui::pages::admin::user::{self as view, Right};
use crate::web::auth::see_other;
use crate::web::context::{PageContext, PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::FormData;
use crate::web::links::absolute;
use crate::web::pages::account::expected_version;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::access::LinkPurpose;
use domain::{Action, FieldErrors, Role, User, UserId, UserStatus};
use service::identity::{EndSessionsOf, IssueResetLink, ReadUser, ResetSecondFactor, UpdateUser};
use service::{ServiceError, Versioned};

async fn read(cx: &PageContext, id: &str) -> Result<Versioned<User>, PageError> {
    // An account that the caller may not see, one that is unknown and an id that is none answer alike.
    let id: UserId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    let user = cx.services().execute(&cx.actor, ReadUser { id }).await?;
    // Everyone may read their own account, but on their profile.
    if cx.services().may(&cx.actor, Action::ReadActivity) { Ok(user) } else { Err(PageError::NOT_FOUND) }
}

fn right(cx: &PageContext, user: &User) -> Right {
    match (cx.services().may(&cx.actor, Action::ManageUsers), cx.actor.user() == Some(user.id)) {
        (false, _) => Right::Read,
        (true, true) => Right::Own,
        (true, false) => Right::Manage,
    }
}

fn page(cx: &PageContext, user: &Versioned<User>, form: FormState, is_stale: bool) -> Response {
    let mut head = PageHead::new(user.display_name.clone(), Section::Admin).for_form(&form);
    if is_stale {
        head = head.with_status(StatusCode::CONFLICT);
    }
    let (zone, right, now) = (&cx.services().clinic().zone, right(cx, user), cx.services().now());
    let is_required = cx.services().clinic().requires_second_factor(user.role);
    cx.render(head, || view::page(user, &form, right, is_stale, is_required, zone, now))
}

/// `GET /admin/users/{id}`.
pub async fn show(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let user = read(&cx, &id).await?;
    let values =
        FormData::default().with("displayName", user.display_name.clone()).with("role", user.role.name());
    Ok(page(&cx, &user, FormState::fresh(values), false))
}

/// `POST /admin/users/{id}`: saves name and role. Whoever was overtaken sees both versions.
pub async fn save(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    let user = read(&cx, &id).await?;
    // The own page has no choice of a role; any other must name one that exists.
    let role: Option<Role> = form.parse("role");
    if role.is_none() && !form.get("role").is_empty() {
        let errors = FieldErrors::one("role", domain::Code::UnknownChoice("a role"));
        return Ok(page(&cx, &user, FormState::refused(form, errors), false));
    }
    let update = UpdateUser {
        id: user.id,
        expected: Some(expected_version(&form)?),
        role,
        status: None,
        display_name: Some(form.text("displayName")),
    };
    match cx.services().execute(&cx.actor, update).await {
        Ok(user) => Ok(see_other(&format!("/admin/users/{}?notice=user-saved", user.id))),
        Err(ServiceError::Invalid(errors)) => Ok(page(&cx, &user, FormState::refused(form, errors), false)),
        Err(ServiceError::Stale) => {
            let user = read(&cx, &id).await?;
            Ok(page(&cx, &user, FormState::fresh(form), true))
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads the account to ask a question about it; only whoever may answer it is asked.
async fn to_manage(cx: &PageContext, id: &str) -> Result<Versioned<User>, PageError> {
    let user = read(cx, id).await?;
    cx.require(Action::ManageUsers)?;
    Ok(user)
}

/// `GET /admin/users/{id}/disable`.
pub async fn ask_disable(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let user = to_manage(&cx, &id).await?;
    Ok(cx.render(PageHead::new("Disable account", Section::Admin), || confirm::disable(&user)))
}

/// `GET /admin/users/{id}/reset`.
pub async fn ask_reset(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let user = to_manage(&cx, &id).await?;
    Ok(cx.render(PageHead::new("Give a new password", Section::Admin), || confirm::reset(&user)))
}

/// `GET /admin/users/{id}/reset-second-factor`.
pub async fn ask_reset_second_factor(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let user = to_manage(&cx, &id).await?;
    let head = PageHead::new("Turn off two-step sign-in", Section::Admin);
    Ok(cx.render(head, || confirm::reset_second_factor(&user)))
}

/// `POST /admin/users/{id}/reset-second-factor`.
pub async fn reset_second_factor(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    let id: UserId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    let reset = ResetSecondFactor { id, expected: Some(expected_version(&form)?) };
    cx.services().execute(&cx.actor, reset).await?;
    Ok(see_other(&format!("/admin/users/{id}?notice=second-factor-reset")))
}

/// `POST /admin/users/{id}/disable`.
pub async fn disable(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    set_status(&cx, &id, &form, UserStatus::Disabled).await
}

/// `POST /admin/users/{id}/enable`.
pub async fn enable(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    set_status(&cx, &id, &form, UserStatus::Active).await
}

async fn set_status(
    cx: &PageContext,
    id: &str,
    form: &FormData,
    status: UserStatus,
) -> Result<Response, PageError> {
    let id: UserId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    let expected = Some(expected_version(form)?);
    let update = UpdateUser { id, expected, role: None, status: Some(status), display_name: None };
    cx.services().execute(&cx.actor, update).await?;
    let notice = if status == UserStatus::Active { "user-enabled" } else { "user-disabled" };
    Ok(see_other(&format!("/admin/users/{id}?notice={notice}")))
}

/// `POST /admin/users/{id}/end-sessions`: signs the person out everywhere.
pub async fn end_sessions(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let user: UserId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    cx.services().execute(&cx.actor, EndSessionsOf { user }).await?;
    Ok(see_other(&format!("/admin/users/{user}?notice=user-signed-out")))
}

/// `POST /admin/users/{id}/reset`: shows the new password, in this one answer only.
pub async fn reset(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let id: UserId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    let password = cx.services().reset_password(&cx.actor, id).await?;
    let user = cx.services().execute(&cx.actor, ReadUser { id }).await?;
    Ok(cx.render(PageHead::new("New password", Section::Admin), || {
        confirm::password("New password", &user, &password)
    }))
}

/// `GET /admin/users/{id}/reset-link`.
pub async fn ask_reset_link(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let user = to_manage(&cx, &id).await?;
    Ok(cx.render(PageHead::new("Issue a reset link", Section::Admin), || confirm::reset_link(&user)))
}

/// `POST /admin/users/{id}/reset-link`: shows the link, in this one answer only.
pub async fn reset_link(
    cx: PageContext,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let id: UserId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    let secret = cx.services().execute(&cx.actor, IssueResetLink { id }).await?;
    let user = cx.services().execute(&cx.actor, ReadUser { id }).await?;
    let link = absolute(&cx, &headers, &secret.path(LinkPurpose::PasswordReset));
    Ok(cx.render(PageHead::new("Reset link", Section::Admin), || confirm::link(&user, &link)))
}
