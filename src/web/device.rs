//! The cookie by which a browser shows that its owner signed in there before. It opens nothing: it only keeps others' wrong
//! guesses from making its owner wait.

use crate::web::auth::{cookie, set_cookie};
use axum::http::HeaderMap;
use axum::response::Response;
use axum_extra::extract::cookie::{Cookie, SameSite};
use service::identity::{Device, DeviceSecret};
use time::Duration;

const fn name(secure: bool) -> &'static str {
    if secure { "__Host-device" } else { "device" }
}

/// The browser that a request comes from.
pub fn browser(headers: &HeaderMap, secure: bool) -> Device {
    Device::Browser(cookie(headers, name(secure)).and_then(|text| DeviceSecret::shown(&text)))
}

/// Lets the browser keep what tells it from others.
pub fn keep(response: &mut Response, secret: &DeviceSecret, secure: bool) {
    let mut cookie = Cookie::new(name(secure), secret.expose().to_owned());
    cookie.set_http_only(true);
    cookie.set_secure(secure);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_path("/");
    cookie.set_max_age(Duration::seconds(DeviceSecret::KEPT.as_secs()));
    set_cookie(response, &cookie);
}
