//! Acting for a patient: staff let somebody, patients see and end it, and say for whom they act.

use crate::ui::form::{FormState, joined_date};
use crate::ui::pages::proxies::{self as view, PeoplePage, ProxiesPage};
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::pages::patients::id_of;
use crate::web::state::AppState;
use crate::web::{FormData, PageContext, PageError};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use domain::{AccessId, Action, PatientId, Role};
use service::access::{ActFor, EndProxy, GrantProxy, ListProxies, ListWards};
use service::patients::ReadPatient;
use service::{ConflictKind, ServiceError};

/// Routes of this area.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/patients/{id}/proxies", get(list).post(grant))
        .route("/proxies/{id}/end", post(end))
        .route("/profile/people", get(people))
        .route("/profile/act-for", post(act_for))
}

async fn page(
    cx: &PageContext,
    id: PatientId,
    form: FormState,
    is_double: bool,
) -> Result<Response, PageError> {
    let proxies = cx.services().execute(&cx.actor, ListProxies { patient: id }).await?;
    let patient = cx.services().execute(&cx.actor, ReadPatient { id }).await?.value;
    let mut head = PageHead::new("Who acts for this patient", Section::Patients).for_form(&form);
    if is_double {
        head = head.with_status(StatusCode::CONFLICT);
    }
    let page = ProxiesPage {
        patient,
        proxies,
        form,
        is_double,
        may_grant: cx.services().may(&cx.actor, Action::GrantProxy),
        zone: cx.services().clinic().zone.clone(),
        today: cx.services().today(),
    };
    Ok(cx.render(head, move || view::proxies(&page)))
}

async fn list(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::ManageProxies)?;
    page(&cx, id_of(&id)?, FormState::default(), false).await
}

async fn grant(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    let patient = id_of(&id)?;
    let job = GrantProxy {
        patient,
        login: form.text("login"),
        relationship: form.text("relationship"),
        proof: form.text("proof"),
        until: joined_date(&form, "until"),
    };
    match cx.services().execute(&cx.actor, job).await {
        Ok(_) => Ok(see_other(&format!("/patients/{patient}/proxies?notice=proxy-granted"))),
        Err(ServiceError::Invalid(errors)) => {
            page(&cx, patient, FormState::refused(form, errors), false).await
        }
        Err(ServiceError::Conflict(ConflictKind::AlreadyOpen)) => {
            page(&cx, patient, FormState::fresh(form), true).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn end(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::ManageProxies)?;
    let id: AccessId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    let patient = cx.services().execute(&cx.actor, EndProxy { id }).await?;
    let back = if cx.role() == Some(Role::Patient) {
        "/profile/people".to_owned()
    } else {
        format!("/patients/{patient}/proxies")
    };
    Ok(see_other(&format!("{back}?notice=proxy-ended")))
}

/// `GET /profile/people`: whom the caller may act for, and who acts for them.
async fn people(cx: PageContext) -> Result<Response, PageError> {
    cx.signed_in()?;
    let wards = cx.services().execute(&cx.actor, ListWards {}).await?;
    let helpers = match cx.actor.patient() {
        Some(patient) if cx.role() == Some(Role::Patient) => {
            cx.services().execute(&cx.actor, ListProxies { patient }).await?
        }
        _ => Vec::new(),
    };
    let page = PeoplePage {
        wards,
        helpers,
        acting_for: cx.actor.acts_for().and(cx.actor.patient()),
        zone: cx.services().clinic().zone.clone(),
    };
    Ok(cx.render(PageHead::new("People you act for", Section::None), move || view::people(&page)))
}

/// `POST /profile/act-for`: acts for a patient, or for oneself when none is named.
async fn act_for(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let patient = match form.get("patient") {
        "" => None,
        id => Some(id_of(id)?),
    };
    cx.services().execute(&cx.actor, ActFor { patient }).await?;
    Ok(see_other(if patient.is_some() { "/?notice=acting" } else { "/?notice=acting-ended" }))
}
