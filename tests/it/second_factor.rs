//! Two-step sign-in through pages and through the API: the same steps, the same refusals.

use crate::api::join_all;
use crate::harness::{Clinic, PASSWORD, Person, Reply, clinic};
use domain::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

/// The code that an authenticator with this secret shows now.
fn code(clinic: &Clinic, secret: &str) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build_noncompliant();
    totp.generate(u64::try_from(clinic.state.services.now().as_second()).unwrap()).to_string()
}

/// The authenticators show their next code.
fn next_step(clinic: &Clinic) {
    clinic.clock.advance(SignedDuration::from_secs(30));
}

/// Someone with two-step sign-in on, and what their authenticator knows.
struct Owner {
    person: Person,
    secret: String,
    recovery: Vec<String>,
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

async fn turn_on(clinic: &Clinic, person: &Person) -> Owner {
    let path = "/api/session/second-factor";
    let begun = clinic.post(path).bearer(person).json(json!({"password": PASSWORD})).expect(200).await.json();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/Elmwood%20Surgery:"));
    let first = json!({"code": code(clinic, &secret)});
    let on = clinic.put(path).bearer(person).json(first).expect(200).await.json();
    next_step(clinic);
    let person = Person { token: on["token"].as_str().unwrap().to_owned(), ..person.clone() };
    Owner { person, secret, recovery: texts(&on["recoveryCodes"]) }
}

async fn first_step(clinic: &Clinic, person: &Person) -> Reply {
    clinic.post("/api/login").json(json!({"email": person.username, "password": PASSWORD})).expect(401).await
}

fn challenge(reply: &Reply) -> String {
    reply.json()["challenge"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_program_signs_in_in_two_steps() {
    let clinic = clinic().await;
    let owner = turn_on(&clinic, clinic.the(Role::Nurse)).await;
    clinic.get("/api/session").bearer(clinic.the(Role::Nurse)).expect(401).await;
    let session = clinic.get("/api/session").bearer(&owner.person).expect(200).await.json();
    assert_eq!((&session["secondFactor"], &session["recoveryCodesLeft"]), (&json!(true), &json!(10)));

    let problem = first_step(&clinic, &owner.person).await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    let body = problem.json();
    assert!(body["type"].as_str().unwrap().ends_with("second-factor-required"));
    assert!(body["message"].as_str().unwrap().contains("POST /api/login"));

    let second = json!({"challenge": challenge(&problem), "code": code(&clinic, &owner.secret)});
    let begun = clinic.post("/api/login").json(second.clone()).expect(200).await.json();
    let token = format!("Bearer {}", begun["token"].as_str().unwrap());
    clinic.get("/api/appointments").header("authorization", token).expect(200).await;
    let replayed = clinic.post("/api/login").json(second).expect(401).await.json();
    assert!(replayed["message"].as_str().unwrap().contains("Enter your password again"));
}

#[tokio::test]
async fn an_account_without_it_signs_in_as_ever() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    let login = json!({"email": nurse.username, "password": PASSWORD});
    let begun = clinic.post("/api/login").json(login).expect(200).await.json();
    assert_eq!(
        (&begun["message"], &begun["mustSetUpSecondFactor"]),
        (&json!("Login successful"), &json!(false))
    );
    assert!(begun.get("recoveryCodes").is_none() && begun.get("challenge").is_none());
}

#[tokio::test]
async fn wrong_used_and_old_codes_are_answered_alike() {
    let clinic = clinic().await;
    let owner = turn_on(&clinic, clinic.the(Role::Nurse)).await;
    let old = code(&clinic, &owner.secret);
    next_step(&clinic);
    let used = code(&clinic, &owner.secret);
    let second = |challenge: String, code: &str| {
        clinic.post("/api/login").json(json!({"challenge": challenge, "code": code}))
    };
    second(challenge(&first_step(&clinic, &owner.person).await), &used).expect(200).await;
    let open = challenge(&first_step(&clinic, &owner.person).await);
    let mut answers = Vec::new();
    for offered in [old.as_str(), &used, "000000", "no code at all"] {
        answers.push(second(open.clone(), offered).expect(401).await.json());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    second(open.clone(), " ").expect(400).await;
    let mixed = json!({"email": "x", "challenge": open, "code": "000000"});
    clinic.post("/api/login").json(mixed).expect(400).await;
}

#[tokio::test]
async fn one_code_lets_one_in_whichever_server_it_is_shown_to() {
    let one = clinic().await;
    let other = one.replica().await;
    let owner = turn_on(&one, one.the(Role::Nurse)).await;
    next_step(&other);
    let right = code(&one, &owner.secret);
    let mut tries = Vec::new();
    for number in 0..4 {
        let server = if number % 2 == 0 { &one } else { &other };
        let open = challenge(&first_step(server, &owner.person).await);
        // Whoever began on one server goes on at the other.
        let next = if number % 2 == 0 { &other } else { &one };
        tries.push(next.post("/api/login").json(json!({"challenge": open, "code": right})).send());
    }
    let mut statuses: Vec<u16> =
        join_all(tries.into_iter()).await.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401, 401]);
}

#[tokio::test]
async fn a_program_renews_recovery_codes_and_turns_it_off() {
    let clinic = clinic().await;
    let owner = turn_on(&clinic, clinic.the(Role::Nurse)).await;
    let renew = |code: &str| {
        let call = clinic.post("/api/session/second-factor/recovery-codes").bearer(&owner.person);
        call.json(json!({"code": code}))
    };
    assert_eq!(renew("000000").expect(422).await.refused(), ["code"]);
    let new = renew(&code(&clinic, &owner.secret)).expect(200).await.json();
    let recovery = texts(&new["recoveryCodes"]);
    assert!(recovery.len() == 10 && recovery != owner.recovery);
    let open = challenge(&first_step(&clinic, &owner.person).await);
    let second = json!({"challenge": open, "code": recovery[0]});
    assert_eq!(clinic.post("/api/login").json(second).expect(200).await.json()["recoveryCodesLeft"], 9);

    let remove = |password: &str, code: &str| {
        let call = clinic.post("/api/session/second-factor/removal").bearer(&owner.person);
        call.json(json!({"password": password, "code": code}))
    };
    assert_eq!(remove("", "").expect(422).await.refused(), ["password", "code"]);
    assert_eq!(remove("not this", &recovery[1]).expect(422).await.refused(), ["password"]);
    remove(PASSWORD, &recovery[1]).expect(200).await;
    let login = json!({"email": owner.person.username, "password": PASSWORD});
    clinic.post("/api/login").json(login).expect(200).await;
}

#[tokio::test]
async fn an_administrator_takes_a_lost_one_away() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    let owner = turn_on(&clinic, clinic.the(Role::Nurse)).await;
    let path = format!("/api/users/{}", owner.person.id);
    assert_eq!(clinic.get(&path).bearer(admin).expect(200).await.json()["secondFactor"], true);
    let page = clinic.get(&format!("/admin/users/{}", owner.person.id)).browser(admin).expect(200).await;
    assert!(page.text().contains("/reset-second-factor"));
    let reset = |path: String| clinic.call(axum::http::Method::DELETE, &path).bearer(admin);
    reset(format!("{path}/second-factor")).expect(204).await;
    clinic.get("/api/session").bearer(&owner.person).expect(401).await;
    assert_eq!(clinic.get(&path).bearer(admin).expect(200).await.json()["secondFactor"], false);
    reset(format!("{path}/second-factor")).expect(409).await;
    reset(format!("/api/users/{}/second-factor", admin.id)).expect(409).await;
}

