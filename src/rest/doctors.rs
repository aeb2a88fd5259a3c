//! Doctors, their hours and their free times.

use super::extract::{Id, IfMatch, IfNoneMatch, Json, Query, SignedIn};
use super::hours::{ScheduleBody, ScheduleView};
use super::problem::ApiError;
use super::respond::{self, Answer};
use super::wire::{ClockTime, Day, Instant};
use crate::web::state::AppState;
use axum::extract::State;
use domain::time::parse_date;
use domain::validation::Code;
use domain::{ClinicZone, UserId};
use serde::{Deserialize, Serialize};
use service::scheduling::{Doctor, FreeDay, FreeSlot, FreeSlots, ListDoctors, ReadSchedule, SetSchedule};
use utoipa::ToSchema;

/// A doctor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DoctorView<'a> {
    /// The doctor's account; `doctorId` elsewhere.
    #[schema(value_type = u64)]
    id: UserId,
    /// The name people read.
    name: &'a str,
    /// Length of a slot in minutes; left out when the doctor has no hours yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    slot_minutes: Option<u16>,
}

impl<'a> DoctorView<'a> {
    fn of(doctor: &'a Doctor) -> Self {
        let slot_minutes = doctor.schedule.as_ref().map(|schedule| schedule.slot_minutes);
        Self { id: doctor.id, name: &doctor.name, slot_minutes }
    }
}

/// List doctors.
#[utoipa::path(get, path = "/api/doctors", tag = "Doctors",
    responses((status = 200, description = "Doctors", body = [DoctorView])))]
pub(super) async fn list(State(state): State<AppState>, SignedIn(actor): SignedIn) -> Answer {
    let doctors = state.services.execute(&actor, ListDoctors {}).await?;
    respond::array(doctors.iter().map(DoctorView::of), doctors.len())
}

/// Which free times.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct SlotQuery {
    /// Only this doctor's.
    #[param(value_type = Option<u64>)]
    doctor: Option<UserId>,
    /// First day, `2026-11-23`; today when left out.
    from: Option<String>,
    /// Last day; instead of `days`.
    to: Option<String>,
    /// How many days.
    #[param(minimum = 1, maximum = 62, default = 7)]
    days: Option<u16>,
    /// Code of the visit type; only times that are long enough for it.
    r#type: Option<String>,
}

/// A day with its free times.
#[derive(Serialize, ToSchema)]
pub(super) struct FreeDayView<'a> {
    /// The day.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// Free times in order; none on a full day or a day off.
    slots: Vec<SlotView<'a>>,
}

/// A free time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SlotView<'a> {
    /// The doctor's account.
    #[schema(value_type = u64)]
    doctor_id: UserId,
    /// The doctor's name.
    doctor: &'a str,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    start: Instant,
    /// When it begins by the clinic's clock, as `10:00 AM`.
    #[schema(value_type = String)]
    time: ClockTime,
    /// Its length.
    duration_minutes: u16,
}

impl<'a> FreeDayView<'a> {
    fn of(day: &'a FreeDay, zone: &ClinicZone) -> Self {
        Self { date: Day(day.date), slots: day.slots.iter().map(|slot| SlotView::of(slot, zone)).collect() }
    }
}

impl<'a> SlotView<'a> {
    fn of(slot: &'a FreeSlot, zone: &ClinicZone) -> Self {
        Self {
            doctor_id: slot.doctor,
            doctor: &slot.doctor_name,
            start: Instant(slot.time.start()),
            time: ClockTime(zone.local(slot.time.start()).time()),
            duration_minutes: slot.time.minutes(),
        }
    }
}

/// List free times, day by day.
#[utoipa::path(get, path = "/api/slots", tag = "Doctors", params(SlotQuery),
    responses((status = 200, description = "Every day of the period", body = [FreeDayView])))]
pub(super) async fn slots(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<SlotQuery>,
) -> Answer {
    let day =
        |text: &str, field| parse_date(text).ok_or_else(|| ApiError::field(field, Code::NotADate("Date")));
    let from = match &query.from {
        Some(text) => day(text, "from")?,
        None => state.services.today(),
    };
    let (days, field) = match &query.to {
        Some(text) if query.days.is_none() => (i64::from((day(text, "to")? - from).get_days()) + 1, "to"),
        _ => (i64::from(query.days.unwrap_or(7)), "days"),
    };
    let days = u16::try_from(days).ok().filter(|days| (1..=FreeSlots::MOST_DAYS).contains(days));
    let days = days.ok_or_else(|| ApiError::field(field, Code::OutOfRange("Days", "1", "62")))?;
    let wanted = FreeSlots { doctor: query.doctor, from, days, visit_type: query.r#type };
    let free = state.services.execute(&actor, wanted).await?;
    let zone = &state.services.clinic().zone;
    respond::array(free.iter().map(|day| FreeDayView::of(day, zone)), free.len())
}

/// Read a doctor's hours.
#[utoipa::path(get, path = "/api/doctors/{id}/schedule", tag = "Doctors", params(("id" = u64, Path)),
    responses((status = 200, description = "The hours", body = ScheduleView)))]
pub(super) async fn read_schedule(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(doctor): Id<UserId>,
    known: IfNoneMatch,
) -> Answer {
    let schedule = state.services.execute(&actor, ReadSchedule { doctor }).await?;
    respond::object(&ScheduleView::of(&schedule), schedule.version, &known)
}

/// Set a doctor's hours.
///
/// Doctors set their own. Hours that would leave booked appointments outside them are refused with 409, which lists
/// these, until `stranded` says what becomes of them.
#[utoipa::path(put, path = "/api/doctors/{id}/schedule", tag = "Doctors", params(("id" = u64, Path)),
    request_body = ScheduleBody, responses((status = 204, description = "The hours are set")))]
pub(super) async fn set_schedule(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(doctor): Id<UserId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<ScheduleBody>,
) -> Answer {
    let schedule =
        body.parse(doctor).map_err(|errors| ApiError::from(service::ServiceError::from(errors)))?;
    let set = SetSchedule { schedule, expected: Some(expected), stranded: body.decision() };
    let version = state.services.execute(&actor, set).await?;
    Ok(respond::updated(version))
}
