//! The audit log with its filters in the address.

use crate::ui::pages::admin::audit::{self as view, Log, action_named};
use crate::web::context::{PageContext, PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::response::Response;
use domain::time::parse_date;
use domain::{AuditOutcome, Role};
use jiff::ToSpan;
use jiff::civil::Date;
use service::reports::{AuditQuery, ReadAudit};
use service::{Order, PageRequest};

/// Events on one page of the log.
const ON_A_PAGE: usize = 50;

/// `GET /admin/audit?action=&outcome=&from=&until=&actor=&patient=&cursor=`.
pub async fn show(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    let (filters, last) = filters(&query);
    let cursor = Some(query.text("cursor")).filter(|cursor| !cursor.is_empty());
    let is_later = cursor.is_some();
    let page = PageRequest { limit: ON_A_PAGE, after: cursor, order: Order::Descending };
    let found = cx.services().execute(&cx.actor, ReadAudit { query: filters.clone(), page }).await?;
    let is_limited = cx.role() == Some(Role::Admin);
    let clinic = cx.services().clinic();
    let log = Log { page: &found, query: &filters, last, is_later, is_limited };
    Ok(cx.render(PageHead::new("Audit log", Section::Admin), || view::page(&log, &clinic.name, &clinic.zone)))
}

/// The filters of an address; what is none is left out. The address names the last day, the query the day after.
fn filters(query: &FormData) -> (AuditQuery, Option<Date>) {
    let last = parse_date(query.get("until"));
    let filters = AuditQuery {
        actor: query.parse("actor"),
        patient: query.parse("patient"),
        action: action_named(query.get("action")),
        outcome: AuditOutcome::named(query.get("outcome")),
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
        let (filters, last) = filters(&FormData::from_query(Some("from=2026-11-01&until=2026-11-30")));
        assert_eq!((filters.from, filters.until), (Some(date(2026, 11, 1)), Some(date(2026, 12, 1))));
        assert_eq!(last, Some(date(2026, 11, 30)));
    }

    #[test]
    fn what_is_no_filter_filters_nothing() {
        let (filters, last) =
            filters(&FormData::from_query(Some("action=fly&outcome=&from=2026-02-30&actor=x")));
        assert!(filters.action.is_none() && filters.outcome.is_none() && filters.from.is_none());
        assert!(filters.actor.is_none() && last.is_none());
    }
}
