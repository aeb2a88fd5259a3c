//! Forgotten passwords.

use super::{address, reasons, sign_in};
use crate::harness::{PASSWORD, SITE, clinic, token};
use domain::Role;
use serde_json::json;

const NEW: &str = "autumn scarf on the chair";

fn new_password<'t>(token: &'t str, new: &'t str, repeat: &'t str) -> [(&'static str, &'t str); 3] {
    [("token", token), ("new", new), ("repeat", repeat)]
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_that_works_once() {
    let (clinic, mut inbox) = clinic().await.with_mail();
    let marta = clinic.named("Marta Kowalska");
    let asked = clinic.post("/password/forgot").form(&[("login", "MARTA.Kowalska")]).expect(303).await;
    assert_eq!(asked.location(), "/password/forgot?sent=1");
    let message = inbox.next(&address(marta)).await;
    assert!(message.text.contains(&format!("{SITE}/password/reset?token=")), "{}", message.text);
    assert!(!message.text.contains("Marta"));
    let token = token(&message.text);
    // Whatever looks at links in mail does not use them.
    let path = format!("/password/reset?token={token}");
    for _ in 0..2 {
        let page = clinic.get(&path).expect(200).await;
        assert_eq!(
            (page.header("cache-control"), page.header("referrer-policy")),
            ("no-store", "same-origin")
        );
    }
    let form = new_password(&token, NEW, NEW);
    let saved = clinic.post("/password/reset").form(&form).expect(303).await;
    assert_eq!(saved.location(), "/?notice=password-reset");
    assert!(saved.headers.get("set-cookie").is_none(), "nobody is signed in by a link");
    clinic.get("/api/session").bearer(marta).expect(401).await;
    assert_eq!(sign_in(&clinic, &marta.username, PASSWORD).await, 401);
    assert_eq!(sign_in(&clinic, &marta.username, NEW).await, 200);
    assert!(inbox.next(&address(marta)).await.subject.starts_with("Your password was changed"));
    let again = clinic.post("/password/reset").form(&form).expect(422).await;
    assert!(again.text().contains("This link does not work"));
    assert_eq!(
        reasons(&clinic, "reset-password").await,
        ["invalid", "password changed by link", "link asked for"]
    );
}

#[tokio::test]
async fn known_and_unknown_accounts_are_answered_alike() {
    let (clinic, inbox) = clinic().await.with_mail();
    for path in ["/password/forgot", "/api/password/forgot"] {
        let mut answers = Vec::new();
        for login in ["tom.baker", "tom.baker@example.org", "nobody", "nobody@example.org"] {
            let call = clinic.post(path).header("x-request-id", "same");
            let call = if path.starts_with("/api") {
                call.json(json!({"email": login}))
            } else {
                call.form(&[("login", login)])
            };
            let mut reply = call.send().await;
            reply.headers.remove("content-security-policy");
            answers.push((reply.status, reply.headers, reply.body));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    }
    // Three an hour go to one account, however often somebody asks.
    let sent = inbox.rest(&clinic).await;
    assert_eq!(
        sent.iter().map(|message| message.to.as_str()).collect::<Vec<_>>(),
        ["tom.baker@example.org"; 3]
    );
}

#[tokio::test]
async fn a_link_ends_after_an_hour_and_when_a_newer_one_is_asked_for() {
    let (clinic, mut inbox) = clinic().await.with_mail();
    let tom = address(clinic.named("Tom Baker"));
    let mut tokens = Vec::new();
    for _ in 0..3 {
        clinic.post("/api/password/forgot").json(json!({"email": "tom.baker"})).expect(202).await;
        tokens.push(token(&inbox.next(&tom).await.text));
    }
    let reset = |token: &str| clinic.post("/api/password/reset").json(json!({"token": token, "new": NEW}));
    for old in &tokens[..2] {
        assert_eq!(reset(old).expect(422).await.refused(), ["token"]);
    }
    clinic.wait(60);
    assert_eq!(reset(&tokens[2]).expect(422).await.refused(), ["token"]);
    clinic.post("/api/password/forgot").json(json!({"email": "tom.baker"})).expect(202).await;
    let fresh = token(&inbox.next(&tom).await.text);
    clinic.wait(59);
    reset(&fresh).expect(204).await;
}

#[tokio::test]
async fn a_password_that_is_refused_leaves_the_link_good() {
    let (clinic, mut inbox) = clinic().await.with_mail();
    clinic.post("/password/forgot").form(&[("login", "tom.baker")]).expect(303).await;
    let token = token(&inbox.next("tom.baker@example.org").await.text);
    for (new, repeat) in [("short", "short"), ("", ""), ("tom.baker", "tom.baker"), (NEW, "another one")] {
        let refused =
            clinic.post("/password/reset").form(&new_password(&token, new, repeat)).expect(422).await;
        assert!(refused.text().contains(&token), "the form carries the link on");
        assert!(!refused.text().contains(NEW));
    }
    clinic.post("/password/reset").form(&new_password(&token, NEW, NEW)).expect(303).await;
}

#[tokio::test]
async fn a_link_is_void_once_the_password_was_changed_or_the_account_disabled() {
    let (clinic, mut inbox) = clinic().await.with_mail();
    let admin = clinic.the(Role::Admin);
    let (tom, nina) = (clinic.named("Tom Baker"), clinic.the(Role::Nurse));
    let mut tokens = Vec::new();
    for person in [tom, nina] {
        clinic.post("/api/password/forgot").json(json!({"email": person.username})).expect(202).await;
        tokens.push(token(&inbox.next(&address(person)).await.text));
    }
    let body = json!({"current": PASSWORD, "new": "spring boots in the hall"});
    clinic.put("/api/session/password").bearer(tom).json(body).expect(200).await;
    let path = format!("/api/users/{}", nina.id);
    let version = clinic.get(&path).bearer(admin).expect(200).await.version();
    clinic.patch(&path).bearer(admin).if_match(version).json(json!({"status": "disabled"})).expect(200).await;
    for token in &tokens {
        clinic.post("/api/password/reset").json(json!({"token": token, "new": NEW})).expect(422).await;
    }
    // A disabled account gets no link either.
    clinic.post("/api/password/forgot").json(json!({"email": nina.username})).expect(202).await;
    let rest = inbox.rest(&clinic).await;
    assert!(rest.iter().all(|message| !message.text.contains("token=")), "{}", rest.len());
}

#[tokio::test]
async fn without_mail_an_administrator_hands_out_a_link() {
    let clinic = clinic().await;
    let (admin, tom) = (clinic.the(Role::Admin), clinic.named("Tom Baker"));
    assert!(clinic.get("/password/forgot").expect(200).await.text().contains("front desk"));
    let path = format!("/admin/users/{}/reset-link", tom.id);
    clinic.get(&path).browser(admin).expect(200).await;
    let page =
        clinic.post(&path).browser(admin).header("host", "clinic.local:3000").form(&[]).expect(200).await;
    assert!(page.text().contains("http://clinic.local:3000/password/reset?token="));
    let first = token(&page.text());
    let api = format!("/api/users/{}/reset-link", tom.id);
    let answer = clinic.post(&api).bearer(admin).expect(200).await.json();
    let second = token(answer["link"].as_str().unwrap());
    clinic.post("/password/reset").form(&new_password(&first, NEW, NEW)).expect(422).await;
    // Nothing changes until the link is used.
    assert_eq!(sign_in(&clinic, &tom.username, PASSWORD).await, 200);
    clinic.post("/password/reset").form(&new_password(&second, NEW, NEW)).expect(303).await;
    assert_eq!(sign_in(&clinic, &tom.username, NEW).await, 200);
    clinic.get("/api/session").bearer(tom).expect(401).await;
    let own = format!("/admin/users/{}/reset-link", admin.id);
    clinic.post(&own).browser(admin).form(&[]).expect(409).await;
    assert_eq!(
        reasons(&clinic, "manage-users").await[..3],
        ["conflict", "reset link issued", "reset link issued"]
    );
}
