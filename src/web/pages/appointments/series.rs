//! Booking visits that are repeated, and changing them from one on.

use super::free_times::SlotChoice;
use super::{booking, doctors, id_of, names, version_of, with_notice};
use crate::ui::form::FormState;
use crate::ui::pages::appointments::booking::Purpose;
use crate::ui::pages::appointments::series::{self, CheckPage, FollowingPage, WishPage, taken_words};
use crate::ui::pages::appointments::{link, path};
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::series::{Every, Rhythm};
use domain::time::{clock_time, short_date};
use domain::{Action, Appointment, AppointmentId, AppointmentStatus, Code, FieldErrors, PatientId};
use service::patients::ReadPatient;
use service::scheduling::{
    BookSeries, CancelFollowing, MoveFollowing, ReadAppointment, ReadSeries, SeriesView, SeriesWish,
};
use service::{ConflictKind, ServiceError, Versioned};

fn check_may(cx: &PageContext, action: Action) -> Result<(), PageError> {
    cx.signed_in()?;
    if cx.services().may(&cx.actor, action) { Ok(()) } else { Err(PageError(ServiceError::Forbidden)) }
}

/// `GET /appointments/series/new`: patient (or q, to find one), type, doctor, date, time; or the fields of a series.
pub async fn form(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    check_may(&cx, Action::BookSeries)?;
    let either = |long: &str, short: &str| match query.get(long) {
        "" => query.text(short),
        value => value.to_owned(),
    };
    let Ok(patient) = either("patientId", "patient").parse::<PatientId>() else {
        let purpose = Purpose { title: "Book a series", action: series::NEW };
        return booking::find_patient(&cx, &query, &purpose).await;
    };
    let or = |value: String, otherwise: &str| if value.is_empty() { otherwise.to_owned() } else { value };
    let values = FormData::default()
        .with("patientId", patient.to_string())
        .with("visitType", either("visitType", "type"))
        .with("doctorId", either("doctorId", "doctor"))
        .with("date", or(query.text("date"), &cx.services().today().to_string()))
        .with("time", query.get("time"))
        .with("count", or(query.text("count"), "1"))
        .with("every", or(query.text("every"), Every::Weeks.name()))
        .with("number", query.get("number"))
        .with("until", query.get("until"));
    show_form(&cx, patient, FormState::fresh(values)).await
}

async fn show_form(cx: &PageContext, patient: PatientId, form: FormState) -> Result<Response, PageError> {
    let found = cx.services().execute(&cx.actor, ReadPatient { id: patient }).await?;
    let born = found.birth_date.map(|birth| format!("{} · ", short_date(birth))).unwrap_or_default();
    let patient = (found.name.full(), format!("{born}MRN {}", found.mrn));
    let head = PageHead::new("Book a series", Section::Appointments).for_form(&form);
    let (clinic, doctors) = (cx.services().clinic().clone(), names(&doctors(cx).await?));
    let data = WishPage { clinic, form, patient, doctors };
    Ok(cx.render(head, move || series::wish(data)))
}

/// What the fields ask for; what is no choice of its lists is refused beside it.
fn wish(form: &FormData, patient: PatientId) -> Result<SeriesWish, FieldErrors> {
    let mut errors = FieldErrors::new();
    let doctor = errors.take("doctorId", form.parse("doctorId").ok_or(Code::UnknownDoctor));
    let every = errors.take("every", Every::named(form.get("every")).ok_or(Code::NotChosen("a unit")));
    match (doctor, every) {
        (Some(doctor), Some(every)) => Ok(SeriesWish {
            patient,
            doctor,
            date: form.text("date"),
            time: form.text("time"),
            visit_type: form.text("visitType"),
            reason: form.text("reason"),
            count: form.text("count"),
            every,
            number: form.text("number"),
            until: form.text("until"),
        }),
        _ => Err(errors),
    }
}

/// `GET /appointments/series/check`: the fields of a series.
pub async fn check(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    check_may(&cx, Action::BookSeries)?;
    let Some(patient) = query.parse::<PatientId>("patientId") else { return Ok(see_other(series::NEW)) };
    show_check(&cx, patient, FormState::fresh(query), None).await
}

/// Shows every visit; fields that are wrong lead back to the form.
async fn show_check(
    cx: &PageContext,
    patient: PatientId,
    form: FormState,
    conflict: Option<String>,
) -> Result<Response, PageError> {
    let wish = match wish(&form.values, patient) {
        Ok(wish) => wish,
        Err(errors) => return show_form(cx, patient, FormState::refused(form.values, errors)).await,
    };
    let doctor = wish.doctor;
    let planned = match cx.services().plan_series(&cx.actor, wish).await {
        Ok(planned) => planned,
        Err(ServiceError::Invalid(errors)) => {
            return show_form(cx, patient, FormState::refused(form.values, errors)).await;
        }
        Err(error) => return Err(error.into()),
    };
    let found = cx.services().execute(&cx.actor, ReadPatient { id: patient }).await?;
    let doctor = doctors(cx).await?.into_iter().find(|it| it.id == doctor).map(|it| it.name);
    let visit = cx.services().clinic().visit_type(form.values.get("visitType"));
    let visit = visit.map(|visit| visit.name.clone()).unwrap_or_default();
    let summary = format!("{}, {visit} with {}", found.name.full(), doctor.unwrap_or_default());
    let head = PageHead::new("Check the visits", Section::Appointments).for_form(&form);
    let head = if conflict.is_some() { head.with_status(StatusCode::CONFLICT) } else { head };
    let data = CheckPage { form, planned, summary, conflict };
    Ok(cx.render(head, move || series::check(data)))
}

