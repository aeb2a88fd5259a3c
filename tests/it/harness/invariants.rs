//! What holds for every answer of the application, whatever was asked: each reply of each test is checked.

use super::Reply;

/// Headers that every answer has, and what they must hold.
const HEADERS: [(&str, &str); 11] = [
    ("content-security-policy", "default-src 'none'"),
    ("content-security-policy", "frame-ancestors 'none'"),
    ("content-security-policy", "base-uri 'none'"),
    ("content-security-policy", "form-action 'self'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("permissions-policy", "camera=()"),
    ("permissions-policy", "geolocation=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", ""),
];

/// Words of the inside: paths, statements, types, panics and backtraces.
const INSIDE: [&str; 28] = [
    "panicked",
    "stack backtrace",
    "RUST_",
    "src/",
    ".rs:",
    "/root/",
    "/home/",
    "/tmp/",
    "/dev/shm",
    "/usr/",
    "users.json",
    "journal/",
    "jwt-secret",
    "serde",
    "tokio::",
    "hyper::",
    "axum::",
    "sqlx",
    "postgres",
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "syntax error",
    "alloc::",
    "core::",
    "Option<",
    "called `",
    "Err(",
];

/// Fails the test if an answer lacks a header or tells something of the inside.
#[track_caller]
pub fn check(place: &str, reply: &Reply) {
    for (name, part) in HEADERS {
        let value = reply.headers.get(name).and_then(|value| value.to_str().ok());
        assert!(value.is_some_and(|value| value.contains(part)), "{place}: {name} is {value:?}");
    }
    let referrer = reply.header("referrer-policy");
    assert!(matches!(referrer, "same-origin" | "no-referrer"), "{place}: {referrer}");
    let policy = reply.header("content-security-policy");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{place}: {policy}");
    for name in ["server", "x-powered-by", "access-control-allow-origin", "access-control-allow-credentials"]
    {
        assert!(!reply.headers.contains_key(name), "{place}: {name}");
    }
    let (kind, is_read) =
        (reply.header("content-type"), reply.status.as_u16() != 304 && !reply.body.is_empty());
    assert!(!is_read || !kind.is_empty(), "{place}: a body without a type");
    assert!(!kind.starts_with("text/") || kind.contains("; charset=utf-8"), "{place}: {kind}");
    let is_public = reply.header("cache-control").contains("public");
    let is_file = ["/assets/", "/fonts/", "/favicon.svg", "/robots.txt", "/licences/", "/api/openapi.json"];
    assert!(!is_public || is_file.iter().any(|path| place.contains(path)), "{place} may be kept by caches");
    if reply.status.is_client_error() || reply.status.is_server_error() {
        // The probes say which kind of store it is.
        let text = reply.text().replace(r#""storage":"postgresql""#, "");
        for word in INSIDE {
            assert!(!text.contains(word), "{place}: {} tells of {word}: {text}", reply.status);
        }
    }
}
