//! `/api/patients`: registering, finding and editing.

use crate::harness::clinic;
use domain::Role;
use serde_json::{Value, json};

fn ada() -> Value {
    json!({
        "givenName": "Ada", "familyName": "Lovelace", "birthDate": "1985-12-10", "sex": "female",
        "phone": "020 7946 0001", "email": "ada@example.org", "address": "12 Elm Road", "insurance": "",
    })
}

#[tokio::test]
async fn a_registered_patient_is_found_and_read() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let made = clinic.post("/api/patients").bearer(desk).json(ada()).expect(201).await;
    let patient = made.json();
    assert_eq!(patient["mrn"].as_str().unwrap().len(), 10);
    for words in ["lovelace", "ada%20love", "1985-12-10", patient["mrn"].as_str().unwrap()] {
        let found = clinic.get(&format!("/api/patients?q={words}")).bearer(desk).expect(200).await.json();
        assert_eq!(found[0]["id"], patient["id"], "{words}");
    }
    let read = clinic.get(made.location()).bearer(desk).expect(200).await;
    assert_eq!(read.json(), patient);
}

#[tokio::test]
async fn a_likely_double_must_be_confirmed() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    clinic.post("/api/patients").bearer(desk).json(ada()).expect(201).await;
    let warned = clinic.post("/api/patients").bearer(desk).json(ada()).expect(422).await;
    assert_eq!(warned.refused(), ["confirmDuplicate"]);
    clinic.post("/api/patients?confirmDuplicate=true").bearer(desk).json(ada()).expect(201).await;
}

#[tokio::test]
async fn every_refused_field_is_named() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let body = json!({"givenName": "", "birthDate": "1985-02-30", "sex": "robot", "phone": "call me", "email": "ada@"});
    let refused = clinic.post("/api/patients").bearer(desk).json(body).expect(422).await;
    assert_eq!(refused.refused(), ["givenName", "familyName", "birthDate", "sex", "phone", "email"]);
}

#[tokio::test]
async fn a_clerk_changes_address_and_insurance_only() {
    let clinic = clinic().await;
    let (desk, clerk) = (clinic.the(Role::Receptionist), clinic.the(Role::Billing));
    let made = clinic.post("/api/patients").bearer(desk).json(ada()).expect(201).await;
    let seen = clinic.get(made.location()).bearer(clerk).expect(200).await.json();
    assert!(seen.get("phone").is_none() && seen.get("email").is_none());
    let body = json!({"givenName": "Mallory", "address": "1 New Street", "insurance": "Northway 7"});
    clinic.put(made.location()).bearer(clerk).if_match(1).json(body).expect(204).await;
    let now = clinic.get(made.location()).bearer(desk).expect(200).await.json();
    assert_eq!(now["givenName"], "Ada");
    assert_eq!(now["address"], "1 New Street");
    assert_eq!(now["insurance"], "Northway 7");
}

#[tokio::test]
async fn two_who_edit_the_same_patient_do_not_overwrite_each_other() {
    let clinic = clinic().await;
    let (desk, nurse) = (clinic.the(Role::Receptionist), clinic.the(Role::Nurse));
    let made = clinic.post("/api/patients").bearer(desk).json(ada()).expect(201).await;
    let edit = |phone: &str| {
        let mut body = ada();
        body["phone"] = json!(phone);
        body
    };
    clinic.put(made.location()).bearer(desk).if_match(1).json(edit("020 7946 0002")).expect(204).await;
    clinic.put(made.location()).bearer(nurse).if_match(1).json(edit("020 7946 0003")).expect(412).await;
    clinic.put(made.location()).bearer(nurse).json(edit("020 7946 0003")).expect(428).await;
    assert_eq!(clinic.get(made.location()).bearer(desk).expect(200).await.json()["phone"], "020 7946 0002");
}
