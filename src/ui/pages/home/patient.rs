//! The home page of a patient: what comes next, what is to pay, what is new in the record.

use super::{button_link, day, head, links, panel};
use crate::ui::components::{clock, empty, invoice_tag, status_tag};
use crate::ui::pages::account::access;
use crate::ui::pages::appointments::waiting_list::{self, OwnPlaces};
use domain::time::{long_date, short_date};
use domain::{Appointment, Invoice, Record, RecordBody};
use jiff::civil::Date;
use leptos::prelude::*;
use service::{Clinic, Versioned};

/// What a patient's home page shows.
pub struct Data {
    /// The reader's name.
    pub name: String,
    /// The patient for whom the reader acts, if not for themselves.
    pub ward: Option<String>,
    /// The day.
    pub today: Date,
    /// Coming appointments, soonest first.
    pub coming: Vec<Versioned<Appointment>>,
    /// Bills with something to pay.
    pub unpaid: Vec<Versioned<Invoice>>,
    /// The visit that was over last.
    pub last_visit: Option<Versioned<Appointment>>,
    /// The newest entries of the record.
    pub entries: Vec<Versioned<Record>>,
    /// Own places on the waiting list.
    pub waiting: OwnPlaces,
}

impl Data {
    /// The words for the patient, or those for who acts for them.
    const fn words(&self, own: &'static str, theirs: &'static str) -> &'static str {
        if self.ward.is_some() { theirs } else { own }
    }

    fn greeting(&self) -> String {
        match &self.ward {
            Some(ward) => format!("You are looking after {ward}"),
            None => format!("Hello, {}", self.name),
        }
    }
}

/// The page.
pub fn page(data: &Data, clinic: &Clinic) -> AnyView {
    let rest = data.coming.get(1..).unwrap_or_default();
    let health = data.words("Your health at a glance", "Their health at a glance");
    view! {
        {head(data.greeting(), health, Some(button_link(links::BOOK_OWN, "Book appointment", true)))}
        {waiting_list::own(clinic, &data.waiting)}
        <ul class="hc-home">
            {next_appointment(data, clinic)} {bills(data)} {record(data, clinic)}
            {data.last_visit.as_ref().map(|visit| last_visit(visit, clinic))}
        </ul>
        <div class="hc-grid hc-grid--half">
            <div class="hc-stack">
                {panel(
                    "coming",
                    "Later appointments",
                    Some(("/appointments".to_owned(), "All appointments")),
                    coming(rest, clinic),
                )}
            </div>
            <div class="hc-stack">
                {panel(
                    "entries",
                    data.words("Newest in your record", "Newest in their record"),
                    Some(("/medical-records".to_owned(), data.words("My record", "Medical record"))),
                    entries(data, clinic),
                )}
            </div>
        </div>
        <p class="govuk-body">
            <a class="govuk-link" href=links::RECORD_ACCESS>
                {access::title(data.ward.is_some())}
            </a>
        </p>
    }
    .into_any()
}

