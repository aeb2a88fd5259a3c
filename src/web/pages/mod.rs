//! Handlers of the pages: read the form, call a service, choose the view. One file an area.

mod account;
mod admin;
mod answers;
mod appointments;
mod billing;
mod care_team;
mod home;
mod invitation;
mod patients;
mod proxies;
mod records;

pub use appointments::free_times;

use crate::web::state::AppState;
use axum::Router;

/// The routes of all pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .merge(home::routes())
        .merge(account::routes())
        .merge(admin::routes())
        .merge(answers::routes())
        .merge(appointments::routes())
        .merge(patients::routes())
        .merge(proxies::routes())
        .merge(care_team::routes())
        .merge(records::routes())
        .merge(billing::routes())
}
