//! The own account: name, e-mail address, sessions.

use super::expected_version;
use crate::ui::form::FormState;
use crate::ui::pages::account::profile as view;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::{FormData, PageContext};
use axum::http::StatusCode;
use axum::response::Response;
use service::ServiceError;
use service::identity::{EditProfileForm, Profile, ReadProfile};

/// `GET /profile`.
pub async fn show(cx: PageContext) -> Result<Response, PageError> {
    let profile = cx.services().execute(&cx.actor, ReadProfile {}).await?;
    let values = FormData::default()
        .with("displayName", profile.user.display_name.clone())
        .with("email", profile.user.email.as_str());
    Ok(page(&cx, profile, FormState::fresh(values), false))
}

fn page(cx: &PageContext, profile: Profile, form: FormState, is_stale: bool) -> Response {
    let mut head = PageHead::new("Your account", Section::None).for_form(&form);
    if is_stale {
        head = head.with_status(StatusCode::CONFLICT);
    }
    let zone = cx.services().clinic().zone.clone();
    let (current, sends_mail) = (cx.actor.session(), cx.services().mail().is_on());
    let is_acting = cx.actor.acts_for().is_some();
    cx.render(head, move || view::page(&profile, &form, is_stale, current, sends_mail, is_acting, &zone))
}

/// `POST /profile`: saves name and e-mail address. Whoever was overtaken sees both versions.
pub async fn save(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let edit = EditProfileForm {
        expected: expected_version(&form)?,
        display_name: form.text("displayName"),
        email: form.text("email"),
        password: form.text("password"),
    };
    let (errors, is_stale) = match cx.services().edit_profile(&cx.actor, edit).await {
        Ok(_) => return Ok(see_other("/profile?notice=profile-saved")),
        Err(ServiceError::Invalid(errors)) => (errors, false),
        Err(ServiceError::Stale) => (domain::FieldErrors::new(), true),
        Err(error) => return Err(error.into()),
    };
    let profile = cx.services().execute(&cx.actor, ReadProfile {}).await?;
    Ok(page(&cx, profile, FormState::refused(form, errors), is_stale))
}
