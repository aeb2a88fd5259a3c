//! Against a real mail server on this machine (`end2end/smtp.mjs`).

use crate::harness::{PASSWORD, clinic, token};
use domain::Email;
use healthcare::mail::Smtp;
use serde_json::{Value, json};
use service::{MailError, Mailer, Message, Outbox};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The server; it ends with the test.
pub(super) struct Server {
    process: Child,
    pub(super) port: u64,
    lines: UnboundedReceiver<Value>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// On this port, or on a free one.
    pub(super) async fn start(port: u16) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/end2end");
        let mut process = Command::new("node")
            .args(["smtp.mjs", &port.to_string()])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is needed: https://nodejs.org");
        let (sender, mut lines) = unbounded_channel();
        let output = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        let port: Option<Value> = lines.recv().await;
        let port =
            port.expect("the packages of end2end are needed: (cd end2end && npm ci)").as_u64().unwrap();
        Self { process, port, lines }
    }

    pub(super) async fn message(&mut self) -> Value {
        self.lines.recv().await.unwrap()
    }
}

pub(super) fn mailer(port: impl std::fmt::Display, query: &str) -> Smtp {
    Smtp::new(
        &format!("smtp://localhost:{port}{query}"),
        "Elmwood Surgery <desk@elmwood.example>".parse().unwrap(),
    )
    .unwrap()
}

fn message(to: &str) -> Message {
    Message {
        to: Email::parse(to).unwrap(),
        subject: "Grüße".to_owned(),
        text: "Hello,\n.\nMAIL FROM:<x@example.org>\n\u{20ac}\n".to_owned(),
        id: None,
    }
}

/// The text of a message as its reader sees it.
pub(super) fn decoded(raw: &str) -> String {
    raw.replace("=\r\n", "").replace("=3D", "=")
}

#[tokio::test]
async fn a_message_arrives_once_and_whole() {
    let mut server = Server::start(0).await;
    let smtp = mailer(server.port, "");
    smtp.send(&message("marta@example.org")).await.unwrap();
    let got = server.message().await;
    assert_eq!((&got["from"], &got["to"]), (&json!("desk@elmwood.example"), &json!(["marta@example.org"])));
    let raw = got["raw"].as_str().unwrap();
    assert!(raw.contains("From: \"Elmwood Surgery\" <desk@elmwood.example>\r\n"), "{raw}");
    assert!(raw.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), "{raw}");
    for header in ["Message-ID: ", "Date: ", "Subject: =?utf-8?"] {
        assert!(raw.contains(&format!("\r\n{header}")), "{header} {raw}");
    }
    // What the server refuses for now is tried again, what it refuses for good is not.
    let busy = smtp.send(&message("busy@example.org")).await;
    assert_eq!(busy, Err(MailError::Temporary("the server answered 451".to_owned())));
    let gone = smtp.send(&message("gone@example.org")).await;
    assert_eq!(gone, Err(MailError::Permanent("the server answered 550".to_owned())));
}

#[tokio::test]
async fn a_server_that_proves_no_identity_gets_nothing() {
    let server = Server::start(0).await;
    let refused = mailer(server.port, "?tls=required").send(&message("marta@example.org")).await;
    assert!(matches!(refused, Err(MailError::Temporary(_))), "{refused:?}");
}

#[tokio::test]
async fn whoever_signs_up_gets_a_link_that_works() {
    let mut server = Server::start(0).await;
    let outbox = Outbox::start(Arc::new(mailer(server.port, "")), "https://elmwood.example", &[]);
    let clinic = clinic().await.sending(outbox);
    let body = json!({"username": "ada", "email": "ada@example.org", "password": "a kettle in the garden"});
    clinic.post("/api/signup").json(body).expect(201).await;
    let secret = token(&decoded(server.message().await["raw"].as_str().unwrap()));
    clinic.post("/email/verify").form(&[("token", &secret)]).expect(303).await;
    clinic.post("/password/forgot").form(&[("login", "ada")]).expect(303).await;
    let secret = token(&decoded(server.message().await["raw"].as_str().unwrap()));
    let form = [
        ("token", secret.as_str()),
        ("new", "autumn scarf on the chair"),
        ("repeat", "autumn scarf on the chair"),
    ];
    clinic.post("/password/reset").form(&form).expect(303).await;
    clinic.post("/password/reset").form(&form).expect(422).await;
}

#[tokio::test]
async fn the_owner_hears_of_a_sign_in_on_a_new_device_and_of_a_pause() {
    let mut server = Server::start(0).await;
    let outbox = Outbox::start(Arc::new(mailer(server.port, "")), "https://elmwood.example", &[]);
    let clinic = clinic().await.sending(outbox);
    let enter = async |password: &'static str, cookie: &str, status: u16| {
        let form = [("login", "marta.kowalska"), ("password", password)];
        let call = clinic.post("/").header("cookie", cookie).header("sec-fetch-site", "same-origin");
        call.form(&form).expect(status).await
    };
    // Her account was used by a program before: this browser is new to it, the second time it is not.
    let entered = enter(PASSWORD, "", 303).await;
    let cookies = entered.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let device = cookies.filter_map(|cookie| cookie.split(';').next()).find(|it| it.starts_with("device="));
    enter(PASSWORD, device.unwrap(), 303).await;
    for _ in 0..7 {
        enter("wrong horse", "", 422).await;
    }
    for (subject, words) in [
        ("Your account was signed in to on a new device", "Sign out everywhere"),
        ("Sign-in to your account pauses", "wrong passwords"),
    ] {
        let got = server.message().await;
        let raw = decoded(got["raw"].as_str().unwrap());
        assert_eq!(got["to"], json!(["marta.kowalska@example.org"]));
        assert!(
            raw.replace("\r\n ", " ").contains(&format!("Subject: {subject} - Elmwood Surgery")),
            "{raw}"
        );
        for part in [words, "https://elmwood.example/password/forgot", "23 Nov 2026 at 09:00"] {
            assert!(raw.contains(part), "{part}: {raw}");
        }
    }
}

#[tokio::test]
async fn while_the_server_is_down_people_sign_up_and_their_mail_comes_later() {
    const SOON: &[Duration] = &[Duration::from_millis(100); 1_000];
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let outbox = Outbox::start(Arc::new(mailer(port, "")), "https://elmwood.example", SOON);
    let clinic = clinic().await.sending(outbox.clone());
    for username in ["ada", "busy", "gone"] {
        let email = format!("{username}@example.org");
        let body = json!({"username": username, "email": email, "password": "a kettle in the garden"});
        clinic.post("/api/signup").json(body).expect(201).await;
    }
    let mut server = Server::start(port).await;
    let mut got = Vec::new();
    for _ in 0..2 {
        got.push(server.message().await["to"][0].as_str().unwrap().to_owned());
    }
    got.sort();
    assert_eq!(got, ["ada@example.org", "busy@example.org"]);
    outbox.drain(Duration::from_mins(1)).await;
    let figure = |name: &str| outbox.figures().iter().find(|figure| figure.name == name).unwrap().value;
    assert!((figure("healthcare_mails_sent_total") - 2.0).abs() < 0.5);
    assert!((figure("healthcare_mails_failed_total") - 1.0).abs() < 0.5);
    assert!((figure("healthcare_mails_waiting") - 0.0).abs() < 0.5);
}
