//! Signing in at `/`: the page, the form, the cookie.

use super::{agent, landing, second_step};
use crate::ui::form::FormState;
use crate::ui::pages::account::sign_in as view;
use crate::web::auth::{see_other, session_cookie, set_cookie};
use crate::web::context::{PageHead, Section};
use crate::web::device;
use crate::web::errors::{PageError, safe_next};
use crate::web::{FormData, PageContext};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{Code, FieldErrors};
use service::ServiceError;
use service::identity::{SignInForm, SignInOutcome, SignedInSession};

/// The sign-in page; `form` holds `next`, where to go afterwards.
pub fn page(cx: &PageContext, form: FormState) -> Response {
    let mut head = PageHead::new("Sign in", Section::None).for_form(&form);
    head.narrow = true;
    let next = safe_next(form.values.get("next")).to_owned();
    // Whoever has just typed something knows why they are here.
    let timed_out = (cx.is_timed_out && form.errors.is_empty()).then(|| cx.services().clinic().sessions);
    cx.render(head, move || view::page(&form, &next, timed_out))
}

/// `POST /`: signs in.
pub async fn submit(cx: PageContext, headers: HeaderMap, form: FormData) -> Result<Response, PageError> {
    let typed = SignInForm {
        login: form.text("login"),
        password: form.text("password"),
        label: agent::label(&headers),
        device: device::browser(&headers, cx.state.cookie_secure),
    };
    match cx.services().sign_in(&cx.actor, typed).await {
        Ok(SignInOutcome::Session(signed_in)) => {
            let place = landing(&cx, &signed_in.user, safe_next(form.get("next")));
            begin(&cx, &signed_in, place)
        }
        Ok(SignInOutcome::SecondFactor { challenge }) => {
            Ok(second_step::lead_there(&cx, &challenge, safe_next(form.get("next"))))
        }
        Err(ServiceError::Invalid(errors)) => Ok(page(&cx, FormState::refused(form, at_login(errors)))),
        Err(error) => Err(error.into()),
    }
}

/// Which of the two fields was wrong is nobody's business: the refusal stands at the first.
fn at_login(errors: FieldErrors) -> FieldErrors {
    let wrong = errors.iter().any(|(_, code)| *code == Code::CredentialsWrong);
    if wrong { FieldErrors::one("login", Code::CredentialsWrong) } else { errors }
}

/// Gives the browser its session and sends it on.
pub fn begin(cx: &PageContext, signed_in: &SignedInSession, location: &str) -> Result<Response, PageError> {
    let mut response = see_other(location);
    give_session(cx, &mut response, signed_in)?;
    Ok(response)
}

/// Gives the browser its session with an answer.
pub fn give_session(
    cx: &PageContext,
    response: &mut Response,
    signed_in: &SignedInSession,
) -> Result<(), PageError> {
    let (session, now) = (&signed_in.session, cx.services().now());
    let idle_end = session.idle_end(cx.services().clinic().sessions);
    let token = cx
        .state
        .token(session.id, session.security_version, idle_end)
        .map_err(|error| PageError(ServiceError::Internal(error.to_string())))?;
    set_cookie(response, &session_cookie(token, session.expires_at, now, cx.state.cookie_secure));
    if let Some(secret) = &signed_in.device {
        device::keep(response, secret, cx.state.cookie_secure);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_is_not_told_from_an_unknown_account() {
        let errors = at_login(FieldErrors::one("password", Code::CredentialsWrong));
        assert_eq!(errors.of("login"), Some(&Code::CredentialsWrong));
        assert_eq!(errors.of("password"), None);
        let missing = at_login(FieldErrors::one("password", Code::PasswordMissing));
        assert_eq!(missing.of("password"), Some(&Code::PasswordMissing));
    }
}
