//! Handlers of the account pages: sign-in, sign-up, first set-up, profile, theme. Rules stay in the services.

mod access;
mod agent;
mod devices;
mod forgotten;
mod invitation;
mod password;
mod profile;
mod second_factor;
mod second_step;
mod session;
mod set_up;
mod sign_in;
mod sign_up;
mod verified;

pub(super) use sign_in::{page as sign_in_page, submit as sign_in};

use crate::web::errors::{PageError, page_of_duty};
use crate::web::state::AppState;
use crate::web::{FormData, PageContext};
use axum::Router;
use axum::routing::{get, post};
use domain::{FieldErrors, User};
use service::{FirstDuty, ServiceError, Version};

/// Routes of this area; `POST /` stands with the home page.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/signup", get(sign_up::show).post(sign_up::submit))
        .route("/set-up", get(set_up::show).post(set_up::submit))
        .route("/signin/second-factor", get(second_step::show).post(second_step::submit))
        .route("/password/forgot", get(forgotten::show).post(forgotten::ask))
        .route("/password/reset", get(forgotten::choose).post(forgotten::save))
        .route("/email/verify", get(verified::show).post(verified::confirm))
        .route("/invitation", get(invitation::show).post(invitation::submit))
        .route("/invitation/join", post(invitation::join))
        .route("/profile/email/verification", post(verified::send_again))
        .route("/signout", post(session::sign_out))
        .route("/session/extend", post(session::extend))
        .route("/theme", post(session::choose_theme))
        .route("/profile", get(profile::show).post(profile::save))
        .route("/profile/record-access", get(access::record_access))
        .route("/profile/actions", get(access::own_actions))
        .route("/profile/password", get(password::show).post(password::save))
        .route("/profile/second-factor", get(second_factor::show).post(second_factor::begin))
        .route("/profile/second-factor/set-up", get(second_factor::show_set_up).post(second_factor::confirm))
        .route(
            "/profile/second-factor/recovery-codes",
            get(second_factor::show_renew).post(second_factor::renew),
        )
        .route("/profile/second-factor/off", get(second_factor::show_off).post(second_factor::turn_off))
        .route("/profile/sessions/end-others", get(devices::show_others).post(devices::end_others))
        .route("/profile/sessions/end-all", get(devices::show_all).post(devices::end_all))
        .route("/profile/sessions/{id}/end", get(devices::show_one).post(devices::end_one))
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

/// Where a signed-in caller does what comes before anything else, if anything does.
pub(super) fn first_duty(cx: &PageContext) -> Option<&'static str> {
    cx.actor.first_duty().map(page_of_duty)
}

/// Where a new session leads: to what comes before anything else, or on.
fn landing<'n>(cx: &PageContext, user: &User, next: &'n str) -> &'n str {
    let is_missing = cx.services().clinic().requires_second_factor(user.role) && !user.has_second_factor();
    if user.must_change_password {
        page_of_duty(FirstDuty::ChangePassword)
    } else if is_missing {
        page_of_duty(FirstDuty::SetUpSecondFactor)
    } else {
        next
    }
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
