//! Errors of the API as RFC 9457 problem details that also carry the `message` of the old system.

use super::wire::Instant;
use crate::web::errors::status_of;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{AppointmentId, Code, FieldErrors, UserId};
use serde::Serialize;
use service::identity::Challenge;
use service::scheduling::{FreeSlot, Stranded, Trouble};
use service::{ConflictKind, ServiceError};
use utoipa::ToSchema;

/// Ends an API handler.
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    cause: Cause,
    /// What is free instead of a taken time.
    nearest: Vec<NearestSlot>,
}

#[derive(Clone, Debug)]
enum Cause {
    /// What a service said.
    Service(ServiceError),
    /// What the request itself has wrong, in words.
    Request(String),
    /// The password was right; a second step is to come.
    SecondFactor(Challenge),
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        let status = match &error {
            // Here the caller states the version in `If-Match` (RFC 9110 §13.1.1).
            ServiceError::Stale => StatusCode::PRECONDITION_FAILED,
            other => status_of(other),
        };
        Self { status, cause: Cause::Service(error), nearest: Vec::new() }
    }
}

impl ApiError {
    /// No such thing, or not the caller's to know.
    pub const NOT_FOUND: Self = Self {
        status: StatusCode::NOT_FOUND,
        cause: Cause::Service(ServiceError::NotFound),
        nearest: Vec::new(),
    };

    /// A request that cannot be understood.
    pub fn bad_request(why: impl Into<String>) -> Self {
        Self::request(StatusCode::BAD_REQUEST, why)
    }

    /// A request that is refused before any service sees it.
    pub fn request(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, cause: Cause::Request(why.into()), nearest: Vec::new() }
    }

    /// A sign-in that needs a second step, and what leads to it.
    pub const fn second_factor_required(challenge: Challenge) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, cause: Cause::SecondFactor(challenge), nearest: Vec::new() }
    }

    /// One refused field.
    pub fn field(field: &'static str, code: Code) -> Self {
        ServiceError::field(field, code).into()
    }

    /// The refusal of fields under another status: old clients expect 400.
    #[must_use]
    pub fn refused_as(mut self, status: StatusCode) -> Self {
        if self.fields().is_some() {
            self.status = status;
        }
        self
    }

    /// The same with what is free instead.
    pub(super) fn with_nearest(self, nearest: Vec<NearestSlot>) -> Self {
        Self { nearest, ..self }
    }

    /// The fields as the caller knows them: a full-shape request has `start` where the services see a date and a time.
    #[must_use]
    pub fn with_start(self) -> Self {
        let Cause::Service(ServiceError::Invalid(fields)) = self.cause else { return self };
        let mut renamed = FieldErrors::new();
        for (field, code) in fields.iter() {
            let field = if matches!(field, "date" | "time") { "start" } else { field };
            renamed.push(field, code.clone());
        }
        Self { cause: Cause::Service(ServiceError::Invalid(renamed)), ..self }
    }

    /// The refused fields, if that is the cause.
    pub const fn fields(&self) -> Option<&FieldErrors> {
        match &self.cause {
            Cause::Service(ServiceError::Invalid(fields)) => Some(fields),
            _ => None,
        }
    }
}

/// RFC 9457 §3, with the old system's `message`.
#[derive(Serialize, ToSchema)]
pub(super) struct Problem {
    /// `about:blank`, as the status says which kind of problem it is; but `/api#second-factor-required` when a sign-in
    /// needs a second step.
    r#type: &'static str,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What went wrong here.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The same, under the name that clients of the old system know.
    message: String,
    /// The refused fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// What to send with the code in the second step of a sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// Booked appointments that would lie outside the new hours: decide what becomes of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stranded: Vec<StrandedView>,
    /// Visits of a series that cannot be had at their time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    occurrences: Vec<TakenView>,
    /// The free times nearest to one that was taken, those of the same doctor first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nearest: Vec<NearestSlot>,
}

/// A booked appointment that would lie outside the new hours.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StrandedView {
    /// Which.
    #[schema(value_type = u64)]
    id: AppointmentId,
    /// With whom.
    doctor: String,
    /// Who comes; left out for callers who do not see appointments.
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_name: Option<String>,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    start: Instant,
    /// Its length.
    duration_minutes: u16,
}

/// A visit of a series that cannot be had at its time.
#[derive(Serialize, ToSchema)]
pub(super) struct TakenView {
    /// The day.
    date: String,
    /// The time of day by the clinic's clock.
    time: String,
    /// What stands in its way: `doctor-busy`, `patient-busy`, `room-busy`, `closed`, `leave` or `refused`.
    trouble: &'static str,
    /// The same in words.
    detail: String,
}

/// A free time instead of one that is taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NearestSlot {
    /// The doctor's account.
    #[schema(value_type = u64)]
    doctor_id: UserId,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    start: Instant,
    /// Its length.
    duration_minutes: u16,
}

