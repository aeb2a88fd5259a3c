//! Working hours and leave of a doctor.

use super::stranded::{Question, question};
use super::{back_link, schedule_rows};
use crate::ui::components::empty;
use crate::ui::form::{self, FormState, Input, cell, field_table};
use domain::UserId;
use leptos::prelude::*;
use service::Clinic;

/// ISO 8601 weekday number, name, and the four fields: from and until, twice.
pub const WEEK: [(i8, &str, [&str; 4]); 7] = [
    (1, "Monday", ["from1a", "until1a", "from1b", "until1b"]),
    (2, "Tuesday", ["from2a", "until2a", "from2b", "until2b"]),
    (3, "Wednesday", ["from3a", "until3a", "from3b", "until3b"]),
    (4, "Thursday", ["from4a", "until4a", "from4b", "until4b"]),
    (5, "Friday", ["from5a", "until5a", "from5b", "until5b"]),
    (6, "Saturday", ["from6a", "until6a", "from6b", "until6b"]),
    (7, "Sunday", ["from7a", "until7a", "from7b", "until7b"]),
];

/// The doctors whose hours the caller may set.
pub fn doctors(
    doctors: &[(UserId, String, String)],
    may_set_offer: bool,
    may_read_messages: bool,
) -> AnyView {
    let rows: Vec<_> = doctors
        .iter()
        .map(|(id, name, hours)| {
            view! {
                <tr>
                    <td data-label="Doctor">
                        <a class="govuk-link" href=format!("/appointments/schedules/{id}")>
                            {name.clone()}
                        </a>
                    </td>
                    <td data-label="Hours">{hours.clone()}</td>
                </tr>
            }
        })
        .collect();
    let body = if rows.is_empty() {
        empty("There are no doctors yet. An administrator makes their accounts.", None)
    } else {
        view! {
            <table class="hc-tbl">
                <caption class="hc-vh">"Doctors"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Doctor"</th>
                        <th scope="col">"Working days"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    let offer = may_set_offer.then(|| {
        view! {
            <p class="govuk-body">
                <a class="govuk-link" href="/appointments/setup">
                    "What the clinic offers"
                </a>
            </p>
        }
    });
    let messages = may_read_messages.then(|| {
        view! {
            <p class="govuk-body">
                <a class="govuk-link" href="/appointments/messages">
                    "Messages to patients"
                </a>
            </p>
        }
    });
    view! {
        <h1 class="govuk-heading-l">"Working hours"</h1>
        <div class="hc-panel">{body}</div>
        {offer}
        {messages}
    }
    .into_any()
}

fn week(form: &FormState) -> AnyView {
    let rows = WEEK.iter().map(|(_, day, [from, until, from_again, until_again])| {
        let time = |name: &str, what: &str| {
            cell(form, name.to_owned(), format!("{day}, {what}"), "text", "govuk-input--width-5")
        };
        view! {
            <tr>
                <th scope="row">{*day}</th>
                <td data-label="From">{time(from, "first period from")}</td>
                <td data-label="Until">{time(until, "first period until")}</td>
                <td data-label="And from">{time(from_again, "second period from")}</td>
                <td data-label="Until">{time(until_again, "second period until")}</td>
            </tr>
        }
        .into_any()
    });
    let columns = ["Day", "From", "Until", "And from", "Until"];
    field_table(form, "weekly", "Hours of the week", &columns, rows.collect())
}

/// The form and what is asked in it.
pub struct Page {
    /// Whose hours.
    pub doctor: UserId,
    /// The doctor's name.
    pub name: String,
    /// The version that is edited; `None` when there are no hours yet.
    pub version: Option<service::Version>,
    /// The fields.
    pub form: FormState,
    /// What becomes of booked appointments, when that is asked.
    pub question: Question,
    /// The clinic: its rooms and visit types, its time zone.
    pub clinic: Clinic,
}

/// The form.
pub fn page(page: &Page) -> AnyView {
    let (form, name) = (&page.form, page.name.clone());
    let version = page.version.map(|version| version.to_string()).unwrap_or_default();
    let is_asked = !page.question.stranded.is_empty();
    let save = (!is_asked).then(|| view! { <button class="govuk-button">"Save working hours"</button> });
    view! {
        {form::error_summary(form)}
        {back_link("/appointments/schedules", "Back")}
        <span class="govuk-caption-l">"Working hours"</span>
        <h1 class="govuk-heading-l">{name}</h1>
        <p class="govuk-body">
            "Patients can book within these hours. If booked appointments lie outside new hours, you decide what becomes of them."
        </p>
        {form::post_form(format!("/appointments/schedules/{}", page.doctor), view! {
            {form::hidden("version", version)} {question(&page.question, form, &page.clinic.zone)} {week(form)}
            {form::input(
                form,
                Input::text("slotMinutes", "Minutes per slot").hint("From 5 to 240").numeric("govuk-input--width-4"),
            )} {schedule_rows::leave(form)} {schedule_rows::extra(form, &page.clinic.catalogue)}
            {schedule_rows::breaks(form)} {schedule_rows::further(form, &page.clinic.catalogue)} {save}
        })}
    }
    .into_any()
}
