//! The form of a draft bill: its lines, with the price list at hand.

use crate::ui::form::{self, FormState};
use crate::ui::pages::patients::{picks, search_form};
use domain::catalogue::VisitType;
use domain::{Currency, Money};
use leptos::prelude::*;
use service::patients::PatientSummary;

/// What the page to choose the patient of a new bill shows.
pub struct ChoosePage {
    /// What was looked for.
    pub query: String,
    /// Who was found, when something was looked for.
    pub found: Option<Vec<PatientSummary>>,
}

/// What the form shows.
pub struct LinesPage {
    /// The heading.
    pub title: &'static str,
    /// Who pays.
    pub patient: String,
    /// The visit in words.
    pub visit: Option<String>,
    /// What was typed.
    pub form: FormState,
    /// How many lines can be filled in.
    pub rows: usize,
    /// The address of the same form with more lines.
    pub more: Option<String>,
    /// The version of the draft that is changed.
    pub version: Option<String>,
    /// Whether someone else changed the draft meanwhile.
    pub changed: bool,
    /// Where to go without saving.
    pub cancel: String,
    /// What the clinic offers.
    pub visit_types: Vec<VisitType>,
    /// The clinic's currency.
    pub currency: Currency,
}

/// The page to choose whom the bill is for.
pub fn choose_patient(page: &ChoosePage) -> AnyView {
    const LEAD: &str = "/billing/new?patient=";
    let found = page.found.as_ref().map(|found| picks(&page.query, found, LEAD));
    view! {
        <a class="govuk-back-link" href="/billing">
            "Back to all bills"
        </a>
        <h1 class="govuk-heading-l">"Who is the bill for?"</h1>
        {search_form("/billing/new", LEAD.to_owned(), &page.query, &[])}
        {found}
    }
    .into_any()
}

/// The form of a draft.
pub fn lines(page: &LinesPage) -> AnyView {
    let state = &page.form;
    let changed = page.changed.then(|| {
        view! {
            <div class="govuk-error-summary" tabindex="-1" autofocus>
                <div role="alert">
                    <h2 class="govuk-error-summary__title">"Someone else changed this draft meanwhile"</h2>
                    <div class="govuk-error-summary__body">
                        <p>
                            "Nothing of yours is saved yet. "
                            <a href=page.cancel.clone() target="_blank">
                                "See the draft as it is now (new tab)"
                            </a>
                            ", then save again to replace it with the lines below."
                        </p>
                    </div>
                </div>
            </div>
        }
    });
    let visit = page.visit.clone().map(|visit| {
        view! {
            <p class="govuk-body" id="appointmentId">
                "For the visit: "
                {visit}
            </p>
        }
    });
    view! {
        {form::error_summary(state)}
        {changed}
        <a class="govuk-back-link" href=page.cancel.clone()>
            "Back"
        </a>
        <span class="govuk-caption-l">{page.patient.clone()}</span>
        <h1 class="govuk-heading-l">{page.title}</h1>
        {visit}
        {form::post_form("", view! {
            {page.version.clone().map(|version| form::hidden("version", version))}
            {table(page)}
            {page
                .more
                .clone()
                .map(|path| {
                    view! {
                        <p class="govuk-body">
                            <a class="govuk-link" href=path>
                                "Begin again with 10 lines"
                            </a>
                        </p>
                    }
                })}
            <div class="govuk-button-group">
                <button class="govuk-button">"Save draft"</button>
                <a class="govuk-link" href=page.cancel.clone()>
                    "Cancel"
                </a>
            </div>
        })}
        {prices(page)}
    }
    .into_any()
}

fn table(page: &LinesPage) -> AnyView {
    let rows = (0..page.rows).map(|row| line(&page.form, row)).collect_view();
    view! {
        <div class="hc-panel" id="lines">
            <table class="hc-tbl">
                <caption class="hc-vh">"Charges. Lines without description and price are left out"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Line"</th>
                        <th scope="col">"Description"</th>
                        <th scope="col">"Count"</th>
                        <th scope="col">"Price of one"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn line(state: &FormState, row: usize) -> AnyView {
    let number = row + 1;
    view! {
        <tr>
            <td data-label="Line">{number}</td>
            <td data-label="Description">
                {cell(state, format!("description{row}"), format!("Description of line {number}"), "", "text")}
            </td>
            <td data-label="Count">
                {cell(state, format!("quantity{row}"), format!("Count of line {number}"), "govuk-input--width-3", "numeric")}
            </td>
            <td data-label="Price of one">
                {cell(state, format!("unitAmount{row}"), format!("Price of line {number}"), "govuk-input--width-5", "decimal")}
            </td>
        </tr>
    }
    .into_any()
}

/// A field in a table, named by its row and column.
fn cell(state: &FormState, name: String, label: String, width: &'static str, mode: &'static str) -> AnyView {
    let error = state.errors.of(&name).map(ToString::to_string);
    let error_id = format!("{name}-error");
    let class = format!("govuk-input {width}{}", if error.is_some() { " govuk-input--error" } else { "" });
    let described = error.is_some().then(|| error_id.clone());
    let invalid = error.is_some().then_some("true");
    let message = error.map(|words| {
        view! {
            <p id=error_id class="govuk-error-message">
                <span class="govuk-visually-hidden">"Error: "</span>
                {words}
            </p>
        }
    });
    let value = state.values.text(&name);
    view! {
        {message}
        <input
            class=class
            id=name.clone()
            name=name
            type="text"
            inputmode=mode
            value=value
            autocomplete="off"
            aria-label=label
            aria-describedby=described
            aria-invalid=invalid
        />
    }
    .into_any()
}

fn prices(page: &LinesPage) -> AnyView {
    let rows = page
        .visit_types
        .iter()
        .map(|kind| {
            view! {
                <tr>
                    <td>{kind.name.clone()}</td>
                    <td class="hc-amount">{Money::new(kind.price_minor, page.currency).to_string()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <details class="govuk-details">
            <summary class="govuk-details__summary">
                <span class="govuk-details__summary-text">"Price list"</span>
            </summary>
            <div class="govuk-details__text">
                <table class="hc-tbl hc-tbl--keep">
                    <caption class="hc-vh">"Price list"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Visit"</th>
                            <th scope="col" class="hc-amount">
                                "Price"
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}
