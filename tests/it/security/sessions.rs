//! What keeps a browser's session alive and what ends it, and the cookies that say so.

use crate::harness::{Call, Clinic, PASSWORD, Person, Reply, clinic, clinic_over_tls};
use axum::http::header::SET_COOKIE;
use domain::Role;
use serde_json::json;

/// A browser: it keeps the session cookie that it was given last.
struct Browser<'c> {
    clinic: &'c Clinic,
    name: &'static str,
    token: String,
}

/// The session token that a reply sets.
fn cookie_of(reply: &Reply, name: &str) -> Option<String> {
    let values = reply.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
    let pair = values.filter_map(|value| value.split(';').next()).find_map(|pair| pair.strip_prefix(name));
    pair.and_then(|rest| rest.strip_prefix('=')).map(str::to_owned)
}

impl<'c> Browser<'c> {
    async fn signed_in(clinic: &'c Clinic, person: &Person) -> Self {
        let name = if clinic.state.cookie_secure { "__Host-session" } else { "session" };
        let form = [("login", person.username.as_str()), ("password", PASSWORD)];
        let reply = clinic.post("/").header("sec-fetch-site", "same-origin").form(&form).expect(303).await;
        Self { clinic, name, token: cookie_of(&reply, name).expect("a session") }
    }

    fn call<'a>(&self, call: Call<'a>) -> Call<'a> {
        call.header("cookie", format!("{}={}", self.name, self.token)).header("sec-fetch-site", "same-origin")
    }

    async fn get(&mut self, path: &str) -> Reply {
        let reply = self.call(self.clinic.get(path)).send().await;
        self.keep(reply)
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let reply = self.call(self.clinic.post(path).form(fields)).send().await;
        self.keep(reply)
    }

    fn keep(&mut self, reply: Reply) -> Reply {
        if let Some(token) = cookie_of(&reply, self.name) {
            self.token = token;
        }
        reply
    }

    async fn is_signed_in(&mut self) -> bool {
        self.get("/profile").await.status.as_u16() == 200
    }
}

#[tokio::test]
async fn a_browser_in_use_stays_signed_in_until_the_longest_time_is_over() {
    let clinic = clinic().await;
    let mut browser = Browser::signed_in(&clinic, clinic.the(Role::Nurse)).await;
    let first = browser.token.clone();
    for _ in 0..(12 * 60 / 10 - 1) {
        clinic.wait(10);
        assert!(browser.is_signed_in().await);
    }
    assert_ne!(browser.token, first, "the token was renewed");
    clinic.wait(10);
    assert!(!browser.is_signed_in().await, "after twelve hours");
}

#[tokio::test]
async fn a_token_ends_with_the_session_it_was_made_for() {
    let clinic = clinic().await;
    let mut browser = Browser::signed_in(&clinic, clinic.the(Role::Nurse)).await;
    let first = browser.token.clone();
    clinic.wait(10);
    assert!(browser.is_signed_in().await);
    clinic.wait(10);
    assert!(browser.is_signed_in().await, "with the renewed token");
    browser.token = first;
    assert!(!browser.is_signed_in().await, "twenty minutes old, as if it had been copied");
}

