//! The auditor's queue of emergency accesses.

use crate::ui::form::FormState;
use crate::ui::pages::admin::emergency as view;
use crate::web::auth::see_other;
use crate::web::context::{PageContext, PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::extract::Path;
use axum::response::Response;
use domain::{AccessId, Action};
use service::access::{EmergencyAccess, ListEmergencies, ReadEmergency, ReviewEmergency};
use service::{Order, PageRequest, ServiceError};

/// Accesses on one page of the list.
const ON_A_PAGE: usize = 25;

/// `GET /admin/emergency-access`.
pub async fn list(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::ReviewEmergency)?;
    let awaiting = query.get("show") != "all";
    let after = Some(query.text("cursor")).filter(|cursor| !cursor.is_empty());
    let order = if awaiting { Order::Ascending } else { Order::Descending };
    let page = PageRequest { after, ..PageRequest::first(ON_A_PAGE, order) };
    let found = cx.services().execute(&cx.actor, ListEmergencies { awaiting, page }).await?;
    let clinic = cx.services().clinic();
    Ok(cx.render(PageHead::new("Emergency access", Section::Admin), || {
        view::list(&found, awaiting, &clinic.name, &clinic.zone)
    }))
}

async fn found(cx: &PageContext, id: &str) -> Result<EmergencyAccess, PageError> {
    cx.require(Action::ReviewEmergency)?;
    let id: AccessId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    Ok(cx.services().execute(&cx.actor, ReadEmergency { id }).await?)
}

fn page(cx: &PageContext, access: &EmergencyAccess, form: &FormState) -> Response {
    let head = PageHead::new("Review emergency access", Section::Admin).for_form(form);
    let zone = &cx.services().clinic().zone;
    cx.render(head, || view::one(access, form, zone))
}

/// `GET /admin/emergency-access/{id}`.
pub async fn show(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let access = found(&cx, &id).await?;
    Ok(page(&cx, &access, &FormState::default()))
}

/// `POST /admin/emergency-access/{id}`.
pub async fn review(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    let access = found(&cx, &id).await?;
    let justified = match form.get("justified") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let job = ReviewEmergency { id: access.id, justified, comment: form.text("comment") };
    match cx.services().execute(&cx.actor, job).await {
        Ok(()) => Ok(see_other("/admin/emergency-access?notice=emergency-reviewed")),
        Err(ServiceError::Invalid(errors)) => Ok(page(&cx, &access, &FormState::refused(form, errors))),
        Err(error) => Err(error.into()),
    }
}
