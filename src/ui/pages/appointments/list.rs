//! The list of appointments with its filters, the next step of each visit, and completing several at once.

use super::switch::{Head, Steps, View};
use super::{check_out, next_step, path, state_tag, step_button, step_words, subject};
use crate::ui::components::{clock, empty, more};
use crate::ui::form::{self, FormState, Input};
use crate::ui::live;
use domain::time::{long_date, parse_date, short_date};
use domain::{Appointment, AppointmentStatus, UserId};
use jiff::Timestamp;
use jiff::civil::Date;
use leptos::prelude::*;
use service::{Clinic, Page, Versioned};

/// What the list page shows.
pub struct ListPage {
    /// The clinic.
    pub clinic: Clinic,
    /// The filters as typed: from, to, doctor, status.
    pub form: FormState,
    /// All doctors: id and name.
    pub doctors: Vec<(UserId, String)>,
    /// The appointments that pass.
    pub found: Page<Versioned<Appointment>>,
    /// This list without its cursor.
    pub here: String,
    /// Whether this is not the first page.
    pub is_later: bool,
    /// Today at the clinic.
    pub today: Date,
    /// The present moment.
    pub now: Timestamp,
    /// Addresses of the days before, of today and of the days after.
    pub steps: [String; 3],
    /// Whether the caller books.
    pub may_book: bool,
    /// Whether the caller sees who is in the waiting room.
    pub may_see_room: bool,
    /// Whether the caller changes the status of visits.
    pub may_advance: bool,
}

impl ListPage {
    /// Whether the visit's next step can be taken from here: it is today's, or was not closed.
    fn is_at_hand(&self, visit: &Appointment) -> bool {
        let is_here = matches!(visit.status, AppointmentStatus::Arrived | AppointmentStatus::InProgress);
        let is_today = self.clinic.zone.date(visit.time.start()) == self.today;
        self.may_advance && (is_here || (is_today && next_step(visit.status).is_some()))
    }
}

/// The statuses offered as filter: value and words. `open` is every one that holds its time.
pub fn status_choices() -> Vec<(String, String)> {
    let all = [("", "All"), ("open", "All but cancelled and not attended"), ("cancelled", "Cancelled")];
    let single = AppointmentStatus::agreed().filter(|status| !status.is_cancelled());
    all.map(|(value, words)| (value.to_owned(), words.to_owned()))
        .into_iter()
        .chain(single.map(|status| (status.name().to_owned(), status.title().to_owned())))
        .collect()
}

/// The statuses that a filter's value stands for; none stands for all, `None` for an unknown value.
pub fn statuses(value: &str) -> Option<Vec<AppointmentStatus>> {
    match value {
        "" => Some(Vec::new()),
        "open" => Some(AppointmentStatus::agreed().filter(|status| status.is_live()).collect()),
        "cancelled" => Some(AppointmentStatus::agreed().filter(|status| status.is_cancelled()).collect()),
        name => AppointmentStatus::named(name).map(|status| vec![status]),
    }
}

/// The page.
pub fn page(page: ListPage, since: u64) -> AnyView {
    let date = page.form.values.text("from");
    let doctor = page.form.values.text("doctor");
    let results = if page.found.items.is_empty() {
        let why = "No appointments match these filters. Choose other days, another doctor or another status.";
        let next = Some(("/appointments?view=list".to_owned(), "Show all from today".to_owned()));
        view! { <div class="hc-panel">{empty(why, next)}</div> }.into_any()
    } else {
        results(&page)
    };
    let older = more(&page.here, page.found.next.as_deref(), "Next page");
    let first = page.is_later.then(|| {
        view! {
            <p>
                <a class="govuk-link" href=page.here.clone()>
                    "First page"
                </a>
            </p>
        }
    });
    let to = page.form.values.text("to");
    let title = match parse_date(&date) {
        Some(day) if date == to => long_date(day),
        _ => "Appointments".to_owned(),
    };
    let is_current = date == to && date == page.today.to_string();
    let head = Head {
        clinic: &page.clinic.name,
        title,
        view: View::List,
        date: &date,
        doctor: &doctor,
        steps: Some(Steps { unit: "day", to: page.steps.clone(), is_current }),
        may_book: page.may_book,
        sees_room: page.may_see_room,
    };
    view! {
        {form::error_summary(&page.form)}
        {head.view()}
        {filters(&page)}
        {live::view(since, page.here.clone(), results)}
        {first}
        {older}
    }
    .into_any()
}

