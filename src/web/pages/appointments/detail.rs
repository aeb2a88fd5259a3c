//! One appointment: reading it, taking it on, linking its patient, its calendar entry.

use super::{ics, id_of, version_of, with_notice};
use crate::ui::pages::appointments::booked::confirmation;
use crate::ui::pages::appointments::detail::{self, DetailPage, Linking};
use crate::ui::pages::appointments::{link as address, path};
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::{PageError, safe_next};
use crate::web::forms::{FormData, Query};
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::{Action, Appointment, AppointmentId, AppointmentStatus, Patient, PatientId, Role, UserId};
use service::patients::{PatientSummary, ReadPatient, SearchPatients};
use service::scheduling::notices::{AppointmentMessages, MessageSummary};
use service::scheduling::{AdvanceAppointment, LinkAppointment, ListDoctors, ReadAppointment, ReadSeries};
use service::{Order, PageRequest, ServiceError, Versioned};
use std::collections::BTreeMap;

/// Most patients of a search for linking.
const FOUND: usize = 20;

async fn find(cx: &PageContext, id: &str) -> Result<Versioned<Appointment>, PageError> {
    Ok(cx.services().execute(&cx.actor, ReadAppointment { id: id_of(id)? }).await?)
}

/// `GET /appointments/{id}`
pub async fn read(
    cx: PageContext,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    let role = cx.signed_in()?;
    let appointment = find(&cx, &id).await?;
    let is_own = role == Role::Patient;
    let may = |action| cx.services().may(&cx.actor, action);
    let now = cx.services().now();
    let date = cx.services().clinic().zone.date(appointment.time.start()).to_string();
    let patient = match appointment.patient.id {
        Some(id) if !is_own && may(Action::ReadDemographics) => patient(&cx, id).await?,
        _ => None,
    };
    let linking = if appointment.patient.id.is_none() && may(Action::LinkPatient) {
        Some(linking(&cx, &query).await?)
    } else {
        None
    };
    let can_change = appointment.status == AppointmentStatus::Booked && may(Action::MoveAppointment);
    let page = DetailPage {
        clinic: cx.services().clinic().clone(),
        patient,
        now,
        is_own,
        may_advance: may(Action::AdvanceAppointment),
        may_change: can_change && super::changes::may_change(&cx, &appointment, role),
        may_restore: super::changes::may_restore(&cx, &appointment, role),
        may_read_records: !is_own && may(Action::ReadRecord),
        messages: if is_own { Vec::new() } else { messages(&cx, appointment.id).await? },
        may_retry: may(Action::RetryMessage),
        names: people(&cx, is_own).await?,
        linking,
        series: match appointment.series {
            Some(_) => cx.services().execute(&cx.actor, ReadSeries { id: appointment.id }).await?,
            None => None,
        },
        may_change_series: may(Action::ChangeSeries),
        back: if is_own { "/appointments".to_owned() } else { address("/appointments", &[("date", &date)]) },
        appointment,
    };
    let title = format!("Appointment {}", page.appointment.reference());
    Ok(cx.render(PageHead::new(title, Section::Appointments), move || detail::page(page)))
}

async fn patient(cx: &PageContext, id: PatientId) -> Result<Option<Patient>, ServiceError> {
    match cx.services().execute(&cx.actor, ReadPatient { id }).await {
        Ok(found) => Ok(Some(found.value)),
        Err(ServiceError::NotFound | ServiceError::Forbidden) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What was and will be sent about an appointment.
async fn messages(cx: &PageContext, appointment: AppointmentId) -> Result<Vec<MessageSummary>, ServiceError> {
    cx.services().execute(&cx.actor, AppointmentMessages { appointment }).await
}

/// Names for the history: the caller, and for staff the doctors.
async fn people(cx: &PageContext, is_own: bool) -> Result<BTreeMap<UserId, String>, ServiceError> {
    let mut names = BTreeMap::new();
    if !is_own {
        let doctors = cx.services().execute(&cx.actor, ListDoctors {}).await?;
        names.extend(doctors.into_iter().map(|doctor| (doctor.id, doctor.name)));
    }
    names.extend(cx.actor.user().map(|id| (id, "you".to_owned())));
    Ok(names)
}

/// Who could be meant by a written name: by a search, or picked from the suggestions.
async fn linking(cx: &PageContext, query: &FormData) -> Result<Linking, ServiceError> {
    let text = query.get("q").trim().to_owned();
    if let Some(id) = query.parse::<PatientId>("patient") {
        let picked = patient(cx, id).await?.map(|patient| PatientSummary {
            id: patient.id,
            mrn: patient.mrn,
            name: patient.name,
            birth_date: patient.birth_date,
            sex: patient.sex,
            phone: None,
        });
        return Ok(Linking { query: text, found: picked.into_iter().collect() });
    }
    if text.is_empty() {
        return Ok(Linking { query: text, found: Vec::new() });
    }
    let page = PageRequest::first(FOUND, Order::Ascending);
    let found = cx.services().execute(&cx.actor, SearchPatients { text: text.clone(), page }).await?;
    Ok(Linking { query: text, found: found.items })
}

/// `GET /appointments/{id}/booked`: the confirmation.
pub async fn booked(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let appointment = find(&cx, &id).await?;
    let clinic = cx.services().clinic().clone();
    let head = PageHead::new("Appointment booked", Section::Appointments);
    Ok(cx.render(head, move || confirmation(&clinic, &appointment)))
}

/// `GET /appointments/{id}/calendar.ics`
pub async fn calendar(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let appointment = find(&cx, &id).await?;
    let file = ics::event(cx.services().clinic(), &appointment, appointment.version, cx.services().now());
    let mut response = file.into_response();
    let name = format!("attachment; filename=\"appointment-{}.ics\"", appointment.id);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// `POST /appointments/{id}/status`: to, version, return.
pub async fn advance(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let id = id_of(&id)?;
    let to = AppointmentStatus::named(form.get("to")).ok_or(PageError::NOT_FOUND)?;
    let expected = version_of(&form)?;
    let reason = form.text("reason");
    let done = cx.services().execute(&cx.actor, AdvanceAppointment { id, expected, to, reason }).await?;
    let back = match safe_next(form.get("return")) {
        "/" => path(&done),
        back => back.to_owned(),
    };
    let notice = if to == AppointmentStatus::Booked { "restored" } else { "status-changed" };
    Ok(see_other(&with_notice(&back, notice)))
}

/// `POST /appointments/{id}/link`: version, patientId.
pub async fn link(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let id = id_of(&id)?;
    let patient = form.parse("patientId").ok_or(PageError::NOT_FOUND)?;
    let expected = version_of(&form)?;
    let done = match cx.services().execute(&cx.actor, LinkAppointment { id, expected, patient }).await {
        // The only field is the patient, who was picked from a list: whoever is unknown is not found.
        Err(ServiceError::Invalid(_)) => return Err(PageError::NOT_FOUND),
        done => done?,
    };
    Ok(see_other(&with_notice(&path(&done), "linked")))
}
