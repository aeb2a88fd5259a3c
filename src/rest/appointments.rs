//! Appointments in the full shape and in the old system's, on the same addresses.

use super::extract::{Body, Id, IfMatch, IfNoneMatch, Json, Paging, Query, SignedIn, parse};
use super::holds::Wanted;
use super::problem::ApiError;
use super::respond::{self, Address, Answer};
use super::wire::{ClockTime, Day, Instant, Text, local_start};
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use domain::time::parse_date;
use domain::validation::Code;
use domain::{Appointment, AppointmentId, AppointmentStatus, ClinicZone, PatientId, UserId};
use jiff::civil::Date;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use service::scheduling::{
    AdvanceAppointment, AppointmentQuery, BookAppointment, BookWritten, CancelAppointment, LinkAppointment,
    ListAppointments, MoveAppointment, ReadAppointment, RestoreAppointment,
};
use service::{Actor, Version, Versioned};
use utoipa::ToSchema;

/// An appointment. The old system knew `id`, `patientName`, `date`, `time`, `doctor` and `createdAt`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AppointmentView<'a> {
    /// Identity, shown to people as the booking reference.
    #[schema(value_type = u64)]
    id: AppointmentId,
    /// The patient's name, or the name as written.
    patient_name: &'a str,
    /// The patient; null for an entry that is not linked.
    #[schema(value_type = Option<String>)]
    patient_id: Option<Text<PatientId>>,
    /// The day by the clinic's clock.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// The time by the clinic's clock, as `10:00 AM`.
    #[schema(value_type = String)]
    time: ClockTime,
    /// The doctor's name, or the name as written.
    doctor: &'a str,
    /// The doctor's account; null for a name that matches none.
    #[schema(value_type = Option<u64>)]
    doctor_id: Option<UserId>,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    start: Instant,
    /// Its length.
    duration_minutes: u16,
    /// Code of the visit type.
    visit_type: &'a str,
    /// Why.
    reason: &'a str,
    /// `proposed` while it is only held, `booked`, `arrived`, `in-progress`, `fulfilled`, `no-show`, `cancelled-by-patient` or `cancelled-by-clinic`.
    status: &'static str,
    /// Until when it is held, while it is only held.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    held_until: Option<Instant>,
    /// Why it was put over another one on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    overbooked_because: Option<&'a str>,
    /// Code of the room that is set aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
    /// `emergency`, `urgent` or `routine`: how soon the patient must be seen once here.
    priority: &'static str,
    /// When the patient was checked in.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    arrived_at: Option<Instant>,
    /// When the patient confirmed that they will come.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    confirmed_at: Option<Instant>,
    /// Counts the changes; the entity tag.
    version: Version,
    /// When it was booked.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

impl<'a> AppointmentView<'a> {
    /// The appointment by the clinic's clock.
    pub fn of(appointment: &'a Versioned<Appointment>, zone: &ClinicZone) -> Self {
        let local = zone.local(appointment.time.start());
        Self {
            id: appointment.id,
            patient_name: &appointment.patient.name,
            patient_id: appointment.patient.id.map(Text),
            date: Day(local.date()),
            time: ClockTime(local.time()),
            doctor: &appointment.doctor.name,
            doctor_id: appointment.doctor.id,
            start: Instant(appointment.time.start()),
            duration_minutes: appointment.time.minutes(),
            visit_type: &appointment.visit_type,
            reason: &appointment.reason,
            status: appointment.status.name(),
            held_until: appointment.held_until.map(Instant),
            overbooked_because: appointment.overbooked_because.as_deref(),
            room: appointment.room.as_deref(),
            priority: appointment.priority.name(),
            arrived_at: appointment.arrived_at.map(Instant),
            confirmed_at: appointment.confirmed_at.map(Instant),
            version: appointment.version,
            created_at: Instant(appointment.created_at),
        }
    }
}

/// 200 with an appointment just changed.
pub(super) fn changed(state: &AppState, appointment: &Versioned<Appointment>) -> Answer {
    let view = AppointmentView::of(appointment, &state.services.clinic().zone);
    respond::changed(&view, appointment.version)
}

/// Which appointments.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AppointmentsQuery {
    /// Only this patient's.
    #[param(value_type = Option<String>)]
    patient: Option<PatientId>,
    /// Only this doctor's.
    #[param(value_type = Option<u64>)]
    doctor: Option<UserId>,
    /// Only on or after this day, `2026-11-23`.
    from: Option<String>,
    /// Only before this day.
    until: Option<String>,
    /// Only in this status.
    #[param(value_type = Option<String>)]
    status: Option<AppointmentStatus>,
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    cursor: Option<String>,
}

/// A date of a query.
pub(super) fn query_date(field: &'static str, text: Option<&String>) -> Result<Option<Date>, ApiError> {
    let date = |text: &String| parse_date(text).ok_or_else(|| ApiError::field(field, Code::NotADate("Date")));
    text.map(date).transpose()
}