/// A card: what it is about, the one thing to know, more words, the one thing to do.
fn card(
    title: &'static str,
    big: String,
    more: AnyView,
    act: (String, &'static str),
    is_due: bool,
) -> AnyView {
    let class = if is_due { "hc-panel hc-home__card hc-home__card--due" } else { "hc-panel hc-home__card" };
    let (href, words) = act;
    view! {
        <li class=class>
            <h2>{title}</h2>
            <p class="hc-home__big">{big}</p>
            <p class="hc-sub">{more}</p>
            <p class="hc-home__act">
                <a class="govuk-link" href=href>
                    {words}
                </a>
            </p>
        </li>
    }
    .into_any()
}

fn next_appointment(data: &Data, clinic: &Clinic) -> AnyView {
    const TITLE: &str = "Next appointment";
    let Some(next) = data.coming.first() else {
        let words = data.words("Choose a time that suits you", "Choose a time that suits them").into_any();
        return card(
            TITLE,
            "None booked".to_owned(),
            words,
            (links::BOOK_OWN.to_owned(), "Book an appointment"),
            false,
        );
    };
    let start = next.time.start();
    let when = format!("{}, {}", long_date(clinic.zone.date(start)), clock(&clinic.zone, start));
    let what = format!("{}, {}. Reference {}", next.doctor.name, day::what(next, clinic), next.reference());
    card(TITLE, when, what.into_any(), (links::appointment(next.id), "See, move or cancel"), false)
}

fn bills(data: &Data) -> AnyView {
    const TITLE: &str = "To pay";
    let (unpaid, today) = (&data.unpaid, data.today);
    let Some(first) = unpaid.first() else {
        let words = data.words("All your bills are paid", "All their bills are paid").into_any();
        let act = data.words("See your bills and receipts", "See their bills and receipts");
        return card(TITLE, "Nothing".to_owned(), words, ("/billing".to_owned(), act), false);
    };
    let same = |bill: &&Versioned<Invoice>| bill.currency == first.currency;
    let sum = unpaid.iter().filter(same).fold(0i64, |sum, bill| sum.saturating_add(bill.balance().minor));
    let sum = domain::Money::new(sum, first.currency);
    let is_late = unpaid.iter().any(|bill| bill.is_overdue(today));
    let count = super::counted(unpaid.len(), "bill", "bills");
    let words = match first.issue {
        Some(issue) => format!("{count}, {} due {} ", first.title(), short_date(issue.due)),
        None => count,
    };
    let more = view! { {words} {is_late.then(|| invoice_tag(first, today))} }.into_any();
    let act = if unpaid.len() == 1 {
        (links::bill(first.id), "Pay this bill")
    } else {
        ("/billing".to_owned(), "See what to pay")
    };
    card(TITLE, sum.to_string(), more, act, true)
}

fn record(data: &Data, clinic: &Clinic) -> AnyView {
    let act = ("/medical-records".to_owned(), data.words("Open your record", "Open their record"));
    match data.entries.first() {
        None => card(
            data.words("Your record", "Their record"),
            "Nothing yet".to_owned(),
            data.words("Entries appear after your first visit", "Entries appear after their first visit")
                .into_any(),
            act,
            false,
        ),
        Some(newest) => {
            let words = format!("{}, {}", kind(newest), short_date(clinic.zone.date(newest.created_at)));
            card(
                data.words("New in your record", "New in their record"),
                newest.condition(),
                words.into_any(),
                act,
                false,
            )
        }
    }
}

fn last_visit(visit: &Versioned<Appointment>, clinic: &Clinic) -> AnyView {
    let date = long_date(clinic.zone.date(visit.time.start()));
    let words = format!("{}, {}", visit.doctor.name, day::what(visit, clinic));
    card("Last visit", date, words.into_any(), (links::appointment(visit.id), "See this visit"), false)
}

/// The kind of an entry in plain words.
const fn kind(record: &Record) -> &'static str {
    match record.body {
        RecordBody::Note(_) => "Note of a visit",
        RecordBody::Vitals(_) => "Measurements",
        RecordBody::Allergy(_) => "Allergy",
        RecordBody::Medicine(_) => "Medicine",
        RecordBody::Problem(_) => "Diagnosis",
        RecordBody::Summary(_) => "Summary",
    }
}

fn coming(rest: &[Versioned<Appointment>], clinic: &Clinic) -> AnyView {
    if rest.is_empty() {
        return empty(
            "No further appointments.",
            Some((links::BOOK_OWN.to_owned(), "Book an appointment".to_owned())),
        );
    }
    let rows = rest
        .iter()
        .map(|visit| {
            let start = visit.time.start();
            let date = short_date(clinic.zone.date(start));
            view! {
                <tr>
                    <td data-label="When" class="hc-num">
                        <a class="govuk-link" href=links::appointment(visit.id)>
                            {format!("{date}, {}", clock(&clinic.zone, start))}
                        </a>
                    </td>
                    <td data-label="What">
                        {day::what(visit, clinic)} <br /> <span class="hc-sub">{visit.doctor.name.clone()}</span>
                    </td>
                    <td data-label="Status">{status_tag(visit.status)}</td>
                </tr>
            }
        })
        .collect_view();
    table("Later appointments", ["When", "What", "Status"], rows.into_any())
}

fn entries(data: &Data, clinic: &Clinic) -> AnyView {
    if data.entries.is_empty() {
        let words = data.words(
            "Your record is empty. Notes of your visits appear here once they are signed.",
            "Their record is empty. Notes of their visits appear here once they are signed.",
        );
        return empty(words, None);
    }
    let rows = data
        .entries
        .iter()
        .map(|entry| {
            view! {
                <tr>
                    <td data-label="Entry">
                        <b>{entry.condition()}</b>
                        <br />
                        <span class="hc-sub">{format!("{}, {}", kind(entry), entry.author_name)}</span>
                    </td>
                    <td data-label="Date" class="hc-num">
                        {short_date(clinic.zone.date(entry.created_at))}
                    </td>
                </tr>
            }
        })
        .collect_view();
    table(
        data.words("Newest entries of your record", "Newest entries of their record"),
        ["Entry", "Date", ""],
        rows.into_any(),
    )
}

fn table(caption: &'static str, columns: [&'static str; 3], rows: AnyView) -> AnyView {
    let columns = columns
        .into_iter()
        .filter(|name| !name.is_empty())
        .map(|name| view! { <th scope="col">{name}</th> })
        .collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">{caption}</caption>
            <thead>
                <tr>{columns}</tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
