//! Moving and cancelling.

use super::free_times::{SlotChoice, free_times};
use super::{at_slot, doctors, id_of, names, version_of, with_notice};
use crate::ui::form::FormState;
use crate::ui::pages::appointments::changes::{self, ChangePage};
use crate::ui::pages::appointments::path;
use crate::ui::pages::appointments::slots::FreeTimes;
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Action, Appointment, AppointmentStatus, Code, FieldErrors, Role};
use service::scheduling::{CancelAppointment, MoveAppointment, ReadAppointment, RestoreAppointment};
use service::{ServiceError, Versioned};

/// Whether the rules let a role change it now.
pub(super) fn may_change(cx: &PageContext, appointment: &Appointment, role: Role) -> bool {
    let hours = cx.services().clinic().catalogue.rules.patient_change_hours;
    appointment.may_change(role, cx.services().now(), hours).is_ok()
}

/// Whether a role can take its cancellation back now.
pub(super) fn may_restore(cx: &PageContext, appointment: &Appointment, role: Role) -> bool {
    appointment.is_restorable(role == Role::Patient)
        && appointment.time.start() > cx.services().now()
        && cx.services().may(&cx.actor, Action::BookAppointment)
}

/// `POST /appointments/{id}/restore`: version.
pub async fn restore(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let wish = RestoreAppointment { id: id_of(&id)?, expected: version_of(&form)? };
    let restored = cx.services().execute(&cx.actor, wish).await?;
    Ok(see_other(&with_notice(&path(&restored), "restored")))
}

/// The appointment, if the caller may still change it.
async fn changeable(cx: &PageContext, id: &str, action: Action) -> Result<Versioned<Appointment>, PageError> {
    let role = cx.signed_in()?;
    let appointment = cx.services().execute(&cx.actor, ReadAppointment { id: id_of(id)? }).await?;
    if !cx.services().may(&cx.actor, action) {
        return Err(PageError(ServiceError::Forbidden));
    }
    let in_time = may_change(cx, &appointment, role);
    if appointment.status == AppointmentStatus::Booked && in_time {
        Ok(appointment)
    } else {
        Err(PageError(ServiceError::Forbidden))
    }
}

fn change_page(cx: &PageContext, appointment: Versioned<Appointment>, form: FormState) -> ChangePage {
    ChangePage {
        clinic: cx.services().clinic().clone(),
        appointment,
        form,
        is_own: cx.role() == Some(Role::Patient),
        conflict: None,
    }
}

async fn times(cx: &PageContext, form: &FormData, visit_type: &str) -> Result<FreeTimes, ServiceError> {
    // Entries of the old system have kinds of visit that the catalogue does not know.
    let known =
        cx.services().clinic().visit_type(visit_type).map(|visit| visit.code.as_str()).unwrap_or_default();
    free_times(cx.services(), &cx.actor, form.get("doctorId"), form.get("date"), known).await
}

async fn moving(
    cx: &PageContext,
    page: ChangePage,
    status: Option<StatusCode>,
) -> Result<Response, PageError> {
    let all = names(&doctors(cx).await?);
    let mut times = times(cx, &page.form.values, &page.appointment.visit_type).await?;
    if status.is_some()
        && let Ok(taken) = page.form.values.get("slot").parse::<SlotChoice>()
    {
        super::booking::offer_nearest(cx, &taken, &mut times).await?;
    }
    let head = PageHead::new("Move this appointment", Section::Appointments).for_form(&page.form);
    let head = if let Some(status) = status { head.with_status(status) } else { head };
    Ok(cx.render(head, move || changes::moving(page, &all, times)))
}

/// `GET /appointments/{id}/move`
pub async fn move_form(
    cx: PageContext,
    Path(id): Path<String>,
    Query(mut query): Query,
) -> Result<Response, PageError> {
    let appointment = changeable(&cx, &id, Action::MoveAppointment).await?;
    if query.get("date").is_empty() {
        let start = cx.services().clinic().zone.date(appointment.time.start());
        query.set("doctorId", appointment.doctor.id.map(|id| id.to_string()).unwrap_or_default());
        query.set("date", start.max(cx.services().today()).to_string());
    }
    let page = change_page(&cx, appointment, FormState::fresh(query));
    moving(&cx, page, None).await
}

/// `POST /appointments/{id}/move`: version, slot, reason; shownDoctor and shownDate say what was on the page.
pub async fn move_to(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let expected = version_of(&form)?;
    let form = form.clone().with("doctorId", form.get("shownDoctor")).with("date", form.get("shownDate"));
    let Ok(slot) = form.get("slot").parse::<SlotChoice>() else {
        let appointment = changeable(&cx, &id, Action::MoveAppointment).await?;
        let refused = FormState::refused(form, FieldErrors::one("slot", Code::NotChosen("a time")));
        return moving(&cx, change_page(&cx, appointment, refused), None).await;
    };
    let (date, time) = (slot.date.clone(), slot.time.clone());
    let wish = MoveAppointment {
        id: id_of(&id)?,
        expected,
        doctor: slot.doctor,
        date,
        time,
        reason: form.text("reason"),
    };
    let refusal = match cx.services().execute(&cx.actor, wish).await {
        Ok(moved) => return Ok(see_other(&with_notice(&path(&moved), "moved"))),
        Err(refusal) => refusal,
    };
    let appointment = changeable(&cx, &id, Action::MoveAppointment).await?;
    match refusal {
        ServiceError::Invalid(errors) => {
            let page = change_page(&cx, appointment, FormState::refused(form, at_slot(&errors)));
            moving(&cx, page, None).await
        }
        ServiceError::Conflict(kind) => {
            let mut page = change_page(&cx, appointment, FormState::fresh(form));
            page.conflict = Some(super::booking::conflict_words(&kind));
            moving(&cx, page, Some(StatusCode::CONFLICT)).await
        }
        error => Err(error.into()),
    }
}

fn cancelling(cx: &PageContext, page: ChangePage) -> Response {
    let head = PageHead::new("Cancel this appointment", Section::Appointments).for_form(&page.form);
    cx.render(head, move || changes::cancelling(page))
}

/// `GET /appointments/{id}/cancel`
pub async fn cancel_form(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let appointment = changeable(&cx, &id, Action::CancelAppointment).await?;
    Ok(cancelling(&cx, change_page(&cx, appointment, FormState::default())))
}

/// `POST /appointments/{id}/cancel`: version, reason.
pub async fn cancel(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let expected = version_of(&form)?;
    let wish = CancelAppointment { id: id_of(&id)?, expected, reason: form.text("reason") };
    let refusal = match cx.services().execute(&cx.actor, wish).await {
        Ok(cancelled) => return Ok(see_other(&with_notice(&path(&cancelled), "cancelled"))),
        Err(refusal) => refusal,
    };
    let appointment = changeable(&cx, &id, Action::CancelAppointment).await?;
    match refusal {
        ServiceError::Invalid(errors) => {
            Ok(cancelling(&cx, change_page(&cx, appointment, FormState::refused(form, errors))))
        }
        error => Err(error.into()),
    }
}
