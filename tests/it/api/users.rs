//! `/api/users`: accounts, for administrators.

use crate::harness::{PASSWORD, clinic};
use domain::Role;
use serde_json::json;

#[tokio::test]
async fn an_administrator_makes_an_account_with_a_one_time_password() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    let body = json!({"username": "ben.stone", "email": "ben@example.org", "role": "nurse", "displayName": "Ben Stone"});
    let made = clinic.post("/api/users").bearer(admin).json(body.clone()).expect(201).await;
    let login = json!({"email": "ben.stone", "password": made.json()["password"]});
    let session = clinic.post("/api/login").json(login.clone()).expect(200).await.json();
    assert_eq!(session["mustChangePassword"], true);
    let token = format!("Bearer {}", session["token"].as_str().unwrap());
    let refused = clinic.get("/api/appointments").header("authorization", &token).expect(403).await;
    assert!(refused.json()["message"].as_str().unwrap().contains("/api/session/password"));
    let change = json!({"current": login["password"], "new": "lemon trees at noon"});
    let session =
        clinic.put("/api/session/password").header("authorization", &token).json(change).expect(200).await;
    let token = format!("Bearer {}", session.json()["token"].as_str().unwrap());
    clinic.get("/api/appointments").header("authorization", &token).expect(200).await;
    let user = clinic.get(made.location()).bearer(admin).expect(200).await;
    assert_eq!(user.json()["displayName"], "Ben Stone");
    assert_eq!(
        clinic.post("/api/users").bearer(admin).json(body).expect(422).await.refused(),
        ["username", "email"]
    );
}

#[tokio::test]
async fn a_change_needs_the_version_that_was_read() {
    let clinic = clinic().await;
    let (admin, nurse) = (clinic.the(Role::Admin), clinic.the(Role::Nurse));
    let path = format!("/api/users/{}", nurse.id);
    let rename = |version: Option<&str>| {
        let call = clinic.patch(&path).bearer(admin).json(json!({"displayName": "Nina Okafor-Bell"}));
        match version {
            Some(tag) => call.header("if-match", tag),
            None => call,
        }
    };
    let version = clinic.get(&path).bearer(admin).expect(200).await.version();
    rename(None).expect(428).await;
    for stale in
        [format!("\"{}\"", version + 1), "*".to_owned(), format!("W/\"{version}\""), "junk".to_owned()]
    {
        rename(Some(&stale)).expect(412).await;
    }
    let changed = rename(Some(&format!("\"{version}\""))).expect(200).await;
    assert_eq!(changed.version(), version + 1);
    rename(Some(&format!("\"{version}\""))).expect(412).await;
}

#[tokio::test]
async fn what_the_caller_has_already_is_not_sent_again() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    let path = format!("/api/users/{}", nurse.id);
    let read = clinic.get(&path).bearer(nurse).expect(200).await;
    let again =
        clinic.get(&path).bearer(nurse).header("if-none-match", read.header("etag")).expect(304).await;
    assert!(again.body.is_empty());
    assert_eq!(again.header("etag"), read.header("etag"));
    clinic.get(&path).bearer(nurse).header("if-none-match", "\"99\"").expect(200).await;
}

#[tokio::test]
async fn the_last_administrator_stays_and_nobody_promotes_themselves() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    let path = format!("/api/users/{}", admin.id);
    let version = clinic.get(&path).bearer(admin).expect(200).await.version();
    for body in [json!({"role": "doctor"}), json!({"status": "disabled"})] {
        clinic.patch(&path).bearer(admin).if_match(version).json(body).expect(409).await;
    }
    let nurse = clinic.the(Role::Nurse);
    let own = format!("/api/users/{}", nurse.id);
    clinic.patch(&own).bearer(nurse).if_match(1).json(json!({"role": "admin"})).expect(403).await;
}

#[tokio::test]
async fn a_reset_password_works_once_it_is_told() {
    let clinic = clinic().await;
    let (admin, nurse) = (clinic.the(Role::Admin), clinic.the(Role::Nurse));
    let reset = clinic.post(&format!("/api/users/{}/password", nurse.id)).bearer(admin).expect(200).await;
    clinic.get("/api/session").bearer(nurse).expect(401).await;
    let sign_in = |password: serde_json::Value| {
        clinic.post("/api/login").json(json!({"email": nurse.username, "password": password}))
    };
    sign_in(json!(PASSWORD)).expect(401).await;
    sign_in(reset.json()["password"].clone()).expect(200).await;
}

#[tokio::test]
async fn accounts_are_found_by_name_and_by_role() {
    let clinic = clinic().await;
    let auditor = clinic.the(Role::Auditor);
    let count = async |path: &str| {
        clinic.get(path).bearer(auditor).expect(200).await.json().as_array().unwrap().len()
    };
    assert_eq!(count("/api/users?role=doctor").await, 2);
    assert_eq!(count("/api/users?q=kowalska").await, 1);
    clinic.get("/api/users?role=king").bearer(auditor).expect(400).await;
}
