//! Goes through everything that someone can open.

use super::{Clinic, Person, Reply, dom};
use std::collections::BTreeSet;

/// Most pages of one crawl: more means that links go round in circles.
const MOST: usize = 2000;

/// Every page and file that is reached from these addresses by following links and sending search forms.
pub async fn crawl(clinic: &Clinic, person: Option<&Person>, from: &[String]) -> Vec<(String, Reply)> {
    let start = ["/", "/api", "/signup", "/nothing", "/profile"].map(str::to_owned);
    let mut waiting: Vec<String> = start.into_iter().chain(from.iter().cloned()).collect();
    let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        assert!(found.len() < MOST, "more than {MOST} pages, the last is {path}");
        let call = clinic.get(&path);
        let reply = if let Some(person) = person { call.browser(person) } else { call }.send().await;
        assert!(!reply.status.is_server_error(), "{path}: {}", reply.status);
        let mut next = Vec::new();
        if reply.status.is_redirection() && reply.location().starts_with('/') {
            next.push(reply.location().to_owned());
        }
        if reply.header("content-type").starts_with("text/html") {
            next.extend(dom::links(&reply.text()));
        }
        // Calendars go on for ever: of each page one step in time is enough.
        next.retain(|path| !is_seen(&known, path));
        for path in next {
            if known.insert(path.clone()) {
                waiting.push(path);
            }
        }
        found.push((path, reply));
    }
    found
}

/// Whether enough of these have been seen: the same page with other words in the same fields, or another event of the log.
fn is_seen(known: &BTreeSet<String>, path: &str) -> bool {
    const ENOUGH: usize = 4;
    let shape = |path: &str| {
        let (page, query) = path.split_once('?').unwrap_or((path, ""));
        let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
        let page = if is_event(path) { "/admin/audit/{event}" } else { page };
        (page.to_owned(), names.join("&"))
    };
    let wanted = shape(path);
    (path.contains('?') || is_event(path))
        && known.iter().filter(|other| shape(other) == wanted).count() >= ENOUGH
}

fn is_event(path: &str) -> bool {
    path.strip_prefix("/admin/audit/")
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}
