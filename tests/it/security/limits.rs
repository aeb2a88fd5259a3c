//! What one caller may ask of a server, and for how long it may keep it waiting.

use crate::harness::{Clinic, clinic};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use domain::Role;
use healthcare::serve::accept;
use healthcare::web::limits::{MOST_HEADERS, RateLimits};
use http_body_util::{BodyExt, channel::Channel};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

/// A clinic that serves one request a second to each caller, four at once; its seconds go by when they are told to.
async fn slow_clinic() -> (Clinic, Arc<AtomicU64>) {
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&seconds);
    let limits = RateLimits::with_ticks(1, move || Duration::from_secs(clock.load(Ordering::SeqCst)));
    (clinic().await.with_settings(|parts| parts.rate_limits = limits), seconds)
}

#[tokio::test]
async fn whoever_asks_too_much_waits_and_nobody_else_does() {
    let (clinic, seconds) = slow_clinic().await;
    let (desk, nurse) = (clinic.the(Role::Receptionist), clinic.the(Role::Nurse));
    for _ in 0..4 {
        clinic.get("/api/session").bearer(desk).expect(200).await;
    }
    let reply = clinic.get("/api/session").bearer(desk).expect(429).await;
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(reply.header("retry-after"), "1");
    let page = clinic.get("/appointments").browser(desk).expect(429).await;
    assert!(page.header("content-type").starts_with("text/html") && page.text().contains("Wait a moment"));
    assert_eq!(page.header("retry-after"), "1");
    // Other people, probes and files go on.
    clinic.get("/api/session").bearer(nurse).expect(200).await;
    clinic.get("/health").bearer(desk).expect(200).await;
    clinic.get("/favicon.svg").browser(desk).expect(200).await;
    seconds.fetch_add(1, Ordering::SeqCst);
    clinic.get("/api/session").bearer(desk).expect(200).await;
    clinic.get("/api/session").bearer(desk).expect(429).await;
}

/// Statuses of requests without an account from these peers that name these clients.
async fn statuses(clinic: &Clinic, peer: &str, clients: &[&str]) -> Vec<StatusCode> {
    let mut statuses = Vec::new();
    for client in clients {
        let request = Request::get("/signup")
            .extension(ConnectInfo(peer.parse::<SocketAddr>().unwrap()))
            .header("x-forwarded-for", *client)
            .body(Body::empty())
            .unwrap();
        statuses.push(clinic.router.clone().oneshot(request).await.unwrap().status());
    }
    statuses
}

#[tokio::test]
async fn nobody_escapes_the_count_by_a_made_up_address() {
    let made_up = ["198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5"];
    let (clinic, _) = slow_clinic().await;
    let statuses_of_stranger = statuses(&clinic, "203.0.113.9:4711", &made_up).await;
    assert_eq!(statuses_of_stranger[3..], [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS]);
    // Behind the proxy these are five clients, and one of them is stopped.
    assert_eq!(statuses(&clinic, "10.0.0.5:4711", &made_up).await, [StatusCode::OK; 5]);
    let one = ["198.51.100.9"; 5];
    let last = statuses(&clinic, "10.0.0.5:4711", &one).await.pop();
    assert_eq!(last, Some(StatusCode::TOO_MANY_REQUESTS));
    // In IPv6 a subscriber has more addresses than can be counted.
    let subscriber: Vec<String> = (1..=5).map(|host| format!("2001:db8::{host}")).collect();
    let subscriber: Vec<&str> = subscriber.iter().map(String::as_str).collect();
    let last = statuses(&clinic, "10.0.0.5:4711", &subscriber).await.pop();
    assert_eq!(last, Some(StatusCode::TOO_MANY_REQUESTS));
}

#[tokio::test]
async fn requests_with_too_many_headers_are_refused() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    for (path, kind) in [("/api/session", "application/problem+json"), ("/profile", "text/html")] {
        let many = (0..MOST_HEADERS)
            .fold(clinic.get(path).browser(desk), |call, serial| call.header(format!("x-{serial}"), "x"));
        assert!(many.expect(431).await.header("content-type").starts_with(kind));
    }
}

#[tokio::test]
async fn bodies_that_are_small_to_send_and_large_to_hold_are_refused() {
    let clinic = clinic().await;
    let clerk = clinic.the(Role::Billing);
    let deep = format!("{{\"lines\": {}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    let long = format!("{{\"lines\": [{}]}}", vec!["{}"; 5_000].join(","));
    for body in [deep, long] {
        let call = clinic.post("/api/billings").bearer(clerk).header("content-type", "application/json");
        call.bytes(body).expect(400).await;
    }
    let fields = vec!["a=b"; 5_000].join("&");
    let form = clinic.post("/patients/new").browser(clinic.the(Role::Receptionist));
    form.header("content-type", "application/x-www-form-urlencoded").bytes(fields).expect(400).await;
    // What is packed is not unpacked: it is no JSON.
    let packed = clinic.post("/api/billings").bearer(clerk).header("content-type", "application/json");
    packed.header("content-encoding", "gzip").bytes(vec![0x1f, 0x8b, 8, 0]).expect(400).await;
    let form = clinic.post("/").header("content-type", "application/x-www-form-urlencoded");
    form.header("sec-fetch-site", "same-origin").bytes(vec![b'a'; 70_000]).expect(413).await;
}

#[tokio::test]
async fn a_body_that_does_not_come_to_an_end_is_not_waited_for() {
    let clinic = clinic().await;
    let (_sender, body) = Channel::<axum::body::Bytes>::new(1);
    let request = Request::post("/api/login").header("content-type", "application/json");
    let request = request.body(Body::new(body.map_err(|error| match error {}))).unwrap();
    // From here on time runs as fast as everyone waits.
    tokio::time::pause();
    let reply = clinic.router.clone().oneshot(request).await.unwrap();
    assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// What a server on a socket answers until it hangs up, to someone who sends this and then nothing.
async fn until_it_hangs_up(sent: &str) -> String {
    let clinic = clinic().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(accept(listener, clinic.router.clone(), std::future::pending()));
    tokio::time::pause();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    tokio::time::resume();
    server.abort();
    answer
}

#[tokio::test]
async fn whoever_dribbles_a_request_is_hung_up_on() {
    for dribbled in ["", "G", "GET /health HTTP/1.1\r\nhost: clinic\r\nx-a: b\r\n"] {
        assert_eq!(until_it_hangs_up(dribbled).await, "", "{dribbled}");
    }
    // And so is whoever sends one request and dribbles the next.
    let second = "GET /health HTTP/1.1\r\nhost: clinic\r\n\r\nGET /hea";
    let answer = until_it_hangs_up(second).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_by_the_connection() {
    let many = "x-many: x\r\n".repeat(MOST_HEADERS + 1);
    let long = format!("x-long: {}\r\n", "x".repeat(40_000));
    for headers in [many, long] {
        let answer = until_it_hangs_up(&format!("GET /health HTTP/1.1\r\n{headers}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
}
