//! The one-time page that makes the first administrator. Without the right token it does not exist.

use crate::ui::form::FormState;
use crate::ui::pages::account::set_up as view;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::Query;
use crate::web::{FormData, PageContext};
use axum::response::Response;
use service::identity::SetUpForm;
use service::{ConflictKind, ServiceError};
use sha2::{Digest, Sha256};

/// `GET /set-up?token=…`.
pub async fn show(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    open(&cx, query.get("token")).await?;
    let values = FormData::default().with("token", query.get("token"));
    Ok(page(&cx, FormState::fresh(values)))
}

/// `POST /set-up`.
pub async fn submit(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    check_token(&cx, form.get("token"))?;
    let typed = SetUpForm {
        username: form.text("username"),
        email: form.text("email"),
        password: form.text("password"),
    };
    match cx.services().set_up_admin(&cx.actor, typed).await {
        Ok(_) => Ok(see_other("/?notice=set-up-done")),
        Err(ServiceError::Invalid(errors)) if cx.services().needs_set_up().await => {
            Ok(page(&cx, FormState::refused(form, errors)))
        }
        // Once it has done its work the page does not exist.
        Err(ServiceError::Invalid(_) | ServiceError::Conflict(ConflictKind::SetUpDone)) => {
            Err(PageError::NOT_FOUND)
        }
        Err(error) => Err(error.into()),
    }
}

fn page(cx: &PageContext, form: FormState) -> Response {
    let mut head = PageHead::new("Set up the clinic", Section::None).for_form(&form);
    head.narrow = true;
    cx.render(head, move || view::page(&form))
}

/// Goes on only with the right token and while no administrator exists.
async fn open(cx: &PageContext, offered: &str) -> Result<(), PageError> {
    check_token(cx, offered)?;
    if cx.services().needs_set_up().await { Ok(()) } else { Err(PageError::NOT_FOUND) }
}

/// Goes on only with the right token.
fn check_token(cx: &PageContext, offered: &str) -> Result<(), PageError> {
    let right = cx.state.set_up_token.as_deref().is_some_and(|token| is_equal(token, offered));
    if right { Ok(()) } else { Err(PageError::NOT_FOUND) }
}

/// Compares digests in full, so that the time taken says nothing about the token.
fn is_equal(one: &str, other: &str) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    one.iter().zip(other.iter()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_token_opens_the_page() {
        assert!(is_equal("k3v9x", "k3v9x"));
        for other in ["", "k3v9", "k3v9x ", "K3V9X"] {
            assert!(!is_equal("k3v9x", other), "{other:?}");
        }
    }
}
