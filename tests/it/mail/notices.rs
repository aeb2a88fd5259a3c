//! What the owner of an account hears of.

use super::address;
use crate::harness::{PASSWORD, clinic};
use domain::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn the_owner_hears_of_what_happens_to_an_account() {
    let (clinic, inbox) = clinic().await.with_mail();
    let (admin, nina) = (clinic.the(Role::Admin), clinic.the(Role::Nurse));
    let body = json!({"current": PASSWORD, "new": "spring boots in the hall"});
    clinic.put("/api/session/password").bearer(nina).json(body).expect(200).await;
    let path = format!("/api/users/{}", nina.id);
    let change = async |body: Value| {
        let version = clinic.get(&path).bearer(admin).expect(200).await.version();
        clinic.patch(&path).bearer(admin).if_match(version).json(body).expect(200).await;
    };
    change(json!({"displayName": "Nina O."})).await;
    change(json!({"role": "receptionist"})).await;
    change(json!({"status": "disabled"})).await;
    change(json!({"status": "active"})).await;
    clinic.post(&format!("{path}/password")).bearer(admin).expect(200).await;
    clinic.call(axum::http::Method::DELETE, &format!("{path}/sessions")).bearer(admin).expect(204).await;
    clinic.post(&format!("{path}/reset-link")).bearer(admin).expect(200).await;
    // What is refused is told to nobody.
    let version = 1;
    clinic.patch(&path).bearer(admin).if_match(version).json(json!({"role": "admin"})).expect(412).await;
    let sent = inbox.rest(&clinic).await;
    let subjects: Vec<_> = sent.iter().map(|message| message.subject.split(" - ").next().unwrap()).collect();
    assert_eq!(
        subjects,
        [
            "Your password was changed",
            "Your role was changed",
            "Your account was disabled",
            "Your account was enabled",
            "Your password was replaced",
            "You were signed out everywhere",
            "A link for a new password was made",
        ]
    );
    for message in &sent {
        assert_eq!(message.to.as_str(), address(nina));
        assert!(message.text.contains("23 Nov 2026 at 09:00, at Elmwood Surgery"), "{}", message.text);
        assert!(!message.text.contains("Nina") && !message.text.contains("token="));
    }
}

#[tokio::test]
async fn a_request_that_is_sent_again_sends_no_second_message() {
    let (clinic, inbox) = clinic().await.with_mail();
    for _ in 0..2 {
        let call = clinic.post("/api/password/forgot").header("idempotency-key", "k7");
        call.json(json!({"email": "tom.baker"})).expect(202).await;
    }
    assert_eq!(inbox.rest(&clinic).await.len(), 1);
}

#[tokio::test]
async fn auditors_hear_at_once_of_an_emergency_and_not_whose() {
    let (clinic, inbox) = clinic().await.with_mail();
    let (doctor, auditor) = (clinic.the(Role::Doctor), clinic.the(Role::Auditor));
    let tom = clinic.named("Tom Baker").patient.unwrap();
    let body = json!({"reason": "Unconscious on arrival", "password": PASSWORD});
    let glass = format!("/api/patients/{tom}/emergency-access");
    clinic.post(&glass).bearer(doctor).json(body).expect(201).await;
    let sent = inbox.rest(&clinic).await;
    assert_eq!(sent.iter().map(|message| message.to.as_str()).collect::<Vec<_>>(), [address(auditor)]);
    assert!(sent[0].text.contains("/admin/emergency-access"));
    assert!(!sent[0].text.contains("Tom") && !sent[0].text.contains("Unconscious"));
}
