//! The waiting list: the list for staff, joining, answering an offer, offering by hand.

use super::free_times::{SlotChoice, free_times};
use super::{at_slot, doctors, mine, names, with_notice};
use crate::ui::components::moment;
use crate::ui::form::FormState;
use crate::ui::pages::appointments::booking::Purpose;
use crate::ui::pages::appointments::waiting_forms::{self, JoinPage, OfferPage};
use crate::ui::pages::appointments::waiting_list::{self, LIST, OwnPlaces, WaitingPage};
use crate::ui::pages::appointments::{link, visit_name};
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::time::short_date;
use domain::waiting::DayPart;
use domain::{Action, AppointmentStatus, Code, FieldErrors, PatientId, PlanId, Priority, Role};
use jiff::ToSpan;
use service::patients::ReadPatient;
use service::scheduling::{
    AcceptOffer, AppointmentQuery, DeclineOffer, JoinWaitingList, LeaveWaitingList, ListAppointments,
    ListWaiting, OfferTime, ReadWaiting, WaitingQuery,
};
use service::{ConflictKind, Order, PageRequest, ServiceError};

/// Places of one page.
const ROWS: usize = 50;

fn check_may(cx: &PageContext, action: Action) -> Result<(), PageError> {
    cx.signed_in()?;
    if cx.services().may(&cx.actor, action) { Ok(()) } else { Err(PageError(ServiceError::Forbidden)) }
}

fn id_of(text: &str) -> Result<PlanId, PageError> {
    text.parse().map_err(|_| PageError::NOT_FOUND)
}

/// A patient's own places, offers that ended seen to.
pub async fn own_places(cx: &PageContext) -> Result<OwnPlaces, ServiceError> {
    let page = PageRequest::first(PageRequest::MOST, Order::Ascending);
    let list = ListWaiting { filter: WaitingQuery::default(), page };
    let places = cx.services().waiting_list(&cx.actor, list).await?.items;
    let doctors = if places.is_empty() { Vec::new() } else { names(&doctors(cx).await?) };
    Ok(OwnPlaces { today: cx.services().today(), places, doctors })
}

/// `GET /appointments/waiting`: doctor, type, priority, state, cursor.
pub async fn list(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    check_may(&cx, Action::ReadWaitingList)?;
    if cx.role() == Some(Role::Patient) {
        return Ok(see_other("/appointments"));
    }
    show(&cx, query, None).await
}

async fn show(cx: &PageContext, query: FormData, refused: Option<String>) -> Result<Response, PageError> {
    let text = |name: &str| Some(query.text(name)).filter(|text| !text.is_empty());
    let filter = WaitingQuery {
        patient: None,
        doctor: query.parse("doctor"),
        visit_type: text("type"),
        priority: Priority::named(query.get("priority")),
        offered: match query.get("state") {
            "offered" => Some(true),
            "waiting" => Some(false),
            _ => None,
        },
    };
    let page = PageRequest { limit: ROWS, after: text("cursor"), order: Order::Ascending };
    let found = cx.services().waiting_list(&cx.actor, ListWaiting { filter, page }).await?;
    let fields = ["doctor", "type", "priority", "state"].map(|name| (name, query.get(name)));
    let (here, is_whole) = (link(LIST, &fields), fields.iter().all(|(_, value)| value.is_empty()));
    let data = WaitingPage {
        clinic: cx.services().clinic().clone(),
        form: FormState::fresh(query),
        doctors: names(&doctors(cx).await?),
        found,
        here,
        is_whole,
        refused,
    };
    let head = PageHead::new("Waiting list", Section::Appointments);
    let head = if data.refused.is_some() { head.with_status(StatusCode::CONFLICT) } else { head };
    Ok(cx.render(head, move || waiting_list::page(data)))
}

/// The list or the own appointments again, with what could not be done.
async fn refuse(cx: PageContext, error: ServiceError) -> Result<Response, PageError> {
    let words = match error {
        ServiceError::Conflict(ConflictKind::OfferEnded) => {
            "This time is no longer held. The next time that fits will be offered."
        }
        ServiceError::Conflict(ConflictKind::Waiting(_)) => "This was done already: look at the list below.",
        other => return Err(other.into()),
    };
    if cx.role() == Some(Role::Patient) {
        mine::show(cx, FormData::default(), Some(words.to_owned())).await
    } else {
        show(&cx, FormData::default(), Some(words.to_owned())).await
    }
}

/// Where a patient or staff go on.
fn back(cx: &PageContext, notice: &str) -> Response {
    let path = if cx.role() == Some(Role::Patient) { "/appointments" } else { LIST };
    see_other(&with_notice(path, notice))
}

/// `POST /appointments/waiting/{id}/accept`
pub async fn accept(cx: PageContext, Path(id): Path<String>, _form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    match cx.services().execute(&cx.actor, AcceptOffer { id: id_of(&id)? }).await {
        Ok(booked) if cx.role() == Some(Role::Patient) => Ok(see_other(&super::path_of_booked(&booked))),
        Ok(_) => Ok(back(&cx, "offer-accepted")),
        Err(error) => refuse(cx, error).await,
    }
}