#[tokio::test]
async fn a_page_that_asks_by_itself_keeps_nothing_alive() {
    let clinic = clinic().await;
    let asks = [
        ("x-background", "1", "/appointments"),
        ("sec-purpose", "prefetch", "/appointments"),
        ("sec-purpose", "prefetch;prerender", "/profile"),
    ];
    for (name, value, path) in asks {
        let mut browser = Browser::signed_in(&clinic, clinic.the(Role::Nurse)).await;
        for _ in 0..2 {
            clinic.wait(7);
            let reply = browser.call(clinic.get(path)).header(name, value).expect(200).await;
            assert_eq!(reply.header(SET_COOKIE), "");
        }
        clinic.wait(1);
        assert!(!browser.is_signed_in().await, "{name}: {value}");
    }
    let mut browser = Browser::signed_in(&clinic, clinic.the(Role::Nurse)).await;
    clinic.wait(14);
    let left = browser.call(clinic.post("/rpc/session-left").json(json!({}))).expect(200).await;
    assert_eq!(left.json(), json!(60));
    clinic.wait(1);
    browser.call(clinic.post("/rpc/session-left").json(json!({}))).expect(401).await;
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn whoever_is_still_there_stays_signed_in() {
    let clinic = clinic().await;
    let mut browser = Browser::signed_in(&clinic, clinic.the(Role::Nurse)).await;
    clinic.wait(14);
    let reply =
        browser.post("/session/extend", &[("next", "/appointments?date=2026-11-24&notice=booked")]).await;
    assert_eq!((reply.status.as_u16(), reply.location()), (303, "/appointments?date=2026-11-24"));
    clinic.wait(14);
    let extended = browser.call(clinic.post("/rpc/session-extended").json(json!({}))).expect(200).await;
    assert_eq!(extended.json(), json!(15 * 60));
    browser.keep(extended);
    clinic.wait(14);
    assert!(browser.is_signed_in().await);
    let elsewhere = browser.post("/session/extend", &[("next", "//evil.example")]).await;
    assert_eq!(elsewhere.location(), "/");
}

#[tokio::test]
async fn whoever_was_away_is_told_why_they_are_signed_out_and_gets_back() {
    let clinic = clinic().await;
    let mut browser = Browser::signed_in(&clinic, clinic.the(Role::Nurse)).await;
    clinic.wait(15);
    let reply = browser.get("/appointments?view=list").await;
    assert_eq!(reply.status.as_u16(), 303);
    assert_eq!(reply.location(), "/?next=%2Fappointments%3Fview%3Dlist&ended=idle");
    let page = clinic.get(reply.location()).expect(200).await.text();
    assert!(page.contains("You were signed out after 15 minutes without use, or after 12 hours at most"));
    assert!(page.contains("value=\"/appointments?view=list\""));
    // Whoever signed out, or never was in, is not told so.
    assert!(!clinic.get("/").expect(200).await.text().contains("without use"));
    let mut other = Browser::signed_in(&clinic, clinic.the(Role::Nurse)).await;
    let replayed = other.token.clone();
    other.post("/signout", &[]).await;
    other.token = replayed;
    assert_eq!(other.get("/profile").await.location(), "/?next=%2Fprofile");
}

#[tokio::test]
async fn signing_out_leaves_nothing_behind() {
    let clinic = clinic().await;
    let mut browser = Browser::signed_in(&clinic, clinic.the(Role::Nurse)).await;
    let (page, token) = (browser.get("/appointments").await, browser.token.clone());
    assert_eq!(page.header("cache-control"), "no-store");
    let reply = browser.post("/signout", &[]).await;
    assert_eq!(reply.header("clear-site-data"), "\"cache\"");
    assert!(reply.header(SET_COOKIE).contains("Max-Age=0"));
    browser.token = token.clone();
    assert!(!browser.is_signed_in().await, "the old cookie again");
    clinic.get("/api/session").header("authorization", format!("Bearer {token}")).expect(401).await;
}

#[tokio::test]
async fn signing_in_never_goes_on_in_a_session_that_was_there() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    let mut planted = Browser::signed_in(&clinic, clinic.the(Role::Patient)).await;
    let before = planted.token.clone();
    let form = [("login", nurse.username.as_str()), ("password", PASSWORD)];
    assert_eq!(planted.post("/", &form).await.status.as_u16(), 303);
    let session = |token: &str| clinic.state.tokens.read(token, clinic.state.services.now()).unwrap().session;
    assert_ne!(session(&planted.token), session(&before));
    clinic.get("/api/session").header("authorization", format!("Bearer {before}")).expect(401).await;
    clinic.get("/api/session").bearer(clinic.the(Role::Patient)).expect(200).await;

    let before = planted.token.clone();
    let new = "a kettle in the garden";
    let change = [("current", PASSWORD), ("new", new), ("repeat", new)];
    assert_eq!(planted.post("/profile/password", &change).await.status.as_u16(), 303);
    assert_ne!(session(&planted.token), session(&before));
    assert!(planted.is_signed_in().await);
    planted.token = before;
    assert!(!planted.is_signed_in().await, "the session under the old password");
}

#[tokio::test]
async fn one_signs_out_everywhere_with_or_without_this_device() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    let mut here = Browser::signed_in(&clinic, nurse).await;
    let mut there = Browser::signed_in(&clinic, nurse).await;
    let page = here.get("/profile/sessions/end-others").await.text();
    assert!(page.contains("This one stays signed in") && page.contains("type=\"password\""));
    for wrong in ["", "not this one"] {
        let reply = here.post("/profile/sessions/end-others", &[("password", wrong)]).await;
        assert!(reply.status.as_u16() == 422 && reply.text().contains("id=\"password-error\""));
    }
    assert!(there.is_signed_in().await, "without the password");
    let proof = [("password", PASSWORD)];
    assert_eq!(here.post("/profile/sessions/end-others", &proof).await.status.as_u16(), 303);
    assert!(here.is_signed_in().await && !there.is_signed_in().await);
    let mut there = Browser::signed_in(&clinic, nurse).await;
    let token = here.token.clone();
    let reply = here.post("/profile/sessions/end-all", &proof).await;
    assert_eq!((reply.location(), reply.header("clear-site-data")), ("/?notice=signed-out", "\"cache\""));
    here.token = token;
    assert!(!here.is_signed_in().await && !there.is_signed_in().await);
}

