//! Requests that another site makes the browser send.

use crate::harness::{Call, Clinic, Person, Stranger, clinic, regular};
use crate::matrix::row::{Expected, Row};
use crate::matrix::rows;
use axum::http::Method;
use domain::Role;
use serde_json::{Value, json};

/// Ways in which a change arrives that no page of this site sent.
const FOREIGN: [&[(&str, &str)]; 19] = [
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
    &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("host", "clinic.example")],
    &[("sec-fetch-site", "cross-site"), ("origin", "null"), ("host", "clinic.example")],
    &[("sec-fetch-site", "Same-Origin")],
    &[("sec-fetch-site", ""), ("origin", "https://evil.example"), ("host", "clinic.example")],
    &[("sec-fetch-site", "")],
    &[("origin", "https://evil.example"), ("host", "clinic.example")],
    &[("origin", "null"), ("host", "clinic.example")],
    &[("origin", ""), ("host", "clinic.example")],
    &[("origin", "https://clinic.example.evil.example"), ("host", "clinic.example")],
    &[("origin", "https://evilclinic.example"), ("host", "clinic.example")],
    &[("origin", "https://clinic.example:8443"), ("host", "clinic.example")],
    &[("origin", "https://clinic.example@evil.example"), ("host", "clinic.example")],
    &[("origin", "file://clinic.example"), ("host", "clinic.example")],
    // Where a form comes from is not told by its Referer: some browsers let pages leave it out, none must send it.
    &[("referer", "https://clinic.example/"), ("host", "clinic.example")],
    &[],
];

/// Types in which a page elsewhere can send a body without asking first.
const SIMPLE_TYPES: [&str; 4] =
    ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""];

/// Every change that the application knows × every foreign way × every simple type.
#[tokio::test]
async fn no_change_of_any_route_is_taken_from_another_site() {
    let clinic = clinic().await;
    let of = regular(&clinic).await;
    let before = clinic.state.services.storage_status().totals;
    let mut tried = 0;
    for row in rows().filter(|row| row.method() != "GET") {
        let Some(person) = served(&clinic, row, &of) else { continue };
        let (id, method) = (row.id(&of), Method::from_bytes(row.method().as_bytes()).unwrap());
        let change = |kind: &str| {
            let call = clinic.call(method.clone(), &row.path(&id)).cookie(&person).if_match(1);
            let call = if kind.is_empty() { call } else { call.header("content-type", kind) };
            call.bytes(row.text(&id, &of))
        };
        for foreign in FOREIGN {
            for kind in SIMPLE_TYPES.into_iter().chain([row.content_type()]) {
                let call = foreign.iter().fold(change(kind), |call, (name, value)| call.header(name, value));
                let reply = call.send().await;
                assert_eq!(reply.status.as_u16(), 403, "{} {foreign:?} {kind}", row.route);
                tried += 1;
            }
        }
    }
    assert!(tried > 5_000, "{tried}");
    let after = clinic.state.services.storage_status().totals;
    assert_eq!((before.appointments, before.users), (after.appointments, after.users));
}

/// The same changes from a page of this site pass this gate, in browsers that send `Sec-Fetch-Site` and in others.
#[tokio::test]
async fn every_change_is_taken_from_a_page_of_this_site() {
    for own in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("origin", "https://clinic.example"), ("host", "clinic.example")],
    ] {
        let clinic = clinic().await;
        let of = regular(&clinic).await;
        for row in rows().filter(|row| row.method() != "GET") {
            let Some(person) = served(&clinic, row, &of) else { continue };
            let method = Method::from_bytes(row.method().as_bytes()).unwrap();
            let call = clinic.call(method, &row.path(&row.id(&of))).cookie(&person).if_match(999);
            let call = call.header("content-type", row.content_type()).bytes(row.text(&row.id(&of), &of));
            let call = own.iter().fold(call, |call, (name, value)| call.header(name, value));
            let status = call.send().await.status.as_u16();
            // Some of these end a session, that of a later one too.
            assert!(row.served.contains(&status) || !matches!(status, 403 | 415), "{}: {status}", row.route);
        }
    }
}

/// Who would be served.
fn served(clinic: &Clinic, row: &Row, of: &Stranger) -> Option<Person> {
    let mut people = PEOPLE.into_iter().map(|name| clinic.named(name).clone());
    people.find(|person| row.expected(Some(person), of) == Expected::Served)
}

const PEOPLE: [&str; 7] = [
    "Dr Amina Rahman",
    "Marta Kowalska",
    "Nina Okafor",
    "Grace Hall",
    "Sam Lee",
    "Olivia Bennett",
    "Henry Shaw",
];

#[tokio::test]
async fn a_read_does_not_become_a_change_by_another_name() {
    let clinic = clinic().await;
    let of = regular(&clinic).await;
    let before = clinic.state.services.storage_status().totals;
    for row in rows().filter(|row| row.method() != "GET") {
        let Some(person) = served(&clinic, row, &of) else { continue };
        let path = row.path(&row.id(&of));
        let plain = clinic.get(&path).browser(&person).send().await.status;
        for header in ["x-http-method-override", "x-http-method", "x-method-override"] {
            let call = clinic.get(&path).browser(&person).header(header, row.method());
            assert_eq!(call.send().await.status, plain, "{} {header}", row.route);
        }
        let query = clinic.get(&format!("{path}?_method={}", row.method())).browser(&person).send().await;
        // Where unknown parameters are refused this is another answer, but a change it is not.
        assert!(query.status == plain || query.status.is_client_error(), "{}: {}", row.route, query.status);
    }
    assert_eq!(clinic.state.services.storage_status().totals, before);
    clinic.get("/api/session").bearer(clinic.the(Role::Doctor)).expect(200).await;
}

