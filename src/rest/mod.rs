//! The REST API: DTOs and handlers over the services, problem+json, OpenAPI. No rules of the clinic live here.

mod access;
mod appointments;
mod audit;
mod billings;
mod calendar;
mod care_team;
mod catalogue;
mod doctors;
mod extract;
mod holds;
mod hours;
mod links;
mod load;
mod messages;
mod openapi;
mod page;
mod patients;
mod problem;
mod record_view;
mod records;
mod refunds;
mod reports;
mod respond;
mod second_factor;
mod series;
mod session;
mod users;
mod waiting;
mod wire;

pub use problem::{ApiError, problem_for_status};
pub use wire::Instant;

use crate::web::state::AppState;
use axum::Router;
use axum::routing::{delete, get, post, put};

/// The routes of the API.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api", get(page::show))
        .route("/api/openapi.json", get(openapi::document))
        .merge(people())
        .merge(visits())
        .merge(health())
        .merge(money())
        .route("/api/activity", get(reports::activity))
        .route("/api/audit", get(audit::list))
        .route("/api/audit/own", get(audit::own))
}

fn people() -> Router<AppState> {
    Router::new()
        .route("/api/signup", post(session::sign_up))
        .route("/api/login", post(session::sign_in))
        .route("/api/password/forgot", post(links::forgot))
        .route("/api/password/reset", post(links::reset))
        .route("/api/email/verify", post(links::verify))
        .route("/api/users/{id}/reset-link", post(links::issue))
        .route("/api/patients/{id}/invitation", post(links::invite))
        .route("/api/session", get(session::read).delete(session::sign_out))
        .route("/api/sessions/removal", post(session::sign_out_everywhere))
        .route("/api/session/password", put(session::change_password))
        .route("/api/session/second-factor", post(second_factor::begin).put(second_factor::confirm))
        .route("/api/session/second-factor/recovery-codes", post(second_factor::renew))
        .route("/api/session/second-factor/removal", post(second_factor::turn_off))
        .route("/api/users", get(users::list).post(users::create))
        .route("/api/users/{id}", get(users::read).patch(users::update))
        .route("/api/users/{id}/password", post(users::reset_password))
        .route("/api/users/{id}/sessions", delete(users::end_sessions))
        .route("/api/users/{id}/second-factor", delete(users::reset_second_factor))
        .route("/api/patients", get(patients::search).post(patients::register))
        .route("/api/patients/{id}", get(patients::read).put(patients::edit))
        .route("/api/patients/{id}/emergency-access", post(access::open).delete(access::close))
        .route("/api/emergency-accesses", get(access::list))
        .route("/api/emergency-accesses/{id}/review", put(access::review))
        .route("/api/patients/{id}/proxies", get(access::proxies).post(access::grant))
        .route("/api/proxies/{id}", delete(access::end))
        .route("/api/patients/{id}/care-team", get(care_team::read).post(care_team::add))
        .route("/api/care-team/{id}", delete(care_team::end))
        .route("/api/session/patient", put(access::act_for))
        .route("/api/session/patients", get(access::wards))
        .route("/api/patients/{id}/access-log", get(audit::access_log))
}

fn visits() -> Router<AppState> {
    Router::new()
        .route("/api/doctors", get(doctors::list))
        .route("/api/doctors/{id}/schedule", get(doctors::read_schedule).put(doctors::set_schedule))
        .route("/api/catalogue", get(catalogue::read).put(catalogue::set))
        .route("/api/slots", get(doctors::slots))
        .route("/api/appointments", get(appointments::list).post(appointments::book))
        .route("/api/calendar-feed", get(calendar::read).post(calendar::make).delete(calendar::end))
        .route("/api/appointments/holds", post(holds::hold))
        .route("/api/appointments/holds/{id}", get(holds::read).delete(holds::let_go))
        .route("/api/appointments/holds/{id}/confirm", post(holds::confirm))
        .route("/api/appointments/series", post(series::book))
        .route("/api/appointments/{id}/series", get(series::read).patch(series::shift))
        .route("/api/appointments/{id}/series/cancellation", post(series::cancel))
        .route("/api/appointments/{id}", get(appointments::read).patch(appointments::reschedule))
        .route(
            "/api/appointments/{id}/cancellation",
            post(appointments::cancel).delete(appointments::restore),
        )
        .route("/api/appointments/{id}/status", put(appointments::advance))
        .route("/api/appointments/{id}/patient", put(appointments::link))
        .route("/api/waiting-list", get(waiting::list).post(waiting::join))
        .route("/api/waiting-list/{id}", get(waiting::read).delete(waiting::leave))
        .route("/api/waiting-list/{id}/accept", post(waiting::accept))
        .route("/api/waiting-list/{id}/decline", post(waiting::decline))
        .route("/api/waiting-list/{id}/offer", post(waiting::offer))
        .route("/api/appointments/{id}/priority", put(load::set_priority))
        .route("/api/appointments/load", get(load::load))
        .route("/api/appointments/checkouts", post(load::check_out))
        .route("/api/appointments/{id}/messages", get(messages::of_appointment))
        .route("/api/messages", get(messages::list))
        .route("/api/messages/{id}/retry", post(messages::retry))
        .route("/api/visit", post(messages::answer))
        .route("/api/reminders", post(messages::reminders))
}

fn health() -> Router<AppState> {
    Router::new()
        .route("/api/medicalrecords", get(records::list).post(records::create))
        .route("/api/medicalrecords/{id}", get(records::read).put(records::revise_note))
        .route("/api/medicalrecords/{id}/signature", post(records::sign_note))
        .route("/api/medicalrecords/{id}/addenda", post(records::add_addendum))
        .route("/api/medicalrecords/{id}/patient", put(records::link))
        .route("/api/patients/{id}/record", get(records::chart))
        .route("/api/patients/{id}/notes", post(records::write_note))
        .route("/api/patients/{id}/vitals", post(records::write_vitals))
        .route("/api/patients/{id}/allergies", post(records::write_allergy))
        .route("/api/patients/{id}/medicines", post(records::prescribe))
        .route("/api/patients/{id}/problems", post(records::diagnose))
}

fn money() -> Router<AppState> {
    Router::new()
        .route("/api/billings", get(billings::list).post(billings::create))
        .route("/api/billings/{id}", get(billings::read).put(billings::revise))
        .route("/api/billings/{id}/issue", post(billings::issue))
        .route("/api/billings/{id}/payments", post(billings::pay))
        .route("/api/billings/{id}/patient", put(billings::link))
        .route("/api/billings/{id}/refunds", post(refunds::request))
        .route("/api/billings/{id}/refunds/{refund}", get(refunds::read))
        .route("/api/billings/{id}/refunds/{refund}/approve", post(refunds::approve))
        .route("/api/billings/{id}/refunds/{refund}/decline", post(refunds::decline))
        .route("/api/billings/{id}/refunds/{refund}/withdraw", post(refunds::withdraw))
        .route("/api/refunds", get(refunds::list))
        .route("/api/takings", get(reports::takings))
}
