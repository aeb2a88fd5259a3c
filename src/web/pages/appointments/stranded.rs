//! Saving what may strand booked appointments: the decision as typed, and the question where there was none.

use crate::ui::form::FormState;
use crate::ui::pages::appointments::stranded::Question;
use crate::web::PageContext;
use crate::web::errors::PageError;
use crate::web::forms::FormData;
use domain::{Action, Code, FieldErrors};
use service::scheduling::{Fate, Stranded, StrandedDecision};
use service::{ConflictKind, ServiceError, UseCase};

/// What came of it.
pub(super) enum Saved {
    /// It is saved.
    Done,
    /// It is refused, or a decision is missing.
    Refused(FormState, Question),
}

fn decision_of(form: &FormData) -> Option<StrandedDecision> {
    let fate = match form.get("decision") {
        "keep" => Fate::Keep,
        "cancel" => Fate::Cancel { reason: form.text("reason") },
        _ => return None,
    };
    let of = form.get("decisionOf").split(',').filter_map(|id| id.parse().ok()).collect();
    Some(StrandedDecision { fate, of })
}

/// Saves by a use case that takes the decision; `back` is where nothing is changed.
pub(super) async fn save<U: UseCase>(
    cx: &PageContext,
    form: FormData,
    back: String,
    change: impl Fn(Option<StrandedDecision>) -> U,
) -> Result<Saved, PageError> {
    let ask = |stranded: Vec<Stranded>| {
        let may_cancel = cx.services().may(&cx.actor, Action::CancelAppointment);
        Question { stranded, may_cancel, back: back.clone() }
    };
    let refusal = cx.services().execute(&cx.actor, change(decision_of(&form))).await.err();
    match refusal {
        None => Ok(Saved::Done),
        Some(ServiceError::Conflict(ConflictKind::Stranded(stranded))) => {
            let errors = FieldErrors::one("decision", Code::DecisionNeeded(stranded.len()));
            Ok(Saved::Refused(FormState::refused(form, errors), ask(stranded)))
        }
        // The list belongs to a refused reason too: without a decision the answer tells it.
        Some(ServiceError::Invalid(errors)) if errors.of("reason").is_some() => {
            match cx.services().execute(&cx.actor, change(None)).await {
                Ok(_) => Ok(Saved::Done),
                Err(ServiceError::Conflict(ConflictKind::Stranded(stranded))) => {
                    Ok(Saved::Refused(FormState::refused(form, errors), ask(stranded)))
                }
                Err(error) => Err(error.into()),
            }
        }
        Some(ServiceError::Invalid(errors)) => {
            Ok(Saved::Refused(FormState::refused(form, errors), Question::default()))
        }
        Some(error) => Err(error.into()),
    }
}
