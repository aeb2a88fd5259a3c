//! Working hours and leave of doctors.

use super::stranded::{self, Saved};
use super::{doctors, with_notice};
use crate::ui::form::FormState;
use crate::ui::pages::appointments::schedule::{self, LEAVE, WEEK};
use crate::ui::pages::appointments::stranded::Question;
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::FormData;
use axum::extract::Path;
use axum::response::Response;
use domain::schedule::{Leave, WeeklyHours};
use domain::time::{clock_time, parse_date, parse_time};
use domain::{Action, Code, FieldErrors, Role, Schedule, UserId};
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
    Ok(cx.render(PageHead::new("Working hours", section(&cx)), move || schedule::doctors(&rows)))
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

/// The hours as the form shows them; of a day at most two periods, of leave what is not over.
fn typed(schedule: &Schedule, today: jiff::civil::Date) -> FormData {
    let mut form = FormData::default().with("slotMinutes", schedule.slot_minutes.to_string());
    for (number, _, [from, until, from_again, until_again]) in WEEK {
        let mut periods: Vec<_> = schedule.weekly.iter().filter(|hours| hours.weekday == number).collect();
        periods.sort_unstable_by_key(|hours| hours.from);
        for (hours, (from, until)) in periods.into_iter().zip([(from, until), (from_again, until_again)]) {
            form.set(from, clock_time(hours.from));
            form.set(until, clock_time(hours.until));
        }
    }
    let mut leave: Vec<_> = schedule.leave.iter().filter(|leave| leave.until >= today).collect();
    leave.sort_unstable_by_key(|leave| leave.from);
    for (leave, (from, until)) in leave.into_iter().zip(LEAVE) {
        form.set(from, leave.from.to_string());
        form.set(until, leave.until.to_string());
    }
    form
}

fn show(
    cx: &PageContext,
    doctor: &Doctor,
    version: Option<Version>,
    form: FormState,
    question: Question,
) -> Response {
    let head = PageHead::new(format!("Working hours of {}", doctor.name), section(cx)).for_form(&form);
    let zone = cx.services().clinic().zone.clone();
    let page = schedule::Page { doctor: doctor.id, name: doctor.name.clone(), version, form, question, zone };
    cx.render(head, move || schedule::page(&page))
}

/// `GET /appointments/schedules/{doctor}`
pub async fn form(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let doctor = find(&cx, &id).await?;
    let form = match &doctor.schedule {
        Some(schedule) => typed(schedule, cx.services().today()),
        None => typed(&Schedule::office_hours(doctor.id), cx.services().today()),
    };
    let version = doctor.schedule.as_ref().map(|schedule| schedule.version);
    Ok(show(&cx, &doctor, version, FormState::fresh(form), Question::default()))
}

/// A pair of typed values, both or neither.
fn pair<T>(
    form: &FormData,
    (from, until): (&'static str, &'static str),
    parse: fn(&str) -> Option<T>,
    refusal: &Code,
    errors: &mut FieldErrors,
) -> Option<(T, T)> {
    let (first, second) = (form.get(from).trim(), form.get(until).trim());
    if first.is_empty() && second.is_empty() {
        return None;
    }
    let first = errors.take(from, parse(first).ok_or_else(|| refusal.clone()));
    let second = errors.take(until, parse(second).ok_or_else(|| refusal.clone()));
    first.zip(second)
}

/// The hours as typed. Leave that is over is kept, as the form does not show it.
fn schedule_of(form: &FormData, doctor: &Doctor, today: jiff::civil::Date) -> Result<Schedule, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut weekly = Vec::new();
    for (weekday, _, [from, until, from_again, until_again]) in WEEK {
        for names in [(from, until), (from_again, until_again)] {
            if let Some((from, until)) = pair(form, names, parse_time, &Code::NotATime, &mut errors) {
                weekly.push(WeeklyHours::plain(weekday, from, until));
            }
        }
    }
    let slot_minutes = errors.take("slotMinutes", form.parse("slotMinutes").ok_or(Code::DurationInvalid));
    let past = doctor.schedule.iter().flat_map(|schedule| schedule.leave.iter().cloned());
    let mut leave: Vec<Leave> = past.filter(|leave| leave.until < today).collect();
    for names in LEAVE {
        if let Some((from, until)) = pair(form, names, parse_date, &Code::NotADate("Leave"), &mut errors) {
            leave.push(Leave::days(from, until));
        }
    }
    match slot_minutes {
        Some(slot_minutes) if errors.is_empty() => {
            let known = doctor.schedule.as_ref().map(|schedule| schedule.value.clone());
            let known = known.unwrap_or_else(|| Schedule::office_hours(doctor.id));
            Ok(Schedule { weekly, slot_minutes, leave, ..known })
        }
        _ => Err(errors),
    }
}

/// `POST /appointments/schedules/{doctor}`
pub async fn save(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    let doctor = find(&cx, &id).await?;
    let expected = match form.get("version") {
        "" => None,
        text => Some(text.parse::<Version>().map_err(|_| PageError(ServiceError::Stale))?),
    };
    let schedule = match schedule_of(&form, &doctor, cx.services().today()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn doctor(schedule: Option<Schedule>) -> Doctor {
        let schedule = schedule.map(|value| service::Versioned { value, version: 1 });
        Doctor { id: UserId(3), name: "Dr Amina Rahman".into(), schedule }
    }

    #[test]
    fn hours_survive_the_way_through_the_form() {
        let mut hours = Schedule::office_hours(UserId(3));
        hours.leave.push(Leave::days(date(2026, 12, 24), date(2026, 12, 31)));
        let today = date(2026, 11, 23);
        assert_eq!(schedule_of(&typed(&hours, today), &doctor(None), today), Ok(hours));
    }

    #[test]
    fn leave_that_is_over_is_kept() {
        let mut hours = Schedule::office_hours(UserId(3));
        hours.leave.push(Leave::days(date(2026, 8, 1), date(2026, 8, 14)));
        let today = date(2026, 11, 23);
        let kept = schedule_of(&typed(&hours, today), &doctor(Some(hours.clone())), today);
        assert_eq!(kept, Ok(hours));
    }

    #[test]
    fn half_a_period_is_refused_at_its_empty_half() {
        let form = FormData::default().with("slotMinutes", "30").with("from1a", "09:00");
        let errors = schedule_of(&form, &doctor(None), date(2026, 11, 23)).unwrap_err();
        assert_eq!(errors.of("until1a"), Some(&Code::NotATime));
        assert_eq!(errors.of("from1a"), None);
    }
}