impl StrandedView {
    fn of(stranded: &Stranded) -> Self {
        Self {
            id: stranded.id,
            doctor: stranded.doctor.name.clone(),
            patient_name: stranded.patient.as_ref().map(|patient| patient.name.clone()),
            start: Instant(stranded.time.start()),
            duration_minutes: stranded.time.minutes(),
        }
    }
}

impl From<FreeSlot> for NearestSlot {
    fn from(slot: FreeSlot) -> Self {
        let (start, duration_minutes) = (Instant(slot.time.start()), slot.time.minutes());
        Self { doctor_id: slot.doctor, start, duration_minutes }
    }
}

/// The status alone says what kind of problem it is.
const PLAIN: &str = "about:blank";
/// A sign-in needs a second step; the page that shows the API tells how.
const SECOND_FACTOR_REQUIRED: &str = "/api#second-factor-required";

/// Why one field was refused.
#[derive(Serialize, ToSchema)]
pub(super) struct FieldProblem {
    /// The field's name in the request's body.
    field: String,
    /// What to enter instead.
    message: String,
}

fn respond(problem: &Problem, status: StatusCode) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// `description3` is the description of the fourth line.
fn field_path(field: &str) -> String {
    let name = field.trim_end_matches(|character: char| character.is_ascii_digit());
    match field.get(name.len()..) {
        Some(index) if !index.is_empty() => format!("lines[{index}].{name}"),
        _ => field.to_owned(),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let errors: Vec<FieldProblem> = self.fields().map_or_else(Vec::new, |fields| {
            fields
                .iter()
                .map(|(field, code)| FieldProblem { field: field_path(field), message: code.to_string() })
                .collect()
        });
        let detail = match (&self.cause, errors.first()) {
            (_, Some(first)) => first.message.clone(),
            (Cause::Request(why), None) => why.clone(),
            (Cause::Service(error), None) => words(error),
            (Cause::SecondFactor(_), None) => {
                "A code of the second factor is needed: send it with the challenge to POST /api/login"
                    .to_owned()
            }
        };
        let challenge = match &self.cause {
            Cause::SecondFactor(challenge) => Some(challenge.expose().to_owned()),
            _ => None,
        };
        let stranded = match &self.cause {
            Cause::Service(ServiceError::Conflict(ConflictKind::Stranded(all))) => {
                all.iter().map(StrandedView::of).collect()
            }
            _ => Vec::new(),
        };
        let occurrences = match &self.cause {
            Cause::Service(ServiceError::Conflict(ConflictKind::Series(taken))) => {
                let view = |(date, time, trouble): &(String, String, Trouble)| TakenView {
                    date: date.clone(),
                    time: time.clone(),
                    trouble: trouble.name(),
                    detail: trouble.words(),
                };
                taken.iter().map(view).collect()
            }
            _ => Vec::new(),
        };
        let problem = Problem {
            r#type: if challenge.is_some() { SECOND_FACTOR_REQUIRED } else { PLAIN },
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            message: detail.clone(),
            detail: Some(detail),
            errors,
            challenge,
            stranded,
            occurrences,
            nearest: self.nearest,
        };
        let mut response = respond(&problem, self.status);
        if let Cause::Service(ServiceError::RateLimited(seconds) | ServiceError::Unavailable(seconds)) =
            self.cause
        {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The error in words that name nothing of the inside.
fn words(error: &ServiceError) -> String {
    match error {
        ServiceError::Internal(_) => "Something went wrong here; the reference is in x-request-id".to_owned(),
        other => sentence(&other.to_string()),
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// A problem for an error that no service knows (no such route, body too large), keeping its headers.
pub fn problem_for_status(status: StatusCode, original: &Response) -> Response {
    let title = status.canonical_reason().unwrap_or("Error").to_owned();
    let problem = Problem {
        r#type: PLAIN,
        title: title.clone(),
        status: status.as_u16(),
        detail: None,
        message: title,
        errors: Vec::new(),
        challenge: None,
        stranded: Vec::new(),
        occurrences: Vec::new(),
        nearest: Vec::new(),
    };
    let mut response = respond(&problem, status);
    for name in [RETRY_AFTER, ALLOW] {
        if let Some(value) = original.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_bills_lines_are_named_by_their_place() {
        assert_eq!(field_path("description12"), "lines[12].description");
        assert_eq!(field_path("unitAmount0"), "lines[0].unitAmount");
        assert_eq!(field_path("email"), "email");
    }

    #[test]
    fn a_fault_of_the_program_says_nothing_of_the_inside() {
        let error = ApiError::from(ServiceError::Internal("/var/lib/users.json: bad line".to_owned()));
        let Cause::Service(cause) = &error.cause else { panic!("a service error") };
        assert!(!words(cause).contains("users.json"));
    }
}
