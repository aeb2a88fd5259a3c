//! A date in three boxes, and how they are joined again; whether it exists is judged by the use case.

use super::{FormState, described_by, error_message};
use crate::web::FormData;
use leptos::prelude::*;

/// A date in three boxes: day, month, year, named `{name}-day` and so on.
pub fn date(
    form: &FormState,
    name: &'static str,
    legend: &'static str,
    hint: &'static str,
    birth: bool,
) -> AnyView {
    let error = form.error(name);
    let group_class =
        if error.is_some() { "govuk-form-group govuk-form-group--error" } else { "govuk-form-group" };
    let described = described_by(name, hint, error.is_some());
    let has_error = error.is_some();
    let parts = [("day", "Day", 2), ("month", "Month", 2), ("year", "Year", 4)]
        .into_iter()
        .map(|(part, label, width)| {
            // The first box carries the bare name as id, so that the error summary leads to it.
            let field = format!("{name}-{part}");
            let id = if part == "day" { name.to_owned() } else { field.clone() };
            let class = format!(
                "govuk-input govuk-date-input__input govuk-input--width-{width}{}",
                if has_error { " govuk-input--error" } else { "" }
            );
            let value = form.values.text(&field);
            view! {
                <div class="govuk-date-input__item">
                    <div class="govuk-form-group">
                        <label class="govuk-label govuk-date-input__label" for=id.clone()>
                            {label}
                        </label>
                        <input
                            class=class
                            id=id
                            name=field
                            type="text"
                            inputmode="numeric"
                            value=value
                            autocomplete=birth.then(|| format!("bday-{part}"))
                        />
                    </div>
                </div>
            }
        })
        .collect_view();
    view! {
        <div class=group_class>
            <fieldset class="govuk-fieldset" role="group" aria-describedby=described>
                <legend class="govuk-fieldset__legend govuk-fieldset__legend--s">{legend}</legend>
                {(!hint.is_empty())
                    .then(|| {
                        view! {
                            <div id=format!("{name}-hint") class="govuk-hint">
                                {hint}
                            </div>
                        }
                    })}
                {error_message(name, error)}
                <div class="govuk-date-input">{parts}</div>
            </fieldset>
        </div>
    }
    .into_any()
}

/// Joins the three boxes of [`date`] into `2026-11-23`; what is not a number stays as typed and is refused later.
pub fn joined_date(values: &FormData, name: &str) -> String {
    let part = |part: &str| values.get(&format!("{name}-{part}")).trim().to_owned();
    let (day, month, year) = (part("day"), part("month"), part("year"));
    if day.is_empty() && month.is_empty() && year.is_empty() {
        return String::new();
    }
    format!("{year:0>4}-{month:0>2}-{day:0>2}")
}
