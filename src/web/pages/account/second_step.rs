//! The second step of a sign-in: a page of its own that takes a code. What leads to it travels in a short-lived cookie
//! and in the form, never in an address.

use super::{agent, landing, sign_in};
use crate::ui::form::FormState;
use crate::ui::pages::account::second_step as view;
use crate::web::auth::{cookie, see_other, set_cookie};
use crate::web::context::{PageHead, Section};
use crate::web::device;
use crate::web::errors::{PageError, safe_next};
use crate::web::forms::Query;
use crate::web::{FormData, PageContext};
use axum::http::HeaderMap;
use axum::response::Response;
use axum_extra::extract::cookie::{Cookie, SameSite};
use domain::{Code, FieldErrors};
use service::ServiceError;
use service::identity::{Challenge, SecondStep, SecondStepForm};
use time::Duration;

/// With so few recovery codes left, whoever used one is told so.
const FEW: usize = domain::SecondFactor::FEW_RECOVERY_CODES;

const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-sign-in" } else { "sign-in" }
}

fn challenge_cookie(challenge: &str, secure: bool) -> Cookie<'static> {
    let mut cookie = Cookie::new(cookie_name(secure), challenge.to_owned());
    cookie.set_http_only(true);
    cookie.set_secure(secure);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_path("/");
    cookie.set_max_age(Duration::seconds(Challenge::LASTS.as_secs()));
    cookie
}

/// The browser forgets what led to the second step.
fn forget(response: &mut Response, cx: &PageContext) {
    let mut cookie = challenge_cookie("", cx.state.cookie_secure);
    cookie.make_removal();
    set_cookie(response, &cookie);
}

/// After the right password: on to the page that asks for a code.
pub fn lead_there(cx: &PageContext, challenge: &Challenge, next: &str) -> Response {
    let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
    let mut response = see_other(&format!("/signin/second-factor?next={next}"));
    set_cookie(&mut response, &challenge_cookie(challenge.expose(), cx.state.cookie_secure));
    response
}

/// `GET /signin/second-factor`: without a first step there is no second one.
pub async fn show(cx: PageContext, headers: HeaderMap, Query(query): Query) -> Response {
    let next = safe_next(query.get("next"));
    match cookie(&headers, cookie_name(cx.state.cookie_secure)) {
        Some(challenge) if cx.role().is_none() && !challenge.is_empty() => {
            let values = FormData::default().with("challenge", challenge).with("next", next);
            page(&cx, FormState::fresh(values))
        }
        _ => see_other(next),
    }
}

fn page(cx: &PageContext, form: FormState) -> Response {
    let mut head = PageHead::new("Two-step sign-in", Section::None).for_form(&form);
    head.narrow = true;
    let clinic = cx.services().clinic().name.clone();
    cx.render(head, move || view::page(&form, &clinic))
}

/// `POST /signin/second-factor`: the session begins.
pub async fn submit(cx: PageContext, headers: HeaderMap, form: FormData) -> Result<Response, PageError> {
    let field = if form.get("with") == "recovery" { "recoveryCode" } else { "code" };
    let typed = SecondStepForm {
        challenge: form.text("challenge"),
        code: form.text(field),
        label: agent::label(&headers),
        device: device::browser(&headers, cx.state.cookie_secure),
    };
    let next = safe_next(form.get("next"));
    match cx.services().finish_sign_in(&cx.actor, typed).await {
        Ok(done) => {
            let place = landing(&cx, &done.signed_in.user, next);
            let mut response = sign_in::begin(&cx, &done.signed_in, &with_notice(place, &done))?;
            forget(&mut response, &cx);
            Ok(response)
        }
        Err(ServiceError::Invalid(errors)) => Ok(refused(&cx, &form, &errors, field)),
        Err(error) => Err(error.into()),
    }
}

/// The page again, with the refusal at the field that was used; or the sign-in page, to begin again.
fn refused(cx: &PageContext, form: &FormData, errors: &FieldErrors, field: &'static str) -> Response {
    let next = safe_next(form.get("next"));
    let values = FormData::default().with("next", next);
    if errors.of("challenge").is_some() {
        let errors = FieldErrors::one("login", Code::SignInAgain);
        let mut response = sign_in::page(cx, FormState::refused(values, errors));
        forget(&mut response, cx);
        return response;
    }
    // The code is not shown again: the next one is another.
    let values = values.with("challenge", form.get("challenge")).with("with", form.get("with"));
    let mut at_field = FieldErrors::new();
    for (_, code) in errors.iter() {
        at_field.push(field, code.clone());
    }
    page(cx, FormState::refused(values, at_field))
}

/// Whoever used a recovery code is told that it is gone.
fn with_notice(place: &str, done: &SecondStep) -> String {
    let notice = match done.recovery_left {
        None => return place.to_owned(),
        Some(left) if left <= FEW => "recovery-codes-low",
        Some(_) => "recovery-code-used",
    };
    let joint = if place.contains('?') { '&' } else { '?' };
    format!("{place}{joint}notice={notice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_the_second_step_is_kept_from_scripts_and_other_sites() {
        let cookie = challenge_cookie("k3v9x", true).to_string();
        for part in ["__Host-sign-in=k3v9x", "HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=600"]
        {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
}
