//! The second factor in one's account: turning it on and off, recovery codes.

use super::{in_form_order, sign_in};
use crate::ui::form::FormState;
use crate::ui::pages::account::second_factor as view;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::{FormData, PageContext};
use axum::response::Response;
use domain::FieldErrors;
use service::identity::{ConfirmSecondFactor, Profile, ReadEnrolment, ReadProfile, TurnOffForm};
use service::{ConflictKind, FirstDuty, ServiceError};

/// Where it is shown whether it is on.
const HOME: &str = "/profile/second-factor";

/// The page title of this area.
const TITLE: &str = "Two-step sign-in";

async fn profile(cx: &PageContext) -> Result<Profile, PageError> {
    Ok(cx.services().execute(&cx.actor, ReadProfile {}).await?)
}

/// Codes and passwords are never filled in again: what goes back are the refusals.
fn refused(errors: &FieldErrors) -> FormState {
    FormState::refused(FormData::default(), in_form_order(errors, &["password", "code"]))
}

/// Whether things changed under the page that was open: then the first page shows how they are.
fn is_elsewhere(error: &ServiceError) -> bool {
    use ConflictKind::{SecondFactorNotBegun, SecondFactorOff, SecondFactorOn};
    matches!(error, ServiceError::Conflict(SecondFactorOn | SecondFactorOff | SecondFactorNotBegun))
}

/// The page again with what was refused, or where else to go.
fn answer(error: ServiceError, page: impl FnOnce(FormState) -> Response) -> Result<Response, PageError> {
    match error {
        ServiceError::Invalid(errors) => Ok(page(refused(&errors))),
        error if is_elsewhere(&error) => Ok(see_other(HOME)),
        error => Err(error.into()),
    }
}

/// `GET /profile/second-factor`.
pub async fn show(cx: PageContext) -> Result<Response, PageError> {
    let profile = profile(&cx).await?;
    Ok(state_page(&cx, &profile, &FormState::default()))
}

fn state_page(cx: &PageContext, profile: &Profile, form: &FormState) -> Response {
    let head = PageHead::new(TITLE, Section::None).for_form(form);
    let clinic = cx.services().clinic();
    let need = view::Need {
        is_required: clinic.requires_second_factor(profile.user.role),
        is_first_duty: cx.actor.first_duty() == Some(FirstDuty::SetUpSecondFactor),
    };
    cx.render(head, || view::state(profile.user.second_factor.as_ref(), need, form, &clinic.zone))
}

/// `POST /profile/second-factor`: makes the secret.
pub async fn begin(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    match cx.services().begin_second_factor(&cx.actor, form.get("password")).await {
        Ok(()) => Ok(see_other("/profile/second-factor/set-up")),
        Err(error) => {
            let profile = profile(&cx).await?;
            answer(error, |form| state_page(&cx, &profile, &form))
        }
    }
}

/// `GET /profile/second-factor/set-up`: the QR code, while the first code is waited for.
pub async fn show_set_up(cx: PageContext) -> Result<Response, PageError> {
    set_up_page(&cx, FormState::default()).await
}

async fn set_up_page(cx: &PageContext, form: FormState) -> Result<Response, PageError> {
    let Some(enrolment) = cx.services().execute(&cx.actor, ReadEnrolment {}).await? else {
        return Ok(see_other(HOME));
    };
    let username = profile(cx).await?.user.username.to_string();
    let head = PageHead::new("Set up two-step sign-in", Section::None).for_form(&form);
    Ok(cx.render(head, move || view::set_up(&enrolment, &username, &form)))
}

/// `POST /profile/second-factor/set-up`: the first code turns it on; the recovery codes are in this one answer only.
pub async fn confirm(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let first_code = ConfirmSecondFactor { code: form.text("code") };
    match cx.services().execute(&cx.actor, first_code).await {
        Ok(on) => {
            let way_on = if cx.actor.first_duty().is_some() { "/" } else { "/profile" };
            let head = PageHead::new("Two-step sign-in is on", Section::None);
            let mut page = cx.render(head, || view::codes(view::Occasion::TurnedOn, &on.recovery, way_on));
            sign_in::give_session(&cx, &mut page, &on.signed_in)?;
            Ok(page)
        }
        Err(ServiceError::Invalid(errors)) => set_up_page(&cx, refused(&errors)).await,
        Err(error) if is_elsewhere(&error) => Ok(see_other(HOME)),
        Err(error) => Err(error.into()),
    }
}

/// Shows a form that makes sense only while it is on.
async fn while_on(cx: &PageContext, page: impl FnOnce(FormState) -> Response) -> Result<Response, PageError> {
    let is_on = profile(cx).await?.user.has_second_factor();
    Ok(if is_on { page(FormState::default()) } else { see_other(HOME) })
}

/// `GET /profile/second-factor/recovery-codes`.
pub async fn show_renew(cx: PageContext) -> Result<Response, PageError> {
    while_on(&cx, |form| renew_page(&cx, form)).await
}

fn renew_page(cx: &PageContext, form: FormState) -> Response {
    let head = PageHead::new("New recovery codes", Section::None).for_form(&form);
    cx.render(head, move || view::renew(&form))
}

/// `POST /profile/second-factor/recovery-codes`: shows new ones, in this one answer only.
pub async fn renew(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    match cx.services().renew_recovery_codes(&cx.actor, form.get("code")).await {
        Ok(recovery) => {
            let head = PageHead::new("New recovery codes", Section::None);
            Ok(cx.render(head, || view::codes(view::Occasion::Renewed, &recovery, HOME)))
        }
        Err(error) => answer(error, |form| renew_page(&cx, form)),
    }
}

/// `GET /profile/second-factor/off`.
pub async fn show_off(cx: PageContext) -> Result<Response, PageError> {
    while_on(&cx, |form| off_page(&cx, form)).await
}

fn off_page(cx: &PageContext, form: FormState) -> Response {
    let head = PageHead::new("Turn off two-step sign-in", Section::None).for_form(&form);
    let is_required = cx.role().is_some_and(|role| cx.services().clinic().requires_second_factor(role));
    cx.render(head, move || view::off(&form, is_required))
}

/// `POST /profile/second-factor/off`.
pub async fn turn_off(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let proofs = TurnOffForm { password: form.text("password"), code: form.text("code") };
    match cx.services().turn_off_second_factor(&cx.actor, proofs).await {
        Ok(signed_in) => sign_in::begin(&cx, &signed_in, &format!("{HOME}?notice=second-factor-off")),
        Err(error) => answer(error, |form| off_page(&cx, form)),
    }
}
