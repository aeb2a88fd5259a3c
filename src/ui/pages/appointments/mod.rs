//! Views of the appointments pages, and the small parts that they share.

pub mod board;
pub mod booked;
pub mod booking;
pub mod changes;
pub mod check;
pub mod check_out;
pub mod day;
pub mod detail;
mod figures;
pub mod grid;
pub mod list;
pub mod load;
pub mod messages;
pub mod mine;
pub mod own;
pub mod phone;
pub mod schedule;
pub mod schedule_rows;
pub mod series;
pub mod setup;
pub mod sheet;
pub mod slots;
pub mod stranded;
pub mod switch;
pub mod timetable;
pub mod waiting;
pub mod waiting_forms;
pub mod waiting_list;
pub mod week;

use crate::ui::components::{clock, moment};
use crate::ui::form::{hidden, post_form, write_post_form};
use crate::ui::markup::Markup;
use domain::{Appointment, AppointmentStatus, ClinicZone};
use leptos::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use service::{Clinic, Versioned};

/// Everything but the unreserved characters of RFC 3986 is encoded in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path with a query; empty values are left out.
pub fn link(path: &str, fields: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let mut joint = if path.contains('?') { '&' } else { '?' };
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(joint);
        address.push_str(name);
        address.push('=');
        address.extend(utf8_percent_encode(value, QUERY));
        joint = '&';
    }
    address
}

/// The page of an appointment.
pub fn path(appointment: &Appointment) -> String {
    format!("/appointments/{}", appointment.id)
}

/// The name of the kind of visit.
pub fn visit_name(clinic: &Clinic, appointment: &Appointment) -> String {
    clinic.visit_type(&appointment.visit_type).map_or_else(
        || {
            if appointment.visit_type.is_empty() {
                "Visit".to_owned()
            } else {
                appointment.visit_type.clone()
            }
        },
        |visit_type| visit_type.name.clone(),
    )
}

/// What it is about, in few words: the reason, else the kind of visit.
pub fn subject(clinic: &Clinic, appointment: &Appointment) -> String {
    let first_line = appointment.reason.lines().next().unwrap_or_default();
    if first_line.is_empty() { visit_name(clinic, appointment) } else { first_line.to_owned() }
}

/// `09:30 to 10:00`.
pub fn times(zone: &ClinicZone, appointment: &Appointment) -> String {
    format!("{} to {}", clock(zone, appointment.time.start()), clock(zone, appointment.time.end()))
}

/// `Monday 23 November 2026, 09:30`.
pub fn when(zone: &ClinicZone, appointment: &Appointment) -> String {
    moment(zone, appointment.time.start())
}

/// Colour and words of an appointment's state; urgent and overbooked ones that are still to come stand out.
pub fn state(appointment: &Appointment) -> (&'static str, String) {
    let status = appointment.status;
    let title = status.title().to_owned();
    let is_open = matches!(
        status,
        AppointmentStatus::Booked | AppointmentStatus::Arrived | AppointmentStatus::InProgress
    );
    if is_open && appointment.overbooked_because.is_some() {
        return ("hc-urgent", format!("{title}, overbooked"));
    }
    if status == AppointmentStatus::Booked && appointment.visit_type == "urgent" {
        return ("hc-urgent", "Urgent".to_owned());
    }
    if status == AppointmentStatus::Booked && appointment.confirmed_at.is_some() {
        return (crate::ui::components::status_class(status), "Confirmed by patient".to_owned());
    }
    (crate::ui::components::status_class(status), title)
}

/// An appointment's state as a tag.
pub fn state_tag(appointment: &Appointment) -> AnyView {
    let (class, words) = state(appointment);
    crate::ui::components::tag(class, words)
}

/// The words of the button that takes a visit to a status.
pub const fn step_words(to: AppointmentStatus) -> &'static str {
    match to {
        AppointmentStatus::Arrived => "Arrived",
        AppointmentStatus::InProgress => "Start",
        AppointmentStatus::Fulfilled => "Complete",
        AppointmentStatus::NoShow => "Did not attend",
        AppointmentStatus::Booked => "Book again",
        AppointmentStatus::Proposed | AppointmentStatus::Lapsed => "Let go",
        AppointmentStatus::CancelledByPatient | AppointmentStatus::CancelledByClinic => "Cancel",
    }
}

/// One tap that takes a visit to another status, and then back to `back`.
pub fn step_button(
    appointment: &Versioned<Appointment>,
    to: AppointmentStatus,
    words: &'static str,
    class: &'static str,
    back: &str,
) -> AnyView {
    let name = appointment.patient.name.clone();
    post_form(
        format!("{}/status", path(appointment)),
        view! {
            {hidden("to", to.name())}
            {hidden("version", appointment.version)}
            {hidden("return", back)}
            <button class=class>
                {words}<span class="hc-vh">", "{name}</span>
            </button>
        },
    )
}

/// The same in markup that is written, as a small button.
pub fn write_step_button(
    markup: &mut Markup,
    visit: &Versioned<Appointment>,
    to: AppointmentStatus,
    back: &str,
) {
    let version = visit.version.to_string();
    write_post_form(markup, &format!("{}/status", path(visit)), |form| {
        for (name, value) in [("to", to.name()), ("version", &version), ("return", back)] {
            form.void("input", &[("type", "hidden"), ("name", name), ("value", value)]);
        }
        let class = "govuk-button govuk-button--secondary hc-btn-s";
        form.element("button", &[("class", class)], |button| {
            button.text(step_words(to));
            button.text_element("span", &[("class", "hc-vh")], &format!(", {}", visit.patient.name));
        });
    });
}

/// The usual next step of a visit: the first that leads forward.
pub fn next_step(status: AppointmentStatus) -> Option<AppointmentStatus> {
    match status {
        AppointmentStatus::Booked => Some(AppointmentStatus::Arrived),
        AppointmentStatus::Arrived => Some(AppointmentStatus::InProgress),
        AppointmentStatus::InProgress => Some(AppointmentStatus::Fulfilled),
        _ => None,
    }
}

/// A line of a definition list.
pub fn row(term: &'static str, words: impl IntoView + 'static) -> AnyView {
    view! {
        <div class="govuk-summary-list__row">
            <dt class="govuk-summary-list__key">{term}</dt>
            <dd class="govuk-summary-list__value">{words}</dd>
        </div>
    }
    .into_any()
}

/// A link back, above the heading.
pub fn back_link(path: impl Into<String>, words: &'static str) -> AnyView {
    let path = path.into();
    view! {
        <a class="govuk-back-link" href=path>
            {words}
        </a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn links_encode_what_was_typed_and_leave_out_what_was_not() {
        assert_eq!(link("/appointments/new", &[]), "/appointments/new");
        assert_eq!(
            link(
                "/appointments/new",
                &[("doctor", ""), ("date", "2026-11-23"), ("q", "O'Brien & co"), ("time", "09:30")]
            ),
            "/appointments/new?date=2026-11-23&q=O%27Brien%20%26%20co&time=09%3A30"
        );
        assert_eq!(link("/a?b=1", &[("c", "2")]), "/a?b=1&c=2");
    }
}
