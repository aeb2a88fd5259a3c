//! The lists of a doctor's hours beside the plain week: leave, extra hours, breaks and further periods. Each has a line
//! for what is there, and two more.

use super::schedule::WEEK;
use crate::ui::form::{FormState, cell, cell_checkbox, cell_select, field_table};
use domain::Catalogue;
use leptos::prelude::*;

/// Most lines of a list.
pub const MOST: usize = 200;
/// Empty lines after those that are filled.
const SPARE: usize = 2;

/// Fields of a line of leave.
pub const LEAVE: [&str; 5] = ["leaveFrom", "leaveUntil", "leaveFromTime", "leaveUntilTime", "leaveReason"];
/// Fields of a line of extra hours.
pub const EXTRA: [&str; 4] = ["extraDate", "extraFrom", "extraUntil", "extraRoom"];
/// Fields of a line of breaks.
pub const BREAK: [&str; 5] = ["breakDay", "breakFrom", "breakUntil", "breakValidFrom", "breakValidUntil"];
/// Fields of a line of further periods; for the visit types see [`type_field`].
pub const FURTHER: [&str; 6] =
    ["periodDay", "periodFrom", "periodUntil", "periodValidFrom", "periodValidUntil", "periodRoom"];

/// The checkbox of a visit type in a further period.
pub fn type_field(line: usize, code: &str) -> String {
    format!("periodType{line}-{code}")
}

/// The number of lines that a list shows.
fn lines(form: &FormState, fields: &[&str]) -> usize {
    let is_used =
        |line: &usize| fields.iter().any(|field| !form.values.get(&format!("{field}{line}")).is_empty());
    let used = (1..=MOST).rev().find(is_used).unwrap_or(0);
    (used + SPARE).min(MOST)
}

/// One line: its fields by their kind.
struct Line<'f> {
    form: &'f FormState,
    list: &'static str,
    number: usize,
}

impl Line<'_> {
    fn field(&self, name: &str, what: &str, kind: &'static str, width: &'static str) -> AnyView {
        let number = self.number;
        let label = format!("{} {number}, {what}", self.list);
        cell(self.form, format!("{name}{number}"), label, kind, width)
    }

    fn time(&self, name: &str, what: &str) -> AnyView {
        self.field(name, what, "text", "govuk-input--width-5")
    }

    fn date(&self, name: &str, what: &str) -> AnyView {
        self.field(name, what, "date", "govuk-input--width-10")
    }

    fn choice(&self, name: &str, what: &str, options: &[(String, String)]) -> AnyView {
        let number = self.number;
        cell_select(self.form, format!("{name}{number}"), format!("{} {number}, {what}", self.list), options)
    }

    fn day(&self, name: &str) -> AnyView {
        let mut options = vec![(String::new(), "No day".to_owned())];
        options.extend(WEEK.iter().map(|(number, day, _)| (number.to_string(), (*day).to_owned())));
        self.choice(name, "day", &options)
    }

    fn room(&self, name: &str, catalogue: &Catalogue) -> AnyView {
        let chosen = self.form.values.text(&format!("{name}{}", self.number));
        let mut options = vec![(String::new(), "Any room".to_owned())];
        let offered = catalogue.rooms.iter().filter(|room| room.in_use || room.code == chosen);
        options.extend(offered.map(|room| (room.code.clone(), room.name.clone())));
        self.choice(name, "room", &options)
    }
}

fn numbered<'f>(form: &'f FormState, list: &'static str, fields: &[&str]) -> impl Iterator<Item = Line<'f>> {
    (1..=lines(form, fields)).map(move |number| Line { form, list, number })
}

