//! Messages about appointments: how they arrive, and what patients and staff do about them.

use super::smtp::{Server, decoded, mailer};
use crate::harness::{Clinic, SITE, clinic};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use domain::{Phone, Role};
use healthcare::config::Secret;
use healthcare::mail::WebhookArgs;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use service::{MailError, Outbox, Text, TextGateway};
use sha2::Sha256;
use std::sync::{Arc, Mutex};

const SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c";

/// Ann, with an address and a phone, booked with the doctor on Friday at nine for a reason that concerns nobody else.
async fn booked(clinic: &Clinic) -> Value {
    booked_at(clinic, "2026-11-27T09:00:00Z").await
}

async fn booked_at(clinic: &Clinic, start: &str) -> Value {
    let desk = clinic.the(Role::Receptionist);
    let body = json!({
        "givenName": "Ann", "familyName": "Other", "birthDate": "1961-02-03", "email": "ann@example.org",
        "phone": "020 7946 0958",
    });
    let patient = clinic.post("/api/patients").bearer(desk).json(body).expect(201).await.id();
    let body = json!({
        "patientId": patient, "doctorId": clinic.the(Role::Doctor).id.0, "start": start,
        "visitType": "consultation", "reason": "Zebrafish allergy",
    });
    clinic.post("/api/appointments").bearer(desk).json(body).expect(201).await.json()
}

async fn dispatch(clinic: &Clinic) -> service::scheduling::notices::Dispatched {
    clinic.state.services.dispatch("test").await.unwrap()
}

