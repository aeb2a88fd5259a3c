//! The day of the clinic: head, figures, grid by doctor (a list on phones), who waits and who is next.

use super::grid::{self, Cell, Column, Content, Grid, Slot};
use super::{figures, link, path, state, subject, waiting};
use crate::ui::components::{clock, empty};
use crate::ui::markup::{Attribute, Markup};
use domain::time::long_date;
use domain::{Appointment, ClinicZone, Patient, PatientId, TimeRange, UserId};
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
    /// Whether the caller changes the status of visits.
    pub may_advance: bool,
    /// Whether the caller sets working hours.
    pub may_set_hours: bool,
    /// Whether the reader may set what the clinic offers.
    pub may_set_offer: bool,
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
        let pairs =
            self.columns.iter().flat_map(|column| column.slots.iter().map(move |slot| (column, slot)));
        pairs.filter(|(column, slot)| is_free(column, slot, self.now))
    }

    /// This page, for coming back to it.
    pub fn here(&self) -> String {
        self.address(&self.date.to_string())
    }

    fn address(&self, date: &str) -> String {
        let doctor = self.chosen.map(|id| id.to_string()).unwrap_or_default();
        link("/appointments", &[("date", date), ("doctor", &doctor)])
    }
}

fn is_free(column: &DayColumn, slot: &TimeRange, now: Timestamp) -> bool {
    slot.start() > now && !column.appointments.iter().any(|it| it.blocks_time() && it.time.overlaps(slot))
}

/// Minutes since midnight at the clinic.
fn minute_of_day(zone: &ClinicZone, at: Timestamp) -> u32 {
    let time = zone.local(at).time();
    u32::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or_default()
}

/// Start and end in minutes since midnight; what goes on over midnight ends later than 24:00.
fn span(zone: &ClinicZone, time: &TimeRange) -> (u32, u32) {
    let from = minute_of_day(zone, time.start());
    (from, from + u32::from(time.minutes()))
}

fn columns_of(page: &DayPage) -> Vec<Column> {
    let zone = &page.clinic.zone;
    let column = |day: &DayColumn| Column {
        slots: day
            .slots
            .iter()
            .map(|slot| {
                let (from, until) = span(zone, slot);
                Slot { from, until, is_free: is_free(day, slot, page.now) }
            })
            .collect(),
        events: day.appointments.iter().map(|appointment| span(zone, &appointment.time)).collect(),
    };
    page.columns.iter().map(column).collect()
}

/// `09:30` of a minute of the day.
fn clock_of(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}

/// The page.
pub fn page(page: DayPage) -> AnyView {
    let columns = columns_of(&page);
    let now = page.is_today().then(|| minute_of_day(&page.clinic.zone, page.now));
    let layout = grid::layout(&columns, now);
    let body = if layout.rows.is_empty() && page.unassigned.is_empty() {
        closed(&page)
    } else {
        view! {
            {figures::strip(&page)}
            {(!layout.rows.is_empty()).then(|| table(&page, &columns, &layout))}
            {(!layout.rows.is_empty()).then(|| super::list::phone_day(&page, now))}
            {waiting::others(&page)}
            {waiting::waiting(&page)}
        }
        .into_any()
    };
    let link = |path: &'static str, words: &'static str| {
        view! {
            <p class="govuk-body hc-noprint">
                <a class="govuk-link" href=path>
                    {words}
                </a>
            </p>
        }
    };
    let hours = page.may_set_hours.then(|| link("/appointments/schedules", "Working hours and leave"));
    let offer = page.may_set_offer.then(|| link("/appointments/setup", "What the clinic offers"));
    view! {
        {head(&page)}
        {doctor_chips(&page)}
        {body}
        {page.may_book.then(|| link(super::waiting_list::LIST, "Waiting list"))}
        {hours}
        {offer}
    }
    .into_any()
}

fn closed(page: &DayPage) -> AnyView {
    let next = page.date.checked_add(1.day()).unwrap_or(page.date);
    let why = "Nobody sees patients on this day, and nothing is booked.";
    let next = Some((page.address(&next.to_string()), format!("Go to {}", long_date(next))));
    view! { <div class="hc-panel">{empty(why, next)}</div> }.into_any()
}

