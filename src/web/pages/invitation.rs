//! Inviting a registered patient to make an account: the question, and the invitation to be printed.

use super::patients::id_of;
use crate::ui::form::FormState;
use crate::ui::pages::patients::{InvitationPage, invite, invited};
use crate::web::context::{PageHead, Section};
use crate::web::links::absolute;
use crate::web::{FormData, PageContext, PageError};
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::access::LinkPurpose;
use domain::{Action, Patient, PatientId};
use service::patients::{InvitePatient, ReadPatient};
use service::{ConflictKind, ServiceError};

async fn read(cx: &PageContext, id: PatientId) -> Result<Patient, PageError> {
    Ok(cx.services().execute(&cx.actor, ReadPatient { id }).await?.value)
}

fn asking(cx: &PageContext, patient: Patient, form: FormState) -> Response {
    let head = PageHead::new("Invite to make an account", Section::Patients).for_form(&form);
    let sends_mail = cx.services().mail().is_on();
    cx.render(head, move || invite(&patient, &form, sends_mail))
}

/// `GET /patients/{id}/invitation`.
pub async fn ask(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::InvitePatient)?;
    let patient = read(&cx, id_of(&id)?).await?;
    if patient.user.is_some() {
        return Err(ServiceError::Conflict(ConflictKind::HasAccount).into());
    }
    Ok(asking(&cx, patient, FormState::default()))
}

/// `POST /patients/{id}/invitation`: shows the link, in this one answer only.
pub async fn make(
    cx: PageContext,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: FormData,
) -> Result<Response, PageError> {
    let id = id_of(&id)?;
    let job = InvitePatient { patient: id, proof: form.text("proof") };
    let invitation = match cx.services().execute(&cx.actor, job).await {
        Ok(invitation) => invitation,
        Err(ServiceError::Invalid(errors)) => {
            let patient = read(&cx, id).await?;
            return Ok(asking(&cx, patient, FormState::refused(form, errors)));
        }
        Err(error) => return Err(error.into()),
    };
    let clinic = cx.services().clinic();
    let page = InvitationPage {
        link: absolute(&cx, &headers, &invitation.secret.path(LinkPurpose::PortalInvitation)),
        until: clinic.zone.date(invitation.expires_at),
        is_mailed: invitation.is_mailed,
        clinic: clinic.name.clone(),
        patient: invitation.patient.value,
    };
    Ok(cx.render(PageHead::new("Invitation", Section::Patients), move || invited(&page)))
}
