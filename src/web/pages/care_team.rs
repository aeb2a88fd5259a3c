//! A patient's care team: staff see and change it, the patient sees it.

use crate::ui::form::{FormState, joined_date};
use crate::ui::pages::care_team::{self as view, CareTeamPage};
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
use domain::{AccessEntry, AccessId, Action, PatientId, Role};
use jiff::ToSpan as _;
use service::access::{AddToCareTeam, EndCareTeam, ReadCareTeam};
use service::patients::ReadPatient;
use service::{ConflictKind, ServiceError};

/// Routes of this area.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/patients/{id}/care-team", get(read).post(add))
        .route("/care-team/{id}/end", post(end))
}

async fn page(
    cx: &PageContext,
    id: PatientId,
    form: FormState,
    is_double: bool,
) -> Result<Response, PageError> {
    let team = cx.services().execute(&cx.actor, ReadCareTeam { patient: id }).await?;
    let patient = cx.services().execute(&cx.actor, ReadPatient { id }).await?.value;
    let own = cx.role() == Some(Role::Patient);
    let section = if own { Section::None } else { Section::Patients };
    let mut head = PageHead::new("Care team", section).for_form(&form);
    if is_double {
        head = head.with_status(StatusCode::CONFLICT);
    }
    let clinic = cx.services().clinic();
    let page = CareTeamPage {
        patient,
        team,
        own,
        form,
        is_double,
        window: clinic.assignment,
        zone: clinic.zone.clone(),
        today: cx.services().today(),
    };
    Ok(cx.render(head, move || view::care_team(&page)))
}

/// The form with the last day that most are given.
fn prefilled(cx: &PageContext) -> FormState {
    let last = cx.services().today().saturating_add(i64::from(AccessEntry::CARE_TEAM_DAYS).days());
    let form = FormData::default()
        .with("until-day", last.day().to_string())
        .with("until-month", last.month().to_string())
        .with("until-year", last.year().to_string());
    FormState::fresh(form)
}

async fn read(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::ReadCareTeam)?;
    page(&cx, id_of(&id)?, prefilled(&cx), false).await
}

async fn add(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    let patient = id_of(&id)?;
    let job = AddToCareTeam {
        patient,
        user: form.parse("userId"),
        reason: form.text("reason"),
        until: joined_date(&form, "until"),
    };
    match cx.services().execute(&cx.actor, job).await {
        Ok(_) => Ok(see_other(&format!("/patients/{patient}/care-team?notice=care-team-added"))),
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
    cx.require(Action::ManageCareTeam)?;
    let id: AccessId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    let patient = cx.services().execute(&cx.actor, EndCareTeam { id }).await?;
    Ok(see_other(&format!("/patients/{patient}/care-team?notice=care-team-ended")))
}
