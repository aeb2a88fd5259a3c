//! The week and the month, for staff.

use super::{doctors, names};
use crate::ui::pages::appointments::load::{self, MonthPage};
use crate::ui::pages::appointments::week::{self, WeekPage};
use crate::web::PageContext;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::FormData;
use axum::response::Response;
use domain::time::parse_date;
use domain::{Action, UserId};
use jiff::ToSpan;
use jiff::civil::Date;
use service::scheduling::{ReadLoad, WeekView};

/// The day, the doctors and the one of them that a view is narrowed to.
async fn asked(
    cx: &PageContext,
    query: &FormData,
) -> Result<(Date, Vec<(UserId, String)>, Option<UserId>), PageError> {
    let date = parse_date(query.get("date")).unwrap_or_else(|| cx.services().today());
    let doctors = names(&doctors(cx).await?);
    let chosen = query.parse::<UserId>("doctor").filter(|id| doctors.iter().any(|(known, _)| known == id));
    Ok((date, doctors, chosen))
}

/// The week that a day lies in; `?date=` and `?doctor=` narrow it.
pub async fn week(cx: PageContext, query: FormData) -> Result<Response, PageError> {
    let since = cx.services().revision().await?;
    let (date, doctors, chosen) = asked(&cx, &query).await?;
    let monday = date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days());
    let days = cx.services().execute(&cx.actor, WeekView { from: monday, doctor: chosen }).await?;
    let page = WeekPage {
        clinic: cx.services().clinic().clone(),
        date,
        today: cx.services().today(),
        now: cx.services().now(),
        days,
        doctors,
        chosen,
        may_book: cx.services().may(&cx.actor, Action::BookAppointment),
        may_see_room: cx.services().may(&cx.actor, Action::ReadWaitingRoom),
    };
    let ends = page.days.first().zip(page.days.last());
    let title = ends.map(|(first, last)| week::title(first.date, last.date)).unwrap_or_default();
    let head = PageHead::new(format!("Appointments, {title}"), Section::Appointments);
    Ok(cx.render(head, move || week::page(page, since)))
}

/// How full the days of the month are that a day lies in; `?date=` and `?doctor=` narrow it.
pub async fn month(cx: PageContext, query: FormData) -> Result<Response, PageError> {
    let since = cx.services().revision().await?;
    let (date, doctors, chosen) = asked(&cx, &query).await?;
    let read = ReadLoad { from: date.first_of_month(), to: date.last_of_month(), doctor: chosen };
    let days = cx.services().execute(&cx.actor, read).await?;
    let page = MonthPage {
        clinic: cx.services().clinic().name.clone(),
        date,
        today: cx.services().today(),
        days,
        doctors,
        chosen,
        may_book: cx.services().may(&cx.actor, Action::BookAppointment),
        may_see_room: cx.services().may(&cx.actor, Action::ReadWaitingRoom),
    };
    let head = PageHead::new(format!("Appointments, {}", date.strftime("%B %Y")), Section::Appointments);
    Ok(cx.render(head, move || load::page(&page, since)))
}