/// Leave: days, the hours of each of them where it is not the whole day, what for.
pub fn leave(form: &FormState) -> AnyView {
    let [from, until, from_time, until_time, reason] = LEAVE;
    let rows = numbered(form, "Leave", &LEAVE).map(|line| {
        view! {
            <tr>
                <td data-label="First day away">{line.date(from, "first day away")}</td>
                <td data-label="Last day away">{line.date(until, "last day away")}</td>
                <td data-label="From (whole day if empty)">{line.time(from_time, "from time")}</td>
                <td data-label="Until">{line.time(until_time, "until time")}</td>
                <td data-label="Reason">{line.field(reason, "reason", "text", "govuk-input--width-20")}</td>
            </tr>
        }
        .into_any()
    });
    let columns = ["First day away", "Last day away", "From (whole day if empty)", "Until", "Reason"];
    field_table(form, "leave", "Leave", &columns, rows.collect())
}

/// Extra hours on single days.
pub fn extra(form: &FormState, catalogue: &Catalogue) -> AnyView {
    let [date, from, until, room] = EXTRA;
    let rows = numbered(form, "Extra hours", &EXTRA).map(|line| {
        view! {
            <tr>
                <td data-label="Date">{line.date(date, "date")}</td>
                <td data-label="From">{line.time(from, "from")}</td>
                <td data-label="Until">{line.time(until, "until")}</td>
                <td data-label="Room">{line.room(room, catalogue)}</td>
            </tr>
        }
        .into_any()
    });
    field_table(
        form,
        "extra",
        "Extra hours on single days",
        &["Date", "From", "Until", "Room"],
        rows.collect(),
    )
}

/// Breaks within the hours of the week.
pub fn breaks(form: &FormState) -> AnyView {
    let [day, from, until, valid_from, valid_until] = BREAK;
    let rows = numbered(form, "Break", &BREAK).map(|line| {
        view! {
            <tr>
                <td data-label="Day">{line.day(day)}</td>
                <td data-label="From">{line.time(from, "from")}</td>
                <td data-label="Until">{line.time(until, "until")}</td>
                <td data-label="First date (optional)">{line.date(valid_from, "first date")}</td>
                <td data-label="Last date (optional)">{line.date(valid_until, "last date")}</td>
            </tr>
        }
        .into_any()
    });
    let columns = ["Day", "From", "Until", "First date (optional)", "Last date (optional)"];
    field_table(form, "breaks", "Breaks", &columns, rows.collect())
}

/// The visit types of a further period, to be opened.
fn types(line: &Line<'_>, catalogue: &Catalogue) -> AnyView {
    let field = |code: &str| type_field(line.number, code);
    let shown: Vec<_> = catalogue
        .visit_types
        .iter()
        .filter(|it| it.offered || line.form.values.is_ticked(&field(&it.code)))
        .collect();
    let chosen = shown.iter().filter(|it| line.form.values.is_ticked(&field(&it.code))).count();
    let summary = match chosen {
        0 => "All visit types".to_owned(),
        1 => "1 visit type".to_owned(),
        count => format!("{count} visit types"),
    };
    let boxes: Vec<_> = shown
        .iter()
        .map(|it| cell_checkbox(line.form, field(&it.code), it.name.clone().into_any()))
        .collect();
    view! {
        <details>
            <summary>
                {summary} <span class="hc-vh">{format!(" of period {}", line.number)}</span>
            </summary>
            {boxes}
        </details>
    }
    .into_any()
}

/// Periods with limits: dates, a room, visit types; or a third one of a day.
pub fn further(form: &FormState, catalogue: &Catalogue) -> AnyView {
    let [day, from, until, valid_from, valid_until, room] = FURTHER;
    let rows = numbered(form, "Period", &FURTHER).map(|line| {
        view! {
            <tr>
                <td data-label="Day">{line.day(day)}</td>
                <td data-label="From">{line.time(from, "from")}</td>
                <td data-label="Until">{line.time(until, "until")}</td>
                <td data-label="First date (optional)">{line.date(valid_from, "first date")}</td>
                <td data-label="Last date (optional)">{line.date(valid_until, "last date")}</td>
                <td data-label="Room">{line.room(room, catalogue)}</td>
                <td data-label="Visit types">{types(&line, catalogue)}</td>
            </tr>
        }
        .into_any()
    });
    let columns =
        ["Day", "From", "Until", "First date (optional)", "Last date (optional)", "Room", "Visit types"];
    field_table(form, "further", "Further periods of the week", &columns, rows.collect())
}
