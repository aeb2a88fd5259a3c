//! The clinic's day and the list of appointments, for staff.

use super::{doctors, names};
use crate::ui::form::FormState;
use crate::ui::pages::appointments::day::{self, DayPage};
use crate::ui::pages::appointments::link;
use crate::ui::pages::appointments::list::{self, ListPage};
use crate::ui::pages::appointments::sheet;
use crate::web::PageContext;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::response::Response;
use domain::time::{long_date, parse_date};
use domain::{Action, Code, FieldErrors, UserId};
use jiff::ToSpan;
use jiff::civil::Date;
use service::scheduling::{AppointmentQuery, DayView, ListAppointments};
use service::{Order, Page, PageRequest};

/// Rows of the list.
const ROWS: usize = 50;

/// One day, a column for each doctor; `?date=` and `?doctor=` narrow it.
pub async fn day(cx: PageContext, query: FormData) -> Result<Response, PageError> {
    let since = cx.services().revision().await?;
    let page = read(&cx, &query).await?;
    let head = PageHead::new(format!("Appointments, {}", long_date(page.date)), Section::Appointments);
    Ok(cx.render(head, move || day::page(page, since)))
}

/// The same day to be printed, a page for each doctor.
pub async fn sheet(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::ReadAppointments)?;
    let page = read(&cx, &query).await?;
    // Whoever has no part in the visits has no use for the reasons.
    let has_reasons = cx.services().may(&cx.actor, Action::ReadWaitingRoom);
    let head = PageHead::new(format!("Day sheet, {}", long_date(page.date)), Section::Appointments);
    Ok(cx.render(head, move || sheet::page(&page, has_reasons)))
}

async fn read(cx: &PageContext, query: &FormData) -> Result<DayPage, PageError> {
    let today = cx.services().today();
    let date = parse_date(query.get("date")).unwrap_or(today);
    let found = cx.services().execute(&cx.actor, DayView { date }).await?;
    let all =
        found.doctors.iter().map(|column| (column.doctor.id, column.doctor.name.clone())).collect::<Vec<_>>();
    let chosen = query.parse::<UserId>("doctor").filter(|id| all.iter().any(|(known, _)| known == id));
    let columns = found
        .doctors
        .into_iter()
        .filter(|column| chosen.is_none_or(|id| column.doctor.id == id))
        // Doctors who are away and have nothing booked would only make the others narrower.
        .filter(|column| chosen.is_some() || !column.slots.is_empty() || !column.appointments.is_empty())
        .collect();
    let may = |action| cx.services().may(&cx.actor, action);
    Ok(DayPage {
        clinic: cx.services().clinic().clone(),
        date,
        today,
        now: cx.services().now(),
        holiday: found.holiday,
        columns,
        doctors: all,
        chosen,
        unassigned: if chosen.is_some() { Vec::new() } else { found.unassigned },
        patients: found.patients,
        may_book: may(Action::BookAppointment),
        may_see_room: may(Action::ReadWaitingRoom),
        may_advance: may(Action::AdvanceAppointment),
        may_set_hours: may(Action::SetSchedule),
        may_set_offer: may(Action::SetCatalogue),
        may_read_messages: may(Action::ReadMessages),
    })
}

/// A typed date of the filter; empty is none.
fn filter_date(
    form: &FormData,
    name: &'static str,
    what: &'static str,
    errors: &mut FieldErrors,
) -> Option<Date> {
    let typed = form.get(name).trim();
    if typed.is_empty() {
        return None;
    }
    errors.take(name, parse_date(typed).ok_or(Code::NotADate(what)))
}

/// The addresses of as many days before, of today, and of as many days after; a list without an end steps by a week.
fn steps(query: &FormData, from: Option<Date>, to: Option<Date>, today: Date) -> [String; 3] {
    let first = from.or(to).unwrap_or(today);
    let days = to.map_or(7, |to| (to - first).get_days().max(0) + 1);
    let address = |first: Date, days: i32| {
        let last = first.saturating_add((days - 1).days());
        let (from, to) = (first.to_string(), last.to_string());
        let kept = ["doctor", "status"].map(|name| (name, query.get(name)));
        link("/appointments?view=list", &[("from", &*from), ("to", &*to), kept[0], kept[1]])
    };
    [
        address(first.saturating_sub(days.days()), days),
        address(today, 1),
        address(first.saturating_add(days.days()), days),
    ]
}

/// The list with its filters: from, to, doctor, status, cursor.
pub async fn list(cx: PageContext, mut query: FormData) -> Result<Response, PageError> {
    let since = cx.services().revision().await?;
    let doctors = names(&doctors(&cx).await?);
    let is_filtered = ["from", "to", "doctor", "status"].iter().any(|name| !query.get(name).is_empty());
    if !is_filtered && query.get("cursor").is_empty() {
        query.set("from", cx.services().today().to_string());
    }
    let mut errors = FieldErrors::new();
    let from = filter_date(&query, "from", "From", &mut errors);
    let to = filter_date(&query, "to", "To", &mut errors);
    let statuses = list::statuses(query.get("status")).ok_or(Code::UnknownChoice("a status"));
    let statuses = errors.take("status", statuses);
    let doctor = match query.get("doctor") {
        "" => None,
        text => errors.take("doctor", text.parse::<UserId>().map_err(|_| Code::UnknownDoctor)),
    };
    let mut page = PageRequest::first(ROWS, Order::Ascending);
    page.after = Some(query.text("cursor")).filter(|cursor| !cursor.is_empty());
    let is_later = page.after.is_some();
    let found = if errors.is_empty() {
        let until = to.map(|to| to.checked_add(1.day()).unwrap_or(to));
        let filter = AppointmentQuery {
            doctor,
            from,
            until,
            statuses: statuses.unwrap_or_default(),
            ..AppointmentQuery::default()
        };
        cx.services().execute(&cx.actor, ListAppointments { filter, page }).await?
    } else {
        Page { items: Vec::new(), next: None }
    };
    let fields = ["from", "to", "doctor", "status"].map(|name| (name, query.get(name)));
    let here = link("/appointments?view=list", &fields);
    let steps = steps(&query, from, to, cx.services().today());
    let form = FormState::refused(query, errors);
    let head = PageHead::new("Appointments", Section::Appointments).for_form(&form);
    let data = ListPage {
        clinic: cx.services().clinic().clone(),
        form,
        doctors,
        found,
        here,
        is_later,
        today: cx.services().today(),
        now: cx.services().now(),
        steps,
        may_book: cx.services().may(&cx.actor, Action::BookAppointment),
        may_see_room: cx.services().may(&cx.actor, Action::ReadWaitingRoom),
        may_advance: cx.services().may(&cx.actor, Action::AdvanceAppointment),
    };
    Ok(cx.render(head, move || list::page(data, since)))
}
