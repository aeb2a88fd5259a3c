//! What the audit log tells patients of their record, and staff of themselves.

use crate::ui::pages::account::access as view;
use crate::web::PageContext;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::Query;
use axum::response::Response;
use domain::Action;
use service::access::ReadCareTeam;
use service::reports::{ReadAccessLog, ReadOwnActions};
use service::{Order, PageRequest};

/// Entries on one page.
const ON_A_PAGE: usize = 25;

fn page(query: &Query) -> (PageRequest, bool) {
    let after = Some(query.0.text("cursor")).filter(|cursor| !cursor.is_empty());
    let is_later = after.is_some();
    (PageRequest { limit: ON_A_PAGE, after, order: Order::Descending }, is_later)
}

/// `GET /profile/record-access?cursor=`.
pub async fn record_access(cx: PageContext, query: Query) -> Result<Response, PageError> {
    cx.require(Action::ReadAccessLog)?;
    // Auditors find every patient in the audit log itself.
    let patient = cx.actor.patient().ok_or(PageError::NOT_FOUND)?;
    let (page, is_later) = page(&query);
    let found = cx.services().execute(&cx.actor, ReadAccessLog { patient, page }).await?;
    let team =
        if is_later { None } else { Some(cx.services().execute(&cx.actor, ReadCareTeam { patient }).await?) };
    let zone = &cx.services().clinic().zone;
    let ward = cx.actor.acts_for();
    Ok(cx.render(PageHead::new(view::title(ward.is_some()), Section::None), || {
        view::record_access(&found, ward, team.as_ref().map(|team| (team, patient)), zone)
    }))
}

/// `GET /profile/actions?cursor=`.
pub async fn own_actions(cx: PageContext, query: Query) -> Result<Response, PageError> {
    let (page, is_later) = page(&query);
    let found = cx.services().execute(&cx.actor, ReadOwnActions { page }).await?;
    let zone = &cx.services().clinic().zone;
    Ok(cx.render(PageHead::new("Your actions", Section::None), || view::own_actions(&found, is_later, zone)))
}
