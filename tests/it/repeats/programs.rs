//! Programs: the `Idempotency-Key` header.

use super::stock;
use crate::api::join_all;
use crate::harness::{Call, Clinic, Reply, clinic, stranger};
use domain::Role;
use serde_json::{Value, json};

fn booking<'c>(clinic: &'c Clinic, time: &str) -> Call<'c> {
    clinic.post("/api/appointments").bearer(clinic.the(Role::Receptionist)).json(json!({
        "patientId": clinic.the(Role::Patient).patient,
        "doctorId": clinic.the(Role::Doctor).id,
        "start": format!("2026-11-24T{time}"),
        "visitType": "consultation",
    }))
}

/// What a program sees of an answer.
fn answer(reply: &Reply) -> (u16, String, String, String) {
    (reply.status.as_u16(), reply.text(), reply.header("etag").to_owned(), reply.location().to_owned())
}

/// Sends the same twice, the second time to a replica; both answers must be one.
async fn twice<'c>(clinic: &Clinic, first: Call<'c>, again: Call<'c>) -> Reply {
    let key = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";
    let first = first.header("idempotency-key", key).send().await;
    assert!(first.status.is_success(), "{}", first.text());
    assert_eq!(first.header("idempotency-replayed"), "");
    let before = stock(clinic).await;
    let again = again.header("idempotency-key", key).send().await;
    assert_eq!(answer(&again), answer(&first));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(stock(clinic).await, before);
    first
}

#[tokio::test]
async fn a_booking_sent_again_is_the_same_booking() {
    let one = clinic().await;
    let other = one.replica().await;
    let booked = twice(&one, booking(&one, "09:30"), booking(&other, "09:30")).await;
    assert_eq!(booked.status, 201);
    booking(&one, "09:30").expect(409).await;
}

#[tokio::test]
async fn a_payment_sent_again_is_taken_once() {
    let one = clinic().await;
    let other = one.replica().await;
    let bill = stranger(&one).await.bill;
    let (path, clerk) = (format!("/api/billings/{bill}/payments"), one.the(Role::Billing));
    let body = || json!({"amount": "10.50", "method": "cash"});
    let paid = twice(
        &one,
        one.post(&path).bearer(clerk).if_match(2).json(body()),
        other.post(&path).bearer(clerk).if_match(2).json(body()),
    )
    .await
    .json();
    assert_eq!(paid["payments"].as_array().map(Vec::len), Some(1));
    // Without a key the version alone stands in the way.
    one.post(&path).bearer(clerk).if_match(2).json(body()).expect(412).await;
}

#[tokio::test]
async fn a_sign_up_sent_again_makes_one_account() {
    let one = clinic().await;
    let other = one.replica().await;
    let body = || json!({"username": "ada", "email": "ada@example.org", "password": "lemon trees at noon"});
    twice(&one, one.post("/api/signup").json(body()), other.post("/api/signup").json(body())).await;
    one.post("/api/signup").json(body()).expect(400).await;
}

#[tokio::test]
async fn after_a_day_a_request_is_looked_at_afresh() {
    let clinic = clinic().await;
    let body = json!({"username": "ada", "email": "ada@example.org", "password": "lemon trees at noon"});
    let sign_up = || clinic.post("/api/signup").header("idempotency-key", "k").json(body.clone());
    sign_up().expect(201).await;
    clinic.wait(24 * 60 - 1);
    sign_up().expect(201).await;
    clinic.wait(1);
    sign_up().expect(400).await;
}

