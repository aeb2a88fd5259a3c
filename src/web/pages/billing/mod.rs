//! Handlers of the billing pages.

use crate::web::state::AppState;
use axum::Router;

/// Routes of this area.
pub fn routes() -> Router<AppState> {
    Router::new()
}
