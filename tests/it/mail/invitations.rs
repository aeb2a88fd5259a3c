//! Inviting patients who are registered to make an account.

use super::reasons;
use crate::harness::{Clinic, Person, clinic, token};
use domain::Role;
use serde_json::{Value, json};

const SECRET: &str = "a kettle in the garden";

/// A patient whom the desk has just registered; the id.
async fn registered(clinic: &Clinic) -> String {
    let body = json!({
        "givenName": "Ann", "familyName": "Other", "birthDate": "1961-02-03", "email": "ann@example.org",
    });
    clinic.post("/api/patients").bearer(clinic.the(Role::Receptionist)).json(body).expect(201).await.id()
}

async fn invite(clinic: &Clinic, patient: &str) -> Value {
    let path = format!("/api/patients/{patient}/invitation");
    let body = json!({"proof": "passport"});
    clinic.post(&path).bearer(clinic.the(Role::Nurse)).json(body).expect(200).await.json()
}

async fn read(clinic: &Clinic, patient: &str) -> Value {
    let path = format!("/api/patients/{patient}");
    clinic.get(&path).bearer(clinic.the(Role::Receptionist)).expect(200).await.json()
}

fn account<'t>(token: &'t str, username: &'t str) -> [(&'static str, &'t str); 4] {
    [("token", token), ("email", "ann@example.org"), ("username", username), ("password", SECRET)]
}

#[tokio::test]
async fn an_invited_patient_makes_an_account_of_the_record_that_there_is() {
    let (clinic, mut inbox) = clinic().await.with_mail();
    let desk = clinic.the(Role::Receptionist);
    let patient = registered(&clinic).await;
    let before = read(&clinic, &patient).await;
    let path = format!("/patients/{patient}/invitation");
    assert!(
        clinic.get(&format!("/patients/{patient}")).browser(desk).expect(200).await.text().contains(&path)
    );
    clinic.get(&path).browser(desk).expect(200).await;
    for proof in ["", "horoscope"] {
        clinic.post(&path).browser(desk).form(&[("proof", proof)]).expect(422).await;
    }
    let page = clinic.post(&path).browser(desk).form(&[("proof", "identity-card")]).expect(200).await.text();
    let secret = token(&page);
    let message = inbox.next("ann@example.org").await;
    assert_eq!(token(&message.text), secret);
    let form = clinic.get(&format!("/invitation?token={secret}")).expect(200).await.text();
    assert!(form.contains("Ann Other") && form.contains("value=\"ann@example.org\""));
    clinic.post("/invitation").form(&account(&secret, "")).expect(422).await;
    let made = clinic.post("/invitation").form(&account(&secret, "ann")).expect(303).await;
    assert!(!made.header("set-cookie").is_empty());
    let after = read(&clinic, &patient).await;
    assert_eq!((&after["mrn"], &after["birthDate"]), (&before["mrn"], &before["birthDate"]));
    assert!(after["userId"].is_number());
    // The link is used, and nobody is invited twice.
    clinic.get(&format!("/invitation?token={secret}")).expect(404).await;
    clinic.post("/invitation").form(&account(&secret, "eve")).expect(404).await;
    clinic.post(&path).browser(desk).form(&[("proof", "passport")]).expect(409).await;
    assert_eq!(reasons(&clinic, "invite-patient").await[..2], ["conflict", "identity: identity-card"]);
}

/// Someone who signed up without knowing that they are registered already.
async fn signed_up(clinic: &Clinic, username: &str) -> Person {
    let body = json!({"username": username, "email": format!("{username}@mail.example"), "password": SECRET});
    clinic.post("/api/signup").json(body).expect(201).await;
    let body = json!({"email": username, "password": SECRET});
    let answer = clinic.post("/api/login").json(body).expect(200).await.json();
    Person { token: answer["token"].as_str().unwrap().to_owned(), ..clinic.the(Role::Patient).clone() }
}

async fn patient_of(clinic: &Clinic, person: &Person) -> String {
    let session = clinic.get("/api/session").bearer(person).expect(200).await.json();
    session["patientId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_account_whose_own_record_is_empty_joins_the_one_that_there_is() {
    let clinic = clinic().await;
    let patient = registered(&clinic).await;
    let secret = token(invite(&clinic, &patient).await["link"].as_str().unwrap());
    let ann = signed_up(&clinic, "ann").await;
    let own = patient_of(&clinic, &ann).await;
    let page = clinic.get(&format!("/invitation?token={secret}")).browser(&ann).expect(200).await.text();
    assert!(page.contains("Ann Other"));
    let join = |password: &'static str| {
        clinic.post("/invitation/join").browser(&ann).form(&[("token", &secret), ("password", password)])
    };
    join("not the password").expect(422).await;
    join(SECRET).expect(303).await;
    assert_eq!(patient_of(&clinic, &ann).await, patient);
    assert!(read(&clinic, &own).await["userId"].is_null());
    join(SECRET).expect(422).await;
}

#[tokio::test]
async fn an_account_with_a_record_in_use_is_sent_to_the_front_desk() {
    let clinic = clinic().await;
    let patient = registered(&clinic).await;
    let secret = token(invite(&clinic, &patient).await["link"].as_str().unwrap());
    let ann = signed_up(&clinic, "ann").await;
    let own = patient_of(&clinic, &ann).await;
    let body = json!({
        "patientId": own, "doctorId": clinic.the(Role::Doctor).id.0, "start": "2026-11-26T10:00",
        "visitType": "consultation",
    });
    clinic.post("/api/appointments").bearer(&ann).json(body).expect(201).await;
    let form = [("token", secret.as_str()), ("password", SECRET)];
    let refused = clinic.post("/invitation/join").browser(&ann).form(&form).expect(409).await;
    assert!(refused.text().contains("front desk"));
    assert_eq!(patient_of(&clinic, &ann).await, own);
    assert!(read(&clinic, &patient).await["userId"].is_null());
}

#[tokio::test]
async fn an_invitation_ends_after_a_week_and_when_another_one_is_made() {
    let clinic = clinic().await;
    let patient = registered(&clinic).await;
    let first = token(invite(&clinic, &patient).await["link"].as_str().unwrap());
    let second = token(invite(&clinic, &patient).await["link"].as_str().unwrap());
    clinic.get(&format!("/invitation?token={first}")).expect(404).await;
    clinic.get(&format!("/invitation?token={second}")).expect(200).await;
    clinic.wait(7 * 24 * 60);
    clinic.get(&format!("/invitation?token={second}")).expect(404).await;
    let body =
        json!({"username": "ann", "email": "ann@example.org", "password": SECRET, "invitation": second});
    clinic.post("/api/signup").json(body).expect(400).await;
}

#[tokio::test]
async fn staff_cannot_use_a_patients_invitation() {
    let clinic = clinic().await;
    let patient = registered(&clinic).await;
    let secret = token(invite(&clinic, &patient).await["link"].as_str().unwrap());
    let path = format!("/invitation?token={secret}");
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Patient) {
        let page = clinic.get(&path).browser(clinic.the(role)).expect(200).await.text();
        assert!(!page.contains("Ann Other"), "{role}");
    }
    clinic.get(&path).expect(200).await;
}