#[tokio::test]
async fn of_sixty_four_that_are_one_request_one_is_done() {
    let one = clinic().await;
    let other = one.replica().await;
    let tries = (0..64).map(|number| {
        let call = booking(if number % 2 == 0 { &one } else { &other }, "09:30");
        async move { call.header("idempotency-key", "one-and-the-same").send().await }
    });
    let replies = join_all(tries).await;
    for reply in &replies {
        assert_eq!(answer(reply), answer(&replies[0]));
    }
    assert_eq!(replies[0].status, 201);
    assert_eq!(replies.iter().filter(|reply| reply.header("idempotency-replayed").is_empty()).count(), 1);
    // The server that did it knows at once; the other one may hear of it a moment later.
    let stored = |clinic: &Clinic| clinic.state.services.storage_status().totals.appointments;
    assert_eq!(stored(&one).max(stored(&other)), 1);
}

#[tokio::test]
async fn a_key_is_good_for_one_request() {
    let clinic = clinic().await;
    booking(&clinic, "09:30").header("idempotency-key", "k").expect(201).await;
    let reply = booking(&clinic, "10:00").header("idempotency-key", "k").expect(422).await;
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert!(reply.json()["detail"].as_str().unwrap().contains("key"));
    let elsewhere = clinic.post("/api/patients").bearer(clinic.the(Role::Receptionist));
    let patient = json!({"givenName": "Ada", "familyName": "Byron", "birthDate": "1985-12-10"});
    elsewhere.header("idempotency-key", "k").json(patient).expect(422).await;
    assert_eq!(clinic.state.services.storage_status().totals.appointments, 1);
}

#[tokio::test]
async fn each_account_has_keys_of_its_own() {
    let clinic = clinic().await;
    let book = |name: &str, time: &str| {
        let doctor = clinic.the(Role::Doctor).id;
        let body =
            json!({"doctorId": doctor, "start": format!("2026-11-24T{time}"), "visitType": "consultation"});
        clinic.post("/api/appointments").bearer(clinic.named(name)).header("idempotency-key", "k").json(body)
    };
    let mine = book("Marta Kowalska", "09:30").expect(201).await.json();
    let theirs = book("Tom Baker", "10:00").expect(201).await.json();
    assert_eq!(
        (&mine["patientName"], &theirs["patientName"]),
        (&"Marta Kowalska".into(), &"Tom Baker".into())
    );
}

#[tokio::test]
async fn a_refused_request_can_be_made_good_under_its_key() {
    let clinic = clinic().await;
    booking(&clinic, "06:00").header("idempotency-key", "k").expect(422).await;
    booking(&clinic, "09:30").header("idempotency-key", "k").expect(201).await;
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let clinic = clinic().await;
    for key in ["", "\"\"", "a b", "\"a\", \"b\"", &"k".repeat(256)] {
        let reply = booking(&clinic, "09:30").header("idempotency-key", key).expect(400).await;
        assert_eq!(reply.header("content-type"), "application/problem+json");
    }
    booking(&clinic, "09:30").header("idempotency-key", "a").header("idempotency-key", "b").expect(400).await;
    // A read needs none.
    let desk = clinic.the(Role::Receptionist);
    clinic.get("/api/appointments").bearer(desk).header("idempotency-key", "").expect(200).await;
}

#[tokio::test]
async fn a_lost_generated_password_is_replaced() {
    let clinic = clinic().await;
    let create = || {
        let body = json!({"username": "nora", "email": "nora@example.org", "role": "nurse"});
        clinic.post("/api/users").bearer(clinic.the(Role::Admin)).header("idempotency-key", "k").json(body)
    };
    let first = create().expect(201).await.json();
    let again = create().expect(201).await.json();
    assert_eq!(again["id"], first["id"]);
    let sign_in = |answer: &Value| {
        clinic.post("/api/login").json(json!({"email": "nora", "password": answer["password"]}))
    };
    sign_in(&first).expect(401).await;
    sign_in(&again).expect(200).await;
}

#[tokio::test]
async fn the_description_names_the_header_wherever_something_changes() {
    let document = clinic().await.get("/api/openapi.json").expect(200).await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let is_named = parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key");
            assert_eq!(is_named, method != "get", "{method} {path}");
        }
    }
}
