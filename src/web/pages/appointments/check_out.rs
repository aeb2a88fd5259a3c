//! Completing several visits at once.

use crate::ui::pages::appointments::check_out::{self, Outcome, PATH, TICK};
use crate::ui::pages::appointments::link;
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::{PageError, safe_next};
use crate::web::forms::{FormData, Query};
use axum::response::Response;
use domain::AppointmentId;
use service::ServiceError;
use service::scheduling::{CheckOutVisits, CheckedOut, ReadVisits};
use std::collections::BTreeMap;

/// Numbers as an address carries them: `12.15`.
fn joined(ids: impl Iterator<Item = AppointmentId>) -> String {
    ids.map(|id| id.to_string()).collect::<Vec<_>>().join(".")
}

fn split(text: &str) -> Vec<AppointmentId> {
    text.split('.').filter_map(|id| id.parse().ok()).take(CheckOutVisits::MOST).collect()
}

/// `POST /appointments/checkouts`: visit…, each with the version that was seen; return.
pub async fn complete(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let ticks = form.numbered(TICK);
    let visits: BTreeMap<_, _> = ticks.map(|(id, version)| (AppointmentId(id), version)).collect();
    let back = match safe_next(form.get("return")) {
        "/" => "/appointments?view=list",
        back => back,
    };
    let outcomes = match cx.services().execute(&cx.actor, CheckOutVisits { visits }).await {
        // Nothing was ticked: the list says what to do.
        Err(ServiceError::Invalid(_)) => return Ok(see_other(&super::with_notice(back, "nothing-selected"))),
        outcomes => outcomes?,
    };
    let with = |wanted: CheckedOut| {
        joined(outcomes.iter().filter(|(_, outcome)| **outcome == wanted).map(|(id, _)| *id))
    };
    let (completed, changed) = (with(CheckedOut::Completed), with(CheckedOut::Changed));
    Ok(see_other(&link(PATH, &[("completed", &completed), ("changed", &changed), ("return", back)])))
}

/// `GET /appointments/checkouts`: what became of each visit, as the address says; completed, changed, return.
pub async fn outcome(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    let completed = split(query.get("completed"));
    let ids = completed.iter().copied().chain(split(query.get("changed"))).collect();
    let visits = cx.services().execute(&cx.actor, ReadVisits { ids }).await?;
    let outcome = Outcome {
        clinic: cx.services().clinic().clone(),
        visits,
        completed: completed.into_iter().collect(),
        back: match safe_next(query.get("return")) {
            "/" => "/appointments?view=list".to_owned(),
            back => back.to_owned(),
        },
    };
    let head = PageHead::new("Visits completed", Section::Appointments);
    Ok(cx.render(head, move || check_out::page(&outcome)))
}
