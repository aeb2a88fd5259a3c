//! A patient books: reason, doctor, day, time, check, each a page of its own.

use super::free_times::{SlotChoice, asked_doctor};
use super::{at_slot, doctors, path_of_booked};
use crate::ui::components::{clock, moment};
use crate::ui::form::FormState;
use crate::ui::pages::appointments::check::{self, Check, Instead, Offer, Why};
use crate::ui::pages::appointments::own::{self, Choices, Month, TimeButton};
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::http::StatusCode;
use axum::response::Response;
use domain::time::{clock_time, long_date, parse_date};
use domain::{Appointment, Code, FieldErrors, Role};
use jiff::ToSpan;
use jiff::civil::Date;
use leptos::prelude::AnyView;
use service::scheduling::{BookAppointment, ConfirmHold, FreeDay, FreeSlot, FreeSlots, HoldSlot, ReadHold};
use service::{ConflictKind, ServiceError};

fn choices(query: &FormData) -> Choices {
    Choices {
        visit_type: query.text("type"),
        doctor: query.text("doctor"),
        date: query.text("date"),
        hold: query.text("hold"),
    }
}

/// Staff book for others on their own page.
fn own_only(cx: &PageContext) -> Result<Option<Response>, PageError> {
    Ok((cx.signed_in()? != Role::Patient).then(|| see_other("/appointments/new")))
}

fn render(cx: &PageContext, title: &'static str, body: impl FnOnce() -> AnyView) -> Response {
    cx.render(PageHead::new(title, Section::Appointments), body)
}

/// Whether the chosen kind of visit is one that patients book themselves.
fn is_offered(cx: &PageContext, choices: &Choices) -> bool {
    cx.services().clinic().visit_type(&choices.visit_type).is_some_and(|visit| visit.self_service)
}

fn query_for(choices: &Choices, from: Date, days: u16) -> Result<FreeSlots, ServiceError> {
    Ok(FreeSlots {
        doctor: asked_doctor(&choices.doctor)?,
        from,
        days,
        visit_type: Some(choices.visit_type.clone()),
    })
}

/// Step 1.
pub async fn visit_type(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    if let Some(elsewhere) = own_only(&cx)? {
        return Ok(elsewhere);
    }
    let (choices, clinic) = (choices(&query), cx.services().clinic().clone());
    Ok(render(&cx, "Book an appointment: reason", move || own::visit_type(&clinic, &choices)))
}

/// Step 2: the doctors with their next free day.
pub async fn doctor(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    if let Some(elsewhere) = own_only(&cx)? {
        return Ok(elsewhere);
    }
    let choices = choices(&query);
    if !is_offered(&cx, &choices) {
        return Ok(see_other("/appointments/book"));
    }
    let any = Choices { doctor: String::new(), ..choices.clone() };
    let days = cx
        .services()
        .execute(&cx.actor, query_for(&any, cx.services().today(), FreeSlots::MOST_DAYS)?)
        .await?;
    let next =
        |id| days.iter().find(|day| day.slots.iter().any(|slot| slot.doctor == id)).map(|day| day.date);
    let items: Vec<_> = doctors(&cx)
        .await?
        .into_iter()
        .map(|doctor| {
            let words = next(doctor.id).map_or_else(
                || "Nothing free in the next two months".to_owned(),
                |date| format!("Next free: {}", long_date(date)),
            );
            (doctor.id, doctor.name, words)
        })
        .collect();
    Ok(render(&cx, "Book an appointment: doctor", move || own::doctor(&choices, &items)))
}

/// The first of the month in `?month=2026-11`, not before this month nor after the last that can be booked.
fn month_of(text: &str, date: &str, today: Date, last: Date) -> Date {
    let asked = parse_date(&format!("{}-01", text.trim())).or_else(|| parse_date(date)).unwrap_or(today);
    asked.clamp(today, last).first_of_month()
}

/// Step 3.
pub async fn day(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    if let Some(elsewhere) = own_only(&cx)? {
        return Ok(elsewhere);
    }
    let choices = choices(&query);
    if !is_offered(&cx, &choices) {
        return Ok(see_other("/appointments/book"));
    }
    let today = cx.services().today();
    let last = today.saturating_add(i64::from(cx.services().clinic().catalogue.rules.horizon_days).days());
    let mut first = month_of(query.get("month"), &choices.date, today, last);
    let mut days = month_days(&cx, &choices, first).await?;
    // Who did not ask for a month sees the first one with something free.
    while query.get("month").is_empty() && is_full(&days) && first < last.first_of_month() {
        first = first.saturating_add(1.month());
        days = month_days(&cx, &choices, first).await?;
    }
    let month = Month {
        first,
        today,
        days,
        has_previous: first > today.first_of_month(),
        has_next: first < last.first_of_month(),
    };
    Ok(render(&cx, "Book an appointment: day", move || own::day(&choices, &month)))
}

