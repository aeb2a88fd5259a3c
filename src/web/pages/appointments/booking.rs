//! Booking by staff.

use super::free_times::{SlotChoice, free_times};
use super::{at_slot, doctors, names, with_notice};
use crate::ui::form::FormState;
use crate::ui::pages::appointments::booking::{self, BookingPage, Purpose};
use crate::ui::pages::appointments::path;
use crate::ui::pages::appointments::slots::{FreeTime, FreeTimes, TimeGroup};
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::http::StatusCode;
use axum::response::Response;
use domain::time::short_date;
use domain::{Action, Code, FieldErrors, PatientId, Priority, Role};
use service::patients::{ReadPatient, SearchPatients};
use service::scheduling::{BookAppointment, WalkIn};
use service::{ConflictKind, Order, PageRequest, ServiceError};

/// Most patients of a search.
const FOUND: usize = 20;

fn check_may_book(cx: &PageContext) -> Result<(), PageError> {
    cx.signed_in()?;
    if cx.services().may(&cx.actor, Action::BookAppointment) {
        Ok(())
    } else {
        Err(PageError(ServiceError::Forbidden))
    }
}

/// A field by either of its names: links use the short one, the form the one of the error codes.
fn either<'f>(query: &'f FormData, form_name: &str, link_name: &str) -> &'f str {
    match query.get(form_name) {
        "" => query.get(link_name),
        value => value,
    }
}

/// `GET /appointments/new`: patient, type, doctor, date, time; or q, to find the patient.
pub async fn form(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    check_may_book(&cx)?;
    if cx.role() == Some(Role::Patient) {
        return Ok(see_other("/appointments/book"));
    }
    let Some(patient) = query.parse::<PatientId>("patient") else {
        return find_patient(&cx, &query, &Purpose::BOOKING).await;
    };
    let visit_type = match either(&query, "visitType", "type") {
        "" => cx
            .services()
            .clinic()
            .catalogue
            .visit_types
            .first()
            .map(|visit| visit.code.clone())
            .unwrap_or_default(),
        code => code.to_owned(),
    };
    let date = match query.get("date") {
        "" => cx.services().today().to_string(),
        date => date.to_owned(),
    };
    let values = FormData::default()
        .with("visitType", visit_type)
        .with("doctorId", either(&query, "doctorId", "doctor"))
        .with("date", date)
        .with("wanted", query.get("time"))
        .with("arrived", query.get("arrived"));
    show(&cx, patient, FormState::fresh(values), None).await
}

/// The step before the form: who it is for.
pub(super) async fn find_patient(
    cx: &PageContext,
    query: &FormData,
    purpose: &Purpose,
) -> Result<Response, PageError> {
    let text = query.get("q").trim().to_owned();
    let found = if text.is_empty() {
        None
    } else {
        let page = PageRequest::first(FOUND, Order::Ascending);
        Some(cx.services().execute(&cx.actor, SearchPatients { text: text.clone(), page }).await?.items)
    };
    let kept = ["type", "doctor", "date", "time", "arrived"].map(|name| (name, query.text(name)));
    let may_register = cx.services().may(&cx.actor, Action::RegisterPatient);
    let head = PageHead::new(purpose.title, Section::Appointments);
    Ok(cx.render(head, move || {
        let kept = kept.each_ref().map(|(name, value)| (*name, value.as_str()));
        booking::find_patient(purpose, &text, &kept, found.as_deref(), may_register)
    }))
}

/// Shows the form; a conflict adds the nearest free times and the status 409.
async fn show(
    cx: &PageContext,
    patient: PatientId,
    mut form: FormState,
    conflict: Option<String>,
) -> Result<Response, PageError> {
    let found = cx.services().execute(&cx.actor, ReadPatient { id: patient }).await?;
    let born = found.birth_date.map(|birth| format!("{} · ", short_date(birth))).unwrap_or_default();
    let patient = (found.id.to_string(), found.name.full(), format!("{born}MRN {}", found.mrn));
    let doctors = names(&doctors(cx).await?);
    let mut times = times(cx, &mut form).await?;
    // A time that a link asked for is chosen, whoever is free then.
    let wanted = form.values.text("wanted");
    if form.values.get("slot").is_empty() && !wanted.is_empty() {
        let slot = times.groups.iter().flat_map(|group| &group.times).find(|time| time.label == wanted);
        form.values.set("slot", slot.map(|slot| slot.value.clone()).unwrap_or_default());
    }
    if conflict.is_some()
        && let Ok(taken) = form.values.get("slot").parse::<SlotChoice>()
    {
        offer_nearest(cx, &taken, &mut times).await?;
    }
    let head = PageHead::new("Book an appointment", Section::Appointments).for_form(&form);
    let head = if conflict.is_some() { head.with_status(StatusCode::CONFLICT) } else { head };
    let may_overbook = cx.services().may(&cx.actor, Action::OverbookAppointment);
    let is_today = form.values.get("date") == cx.services().today().to_string();
    let may_check_in = is_today && cx.services().may(&cx.actor, Action::AdvanceAppointment);
    let clinic = cx.services().clinic().clone();
    let data = BookingPage { clinic, form, patient, doctors, times, may_overbook, may_check_in, conflict };
    Ok(cx.render(head, move || booking::page(data)))
}

