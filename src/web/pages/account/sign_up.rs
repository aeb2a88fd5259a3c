//! Signing up as a patient.

use super::{agent, in_form_order, landing, sign_in};
use crate::ui::form::{FormState, joined_date};
use crate::ui::pages::account::sign_up as view;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::device;
use crate::web::errors::PageError;
use crate::web::{FormData, PageContext};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{Code, Email, FieldErrors, Phone, Role, Username};
use service::ServiceError;
use service::identity::{SignInForm, SignInOutcome, SignUpForm};

/// The fields in the order of the page.
const FIELDS: [&str; 7] = ["givenName", "familyName", "birthDate", "phone", "email", "username", "password"];

/// `GET /signup`.
pub async fn show(cx: PageContext) -> Response {
    if cx.role().is_some() { see_other("/") } else { page(&cx, FormState::default()) }
}

fn page(cx: &PageContext, form: FormState) -> Response {
    let mut head = PageHead::new("Create an account", Section::None).for_form(&form);
    head.narrow = true;
    cx.render(head, move || view::page(&form))
}

/// `POST /signup`: makes the account and signs in with it.
pub async fn submit(cx: PageContext, headers: HeaderMap, form: FormData) -> Result<Response, PageError> {
    // The service lets programs leave the person out, as the old system did; a page asks for it.
    let missing = missing(&form);
    if !missing.is_empty() {
        let names = ["username", "email", "givenName", "familyName"].map(|field| form.get(field));
        let password = cx.services().new_password(form.get("password"), Role::Patient, false, &names).await?;
        let errors = all_refusals(&form, missing, password.map(drop));
        return Ok(page(&cx, FormState::refused(form, errors)));
    }
    let typed = SignUpForm {
        username: form.text("username"),
        email: form.text("email"),
        password: form.text("password"),
        given_name: Some(form.text("givenName")),
        family_name: Some(form.text("familyName")),
        birth_date: Some(joined_date(&form, "birthDate")),
        phone: Some(form.text("phone")),
        invitation: None,
    };
    match cx.services().sign_up(&cx.actor, typed).await {
        Ok(_) => enter(&cx, &headers, &form).await,
        Err(ServiceError::Invalid(errors)) => {
            Ok(page(&cx, FormState::refused(form, in_form_order(&errors, &FIELDS))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Signs in with an account that was just made.
pub(super) async fn enter(
    cx: &PageContext,
    headers: &HeaderMap,
    form: &FormData,
) -> Result<Response, PageError> {
    let sign_in = SignInForm {
        login: form.text("email"),
        password: form.text("password"),
        label: agent::label(headers),
        device: device::browser(headers, cx.state.cookie_secure),
    };
    match cx.services().sign_in(&cx.actor, sign_in).await {
        Ok(SignInOutcome::Session(signed_in)) => {
            sign_in::begin(cx, &signed_in, landing(cx, &signed_in.user, "/?notice=signed-up"))
        }
        // The account is there: whoever could not be signed in just now does it by hand.
        _ => Ok(see_other("/?notice=signed-up")),
    }
}

/// What a person must say of themselves and did not.
fn missing(form: &FormData) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for (field, what) in [("givenName", "a first name"), ("familyName", "a last name")] {
        if form.get(field).trim().is_empty() {
            errors.push(field, Code::Missing(what));
        }
    }
    if joined_date(form, "birthDate").is_empty() {
        errors.push("birthDate", Code::Missing("your date of birth"));
    }
    errors
}

/// The missing fields and whatever else is wrong at first sight, so that nobody is told twice.
fn all_refusals(form: &FormData, mut errors: FieldErrors, password: Result<(), Code>) -> FieldErrors {
    if !form.get("phone").trim().is_empty() {
        errors.take("phone", Phone::parse(form.get("phone")));
    }
    let (email, username) = (form.get("email").trim(), form.get("username").trim());
    errors.take("email", Email::parse(email));
    errors.take("username", Username::parse(username));
    errors.take("password", password);
    in_form_order(&errors, &FIELDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_form_names_every_required_field_in_order() {
        let form = FormData::default();
        let errors = all_refusals(&form, missing(&form), Err(Code::PasswordMissing));
        let names: Vec<_> = errors.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["givenName", "familyName", "birthDate", "email", "username", "password"]);
    }

    #[test]
    fn a_half_written_date_is_not_missing() {
        let form =
            FormData::default().with("givenName", "Ada").with("familyName", "L").with("birthDate-day", "3");
        assert!(missing(&form).is_empty());
    }
}
