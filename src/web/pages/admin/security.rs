//! Security events of the last day or week.

use crate::ui::pages::admin::security as view;
use crate::web::context::{PageContext, PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::Query;
use axum::response::Response;
use service::reports::ReadSecurityEvents;

/// `GET /admin/security?days=`.
pub async fn show(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    let days = query.parse("days").filter(|days| (1..=ReadSecurityEvents::MOST_DAYS).contains(days));
    let days: u8 = days.unwrap_or(1);
    let found = cx.services().execute(&cx.actor, ReadSecurityEvents { days }).await?;
    let clinic = cx.services().clinic();
    Ok(cx.render(PageHead::new("Security events", Section::Admin), || {
        view::page(&found, days, &clinic.name, &clinic.zone)
    }))
}
