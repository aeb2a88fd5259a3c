//! Working hours and leave of a doctor.

use super::back_link;
use super::stranded::{Question, question};
use crate::ui::components::empty;
use crate::ui::form::{self, FormState, Input};
use domain::{ClinicZone, UserId};
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
    let class = if is_bad {
        "govuk-input govuk-input--width-5 govuk-input--error"
    } else {
        "govuk-input govuk-input--width-5"
    };
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
    view! {
        <div id="weekly" class="govuk-form-group" tabindex="-1">
            {refusal(form, "weekly")} <div class="hc-panel">
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

/// A field of the leave's table.
fn date_field(form: &FormState, name: &'static str, what: &'static str, number: usize) -> AnyView {
    let is_bad = form.errors.of(name).is_some();
    let class = if is_bad {
        "govuk-input govuk-input--width-10 govuk-input--error"
    } else {
        "govuk-input govuk-input--width-10"
    };
    view! {
        <input
            class=class
            id=name
            name=name
            type="date"
            value=form.values.text(name)
            aria-label=format!("Leave {number}, {what}")
            aria-invalid=is_bad.then_some("true")
        />
    }
    .into_any()
}

/// Lines for what is typed, and two more.
fn leave(form: &FormState) -> AnyView {
    const SPARE: usize = 2;
    let is_used = |(from, until): &(&str, &str)| {
        !form.values.get(from).is_empty() || !form.values.get(until).is_empty()
    };
    let used = LEAVE.iter().rposition(is_used).map_or(0, |last| last + 1);
    let rows: Vec<_> = LEAVE
        .iter()
        .take(used + SPARE)
        .enumerate()
        .map(|(position, (from, until))| {
            view! {
                <tr>
                    <th scope="row">{position + 1}</th>
                    <td data-label="First day away">{date_field(form, from, "first day away", position + 1)}</td>
                    <td data-label="Last day away">{date_field(form, until, "last day away", position + 1)}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div id="leave" class="govuk-form-group" tabindex="-1">
            {refusal(form, "leave")} <div class="hc-panel">
                <table class="hc-tbl">
                    <caption>"Leave"</caption>
                    <thead>
                        <tr>
                            <th scope="col">
                                <span class="hc-vh">"Number"</span>
                            </th>
                            <th scope="col">"First day away"</th>
                            <th scope="col">"Last day away"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
    .into_any()
}

/// Why a whole table was refused.
fn refusal(form: &FormState, name: &'static str) -> Option<AnyView> {
    let code = form.errors.of(name)?;
    Some(
        view! {
            <p id=format!("{name}-error") class="govuk-error-message">
                <span class="govuk-visually-hidden">"Error: "</span>
                {code.to_string()}
            </p>
        }
        .into_any(),
    )
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
    /// The clinic's time zone.
    pub zone: ClinicZone,
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
            {form::hidden("version", version)} {question(&page.question, form, &page.zone)} {week(form)}
            {form::input(
                form,
                Input::text("slotMinutes", "Minutes per slot").hint("From 5 to 240").numeric("govuk-input--width-4"),
            )} {leave(form)} {save}
        })}
    }
    .into_any()
}
