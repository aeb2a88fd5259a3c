//! A patient books: reason, doctor, day, time, check, each a page of its own.

use super::free_times::{SlotChoice, asked_doctor, nearest};
use super::{at_slot, doctors, path_of_booked};
use crate::ui::components::{clock, moment};
use crate::ui::form::FormState;
use crate::ui::pages::appointments::own::{self, Check, Choices, Month, TimeLink};
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::http::StatusCode;
use axum::response::Response;
use domain::time::{long_date, parse_date, parse_time};
use domain::{Code, Role};
use jiff::ToSpan;
use jiff::civil::Date;
use leptos::prelude::AnyView;
use service::ServiceError;
use service::scheduling::{BookAppointment, FreeDay, FreeSlots};

fn choices(query: &FormData) -> Choices {
    Choices {
        visit_type: query.text("type"),
        doctor: query.text("doctor"),
        date: query.text("date"),
        slot: query.text("slot"),
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
    let choices = choices(&query);
    if !is_offered(&cx, &choices) {
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
        let times = slots.map(|slot| -> TimeLink {
            let href = choices.with("/check", "slot", &SlotChoice::of(slot, zone).to_string());
            let doctor = if names_doctors { slot.doctor_name.clone() } else { String::new() };
            (href, clock(zone, slot.time.start()), doctor)
        });
        (title.to_owned(), times.collect::<Vec<_>>())
    };
    let mut groups = vec![group("Morning", |hour| hour < 12), group("Afternoon", |hour| hour >= 12)];
    groups.retain(|(_, times)| !times.is_empty());
    Ok(render(&cx, "Book an appointment: time", move || own::time(&choices, date, groups)))
}

/// Step 5.
pub async fn check(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    if let Some(elsewhere) = own_only(&cx)? {
        return Ok(elsewhere);
    }
    show_check(&cx, choices(&query), FormState::default(), false).await
}

/// Shows the answers; `taken` adds the nearest free times and the status 409.
async fn show_check(
    cx: &PageContext,
    choices: Choices,
    form: FormState,
    taken: bool,
) -> Result<Response, PageError> {
    if !is_offered(cx, &choices) {
        return Ok(see_other("/appointments/book"));
    }
    let clinic = cx.services().clinic();
    let known = choices.slot.parse::<SlotChoice>().ok();
    let start = known.as_ref().and_then(|slot| {
        let local = parse_date(&slot.date)?.to_datetime(parse_time(&slot.time)?);
        clinic.zone.instant(local).ok()
    });
    let doctor = match &known {
        Some(slot) => doctors(cx).await?.into_iter().find(|doctor| doctor.id == slot.doctor),
        None => None,
    };
    let (Some(slot), Some(start), Some(doctor)) = (known, start, doctor) else {
        return Ok(see_other(&choices.at("/time")));
    };
    let near = if taken {
        let slots = nearest(cx.services(), &cx.actor, &slot, &choices.visit_type).await?;
        let link = |slot: &service::scheduling::FreeSlot| {
            let choice = SlotChoice::of(slot, &clinic.zone);
            let there = Choices { date: choice.date.clone(), ..choices.clone() };
            let at = slot.time.start();
            (there.with("/check", "slot", &choice.to_string()), clinic.zone.date(at), clock(&clinic.zone, at))
        };
        Some(slots.iter().map(link).collect())
    } else {
        None
    };
    let visit = clinic.visit_type(&choices.visit_type);
    let visit = visit.map(|visit| format!("{}, {} minutes", visit.name, visit.minutes)).unwrap_or_default();
    let answers = Check {
        visit,
        doctor: doctor.name,
        when: moment(&clinic.zone, start),
        change_hours: clinic.catalogue.rules.patient_change_hours,
        nearest: near,
    };
    let head = PageHead::new("Book an appointment: check", Section::Appointments).for_form(&form);
    let head = if taken { head.with_status(StatusCode::CONFLICT) } else { head };
    Ok(cx.render(head, move || own::check(&choices, answers, &form)))
}

/// `POST /appointments/book`: type, doctor, date, slot, reason.
pub async fn book(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    cx.signed_in()?;
    let choices = choices(&form);
    let Ok(slot) = choices.slot.parse::<SlotChoice>() else { return Ok(see_other(&choices.at("/time"))) };
    let wish = BookAppointment {
        patient: None,
        doctor: slot.doctor,
        date: slot.date,
        time: slot.time,
        visit_type: choices.visit_type.clone(),
        reason: form.text("reason"),
        overbook_reason: String::new(),
    };
    match cx.services().execute(&cx.actor, wish).await {
        Ok(booked) => Ok(see_other(&path_of_booked(&booked))),
        Err(ServiceError::Invalid(errors)) => {
            let gone =
                |code: &Code| matches!(code, Code::TimePassed | Code::OutsideSchedule | Code::TooFarAhead(_));
            let taken = errors.iter().any(|(_, code)| gone(code));
            show_check(&cx, choices, FormState::refused(form, at_slot(&errors)), taken).await
        }
        Err(ServiceError::Conflict(_)) => show_check(&cx, choices, FormState::fresh(form), true).await,
        Err(error) => Err(error.into()),
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
