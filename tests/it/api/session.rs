//! `/api/session`: tokens live no longer than their sessions.

use crate::harness::{PASSWORD, clinic};
use domain::Role;
use serde_json::json;

#[tokio::test]
async fn a_caller_learns_who_they_are() {
    let clinic = clinic().await;
    let marta = clinic.the(Role::Patient);
    let me = clinic.get("/api/session").bearer(marta).expect(200).await.json();
    assert_eq!(me["userId"], json!(marta.id));
    assert_eq!(me["role"], "patient");
    assert_eq!(me["patientId"], json!(marta.patient));
}

#[tokio::test]
async fn signing_out_kills_the_token() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    clinic.call(axum::http::Method::DELETE, "/api/session").bearer(nurse).expect(204).await;
    clinic.get("/api/session").bearer(nurse).expect(401).await;
    clinic.get("/api/appointments").bearer(nurse).expect(401).await;
}

#[tokio::test]
async fn the_token_of_a_disabled_user_is_dead_at_once() {
    let clinic = clinic().await;
    let (admin, nurse) = (clinic.the(Role::Admin), clinic.the(Role::Nurse));
    clinic.get("/api/appointments").bearer(nurse).expect(200).await;
    let path = format!("/api/users/{}", nurse.id);
    let version = clinic.get(&path).bearer(admin).expect(200).await.version();
    clinic.patch(&path).bearer(admin).if_match(version).json(json!({"status": "disabled"})).expect(200).await;
    clinic.get("/api/appointments").bearer(nurse).expect(401).await;
    let body = json!({"email": nurse.username, "password": PASSWORD});
    clinic.post("/api/login").json(body).expect(401).await;
}

#[tokio::test]
async fn another_role_ends_the_sessions_of_the_old_one() {
    let clinic = clinic().await;
    let (admin, nurse) = (clinic.the(Role::Admin), clinic.the(Role::Nurse));
    let path = format!("/api/users/{}", nurse.id);
    let version = clinic.get(&path).bearer(admin).expect(200).await.version();
    clinic
        .patch(&path)
        .bearer(admin)
        .if_match(version)
        .json(json!({"role": "receptionist"}))
        .expect(200)
        .await;
    clinic.get("/api/session").bearer(nurse).expect(401).await;
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_for_a_quarter_of_an_hour() {
    let clinic = clinic().await;
    let marta = clinic.the(Role::Patient);
    clinic.wait(14);
    clinic.get("/api/session").bearer(marta).expect(200).await;
    clinic.wait(14);
    clinic.get("/api/session").bearer(marta).expect(200).await;
    clinic.wait(15);
    clinic.get("/api/session").bearer(marta).expect(401).await;
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_of_use() {
    let clinic = clinic().await;
    let marta = clinic.the(Role::Patient);
    for _ in 0..59 {
        clinic.wait(12);
        clinic.get("/api/session").bearer(marta).expect(200).await;
    }
    clinic.wait(12);
    clinic.get("/api/session").bearer(marta).expect(401).await;
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_gives_a_new_token() {
    let clinic = clinic().await;
    let marta = clinic.the(Role::Patient);
    let change = |current: &str, new: &str| {
        let body = json!({"current": current, "new": new});
        clinic.put("/api/session/password").bearer(marta).json(body)
    };
    let wrong = change("not this one", "lemon trees at noon").expect(422).await;
    assert_eq!(wrong.refused(), ["current"]);
    let token = change(PASSWORD, "lemon trees at noon").expect(200).await.json()["token"].clone();
    clinic.get("/api/session").bearer(marta).expect(401).await;
    let header = format!("Bearer {}", token.as_str().unwrap());
    clinic.get("/api/session").header("authorization", header).expect(200).await;
    let old = json!({"email": marta.username, "password": PASSWORD});
    clinic.post("/api/login").json(old).expect(401).await;
}

#[tokio::test]
async fn signing_out_everywhere_kills_every_token_of_the_account() {
    let clinic = clinic().await;
    let marta = clinic.the(Role::Patient);
    let body = json!({"email": marta.username, "password": PASSWORD});
    let other = clinic.post("/api/login").json(body).expect(200).await.json()["token"].clone();
    let end = |password: &str| {
        clinic.post("/api/sessions/removal").bearer(marta).json(json!({"password": password}))
    };
    assert_eq!(end("not this one").expect(422).await.refused(), ["password"]);
    clinic.get("/api/session").bearer(marta).expect(200).await;
    end(PASSWORD).expect(204).await;
    clinic.get("/api/session").bearer(marta).expect(401).await;
    let header = format!("Bearer {}", other.as_str().unwrap());
    clinic.get("/api/session").header("authorization", header).expect(401).await;
    clinic.get("/api/session").bearer(clinic.named("Tom Baker")).expect(200).await;
}

#[tokio::test]
async fn tokens_that_are_none_are_refused() {
    let clinic = clinic().await;
    let marta = clinic.the(Role::Patient);
    let (head, tail) = marta.token.split_at(marta.token.len() - 8);
    let reversed: String = tail.chars().rev().collect();
    for token in ["", "x", "a.b.c", &format!("{head}{reversed}"), &marta.token[1..], &"x".repeat(4000)] {
        clinic.get("/api/session").header("authorization", format!("Bearer {token}")).expect(401).await;
    }
    clinic.get("/api/session").header("authorization", format!("Basic {}", marta.token)).expect(401).await;
}