#[tokio::test]
async fn one_signs_out_one_other_device_by_its_row_and_nobody_elses() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    let mut here = Browser::signed_in(&clinic, nurse).await;
    let mut there = Browser::signed_in(&clinic, nurse).await;
    let strangers = Browser::signed_in(&clinic, clinic.the(Role::Doctor)).await;
    let session =
        |of: &Browser<'_>| clinic.state.tokens.read(&of.token, clinic.state.services.now()).unwrap().session;
    let path = format!("/profile/sessions/{}/end", session(&there));
    assert!(here.get("/profile").await.text().contains(&path));
    assert_eq!(here.get(&path).await.status.as_u16(), 200);
    assert_eq!(here.post(&path, &[]).await.status.as_u16(), 422);
    let reply = here.post(&path, &[("password", PASSWORD)]).await;
    assert_eq!(reply.location(), "/profile?notice=session-ended");
    assert!(here.is_signed_in().await && !there.is_signed_in().await);
    let path = format!("/profile/sessions/{}/end", session(&strangers));
    for typed in ["", PASSWORD] {
        assert_eq!(here.post(&path, &[("password", typed)]).await.status.as_u16(), 404);
    }
}

#[tokio::test]
async fn an_administrator_signs_someone_out_everywhere_and_it_is_written_down() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    let mut admin = Browser::signed_in(&clinic, clinic.the(Role::Admin)).await;
    let mut browser = Browser::signed_in(&clinic, nurse).await;
    let reply = admin.post(&format!("/admin/users/{}/end-sessions", nurse.id), &[]).await;
    assert_eq!(reply.status.as_u16(), 303);
    assert!(admin.get(reply.location()).await.text().contains("The person is signed out everywhere"));
    assert!(!browser.is_signed_in().await);
    clinic.get("/api/session").bearer(nurse).expect(401).await;
    let audit = clinic.get("/api/audit?limit=20").bearer(clinic.the(Role::Auditor)).expect(200).await.text();
    assert!(audit.contains("all sessions ended"), "{audit}");
    assert!(Browser::signed_in(&clinic, nurse).await.is_signed_in().await, "the account is as it was");
    let unknown = admin.post("/admin/users/999999/end-sessions", &[]).await;
    assert_eq!(unknown.status.as_u16(), 404);
}

#[tokio::test]
async fn every_cookie_over_tls_is_for_this_host_alone() {
    let clinic = clinic_over_tls().await;
    let mut browser = Browser::signed_in(&clinic, clinic.the(Role::Nurse)).await;
    let mut cookies: Vec<String> = Vec::new();
    let mut note = |reply: &Reply| {
        cookies
            .extend(reply.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()));
    };
    let form = [("login", "nina.okafor"), ("password", PASSWORD)];
    note(&clinic.post("/").header("sec-fetch-site", "same-origin").form(&form).expect(303).await);
    clinic.wait(5);
    note(&browser.get("/profile").await);
    note(&browser.post("/theme", &[("theme", "dark")]).await);
    note(&browser.post("/signout", &[]).await);
    browser.token = "none".to_owned();
    note(&browser.get("/profile").await);
    // What caches may share carries nobody's cookie.
    note(&browser.get("/robots.txt").await);
    assert_eq!(cookies.len(), 6, "{cookies:#?}");
    for cookie in cookies {
        let parts: Vec<&str> = cookie.split("; ").collect();
        let is_session = parts[0].starts_with("__Host-session=");
        let is_device = parts[0].starts_with("__Host-device=");
        assert!(is_session || is_device || parts[0] == "__Host-theme=dark", "{cookie}");
        let same_site = if is_device { "SameSite=Strict" } else { "SameSite=Lax" };
        for part in ["Secure", same_site, "Path=/"] {
            assert!(parts.contains(&part), "{part}: {cookie}");
        }
        assert_eq!(parts.contains(&"HttpOnly"), is_session || is_device, "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}
