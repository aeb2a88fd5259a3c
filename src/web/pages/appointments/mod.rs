//! Handlers of the appointments pages: the day, the list, one appointment, booking, working hours.

mod board;
mod booking;
mod changes;
mod check_out;
mod day;
mod detail;
mod feed;
mod free_times;
mod hours_form;
mod ics;
mod messages;
mod mine;
mod own;
mod schedules;
mod series;
mod setup;
mod stranded;
mod views;
mod waiting;

pub use free_times::free_times;
pub use waiting::own_places;

use crate::web::PageContext;
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use crate::web::live;
use crate::web::state::AppState;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use domain::{Appointment, AppointmentId, FieldErrors, Role, UserId};
use service::scheduling::{Doctor, ListDoctors};
use service::{ServiceError, Version};

/// Routes of this area.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/appointments", get(index))
        .route("/appointments/new", get(booking::form).post(booking::book))
        .route("/appointments/book", get(own::visit_type).post(own::book))
        .route("/appointments/book/doctor", get(own::doctor))
        .route("/appointments/book/day", get(own::day))
        .route("/appointments/book/time", get(own::time))
        .route("/appointments/book/hold", post(own::hold))
        .route("/appointments/book/check", get(own::check))
        .route("/appointments/board", get(board::show))
        .route("/appointments/hall", get(board::hall))
        .route("/appointments/day-sheet", get(day::sheet))
        .route("/appointments/live", get(live::live))
        .route("/appointments/checkouts", get(check_out::outcome).post(check_out::complete))
        .route("/appointments/schedules", get(schedules::list))
        .route("/appointments/schedules/{doctor}", get(schedules::form).post(schedules::save))
        .route("/appointments/setup", get(setup::form))
        .route("/appointments/setup/visit-types", post(setup::save_visit_types))
        .route("/appointments/setup/rooms", post(setup::save_rooms))
        .route("/appointments/setup/holidays", post(setup::save_holidays))
        .route("/appointments/setup/rules", post(setup::save_rules))
        .route("/calendar/{file}", get(feed::read))
        .route("/profile/calendar", get(feed::show).post(feed::make))
        .route("/profile/calendar/off", post(feed::end))
        .route("/appointments/waiting", get(waiting::list))
        .route("/appointments/waiting/new", get(waiting::join_form).post(waiting::join))
        .route("/appointments/waiting/{id}/accept", post(waiting::accept))
        .route("/appointments/waiting/{id}/decline", post(waiting::decline))
        .route("/appointments/waiting/{id}/leave", post(waiting::leave))
        .route("/appointments/waiting/{id}/offer", get(waiting::offer_form).post(waiting::offer))
        .route("/appointments/messages", get(messages::list))
        .route("/appointments/messages/{id}/retry", post(messages::retry))
        .route("/appointments/series", post(series::book))
        .route("/appointments/series/new", get(series::form))
        .route("/appointments/series/check", get(series::check))
        .route("/appointments/{id}/series/move", get(series::move_form).post(series::move_to))
        .route("/appointments/{id}/series/cancel", get(series::cancel_form).post(series::cancel))
        .route("/appointments/{id}", get(detail::read))
        .route("/appointments/{id}/booked", get(detail::booked))
        .route("/appointments/{id}/calendar.ics", get(detail::calendar))
        .route("/appointments/{id}/status", post(detail::advance))
        .route("/appointments/{id}/priority", post(board::set_priority))
        .route("/appointments/{id}/link", post(detail::link))
        .route("/appointments/{id}/move", get(changes::move_form).post(changes::move_to))
        .route("/appointments/{id}/cancel", get(changes::cancel_form).post(changes::cancel))
        .route("/appointments/{id}/restore", post(changes::restore))
}

/// The patient's own appointments, or the clinic's day or list.
async fn index(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    if cx.signed_in()? == Role::Patient {
        mine::page(cx, query).await
    } else {
        match query.get("view") {
            "week" => views::week(cx, query).await,
            "month" => views::month(cx, query).await,
            "list" => day::list(cx, query).await,
            _ => day::day(cx, query).await,
        }
    }
}

/// The id in a path; what is no id names nothing.
fn id_of(text: &str) -> Result<AppointmentId, PageError> {
    text.parse().map_err(|_| PageError::NOT_FOUND)
}

/// The version that the form was made from; without one it counts as outdated.
fn version_of(form: &FormData) -> Result<Version, ServiceError> {
    form.parse("version").ok_or(ServiceError::Stale)
}

/// All doctors that can be booked.
async fn doctors(cx: &PageContext) -> Result<Vec<Doctor>, ServiceError> {
    cx.services().execute(&cx.actor, ListDoctors {}).await
}

/// Ids and names of doctors.
fn names(doctors: &[Doctor]) -> Vec<(UserId, String)> {
    doctors.iter().map(|doctor| (doctor.id, doctor.name.clone())).collect()
}

/// The same refusals with those of the time at the radio buttons, where the time is chosen.
fn at_slot(errors: &FieldErrors) -> FieldErrors {
    let mut moved = FieldErrors::new();
    for (field, code) in errors.iter() {
        moved.push(if field == "time" { "slot" } else { field }, code.clone());
    }
    moved
}

/// The confirmation of a booking.
fn path_of_booked(appointment: &Appointment) -> String {
    format!("/appointments/{}/booked", appointment.id)
}

/// Adds a notice to a path of this site.
fn with_notice(path: &str, notice: &str) -> String {
    let clean = path.split("notice=").next().unwrap_or(path).trim_end_matches(['?', '&']);
    crate::ui::pages::appointments::link(clean, &[("notice", notice)])
}
