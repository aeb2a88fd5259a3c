//! Security headers, on every status.

use crate::harness::{Clinic, Reply, clinic, invariants, regular};
use axum::http::Method;
use domain::Role;
use serde_json::json;

/// One reply of every kind.
async fn replies(clinic: &Clinic) -> Vec<Reply> {
    let (desk, admin) = (clinic.the(Role::Receptionist), clinic.the(Role::Admin));
    let old =
        json!({"patientName": "John Doe", "date": "2026-12-01", "time": "10:00 AM", "doctor": "Dr. Smith"});
    clinic.post("/api/appointments").bearer(desk).json(old.clone()).expect(201).await;
    let version = clinic.get(&format!("/api/users/{}", desk.id)).bearer(desk).expect(200).await;
    let large = "x".repeat(100_000);
    vec![
        clinic.get("/").expect(200).await,
        clinic.get("/appointments").browser(desk).expect(200).await,
        // A probe's answer is in no log, so it gets no id of its own.
        clinic.get("/health").header("x-request-id", "probe-1").expect(200).await,
        clinic.get("/api").expect(200).await,
        clinic.get("/appointments").expect(303).await,
        clinic
            .get(&format!("/api/users/{}", desk.id))
            .bearer(desk)
            .header("if-none-match", version.header("etag"))
            .expect(304)
            .await,
        clinic.post("/api/login").json(json!([])).expect(400).await,
        clinic.get("/api/users").expect(401).await,
        clinic.get("/api/takings").bearer(desk).expect(403).await,
        clinic.get("/billing/takings").browser(desk).expect(403).await,
        clinic.get("/nothing").expect(404).await,
        clinic.get("/api/nothing").expect(404).await,
        clinic.get("/api/signup").expect(405).await,
        clinic.post("/api/appointments").bearer(desk).json(old).expect(409).await,
        clinic
            .patch(&format!("/api/users/{}", desk.id))
            .bearer(admin)
            .if_match(99)
            .json(json!({}))
            .expect(412)
            .await,
        clinic.post("/api/signup").header("content-type", "application/json").bytes(large).expect(413).await,
        clinic.post("/api/signup").bytes("x").expect(415).await,
        clinic.post("/").form(&[]).expect(422).await,
        clinic.patch(&format!("/api/users/{}", desk.id)).bearer(admin).json(json!({})).expect(428).await,
        clinic.post("/signout").cookie(desk).form(&[]).expect(403).await,
    ]
}

/// Every reply of every test is checked for this; here it is seen on every status.
#[tokio::test]
async fn every_reply_carries_the_security_headers() {
    let clinic = clinic().await;
    for reply in replies(&clinic).await {
        invariants::check(reply.status.as_str(), &reply);
        assert_eq!(reply.header("cache-control"), "no-store", "{}", reply.status);
        assert!(!reply.header("x-request-id").is_empty(), "{}", reply.status);
        assert_eq!(reply.header("strict-transport-security"), "", "{}", reply.status);
    }
}

#[tokio::test]
async fn over_tls_browsers_are_told_to_stay_there() {
    let secured = clinic().await.with_settings(|parts| parts.cookie_secure = true);
    let files = [("/favicon.svg", 200), ("/health", 200), ("/ready", 200)];
    let pages = [("/", 200), ("/api/users", 401), ("/nothing", 404), ("/api/signup", 405)];
    for (path, status) in files.into_iter().chain(pages) {
        let reply = secured.get(path).expect(status).await;
        assert_eq!(
            reply.header("strict-transport-security"),
            "max-age=31536000; includeSubDomains",
            "{path}"
        );
    }
}

#[tokio::test]
async fn nothing_is_traced_back() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    for path in ["/", "/appointments", "/api/session", "/health", "/nothing"] {
        for method in ["TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let reply =
                clinic.call(method.clone(), path).browser(desk).header("x-echo", "echoed").send().await;
            assert!(reply.status.is_client_error(), "{method} {path}: {}", reply.status);
            assert!(!reply.text().contains("echoed"), "{method} {path}");
        }
    }
}

/// What becomes a file has a name of ours, whatever name was asked for.
#[tokio::test]
async fn files_have_names_that_nobody_typed() {
    let clinic = clinic().await;
    let visit = regular(&clinic).await.appointment;
    for (path, person, name) in [
        (format!("/appointments/{visit}/calendar.ics"), Role::Patient, format!("appointment-{visit}.ics")),
        ("/admin/audit/export?format=csv".to_owned(), Role::Auditor, "audit-2026-11-23.csv".to_owned()),
    ] {
        let joint = if path.contains('?') { '&' } else { '?' };
        for asked in ["", "filename=evil.html", "name=..%2F..%2Fevil%0d%0ax:y"] {
            let path = format!("{path}{joint}{asked}");
            let reply = clinic.get(&path).browser(clinic.the(person)).expect(200).await;
            assert_eq!(
                reply.header("content-disposition"),
                format!("attachment; filename=\"{name}\""),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn every_nonce_is_new() {
    let clinic = clinic().await;
    let one = clinic.get("/").expect(200).await;
    let other = clinic.get("/").expect(200).await;
    assert_ne!(one.header("content-security-policy"), other.header("content-security-policy"));
}

#[tokio::test]
async fn the_session_cookie_is_for_this_site_alone() {
    let clinic = clinic().await;
    let form = [("login", "grace.hall"), ("password", crate::harness::PASSWORD)];
    let reply = clinic.post("/").form(&form).header("sec-fetch-site", "same-origin").expect(303).await;
    let cookie = reply.header("set-cookie");
    for part in ["session=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn a_request_id_from_outside_is_kept_only_if_it_is_plain() {
    let clinic = clinic().await;
    assert_eq!(
        clinic.get("/health").header("x-request-id", "trace-1").expect(200).await.header("x-request-id"),
        "trace-1"
    );
    for odd in ["<script>", "a b", &"x".repeat(65), ""] {
        let reply = clinic.get("/nothing").header("x-request-id", odd).expect(404).await;
        assert_ne!(reply.header("x-request-id"), odd);
        assert!(!reply.text().contains("<script>"));
    }
}