fn changes(clinic: &Clinic) -> Vec<Call<'_>> {
    let old =
        json!({"patientName": "John Doe", "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith"});
    vec![
        clinic.post("/signout").form(&[]),
        clinic.post("/profile").form(&[
            ("version", "1"),
            ("displayName", "Mallory"),
            ("email", "m@example.org"),
        ]),
        clinic.post("/patients/new").form(&[("givenName", "Mallory")]),
        clinic.post("/api/appointments").json(old.clone()),
        // A form can send JSON under a type that needs no preflight.
        clinic.post("/api/appointments").header("content-type", "text/plain").bytes(old.to_string()),
        clinic.call(Method::DELETE, "/api/session"),
    ]
}

#[tokio::test]
async fn a_change_that_another_site_sends_is_refused() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let before = clinic.state.services.storage_status().totals;
    for foreign in FOREIGN {
        for change in changes(&clinic) {
            let call =
                foreign.iter().fold(change.cookie(desk), |call, (name, value)| call.header(name, value));
            call.expect(403).await;
        }
    }
    assert_eq!(clinic.state.services.storage_status().totals, before);
    clinic.get("/api/session").cookie(desk).expect(200).await;
}

/// The refusals that the audit log knows, oldest first: whose session, and what was asked.
async fn noted(clinic: &Clinic) -> Vec<(String, String)> {
    let path = "/api/audit?action=forge-request&limit=100";
    let page = clinic.get(path).bearer(clinic.the(Role::Auditor)).expect(200).await.json();
    let events = page.as_array().unwrap().iter().rev();
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    events
        .inspect(|event| assert_eq!(text(event, "outcome"), "denied"))
        .map(|event| (text(event, "actor"), text(event, "subject")))
        .collect()
}

#[tokio::test]
async fn a_forged_request_in_somebodys_session_is_written_down_and_a_strangers_is_not() {
    let clinic = clinic().await;
    let (desk, doctor) = (clinic.the(Role::Receptionist), clinic.the(Role::Doctor));
    let forged = |path: &str| clinic.post(path).form(&[("givenName", "Mallory")]);
    forged("/patients/new").header("sec-fetch-site", "cross-site").expect(403).await;
    forged("/patients/new").cookie(desk).header("sec-fetch-site", "cross-site").expect(403).await;
    // Without any word of where it comes from, and at an address that there is not.
    clinic.call(Method::DELETE, "/api/session").cookie(doctor).expect(403).await;
    forged("/no/such/page").cookie(doctor).header("origin", "https://evil.example").expect(403).await;
    // A page of this site, and a program.
    clinic.post("/theme").form(&[("theme", "dark")]).browser(desk).expect(303).await;
    clinic.post("/api/appointments").bearer(desk).json(json!({})).expect(400).await;
    let events = [
        ("Grace Hall", "POST /patients/new"),
        ("Dr Amina Rahman", "DELETE /api/session"),
        ("Dr Amina Rahman", "POST (no such page)"),
    ];
    let events: Vec<_> = events.iter().map(|(who, what)| ((*who).to_owned(), (*what).to_owned())).collect();
    assert_eq!(noted(&clinic).await, events);
    // Administrators find it among the security events.
    let page = clinic.get("/admin/security").browser(clinic.the(Role::Admin)).expect(200).await.text();
    assert!(page.contains("Request from another site"));
}

#[tokio::test]
async fn a_page_that_goes_on_forging_does_not_fill_the_log() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    for _ in 0..200 {
        clinic.post("/signout").cookie(desk).header("sec-fetch-site", "cross-site").expect(403).await;
    }
    assert!((10..20).contains(&noted(&clinic).await.len()));
}

#[tokio::test]
async fn a_change_from_a_page_of_this_site_is_taken() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    for own in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("origin", "https://clinic.example"), ("host", "clinic.example")],
    ] {
        let call = clinic.post("/theme").form(&[("theme", "dark")]).cookie(desk);
        own.iter().fold(call, |call, (name, value)| call.header(name, value)).expect(303).await;
    }
}

#[tokio::test]
async fn a_program_with_a_token_needs_no_origin() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let old =
        json!({"patientName": "John Doe", "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith"});
    clinic.post("/api/appointments").bearer(desk).json(old).expect(201).await;
}

#[tokio::test]
async fn reading_is_free_of_all_this_and_changes_nothing() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    clinic.get("/appointments").cookie(desk).header("sec-fetch-site", "cross-site").expect(200).await;
    clinic.get("/signout").cookie(desk).expect(405).await;
    clinic.get("/api/session").cookie(desk).expect(200).await;
}

#[tokio::test]
async fn other_sites_get_no_permission_to_read() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    let reply = clinic.get("/api/session").cookie(desk).header("origin", "https://evil.example").send().await;
    assert_eq!(reply.header("access-control-allow-origin"), "");
    let preflight = clinic
        .call(Method::OPTIONS, "/api/session")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "DELETE")
        .send()
        .await;
    assert_eq!(preflight.header("access-control-allow-origin"), "");
}
