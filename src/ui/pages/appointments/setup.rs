//! What the clinic offers: visit types and prices, rooms, holidays, the rules of booking. One form each.

use super::back_link;
use super::stranded::{Question, question};
use crate::ui::form::{self, FormState, Input, cell, cell_checkbox, cell_select, field_table};
use domain::catalogue::Colour;
use domain::{Catalogue, ClinicZone, Currency, Money};
use leptos::prelude::*;
use service::Version;

/// A part of the page that is saved by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Visit types and their prices.
    VisitTypes,
    /// Rooms.
    Rooms,
    /// Holidays.
    Holidays,
    /// The rules of booking.
    Rules,
}

impl Part {
    /// Where it is saved.
    pub const fn path(self) -> &'static str {
        match self {
            Self::VisitTypes => "/appointments/setup/visit-types",
            Self::Rooms => "/appointments/setup/rooms",
            Self::Holidays => "/appointments/setup/holidays",
            Self::Rules => "/appointments/setup/rules",
        }
    }
}

/// Empty lines for new rooms.
pub const SPARE_ROOMS: usize = 2;
/// Empty lines for new holidays.
pub const SPARE_HOLIDAYS: usize = 3;

/// The rules: field, words and hint of each.
pub const RULES: [(&str, &str, &str); 7] = [
    ("patientChangeHours", "Hours before the start until which patients may move or cancel", "From 0 to 336"),
    ("patientNoticeMinutes", "Minutes ahead that patients must book at least", "From 0 to 10080"),
    ("horizonDays", "Days ahead that can be booked", "From 1 to 730"),
    ("patientBookings", "Appointments to come that a patient may book themselves", "From 1 to 50"),
    ("holdMinutes", "Minutes for which a time is held while somebody confirms it", "From 1 to 30"),
    ("offerMinutes", "Minutes for which a freed time is held for the waiting list", "From 5 to 2880"),
    (
        "reminderHours",
        "Hours before the start at which patients are reminded",
        "Up to four, like 48, 2; empty for none",
    ),
];

/// What the page shows.
pub struct Page {
    /// What is offered now.
    pub catalogue: Catalogue,
    /// Its version.
    pub version: Version,
    /// The fields of all parts.
    pub form: FormState,
    /// What becomes of booked appointments, when that is asked.
    pub question: Question,
    /// Whether the reader sets prices.
    pub may_price: bool,
    /// Whether the reader sets everything else.
    pub may_rest: bool,
    /// The first holidays of the list, by their place in the catalogue, that are not over.
    pub holidays: Vec<usize>,
    /// The currency of the prices.
    pub currency: Currency,
    /// The clinic's time zone.
    pub zone: ClinicZone,
    /// The page that leads here.
    pub back: &'static str,
}

fn visit_type(page: &Page, number: usize) -> AnyView {
    let form = &page.form;
    let known = page.catalogue.visit_types.get(number);
    let who = known.map_or("New visit type".to_owned(), |it| it.name.clone());
    let field = |name: &str, what: &str, width: &'static str| {
        cell(form, format!("{name}{number}"), format!("{who}, {what}"), "text", width)
    };
    let price = if page.may_price {
        field("typePrice", "price", "govuk-input--width-5")
    } else {
        let price = known.map(|it| Money::new(it.price_minor, page.currency).to_string());
        price.unwrap_or_else(|| "Set by billing".to_owned()).into_any()
    };
    if !page.may_rest {
        let length = known.map(|it| format!("{} minutes", it.minutes)).unwrap_or_default();
        return view! {
            <tr>
                <th scope="row">{who.clone()}</th>
                <td data-label="Length">{length}</td>
                <td data-label="Price">{price}</td>
            </tr>
        }
        .into_any();
    }
    let colours: Vec<_> = Colour::ALL.iter().map(|it| (it.name().to_owned(), capital(it.name()))).collect();
    let hidden_who = || view! { <span class="hc-vh">{format!(", {who}")}</span> };
    let box_of = |name: &str, words: &'static str| {
        let words = view! { {words} {hidden_who()} }.into_any();
        cell_checkbox(form, format!("{name}{number}"), words)
    };
    view! {
        <tr>
            <td data-label="Name">{field("typeName", "name", "govuk-input--width-20")}</td>
            <td data-label="Minutes">{field("typeMinutes", "minutes", "govuk-input--width-3")}</td>
            <td data-label="Free after">{field("typeBuffer", "minutes free after it", "govuk-input--width-3")}</td>
            <td data-label="Price">{price}</td>
            <td data-label="Colour">
                {cell_select(form, format!("typeColour{number}"), format!("{who}, colour"), &colours)}
            </td>
            <td data-label="Booking">{box_of("typeOffered", "Offered")} {box_of("typeSelf", "Patients book it")}</td>
        </tr>
    }
    .into_any()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn visit_types(page: &Page) -> AnyView {
    let count = page.catalogue.visit_types.len() + usize::from(page.may_rest);
    let rows = (0..count).map(|number| visit_type(page, number)).collect();
    let columns: &[_] = if page.may_rest {
        &["Name", "Minutes", "Free after", "Price", "Colour", "Booking"]
    } else {
        &["Visit type", "Length", "Price"]
    };
    let words = if page.may_rest { "Save visit types" } else { "Save prices" };
    view! {
        {field_table(&page.form, "visitTypes", "Visit types", columns, rows)}
        <button class="govuk-button">{words}</button>
    }
    .into_any()
}

