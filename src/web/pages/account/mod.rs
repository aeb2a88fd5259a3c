//! Handlers of the account pages: sign-in, sign-up, first set-up, profile, theme. Rules stay in the services.

mod access;
mod agent;
mod password;
mod profile;
mod session;
mod set_up;
mod sign_in;
mod sign_up;

pub(super) use sign_in::{page as sign_in_page, submit as sign_in};

use crate::web::errors::PageError;
use crate::web::state::AppState;
use crate::web::{FormData, PageContext};
use axum::Router;
use axum::routing::{get, post};
use domain::FieldErrors;
use service::{ServiceError, Version};

/// Routes of this area; `POST /` stands with the home page.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/signup", get(sign_up::show).post(sign_up::submit))
        .route("/set-up", get(set_up::show).post(set_up::submit))
        .route("/signout", post(session::sign_out))
        .route("/session/extend", post(session::extend))
        .route("/theme", post(session::choose_theme))
        .route("/profile", get(profile::show).post(profile::save))
        .route("/profile/record-access", get(access::record_access))
        .route("/profile/actions", get(access::own_actions))
        .route("/profile/password", get(password::show).post(password::save))
        .route("/profile/sessions/end-others", post(profile::end_others))
        .route("/profile/sessions/end-all", post(profile::end_all))
        .route("/profile/sessions/{id}/end", post(profile::end_session))
}

/// The version that the form was made from; one that is missing or odd is out of date.
pub(super) fn expected_version(form: &FormData) -> Result<Version, PageError> {
    form.parse("version").ok_or(PageError(ServiceError::Stale))
}

/// The refusals in the order in which the form shows its fields; others follow.
fn in_form_order(errors: &FieldErrors, order: &[&str]) -> FieldErrors {
    let mut sorted = FieldErrors::new();
    for field in order {
        for (name, code) in errors.iter().filter(|(name, _)| name == field) {
            sorted.push(name, code.clone());
        }
    }
    for (name, code) in errors.iter().filter(|(name, _)| !order.contains(name)) {
        sorted.push(name, code.clone());
    }
    sorted
}

/// Whether a signed-in caller must first choose a password of their own: then where to.
pub(super) fn password_first(cx: &PageContext) -> Option<&'static str> {
    cx.actor.must_change_password().then_some("/profile/password")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Code;

    #[test]
    fn refusals_are_listed_in_the_order_of_the_form() {
        let mut errors = FieldErrors::one("password", Code::PasswordMissing);
        errors.push("odd", Code::NotATime);
        errors.push("email", Code::EmailMissing);
        let names: Vec<_> =
            in_form_order(&errors, &["email", "password"]).iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["email", "password", "odd"]);
    }
}
