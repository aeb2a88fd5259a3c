//! The yardstick of the measurements: a bare axum server that sends the same bytes and does nothing else.

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the yardstick has no configuration of its own")]
    let variable = |name: &str| std::env::vars().find(|(known, _)| known == name).map(|(_, value)| value);
    let address = variable("ADDR").unwrap_or_else(|| "127.0.0.1:3100".to_owned());
    let bytes = variable("BYTES_FILE").map(std::fs::read).transpose()?.unwrap_or_default();
    let bytes = Bytes::from(bytes);
    let health = Bytes::from_static(
        br#"{"status":"healthy","timestamp":"2026-11-23T09:00:00.000Z","service":"healthcare-backend","storage":"file-based"}"#,
    );
    let json = |body: Bytes| async move { ([(CONTENT_TYPE, "application/json")], body) };
    let app =
        Router::new().route("/health", get(move || json(health))).route("/bytes", get(move || json(bytes)));
    axum::serve(tokio::net::TcpListener::bind(address).await?, app).await
}