#[tokio::test]
async fn whose_role_needs_it_gets_nothing_else_before_it_is_on() {
    let clinic = clinic().await;
    let strict = clinic.with_settings(|parts| {
        parts.services = parts.services.clone().requiring_second_factor(vec![Role::Nurse]);
    });
    let nurse = strict.the(Role::Nurse);
    let refused = strict.get("/api/appointments").bearer(nurse).expect(403).await.json();
    assert!(refused["message"].as_str().unwrap().contains("/api/session/second-factor"));
    assert_eq!(
        strict.get("/api/session").bearer(nurse).expect(200).await.json()["mustSetUpSecondFactor"],
        true
    );
    for path in ["/", "/appointments", "/patients"] {
        let reply = strict.get(path).browser(nurse).header("accept", "text/html").expect(303).await;
        assert_eq!(reply.location(), "/profile/second-factor", "{path}");
    }
    strict.get("/profile").browser(nurse).expect(200).await;
    strict.get("/profile/second-factor").browser(nurse).expect(200).await;
    strict.get("/appointments").browser(strict.the(Role::Doctor)).expect(200).await;
    let owner = turn_on(&strict, nurse).await;
    strict.get("/api/appointments").bearer(&owner.person).expect(200).await;
    strict.get("/appointments").browser(&owner.person).expect(200).await;
}

/// The value of a cookie that an answer sets.
fn cookie(reply: &Reply, name: &str) -> Option<String> {
    let set = reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let start = format!("{name}=");
    set.filter_map(|text| text.strip_prefix(&start))
        .map(|rest| rest.split(';').next().unwrap().to_owned())
        .next()
}

fn form<'c>(clinic: &'c Clinic, path: &str, fields: &[(&str, &str)]) -> crate::harness::Call<'c> {
    clinic.post(path).form(fields).header("sec-fetch-site", "same-origin")
}

