//! `/api/appointments/holds`: a time is held while its booking is confirmed; and what to offer when one is taken.

use super::appointments::{AppointmentView, ReasonBody, changed, start};
use super::extract::{Id, IfNoneMatch, Json, SignedIn};
use super::problem::{ApiError, NearestSlot};
use super::respond::{self, Answer};
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::{Appointment, AppointmentId, PatientId, UserId};
use serde::Deserialize;
use service::scheduling::{
    BookAppointment, ConfirmHold, FreeSlot, HoldSlot, LetGo, ReadAppointment, ReadHold,
};
use service::{Actor, ServiceError, Versioned};
use utoipa::ToSchema;

/// A time to hold. Its length follows from the visit type.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct HoldBody {
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
}

/// Hold a time while you ask for confirmation.
///
/// Until `heldUntil` nobody else gets it. Holding another time for the same patient lets go of the first. A taken time is
/// answered with 409 and the `nearest` free ones.
#[utoipa::path(post, path = "/api/appointments/holds", tag = "Appointments", request_body = HoldBody,
    responses((status = 201, description = "The held time", body = AppointmentView)))]
pub(super) async fn hold(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<HoldBody>,
) -> Answer {
    let (date, time) = start(&state, &body.start)?;
    let booking = BookAppointment {
        patient: body.patient_id,
        doctor: body.doctor_id,
        date,
        time,
        visit_type: body.visit_type,
        reason: String::new(),
        overbook_reason: String::new(),
    };
    let wanted = Wanted::of(&booking);
    let held = state.services.execute(&actor, HoldSlot { booking }).await;
    let held = wanted.answer(&state, &actor, held).await?;
    let view = AppointmentView::of(&held, &state.services.clinic().zone);
    respond::created(&view, held.version, &format!("/api/appointments/holds/{}", held.id))
}

/// Read what you hold; the hold of another is not found.
#[utoipa::path(get, path = "/api/appointments/holds/{id}", tag = "Appointments", params(("id" = u64, Path)),
    responses((status = 200, description = "The held time", body = AppointmentView)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    known: IfNoneMatch,
) -> Answer {
    let held = state.services.execute(&actor, ReadHold { id }).await?;
    let view = AppointmentView::of(&held, &state.services.clinic().zone);
    respond::object(&view, held.version, &known)
}

/// Book the time that you hold; the appointment has the hold's id.
///
/// After its end it is booked all the same while the time is free; else the answer is 409 with the `nearest` free ones.
#[utoipa::path(post, path = "/api/appointments/holds/{id}/confirm", tag = "Appointments",
    params(("id" = u64, Path)), request_body = ReasonBody,
    responses((status = 200, description = "The booked appointment", body = AppointmentView)))]
pub(super) async fn confirm(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
    Json(body): Json<ReasonBody>,
) -> Answer {
    let booked = state.services.execute(&actor, ConfirmHold { id, reason: body.reason }).await;
    changed(&state, &Wanted::Held(id).answer(&state, &actor, booked).await?)
}

/// Let go of the time that you hold; it is free at once.
#[utoipa::path(delete, path = "/api/appointments/holds/{id}", tag = "Appointments", params(("id" = u64, Path)),
    responses((status = 204, description = "It is held no more")))]
pub(super) async fn let_go(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<AppointmentId>,
) -> Answer {
    state.services.execute(&actor, LetGo { id }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A time that was asked for, to find others near it when it is taken.
pub(super) enum Wanted {
    /// For a new appointment: doctor, date, time, code of the visit type.
    New(UserId, String, String, String),
    /// For this appointment.
    Moved(AppointmentId, UserId, String, String),
    /// The time of this hold.
    Held(AppointmentId),
}

impl Wanted {
    /// The time of a booking.
    pub fn of(booking: &BookAppointment) -> Self {
        let BookAppointment { doctor, date, time, visit_type, .. } = booking;
        Self::New(*doctor, date.clone(), time.clone(), visit_type.clone())
    }

    /// The new time of an appointment.
    pub fn moving(id: AppointmentId, doctor: UserId, (date, time): (&str, &str)) -> Self {
        Self::Moved(id, doctor, date.to_owned(), time.to_owned())
    }

    /// What came of it; a taken time carries the nearest free ones.
    pub async fn answer(
        self,
        state: &AppState,
        actor: &Actor,
        outcome: Result<Versioned<Appointment>, ServiceError>,
    ) -> Result<Versioned<Appointment>, ApiError> {
        let error = match outcome {
            Ok(appointment) => return Ok(appointment),
            Err(error) => error,
        };
        // The answer is the conflict, whether there is something else to offer or not.
        let near =
            if error.is_taken() { self.nearest(state, actor).await.unwrap_or_default() } else { vec![] };
        let near = near.into_iter().map(NearestSlot::from).collect();
        Err(ApiError::from(error).with_start().with_nearest(near))
    }

    async fn nearest(self, state: &AppState, actor: &Actor) -> Result<Vec<FreeSlot>, ServiceError> {
        let services = &state.services;
        let (doctor, date, time, visit_type) = match self {
            Self::New(doctor, date, time, visit_type) => (doctor, date, time, visit_type),
            Self::Moved(id, doctor, date, time) => {
                let visit = services.execute(actor, ReadAppointment { id }).await?;
                (doctor, date, time, visit.value.visit_type)
            }
            Self::Held(id) => {
                let held = services.execute(actor, ReadHold { id }).await?.value;
                let local = services.clinic().zone.local(held.time.start());
                let doctor = held.doctor.id.ok_or(ServiceError::NotFound)?;
                let time = domain::time::clock_time(local.time());
                (doctor, local.date().to_string(), time, held.visit_type)
            }
        };
        services.nearest(actor, doctor, (&date, &time), &visit_type).await
    }
}