/// List appointments, the last booked first.
#[utoipa::path(get, path = "/api/appointments", tag = "Appointments", params(AppointmentsQuery),
    responses((status = 200, description = "Appointments", body = [AppointmentView])))]
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<AppointmentsQuery>,
) -> Answer {
    let address = Address::new("/api/appointments")
        .with("patient", query.patient)
        .with("doctor", query.doctor)
        .with("from", query.from.as_ref())
        .with("until", query.until.as_ref())
        .with("status", query.status.map(AppointmentStatus::name))
        .with("limit", query.limit);
    let filter = AppointmentQuery {
        patient: query.patient,
        doctor: query.doctor,
        from: query_date("from", query.from.as_ref())?,
        until: query_date("until", query.until.as_ref())?,
        statuses: query.status.into_iter().collect(),
        by_id: true,
    };
    let page = Paging::request(query.limit, query.cursor)?;
    let page = state.services.execute(&actor, ListAppointments { filter, page }).await?;
    let zone = &state.services.clinic().zone;
    respond::list(&page, &address, |appointment| AppointmentView::of(appointment, zone))
}

/// Read an appointment.
#[utoipa::path(get, path = "/api/appointments/{id}", tag = "Appointments", params(("id" = u64, Path)),
    responses((status = 200, description = "The appointment", body = AppointmentView)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    known: IfNoneMatch,
) -> Answer {
    let appointment = state.services.execute(&actor, ReadAppointment { id }).await?;
    let view = AppointmentView::of(&appointment, &state.services.clinic().zone);
    respond::object(&view, appointment.version, &known)
}

/// A new appointment, in the full shape or in the old system's. A body with `patientName` is in the old one.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the two shapes; each is read as its own type")]
pub(super) enum NewAppointment {
    /// The full shape.
    #[schema(title = "Full")]
    Full(BookBody),
    /// The old system's shape.
    #[schema(title = "Legacy")]
    Legacy(WrittenBody),
}

/// A new appointment. Its length follows from the visit type.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BookBody {
    /// Who comes; left out by patients, who book for themselves.
    #[schema(value_type = Option<String>)]
    patient_id: Option<PatientId>,
    /// Who sees the patient.
    #[schema(value_type = u64)]
    doctor_id: UserId,
    /// An instant (RFC 3339), or the time by the clinic's clock: `2026-11-23T09:30`.
    start: String,
    /// Code of the visit type, as `consultation`.
    visit_type: String,
    /// Why.
    #[serde(default)]
    reason: String,
    /// Why it is put over another appointment, or outside the doctor's hours.
    #[serde(default)]
    overbook_reason: String,
}

/// A new appointment as the old system took it; it lasts 30 minutes.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WrittenBody {
    /// The patient's name.
    patient_name: Option<String>,
    /// `2025-10-20`.
    date: Option<String>,
    /// `10:00 AM` or `10:00`.
    time: Option<String>,
    /// The doctor's name.
    doctor: Option<String>,
}

/// Tells the shapes apart.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shape {
    patient_name: Option<IgnoredAny>,
    patient_id: Option<IgnoredAny>,
    doctor_id: Option<IgnoredAny>,
    start: Option<IgnoredAny>,
}

impl Shape {
    /// Whether the body is in the old shape: it names the patient, or has nothing of the full shape.
    pub fn is_legacy(&self) -> bool {
        let full = self.patient_id.is_some() || self.doctor_id.is_some() || self.start.is_some();
        self.patient_name.is_some() || !full
    }
}

/// Book an appointment.
///
/// A taken time is answered with 409 and the `nearest` free ones. Refused fields of the old shape are answered with 400.
#[utoipa::path(post, path = "/api/appointments", tag = "Appointments", request_body = NewAppointment,
    responses((status = 201, description = "The appointment", body = AppointmentView)))]
pub(super) async fn book(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Body(body): Body,
) -> Answer {
    let booked = if parse::<Shape>(&body)?.is_legacy() {
        let written = book_written(&state, &actor, parse(&body)?).await;
        written.map_err(|error| error.refused_as(StatusCode::BAD_REQUEST))?
    } else {
        book_full(&state, &actor, parse(&body)?).await?
    };
    let view = AppointmentView::of(&booked, &state.services.clinic().zone);
    respond::created(&view, booked.version, &format!("/api/appointments/{}", booked.id))
}

async fn book_written(
    state: &AppState,
    actor: &Actor,
    body: WrittenBody,
) -> Result<Versioned<Appointment>, ApiError> {
    let written = BookWritten {
        patient_name: body.patient_name.unwrap_or_default(),
        date: body.date.unwrap_or_default(),
        time: body.time.unwrap_or_default(),
        doctor: body.doctor.unwrap_or_default(),
    };
    Ok(state.services.execute(actor, written).await?)
}

