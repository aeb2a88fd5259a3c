//! The waiting room: the board and the screen in the hall.

use super::{doctors, id_of, names, version_of, with_notice};
use crate::ui::components::clock;
use crate::ui::pages::appointments::board::{self, BoardPage};
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::{PageError, safe_next};
use crate::web::forms::{FormData, Query};
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::REFRESH;
use axum::response::Response;
use domain::{Action, Priority, UserId};
use service::scheduling::{ReadHall, ReadWaitingRoom, SetPriority};

/// Seconds after which the screen in the hall asks again.
const REFRESH_SECONDS: HeaderValue = HeaderValue::from_static("15");

/// `GET /appointments/board`; `?doctor=` narrows it.
pub async fn show(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::ReadWaitingRoom)?;
    let since = cx.services().revision().await?;
    let doctors = names(&doctors(&cx).await?);
    let chosen = query.parse::<UserId>("doctor").filter(|id| doctors.iter().any(|(known, _)| known == id));
    let room = cx.services().execute(&cx.actor, ReadWaitingRoom { doctor: chosen }).await?;
    let may = |action| cx.services().may(&cx.actor, action);
    let page = BoardPage {
        clinic: cx.services().clinic().clone(),
        today: cx.services().today(),
        now: cx.services().now(),
        room,
        doctors,
        chosen,
        may_book: may(Action::BookAppointment),
        may_advance: may(Action::AdvanceAppointment),
    };
    let head = PageHead::new("Waiting room", Section::Appointments);
    Ok(cx.render(head, move || board::page(&page, since)))
}

/// `GET /appointments/hall`: asks again by itself, without JavaScript.
pub async fn hall(cx: PageContext) -> Result<Response, PageError> {
    let hall = cx.services().execute(&cx.actor, ReadHall {}).await?;
    let time = clock(&cx.services().clinic().zone, cx.services().now());
    let head = PageHead { bare: true, ..PageHead::new("Now called", Section::Appointments) };
    let mut response = cx.render(head, move || board::hall(&hall, time));
    response.headers_mut().insert(REFRESH, REFRESH_SECONDS);
    Ok(response)
}

/// `POST /appointments/{id}/priority`: priority, version, return.
pub async fn set_priority(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    cx.signed_in()?;
    let id = id_of(&id)?;
    let priority = Priority::named(form.get("priority")).ok_or(PageError::NOT_FOUND)?;
    let expected = version_of(&form)?;
    cx.services().execute(&cx.actor, SetPriority { id, expected, priority }).await?;
    let back = match safe_next(form.get("return")) {
        "/" => "/appointments/board",
        back => back,
    };
    Ok(see_other(&with_notice(back, "priority-set")))
}