async fn month_days(cx: &PageContext, choices: &Choices, first: Date) -> Result<Vec<FreeDay>, ServiceError> {
    let days = u16::try_from(first.days_in_month()).unwrap_or_default();
    cx.services().execute(&cx.actor, query_for(choices, first, days)?).await
}

fn is_full(days: &[FreeDay]) -> bool {
    days.iter().all(|day| day.slots.is_empty())
}

/// Step 4.
pub async fn time(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    if let Some(elsewhere) = own_only(&cx)? {
        return Ok(elsewhere);
    }
    show_time(&cx, choices(&query), FormState::default(), None).await
}

/// Shows the times of the day; a taken one adds the nearest free ones and the status 409.
async fn show_time(
    cx: &PageContext,
    choices: Choices,
    form: FormState,
    taken: Option<Instead>,
) -> Result<Response, PageError> {
    if !is_offered(cx, &choices) {
        return Ok(see_other("/appointments/book"));
    }
    let Some(date) = parse_date(&choices.date) else { return Ok(see_other(&choices.at("/day"))) };
    let days = cx.services().execute(&cx.actor, query_for(&choices, date, 1)?).await?;
    let zone = &cx.services().clinic().zone;
    let names_doctors = choices.doctor.is_empty();
    let group = |title: &str, wanted: fn(i8) -> bool| {
        let slots = days
            .iter()
            .flat_map(|day| &day.slots)
            .filter(|slot| wanted(zone.local(slot.time.start()).hour()));
        let times = slots.map(|slot| -> TimeButton {
            let doctor = if names_doctors { slot.doctor_name.clone() } else { String::new() };
            (SlotChoice::of(slot, zone).to_string(), clock(zone, slot.time.start()), doctor)
        });
        (title.to_owned(), times.collect::<Vec<_>>())
    };
    let mut groups = vec![group("Morning", |hour| hour < 12), group("Afternoon", |hour| hour >= 12)];
    groups.retain(|(_, times)| !times.is_empty());
    let head = PageHead::new("Book an appointment: time", Section::Appointments);
    let head = if taken.is_some() { head.with_status(StatusCode::CONFLICT) } else { head.for_form(&form) };
    Ok(cx.render(head, move || own::time(&choices, date, groups, &form, taken)))
}

/// `POST /appointments/book/hold`: type, doctor, slot, reason. Holds the time while the patient checks the answers.
pub async fn hold(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    if let Some(elsewhere) = own_only(&cx)? {
        return Ok(elsewhere);
    }
    let mut choices = choices(&form);
    let Ok(slot) = form.get("slot").parse::<SlotChoice>() else { return Ok(see_other(&choices.at("/time"))) };
    choices.date.clone_from(&slot.date);
    let booking = BookAppointment {
        patient: None,
        doctor: slot.doctor,
        date: slot.date.clone(),
        time: slot.time.clone(),
        visit_type: choices.visit_type.clone(),
        reason: form.text("reason"),
        overbook_reason: String::new(),
    };
    let (why, form) = match cx.services().execute(&cx.actor, HoldSlot { booking }).await {
        Ok(held) => return Ok(see_other(&choices.check(&held.id.to_string()))),
        Err(ServiceError::Invalid(errors)) => {
            (is_gone(&errors).then_some(Why::Taken), FormState::refused(form, at_slot(&errors)))
        }
        Err(ServiceError::Conflict(kind)) => (Some(why(&kind)), FormState::fresh(form)),
        Err(error) => return Err(error.into()),
    };
    let taken = match why {
        Some(why) => Some(instead(&cx, why, &slot, &choices.visit_type).await?),
        None => None,
    };
    show_time(&cx, choices, form, taken).await
}

/// Whether the time cannot be had any more.
fn is_gone(errors: &FieldErrors) -> bool {
    let gone = |code: &Code| matches!(code, Code::TimePassed | Code::OutsideSchedule | Code::TooFarAhead(_));
    errors.iter().any(|(_, code)| gone(code))
}

const fn why(conflict: &ConflictKind) -> Why {
    if matches!(conflict, ConflictKind::PatientBusy) { Why::PatientBusy } else { Why::Taken }
}

/// The free times nearest to one that cannot be had.
async fn instead(
    cx: &PageContext,
    why: Why,
    slot: &SlotChoice,
    visit_type: &str,
) -> Result<Instead, ServiceError> {
    let zone = &cx.services().clinic().zone;
    let near = cx.services().nearest(&cx.actor, slot.doctor, (&slot.date, &slot.time), visit_type).await?;
    let offer = |free: &FreeSlot| Offer {
        slot: SlotChoice::of(free, zone).to_string(),
        date: zone.date(free.time.start()),
        time: clock(zone, free.time.start()),
        doctor: if free.doctor == slot.doctor { String::new() } else { free.doctor_name.clone() },
    };
    Ok(Instead { why, nearest: near.iter().map(offer).collect() })
}

