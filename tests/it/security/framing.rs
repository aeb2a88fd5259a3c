//! Where one request ends and the next begins: were a proxy and this server of two minds, somebody could put a request into
//! the connection of somebody else (RFC 9112 §6.3 and §11.2).

use crate::harness::clinic;
use healthcare::serve::accept;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The request that somebody hides behind another one; its answer alone is a picture.
const HIDDEN: &str = "GET /favicon.svg HTTP/1.1\r\nhost: clinic\r\nconnection: close\r\n\r\n";

/// What a server on a socket answers to a first request of these headers and this body, with [`HIDDEN`] right behind it,
/// until it hangs up.
async fn answers(headers: &str, body: &str) -> String {
    let clinic = clinic().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(accept(listener, clinic.router.clone(), std::future::pending()));
    tokio::time::pause();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /api/login HTTP/1.1\r\nhost: clinic\r\ncontent-type: application/json\r\n";
    stream.write_all(format!("{head}{headers}\r\n{body}{HIDDEN}").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    tokio::time::resume();
    server.abort();
    String::from_utf8_lossy(&answer).into_owned()
}

fn serves_what_is_hidden(answer: &str) -> bool {
    answer.contains("image/svg+xml")
}

#[tokio::test]
async fn a_plain_body_ends_where_it_says_and_the_next_request_is_served() {
    for (headers, body) in
        [("content-length: 2\r\n", "{}"), ("transfer-encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n")]
    {
        let answer = answers(headers, body).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{headers}: {answer}");
        assert!(serves_what_is_hidden(&answer), "{headers}");
    }
}

/// Chunks count where both are given; what follows is not looked at, as whoever sent that may have meant it otherwise.
#[tokio::test]
async fn a_length_beside_chunks_is_ignored_and_the_connection_ends() {
    for length in ["content-length: 0\r\n", "content-length: 90\r\n"] {
        let answer =
            answers(&format!("{length}transfer-encoding: chunked\r\n"), "2\r\n{}\r\n0\r\n\r\n").await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{length}: {answer}");
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("\"errors\""), "{length}: {answer}");
    }
}

#[tokio::test]
async fn bounds_that_can_be_read_in_two_ways_end_the_connection() {
    for (headers, body) in [
        ("content-length: 2\r\ncontent-length: 90\r\n", "{}"),
        ("content-length: 2, 90\r\n", "{}"),
        ("content-length: +2\r\n", "{}"),
        ("content-length: -2\r\n", "{}"),
        ("content-length: 0x2\r\n", "{}"),
        ("content-length : 2\r\n", "{}"),
        ("transfer-encoding: identity\r\n", "{}"),
        ("transfer-encoding: xchunked\r\n", "{}"),
        ("transfer-encoding: chunked, identity\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        ("transfer-encoding : chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        ("transfer-encoding: chunked\r\n", "2x\r\n{}\r\n0\r\n\r\n"),
        ("transfer-encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n"),
        ("transfer-encoding: chunked\r\n", "fffffffffffffffff2\r\n{}\r\n0\r\n\r\n"),
    ] {
        let answer = answers(headers, body).await;
        assert!(!serves_what_is_hidden(&answer), "{headers}{body}: {answer}");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{headers}{body}: {answer}");
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{headers}{body}: {answer}");
    }
}