/// The free times of the form's choices; an unknown kind of visit or doctor is refused beside its field.
async fn times(cx: &PageContext, form: &mut FormState) -> Result<FreeTimes, ServiceError> {
    let values = &form.values;
    let asked = free_times(
        cx.services(),
        &cx.actor,
        values.get("doctorId"),
        values.get("date"),
        values.get("visitType"),
    );
    match asked.await {
        Ok(times) => Ok(times),
        Err(ServiceError::Invalid(errors)) => {
            for (field, code) in errors.iter() {
                if form.errors.of(field).is_none() {
                    form.errors.push(field, code.clone());
                }
            }
            Ok(FreeTimes::default())
        }
        Err(ServiceError::NotFound) => {
            if form.errors.of("doctorId").is_none() {
                form.errors.push("doctorId", Code::UnknownDoctor);
            }
            Ok(FreeTimes::default())
        }
        Err(error) => Err(error),
    }
}

/// Puts the free times nearest to a taken one before the others.
pub(super) async fn offer_nearest(
    cx: &PageContext,
    taken: &SlotChoice,
    times: &mut FreeTimes,
) -> Result<(), ServiceError> {
    let zone = &cx.services().clinic().zone;
    let near = (&*taken.date, &*taken.time);
    let slots = cx.services().nearest(&cx.actor, taken.doctor, near, &times.visit_type).await?;
    let known =
        |value: &str| times.groups.iter().flat_map(|group| &group.times).any(|time| time.value == value);
    let near: Vec<FreeTime> = slots
        .iter()
        .map(|slot| (slot, SlotChoice::of(slot, zone).to_string()))
        .filter(|(_, value)| !known(value))
        .map(|(slot, value)| FreeTime {
            value,
            label: crate::ui::components::clock(zone, slot.time.start()),
            doctor: format!("{}, {}", crate::ui::components::day(zone, slot.time.start()), slot.doctor_name),
        })
        .collect();
    if !near.is_empty() {
        times.groups.push(TimeGroup { title: "Nearest free times".to_owned(), times: near });
    }
    Ok(())
}

/// A conflict as a sentence.
pub(super) fn conflict_words(kind: &ConflictKind) -> String {
    match kind {
        ConflictKind::DoctorBusy => "Someone else has just booked this time with the doctor.".to_owned(),
        ConflictKind::PatientBusy => "The patient has another appointment at this time.".to_owned(),
        other => format!("It did not work: {other}."),
    }
}

/// `POST /appointments/new`: patientId, slot or time, reason, overbookReason, arrived, priority; shown… say what was on the
/// page.
pub async fn book(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    check_may_book(&cx)?;
    let patient = form.parse::<PatientId>("patientId").ok_or(PageError::NOT_FOUND)?;
    let form = form
        .clone()
        .with("doctorId", form.get("shownDoctor"))
        .with("date", form.get("shownDate"))
        .with("visitType", form.get("shownType"));
    let slot = match chosen(&form) {
        Ok(slot) => slot,
        Err(errors) => return show(&cx, patient, FormState::refused(form, errors), None).await,
    };
    let is_typed = !form.get("time").trim().is_empty();
    let wish = BookAppointment {
        patient: Some(patient),
        doctor: slot.doctor,
        date: slot.date,
        time: slot.time,
        visit_type: form.text("visitType"),
        reason: form.text("reason"),
        overbook_reason: if is_typed { form.text("overbookReason") } else { String::new() },
    };
    let is_here = form.is_ticked("arrived");
    let booked = if is_here {
        let priority = Priority::named(form.get("priority")).unwrap_or_default();
        cx.services().execute(&cx.actor, WalkIn { booking: wish, priority }).await
    } else {
        cx.services().book(&cx.actor, wish).await
    };
    match booked {
        Ok(booked) => {
            let notice = if is_here { "checked-in" } else { "booked" };
            Ok(see_other(&with_notice(&path(&booked), notice)))
        }
        Err(ServiceError::Invalid(errors)) => {
            let errors = if is_typed { errors } else { at_slot(&errors) };
            show(&cx, patient, FormState::refused(form, errors), None).await
        }
        Err(ServiceError::Conflict(kind)) => {
            show(&cx, patient, FormState::fresh(form), Some(conflict_words(&kind))).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The chosen radio button, or the time typed for overbooking.
fn chosen(form: &FormData) -> Result<SlotChoice, FieldErrors> {
    let typed = form.get("time").trim();
    if typed.is_empty() {
        return form.get("slot").parse().map_err(|_| FieldErrors::one("slot", Code::NotChosen("a time")));
    }
    let mut errors = FieldErrors::new();
    let doctor = errors.take("doctorId", form.parse("doctorId").ok_or(Code::NotChosen("a doctor")));
    if form.get("overbookReason").trim().is_empty() {
        errors.push("overbookReason", Code::Missing("a reason for overbooking"));
    }
    match doctor {
        Some(doctor) if errors.is_empty() => {
            Ok(SlotChoice { doctor, date: form.text("date"), time: typed.to_owned() })
        }
        _ => Err(errors),
    }
}
