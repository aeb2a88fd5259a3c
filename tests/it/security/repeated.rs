//! A field that comes twice: what looks at a request on its way takes the one, what serves it the other.

use crate::harness::{clinic, crawl, dom};
use domain::Role;

#[tokio::test]
async fn a_field_that_comes_twice_is_refused_wherever_it_stands() {
    let clinic = clinic().await;
    let (desk, auditor) = (clinic.the(Role::Receptionist), clinic.the(Role::Auditor));
    let forms = [
        ("/patients/new", vec![("givenName", "Ann"), ("familyName", "Lee"), ("givenName", "Mallory")]),
        ("/theme", vec![("theme", "dark"), ("theme", "dark")]),
        ("/theme", vec![("theme", "dark"), ("idempotencyKey", "a1"), ("idempotencyKey", "a2")]),
    ];
    for (path, fields) in forms {
        let reply = clinic.post(path).browser(desk).form(&fields).expect(400).await;
        assert!(reply.header("content-type").starts_with("text/html"), "{path}");
    }
    clinic.post("/theme").browser(desk).form(&[("theme", "dark")]).expect(303).await;
    // The same field under other signs is the same field.
    let disguised =
        clinic.post("/theme").browser(desk).header("content-type", "application/x-www-form-urlencoded");
    disguised.bytes("theme=dark&th%65me=light").expect(400).await;
    for path in ["/patients?q=lee&q=kowalska", "/appointments?date=2026-11-23&date=2026-11-24"] {
        clinic.get(path).browser(desk).expect(400).await;
    }
    for path in ["/admin/audit?outcome=denied&outcome=success", "/api/audit?outcome=denied&outcome=success"] {
        clinic.get(path).browser(auditor).expect(400).await;
    }
    // And in JSON.
    let twice = r#"{"patientName": "A", "patientName": "B", "date": "2026-12-01", "time": "10:00 AM", "doctor": "C"}"#;
    let call = clinic.post("/api/appointments").bearer(desk).header("content-type", "application/json");
    call.bytes(twice).expect(400).await;
}

/// No page's own form sends one: what it offers is taken. Every page has the one form that ends the session.
#[tokio::test]
async fn every_page_offers_to_sign_out_and_no_form_sends_a_field_twice() {
    let clinic = clinic().await;
    let mut seen = 0;
    for role in Role::ALL {
        for (path, reply) in crawl(&clinic, Some(clinic.the(role)), &[]).await {
            if reply.header("content-type").starts_with("text/html") {
                let forms = dom::forms(&path, &reply.text());
                assert!(
                    forms.iter().any(|form| form.is_post && form.action == "/signout"),
                    "{path} for {role}"
                );
                seen += forms.len();
                assert_eq!(dom::doubled(&reply.text()), Vec::<String>::new(), "{path} for {role}");
            }
        }
    }
    assert!(seen > 500, "{seen}");
}
