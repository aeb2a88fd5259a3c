//! `/api/appointments/series`: visits that are repeated.

use super::appointments::{AppointmentView, ReasonBody, start};
use super::extract::{Id, IfMatch, Json, SignedIn};
use super::respond::{self, Answer};
use super::wire::Day;
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use domain::series::{Every, Rhythm};
use domain::{Appointment, AppointmentId, Code, PatientId, UserId};
use serde::{Deserialize, Serialize};
use service::Versioned;
use service::scheduling::{
    BookSeries, CancelFollowing, MoveFollowing, Occurrence, ReadAppointment, ReadSeries, SeriesWish, Trouble,
};
use utoipa::ToSchema;

/// A series to plan, or to book.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SeriesBody {
    /// Who comes.
    #[schema(value_type = String)]
    patient_id: PatientId,
    /// Who sees the patient.
    #[schema(value_type = u64)]
    doctor_id: UserId,
    /// The first visit: an instant (RFC 3339), or the time by the clinic's clock: `2026-11-23T09:30`. All others are at the
    /// same time of day.
    start: String,
    /// Code of the visit type.
    visit_type: String,
    /// Why.
    #[serde(default)]
    reason: String,
    /// So many of the unit between two visits.
    count: u8,
    /// `days`, `weeks` or `months`.
    #[schema(value_type = String)]
    every: Every,
    /// How many visits, at most 52; as many as there are until the last day when left out.
    number: Option<u8>,
    /// The last day.
    #[serde(default)]
    until: String,
    /// Whether to only say what stands in the way of each visit.
    #[serde(default)]
    dry_run: bool,
    /// The visits that are booked instead of the planned ones: some left out, some at another time.
    chosen: Option<Vec<ChosenVisit>>,
}

/// One chosen visit.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChosenVisit {
    /// Who sees the patient.
    #[schema(value_type = u64)]
    doctor_id: UserId,
    /// When: an instant, or the time by the clinic's clock.
    start: String,
}

/// A planned visit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OccurrenceView {
    /// The day.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// The time of day, as `09:30`.
    time: String,
    /// With whom.
    #[schema(value_type = u64)]
    doctor_id: UserId,
    /// `doctor-busy`, `patient-busy`, `room-busy`, `closed`, `leave` or `refused`; null when nothing stands in its way.
    trouble: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The nearest free time by the clinic's clock, as `2026-11-23T10:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<NearestVisit>,
}

/// A free time instead of a planned one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NearestVisit {
    /// With whom.
    #[schema(value_type = u64)]
    doctor_id: UserId,
    /// When, by the clinic's clock.
    start: String,
}

impl OccurrenceView {
    fn of(it: Occurrence) -> Self {
        Self {
            date: Day(it.date),
            time: it.time,
            doctor_id: it.doctor,
            trouble: it.trouble.as_ref().map(Trouble::name),
            detail: it.trouble.as_ref().map(Trouble::words),
            nearest: it.nearest.map(|(doctor_id, date, time, _)| NearestVisit {
                doctor_id,
                start: format!("{date}T{time}"),
            }),
        }
    }
}

/// A series.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeriesBooked<'a> {
    /// How often the visits come, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    rhythm: Option<String>,
    /// Which of them was asked for, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<usize>,
    /// All of them in order.
    visits: Vec<AppointmentView<'a>>,
}

fn views<'a>(state: &AppState, visits: &'a [Versioned<Appointment>]) -> Vec<AppointmentView<'a>> {
    let zone = &state.services.clinic().zone;
    visits.iter().map(|visit| AppointmentView::of(visit, zone)).collect()
}

/// Plan a series of visits, or book it.
///
/// With `dryRun` the answer is every visit and what stands in its way. Without it all visits are booked, or none: when some
/// cannot be had, the answer is 409 with `occurrences`.
#[utoipa::path(post, path = "/api/appointments/series", tag = "Series", request_body = SeriesBody,
    responses((status = 200, description = "What it would be", body = [OccurrenceView]),
        (status = 201, description = "The booked visits", body = SeriesBooked)))]
