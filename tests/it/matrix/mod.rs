//! Every route × every role, on a stranger's objects: what must come follows from the policy table.

mod api;
mod pages;
mod row;
pub mod source;

use crate::harness::{CANARY, Clinic, Person, Reply, Stranger, clinic, stranger};
use axum::http::Method;
use domain::Role;
use row::{Body, Expected, Need, Row, What};
use serde_json::json;
use std::collections::BTreeSet;

fn rows() -> impl Iterator<Item = &'static Row> {
    api::ROWS.iter().chain(pages::ROWS)
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let tabled: BTreeSet<String> = rows().map(|row| row.route.to_owned()).collect();
    let written = source::routes();
    let missing: Vec<_> = written.difference(&tabled).collect();
    let gone: Vec<_> = tabled.difference(&written).collect();
    assert!(missing.is_empty() && gone.is_empty(), "without a row: {missing:#?}\nwithout a route: {gone:#?}");
}

/// Sends a row's example; programs show a token, browsers a cookie.
async fn send(clinic: &Clinic, row: &Row, person: Option<&Person>, id: &str, stranger: &Stranger) -> Reply {
    let method = Method::from_bytes(row.method().as_bytes()).unwrap();
    let mut call = clinic.call(method, &row.path(id)).header("x-request-id", "matrix").if_match(999);
    if let Some(person) = person {
        call = if row.is_api() { call.bearer(person) } else { call.browser(person) };
    }
    let text = row.text(id, stranger);
    match row.body {
        Body::Nothing => call,
        Body::Json(_) => call.header("content-type", "application/json").bytes(text),
        Body::Form(_) => call.header("content-type", "application/x-www-form-urlencoded").bytes(text),
    }
    .send()
    .await
}

fn check(row: &Row, role: Option<Role>, reply: &Reply) -> Result<(), String> {
    let status = reply.status.as_u16();
    let expected = row.expected(role);
    let right = match expected {
        Expected::SignInFirst if row.is_api() || row.route.contains("/rpc/") => status == 401,
        Expected::SignInFirst => {
            status == 303 && (reply.location() == "/" || reply.location().starts_with("/?next="))
        }
        Expected::Forbidden if row.is_api() => status == 403,
        Expected::Forbidden | Expected::Refused => matches!(status, 403 | 404),
        Expected::NotFound => status == 404,
        Expected::Served => row.served.contains(&status),
    };
    if reply.text().contains(CANARY) {
        return Err(format!("{} tells {role:?} what stands in a stranger's record", row.route));
    }
    let who = role.map_or_else(|| "nobody".to_owned(), |role| role.to_string());
    if right {
        Ok(())
    } else {
        Err(format!("{} as {who}: {status} instead of {expected:?} {:?}", row.route, row.served))
    }
}

/// Rows that end the session they are sent in.
fn ends_the_session(row: &Row) -> bool {
    row.route.contains("session") || row.route.contains("/signout")
}

async fn fresh(clinic: &Clinic, person: &Person) -> Person {
    let body = json!({"email": person.username, "password": crate::harness::PASSWORD});
    let answer = clinic.post("/api/login").json(body).expect(200).await.json();
    Person { token: answer["token"].as_str().unwrap().to_owned(), ..person.clone() }
}

async fn walk(clinic: &Clinic, role: Option<Role>, person: Option<&Person>) {
    let stranger = stranger(clinic).await;
    let mut person = person.cloned();
    let mut wrong = Vec::new();
    for row in rows() {
        let reply = send(clinic, row, person.as_ref(), &row.id(&stranger), &stranger).await;
        wrong.extend(check(row, role, &reply).err());
        if let (Some(known), true, true) = (&person, role.is_some(), ends_the_session(row)) {
            person = Some(fresh(clinic, known).await);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn nobody_gets_in_without_signing_in() {
    walk(&clinic().await, None, None).await;
}

#[tokio::test]
async fn a_disabled_user_is_nobody() {
    let clinic = clinic().await;
    let (admin, nurse) = (clinic.the(Role::Admin), clinic.the(Role::Nurse).clone());
    let path = format!("/api/users/{}", nurse.id);
    let version = clinic.get(&path).bearer(admin).expect(200).await.version();
    clinic.patch(&path).bearer(admin).if_match(version).json(json!({"status": "disabled"})).expect(200).await;
    walk(&clinic, None, Some(&nurse)).await;
}

macro_rules! walks {
    ($($name:ident $role:ident;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let clinic = clinic().await;
            let person = clinic.the(Role::$role).clone();
            walk(&clinic, Some(Role::$role), Some(&person)).await;
        })*
    };
}
walks! {
    a_patient_gets_what_patients_may Patient;
    a_doctor_gets_what_doctors_may Doctor;
    a_nurse_gets_what_nurses_may Nurse;
    a_receptionist_gets_what_receptionists_may Receptionist;
    a_billing_clerk_gets_what_billing_clerks_may Billing;
    an_administrator_gets_what_administrators_may Admin;
    an_auditor_gets_what_auditors_may Auditor;
}

/// The answer without what differs from one request to the next by itself.
fn likeness(reply: &Reply, path: &str) -> (u16, Vec<(String, String)>, String) {
    let policy = reply.header("content-security-policy");
    let nonce =
        policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("-").to_owned();
    let plain = |text: &str| text.replace(&nonce, "NONCE").replace(path, "PATH");
    let headers =
        reply.headers.iter().map(|(name, value)| (name.to_string(), plain(value.to_str().unwrap())));
    let length = |(name, _): &(String, String)| name != "content-length";
    (reply.status.as_u16(), headers.filter(length).collect(), plain(&reply.text()))
}

#[tokio::test]
async fn a_strangers_object_and_an_unknown_one_are_answered_alike() {
    let clinic = clinic().await;
    let stranger = stranger(&clinic).await;
    for role in Role::ALL {
        let person = clinic.the(role).clone();
        for row in rows().filter(|row| matches!(row.need, Need::May(_)) && row.what != What::None) {
            // Clinicians may know every patient: the closed record of one says whose it is.
            let names_the_patient = row.route == "GET /medical-records/{patient}" && role.is_clinical();
            if row.expected(Some(role)) != Expected::NotFound || names_the_patient {
                continue;
            }
            let id = row.id(&stranger);
            let foreign = send(&clinic, row, Some(&person), &id, &stranger).await;
            let unknown = send(&clinic, row, Some(&person), row.unknown_id(), &stranger).await;
            let (foreign, unknown) =
                (likeness(&foreign, &row.path(&id)), likeness(&unknown, &row.path(row.unknown_id())));
            assert_eq!(foreign, unknown, "{} as {role}", row.route);
        }
    }
}
