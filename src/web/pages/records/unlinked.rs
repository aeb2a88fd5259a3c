//! Entries of the old system that belong to no known patient, and linking them.

use crate::ui::pages::records::{self as views, LinkPage, UnlinkedPage};
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::forms::Query;
use crate::web::pages::patients::find;
use crate::web::{FormData, PageContext, PageError};
use axum::extract::Path;
use axum::response::Response;
use domain::{Action, Record, RecordId, Role};
use service::records::{LinkRecord, ListRecords, ReadEntry};
use service::{Order, PageRequest, ServiceError, Versioned};

/// Entries that make a page.
const ON_A_PAGE: usize = 25;
/// Parts of the list that are looked through for them.
const PARTS: usize = 20;
/// Patients offered as the one who is meant.
const FOUND: usize = 10;

/// Only clinicians: patients read records too, but link none.
fn require(cx: &PageContext) -> Result<(), PageError> {
    cx.require(Action::LinkPatient)?;
    if cx.role().is_some_and(Role::is_clinical) { Ok(()) } else { Err(PageError(ServiceError::Forbidden)) }
}

pub(super) async fn list(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    require(&cx)?;
    let mut entries: Vec<Versioned<Record>> = Vec::new();
    let mut next = Some(query.text("cursor")).filter(|cursor| !cursor.is_empty());
    for _ in 0..PARTS {
        let page =
            PageRequest { after: next.clone(), ..PageRequest::first(PageRequest::MOST, Order::Descending) };
        let part = cx.services().execute(&cx.actor, ListRecords { page }).await?;
        entries.extend(part.items.into_iter().filter(|entry| entry.patient.id.is_none()));
        next = part.next;
        if next.is_none() || entries.len() >= ON_A_PAGE {
            break;
        }
    }
    let page = UnlinkedPage { entries, next, zone: cx.services().clinic().zone.clone() };
    Ok(cx
        .render(PageHead::new("Entries without a patient", Section::Records), move || views::unlinked(&page)))
}

/// An entry that is not linked yet.
async fn entry(cx: &PageContext, id: &str) -> Result<Versioned<Record>, PageError> {
    let id: RecordId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    let record = cx.services().execute(&cx.actor, ReadEntry { id }).await?;
    if record.patient.id.is_none() { Ok(record) } else { Err(PageError::NOT_FOUND) }
}

pub(super) async fn choose(
    cx: PageContext,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    require(&cx)?;
    let record = entry(&cx, &id).await?;
    let typed = query.text("q");
    let query = if typed.trim().is_empty() { record.patient.name.clone() } else { typed };
    let page = LinkPage {
        name: record.patient.name.clone(),
        facts: vec![("Condition", record.condition()), ("Treatment", record.treatment())],
        version: record.version,
        action: format!("/medical-records/unlinked/{}", record.id),
        back: "/medical-records/unlinked",
        found: find(&cx, &query, FOUND, "").await?.items,
        query,
    };
    let head = PageHead::new(format!("Who is {}?", page.name), Section::Records);
    Ok(cx.render(head, move || views::link(&page)))
}

pub(super) async fn link(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    require(&cx)?;
    let id: RecordId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    let patient = form.get("patientId").parse().map_err(|_| PageError::NOT_FOUND)?;
    let expected = form.parse("version").unwrap_or_default();
    cx.services().execute(&cx.actor, LinkRecord { id, expected, patient }).await?;
    Ok(see_other("/medical-records/unlinked?notice=linked"))
}
