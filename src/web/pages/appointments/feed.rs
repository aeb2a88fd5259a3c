//! Calendar feeds: what calendar programs read, and the page where one makes or ends its address.

use super::ics;
use crate::ui::pages::account::calendar as view;
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::FormData;
use crate::web::links::absolute;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use domain::Action;
use domain::access::LinkPurpose;
use service::scheduling::{EndFeed, MakeFeed, ReadFeed, ReadFeedState};

/// `GET /calendar/{secret}.ics`: open to whoever has the address.
pub async fn read(cx: PageContext, Path(file): Path<String>) -> Result<Response, PageError> {
    let secret = file.strip_suffix(".ics").ok_or(PageError::NOT_FOUND)?;
    let feed = cx.services().execute(&cx.actor, ReadFeed::new(secret)).await?;
    let mut response =
        ics::calendar(cx.services().clinic(), &feed, cx.services().mail().site()).into_response();
    let kind = HeaderValue::from_static("text/calendar; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

fn head() -> PageHead {
    PageHead::new("Your calendar", Section::None)
}

/// `GET /profile/calendar`.
pub async fn show(cx: PageContext) -> Result<Response, PageError> {
    let role = cx.signed_in()?;
    if !cx.services().may(&cx.actor, Action::ManageCalendarFeed) {
        return Err(PageError::NOT_FOUND);
    }
    let since = cx.services().execute(&cx.actor, ReadFeedState {}).await?;
    let clinic = cx.services().current().await?.clinic().clone();
    Ok(cx.render(head(), move || view::page(since, role, &clinic)))
}

/// `POST /profile/calendar`: makes an address, which stands in this one answer only.
pub async fn make(cx: PageContext, headers: HeaderMap, _form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let secret = cx.services().execute(&cx.actor, MakeFeed {}).await?;
    let address = absolute(&cx, &headers, &secret.path(LinkPurpose::CalendarFeed));
    Ok(cx.render(head(), move || view::made(&address)))
}

/// `POST /profile/calendar/off`
pub async fn end(cx: PageContext, _form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    cx.services().execute(&cx.actor, EndFeed {}).await?;
    Ok(see_other("/profile/calendar?notice=calendar-ended"))
}
