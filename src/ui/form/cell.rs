//! Fields of tables: no visible label of their own, the row and the column name them.

use super::FormState;
use leptos::prelude::*;

/// A one-line field; `kind` is its type, `width` its class.
pub fn cell(
    form: &FormState,
    name: String,
    label: String,
    kind: &'static str,
    width: &'static str,
) -> AnyView {
    let is_bad = form.errors.of(&name).is_some();
    let class = format!("govuk-input {width}{}", if is_bad { " govuk-input--error" } else { "" });
    view! {
        <input
            class=class
            id=name.clone()
            value=form.values.text(&name)
            name=name
            type=kind
            autocomplete="off"
            aria-label=label
            aria-invalid=is_bad.then_some("true")
        />
    }
    .into_any()
}

/// A choice from a list: value and words of each option.
pub fn cell_select(form: &FormState, name: String, label: String, options: &[(String, String)]) -> AnyView {
    let chosen = form.values.text(&name);
    let options = options
        .iter()
        .map(|(value, words)| {
            let selected = *value == chosen;
            view! {
                <option value=value.clone() selected=selected>
                    {words.clone()}
                </option>
            }
        })
        .collect_view();
    view! {
        <select class="govuk-select" id=name.clone() name=name aria-label=label>
            {options}
        </select>
    }
    .into_any()
}

/// A checkbox with its words; its value is `yes`.
pub fn cell_checkbox(form: &FormState, name: String, words: AnyView) -> AnyView {
    view! {
        <div class="govuk-checkboxes govuk-checkboxes--small">
            <div class="govuk-checkboxes__item">
                <input
                    class="govuk-checkboxes__input"
                    id=name.clone()
                    checked=form.values.is_ticked(&name)
                    name=name.clone()
                    type="checkbox"
                    value="yes"
                />
                <label class="govuk-label govuk-checkboxes__label" for=name>
                    {words}
                </label>
            </div>
        </div>
    }
    .into_any()
}

/// A table of fields under a caption, with the refusal of the whole, which the error summary leads to by `name`.
pub fn field_table(
    form: &FormState,
    name: &'static str,
    caption: &'static str,
    columns: &[&'static str],
    rows: Vec<AnyView>,
) -> AnyView {
    let columns = columns.iter().map(|column| view! { <th scope="col">{*column}</th> }).collect_view();
    view! {
        <div id=name class="govuk-form-group" tabindex="-1">
            {super::error_message(name, form.error(name))} <div class="hc-panel">
                <table class="hc-tbl">
                    <caption>{caption}</caption>
                    <thead>
                        <tr>{columns}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
    .into_any()
}