/// `POST /appointments/waiting/{id}/decline`
pub async fn decline(
    cx: PageContext,
    Path(id): Path<String>,
    _form: FormData,
) -> Result<Response, PageError> {
    cx.signed_in()?;
    match cx.services().execute(&cx.actor, DeclineOffer { id: id_of(&id)? }).await {
        Ok(()) => Ok(back(&cx, "offer-let-go")),
        Err(error) => refuse(cx, error).await,
    }
}

/// `POST /appointments/waiting/{id}/leave`
pub async fn leave(cx: PageContext, Path(id): Path<String>, _form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    match cx.services().execute(&cx.actor, LeaveWaitingList { id: id_of(&id)? }).await {
        Ok(()) => Ok(back(&cx, "left-waiting-list")),
        Err(error) => refuse(cx, error).await,
    }
}

/// `GET /appointments/waiting/new`: type, doctor, instead; for staff patient, or q to find one.
pub async fn join_form(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    check_may(&cx, Action::ChangeWaitingList)?;
    let is_own = cx.role() == Some(Role::Patient);
    let patient = query.parse::<PatientId>("patient").filter(|_| !is_own);
    if !is_own && patient.is_none() {
        let purpose = Purpose { title: "Add to the waiting list", action: "/appointments/waiting/new" };
        return super::booking::find_patient(&cx, &query, &purpose).await;
    }
    let today = cx.services().today();
    let mut values = FormData::default()
        .with("visitType", query.get("type"))
        .with("doctorId", query.get("doctor"))
        .with("from", today.to_string())
        .with("until", today.saturating_add(28.days()).to_string())
        .with("part", DayPart::Any.name())
        .with("priority", Priority::Routine.name())
        .with("insteadOf", query.get("instead"));
    let open = coming(&cx, patient).await?;
    if let Some(instead) = open.iter().find(|it| it.id.to_string() == query.get("instead")) {
        let zone = &cx.services().clinic().zone;
        values.set("visitType", instead.visit_type.clone());
        values.set("doctorId", instead.doctor.id.map(|id| id.to_string()).unwrap_or_default());
        values.set("until", zone.date(instead.time.start()).to_string());
    }
    show_join(&cx, patient, FormState::fresh(values)).await
}

/// Booked appointments to come.
async fn coming(
    cx: &PageContext,
    patient: Option<PatientId>,
) -> Result<Vec<service::Versioned<domain::Appointment>>, ServiceError> {
    let statuses = vec![AppointmentStatus::Booked];
    let from = Some(cx.services().today());
    let filter = AppointmentQuery { patient, from, statuses, ..AppointmentQuery::default() };
    let page = PageRequest::first(PageRequest::MOST, Order::Ascending);
    let found = cx.services().execute(&cx.actor, ListAppointments { filter, page }).await?;
    let now = cx.services().now();
    Ok(found.items.into_iter().filter(|it| it.time.start() > now).collect())
}

async fn show_join(
    cx: &PageContext,
    patient: Option<PatientId>,
    form: FormState,
) -> Result<Response, PageError> {
    let clinic = cx.services().clinic().clone();
    let found = coming(cx, patient).await?;
    let wanted = form.values.text("insteadOf");
    let is_sooner = patient.is_none() && found.iter().any(|it| it.id.to_string() == wanted);
    let words = |it: &domain::Appointment| {
        let what = visit_name(&clinic, it);
        (
            it.id.to_string(),
            format!("{what}, {} with {}", moment(&clinic.zone, it.time.start()), it.doctor.name),
        )
    };
    let instead = match (patient, is_sooner) {
        (None, false) => Vec::new(),
        (None, true) => found.iter().filter(|it| it.id.to_string() == wanted).map(|it| words(it)).collect(),
        (Some(_), _) => found.iter().map(|it| words(it)).collect(),
    };
    let patient = match patient {
        Some(id) => {
            let found = cx.services().execute(&cx.actor, ReadPatient { id }).await?;
            let born = found.birth_date.map(|birth| format!("{} · ", short_date(birth))).unwrap_or_default();
            Some((found.id.to_string(), found.name.full(), format!("{born}MRN {}", found.mrn)))
        }
        None => None,
    };
    let doctors = names(&doctors(cx).await?);
    let head = PageHead::new("Waiting list", Section::Appointments).for_form(&form);
    let data = JoinPage { clinic, form, patient, doctors, instead, is_sooner };
    Ok(cx.render(head, move || waiting_forms::join(data)))
}

