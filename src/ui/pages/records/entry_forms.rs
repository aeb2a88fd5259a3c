//! The forms of vitals, allergies, medicines and problems.

use super::{ChartPage, allergy_strip, medicines};
use crate::ui::components::patient_banner;
use crate::ui::form::{self, FormState, Input};
use domain::record::Severity;
use leptos::prelude::*;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Measurements.
    Vitals,
    /// An allergy.
    Allergy,
    /// A medicine.
    Medicine,
    /// A diagnosis.
    Problem,
}

impl EntryKind {
    /// The heading and title of the form.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Vitals => "Record vitals",
            Self::Allergy => "Add an allergy",
            Self::Medicine => "Prescribe a medicine",
            Self::Problem => "Add a problem",
        }
    }

    const fn button(self) -> &'static str {
        match self {
            Self::Vitals => "Save vitals",
            Self::Allergy => "Save allergy",
            Self::Medicine => "Prescribe",
            Self::Problem => "Save problem",
        }
    }
}

/// What such a form shows.
pub struct EntryForm {
    /// The record.
    pub chart: ChartPage,
    /// What is written.
    pub kind: EntryKind,
    /// What was typed.
    pub form: FormState,
}

/// The form below banner and allergies.
pub fn entry_form(page: &EntryForm) -> AnyView {
    let state = &page.form;
    let fields = match page.kind {
        EntryKind::Vitals => vitals(state),
        EntryKind::Allergy => allergy(state),
        EntryKind::Medicine => medicine(state),
        EntryKind::Problem => problem(state),
    };
    view! {
        {form::error_summary(state)}
        {patient_banner(&page.chart.chart.patient, page.chart.today, false)}
        {allergy_strip(&page.chart)}
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">{page.kind.title()}</h1>
            {form::post_form("", view! {
                {fields}
                <div class="govuk-button-group">
                    <button class="govuk-button">{page.kind.button()}</button>
                    <a class="govuk-link" href=page.chart.path("")>
                        "Cancel"
                    </a>
                </div>
            })}
        </div>
    }
    .into_any()
}

const NARROW: &str = "govuk-input--width-5";

fn vitals(state: &FormState) -> AnyView {
    let number = |name, label, hint| form::input(state, Input::text(name, label).hint(hint).numeric(NARROW));
    let rows = [
        (number("systolic", "Systolic", "mmHg"), number("diastolic", "Diastolic", "mmHg")),
        (number("pulse", "Pulse", "beats a minute"), number("temperature", "Temperature", "°C, like 36.8")),
        (
            number("oxygenSaturation", "Oxygen saturation", "%"),
            number("respiratoryRate", "Breathing rate", "breaths a minute"),
        ),
        (number("weight", "Weight", "kg, like 71.5"), number("height", "Height", "cm, like 168")),
    ];
    rows.into_iter()
        .map(|(one, other)| view! { <div class="hc-row">{one} {other}</div> })
        .collect_view()
        .into_any()
}

fn allergy(state: &FormState) -> AnyView {
    let severities = Severity::ALL
        .into_iter()
        .map(|severity| {
            let hint = match severity {
                Severity::Mild => "Unpleasant",
                Severity::Moderate => "Needs treatment",
                Severity::Severe => "Threatens life",
            };
            (severity.name().to_owned(), medicines::capital(severity.name()), hint.to_owned())
        })
        .collect();
    view! {
        {form::input(state, Input::text("substance", "Allergic to").hint("For example, penicillin").autocomplete("off"))}
        {form::input(state, Input::text("reaction", "Reaction (optional)").hint("For example, rash").autocomplete("off"))}
        {form::radios(state, "severity", "How severe", false, severities)}
    }
    .into_any()
}

fn medicine(state: &FormState) -> AnyView {
    view! {
        {form::input(state, Input::text("name", "Medicine and strength").hint("For example, Metformin 500 mg").autocomplete("off"))}
        {form::input(state, Input::text("dosage", "How to take it").hint("For example, twice a day with food").autocomplete("off"))}
        {form::input(state, Input::text("days", "For how many days").hint("Leave empty for until further notice").numeric("govuk-input--width-3"))}
    }
    .into_any()
}

fn problem(state: &FormState) -> AnyView {
    view! {
        {form::input(state, Input::text("name", "Diagnosis or problem").hint("For example, Type 2 diabetes").autocomplete("off"))}
        {form::input(state, Input::text("code", "Code (optional)").hint("ICD-10 or SNOMED CT, like E11.9").width("govuk-input--width-10").autocomplete("off"))}
    }
    .into_any()
}