#[tokio::test]
async fn a_browser_signs_in_in_two_steps() {
    let clinic = clinic().await;
    let owner = turn_on(&clinic, clinic.the(Role::Nurse)).await;
    let password = [("login", owner.person.username.as_str()), ("password", PASSWORD), ("next", "/patients")];
    let first = form(&clinic, "/", &password).expect(303).await;
    assert_eq!(first.location(), "/signin/second-factor?next=%2Fpatients");
    assert!(cookie(&first, "session").is_none(), "no session before the second step");
    let open = cookie(&first, "sign-in").unwrap();
    assert!(!first.location().contains(&open));

    let shown = clinic.get(first.location()).header("cookie", format!("sign-in={open}")).expect(200).await;
    for part in ["autocomplete=\"one-time-code\"", "inputmode=\"numeric\"", "Use a recovery code", &open] {
        assert!(shown.text().contains(part), "{part}");
    }
    let wrong = [("challenge", open.as_str()), ("next", "/patients"), ("code", "000 000")];
    let refused = form(&clinic, "/signin/second-factor", &wrong).expect(422).await;
    assert!(refused.text().contains("id=\"code-error\"") && !refused.text().contains("000 000"));

    let right = code(&clinic, &owner.secret);
    let spaced = format!("{} {}", &right[..3], &right[3..]);
    let typed = [("challenge", open.as_str()), ("next", "/patients"), ("code", spaced.as_str())];
    let done = form(&clinic, "/signin/second-factor", &typed).expect(303).await;
    assert_eq!(done.location(), "/patients");
    assert_eq!(cookie(&done, "sign-in").as_deref(), Some(""), "what led there is forgotten");
    let session = format!("session={}", cookie(&done, "session").unwrap());
    clinic.get("/patients").header("cookie", session).expect(200).await;
    let again = form(&clinic, "/signin/second-factor", &typed).expect(422).await;
    assert!(again.text().contains("Enter your password again"));
}

#[tokio::test]
async fn a_recovery_code_opens_the_page_and_says_that_it_is_gone() {
    let clinic = clinic().await;
    let owner = turn_on(&clinic, clinic.the(Role::Nurse)).await;
    let recover = async |recovery: &str, status: u16| {
        let password = [("login", owner.person.username.as_str()), ("password", PASSWORD)];
        let open = cookie(&form(&clinic, "/", &password).expect(303).await, "sign-in").unwrap();
        let typed = [("challenge", open.as_str()), ("with", "recovery"), ("recoveryCode", recovery)];
        form(&clinic, "/signin/second-factor", &typed).expect(status).await
    };
    assert_eq!(recover(&owner.recovery[0], 303).await.location(), "/?notice=recovery-code-used");
    assert!(recover(&owner.recovery[0], 422).await.text().contains("id=\"recoveryCode-error\""));
    for recovery in &owner.recovery[1..6] {
        assert_eq!(recover(recovery, 303).await.location(), "/?notice=recovery-code-used");
    }
    assert_eq!(recover(&owner.recovery[6], 303).await.location(), "/?notice=recovery-codes-low");
    let profile = clinic.get("/profile").browser(&owner.person).expect(200).await.text();
    assert!(profile.contains("3 of 10") && profile.contains("Few left"));
}

#[tokio::test]
async fn a_browser_turns_it_on_and_sees_the_recovery_codes_once() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    let post = |path: &str, fields: &[(&str, &str)]| clinic.post(path).browser(nurse).form(fields);
    let wrong = post("/profile/second-factor", &[("password", "not this")]).expect(422).await;
    assert!(wrong.text().contains("id=\"password-error\""));
    let begun = post("/profile/second-factor", &[("password", PASSWORD)]).expect(303).await;
    let page = clinic.get(begun.location()).browser(nurse).expect(200).await.text();
    assert!(page.contains("hc-qr") && page.contains("shape-rendering=\"crispEdges\""));
    let key = page.split("<code translate=\"no\">").nth(1).unwrap().split('<').next().unwrap();
    let secret: String = key.split(' ').collect();
    assert_eq!(secret.len(), 32);
    let wrong = post(begun.location(), &[("code", "12345")]).expect(422).await;
    assert!(wrong.text().contains("id=\"code-error\"") && wrong.text().contains(key));
    let on = post(begun.location(), &[("code", &code(&clinic, &secret))]).expect(200).await;
    let codes = on.text();
    let codes = codes.split("<code translate=\"no\">").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(codes.lines().filter(|code| code.len() == 29).count(), 10);
    assert_eq!(on.header("cache-control"), "no-store");
    let session = format!("session={}", cookie(&on, "session").unwrap());
    let state = clinic.get("/profile/second-factor").header("cookie", session).expect(200).await.text();
    assert!(state.contains("10 of 10") && !state.contains(codes.lines().next().unwrap()));
}