async fn book_full(
    state: &AppState,
    actor: &Actor,
    body: BookBody,
) -> Result<Versioned<Appointment>, ApiError> {
    let (date, time) = start(state, &body.start)?;
    let booking = BookAppointment {
        patient: body.patient_id,
        doctor: body.doctor_id,
        date,
        time,
        visit_type: body.visit_type,
        reason: body.reason,
        overbook_reason: body.overbook_reason,
    };
    let wanted = Wanted::of(&booking);
    wanted.answer(state, actor, state.services.book(actor, booking).await).await
}

/// The clinic's date and time of a start.
pub(super) fn start(state: &AppState, text: &str) -> Result<(String, String), ApiError> {
    local_start(text, &state.services.clinic().zone).map_err(|code| ApiError::field("start", code))
}

/// The new time.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MoveBody {
    /// An instant (RFC 3339), or the time by the clinic's clock: `2026-11-23T09:30`.
    start: String,
    /// Another doctor; the same one when left out.
    #[schema(value_type = Option<u64>)]
    doctor_id: Option<UserId>,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Move an appointment to another time.
///
/// A taken time is answered with 409 and the `nearest` free ones.
#[utoipa::path(patch, path = "/api/appointments/{id}", tag = "Appointments", params(("id" = u64, Path)),
    request_body = MoveBody, responses((status = 200, description = "The appointment", body = AppointmentView)))]
pub(super) async fn reschedule(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<MoveBody>,
) -> Answer {
    let doctor = match body.doctor_id {
        Some(doctor) => doctor,
        None => state
            .services
            .execute(&actor, ReadAppointment { id })
            .await?
            .doctor
            .id
            .ok_or_else(|| ApiError::field("doctorId", Code::NotChosen("a doctor")))?,
    };
    let (date, time) = start(&state, &body.start)?;
    let wanted = Wanted::moving(id, doctor, (&date, &time));
    let moving = MoveAppointment { id, expected, doctor, date, time, reason: body.reason };
    let moved = state.services.execute(&actor, moving).await;
    changed(&state, &wanted.answer(&state, &actor, moved).await?)
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonBody {
    /// Why; may be empty.
    #[serde(default)]
    pub reason: String,
}

/// Cancel an appointment; its time is free at once.
#[utoipa::path(post, path = "/api/appointments/{id}/cancellation", tag = "Appointments",
    params(("id" = u64, Path)), request_body = ReasonBody,
    responses((status = 200, description = "The appointment", body = AppointmentView)))]
pub(super) async fn cancel(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<ReasonBody>,
) -> Answer {
    let cancel = CancelAppointment { id, expected, reason: body.reason };
    let cancelled = state.services.execute(&actor, cancel).await;
    changed(&state, &cancelled.map_err(|error| ApiError::from(error).with_start())?)
}

/// Take a cancellation back, while its time is free.
///
/// Patients take back their own cancellations only. 409 when the time is taken meanwhile.
#[utoipa::path(delete, path = "/api/appointments/{id}/cancellation", tag = "Appointments", params(("id" = u64, Path)),
    responses((status = 200, description = "The appointment", body = AppointmentView)))]
pub(super) async fn restore(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    IfMatch(expected): IfMatch,
) -> Answer {
    let restored = state.services.execute(&actor, RestoreAppointment { id, expected }).await;
    changed(&state, &restored.map_err(|error| ApiError::from(error).with_start())?)
}

/// The next status.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusBody {
    /// `arrived`, `in-progress`, `fulfilled`, `no-show`, or `booked` to take a step back.
    #[schema(value_type = String)]
    status: AppointmentStatus,
    /// Why; may be empty.
    #[serde(default)]
    reason: String,
}

/// Check in, start, complete, or note that the patient did not come.
#[utoipa::path(put, path = "/api/appointments/{id}/status", tag = "Appointments", params(("id" = u64, Path)),
    request_body = StatusBody, responses((status = 200, description = "The appointment", body = AppointmentView)))]
pub(super) async fn advance(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<StatusBody>,
) -> Answer {
    let advance = AdvanceAppointment { id, expected, to: body.status, reason: body.reason };
    changed(&state, &state.services.execute(&actor, advance).await?)
}

/// The patient that an entry is about.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LinkBody {
    /// The patient.
    #[schema(value_type = String)]
    pub patient_id: PatientId,
}

/// Link an appointment that came with a name only to a patient, once.
#[utoipa::path(put, path = "/api/appointments/{id}/patient", tag = "Appointments", params(("id" = u64, Path)),
    request_body = LinkBody, responses((status = 200, description = "The appointment", body = AppointmentView)))]
pub(super) async fn link(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    IfMatch(expected): IfMatch,
    Json(LinkBody { patient_id }): Json<LinkBody>,
) -> Answer {
    let link = LinkAppointment { id, expected, patient: patient_id };
    changed(&state, &state.services.execute(&actor, link).await?)
}