fn head(page: &DayPage) -> AnyView {
    let step = |days: i64| page.address(&page.date.saturating_add(days.days()).to_string());
    let doctor = page.chosen.map(|id| id.to_string()).unwrap_or_default();
    let date = page.date.to_string();
    view! {
        <div class="hc-head">
            <div>
                <span class="govuk-caption-l">{page.clinic.name.clone()}</span>
                <h1 class="govuk-heading-l">{long_date(page.date)}</h1>
            </div>
            <div class="hc-tools">
                <nav class="hc-seg" aria-label="Day">
                    <a href=step(-1)>
                        <span aria-hidden="true">"‹"</span>
                        <span class="hc-vh">"Previous day"</span>
                    </a>
                    <a href=page.address("") aria-current=page.is_today().then_some("date")>
                        "Today"
                    </a>
                    <a href=step(1)>
                        <span aria-hidden="true">"›"</span>
                        <span class="hc-vh">"Next day"</span>
                    </a>
                </nav>
                {views(&date, &doctor, false)}
                {page.may_book.then(|| book_button(&[("doctor", &doctor), ("date", &date)]))}
            </div>
        </div>
    }
    .into_any()
}

/// The switch between day and list.
pub fn views(date: &str, doctor: &str, is_list: bool) -> AnyView {
    let day = link("/appointments", &[("date", date), ("doctor", doctor)]);
    let list = link("/appointments", &[("view", "list"), ("from", date), ("doctor", doctor)]);
    view! {
        <nav class="hc-seg" aria-label="View">
            <a href=day aria-current=(!is_list).then_some("true")>
                "Day"
            </a>
            <a href=list aria-current=is_list.then_some("true")>
                "List"
            </a>
        </nav>
    }
    .into_any()
}

/// The button that leads to booking.
pub fn book_button(fields: &[(&str, &str)]) -> AnyView {
    view! {
        <a href=link("/appointments/new", fields) role="button" draggable="false" class="govuk-button">
            "Book appointment"
        </a>
    }
    .into_any()
}

fn doctor_chips(page: &DayPage) -> Option<AnyView> {
    if page.doctors.len() < 2 {
        return None;
    }
    let date = page.date.to_string();
    let chip = |id: Option<UserId>, name: String| {
        let doctor = id.map(|id| id.to_string()).unwrap_or_default();
        let href = link("/appointments", &[("date", &date), ("doctor", &doctor)]);
        view! {
            <li>
                <a class="hc-chip" href=href aria-current=(id == page.chosen).then_some("true")>
                    {name}
                </a>
            </li>
        }
    };
    let doctors: Vec<_> = page.doctors.iter().map(|(id, name)| chip(Some(*id), name.clone())).collect();
    Some(
        view! {
            <ul class="hc-chips" aria-label="Doctors">
                {chip(None, "All doctors".to_owned())}
                {doctors}
            </ul>
        }
        .into_any(),
    )
}

/// Bytes of a cell, about.
const CELL: usize = 200;

fn table(page: &DayPage, columns: &[Column], layout: &Grid) -> AnyView {
    let heads: Vec<_> = page.columns.iter().map(column_head).collect();
    let mut rows = Markup::with_capacity(CELL * layout.rows.len() * columns.len());
    for row in 0..layout.rows.len() {
        table_row(&mut rows, page, columns, layout, row);
    }
    view! {
        <div class="hc-panel hc-scroll hc-day-wrap" role="region" tabindex="0" aria-labelledby="day-cap">
            <table class="hc-day">
                <caption id="day-cap" class="hc-vh">
                    "Day schedule by doctor"
                </caption>
                <thead>
                    <tr>
                        <th scope="col">
                            <span class="hc-vh">"Time"</span>
                        </th>
                        {heads}
                    </tr>
                </thead>
                <tbody inner_html=rows.into_string()></tbody>
            </table>
        </div>
    }
    .into_any()
}

