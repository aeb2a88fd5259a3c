//! `/api/billings`: drafts, gap-free numbers, payments that never exceed the total.

use crate::harness::{Clinic, Reply, clinic};
use domain::Role;
use serde_json::{Value, json};

async fn draft(clinic: &Clinic, lines: Value) -> Reply {
    let body = json!({"patientId": clinic.the(Role::Patient).patient, "lines": lines});
    clinic.post("/api/billings").bearer(clinic.the(Role::Billing)).json(body).send().await
}

fn one_line() -> Value {
    json!([{"description": "Consultation", "quantity": 2, "unitAmount": "42.50"}])
}

#[tokio::test]
async fn a_bill_goes_from_draft_to_paid() {
    let clinic = clinic().await;
    let clerk = clinic.the(Role::Billing);
    let made = draft(&clinic, one_line()).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["total"], "85.00");
    assert_eq!(made.json()["status"], "draft");
    let path = made.location().to_owned();
    let lines = json!({"lines": [{"description": "Follow-up", "unitAmount": 42}]});
    let revised = clinic.put(&path).bearer(clerk).if_match(1).json(lines.clone()).expect(200).await;
    assert_eq!(revised.json()["amount"], 42);
    let issued = clinic.post(&format!("{path}/issue")).bearer(clerk).if_match(2).expect(200).await;
    assert_eq!(issued.json()["number"], "2026-0001");
    assert_eq!(issued.json()["due"], "2026-12-23");
    clinic.put(&path).bearer(clerk).if_match(3).json(lines).expect(409).await;
    let pay = |amount: &'static str, version: u64| {
        let body = json!({"amount": amount, "method": "cash"});
        clinic.post(&format!("{path}/payments")).bearer(clerk).if_match(version).json(body)
    };
    let part = pay("40.00", 3).expect(200).await;
    assert_eq!(part.json()["balance"], "2.00");
    assert_eq!(part.json()["status"], "partly-paid");
    assert_eq!(pay("2.01", 4).expect(422).await.refused(), ["amount"]);
    pay("2.00", 3).expect(412).await;
    let paid = pay("2.00", 4).expect(200).await;
    assert_eq!(paid.json()["status"], "paid");
    assert_eq!(paid.json()["payments"][1]["receipt"], "2026-0002");
}

#[tokio::test]
async fn numbers_have_no_gap_though_bills_are_refused_in_between() {
    let clinic = clinic().await;
    let clerk = clinic.the(Role::Billing);
    for expected in ["2026-0001", "2026-0002"] {
        let made = draft(&clinic, one_line()).await;
        let path = format!("{}/issue", made.location());
        clinic.post(&path).bearer(clerk).if_match(9).expect(412).await;
        let issued = clinic.post(&path).bearer(clerk).if_match(1).expect(200).await;
        assert_eq!(issued.json()["number"], expected);
        clinic.post(&path).bearer(clerk).if_match(2).expect(409).await;
    }
}

#[tokio::test]
async fn the_refused_line_is_named_by_its_place() {
    let clinic = clinic().await;
    let lines = json!([
        {"description": "Consultation", "unitAmount": "42.50"},
        {"description": "", "unitAmount": "1.234", "quantity": 0},
    ]);
    let refused = draft(&clinic, lines).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.refused(), ["lines[1].description", "lines[1].quantity", "lines[1].unitAmount"]);
    assert_eq!(draft(&clinic, json!([])).await.refused(), ["lines"]);
}

#[tokio::test]
async fn a_patient_sees_their_issued_bills_and_pays_by_card() {
    let clinic = clinic().await;
    let (clerk, marta) = (clinic.the(Role::Billing), clinic.the(Role::Patient));
    let made = draft(&clinic, one_line()).await;
    clinic.get(made.location()).bearer(marta).expect(404).await;
    clinic.post(&format!("{}/issue", made.location())).bearer(clerk).if_match(1).expect(200).await;
    let seen = clinic.get("/api/billings").bearer(marta).expect(200).await.json();
    assert_eq!(seen[0]["total"], "85.00");
    let pay = |method: &str| {
        let body = json!({"amount": 85, "method": method});
        clinic.post(&format!("{}/payments", made.location())).bearer(marta).if_match(2).json(body)
    };
    assert_eq!(pay("cash").expect(422).await.refused(), ["method"]);
    assert_eq!(pay("card").expect(200).await.json()["status"], "paid");
}

#[tokio::test]
async fn takings_count_what_was_taken_today() {
    let clinic = clinic().await;
    let clerk = clinic.the(Role::Billing);
    let old = json!({"patientName": "John Doe", "amount": "100", "paymentMethod": "Cash"});
    let bill = clinic.post("/api/billings").bearer(clerk).json(old).expect(201).await;
    let pay = json!({"amount": "30.50", "method": "transfer"});
    clinic
        .post(&format!("{}/payments", bill.location()))
        .bearer(clerk)
        .if_match(1)
        .json(pay)
        .expect(200)
        .await;
    let takings = clinic.get("/api/takings").bearer(clerk).expect(200).await.json();
    assert_eq!(takings["total"], "30.50");
    assert_eq!(takings["byMethod"], json!({"card": "0.00", "cash": "0.00", "transfer": "30.50"}));
    assert_eq!(takings["outstanding"], "69.50");
    clinic.get("/api/takings?from=2026-11-23&until=2026-11-22").bearer(clerk).expect(422).await;
}
