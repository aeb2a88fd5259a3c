//! Confirming the own e-mail address with a link.

use super::forgotten::{ended, has_ended};
use crate::ui::pages::account::forgotten as view;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::Query;
use crate::web::{FormData, PageContext};
use axum::http::StatusCode;
use axum::response::Response;
use service::ServiceError;
use service::identity::{SendVerification, VerifyEmail};

/// `GET /email/verify?token=…`: shows a button. Programs that look at links in mail follow them, but press nothing.
pub async fn show(cx: PageContext, Query(query): Query) -> Response {
    let head = PageHead { narrow: true, ..PageHead::new("Confirm your email address", Section::None) };
    let token = query.text("token");
    cx.render(head, move || view::confirm_email(&token))
}

/// `POST /email/verify`.
pub async fn confirm(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    match cx.services().execute(&cx.actor, VerifyEmail::new(form.get("token"))).await {
        Ok(()) if cx.role().is_some() => Ok(see_other("/profile?notice=email-verified")),
        Ok(()) => Ok(see_other("/?notice=email-verified")),
        Err(ServiceError::Invalid(errors)) if has_ended(&errors) => {
            Ok(ended(&cx, StatusCode::UNPROCESSABLE_ENTITY, Some("/profile")))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /profile/email/verification`: sends the link again.
pub async fn send_again(cx: PageContext) -> Result<Response, PageError> {
    cx.services().execute(&cx.actor, SendVerification {}).await?;
    Ok(see_other("/profile?notice=verification-sent"))
}
