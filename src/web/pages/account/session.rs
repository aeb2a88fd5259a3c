//! Signing out and choosing the colour theme.

use crate::web::auth::{ended_cookie, see_other, set_cookie};
use crate::web::context::Theme;
use crate::web::errors::{PageError, safe_next};
use crate::web::{FormData, PageContext};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use axum_extra::extract::cookie::{Cookie, SameSite};
use service::ServiceError;
use service::identity::SignOut;
use time::Duration;

/// `POST /signout`: ends the session here and in the browser, which also forgets the pages it kept.
pub async fn sign_out(cx: PageContext) -> Result<Response, PageError> {
    match cx.services().execute(&cx.actor, SignOut {}).await {
        // A session that has ended already is what was asked for.
        Ok(()) | Err(ServiceError::Unauthenticated) => Ok(signed_out(&cx)),
        Err(error) => Err(error.into()),
    }
}

/// The answer that leaves no trace of the session in the browser.
pub fn signed_out(cx: &PageContext) -> Response {
    let mut response = see_other("/?notice=signed-out");
    set_cookie(&mut response, &ended_cookie(cx.state.cookie_secure));
    response
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    response
}

/// `POST /session/extend`: that it was asked for keeps the session alive; goes back to where the reader was.
pub async fn extend(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    Ok(see_other(&without_notice(safe_next(form.get("next")))))
}

/// `POST /theme`: remembers the choice for a year and goes back.
pub async fn choose_theme(cx: PageContext, form: FormData) -> Response {
    let mut response = see_other(&without_notice(safe_next(form.get("next"))));
    if let Some(theme) = Theme::named(form.get("theme")) {
        set_cookie(&mut response, &theme_cookie(theme, cx.state.cookie_secure));
    }
    response
}

fn theme_cookie(theme: Theme, secure: bool) -> Cookie<'static> {
    let mut cookie = Cookie::new(Theme::cookie_name(secure), theme.name());
    cookie.set_path("/");
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(secure);
    // Not a secret: the switch in the footer changes it without a request.
    cookie.set_http_only(false);
    cookie.set_max_age(Duration::days(365));
    cookie
}

/// The same address without the banner: what was done was not done again.
fn without_notice(path: &str) -> String {
    let Some((page, query)) = path.split_once('?') else { return path.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("notice=")).collect();
    if kept.is_empty() { page.to_owned() } else { format!("{page}?{}", kept.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_kept_for_a_year_and_not_sent_to_other_sites() {
        let cookie = theme_cookie(Theme::Dark, true).to_string();
        for part in ["__Host-theme=dark", "Path=/", "SameSite=Lax", "Secure", "Max-Age=31536000"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }

    #[test]
    fn going_back_keeps_the_filters_and_drops_the_banner() {
        assert_eq!(without_notice("/billing?status=paid&notice=bill-saved"), "/billing?status=paid");
        assert_eq!(without_notice("/?notice=signed-out"), "/");
        assert_eq!(without_notice("/profile"), "/profile");
    }
}
