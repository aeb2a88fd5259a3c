//! One-time links as they are handed to people.

use crate::web::PageContext;
use axum::http::HeaderMap;
use axum::http::header::HOST;

/// The whole address of a path on this site: as the clinic is known to the world, else as the reader reached it. The
/// reader's own browser says the latter, and only the reader sees it.
pub fn absolute(cx: &PageContext, headers: &HeaderMap, path: &str) -> String {
    if let Some(site) = cx.services().mail().site() {
        return format!("{site}{path}");
    }
    let scheme = if cx.state.cookie_secure { "https" } else { "http" };
    match headers.get(HOST).and_then(|host| host.to_str().ok()) {
        Some(host) => format!("{scheme}://{host}{path}"),
        None => path.to_owned(),
    }
}
