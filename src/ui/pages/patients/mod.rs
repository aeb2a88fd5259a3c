//! Views of the patients' pages: finding one here, the form and one patient's summary in the files below.

mod details;
mod edit;
mod invitation;

pub use details::{SummaryPage, summary};
pub use edit::{EditPage, RegisterPage, edit, register};
pub use invitation::{InvitationPage, invite, invited};

use crate::islands::PatientTypeahead;
use crate::ui::components;
use domain::time::short_date;
use leptos::prelude::*;
use service::Page;
use service::patients::PatientSummary;

/// What the search page shows.
pub struct SearchPage {
    /// What was looked for.
    pub query: String,
    /// What was found.
    pub found: Page<PatientSummary>,
    /// Whether a result leads to booking an appointment.
    pub booking: bool,
    /// The rest of the query that a booking needs, as fields.
    pub carried: Vec<(String, String)>,
    /// The same as the beginning of a query, with `&` at its end when it is not empty.
    pub carried_query: String,
    /// Whether the reader may register a patient.
    pub may_register: bool,
    /// Whether the reader sees phone numbers.
    pub with_phone: bool,
}

impl SearchPage {
    fn register_path(&self) -> String {
        if self.booking {
            format!("/patients/new?{}book=1", self.carried_query)
        } else {
            "/patients/new".to_owned()
        }
    }

    /// Where a patient's id leads when it is put behind this.
    fn lead(&self) -> String {
        if self.booking {
            format!("/appointments/new?{}patient=", self.carried_query)
        } else {
            "/patients/".to_owned()
        }
    }
}

/// The search page.
pub fn search(page: &SearchPage) -> AnyView {
    let heading = if page.booking { "Who is the appointment for?" } else { "Patients" };
    let register = page.may_register.then(|| {
        let class = if page.booking { "govuk-button govuk-button--secondary" } else { "govuk-button" };
        view! {
            <div class="hc-tools">
                <a class=class role="button" draggable="false" href=page.register_path()>
                    "Register a patient"
                </a>
            </div>
        }
    });
    view! {
        <div class="hc-head">
            <h1 class="govuk-heading-l">{heading}</h1>
            {register}
        </div>
        {search_form("/patients", page.lead(), &page.query, &page.carried)}
        {results(page)}
    }
    .into_any()
}

/// The line to find a patient with; the same on every page that needs one. A suggestion leads to `lead` and the
/// patient's id.
pub fn search_form(action: &'static str, lead: String, query: &str, carried: &[(String, String)]) -> AnyView {
    let carried = carried
        .iter()
        .map(|(name, value)| view! { <input type="hidden" name=name.clone() value=value.clone() /> })
        .collect_view();
    view! {
        <form class="hc-search" role="search" method="get" action=action>
            {carried}
            <label class="govuk-label hc-w hc-mb0" for="q">
                "Find a patient by name, birth date, MRN or phone"
            </label>
            <PatientTypeahead action=lead value=query.to_owned() />
            <button class="govuk-button">"Search"</button>
        </form>
    }
    .into_any()
}

fn results(page: &SearchPage) -> AnyView {
    if page.found.items.is_empty() {
        return nobody(page);
    }
    let phone_head = page.with_phone.then(|| view! { <th scope="col">"Phone"</th> });
    let rows = page.found.items.iter().map(|patient| row(page, patient)).collect_view();
    let caption = if page.query.is_empty() {
        "All patients".to_owned()
    } else {
        format!("Patients for {}", page.query)
    };
    let more = components::more(&list_path(page), page.found.next.as_deref(), "More patients");
    view! {
        <div class="hc-panel">
            <table class="hc-tbl">
                <caption class="hc-vh">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Patient"</th>
                        <th scope="col">"Born"</th>
                        <th scope="col">"MRN"</th>
                        {phone_head}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {more}
    }
    .into_any()
}

/// The path of this list, to which a cursor can be added.
fn list_path(page: &SearchPage) -> String {
    let query: String =
        percent_encoding::utf8_percent_encode(&page.query, percent_encoding::NON_ALPHANUMERIC).collect();
    let booking = if page.booking { "&book=1" } else { "" };
    format!("/patients?{}q={query}{booking}", page.carried_query)
}

fn nobody(page: &SearchPage) -> AnyView {
    let why = if page.query.is_empty() {
        "No patients are registered yet.".to_owned()
    } else {
        format!(
            "Nobody matches “{}”. Try part of the name, the birth date as 12 3 1954, or the MRN.",
            page.query
        )
    };
    let next = page.may_register.then(|| (page.register_path(), "Register a new patient".to_owned()));
    view! { <div class="hc-panel">{components::empty(why, next)}</div> }.into_any()
}

fn row(page: &SearchPage, patient: &PatientSummary) -> AnyView {
    let born = patient.birth_date.map_or_else(|| "Not recorded".to_owned(), short_date);
    let phone = page.with_phone.then(|| {
        let phone =
            patient.phone.as_ref().map_or_else(|| "None".to_owned(), |phone| phone.as_str().to_owned());
        view! {
            <td data-label="Phone">
                <span class="hc-num">{phone}</span>
            </td>
        }
    });
    view! {
        <tr>
            <td data-label="Patient">
                <a class="govuk-link" href=format!("{}{}", page.lead(), patient.id)>
                    {patient.name.formal()}
                </a>
            </td>
            <td data-label="Born">
                <span class="hc-num">{born}</span>
            </td>
            <td data-label="MRN">
                <span class="hc-num">{patient.mrn.to_string()}</span>
            </td>
            {phone}
        </tr>
    }
    .into_any()
}

/// Patients to choose from on pages that need one: each name leads to `lead` and the patient's id.
pub fn picks(query: &str, found: &[PatientSummary], lead: &str) -> AnyView {
    if found.is_empty() {
        return view! { <div class="hc-panel">{components::empty(format!("Nobody matches “{query}”."), None)}</div> }
            .into_any();
    }
    let rows = found
        .iter()
        .map(|patient| {
            let born = patient.birth_date.map_or_else(|| "Not recorded".to_owned(), short_date);
            view! {
                <tr>
                    <td data-label="Patient">
                        <a class="govuk-link" href=format!("{lead}{}", patient.id)>
                            {patient.name.formal()}
                        </a>
                    </td>
                    <td data-label="Born">
                        <span class="hc-num">{born}</span>
                    </td>
                    <td data-label="MRN">
                        <span class="hc-num">{patient.mrn.to_string()}</span>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="hc-panel">
            <table class="hc-tbl">
                <caption class="hc-vh">{format!("Patients for {query}")}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Patient"</th>
                        <th scope="col">"Born"</th>
                        <th scope="col">"MRN"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
