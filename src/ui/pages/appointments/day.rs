//! The day of the clinic: head, figures, grid by doctor (a list on phones), who waits and who is next.

use super::switch::{Head, Steps, View, doctor_chips};
use super::timetable::{TimeColumn, Timetable, load_words};
use super::{figures, link, phone, waiting};
use crate::ui::components::empty;
use crate::ui::live;
use domain::time::long_date;
use domain::{Appointment, Patient, PatientId, TimeRange, UserId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use leptos::prelude::*;
use service::scheduling::DayColumn;
use service::{Clinic, Versioned};
use std::collections::BTreeMap;

/// What the page shows.
pub struct DayPage {
    /// The clinic.
    pub clinic: Clinic,
    /// The day.
    pub date: Date,
    /// Today at the clinic.
    pub today: Date,
    /// The holiday on which the clinic is closed.
    pub holiday: Option<String>,
    /// The present moment.
    pub now: Timestamp,
    /// The doctors that are shown.
    pub columns: Vec<DayColumn>,
    /// All doctors: id and name.
    pub doctors: Vec<(UserId, String)>,
    /// The doctor that the page is narrowed to.
    pub chosen: Option<UserId>,
    /// Appointments with nobody who has a column.
    pub unassigned: Vec<Versioned<Appointment>>,
    /// The patients of the day.
    pub patients: BTreeMap<PatientId, Patient>,
    /// Whether the caller books.
    pub may_book: bool,
    /// Whether the caller sees who is in the waiting room.
    pub may_see_room: bool,
    /// Whether the caller changes the status of visits.
    pub may_advance: bool,
    /// Whether the caller sets working hours.
    pub may_set_hours: bool,
    /// Whether the reader may set what the clinic offers.
    pub may_set_offer: bool,
    /// Whether the reader sees what was sent to patients.
    pub may_read_messages: bool,
}

impl DayPage {
    /// Whether the page shows today.
    pub fn is_today(&self) -> bool {
        self.date == self.today
    }

    /// Every appointment shown.
    pub fn appointments(&self) -> impl Iterator<Item = &Versioned<Appointment>> {
        self.columns.iter().flat_map(|column| &column.appointments).chain(&self.unassigned)
    }

    /// Slots that can still be booked, in order of doctor and time.
    pub fn free_slots(&self) -> impl Iterator<Item = (&DayColumn, &TimeRange)> {
        self.columns.iter().flat_map(|column| column.free(self.now).map(move |slot| (column, slot)))
    }

    /// This page, for coming back to it.
    pub fn here(&self) -> String {
        self.address(&self.date.to_string())
    }

    /// The doctor that the page is narrowed to, as in addresses; empty for all.
    pub fn doctor(&self) -> String {
        self.chosen.map(|id| id.to_string()).unwrap_or_default()
    }

    fn address(&self, date: &str) -> String {
        View::Day.address(date, &self.doctor())
    }
}

/// The page.
pub fn page(page: DayPage, since: u64) -> AnyView {
    let table = table(&page);
    let body = if table.is_none() && page.unassigned.is_empty() {
        closed(&page)
    } else {
        let phone = table.is_some().then(|| {
            let day =
                phone::Day { clinic: &page.clinic, now: page.now, date: page.date, may_book: page.may_book };
            day.list(&page.columns, page.is_today())
        });
        view! {
            {figures::strip(&page)}
            {table}
            {phone}
            {waiting::others(&page)}
            {waiting::waiting(&page)}
        }
        .into_any()
    };
    let body = live::view(since, page.here(), body);
    let sheet =
        link("/appointments/day-sheet", &[("date", &page.date.to_string()), ("doctor", &page.doctor())]);
    let more = |path: &'static str, words: &'static str| {
        view! {
            <p class="govuk-body hc-noprint">
                <a class="govuk-link" href=path>
                    {words}
                </a>
            </p>
        }
    };
    let hours = page.may_set_hours.then(|| more("/appointments/schedules", "Working hours and leave"));
    let offer = page.may_set_offer.then(|| more("/appointments/setup", "What the clinic offers"));
    let date = page.date.to_string();
    view! {
        {head(&page)}
        {doctor_chips(&page.doctors, page.chosen, |doctor| View::Day.address(&date, doctor))}
        {body}
        <p class="govuk-body hc-noprint">
            <a class="govuk-link" href=sheet>
                "Print day sheet"
            </a>
        </p>
        {page.may_book.then(|| more(super::waiting_list::LIST, "Waiting list"))}
        {hours}
        {offer}
        {page.may_read_messages.then(|| more("/appointments/messages", "Messages to patients"))}
    }
    .into_any()
}

fn closed(page: &DayPage) -> AnyView {
    let next = page.date.checked_add(1.day()).unwrap_or(page.date);
    let why = match &page.holiday {
        Some(holiday) => format!("The clinic is closed: {holiday}. Nothing is booked."),
        None => "Nobody sees patients on this day, and nothing is booked.".to_owned(),
    };
    let next = Some((page.address(&next.to_string()), format!("Go to {}", long_date(next))));
    view! { <div class="hc-panel">{empty(why, next)}</div> }.into_any()
}

fn head(page: &DayPage) -> AnyView {
    let step = |days: i64| page.address(&page.date.saturating_add(days.days()).to_string());
    let (date, doctor) = (page.date.to_string(), page.doctor());
    let steps = Steps { unit: "day", to: [step(-1), page.address(""), step(1)], is_current: page.is_today() };
    Head {
        clinic: &page.clinic.name,
        title: long_date(page.date),
        view: View::Day,
        date: &date,
        doctor: &doctor,
        steps: Some(steps),
        may_book: page.may_book,
        sees_room: page.may_see_room,
    }
    .view()
}

fn table(page: &DayPage) -> Option<AnyView> {
    let column = |day| TimeColumn { head: column_head(day), date: page.date, day };
    let table = Timetable {
        clinic: &page.clinic,
        now: page.now,
        caption: "Day schedule by doctor".to_owned(),
        class: "",
        may_book: page.may_book,
        has_now: page.is_today(),
        columns: page.columns.iter().map(column).collect(),
    };
    table.table()
}

fn column_head(column: &DayColumn) -> AnyView {
    let words = load_words(column);
    view! {
        {column.doctor.name.clone()}
        <span class="hc-sub">{words}</span>
    }
    .into_any()
}