pub(super) async fn book(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<SeriesBody>,
) -> Answer {
    let (date, time) = start(&state, &body.start)?;
    let wish = SeriesWish {
        patient: body.patient_id,
        doctor: body.doctor_id,
        date,
        time,
        visit_type: body.visit_type,
        reason: body.reason,
        count: body.count.to_string(),
        every: body.every,
        number: body.number.map(|number| number.to_string()).unwrap_or_default(),
        until: body.until,
    };
    if body.dry_run {
        let planned = state.services.plan_series(&actor, wish).await.map_err(with_start)?;
        let views: Vec<_> = planned.into_iter().map(OccurrenceView::of).collect();
        return respond::ok(&views);
    }
    let mut chosen = Vec::new();
    if let Some(visits) = body.chosen {
        for visit in visits.into_iter().take(Rhythm::MOST + 1) {
            let (date, time) = start(&state, &visit.start)?;
            chosen.push((visit.doctor_id, date, time));
        }
    } else {
        let planned = state.services.plan_series(&actor, wish.clone()).await.map_err(with_start)?;
        chosen.extend(planned.into_iter().map(|it| (it.doctor, it.date.to_string(), it.time)));
    }
    let booked = state.services.execute(&actor, BookSeries { wish, chosen }).await.map_err(with_start)?;
    let answer = SeriesBooked { rhythm: None, number: None, visits: views(&state, &booked) };
    respond::json(StatusCode::CREATED, &answer)
}

fn with_start(error: service::ServiceError) -> super::ApiError {
    super::ApiError::from(error).with_start()
}

/// Read the series that an appointment is one of; not found for one by itself.
#[utoipa::path(get, path = "/api/appointments/{id}/series", tag = "Series", params(("id" = u64, Path)),
    responses((status = 200, description = "The series", body = SeriesBooked)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
) -> Answer {
    let found = state.services.execute(&actor, ReadSeries { id }).await?;
    let found = found.ok_or(super::ApiError::NOT_FOUND)?;
    let rhythm = found.rhythm.map(Rhythm::title);
    respond::ok(&SeriesBooked { rhythm, number: Some(found.number), visits: views(&state, &found.visits) })
}

/// The new time of a visit and all that follow it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MoveSeriesBody {
    /// The new time of this visit: an instant, or the time by the clinic's clock. Those that follow move by as many days, to
    /// the same time of day.
    start: String,
    /// Another doctor; the same one when left out.
    #[schema(value_type = Option<u64>)]
    doctor_id: Option<UserId>,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Move a visit of a series and all that follow it, or none.
#[utoipa::path(patch, path = "/api/appointments/{id}/series", tag = "Series", params(("id" = u64, Path)),
    request_body = MoveSeriesBody, responses((status = 200, description = "Those that moved", body = SeriesBooked)))]
pub(super) async fn shift(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<MoveSeriesBody>,
) -> Answer {
    let doctor = if let Some(doctor) = body.doctor_id {
        doctor
    } else {
        let visit = state.services.execute(&actor, ReadAppointment { id }).await?;
        visit.doctor.id.ok_or_else(|| super::ApiError::field("doctorId", Code::NotChosen("a doctor")))?
    };
    let (date, time) = start(&state, &body.start)?;
    let moving = MoveFollowing { id, expected, doctor, date, time, reason: body.reason };
    let moved = state.services.execute(&actor, moving).await.map_err(with_start)?;
    respond::ok(&SeriesBooked { rhythm: None, number: None, visits: views(&state, &moved) })
}

/// Call off a visit of a series and all that follow it.
#[utoipa::path(post, path = "/api/appointments/{id}/series/cancellation", tag = "Series",
    params(("id" = u64, Path)), request_body = ReasonBody,
    responses((status = 200, description = "Those that are called off", body = SeriesBooked)))]
pub(super) async fn cancel(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<ReasonBody>,
) -> Answer {
    let cancel = CancelFollowing { id, expected, reason: body.reason };
    let cancelled = state.services.execute(&actor, cancel).await?;
    respond::ok(&SeriesBooked { rhythm: None, number: None, visits: views(&state, &cancelled) })
}
