//! Signing other devices out: asked for on the account page, done with the password.

use super::session::signed_out;
use crate::ui::form::FormState;
use crate::ui::pages::account::devices as view;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::{FormData, PageContext};
use axum::extract::Path;
use axum::response::Response;
use domain::SessionId;
use service::ServiceError;
use service::identity::{Ending, ReadProfile};

/// `GET /profile/sessions/{id}/end`.
pub async fn show_one(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    page(&cx, Ending::One(session(&cx, &id)?), FormState::default()).await
}

/// `POST /profile/sessions/{id}/end`: password.
pub async fn end_one(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    end(&cx, Ending::One(session(&cx, &id)?), form).await
}

/// `GET /profile/sessions/end-others`.
pub async fn show_others(cx: PageContext) -> Result<Response, PageError> {
    page(&cx, Ending::Others, FormState::default()).await
}

/// `POST /profile/sessions/end-others`: password. Ends all sessions but this one.
pub async fn end_others(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    end(&cx, Ending::Others, form).await
}

/// `GET /profile/sessions/end-all`.
pub async fn show_all(cx: PageContext) -> Result<Response, PageError> {
    page(&cx, Ending::All, FormState::default()).await
}

/// `POST /profile/sessions/end-all`: password. Ends all sessions, this one too.
pub async fn end_all(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    end(&cx, Ending::All, form).await
}

fn session(cx: &PageContext, id: &str) -> Result<SessionId, PageError> {
    cx.signed_in()?;
    id.parse().map_err(|_| PageError::NOT_FOUND)
}

/// The question. A session that ended meanwhile, and somebody else's, is none.
async fn page(cx: &PageContext, ending: Ending, form: FormState) -> Result<Response, PageError> {
    let profile = cx.services().execute(&cx.actor, ReadProfile {}).await?;
    let one = match ending {
        Ending::One(id) => {
            let found = profile.sessions.into_iter().find(|session| session.id == id);
            Some(found.ok_or(PageError::NOT_FOUND)?)
        }
        Ending::Others | Ending::All => None,
    };
    let zone = cx.services().clinic().zone.clone();
    let head = PageHead::new(view::title(ending), Section::None).for_form(&form);
    Ok(cx.render(head, move || view::page(&form, ending, one.as_ref(), &zone)))
}

async fn end(cx: &PageContext, ending: Ending, form: FormData) -> Result<Response, PageError> {
    match cx.services().end_own_sessions(&cx.actor, ending, form.get("password")).await {
        Ok(()) => Ok(done(cx, ending)),
        Err(ServiceError::Invalid(errors)) => page(cx, ending, FormState::refused(form, errors)).await,
        Err(error) => Err(error.into()),
    }
}

fn done(cx: &PageContext, ending: Ending) -> Response {
    match ending {
        Ending::One(id) if cx.actor.session() != Some(id) => see_other("/profile?notice=session-ended"),
        Ending::Others => see_other("/profile?notice=others-ended"),
        Ending::One(_) | Ending::All => signed_out(cx),
    }
}
