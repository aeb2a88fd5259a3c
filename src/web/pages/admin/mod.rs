//! Handlers of the admin pages: accounts, activity, audit log, security events. The services refuse everyone else.

mod audit;
mod emergency;
mod security;
mod user;
mod users;

use crate::ui::pages::admin::activity as view;
use crate::web::context::{PageContext, PageHead, Section};
use crate::web::errors::PageError;
use crate::web::state::AppState;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use service::reports::ReadActivity;

/// Routes of this area.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin", get(users::list))
        .route("/admin/users/new", get(users::blank).post(users::create))
        .route("/admin/users/{id}", get(user::show).post(user::save))
        .route("/admin/users/{id}/disable", get(user::ask_disable).post(user::disable))
        .route("/admin/users/{id}/enable", post(user::enable))
        .route("/admin/users/{id}/end-sessions", post(user::end_sessions))
        .route("/admin/users/{id}/reset", get(user::ask_reset).post(user::reset))
        .route(
            "/admin/users/{id}/reset-second-factor",
            get(user::ask_reset_second_factor).post(user::reset_second_factor),
        )
        .route("/admin/users/{id}/reset-link", get(user::ask_reset_link).post(user::reset_link))
        .route("/admin/activity", get(activity))
        .route("/admin/audit", get(audit::show))
        .route("/admin/emergency-access", get(emergency::list))
        .route("/admin/emergency-access/{id}", get(emergency::show).post(emergency::review))
        .route("/admin/audit/export", get(audit::export))
        .route("/admin/audit/{event}", get(audit::one))
        .route("/admin/security", get(security::show))
}

/// `GET /admin/activity`.
async fn activity(cx: PageContext) -> Result<Response, PageError> {
    let services = cx.services();
    let activity = services.execute(&cx.actor, ReadActivity {}).await?;
    let (clinic, today) = (services.clinic().name.clone(), services.today());
    Ok(cx.render(PageHead::new("Activity", Section::Admin), || view::page(&activity, &clinic, today)))
}
