//! Opening a closed record in an emergency, and closing it again.

use crate::ui::form::FormState;
use crate::ui::pages::records::emergency as view;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::pages::patients::id_of;
use crate::web::{FormData, PageContext, PageError};
use axum::extract::Path;
use axum::response::Response;
use domain::{Action, PatientId};
use service::access::{EmergencyForm, EndEmergency};
use service::patients::ReadPatient;
use service::{ConflictKind, ServiceError};

async fn page(cx: &PageContext, id: PatientId, form: FormState) -> Result<Response, PageError> {
    cx.require(Action::BreakGlass)?;
    let patient = cx.services().execute(&cx.actor, ReadPatient { id }).await?.value;
    let head = PageHead::new("Emergency access", Section::Records).for_form(&form);
    let today = cx.services().today();
    Ok(cx.render(head, move || view::page(&patient, today, &form)))
}

/// `GET /medical-records/{patient}/emergency`.
pub(super) async fn ask(cx: PageContext, Path(patient): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::BreakGlass)?;
    page(&cx, id_of(&patient)?, FormState::default()).await
}

/// `POST /medical-records/{patient}/emergency`.
pub(super) async fn open(
    cx: PageContext,
    Path(patient): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    let patient = id_of(&patient)?;
    let typed = EmergencyForm { patient, reason: form.text("reason"), password: form.text("password") };
    match cx.services().break_glass(&cx.actor, typed).await {
        Ok(_) | Err(ServiceError::Conflict(ConflictKind::AlreadyOpen)) => {
            Ok(see_other(&format!("/medical-records/{patient}?notice=emergency-open")))
        }
        Err(ServiceError::Invalid(errors)) => page(&cx, patient, FormState::refused(form, errors)).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /medical-records/{patient}/emergency/end`.
pub(super) async fn end(cx: PageContext, Path(patient): Path<String>) -> Result<Response, PageError> {
    let patient = id_of(&patient)?;
    cx.services().execute(&cx.actor, EndEmergency { patient }).await?;
    Ok(see_other("/medical-records?notice=emergency-closed"))
}