fn filters(page: &ListPage) -> AnyView {
    let mut doctors = vec![(String::new(), "All doctors".to_owned())];
    doctors.extend(page.doctors.iter().map(|(id, name)| (id.to_string(), name.clone())));
    view! {
        <form class="hc-panel hc-filter hc-filter--row" method="get" action="/appointments" novalidate>
            {form::hidden("view", "list")}
            {form::input(&page.form, Input::text("from", "From").kind("date"))}
            {form::input(&page.form, Input::text("to", "To").kind("date"))}
            {form::select(&page.form, "doctor", "Doctor", "", doctors)}
            {form::select(&page.form, "status", "Status", "", status_choices())}
            <div class="hc-filter__act">
                <button class="govuk-button hc-btn-s">"Apply filters"</button>
                <a class="govuk-link" href="/appointments?view=list">
                    "Clear"
                </a>
            </div>
        </form>
    }
    .into_any()
}

fn results(page: &ListPage) -> AnyView {
    let has_steps = page.found.items.iter().any(|visit| page.is_at_hand(visit));
    let can_end = has_steps && page.found.items.iter().any(|visit| check_out::can_end(visit));
    let rows: Vec<_> = page.found.items.iter().map(|visit| row(page, visit, has_steps)).collect();
    view! {
        <div class="hc-panel">
            <table class="hc-tbl">
                <caption class="hc-vh">"Appointments"</caption>
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"Patient"</th>
                        <th scope="col">"Reason"</th>
                        <th scope="col">"Doctor"</th>
                        <th scope="col">"Status"</th>
                        {has_steps.then(|| view! { <th scope="col" class="hc-noprint">"Next step"</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {can_end.then(|| check_out::form(&page.here))}
    }
    .into_any()
}

fn row(page: &ListPage, visit: &Versioned<Appointment>, has_steps: bool) -> AnyView {
    let (zone, start) = (&page.clinic.zone, visit.time.start());
    let unlinked = visit.patient.id.is_none().then(|| {
        view! {
            <br />
            <span class="hc-sub">"Not linked to a patient"</span>
        }
    });
    let steps = has_steps.then(|| view! { <td class="hc-tbl__act">{steps(page, visit)}</td> });
    view! {
        <tr>
            <td data-label="When">
                <span class="hc-num">{short_date(zone.date(start))}</span>
                " "
                <time class="hc-num">{clock(zone, start)}</time>
            </td>
            <td data-label="Patient">
                <a class="govuk-link" href=path(visit)>
                    {visit.patient.name.clone()}
                </a>
                {unlinked}
            </td>
            <td data-label="Reason">{subject(&page.clinic, visit)}</td>
            <td data-label="Doctor">{visit.doctor.name.clone()}</td>
            <td data-label="Status">{state_tag(visit)}</td>
            {steps}
        </tr>
    }
    .into_any()
}

/// What can be done with a visit in one tap, and the tick that completes it with others.
fn steps(page: &ListPage, visit: &Versioned<Appointment>) -> Option<AnyView> {
    if !page.is_at_hand(visit) {
        return None;
    }
    let is_late = visit.status == AppointmentStatus::Booked && visit.time.start() < page.now;
    let buttons: Vec<_> = [next_step(visit.status), is_late.then_some(AppointmentStatus::NoShow)]
        .into_iter()
        .flatten()
        .map(|to| {
            let class = "govuk-button govuk-button--secondary hc-btn-s";
            step_button(visit, to, step_words(to), class, &page.here)
        })
        .collect();
    Some(view! { <div class="hc-actions">{buttons} {check_out::tick(visit)}</div> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_that_is_offered_is_understood() {
        for (value, _) in status_choices() {
            assert!(statuses(&value).is_some(), "{value}");
        }
        assert_eq!(statuses("nonsense"), None);
    }
}
