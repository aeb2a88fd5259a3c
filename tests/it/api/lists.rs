//! Lists: bounded, newest first, linked; and the audit log.

use crate::harness::clinic;
use domain::Role;
use serde_json::json;

#[tokio::test]
async fn a_long_list_is_read_page_by_page_without_gap_or_double() {
    let clinic = clinic().await;
    let clerk = clinic.the(Role::Billing);
    for serial in 1..=7 {
        let body = json!({"patientName": "John Doe", "amount": serial, "paymentMethod": "Cash"});
        clinic.post("/api/billings").bearer(clerk).json(body).expect(201).await;
    }
    let mut path = "/api/billings?limit=3&status=issued".to_owned();
    let mut amounts = Vec::new();
    let mut pages = 0;
    while !path.is_empty() {
        let page = clinic.get(&path).bearer(clerk).expect(200).await;
        amounts.extend(page.json().as_array().unwrap().iter().map(|bill| bill["amount"].as_u64().unwrap()));
        let link = page.header("link").to_owned();
        path = match link.strip_prefix('<').and_then(|rest| rest.split_once(">; rel=\"next\"")) {
            Some((next, _)) => next.to_owned(),
            None => String::new(),
        };
        assert!(path.is_empty() || path.contains("limit=3") && path.contains("status=issued"), "{path}");
        pages += 1;
    }
    assert_eq!(amounts, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn limits_are_from_1_to_100() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    for (limit, status) in [("1", 200), ("100", 200), ("0", 400), ("101", 400), ("-1", 400), ("many", 400)] {
        clinic.get(&format!("/api/users?limit={limit}")).bearer(admin).expect(status).await;
    }
    assert_eq!(
        clinic.get("/api/users?limit=2").bearer(admin).expect(200).await.json().as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_cursor_that_is_none_ends_the_list() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    for cursor in ["x", "%00", "999999999999999999999999", "'%20or%201=1"] {
        let page = clinic.get(&format!("/api/users?cursor={cursor}")).bearer(admin).expect(200).await;
        assert_eq!(page.json(), json!([]), "{cursor}");
        assert_eq!(page.header("link"), "");
    }
}

#[tokio::test]
async fn parameters_that_nobody_knows_are_refused() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    for path in ["/api/users?sort=id", "/api/users?limit=1&limit=2", "/api/audit?action=fly"] {
        clinic.get(path).bearer(admin).expect(400).await;
    }
}

#[tokio::test]
async fn the_audit_log_tells_who_did_what_and_who_was_refused() {
    let clinic = clinic().await;
    let (auditor, admin) = (clinic.the(Role::Auditor), clinic.the(Role::Admin));
    clinic.get("/api/appointments").bearer(admin).header("x-request-id", "trace-77").expect(403).await;
    let path = format!("/api/audit?actor={}&outcome=denied", admin.id);
    let events = clinic.get(&path).bearer(auditor).expect(200).await.json();
    assert_eq!(events[0]["action"], "read-appointments");
    assert_eq!(events[0]["requestId"], "trace-77");
    assert_eq!(events[0]["actor"], "Olivia Bennett");
    let seen = clinic.get("/api/audit?limit=100").bearer(admin).expect(200).await.json();
    assert!(seen.as_array().unwrap().iter().all(|event| event["action"] != "read-appointments"));
}

#[tokio::test]
async fn figures_have_no_names() {
    let clinic = clinic().await;
    let figures = clinic.get("/api/activity").bearer(clinic.the(Role::Admin)).expect(200).await;
    assert_eq!(figures.json()["usersByRole"]["doctor"], 2);
    assert_eq!(figures.json()["appointmentsByDay"].as_array().unwrap().len(), 14);
    assert!(!figures.text().contains("Marta"));
}
