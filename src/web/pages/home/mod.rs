//! `/`: the status for programs, the sign-in page, or the home of one's role.

mod roles;
mod status;

use super::account;
use crate::ui::form::FormState;
use crate::web::auth::see_other;
use crate::web::context::PageContext;
use crate::web::errors::PageError;
use crate::web::forms::Query;
use crate::web::state::AppState;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::get;

/// Routes of this area.
pub fn routes() -> Router<AppState> {
    Router::new().route("/", get(show).post(account::sign_in))
}

async fn show(cx: PageContext, headers: HeaderMap, Query(query): Query) -> Result<Response, PageError> {
    let mut response = if status::is_wanted(&headers) {
        status::answer(&cx.state)
    } else if let Some(role) = cx.role() {
        match account::first_duty(&cx) {
            Some(elsewhere) => see_other(elsewhere),
            None => roles::home(&cx, role).await?,
        }
    } else {
        account::sign_in_page(&cx, FormState::fresh(query))
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept, cookie"));
    Ok(response)
}
