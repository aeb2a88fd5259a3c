//! Handlers of the links in messages: nobody needs to sign in for them. Opening one changes nothing, as programs that scan mail
//! open links; its buttons do.

use crate::ui::form::FormState;
use crate::ui::pages::account::link_ended;
use crate::ui::pages::answers::{self as views, RemindersPage, VisitPage};
use crate::ui::pages::appointments::link;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::Query;
use crate::web::state::AppState;
use crate::web::{FormData, PageContext};
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use domain::{Code, FieldErrors};
use service::ServiceError;
use service::scheduling::notices::{
    Answer, AnswerVisit, LinkState, ReadReminders, ReadVisitLink, SetReminders, VisitLink,
};

/// Routes of this area.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/visit", get(visit).post(answer))
        .route("/reminders", get(reminders).post(set_reminders))
}

fn narrow(title: &'static str) -> PageHead {
    PageHead { narrow: true, ..PageHead::new(title, Section::None) }
}

/// The page of every link that is not good.
fn ended(cx: &PageContext, status: StatusCode) -> Response {
    cx.render(narrow("This link does not work").with_status(status), || link_ended(None))
}

fn is_bad(errors: &FieldErrors) -> bool {
    errors.of("token") == Some(&Code::LinkEnded)
}

/// The page, or that of a link that is not good.
fn or_ended(
    cx: &PageContext,
    status: StatusCode,
    page: Result<Response, ServiceError>,
) -> Result<Response, PageError> {
    match page {
        Err(ServiceError::Invalid(errors)) if is_bad(&errors) => Ok(ended(cx, status)),
        page => Ok(page?),
    }
}

/// `GET /visit?token=…`
async fn visit(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    let shown = match cx.services().visit_link(query.get("token")) {
        Ok(link) => show(&cx, link, FormState::fresh(query)).await,
        Err(error) => Err(error),
    };
    or_ended(&cx, StatusCode::NOT_FOUND, shown)
}

async fn show(cx: &PageContext, link: VisitLink, form: FormState) -> Result<Response, ServiceError> {
    let visit = cx.services().execute(&cx.actor, ReadVisitLink { link }).await?;
    let title = match visit.state {
        LinkState::Open { .. } => "Your appointment",
        LinkState::Cancelled => "This appointment is cancelled",
        LinkState::Changed => "This appointment has changed",
        LinkState::Past => "This appointment cannot be changed any more",
    };
    let page = VisitPage { clinic: cx.services().clinic().clone(), visit, form };
    Ok(cx.render(narrow(title).for_form(&page.form), move || views::visit(&page)))
}

/// `POST /visit`: token, answer.
async fn answer(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    let token = form.text("token");
    let answered = match (cx.services().visit_link(&token), Answer::named(form.get("answer"))) {
        (Err(error), _) => Err(error),
        (Ok(_), None) => return Err(PageError::NOT_FOUND),
        (Ok(link), Some(answer)) => {
            match cx.services().execute(&cx.actor, AnswerVisit { link, answer }).await {
                // Too late: the page says so at the button.
                Err(ServiceError::Invalid(errors)) if !is_bad(&errors) => {
                    show(&cx, link, FormState::refused(form, errors)).await
                }
                // Done, or done before: the page says how it stands.
                Ok(()) | Err(ServiceError::Invalid(_)) => Ok(see_other(&to("/visit", &token))),
                Err(error) => Err(error),
            }
        }
    };
    or_ended(&cx, StatusCode::UNPROCESSABLE_ENTITY, answered)
}

/// Back to the page of a link.
fn to(page: &str, token: &str) -> String {
    link(page, &[("token", token)])
}

/// `GET /reminders?token=…`
async fn reminders(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    let token = query.text("token");
    let shown = match cx.services().reminder_link(&token) {
        Ok(link) => cx.services().execute(&cx.actor, ReadReminders { link }).await,
        Err(error) => Err(error),
    };
    let shown = shown.map(|(channel, are_on)| {
        let page = RemindersPage { clinic: cx.services().clinic().name.clone(), channel, are_on, token };
        let title = if are_on { "Stop reminders?" } else { "Reminders are off" };
        cx.render(narrow(title), move || views::reminders(&page))
    });
    or_ended(&cx, StatusCode::NOT_FOUND, shown)
}

/// `POST /reminders`: token, wanted.
async fn set_reminders(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    let token = form.text("token");
    let done = match cx.services().reminder_link(&token) {
        Ok(link) => {
            let wanted = form.get("wanted") == "yes";
            cx.services().execute(&cx.actor, SetReminders { link, wanted }).await
        }
        Err(error) => Err(error),
    };
    or_ended(&cx, StatusCode::UNPROCESSABLE_ENTITY, done.map(|()| see_other(&to("/reminders", &token))))
}
