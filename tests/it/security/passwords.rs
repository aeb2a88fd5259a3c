//! The rules for new passwords, on every way by which one is set (NIST SP 800-63B-4 §3.1.1.2).

use crate::harness::{Clinic, PASSWORD, clinic, clinic_to_set_up};
use domain::Role;
use serde_json::json;

/// Passwords that everyone is refused, with a part of what they are told.
fn refused_for_all() -> Vec<(String, &'static str)> {
    vec![
        (String::new(), "Enter your password"),
        ("seven77".to_owned(), "at least"),
        ("x1y2".repeat(33), "at most 128 characters"),
        ("\u{1f600}".repeat(129), "at most 128 characters"),
        ("passwordpassword".to_owned(), "harder to guess"),
        ("123456789012345678".to_owned(), "harder to guess"),
        ("P4ssw0rd!!!!!!!!".to_owned(), "harder to guess"),
        ("aaaaaaaaaaaaaaaaaaaa".to_owned(), "harder to guess"),
        ("elmwood surgery!".to_owned(), "not made of your name"),
    ]
}

/// Passwords that everyone may have: long ones, with spaces, of any script, with no rule of composition.
fn accepted_for_all() -> Vec<String> {
    vec![
        "lemon trees at noon".to_owned(),
        "all small letters and spaces".to_owned(),
        "ПАРОХОД У ПРИЧАЛА НОЧЬЮ".to_owned(),
        "缶詰 自転車 灯台 紫陽花 汽笛 夕立 石段 風鈴".to_owned(),
        format!("{} seventy three bytes and more, one after the other, to their end", "otter lantern"),
        "\u{1f600}\u{1f431}\u{1f680}\u{1f34b}\u{1f3b2}\u{1f6b2}\u{1f340}\u{1f3ba}".repeat(16),
    ]
}

async fn sign_up(clinic: &Clinic, number: usize, password: &str) -> (u16, String) {
    let (username, email) = (format!("visitor{number}"), format!("visitor{number}@example.org"));
    let body = json!({"username": username, "email": email, "password": password});
    let reply = clinic.post("/api/signup").json(body).send().await;
    (reply.status.as_u16(), reply.text())
}

async fn signs_in(clinic: &Clinic, login: &str, password: &str) -> bool {
    let reply = clinic.post("/api/login").json(json!({"email": login, "password": password})).send().await;
    reply.status.as_u16() == 200
}

#[tokio::test]
async fn new_passwords_of_patients() {
    let clinic = clinic().await;
    for (number, (password, words)) in refused_for_all().into_iter().enumerate() {
        let (status, text) = sign_up(&clinic, number, &password).await;
        assert!(status == 400 && text.contains(words), "{password}: {status} {text}");
    }
    let short = ["rainy86g".to_owned(), "correct horse".to_owned()];
    for (number, password) in accepted_for_all().into_iter().chain(short).enumerate() {
        let (status, text) = sign_up(&clinic, 100 + number, &password).await;
        assert_eq!(status, 201, "{password}: {text}");
        let login = format!("visitor{}", 100 + number);
        assert!(signs_in(&clinic, &login, &password).await, "{password}");
        let shorter: String = password.chars().take(password.chars().count() - 1).collect();
        assert!(!signs_in(&clinic, &login, &shorter).await, "{password}");
    }
    let (status, text) = sign_up(&clinic, 300, "visitor300visitor").await;
    assert!(status == 400 && text.contains("not made of your name"), "{text}");
}

