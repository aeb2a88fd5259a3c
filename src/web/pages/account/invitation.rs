//! Using an invitation: a new account, or one's own, is joined to the record of a patient who is registered already.

use super::forgotten::{ended, has_ended};
use super::{in_form_order, sign_up};
use crate::ui::form::FormState;
use crate::ui::pages::account::invitation as view;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::Query;
use crate::web::{FormData, PageContext};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Action;
use service::ServiceError;
use service::identity::{ReadInvitation, SignUpForm};

/// `GET /invitation?token=…`: the form; the link stays good.
pub async fn show(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    page(&cx, FormState::fresh(FormData::default().with("token", query.get("token")))).await
}

fn head(title: &'static str) -> PageHead {
    PageHead { narrow: true, ..PageHead::new(title, Section::None) }
}

async fn page(cx: &PageContext, mut form: FormState) -> Result<Response, PageError> {
    if !cx.services().may(&cx.actor, Action::UseInvitation) {
        return Ok(cx.render(head("This invitation is for a patient"), view::for_patients));
    }
    let invited = match cx.services().execute(&cx.actor, ReadInvitation::new(form.values.get("token"))).await
    {
        Ok(invited) => invited,
        Err(ServiceError::Invalid(_)) => return Ok(ended(cx, StatusCode::NOT_FOUND, None)),
        Err(error) => return Err(error.into()),
    };
    let name = invited.name.full();
    if cx.role().is_some() {
        let account = cx.actor.name().to_owned();
        let head = head("Join your record").for_form(&form);
        return Ok(cx.render(head, move || view::join(&form, &name, &account)));
    }
    if let (true, Some(email)) = (form.values.get("email").is_empty(), &invited.email) {
        form.values.set("email", email.as_str());
    }
    let head = head("Create your account").for_form(&form);
    Ok(cx.render(head, move || view::sign_up(&form, &name)))
}

/// `POST /invitation`: makes the account and signs in with it.
pub async fn submit(cx: PageContext, headers: HeaderMap, form: FormData) -> Result<Response, PageError> {
    if cx.role().is_some() {
        return page(&cx, FormState::fresh(FormData::default().with("token", form.get("token")))).await;
    }
    let typed = SignUpForm {
        username: form.text("username"),
        email: form.text("email"),
        password: form.text("password"),
        invitation: Some(form.text("token")),
        ..SignUpForm::default()
    };
    match cx.services().sign_up(&cx.actor, typed).await {
        Ok(_) => sign_up::enter(&cx, &headers, &form).await,
        Err(ServiceError::Invalid(errors)) if has_ended(&errors) => {
            Ok(ended(&cx, StatusCode::UNPROCESSABLE_ENTITY, None))
        }
        Err(ServiceError::Invalid(errors)) => {
            let errors = in_form_order(&errors, &["email", "username", "password"]);
            page(&cx, FormState::refused(form, errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /invitation/join`: joins the caller's own account.
pub async fn join(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.require(Action::UseInvitation)?;
    match cx.services().join_record(&cx.actor, form.get("token"), form.get("password")).await {
        Ok(_) => Ok(see_other("/profile?notice=joined")),
        Err(ServiceError::Invalid(errors)) if has_ended(&errors) => {
            Ok(ended(&cx, StatusCode::UNPROCESSABLE_ENTITY, None))
        }
        Err(ServiceError::Invalid(errors)) => page(&cx, FormState::refused(form, errors)).await,
        Err(error) => Err(error.into()),
    }
}
