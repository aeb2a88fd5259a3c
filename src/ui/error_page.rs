//! Error pages in house style: what happened, what to do, a reference, a way back.

use crate::web::PageContext;
use crate::web::context::{PageHead, Section};
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use service::ServiceError;

/// What a status means, in words: heading, explanation.
fn words(status: StatusCode, error: Option<&ServiceError>) -> (&'static str, String) {
    match (status, error) {
        (_, Some(ServiceError::Conflict(kind))) => ("This cannot be done as things stand", sentence(&kind.to_string())),
        (_, Some(ServiceError::Stale)) => (
            "Someone else changed this in the meantime",
            "Nothing of yours was saved. Go back, reload the page to see the newest version, and try again.".to_owned(),
        ),
        (StatusCode::FORBIDDEN, _) => (
            "You cannot do this",
            "Your role at the clinic does not include this. Ask an administrator if you think it should.".to_owned(),
        ),
        (StatusCode::NOT_FOUND, _) => (
            "Page not found",
            "It does not exist, or it is not yours to see. Check the address, or start again from the home page."
                .to_owned(),
        ),
        (StatusCode::METHOD_NOT_ALLOWED, _) => ("This address does not take that", "Start again from the home page.".to_owned()),
        (StatusCode::PAYLOAD_TOO_LARGE, _) => {
            ("That is too long", "What you sent is larger than the clinic accepts. Nothing was saved.".to_owned())
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            ("Too many tries", "Wait a moment, then try again. Nothing was saved.".to_owned())
        }
        (StatusCode::SERVICE_UNAVAILABLE, _) => (
            "The clinic's system is busy",
            "Nothing was saved. Wait a few seconds, then try again.".to_owned(),
        ),
        (StatusCode::INSUFFICIENT_STORAGE, _) => (
            "The clinic’s storage is full",
            "Nothing was saved, and nothing new can be until there is room again. Reading goes on. Tell whoever runs the system."
                .to_owned(),
        ),
        (status, _) if status.is_server_error() => (
            "Something went wrong",
            "The fault is ours and is noted. Nothing was saved. Try again later.".to_owned(),
        ),
        _ => ("The request was not understood", "Nothing was saved. Go back and try again.".to_owned()),
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}. Nothing was changed.", characters.as_str())
}

/// The page of an error.
pub fn render(context: &PageContext, status: StatusCode, error: Option<ServiceError>) -> Response {
    let (heading, explanation) = words(status, error.as_ref());
    let head = PageHead::new(heading, Section::None).with_status(status);
    let reference = context.actor.request_id.clone();
    context.render(head, move || {
        view! {
            <div class="hc-error hc-narrow">
                <h1 class="govuk-heading-l">{heading}</h1>
                <p class="govuk-body">{explanation}</p>
                <p class="govuk-body">
                    <a class="govuk-link" href="/">"Go to the home page"</a>
                </p>
                <p class="hc-sub">"Reference: "<span>{reference}</span></p>
            </div>
        }
    })
}
