//! `GET /metrics` on an address of its own, in the text format of Prometheus. No label is ever an id or a name.

use crate::web::state::AppState;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use service::{Figure, FigureKind};
use std::fmt::Write as _;

/// The routes of the address for metrics.
pub fn router(state: AppState) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(state)
}

async fn metrics(State(state): State<AppState>) -> Response {
    let storage = state.services.storage_status();
    let mut figures = vec![
        gauge("healthcare_ready", "1 when requests are taken and the store takes writes", {
            state.readiness.is_open() && storage.trouble.is_none() && !storage.dead
        }),
        count("healthcare_users", "Accounts", storage.totals.users),
        count("healthcare_patients", "Patients", storage.totals.patients),
        count("healthcare_appointments", "Appointments", storage.totals.appointments),
        count("healthcare_medical_records", "Record entries", storage.totals.medical_records),
        count("healthcare_billings", "Bills", storage.totals.billings),
    ];
    figures.extend(state.services.storage_figures());
    figures.extend(state.services.mail().figures());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], written(&figures)).into_response()
}

fn gauge(name: &'static str, help: &'static str, is_so: bool) -> Figure {
    count(name, help, u64::from(is_so))
}

fn count(name: &'static str, help: &'static str, value: u64) -> Figure {
    #[expect(clippy::cast_precision_loss, reason = "a figure on a chart")]
    let value = value as f64;
    Figure { name, help, kind: FigureKind::Gauge, label: None, value }
}

fn written(figures: &[Figure]) -> String {
    let (mut text, mut last) = (String::with_capacity(4_096), "");
    for figure in figures {
        // The parts of a histogram share the name of the whole.
        let family = figure.family();
        if family != last {
            let _ = writeln!(text, "# HELP {family} {}\n# TYPE {family} {}", figure.help, figure.kind.name());
            last = family;
        }
        let _ = match &figure.label {
            Some((name, value)) => writeln!(text, "{}{{{name}=\"{value}\"}} {}", figure.name, figure.value),
            None => writeln!(text, "{} {}", figure.name, figure.value),
        };
    }
    text
}
