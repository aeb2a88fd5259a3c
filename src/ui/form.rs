//! Form fields of the house style: label, hint, error beside the field, typed value kept (passwords never).

mod cell;
mod date;
mod password;
mod post;

pub use cell::{cell, cell_checkbox, cell_select, field_table};
pub use date::{date, joined_date};
pub use password::{PasswordInput, password};
pub use post::{named_post_form, post_form, write_post_form};

use crate::web::FormData;
use domain::FieldErrors;
use leptos::prelude::*;

/// What was typed and what was refused.
#[derive(Clone, Debug, Default)]
pub struct FormState {
    /// The values.
    pub values: FormData,
    /// The refusals.
    pub errors: FieldErrors,
}

impl FormState {
    /// A form that was not sent yet, prefilled.
    pub fn fresh(values: FormData) -> Self {
        Self { values, errors: FieldErrors::new() }
    }

    /// A form that was refused.
    pub const fn refused(values: FormData, errors: FieldErrors) -> Self {
        Self { values, errors }
    }

    fn error(&self, name: &str) -> Option<String> {
        self.errors.of(name).map(ToString::to_string)
    }
}

/// How a text field looks and what it takes.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Name and id.
    pub name: &'static str,
    /// Label.
    pub label: &'static str,
    /// Hint below the label; may be empty.
    pub hint: &'static str,
    /// `type` of the input.
    pub kind: &'static str,
    /// `autocomplete` token (HTML standard); may be empty.
    pub autocomplete: &'static str,
    /// `inputmode`; may be empty.
    pub mode: &'static str,
    /// Width class, as `govuk-input--width-10`; may be empty.
    pub width: &'static str,
}

impl Input {
    /// A plain text field.
    pub const fn text(name: &'static str, label: &'static str) -> Self {
        Self { name, label, hint: "", kind: "text", autocomplete: "", mode: "", width: "" }
    }

    /// A field of another type.
    #[must_use]
    pub const fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// With a hint.
    #[must_use]
    pub const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// With an autocomplete token.
    #[must_use]
    pub const fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = token;
        self
    }

    /// For numbers: numeric keyboard, narrow.
    #[must_use]
    pub const fn numeric(mut self, width: &'static str) -> Self {
        self.mode = "decimal";
        self.width = width;
        self
    }

    /// For digits that are no number, as codes: numeric keyboard, narrow.
    #[must_use]
    pub const fn digits(mut self, width: &'static str) -> Self {
        self.mode = "numeric";
        self.width = width;
        self
    }

    /// With a width class.
    #[must_use]
    pub const fn width(mut self, width: &'static str) -> Self {
        self.width = width;
        self
    }
}

fn some(text: &'static str) -> Option<&'static str> {
    (!text.is_empty()).then_some(text)
}

/// Label, hint and error around a control. The control gets `aria-describedby` from [`described_by`].
fn group(name: &str, label: &str, hint: &str, error: Option<String>, control: AnyView) -> AnyView {
    let class = if error.is_some() { "govuk-form-group govuk-form-group--error" } else { "govuk-form-group" };
    let hint_view = (!hint.is_empty()).then(|| {
        view! {
            <div id=format!("{name}-hint") class="govuk-hint">
                {hint.to_owned()}
            </div>
        }
    });
    view! {
        <div class=class>
            <label class="govuk-label govuk-label--s" for=name.to_owned()>
                {label.to_owned()}
            </label>
            {hint_view}
            {error_message(name, error)}
            {control}
        </div>
    }
    .into_any()
}

fn error_message(name: &str, error: Option<String>) -> Option<AnyView> {
    error.map(|words| {
        view! {
            <p id=format!("{name}-error") class="govuk-error-message">
                <span class="govuk-visually-hidden">"Error: "</span>
                {words}
            </p>
        }
        .into_any()
    })
}

fn described_by(name: &str, hint: &str, has_error: bool) -> Option<String> {
    let mut ids = Vec::new();
    if !hint.is_empty() {
        ids.push(format!("{name}-hint"));
    }
    if has_error {
        ids.push(format!("{name}-error"));
    }
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// A one-line field; passwords have their own, [`password`].
pub fn input(form: &FormState, field: Input) -> AnyView {
    let error = form.error(field.name);
    let invalid = error.is_some().then_some("true");
    let class =
        format!("govuk-input {}{}", field.width, if error.is_some() { " govuk-input--error" } else { "" });
    let value =
        (field.kind != "password").then(|| form.values.text(field.name)).filter(|value| !value.is_empty());
    let control = view! {
        <input
            class=class
            id=field.name
            name=field.name
            type=field.kind
            value=value
            autocomplete=some(field.autocomplete)
            inputmode=some(field.mode)
            spellcheck=(field.kind == "email").then_some("false")
            aria-describedby=described_by(field.name, field.hint, error.is_some())
            aria-invalid=invalid
        />
    }
    .into_any();
    group(field.name, field.label, field.hint, error, control)
}

/// A field of several lines. Its content is escaped here, because the framework does not escape it.
pub fn text_area(
    form: &FormState,
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    rows: u8,
) -> AnyView {
    let error = form.error(name);
    let class = if error.is_some() { "govuk-textarea govuk-textarea--error" } else { "govuk-textarea" };
    let content = text_area_content(form.values.get(name));
    let control = view! {
        <textarea
            class=class
            id=name
            name=name
            rows=rows.to_string()
            aria-describedby=described_by(name, hint, error.is_some())
            aria-invalid=error.is_some().then_some("true")
            inner_html=content
        ></textarea>
    }
    .into_any();
    group(name, label, hint, error, control)
}

/// Escaped text with the leading line break that HTML parsers drop.
fn text_area_content(text: &str) -> String {
    format!("\n{}", escaped(text))
}

/// Text for elements whose content the framework writes as it is.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A choice from a list: value and words of each option.
pub fn select(
    form: &FormState,
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    options: Vec<(String, String)>,
) -> AnyView {
    let error = form.error(name);
    let class = if error.is_some() { "govuk-select govuk-select--error" } else { "govuk-select" };
    let chosen = form.values.text(name);
    let options = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! {
                <option value=value selected=selected>
                    {words}
                </option>
            }
        })
        .collect_view();
    let control = view! {
        <select
            class=class
            id=name
            name=name
            aria-describedby=described_by(name, hint, error.is_some())
            aria-invalid=error.is_some().then_some("true")
        >
            {options}
        </select>
    }
    .into_any();
    group(name, label, hint, error, control)
}

