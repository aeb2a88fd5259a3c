//! The audit log with its filters in the address, one event of it, and the filtered log as a file.

use crate::ui::form::FormState;
use crate::ui::pages::admin::audit::{self as view, Log, event, filter};
use crate::web::context::{PageContext, PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::body::Body;
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::time::parse_date;
use domain::{Action, AuditOutcome, Role};
use futures_util::{StreamExt as _, stream};
use jiff::ToSpan;
use jiff::civil::Date;
use service::reports::{AuditQuery, ExportAudit, ExportFormat, ReadAudit, ReadAuditEvent};
use service::{Order, Page, PageRequest, ServiceError};

/// Events on one page of the log.
const ON_A_PAGE: usize = 50;

/// `GET /admin/audit?from=&until=&user=&mrn=&action=&outcome=&request=&actor=&patient=&cursor=`.
pub async fn show(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    let (filters, last) = filters(&query);
    let cursor = Some(query.text("cursor")).filter(|cursor| !cursor.is_empty());
    let is_later = cursor.is_some();
    let page = PageRequest { limit: ON_A_PAGE, after: cursor, order: Order::Descending };
    let found = cx.services().execute(&cx.actor, ReadAudit { query: filters.clone(), page }).await;
    let (found, form) = match found {
        Ok(found) => (found, FormState::fresh(query)),
        Err(ServiceError::Invalid(errors)) => {
            (Page { items: Vec::new(), next: None }, FormState::refused(query, errors))
        }
        Err(error) => return Err(error.into()),
    };
    let parts = filter::parts(&filters, last, &found.items);
    let is_limited = cx.role() == Some(Role::Admin);
    let clinic = cx.services().clinic();
    let head = PageHead::new("Audit log", Section::Admin).for_form(&form);
    let log = Log { page: &found, parts: &parts, form, is_later, is_limited };
    Ok(cx.render(head, || view::page(log, &clinic.name, &clinic.zone)))
}

/// `GET /admin/audit/{event}`.
pub async fn one(cx: PageContext, Path(seq): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::ReadAudit)?;
    let seq = seq.parse().map_err(|_| PageError::NOT_FOUND)?;
    let found = cx.services().execute(&cx.actor, ReadAuditEvent { seq }).await?;
    let clinic = cx.services().clinic();
    let head = PageHead::new(format!("Event {seq}"), Section::Admin);
    Ok(cx.render(head, || event::page(&found, &clinic.name, &clinic.zone)))
}

/// `GET /admin/audit/export?format=`, with the filters of the log: every event that passes them, oldest first, streamed.
pub async fn export(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    let (filters, _) = filters(&query);
    let format = ExportFormat::named(query.get("format")).unwrap_or(ExportFormat::Csv);
    let mut export = cx.services().execute(&cx.actor, ExportAudit { query: filters, format }).await?;
    // What fails at once still has an error page.
    let first = cx.services().next_of(&mut export).await?;
    let name = format!("attachment; filename=\"audit-{}.{}\"", cx.services().today(), format.name());
    let services = cx.services().clone();
    let parts = stream::unfold((first, export), move |(part, mut export)| {
        let services = services.clone();
        async move {
            let part = part?;
            match services.next_of(&mut export).await {
                Ok(next) => Some((Ok(part), (next, export))),
                // The connection breaks off, so that nobody takes the file for whole.
                Err(error) => Some((Err(std::io::Error::other(error.to_string())), (None, export))),
            }
        }
    });
    // Whoever compresses it asks once more after the end.
    let mut response = Body::from_stream(parts.fuse()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// The filters of an address; what is none is left out. The address names the last day, the query the day after.
fn filters(query: &FormData) -> (AuditQuery, Option<Date>) {
    let last = parse_date(query.get("until"));
    let filters = AuditQuery {
        actor: query.parse("actor"),
        user: query.text("user"),
        patient: query.parse("patient"),
        mrn: query.text("mrn"),
        action: Action::named(query.get("action")),
        outcome: AuditOutcome::named(query.get("outcome")),
        request_id: query.text("request"),
        from: parse_date(query.get("from")),
        until: last.and_then(|date| date.checked_add(1.day()).ok()),
    };
    (filters, last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_last_day_is_part_of_the_period() {
        let (filters, last) =
            filters(&FormData::from_query(Some("from=2026-11-01&until=2026-11-30")).unwrap());
        assert_eq!((filters.from, filters.until), (Some(date(2026, 11, 1)), Some(date(2026, 12, 1))));
        assert_eq!(last, Some(date(2026, 11, 30)));
    }

    #[test]
    fn what_is_no_filter_filters_nothing() {
        let (filters, last) =
            filters(&FormData::from_query(Some("action=fly&outcome=&from=2026-02-30&actor=x")).unwrap());
        assert!(filters.action.is_none() && filters.outcome.is_none() && filters.from.is_none());
        assert!(filters.actor.is_none() && last.is_none());
    }
}
