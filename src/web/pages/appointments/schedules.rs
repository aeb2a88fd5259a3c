//! Working hours and leave of doctors.

use super::hours_form::{schedule_of, typed};
use super::stranded::{self, Saved};
use super::{doctors, with_notice};
use crate::ui::form::FormState;
use crate::ui::pages::appointments::schedule::{self, WEEK};
use crate::ui::pages::appointments::stranded::Question;
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::FormData;
use axum::extract::Path;
use axum::response::Response;
use domain::{Action, Role, Schedule, UserId};
use service::scheduling::{Doctor, SetSchedule};
use service::{ServiceError, Version};

/// Whether the caller may set this doctor's hours; the service decides again.
fn may_set(cx: &PageContext, doctor: UserId) -> bool {
    cx.services().may(&cx.actor, Action::SetSchedule)
        && (cx.role() != Some(Role::Doctor) || cx.actor.user() == Some(doctor))
}

/// `GET /appointments/schedules`
pub async fn list(cx: PageContext) -> Result<Response, PageError> {
    cx.signed_in()?;
    if !cx.services().may(&cx.actor, Action::SetSchedule) {
        return Err(PageError(ServiceError::Forbidden));
    }
    let rows: Vec<_> = doctors(&cx)
        .await?
        .into_iter()
        .filter(|doctor| may_set(&cx, doctor.id))
        .map(|doctor| (doctor.id, doctor.name.clone(), working_days(&doctor)))
        .collect();
    let may = |action| cx.services().may(&cx.actor, action);
    let (may_set_offer, may_read_messages) = (may(Action::SetCatalogue), may(Action::ReadMessages));
    let head = PageHead::new("Working hours", section(&cx));
    Ok(cx.render(head, move || schedule::doctors(&rows, may_set_offer, may_read_messages)))
}

/// `Monday, Tuesday` of the days on which a doctor works.
fn working_days(doctor: &Doctor) -> String {
    let Some(schedule) = &doctor.schedule else { return "None set yet".to_owned() };
    let works = |day: i8| schedule.weekly.iter().any(|hours| hours.weekday == day);
    let days: Vec<&str> =
        WEEK.iter().filter(|(number, ..)| works(*number)).map(|(_, name, _)| *name).collect();
    if days.is_empty() { "None".to_owned() } else { days.join(", ") }
}

fn section(cx: &PageContext) -> Section {
    if cx.role() == Some(Role::Admin) { Section::Admin } else { Section::Appointments }
}

async fn find(cx: &PageContext, id: &str) -> Result<Doctor, PageError> {
    cx.signed_in()?;
    let id: UserId = id.parse().map_err(|_| PageError::NOT_FOUND)?;
    if !may_set(cx, id) {
        return Err(PageError::NOT_FOUND);
    }
    doctors(cx).await?.into_iter().find(|doctor| doctor.id == id).ok_or(PageError::NOT_FOUND)
}

fn show(
    cx: &PageContext,
    doctor: &Doctor,
    version: Option<Version>,
    form: FormState,
    question: Question,
) -> Response {
    let head = PageHead::new(format!("Working hours of {}", doctor.name), section(cx)).for_form(&form);
    let clinic = cx.services().clinic().clone();
    let page =
        schedule::Page { doctor: doctor.id, name: doctor.name.clone(), version, form, question, clinic };
    cx.render(head, move || schedule::page(&page))
}

/// The hours that the form begins with.
fn known(doctor: &Doctor) -> Schedule {
    let hours = doctor.schedule.as_ref().map(|schedule| schedule.value.clone());
    hours.unwrap_or_else(|| Schedule::office_hours(doctor.id))
}

/// `GET /appointments/schedules/{doctor}`
pub async fn form(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let doctor = find(&cx, &id).await?;
    let form = typed(&known(&doctor), cx.services().today());
    let version = doctor.schedule.as_ref().map(|schedule| schedule.version);
    Ok(show(&cx, &doctor, version, FormState::fresh(form), Question::default()))
}

/// `POST /appointments/schedules/{doctor}`
pub async fn save(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    let doctor = find(&cx, &id).await?;
    let expected = match form.get("version") {
        "" => None,
        text => Some(text.parse::<Version>().map_err(|_| PageError(ServiceError::Stale))?),
    };
    let catalogue = &cx.services().clinic().catalogue;
    let schedule = match schedule_of(&form, &known(&doctor), catalogue, cx.services().today()) {
        Ok(schedule) => schedule,
        Err(errors) => {
            let refused = FormState::refused(form, errors);
            return Ok(show(&cx, &doctor, expected, refused, Question::default()));
        }
    };
    let path = format!("/appointments/schedules/{}", doctor.id);
    let change = |stranded| SetSchedule { schedule: schedule.clone(), expected, stranded };
    match stranded::save(&cx, form, path.clone(), change).await? {
        Saved::Done => Ok(see_other(&with_notice(&path, "schedule-saved"))),
        Saved::Refused(form, question) => Ok(show(&cx, &doctor, expected, form, question)),
    }
}