/// A choice by radio buttons: value, words and hint (may be empty) of each option.
pub fn radios(
    form: &FormState,
    name: &'static str,
    legend: &'static str,
    inline: bool,
    options: Vec<(String, String, String)>,
) -> AnyView {
    let error = form.error(name);
    let group_class =
        if error.is_some() { "govuk-form-group govuk-form-group--error" } else { "govuk-form-group" };
    let class = if inline { "govuk-radios govuk-radios--inline" } else { "govuk-radios" };
    let chosen = form.values.text(name);
    let described = described_by(name, "", error.is_some());
    let items = options
        .into_iter()
        .enumerate()
        .map(|(index, (value, words, hint))| {
            // The first control carries the bare name, so that the error summary leads to it.
            let id = if index == 0 { name.to_owned() } else { format!("{name}-{index}") };
            let hint_id = format!("{id}-item-hint");
            let has_hint = !hint.is_empty();
            let checked = value == chosen;
            view! {
                <div class="govuk-radios__item">
                    <input
                        class="govuk-radios__input"
                        id=id.clone()
                        name=name
                        type="radio"
                        value=value
                        checked=checked
                        aria-describedby=has_hint.then(|| hint_id.clone())
                    />
                    <label class="govuk-label govuk-radios__label" for=id>
                        {words}
                    </label>
                    {has_hint
                        .then(|| {
                            view! {
                                <div id=hint_id class="govuk-hint govuk-radios__hint">
                                    {hint}
                                </div>
                            }
                        })}
                </div>
            }
        })
        .collect_view();
    view! {
        <div class=group_class>
            <fieldset class="govuk-fieldset" aria-describedby=described>
                <legend class="govuk-fieldset__legend govuk-fieldset__legend--s">{legend}</legend>
                {error_message(name, error)}
                <div class=class>{items}</div>
            </fieldset>
        </div>
    }
    .into_any()
}

/// One checkbox; its value is `yes`.
pub fn checkbox(form: &FormState, name: &'static str, label: &'static str) -> AnyView {
    let error = form.error(name);
    let group_class =
        if error.is_some() { "govuk-form-group govuk-form-group--error" } else { "govuk-form-group" };
    let checked = form.values.is_ticked(name);
    view! {
        <div class=group_class>
            {error_message(name, error.clone())}
            <div class="govuk-checkboxes govuk-checkboxes--small">
                <div class="govuk-checkboxes__item">
                    <input
                        class="govuk-checkboxes__input"
                        id=name
                        name=name
                        type="checkbox"
                        value="yes"
                        checked=checked
                        aria-describedby=described_by(name, "", error.is_some())
                    />
                    <label class="govuk-label govuk-checkboxes__label" for=name>
                        {label}
                    </label>
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// A hidden field.
pub fn hidden(name: &'static str, value: impl ToString) -> AnyView {
    let value = value.to_string();
    view! { <input type="hidden" name=name value=value /> }.into_any()
}

/// The list of refusals at the top of the page, each leading to its field.
pub fn error_summary(form: &FormState) -> Option<AnyView> {
    if form.errors.is_empty() {
        return None;
    }
    let items = form
        .errors
        .iter()
        .map(|(field, code)| {
            view! {
                <li>
                    <a href=format!("#{field}")>{code.to_string()}</a>
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <div class="govuk-error-summary" tabindex="-1" autofocus>
                <div role="alert">
                    <h2 class="govuk-error-summary__title">"There is a problem"</h2>
                    <div class="govuk-error-summary__body">
                        <ul class="govuk-list govuk-error-summary__list">{items}</ul>
                    </div>
                </div>
            </div>
        }
        .into_any(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_password_is_not_sent_back() {
        let form = FormState::fresh(FormData::default().with("password", "hunter22"));
        let field = Input::text("password", "Password").kind("password");
        assert!(!input(&form, field).to_html().contains("hunter22"));
    }

    #[test]
    fn text_areas_escape_once_and_only_once() {
        let values = FormData::default().with("plan", "</textarea><script>alert(1)</script> &amp;");
        let html = text_area(&FormState::fresh(values), "plan", "Plan", "", 4).to_html();
        assert!(!html.contains("<script>"));
        assert!(html.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;"));
    }

    #[test]
    fn typed_values_are_escaped() {
        let form = FormState::fresh(FormData::default().with("email", "a\"b@c.de"));
        assert!(input(&form, Input::text("email", "Email")).to_html().contains("a&quot;b@c.de"));
    }
}
