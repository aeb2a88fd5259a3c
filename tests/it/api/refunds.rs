//! `/api/billings/{id}/refunds`: asked for by one, decided by another, with gap-free credit notes.

use crate::harness::{Clinic, Person, Reply, clinic};
use domain::Role;
use serde_json::{Value, json};

/// A bill of Marta's, issued and paid in full; its path and version.
async fn paid(clinic: &Clinic) -> (String, u64) {
    let clerk = clinic.the(Role::Billing);
    let lines = json!([{"description": "Consultation", "unitAmount": "60.00"}]);
    let body = json!({"patientId": clinic.the(Role::Patient).patient, "lines": lines});
    let made = clinic.post("/api/billings").bearer(clerk).json(body).expect(201).await;
    let path = made.location().to_owned();
    clinic.post(&format!("{path}/issue")).bearer(clerk).if_match(1).expect(200).await;
    let pay = json!({"amount": "60.00", "method": "card"});
    let paid = clinic.post(&format!("{path}/payments")).bearer(clerk).if_match(2).json(pay).expect(200).await;
    (path, paid.version())
}

async fn ask(clinic: &Clinic, by: &Person, path: &str, version: u64, amount: &str) -> Reply {
    let body = json!({"amount": amount, "reason": "Paid twice"});
    clinic.post(&format!("{path}/refunds")).bearer(by).if_match(version).json(body).send().await
}

async fn approve(clinic: &Clinic, by: &Person, refund: &str, version: u64) -> Reply {
    let body = json!({"method": "card"});
    clinic.post(&format!("{refund}/approve")).bearer(by).if_match(version).json(body).send().await
}

#[tokio::test]
async fn a_refund_goes_from_request_to_credit_note() {
    let clinic = clinic().await;
    let (desk, clerk, marta) =
        (clinic.the(Role::Receptionist), clinic.the(Role::Billing), clinic.the(Role::Patient));
    let (path, version) = paid(&clinic).await;
    let asked = ask(&clinic, desk, &path, version, "25.50").await;
    assert_eq!((asked.status.as_u16(), asked.location()), (201, &*format!("{path}/refunds/1")));
    let refund = asked.location().to_owned();
    assert_eq!(asked.json()["status"], "requested");
    assert_eq!(asked.json()["isOwn"], true);
    let waiting = clinic.get("/api/refunds?waiting=true").bearer(clerk).expect(200).await.json();
    assert_eq!(waiting[0]["amount"], "25.50");
    assert_eq!(waiting[0]["paidByMethod"], json!({"card": "60.00"}));
    let version = waiting[0]["version"].as_u64().unwrap();
    let given = approve(&clinic, clerk, &refund, version).await;
    assert_eq!(given.status, 200, "{}", given.text());
    let given = given.json();
    assert_eq!((&given["status"], &given["creditNote"]), (&json!("approved"), &json!("2026-0001")));
    assert_eq!((&given["settledBy"], &given["method"]), (&json!("Sam Lee"), &json!("card")));
    let bill = clinic.get(&path).bearer(marta).expect(200).await.json();
    assert_eq!((&bill["status"], &bill["balance"]), (&json!("paid"), &json!("0.00")));
    assert_eq!((&bill["paid"], &bill["refunded"]), (&json!("60.00"), &json!("25.50")));
    assert_eq!(bill["refunds"][0]["creditNote"], "2026-0001");
    clinic.get(&refund).bearer(marta).expect(200).await;
    let takings = clinic.get("/api/takings").bearer(clerk).expect(200).await.json();
    assert_eq!((&takings["total"], &takings["refunded"]), (&json!("34.50"), &json!("25.50")));
    assert_eq!(takings["byMethod"]["card"], "34.50");
    assert_eq!(clinic.get("/api/refunds?waiting=true").bearer(clerk).expect(200).await.json(), json!([]));
}

#[tokio::test]
async fn the_own_request_is_refused_with_what_to_do() {
    let clinic = clinic().await;
    let (clerk, admin) = (clinic.the(Role::Billing), clinic.the(Role::Admin));
    let (path, version) = paid(&clinic).await;
    let asked = ask(&clinic, clerk, &path, version, "60").await;
    let (refund, version) = (asked.location().to_owned(), asked.version());
    let own = approve(&clinic, clerk, &refund, version).await;
    assert_eq!(own.status, 409);
    assert_eq!(own.header("content-type"), "application/problem+json");
    assert_eq!(own.json()["detail"], "This is your own request: another person must decide on it");
    let no = json!({"reason": "No"});
    let decline = clinic.post(&format!("{refund}/decline")).bearer(clerk).if_match(version);
    decline.json(no.clone()).expect(409).await;
    let audit = clinic.get("/api/audit?action=approve-refund").bearer(clinic.the(Role::Auditor));
    let events = audit.expect(200).await.json();
    assert_eq!(events.as_array().unwrap().len(), 2);
    assert_eq!((&events[0]["outcome"], &events[0]["reason"]), (&json!("denied"), &json!("own request")));
    assert_eq!(approve(&clinic, clinic.the(Role::Receptionist), &refund, version).await.status, 403);
    let missing = clinic.post(&format!("{refund}/approve")).bearer(admin).json(json!({"method": "card"}));
    missing.expect(428).await;
    let unknown = json!({"method": "shells"});
    let unknown = clinic.post(&format!("{refund}/approve")).bearer(admin).if_match(version).json(unknown);
    assert_eq!(unknown.expect(422).await.refused(), ["method"]);
    let declined = clinic.post(&format!("{refund}/decline")).bearer(admin).if_match(version).json(no);
    let declined = declined.expect(200).await.json();
    assert_eq!((&declined["status"], &declined["declinedBecause"]), (&json!("declined"), &json!("No")));
    assert_eq!(declined["patientName"], Value::Null);
    // The amount is free again, and whoever asked may take that back.
    let again = ask(&clinic, clerk, &path, declined["version"].as_u64().unwrap(), "60").await;
    let (second, version) = (again.location().to_owned(), again.version());
    let withdrawn = clinic.post(&format!("{second}/withdraw")).bearer(clerk).if_match(version);
    assert_eq!(withdrawn.expect(200).await.json()["status"], "withdrawn");
}

#[tokio::test]
async fn administrators_and_auditors_read_refunds_without_the_patient() {
    let clinic = clinic().await;
    let (path, version) = paid(&clinic).await;
    let asked = ask(&clinic, clinic.the(Role::Patient), &path, version, "10").await;
    assert_eq!(asked.status, 201);
    for role in [Role::Admin, Role::Auditor] {
        let reader = clinic.the(role);
        for place in ["/api/refunds", &format!("{path}/refunds/1")] {
            let text = clinic.get(place).bearer(reader).expect(200).await.text();
            assert!(text.contains("\"requestedBy\":\"The patient\""), "{text}");
            assert!(!text.contains("Marta") && !text.contains("Consultation"), "{text}");
        }
        clinic.get(&path).bearer(reader).expect(403).await;
    }
    let seen = clinic.get("/api/refunds").bearer(clinic.the(Role::Receptionist)).expect(200).await.json();
    assert_eq!(seen[0]["patientName"], "Marta Kowalska");
    let toms = clinic.get("/api/refunds").bearer(clinic.named("Tom Baker")).expect(200).await.json();
    assert_eq!(toms, json!([]));
    for unknown in [format!("{path}/refunds/2"), format!("{path}/refunds/0"), format!("{path}/refunds/x")] {
        clinic.get(&unknown).bearer(clinic.the(Role::Billing)).expect(404).await;
    }
}
