//! Proving that an e-mail address is one's own.

use super::address;
use crate::harness::{Clinic, PASSWORD, Person, Reply, clinic, token};
use domain::Role;
use serde_json::json;

async fn sign_up(clinic: &Clinic, username: &str, email: &str) -> Reply {
    let body = json!({"username": username, "email": email, "password": "a kettle in the garden"});
    clinic.post("/api/signup").json(body).send().await
}

async fn is_confirmed(clinic: &Clinic, person: &Person) -> bool {
    let page = clinic.get("/profile").browser(person).expect(200).await.text();
    assert!(page.contains("Not confirmed") != page.contains(">Confirmed<"));
    page.contains(">Confirmed<")
}

#[tokio::test]
async fn an_address_is_confirmed_by_pressing_a_button_once() {
    let (clinic, mut inbox) = clinic().await.with_mail();
    assert_eq!(sign_up(&clinic, "ada", "ada@example.org").await.status, 201);
    let token = token(&inbox.next("ada@example.org").await.text);
    let answer = clinic
        .post("/api/login")
        .json(json!({"email": "ada", "password": "a kettle in the garden"}))
        .expect(200)
        .await
        .json();
    let ada =
        Person { token: answer["token"].as_str().unwrap().to_owned(), ..clinic.the(Role::Patient).clone() };
    clinic.get(&format!("/email/verify?token={token}")).expect(200).await;
    assert!(!is_confirmed(&clinic, &ada).await);
    clinic.post("/email/verify").form(&[("token", &token)]).expect(303).await;
    assert!(is_confirmed(&clinic, &ada).await);
    clinic.post("/email/verify").form(&[("token", &token)]).expect(422).await;
    clinic.post("/api/email/verify").json(json!({"token": token})).expect(422).await;
}

fn profile<'t>(version: &'t str, email: &'t str, password: &'t str) -> [(&'static str, &'t str); 4] {
    [("version", version), ("displayName", "Tom Baker"), ("email", email), ("password", password)]
}

async fn version(clinic: &Clinic, person: &Person) -> String {
    let page = clinic.get("/profile").browser(person).expect(200).await.text();
    let (_, rest) = page.split_once("name=\"version\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn another_address_needs_the_password_and_both_addresses_hear_of_it() {
    let (clinic, mut inbox) = clinic().await.with_mail();
    let tom = clinic.named("Tom Baker");
    clinic.post("/profile/email/verification").browser(tom).form(&[]).expect(303).await;
    let old = token(&inbox.next(&address(tom)).await.text);
    clinic.post("/api/email/verify").json(json!({"token": old})).expect(204).await;
    assert!(is_confirmed(&clinic, tom).await);
    let at = version(&clinic, tom).await;
    for (wrong, words) in
        [("", "Enter your current password"), ("not the password", "Your current password is not right")]
    {
        let form = profile(&at, "tom@baker.example", wrong);
        let refused = clinic.post("/profile").browser(tom).form(&form).expect(422).await;
        assert!(refused.text().contains(words));
    }
    // The name alone needs none.
    clinic.post("/profile").browser(tom).form(&profile(&at, &address(tom), "")).expect(303).await;
    assert!(is_confirmed(&clinic, tom).await);
    let at = version(&clinic, tom).await;
    clinic.post("/profile").browser(tom).form(&profile(&at, "tom@baker.example", PASSWORD)).expect(303).await;
    assert!(!is_confirmed(&clinic, tom).await);
    for to in [address(tom), "tom@baker.example".to_owned()] {
        assert!(inbox.next(&to).await.subject.starts_with("Your email address was changed"));
    }
    let first = token(&inbox.next("tom@baker.example").await.text);
    // A link to an address that the account has no more proves nothing.
    let at = version(&clinic, tom).await;
    clinic.post("/profile").browser(tom).form(&profile(&at, "t@baker.example", PASSWORD)).expect(303).await;
    clinic.post("/api/email/verify").json(json!({"token": first})).expect(422).await;
}

#[tokio::test]
async fn a_link_is_sent_again_three_times_an_hour() {
    let (clinic, inbox) = clinic().await.with_mail();
    let tom = clinic.named("Tom Baker");
    let again = || clinic.post("/profile/email/verification").browser(tom).form(&[]);
    for _ in 0..3 {
        again().expect(303).await;
    }
    let refused = again().expect(429).await;
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(inbox.rest(&clinic).await.len(), 3);
}

#[tokio::test]
async fn nothing_that_anyone_types_gets_into_the_mail_of_another() {
    let (clinic, inbox) = clinic().await.with_mail();
    for address in [
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org\nSubject: hello",
        "ada@example.org, eve@example.org",
        "ada@example.org%0d%0aBcc:eve@example.org",
        "<ada@example.org>",
        "\"ada\r\n\"@example.org",
        "ada\u{2028}@example.org",
    ] {
        assert_eq!(sign_up(&clinic, "ada", address).await.status, 400, "{address:?}");
    }
    let form = [
        ("givenName", "Visit"),
        ("familyName", "http://evil.example now"),
        ("birthDate-day", "1"),
        ("birthDate-month", "1"),
        ("birthDate-year", "1980"),
        ("email", "victim@example.org"),
        ("username", "evil.example"),
        ("password", "a kettle in the garden"),
    ];
    clinic.post("/signup").form(&form).expect(303).await;
    let sent = inbox.rest(&clinic).await;
    assert_eq!(sent.len(), 1);
    assert!(!sent[0].text.contains("evil") && !sent[0].subject.contains("evil"), "{}", sent[0].text);
}
