//! The log of messages to patients, and having one tried again.

use super::with_notice;
use crate::ui::form::FormState;
use crate::ui::pages::appointments::messages::{self as views, MessagesPage};
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::{PageError, safe_next};
use crate::web::forms::{FormData, Query};
use axum::extract::Path;
use axum::response::Response;
use domain::Action;
use service::scheduling::notices::{ListMessages, MessageQuery, RetryMessage};
use service::{Order, Page, PageRequest, ServiceError};

/// Messages on one page.
const ON_A_PAGE: usize = 50;

/// `GET /appointments/messages`: state, notice, day, cursor.
pub async fn list(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::ReadMessages)?;
    let after = Some(query.text("cursor")).filter(|cursor| !cursor.is_empty());
    let is_later = after.is_some();
    let filter =
        MessageQuery { state: query.text("state"), notice: query.text("notice"), day: query.text("day") };
    let page = PageRequest { after, ..PageRequest::first(ON_A_PAGE, Order::Descending) };
    let (form, messages) = match cx.services().execute(&cx.actor, ListMessages { filter, page }).await {
        Ok(found) => (FormState::fresh(query), found),
        Err(ServiceError::Invalid(errors)) => {
            (FormState::refused(query, errors), Page { items: Vec::new(), next: None })
        }
        Err(error) => return Err(error.into()),
    };
    let opens_appointments = cx.services().may(&cx.actor, Action::ReadAppointments);
    let page = MessagesPage {
        messages,
        here: views::address(&form),
        form,
        zone: cx.services().clinic().zone.clone(),
        is_later,
        may_retry: cx.services().may(&cx.actor, Action::RetryMessage),
        opens_appointments,
        sends: cx.services().mail().is_on() || cx.services().sends_texts(),
    };
    let section = if opens_appointments { Section::Appointments } else { Section::Admin };
    let head = PageHead::new("Messages to patients", section).for_form(&page.form);
    Ok(cx.render(head, move || views::page(&page)))
}

/// `POST /appointments/messages/{id}/retry`: return.
pub async fn retry(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let id = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    cx.services().execute(&cx.actor, RetryMessage { id }).await?;
    let back = match safe_next(form.get("return")) {
        "/" => "/appointments/messages",
        back => back,
    };
    Ok(see_other(&with_notice(back, "message-retried")))
}