/// `POST /appointments/series`: the fields of a series, reason; slot0 and so on say when each visit is, empty for none.
pub async fn book(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    check_may(&cx, Action::BookSeries)?;
    let patient = form.parse::<PatientId>("patientId").ok_or(PageError::NOT_FOUND)?;
    let form = form.with("sent", "yes");
    let wish = match wish(&form, patient) {
        Ok(wish) => wish,
        Err(errors) => return show_form(&cx, patient, FormState::refused(form, errors)).await,
    };
    let slots = (0..Rhythm::MOST).filter_map(|at| form.parse::<SlotChoice>(&format!("slot{at}")));
    let chosen = slots.map(|slot| (slot.doctor, slot.date, slot.time)).collect();
    match cx.services().execute(&cx.actor, BookSeries { wish, chosen }).await {
        Ok(booked) => {
            let first = booked.first().map_or_else(|| "/appointments".to_owned(), |it| path(it));
            Ok(see_other(&with_notice(&first, "series-booked")))
        }
        Err(ServiceError::Invalid(errors)) => {
            show_check(&cx, patient, FormState::refused(form, errors), None).await
        }
        Err(ServiceError::Conflict(ConflictKind::Series(taken))) => {
            show_check(&cx, patient, FormState::fresh(form), Some(taken_words(&taken))).await
        }
        Err(error) if error.is_taken() => {
            let words = "A time was taken meanwhile. Nothing was booked: look at the visits again.";
            show_check(&cx, patient, FormState::fresh(form), Some(words.to_owned())).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The series of a visit that the caller may change, and how many visits that concerns.
async fn changeable(
    cx: &PageContext,
    id: AppointmentId,
) -> Result<(Versioned<Appointment>, usize), PageError> {
    cx.signed_in()?;
    let visit = cx.services().execute(&cx.actor, ReadAppointment { id }).await?;
    check_may(cx, Action::ChangeSeries)?;
    let SeriesView { visits, .. } =
        cx.services().execute(&cx.actor, ReadSeries { id }).await?.ok_or(PageError::NOT_FOUND)?;
    let is_one =
        |it: &Appointment| it.status == AppointmentStatus::Booked && it.time.start() >= visit.time.start();
    let count = visits.iter().filter(|it| is_one(it)).count();
    Ok((visit, count))
}

async fn page(
    cx: &PageContext,
    id: AppointmentId,
    form: FormState,
    conflict: Option<String>,
) -> Result<FollowingPage, PageError> {
    let (visit, count) = changeable(cx, id).await?;
    let doctors = names(&doctors(cx).await?);
    Ok(FollowingPage { clinic: cx.services().clinic().clone(), visit, count, form, doctors, conflict })
}

fn head(title: &'static str, page: &FollowingPage) -> PageHead {
    let head = PageHead::new(title, Section::Appointments).for_form(&page.form);
    if page.conflict.is_some() { head.with_status(StatusCode::CONFLICT) } else { head }
}

/// `GET /appointments/{id}/series/move`
pub async fn move_form(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let mut page = page(&cx, id_of(&id)?, FormState::default(), None).await?;
    let local = page.clinic.zone.local(page.visit.time.start());
    page.form.values = FormData::default()
        .with("doctorId", page.visit.doctor.id.map(|id| id.to_string()).unwrap_or_default())
        .with("date", local.date().to_string())
        .with("time", clock_time(local.time()));
    Ok(cx.render(head("Move this and all following", &page), move || series::moving(page)))
}

/// `POST /appointments/{id}/series/move`: version, doctorId, date, time, reason.
pub async fn move_to(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let (id, expected) = (id_of(&id)?, version_of(&form)?);
    let outcome = match form.parse("doctorId") {
        None => Err(ServiceError::field("doctorId", Code::UnknownDoctor)),
        Some(doctor) => {
            let (date, time, reason) = (form.text("date"), form.text("time"), form.text("reason"));
            let moving = MoveFollowing { id, expected, doctor, date, time, reason };
            cx.services().execute(&cx.actor, moving).await
        }
    };
    let page = match outcome {
        Ok(moved) => return Ok(done(&moved, "series-moved")),
        Err(ServiceError::Invalid(errors)) => page(&cx, id, FormState::refused(form, errors), None).await?,
        Err(ServiceError::Conflict(ConflictKind::Series(taken))) => {
            page(&cx, id, FormState::fresh(form), Some(taken_words(&taken))).await?
        }
        Err(error) => return Err(error.into()),
    };
    Ok(cx.render(head("Move this and all following", &page), move || series::moving(page)))
}

fn done(visits: &[Versioned<Appointment>], notice: &str) -> Response {
    let first = visits.first().map_or_else(|| link("/appointments", &[]), |it| path(it));
    see_other(&with_notice(&first, notice))
}

/// `GET /appointments/{id}/series/cancel`
pub async fn cancel_form(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let page = page(&cx, id_of(&id)?, FormState::default(), None).await?;
    Ok(cx.render(head("Cancel this and all following", &page), move || series::cancelling(page)))
}

/// `POST /appointments/{id}/series/cancel`: version, reason.
pub async fn cancel(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let (id, expected) = (id_of(&id)?, version_of(&form)?);
    let cancel = CancelFollowing { id, expected, reason: form.text("reason") };
    let page = match cx.services().execute(&cx.actor, cancel).await {
        Ok(cancelled) => return Ok(done(&cancelled, "series-cancelled")),
        Err(ServiceError::Invalid(errors)) => page(&cx, id, FormState::refused(form, errors), None).await?,
        Err(error) => return Err(error.into()),
    };
    Ok(cx.render(head("Cancel this and all following", &page), move || series::cancelling(page)))
}
