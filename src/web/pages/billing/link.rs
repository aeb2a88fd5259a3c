//! Linking a bill that came with a name only to the patient who is meant.

use super::stored;
use crate::ui::pages::records::{LinkPage, link as link_view};
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::forms::Query;
use crate::web::pages::patients::find;
use crate::web::{FormData, PageContext, PageError};
use axum::extract::Path;
use axum::response::Response;
use domain::Action;
use service::billing::LinkInvoice;

/// Patients offered as the one who is meant.
const FOUND: usize = 10;

pub(super) async fn choose(
    cx: PageContext,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    cx.require(Action::WriteInvoice)?;
    let bill = stored(&cx, &id).await?;
    if bill.patient.id.is_some() {
        return Ok(see_other(&format!("/billing/{}", bill.id)));
    }
    let typed = query.text("q");
    let query = if typed.trim().is_empty() { bill.patient.name.clone() } else { typed };
    let page = LinkPage {
        name: bill.patient.name.clone(),
        facts: vec![("Bill", bill.title()), ("Total", bill.total().to_string())],
        version: bill.version,
        action: format!("/billing/{}/link", bill.id),
        back: "/billing",
        found: find(&cx, &query, FOUND, "").await?.items,
        query,
    };
    let head = PageHead::new(format!("Who is {}?", page.name), Section::Billing);
    Ok(cx.render(head, move || link_view(&page)))
}

pub(super) async fn link(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    let id = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    let patient = form.get("patientId").parse().map_err(|_| PageError::NOT_FOUND)?;
    let expected = form.parse("version").unwrap_or_default();
    let bill = cx.services().execute(&cx.actor, LinkInvoice { id, expected, patient }).await?;
    Ok(see_other(&format!("/billing/{}?notice=linked", bill.id)))
}