fn token(text: &str, page: &str) -> String {
    let (_, rest) = text.split_once(&format!("{SITE}{page}?token=")).unwrap_or_else(|| panic!("{text}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

async fn appointment(clinic: &Clinic, visit: &Value) -> Value {
    let path = format!("/api/appointments/{}", visit["id"]);
    clinic.get(&path).bearer(clinic.the(Role::Receptionist)).expect(200).await.json()
}

#[tokio::test]
async fn a_confirmation_arrives_by_mail_and_its_link_confirms_and_cancels() {
    let mut server = Server::start(0).await;
    let clinic = clinic().await.sending(Outbox::start(Arc::new(mailer(server.port, "")), SITE, &[]));
    let visit = booked(&clinic).await;
    assert_eq!(dispatch(&clinic).await.sent, 1);
    let got = server.message().await;
    assert_eq!(got["to"], json!(["ann@example.org"]));
    let raw = decoded(got["raw"].as_str().unwrap());
    assert!(raw.contains("Friday 27 November 2026 at 09:00") && raw.contains("@elmwood.example>"), "{raw}");
    for secret in ["Zebrafish", "onsultation", "Ann", "Other", clinic.the(Role::Doctor).name] {
        assert!(!raw.contains(secret), "{secret}: {raw}");
    }
    let token = token(&raw, "/visit");
    let link = format!("/visit?token={token}");
    for _ in 0..2 {
        let page = clinic.get(&link).expect(200).await.text();
        assert!(page.contains("Friday 27 November 2026, 09:00") && page.contains("I will come"), "{page}");
        assert!(!page.contains("Ann") && !page.contains("Zebrafish"));
    }
    assert_eq!(appointment(&clinic, &visit).await["version"], visit["version"], "opening it changes nothing");
    let answer = |answer| [("token", token.clone()), ("answer", answer)];
    let confirm = answer("confirm".to_owned());
    let confirm = confirm.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(clinic.post("/visit").form(&confirm).expect(303).await.location(), link);
    assert!(clinic.get(&link).expect(200).await.text().contains("You confirmed that you will come"));
    // Staff see it where they look.
    let desk = clinic.the(Role::Receptionist);
    for path in [
        "/appointments?view=list",
        "/appointments?date=2026-11-27",
        &format!("/appointments/{}", visit["id"]),
    ] {
        assert!(
            clinic.get(path).browser(desk).expect(200).await.text().contains("Confirmed by patient"),
            "{path}"
        );
    }
    assert!(appointment(&clinic, &visit).await["confirmedAt"].is_string());
    let body = json!({"token": token, "answer": "cancel"});
    clinic.post("/api/visit").json(body.clone()).expect(204).await;
    assert_eq!(appointment(&clinic, &visit).await["status"], "cancelled-by-patient");
    assert!(clinic.get(&link).expect(200).await.text().contains("This appointment is cancelled"));
    clinic.post("/api/visit").json(body).expect(422).await;
    assert_eq!(dispatch(&clinic).await.sent, 1);
    let raw = decoded(server.message().await["raw"].as_str().unwrap());
    assert!(raw.contains("was cancelled"), "{raw}");
}

#[tokio::test]
async fn a_link_that_is_too_late_or_of_before_a_move_says_what_to_do() {
    let (clinic, mut inbox) = clinic().await.with_mail();
    let visit = booked(&clinic).await;
    dispatch(&clinic).await;
    let old = token(&inbox.next("ann@example.org").await.text, "/visit");
    let body = json!({"doctorId": clinic.the(Role::Doctor).id.0, "start": "2026-11-24T09:00:00Z"});
    let path = format!("/api/appointments/{}", visit["id"]);
    let version = visit["version"].as_u64().unwrap();
    clinic.patch(&path).bearer(clinic.the(Role::Receptionist)).if_match(version).json(body).expect(200).await;
    let page = clinic.get(&format!("/visit?token={old}")).expect(200).await.text();
    assert!(page.contains("This appointment has changed") && !page.contains("27 November"), "{page}");
    dispatch(&clinic).await;
    let new = token(&inbox.next("ann@example.org").await.text, "/visit");
    clinic.wait(1);
    let form = [("token", new.as_str()), ("answer", "cancel")];
    let page = clinic.post("/visit").form(&form).expect(422).await.text();
    assert!(page.contains("until 24 hours before the appointment. Call the clinic"), "{page}");
    assert_eq!(appointment(&clinic, &visit).await["status"], "booked");
    for bad in ["/visit?token=x", "/visit", "/reminders?token=x"] {
        assert!(clinic.get(bad).expect(404).await.text().contains("This link does not work"), "{bad}");
    }
}

#[tokio::test]
async fn reminders_stop_by_the_link_in_one_and_by_the_boxes_of_the_form() {
    let (clinic, mut inbox) = clinic().await.with_mail();
    let visit = booked_at(&clinic, "2026-11-25T09:10:00Z").await;
    clinic.wait(10);
    dispatch(&clinic).await;
    inbox.next("ann@example.org").await;
    let token = token(&inbox.next("ann@example.org").await.text, "/reminders");
    let link = format!("/reminders?token={token}");
    let off = async || {
        let path = format!("/api/patients/{}", visit["patientId"].as_str().unwrap());
        clinic.get(&path).bearer(clinic.the(Role::Receptionist)).expect(200).await.json()["remindersOff"]
            .clone()
    };
    assert!(clinic.get(&link).expect(200).await.text().contains("Stop reminders"));
    assert_eq!(off().await, json!([]));
    let set = async |wanted: &str| {
        let form = [("token", token.as_str()), ("wanted", wanted)];
        assert_eq!(clinic.post("/reminders").form(&form).expect(303).await.location(), link);
    };
    set("no").await;
    assert_eq!(off().await, json!(["email"]));
    assert!(clinic.get(&link).expect(200).await.text().contains("Reminders are off"));
    set("yes").await;
    assert_eq!(off().await, json!([]));
    clinic.post("/api/reminders").json(json!({"token": token, "wanted": false})).expect(204).await;
    assert_eq!(off().await, json!(["email"]));
    // The form shows it, and changes it.
    let desk = clinic.the(Role::Receptionist);
    let path = format!("/patients/{}/edit", visit["patientId"].as_str().unwrap());
    let page = clinic.get(&path).browser(desk).expect(200).await.text();
    assert!(page.contains("Remind by email"), "{page}");
    let version = page.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [
        ("version", version),
        ("givenName", "Ann"),
        ("familyName", "Other"),
        ("birthDate-day", "3"),
        ("birthDate-month", "2"),
        ("birthDate-year", "1961"),
        ("email", "ann@example.org"),
        ("remindersShown", "yes"),
        ("remindersEmail", "yes"),
    ];
    clinic.post(&path).browser(desk).form(&form).expect(303).await;
    assert_eq!(off().await, json!(["webhook"]));
}

#[tokio::test]
async fn what_failed_is_found_and_sent_again() {
    let server = Server::start(0).await;
    let clinic = clinic().await.sending(Outbox::start(Arc::new(mailer(server.port, "")), SITE, &[]));
    let visit = booked(&clinic).await;
    let (desk, admin) = (clinic.the(Role::Receptionist), clinic.the(Role::Admin));
    let patient = visit["patientId"].as_str().unwrap();
    let path = format!("/api/patients/{patient}");
    let body = json!({
        "givenName": "Ann", "familyName": "Other", "birthDate": "1961-02-03", "email": "gone@example.org",
    });
    clinic.put(&path).bearer(desk).if_match(1).json(body).expect(204).await;
    assert_eq!(dispatch(&clinic).await.failed, 1);
    let page = clinic.get("/appointments/messages?state=failed").browser(desk).expect(200).await.text();
    assert!(page.contains("The server answered 550") && page.contains("Ann Other"), "{page}");
    assert!(page.contains("Send again") && !page.contains("gone@example.org"), "{page}");
    let page = clinic.get("/appointments/messages").browser(admin).expect(200).await.text();
    assert!(page.contains("Send again") && !page.contains("Ann Other"), "{page}");
    clinic.get("/appointments/messages?state=odd&day=never").browser(desk).expect(422).await;
    let page = clinic.get(&format!("/appointments/{}", visit["id"])).browser(desk).expect(200).await.text();
    assert!(page.contains("The server answered 550") && page.contains("Send again"), "{page}");
    let list = async |query: &str| -> Vec<Value> {
        let path = format!("/api/messages{query}");
        clinic.get(&path).bearer(desk).expect(200).await.json().as_array().unwrap().clone()
    };
    assert_eq!(list("").await.len(), 3);
    assert_eq!(list("?notice=reminder&day=2026-11-27&limit=1").await.len(), 1);
    let failed = list("?state=failed").await;
    assert_eq!(
        (&failed[0]["notice"], &failed[0]["why"]),
        (&json!("booked"), &json!("the server answered 550"))
    );
    clinic.get("/api/messages?state=odd").bearer(desk).expect(422).await;
    let id = failed[0]["id"].as_str().unwrap();
    let form = [("return", "/appointments/messages?state=failed")];
    let path = format!("/appointments/messages/{id}/retry");
    let back = clinic.post(&path).browser(desk).form(&form).expect(303).await;
    assert_eq!(back.location(), "/appointments/messages?state=failed&notice=message-retried");
    clinic.post(&format!("/api/messages/{id}/retry")).bearer(desk).expect(409).await;
    assert_eq!(dispatch(&clinic).await.failed, 1);
    let again = clinic.post(&format!("/api/messages/{id}/retry")).bearer(admin).expect(200).await.json();
    assert_eq!((&again["state"], &again["patientName"]), (&json!("waiting"), &Value::Null));
    let path = format!("/api/appointments/{}/messages", visit["id"]);
    assert_eq!(clinic.get(&path).bearer(desk).expect(200).await.json().as_array().unwrap().len(), 3);
}

/// What a gateway was sent, and the status that it answers.
#[derive(Clone, Default)]
struct Gateway {
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answer: Arc<Mutex<StatusCode>>,
}

async fn take(State(gateway): State<Gateway>, headers: HeaderMap, body: Bytes) -> StatusCode {
    gateway.got.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
    *gateway.answer.lock().unwrap()
}

#[tokio::test]
async fn a_text_message_reaches_the_gateway_signed() {
    let gateway = Gateway::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/send", listener.local_addr().unwrap());
    let app = Router::new().route("/send", post(take)).with_state(gateway.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let args = WebhookArgs {
        message_webhook_url: Some(Secret::from(url)),
        message_webhook_secret: Some(Secret::from(SECRET.to_owned())),
        message_webhook_secret_file: None,
    };
    let webhook = args.gateway(true).unwrap().unwrap();
    let text = Text {
        id: "a1".to_owned(),
        to: Phone::parse("020 7946 0958").unwrap(),
        text: "Elmwood Surgery: your appointment is on 27 Nov 2026 at 09:00.".to_owned(),
        notice: "booked",
    };
    webhook.send(&text).await.unwrap();
    let (headers, body) = gateway.got.lock().unwrap()[0].clone();
    let header = |name: &str| headers[name].to_str().unwrap();
    let expected = json!({
        "id": "a1", "to": "020 7946 0958", "text": text.text, "notice": "booked", "language": "en",
    });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    assert_eq!((header("webhook-id"), header("idempotency-key")), ("a1", "a1"));
    let signed = format!("a1.{}.{body}", header("webhook-timestamp"));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(signed);
    let signature = header("webhook-signature").strip_prefix("v1,").unwrap();
    let signature = base64::engine::general_purpose::STANDARD.decode(signature).unwrap();
    mac.verify_slice(&signature).unwrap();
    for (status, is_temporary) in [(503, true), (400, false), (307, false)] {
        *gateway.answer.lock().unwrap() = StatusCode::from_u16(status).unwrap();
        let refused = webhook.send(&text).await.unwrap_err();
        assert_eq!(matches!(refused, MailError::Temporary(_)), is_temporary, "{status}");
        assert_eq!(refused.to_string(), format!("the gateway answered {status}"));
    }
}