fn rooms(page: &Page) -> AnyView {
    let row = |number: usize| {
        let who = page.catalogue.rooms.get(number).map_or("New room", |room| &room.name);
        let name = format!("roomName{number}");
        let in_use = view! { "In use" <span class="hc-vh">{format!(", {who}")}</span> }.into_any();
        view! {
            <tr>
                <td data-label="Name">
                    {cell(&page.form, name, format!("{who}, name"), "text", "govuk-input--width-20")}
                </td>
                <td data-label="Use">{cell_checkbox(&page.form, format!("roomInUse{number}"), in_use)}</td>
            </tr>
        }
        .into_any()
    };
    let rows = (0..page.catalogue.rooms.len() + SPARE_ROOMS).map(row).collect();
    view! {
        {field_table(&page.form, "rooms", "Rooms", &["Name", "Use"], rows)}
        <button class="govuk-button">"Save rooms"</button>
    }
    .into_any()
}

fn holidays(page: &Page) -> AnyView {
    let row = |number: usize| {
        let field = |name: &str, what: &str, kind, width| {
            cell(
                &page.form,
                format!("{name}{number}"),
                format!("Holiday {}, {what}", number + 1),
                kind,
                width,
            )
        };
        view! {
            <tr>
                <td data-label="First day">{field("holidayFrom", "first day", "date", "govuk-input--width-10")}</td>
                <td data-label="Last day">{field("holidayUntil", "last day", "date", "govuk-input--width-10")}</td>
                <td data-label="Name">{field("holidayName", "name", "text", "govuk-input--width-20")}</td>
            </tr>
        }
        .into_any()
    };
    let rows = (0..page.holidays.len() + SPARE_HOLIDAYS).map(row).collect();
    let is_asked = !page.question.stranded.is_empty();
    let save = (!is_asked).then(|| view! { <button class="govuk-button">"Save holidays"</button> });
    view! {
        {question(&page.question, &page.form, &page.zone)}
        {field_table(&page.form, "holidays", "Holidays", &["First day", "Last day", "Name"], rows)}
        {save}
    }
    .into_any()
}

fn rules(page: &Page) -> AnyView {
    let fields = RULES.map(|(name, label, hint)| {
        let width = if name == "reminderHours" { "govuk-input--width-10" } else { "govuk-input--width-5" };
        form::input(&page.form, Input::text(name, label).hint(hint).digits(width))
    });
    view! {
        <h2 class="govuk-heading-m">"Rules of booking"</h2>
        {fields.into_iter().collect_view()}
        {form::checkbox(&page.form, "namesInCalendars", "Doctors' own calendars (on their phones) name the patients")}
        <button class="govuk-button">"Save rules"</button>
    }
    .into_any()
}

/// The page.
pub fn page(page: &Page) -> AnyView {
    let part = |part: Part, body: AnyView| {
        form::post_form(part.path(), view! { {form::hidden("version", page.version)} {body} })
    };
    let rest = page.may_rest.then(|| {
        view! {
            {part(Part::Rooms, rooms(page))}
            {part(Part::Holidays, holidays(page))}
            {part(Part::Rules, rules(page))}
        }
    });
    let words = if page.may_rest {
        "What appointments name is never removed: stop offering a visit type, stop using a room. A holiday without dates and name is taken off the list."
    } else {
        "Bills that are written from now on have the new prices."
    };
    view! {
        {form::error_summary(&page.form)}
        {back_link(page.back, "Back")}
        <h1 class="govuk-heading-l">"What the clinic offers"</h1>
        <p class="govuk-body">{words}</p>
        {part(Part::VisitTypes, visit_types(page))}
        {rest}
    }
    .into_any()
}