/// `POST /appointments/waiting/new`: patientId, visitType, doctorId, from, until, part, priority, reason, insteadOf.
pub async fn join(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    check_may(&cx, Action::ChangeWaitingList)?;
    let is_own = cx.role() == Some(Role::Patient);
    let patient = form.parse::<PatientId>("patientId");
    if !is_own && patient.is_none() {
        return Err(PageError::NOT_FOUND);
    }
    let shown = patient.filter(|_| !is_own);
    match wish(&form, patient) {
        Err(errors) => show_join(&cx, shown, FormState::refused(form, errors)).await,
        Ok(wish) => match cx.services().execute(&cx.actor, wish).await {
            Ok(_) => Ok(back(&cx, if is_own { "joined-waiting-list" } else { "added-to-waiting-list" })),
            Err(ServiceError::Invalid(errors)) => {
                show_join(&cx, shown, FormState::refused(form, errors)).await
            }
            Err(error) => Err(error.into()),
        },
    }
}

/// What the form asks for; what is no choice of its lists is refused beside it.
fn wish(form: &FormData, patient: Option<PatientId>) -> Result<JoinWaitingList, FieldErrors> {
    let mut errors = FieldErrors::new();
    let doctor = match form.get("doctorId") {
        "" => None,
        text => errors.take("doctorId", text.parse().map_err(|_| Code::UnknownDoctor)),
    };
    let part = DayPart::named(form.get("part")).ok_or(Code::NotChosen("a time of day"));
    let part = errors.take("part", part);
    let priority = match form.get("priority") {
        "" => Some(Priority::Routine),
        name => errors.take("priority", Priority::named(name).ok_or(Code::UnknownChoice("a priority"))),
    };
    let instead_of = match form.get("insteadOf") {
        "" => None,
        text => errors.take("insteadOf", text.parse().map_err(|_| Code::UnknownChoice("an appointment"))),
    };
    match (part, priority) {
        (Some(part), Some(priority)) if errors.is_empty() => Ok(JoinWaitingList {
            patient,
            visit_type: form.text("visitType"),
            doctor,
            from: form.text("from"),
            until: form.text("until"),
            part,
            priority,
            reason: form.text("reason"),
            instead_of,
        }),
        _ => Err(errors),
    }
}

/// `GET /appointments/waiting/{id}/offer`: doctorId, date.
pub async fn offer_form(
    cx: PageContext,
    Path(id): Path<String>,
    Query(mut query): Query,
) -> Result<Response, PageError> {
    check_may(&cx, Action::OfferTime)?;
    let id = id_of(&id)?;
    let place = cx.services().execute(&cx.actor, ReadWaiting { id }).await?;
    if query.get("date").is_empty() {
        let first = place.waiting.from.max(cx.services().today());
        query.set("doctorId", place.waiting.with.map(|id| id.to_string()).unwrap_or_default());
        query.set("date", first.to_string());
    }
    show_offer(&cx, id, FormState::fresh(query), None).await
}

async fn show_offer(
    cx: &PageContext,
    id: PlanId,
    form: FormState,
    conflict: Option<String>,
) -> Result<Response, PageError> {
    let place = cx.services().execute(&cx.actor, ReadWaiting { id }).await?;
    let code = place.waiting.visit_type.clone();
    let values = &form.values;
    let asked = free_times(cx.services(), &cx.actor, values.get("doctorId"), values.get("date"), &code);
    let mut times = asked.await?;
    if conflict.is_some()
        && let Ok(taken) = form.values.get("slot").parse::<SlotChoice>()
    {
        super::booking::offer_nearest(cx, &taken, &mut times).await?;
    }
    let visit = cx.services().clinic().visit_type(&code).map_or(code, |visit| visit.name.clone());
    let head = PageHead::new("Offer a time", Section::Appointments).for_form(&form);
    let head = if conflict.is_some() { head.with_status(StatusCode::CONFLICT) } else { head };
    let doctors = names(&doctors(cx).await?);
    let data = OfferPage { place, form, doctors, times, visit, conflict };
    Ok(cx.render(head, move || waiting_forms::offer(data)))
}

/// `POST /appointments/waiting/{id}/offer`: slot; shownDoctor and shownDate say what was on the page.
pub async fn offer(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    check_may(&cx, Action::OfferTime)?;
    let id = id_of(&id)?;
    let form = form.clone().with("doctorId", form.get("shownDoctor")).with("date", form.get("shownDate"));
    let Ok(slot) = form.get("slot").parse::<SlotChoice>() else {
        let errors = FieldErrors::one("slot", Code::NotChosen("a time"));
        return show_offer(&cx, id, FormState::refused(form, errors), None).await;
    };
    let wish = OfferTime { id, doctor: slot.doctor, date: slot.date, time: slot.time };
    match cx.services().execute(&cx.actor, wish).await {
        Ok(_) => Ok(back(&cx, "time-offered")),
        Err(ServiceError::Invalid(errors)) => {
            show_offer(&cx, id, FormState::refused(form, at_slot(&errors)), None).await
        }
        Err(error @ ServiceError::Conflict(ConflictKind::Waiting(_))) => refuse(cx, error).await,
        Err(ServiceError::Conflict(kind)) => {
            let words = super::booking::conflict_words(&kind);
            show_offer(&cx, id, FormState::fresh(form), Some(words)).await
        }
        Err(error) => Err(error.into()),
    }
}
