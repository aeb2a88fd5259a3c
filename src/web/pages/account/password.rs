//! Changing the own password: other sessions end, this one goes on under a new cookie.

use super::{in_form_order, sign_in};
use crate::ui::form::FormState;
use crate::ui::pages::account::password as view;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::{FormData, PageContext};
use axum::response::Response;
use domain::PasswordPlain;
use service::ServiceError;
use service::identity::ChangePasswordForm;

/// `GET /profile/password`.
pub async fn show(cx: PageContext) -> Result<Response, PageError> {
    cx.signed_in()?;
    Ok(page(&cx, FormState::default()))
}

fn page(cx: &PageContext, form: FormState) -> Response {
    let head = PageHead::new("Change your password", Section::None).for_form(&form);
    let is_forced = cx.actor.must_change_password();
    let shortest = PasswordPlain::shortest(cx.role().unwrap_or_default(), false);
    cx.render(head, move || view::page(&form, is_forced, shortest))
}

/// `POST /profile/password`.
pub async fn save(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let typed = ChangePasswordForm {
        current: form.text("current"),
        new: form.text("new"),
        repeat: form.text("repeat"),
    };
    match cx.services().change_password(&cx.actor, typed).await {
        Ok(signed_in) => {
            let home = if cx.actor.must_change_password() { "/" } else { "/profile" };
            sign_in::begin(&cx, &signed_in, &format!("{home}?notice=password-changed"))
        }
        Err(ServiceError::Invalid(errors)) => {
            let errors = in_form_order(&errors, &["current", "new", "repeat"]);
            Ok(page(&cx, FormState::refused(form, errors)))
        }
        Err(error) => Err(error.into()),
    }
}
