//! Headers that say where a request comes from: a trusted proxy's count, anyone else's do not.

use crate::harness::clinic;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Router, body::Body};
use domain::Role;
use healthcare::serve::accept;
use healthcare::web::client_address::{ClientAddress, TrustedProxies, find};
use http_body_util::BodyExt;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

const CLIENT: &str = "198.51.100.7";

/// What a server on a socket answers to a request with this header.
async fn asked(trusted: &str, header: &str) -> String {
    let clinic = clinic().await.with_settings(|parts| parts.trusted_proxies = trusted.parse().unwrap());
    let app = Router::new()
        .route("/", get(|address: ClientAddress| async move { address.to_string() }))
        .layer(from_fn_with_state(clinic.state.clone(), find));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(accept(listener, app, async {
        let _ = stopped.await;
    }));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nhost: clinic\r\n{header}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    answer.rsplit("\r\n\r\n").next().unwrap().to_owned()
}

#[tokio::test]
async fn only_a_trusted_proxy_names_the_client() {
    let header = format!("x-forwarded-for: {CLIENT}\r\n");
    assert_eq!(asked("127.0.0.1", &header).await, CLIENT);
    assert_eq!(asked("127.0.0.1", "").await, "127.0.0.1");
    assert_eq!(asked("", &header).await, "127.0.0.1");
    assert_eq!(asked("10.0.0.0/8", &header).await, "127.0.0.1");
    let spoofed = format!("x-forwarded-for: 203.0.113.9, {CLIENT}\r\n");
    assert_eq!(asked("127.0.0.1", &spoofed).await, CLIENT);
    for other in ["forwarded: for=", "x-real-ip: ", "x-client-ip: ", "true-client-ip: "] {
        assert_eq!(asked("127.0.0.1", &format!("{other}{CLIENT}\r\n")).await, "127.0.0.1", "{other}");
    }
}

#[tokio::test]
async fn a_session_cookie_counts_where_the_way_here_was_tls() {
    let clinic = clinic().await;
    let behind_tls = clinic.with_settings(|parts| parts.cookie_secure = true);
    let unknown = clinic.with_settings(|parts| {
        parts.cookie_secure = true;
        parts.trusted_proxies = TrustedProxies::default();
    });
    let desk = clinic.the(Role::Receptionist);
    for (server, peer, scheme, expected) in [
        (&behind_tls, "10.0.0.5:4711", Some("https"), StatusCode::OK),
        (&behind_tls, "10.0.0.5:4711", Some("http"), StatusCode::UNAUTHORIZED),
        (&behind_tls, "10.0.0.5:4711", None, StatusCode::UNAUTHORIZED),
        // Whoever comes past the proxy says what it likes.
        (&behind_tls, "192.0.2.1:4711", Some("https"), StatusCode::UNAUTHORIZED),
        // Without a list of proxies nobody can tell.
        (&unknown, "192.0.2.1:4711", None, StatusCode::OK),
    ] {
        let mut request = Request::get("/api/session")
            .extension(ConnectInfo(peer.parse::<SocketAddr>().unwrap()))
            .header("cookie", format!("__Host-session={}", desk.token));
        if let Some(scheme) = scheme {
            request = request.header("x-forwarded-proto", scheme);
        }
        let request = request.body(Body::empty()).unwrap();
        let reply = server.router.clone().oneshot(request).await.unwrap();
        assert_eq!(reply.status(), expected, "{peer} {scheme:?}");
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        assert!(!body.is_empty());
    }
}

#[tokio::test]
async fn a_foreign_host_named_by_a_header_changes_nothing() {
    let clinic = clinic().await;
    let desk = clinic.the(Role::Receptionist);
    for header in ["x-forwarded-host", "x-host", "forwarded", "x-original-url", "x-rewrite-url"] {
        let reply =
            clinic.get("/profile").browser(desk).header(header, "host=evil.example").expect(200).await;
        assert!(!reply.text().contains("evil.example"), "{header}");
        // Nor does it make another origin this one.
        let change = clinic.post("/theme").form(&[("theme", "dark")]).cookie(desk);
        let change = change.header("host", "clinic.example").header("origin", "https://evil.example");
        change.header(header, "evil.example").expect(403).await;
    }
}