fn column_head(column: &DayColumn) -> AnyView {
    let taken =
        |slot: &&TimeRange| column.appointments.iter().any(|it| it.blocks_time() && it.time.overlaps(slot));
    let words = match column.slots.len() {
        0 => "Not working".to_owned(),
        slots => format!("{} of {slots} slots booked", column.slots.iter().filter(taken).count()),
    };
    view! {
        <th scope="col">
            {column.doctor.name.clone()}<span class="hc-sub">{words}</span>
        </th>
    }
    .into_any()
}

fn table_row(rows: &mut Markup, page: &DayPage, columns: &[Column], layout: &Grid, row: usize) {
    let minute = layout.rows[row];
    let is_now = layout.now == Some(row);
    let class: &[Attribute<'_>] = if is_now { &[("class", "hc-now")] } else { &[] };
    rows.element("tr", class, |rows| {
        rows.element("th", &[("scope", "row")], |head| {
            head.text_element("time", &[], &clock_of(minute));
            if is_now {
                head.text_element("span", &[("class", "hc-vh")], " current time");
            }
        });
        for (position, cells) in layout.columns.iter().enumerate() {
            if let Ok(found) = cells.binary_search_by_key(&row, |cell| cell.row) {
                table_cell(rows, page, &page.columns[position], &columns[position], &cells[found], minute);
            }
        }
    });
}

fn table_cell(row: &mut Markup, page: &DayPage, day: &DayColumn, column: &Column, cell: &Cell, minute: u32) {
    let span = cell.span.to_string();
    let mut attributes: Vec<Attribute<'_>> = Vec::with_capacity(2);
    if cell.span > 1 {
        attributes.push(("rowspan", &span));
    }
    match &cell.content {
        Content::Events(events) => {
            attributes.push(("class", "hc-ev"));
            // Where the row alone does not tell the time, the card does.
            let tells_time = events.len() > 1 || events.iter().any(|event| column.events[*event].0 != minute);
            let cards = |markup: &mut Markup| {
                for &event in events {
                    card(markup, page, &day.appointments[event], tells_time);
                }
            };
            row.element("td", &attributes, |cell| {
                if events.len() > 1 {
                    cell.element("div", &[("class", "hc-ev__pair")], cards);
                } else {
                    cards(cell);
                }
            });
        }
        Content::Free(slot) if page.may_book => {
            attributes.push(("class", "hc-free"));
            let time = clock_of(column.slots[*slot].from);
            row.element("td", &attributes, |cell| free_link(cell, page, &time, day));
        }
        Content::Free(_) => row.element("td", &attributes, |cell| hidden(cell, "Free")),
        Content::Blank => row.element("td", &attributes, |_| ()),
        Content::Off => {
            attributes.push(("class", "hc-off"));
            row.element("td", &attributes, |cell| hidden(cell, "Not working"));
        }
    }
}

/// Words for those who hear the page.
fn hidden(markup: &mut Markup, words: &str) {
    markup.text_element("span", &[("class", "hc-vh")], words);
}

/// The link that books a free time with a doctor.
fn free_link(cell: &mut Markup, page: &DayPage, time: &str, day: &DayColumn) {
    let (id, date) = (day.doctor.id.to_string(), page.date.to_string());
    let href = link("/appointments/new", &[("doctor", &id), ("date", &date), ("time", time)]);
    cell.element("a", &[("href", &href)], |link| {
        link.text("+ Book");
        hidden(link, &format!(" {time} with {}", day.doctor.name));
    });
}

/// An appointment as a coloured card.
fn card(markup: &mut Markup, page: &DayPage, appointment: &Appointment, tells_time: bool) {
    let (class, words) = state(appointment);
    let (class, href) = (format!("hc-card {class}"), path(appointment));
    markup.element("a", &[("class", &class), ("href", &href)], |card| {
        card.element("b", &[], |name| {
            if tells_time {
                name.text(&format!("{} ", clock(&page.clinic.zone, appointment.time.start())));
            }
            name.text(&appointment.patient.name);
        });
        card.text_element("i", &[], &words);
        card.text_element("span", &[], &subject(&page.clinic, appointment));
    });
}
