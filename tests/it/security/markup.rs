//! Pages: no inline style, no script without the nonce, nothing from elsewhere, no typed text as markup.

use crate::harness::{Clinic, Person, Reply, clinic, stranger};
use domain::Role;
use serde_json::json;

/// Every page that a role can see, found by following links from the ones in the navigation.
async fn crawl(clinic: &Clinic, person: Option<&Person>) -> Vec<(String, Reply)> {
    const MOST: usize = 80;
    let mut waiting = vec!["/".to_owned(), "/api".to_owned(), "/signup".to_owned(), "/nothing".to_owned()];
    let mut seen = Vec::new();
    let mut pages = Vec::new();
    while let Some(path) = waiting.pop() {
        if seen.contains(&path) || pages.len() >= MOST {
            continue;
        }
        seen.push(path.clone());
        let call = clinic.get(&path);
        let reply = if let Some(person) = person { call.browser(person) } else { call }.send().await;
        assert!(!reply.status.is_server_error(), "{path}: {}", reply.status);
        if reply.status.is_redirection() {
            waiting.push(reply.location().to_owned());
        }
        if reply.header("content-type").starts_with("text/html") {
            waiting.extend(links(&reply.text()).filter(|link| !seen.contains(link)));
            pages.push((path, reply));
        }
    }
    pages
}

/// The addresses of this site that a page leads to.
fn links(html: &str) -> impl Iterator<Item = String> {
    let targets = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let local = |target: &&str| {
        target.starts_with('/') && !target.starts_with("/assets") && !target.contains("openapi")
    };
    let found: Vec<String> = targets.filter(local).map(|target| target.replace("&amp;", "&")).collect();
    found.into_iter()
}

/// The opening tags of a page.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<')
        .skip(1)
        .filter(|tag| !tag.starts_with('/') && !tag.starts_with('!'))
        .filter_map(|tag| tag.split('>').next())
}

/// A tag without the values of its attributes.
fn names(tag: &str) -> String {
    tag.split('"').step_by(2).collect()
}

/// Forms that change something carry a key, but for those that may be sent again anyhow.
fn check_keys(path: &str, html: &str) {
    let forms = html.split("<form").skip(1).filter_map(|form| form.split("</form>").next());
    for form in forms.filter(|form| form.contains("method=\"post\"")) {
        let is_repeatable = ["/signout", "/theme", "/session/extend"]
            .iter()
            .any(|action| form.contains(&format!("action=\"{action}\"")));
        assert!(is_repeatable || form.contains("name=\"idempotencyKey\""), "{path}: {form}");
    }
}

fn check(path: &str, reply: &Reply) {
    let html = reply.text();
    check_keys(path, &html);
    let policy = reply.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    for tag in tags(&html) {
        let name = tag.split_whitespace().next().unwrap_or_default();
        let names = names(tag);
        assert!(!names.contains(" style="), "{path}: {tag}");
        assert!(name != "style" && name != "iframe" && name != "object" && name != "base", "{path}: {tag}");
        if name == "script" {
            let data = tag.contains("type=\"application/json\"");
            assert!(
                data || tag.contains(&format!("nonce=\"{nonce}\"")) || tag.contains(" src=\"/"),
                "{path}: {tag}"
            );
        }
        for handler in [" onclick=", " onload=", " onerror=", " onsubmit=", " onchange=", " onfocus="] {
            assert!(!names.contains(handler), "{path}: {tag}");
        }
        for attribute in ["src=\"", "href=\"", "action=\"", "srcset=\"", "poster=\"", "formaction=\""] {
            for value in tag.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
                let own = value.is_empty() || value.starts_with(['/', '#', '?']) && !value.starts_with("//");
                let contact = value.starts_with("tel:") || value.starts_with("mailto:");
                assert!(own || contact, "{path}: {tag}");
            }
        }
    }
}

#[tokio::test]
async fn no_page_has_inline_code_or_leads_elsewhere() {
    let clinic = clinic().await;
    stranger(&clinic).await;
    let mut people: Vec<Option<Person>> =
        Role::ALL.iter().map(|role| Some(clinic.the(*role).clone())).collect();
    people.extend([
        Some(clinic.named("Tom Baker").clone()),
        Some(clinic.named("Dr Owen Price").clone()),
        None,
    ]);
    for person in &people {
        let pages = crawl(&clinic, person.as_ref()).await;
        assert!(pages.len() >= 3, "{person:?}: {} pages", pages.len());
        for (path, reply) in &pages {
            check(path, reply);
        }
    }
}

/// What is typed where people type, hoping to be markup.
const VECTORS: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "'-alert(1)-'",
    "<svg/onload=alert(1)>",
];

#[tokio::test]
async fn what_people_type_never_becomes_markup() {
    let clinic = clinic().await;
    let (desk, doctor, clerk) =
        (clinic.the(Role::Receptionist), clinic.the(Role::Doctor), clinic.the(Role::Billing));
    for (hour, vector) in VECTORS.into_iter().enumerate() {
        let visit = json!({
            "patientName": vector, "date": "2026-11-23", "time": format!("{}:00", 10 + hour), "doctor": format!("Dr {vector}"),
        });
        clinic.post("/api/appointments").bearer(desk).json(visit).expect(201).await;
        let record = json!({"patientName": vector, "condition": vector, "treatment": vector});
        clinic.post("/api/medicalrecords").bearer(doctor).json(record).expect(201).await;
        let bill = json!({"patientName": vector, "amount": 5, "paymentMethod": vector});
        clinic.post("/api/billings").bearer(clerk).json(bill).expect(201).await;
        let patient =
            json!({"givenName": vector, "familyName": vector, "birthDate": "1980-01-01", "address": vector});
        clinic.post("/api/patients?confirmDuplicate=true").bearer(desk).json(patient).expect(201).await;
    }
    for person in [desk, doctor, clerk] {
        for (path, reply) in crawl(&clinic, Some(person)).await {
            check(&path, &reply);
            for markup in ["<script>alert", "<img src=x", "<svg/onload"] {
                assert!(!reply.text().contains(markup), "{path}: {markup}");
            }
        }
    }
}

#[tokio::test]
async fn a_refused_form_shows_what_was_typed_as_text() {
    let clinic = clinic().await;
    for vector in VECTORS {
        let form =
            [("givenName", vector), ("email", vector), ("username", vector), ("password", "secret boots")];
        let reply =
            clinic.post("/signup").form(&form).header("sec-fetch-site", "same-origin").expect(422).await;
        check("/signup", &reply);
        assert!(!reply.text().contains("<script>alert") && !reply.text().contains("secret boots"));
    }
}
