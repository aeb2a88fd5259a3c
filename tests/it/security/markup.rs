//! Pages: no inline style, no script without the nonce, nothing from elsewhere.

use crate::harness::{Person, Reply, clinic, crawl, dom, stranger};
use domain::Role;

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
    check_keys(path, &reply.text());
    dom::check_inert(path, reply);
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
        let mut pages = crawl(&clinic, person.as_ref(), &[]).await;
        pages.retain(|(_, reply)| reply.header("content-type").starts_with("text/html"));
        assert!(pages.len() >= 3, "{person:?}: {} pages", pages.len());
        for (path, reply) in &pages {
            check(path, reply);
        }
    }
}