#[tokio::test]
async fn new_passwords_of_staff_are_longer() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    for (number, role) in Role::ALL.into_iter().enumerate() {
        let make = |suffix: &str, password: &str| {
            let name = format!("{}{suffix}{number}", role.name());
            let body = json!({"username": name, "email": format!("{name}@example.org"), "role": role.name(),
                "password": password});
            clinic.post("/api/users").bearer(admin).json(body)
        };
        let short = make("a", "correct horse").send().await;
        let expected = if role == Role::Patient { 201 } else { 422 };
        assert_eq!(short.status.as_u16(), expected, "{role}: {}", short.text());
        assert!(role == Role::Patient || short.text().contains("at least 15 characters"), "{}", short.text());
        make("b", "correct horse at dawn").expect(201).await;
    }
    for person in Role::ALL.map(|role| clinic.the(role)) {
        let change = json!({"current": PASSWORD, "new": "correct horse"});
        let status =
            clinic.put("/api/session/password").bearer(person).json(change).send().await.status.as_u16();
        assert_eq!(status, if person.patient.is_some() { 200 } else { 422 }, "{}", person.username);
    }
}

#[tokio::test]
async fn the_first_administrator_is_staff() {
    let clinic = clinic_to_set_up("k3v9x7q2").await;
    for (password, words) in
        refused_for_all().into_iter().chain([("correct horse".to_owned(), "at least 15 characters")])
    {
        let form = [
            ("token", "k3v9x7q2"),
            ("username", "olivia"),
            ("email", "olivia@example.org"),
            ("password", &password),
        ];
        let page = clinic.post("/set-up").form(&form).expect(422).await.text();
        assert!(page.contains(words) && page.contains("id=\"password-error\""), "{password}");
    }
}

#[tokio::test]
async fn a_form_says_at_its_field_what_is_wrong() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    for (password, words) in refused_for_all().into_iter().filter(|(password, _)| !password.is_empty()) {
        let form = [("current", PASSWORD), ("new", &password), ("repeat", &password)];
        let page = clinic.post("/profile/password").browser(nurse).form(&form).expect(422).await.text();
        let at_field = page.split("id=\"new-error\"").nth(1).and_then(|rest| rest.split("</p>").next());
        // Words with an apostrophe are escaped; what is looked for has none.
        assert!(at_field.is_some_and(|text| text.contains(words)), "{password}");
        assert!(!page.contains(&password), "{password}");
    }
}

#[tokio::test]
async fn password_fields_take_what_password_managers_give() {
    let clinic = clinic_to_set_up("k3v9x7q2").await;
    for (path, tokens) in [
        ("/", &["username", "current-password"][..]),
        ("/signup", &["username", "new-password"]),
        ("/set-up?token=k3v9x7q2", &["username", "new-password"]),
    ] {
        let page = clinic.get(path).expect(200).await.text();
        for token in tokens {
            assert!(page.contains(&format!("autocomplete=\"{token}\"")), "{path}: {token}");
        }
        assert!(!page.contains("onpaste") && !page.contains("maxlength"), "{path}");
    }
}

#[tokio::test]
async fn a_password_that_was_handed_over_opens_the_account_for_seven_days() {
    let clinic = clinic().await;
    let admin = clinic.the(Role::Admin);
    let make = |name: &str| {
        let body = json!({"username": name, "email": format!("{name}@example.org"), "role": "nurse"});
        clinic.post("/api/users").bearer(admin).json(body)
    };
    let (early, late) = (make("early").expect(201).await.json(), make("late").expect(201).await.json());
    clinic.wait(7 * 24 * 60 - 1);
    assert!(signs_in(&clinic, "early", early["password"].as_str().unwrap()).await);
    clinic.wait(1);
    assert!(!signs_in(&clinic, "late", late["password"].as_str().unwrap()).await);
    // Those of people who chose their own last.
    assert!(signs_in(&clinic, &admin.username, PASSWORD).await);
    let body = json!({"email": admin.username, "password": PASSWORD});
    let token = clinic.post("/api/login").json(body).expect(200).await.json()["token"].clone();
    let token = format!("Bearer {}", token.as_str().unwrap());
    let path = format!("/api/users/{}/password", late["id"]);
    let again = clinic.post(&path).header("authorization", token).expect(200).await.json();
    assert!(signs_in(&clinic, "late", again["password"].as_str().unwrap()).await);
}
