//! A forgotten password: asking for a link, and choosing a new password with it. Nobody is signed in by either.

use super::in_form_order;
use crate::ui::form::FormState;
use crate::ui::pages::account::forgotten as view;
use crate::ui::pages::account::link_ended;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::Query;
use crate::web::{FormData, PageContext};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Code, FieldErrors};
use service::identity::ResetPasswordForm;
use service::{ConflictKind, ServiceError};

/// `GET /password/forgot`.
pub async fn show(cx: PageContext, Query(query): Query) -> Response {
    if query.is_ticked("sent") {
        return cx.render(narrow("Check your email"), view::sent);
    }
    page(&cx, FormState::default())
}

fn narrow(title: &'static str) -> PageHead {
    PageHead { narrow: true, ..PageHead::new(title, Section::None) }
}

fn page(cx: &PageContext, form: FormState) -> Response {
    let head = narrow("Forgotten password").for_form(&form);
    let sends_mail = cx.services().mail().is_on();
    cx.render(head, move || view::ask(&form, sends_mail))
}

/// `POST /password/forgot`: the same answer whether there is such an account or not.
pub async fn ask(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    match cx.services().ask_for_reset(&cx.actor, form.get("login")).await {
        Ok(()) => Ok(see_other("/password/forgot?sent=1")),
        Err(ServiceError::Invalid(errors)) => Ok(page(&cx, FormState::refused(form, errors))),
        Err(ServiceError::Conflict(ConflictKind::NoMail)) => Ok(page(&cx, FormState::default())),
        Err(error) => Err(error.into()),
    }
}

/// `GET /password/reset?token=…`: shows the form and leaves the link as it is.
pub async fn choose(cx: PageContext, Query(query): Query) -> Response {
    let values = FormData::default().with("token", query.get("token"));
    choosing(&cx, FormState::fresh(values))
}

fn choosing(cx: &PageContext, form: FormState) -> Response {
    let head = narrow("Choose a new password").for_form(&form);
    cx.render(head, move || view::choose(&form))
}

/// `POST /password/reset`.
pub async fn save(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    let typed =
        ResetPasswordForm { token: form.text("token"), new: form.text("new"), repeat: form.text("repeat") };
    match cx.services().reset_by_link(&cx.actor, typed).await {
        Ok(()) => Ok(see_other("/?notice=password-reset")),
        Err(ServiceError::Invalid(errors)) if has_ended(&errors) => {
            Ok(ended(&cx, StatusCode::UNPROCESSABLE_ENTITY, Some("/password/forgot")))
        }
        Err(ServiceError::Invalid(errors)) => {
            Ok(choosing(&cx, FormState::refused(form, in_form_order(&errors, &["new", "repeat"]))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a link was refused.
pub(super) fn has_ended(errors: &FieldErrors) -> bool {
    errors.of("token") == Some(&Code::LinkEnded)
}

/// The page of every link that is not good; `again` is where another one can be asked for.
pub(super) fn ended(cx: &PageContext, status: StatusCode, again: Option<&'static str>) -> Response {
    cx.render(narrow("This link does not work").with_status(status), move || link_ended(again))
}
