//! Working hours and leave of a doctor.

use super::back_link;
use crate::ui::components::empty;
use crate::ui::form::{self, FormState, Input};
use domain::UserId;
use leptos::prelude::*;

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

/// First and last day of each leave that the form holds.
pub const LEAVE: [(&str, &str); 6] = [
    ("leaveFrom1", "leaveUntil1"),
    ("leaveFrom2", "leaveUntil2"),
    ("leaveFrom3", "leaveUntil3"),
    ("leaveFrom4", "leaveUntil4"),
    ("leaveFrom5", "leaveUntil5"),
    ("leaveFrom6", "leaveUntil6"),
];

/// The doctors whose hours the caller may set.
pub fn doctors(doctors: &[(UserId, String, String)]) -> AnyView {
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
    view! {
        <h1 class="govuk-heading-l">"Working hours"</h1>
        <div class="hc-panel">{body}</div>
    }
    .into_any()
}

/// A field of the week's table: no visible label, the row and column name it.
fn time_field(form: &FormState, day: &'static str, name: &'static str, what: &'static str) -> AnyView {
    let is_bad = form.errors.of(name).is_some();
    let class = if is_bad { "govuk-input govuk-input--width-5 govuk-input--error" } else { "govuk-input govuk-input--width-5" };
    view! {
        <input
            class=class
            id=name
            name=name
            type="text"
            autocomplete="off"
            value=form.values.text(name)
            aria-label=format!("{day}, {what}")
            aria-invalid=is_bad.then_some("true")
        />
    }
    .into_any()
}

fn week(form: &FormState) -> AnyView {
    let rows: Vec<_> = WEEK
        .iter()
        .map(|(_, day, [from, until, from_again, until_again])| {
            view! {
                <tr>
                    <th scope="row">{*day}</th>
                    <td data-label="From">{time_field(form, day, from, "first period from")}</td>
                    <td data-label="Until">{time_field(form, day, until, "first period until")}</td>
                    <td data-label="And from">{time_field(form, day, from_again, "second period from")}</td>
                    <td data-label="Until">{time_field(form, day, until_again, "second period until")}</td>
                </tr>
            }
        })
        .collect();
    let error = form.errors.of("weekly").map(|code| {
        view! {
            <p id="weekly-error" class="govuk-error-message">
                <span class="govuk-visually-hidden">"Error: "</span>
                {code.to_string()}
            </p>
        }
    });
    view! {
        <div id="weekly" class="govuk-form-group" tabindex="-1">
            {error} <div class="hc-panel">
                <table class="hc-tbl">
                    <caption>"Hours of the week"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Day"</th>
                            <th scope="col">"From"</th>
                            <th scope="col">"Until"</th>
                            <th scope="col">"And from"</th>
                            <th scope="col">"Until"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
    .into_any()
}

fn leave(form: &FormState) -> AnyView {
    let rows: Vec<_> = LEAVE
        .iter()
        .map(|(from, until)| {
            view! {
                <div class="hc-row">
                    {form::input(form, Input::text(from, "First day away").kind("date"))}
                    {form::input(form, Input::text(until, "Last day away").kind("date"))}
                </div>
            }
        })
        .collect();
    let error = form.errors.of("leave").map(|code| {
        view! {
            <p id="leave-error" class="govuk-error-message">
                <span class="govuk-visually-hidden">"Error: "</span>
                {code.to_string()}
            </p>
        }
    });
    view! {
        <fieldset class="govuk-fieldset" id="leave" tabindex="-1">
            <legend class="govuk-fieldset__legend govuk-fieldset__legend--m">"Leave"</legend>
            {error}
            {rows}
        </fieldset>
    }
    .into_any()
}

/// The form.
pub fn page(doctor: UserId, name: &str, version: Option<service::Version>, form: &FormState, back: &'static str) -> AnyView {
    let version = version.map(|version| version.to_string()).unwrap_or_default();
    view! {
        {form::error_summary(form)}
        {back_link(back, "Back")}
        <span class="govuk-caption-l">"Working hours"</span>
        <h1 class="govuk-heading-l">{name.to_owned()}</h1>
        <p class="govuk-body">
            "Patients can book within these hours. Appointments that are booked already stay as they are."
        </p>
        <form method="post" action=format!("/appointments/schedules/{doctor}") novalidate>
            {form::hidden("version", version)} {week(form)}
            {form::input(
                form,
                Input::text("slotMinutes", "Minutes per slot").hint("From 5 to 240").numeric("govuk-input--width-4"),
            )} {leave(form)} <button class="govuk-button">"Save working hours"</button>
        </form>
    }
    .into_any()
}
