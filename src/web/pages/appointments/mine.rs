//! A patient's own appointments.

use crate::ui::pages::appointments::mine::{self, MinePage};
use crate::web::PageContext;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::FormData;
use axum::http::StatusCode;
use axum::response::Response;
use domain::AppointmentStatus;
use service::scheduling::{AppointmentQuery, ListAppointments};
use service::{Order, PageRequest};

/// Past appointments of one page, and most upcoming ones.
const PAST: usize = 20;

/// What comes and what was.
pub async fn page(cx: PageContext, query: FormData) -> Result<Response, PageError> {
    show(cx, query, None).await
}

/// The same with what could not be done.
pub(super) async fn show(
    cx: PageContext,
    query: FormData,
    refused: Option<String>,
) -> Result<Response, PageError> {
    let open = vec![AppointmentStatus::Booked, AppointmentStatus::Arrived, AppointmentStatus::InProgress];
    let today = cx.services().today();
    let coming =
        AppointmentQuery { from: Some(today), statuses: open.clone(), ..AppointmentQuery::default() };
    let page = PageRequest::first(PageRequest::MOST, Order::Ascending);
    let upcoming = cx.services().execute(&cx.actor, ListAppointments { filter: coming, page }).await?;
    let mut page = PageRequest::first(PAST, Order::Descending);
    page.after = Some(query.text("cursor")).filter(|cursor| !cursor.is_empty());
    let all = ListAppointments { filter: AppointmentQuery::default(), page };
    let mut past = cx.services().execute(&cx.actor, all).await?;
    past.items.retain(|it| !upcoming.items.iter().any(|coming| coming.id == it.id));
    let clinic = cx.services().clinic().clone();
    let title = cx.words("Your appointments", "Appointments");
    let waiting = super::own_places(&cx).await?;
    let now = cx.services().now();
    let data = MinePage { title, clinic, now, upcoming: upcoming.items, past, waiting, refused };
    let head = PageHead::new(title, Section::Appointments);
    let head = if data.refused.is_some() { head.with_status(StatusCode::CONFLICT) } else { head };
    Ok(cx.render(head, move || mine::page(data)))
}