/// What the patient holds; `None` for what was let go, booked, or never was theirs.
async fn held(cx: &PageContext, choices: &Choices) -> Result<Option<Appointment>, ServiceError> {
    let Ok(id) = choices.hold.parse() else { return Ok(None) };
    match cx.services().execute(&cx.actor, ReadHold { id }).await {
        Ok(hold) => Ok(Some(hold.value)),
        Err(ServiceError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Step 5.
pub async fn check(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    if let Some(elsewhere) = own_only(&cx)? {
        return Ok(elsewhere);
    }
    let choices = choices(&query);
    match held(&cx, &choices).await? {
        Some(hold) => {
            let form = FormState::fresh(FormData::default().with("reason", hold.reason.clone()));
            show_check(&cx, choices, hold, form, None).await
        }
        None => Ok(see_other(&choices.at("/time"))),
    }
}

/// Shows the answers; a time that is taken adds the nearest free ones and the status 409.
async fn show_check(
    cx: &PageContext,
    mut choices: Choices,
    hold: Appointment,
    form: FormState,
    refused: Option<Why>,
) -> Result<Response, PageError> {
    let clinic = cx.services().clinic();
    let local = clinic.zone.local(hold.time.start());
    let Some(doctor) = hold.doctor.id else { return Ok(see_other(&choices.at("/time"))) };
    let slot = SlotChoice { doctor, date: local.date().to_string(), time: clock_time(local.time()) };
    choices.visit_type.clone_from(&hold.visit_type);
    choices.date.clone_from(&slot.date);
    let until = hold.held_until.filter(|_| !hold.has_lapsed(cx.services().now()));
    let why = refused.or(until.is_none().then_some(Why::Ended));
    let offers = match why {
        Some(why) => Some(instead(cx, why, &slot, &choices.visit_type).await?),
        None => None,
    };
    let visit = clinic.visit_type(&hold.visit_type);
    let visit = visit.map(|visit| format!("{}, {} minutes", visit.name, hold.time.minutes()));
    let answers = Check {
        visit: visit.unwrap_or_default(),
        doctor: hold.doctor.name,
        when: moment(&clinic.zone, hold.time.start()),
        held_until: until.filter(|_| refused.is_none()).map(|until| clock(&clinic.zone, until)),
        change_hours: clinic.catalogue.rules.patient_change_hours,
        instead: offers,
    };
    let head = PageHead::new("Book an appointment: check", Section::Appointments);
    let head = if refused.is_some() { head.with_status(StatusCode::CONFLICT) } else { head.for_form(&form) };
    Ok(cx.render(head, move || check::check(&choices, answers, &form)))
}

/// `POST /appointments/book`: type, doctor, date, hold, reason.
pub async fn book(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    if let Some(elsewhere) = own_only(&cx)? {
        return Ok(elsewhere);
    }
    let choices = choices(&form);
    let Ok(id) = choices.hold.parse() else { return Ok(see_other(&choices.at("/time"))) };
    let confirm = ConfirmHold { id, reason: form.text("reason") };
    let (refused, form) = match cx.services().execute(&cx.actor, confirm).await {
        Ok(booked) => return Ok(see_other(&path_of_booked(&booked))),
        Err(ServiceError::NotFound) => return Ok(see_other(&choices.at("/time"))),
        Err(ServiceError::Invalid(errors)) => {
            (is_gone(&errors).then_some(Why::Taken), FormState::refused(form, at_slot(&errors)))
        }
        Err(ServiceError::Conflict(kind)) => (Some(why(&kind)), FormState::fresh(form)),
        Err(error) => return Err(error.into()),
    };
    match held(&cx, &choices).await? {
        Some(hold) => show_check(&cx, choices, hold, form, refused).await,
        None => Ok(see_other(&choices.at("/time"))),
    }
}

#[cfg(test)]
mod tests {
    use super::month_of;
    use jiff::civil::date;

    #[test]
    fn the_month_stays_within_what_can_be_booked() {
        let (today, last) = (date(2026, 11, 23), date(2027, 5, 22));
        for (month, day, expected) in [
            ("", "", date(2026, 11, 1)),
            ("2027-02", "", date(2027, 2, 1)),
            ("2020-01", "", date(2026, 11, 1)),
            ("2099-01", "", date(2027, 5, 1)),
            ("nonsense", "2026-12-24", date(2026, 12, 1)),
        ] {
            assert_eq!(month_of(month, day, today, last), expected, "{month} {day}");
        }
    }
}
