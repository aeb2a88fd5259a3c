//! Requests whose answer got lost on the way and that are sent again: they have their effect once.

mod forms;
mod programs;

use crate::harness::Clinic;

/// How much is stored, and how much was written down about it.
async fn stock(clinic: &Clinic) -> (service::Totals, usize) {
    let auditor = clinic.the(domain::Role::Auditor);
    let events = clinic.get("/api/audit?limit=100").bearer(auditor).expect(200).await.json();
    let writes = |event: &&serde_json::Value| {
        let action = event["action"].as_str().unwrap_or_default();
        !action.starts_with("read") && !action.starts_with("search") && action != "sign-in"
    };
    let totals = clinic.state.services.storage_status().totals;
    (totals, events.as_array().unwrap().iter().filter(writes).count())
}
