//! Mail and one-time links, through pages and through the API.

mod addresses;
mod invitations;
mod messages;
mod notices;
mod reset;
mod smtp;

use crate::harness::{Clinic, Person};
use domain::Role;
use serde_json::Value;

/// Who signs in with this password: 200 or 401.
async fn sign_in(clinic: &Clinic, login: &str, password: &str) -> u16 {
    let body = serde_json::json!({"email": login, "password": password});
    clinic.post("/api/login").json(body).send().await.status.as_u16()
}

/// Reasons of the audit events of an action, newest first.
async fn reasons(clinic: &Clinic, action: &str) -> Vec<String> {
    let path = format!("/api/audit?action={action}");
    let events = clinic.get(&path).bearer(clinic.the(Role::Auditor)).expect(200).await.json();
    let reason = |event: &Value| event["reason"].as_str().unwrap_or_default().to_owned();
    events.as_array().unwrap().iter().map(reason).collect()
}

fn address(person: &Person) -> String {
    format!("{}@example.org", person.username)
}
