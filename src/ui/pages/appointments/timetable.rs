//! The timetable: rows of time, a column for each doctor of a day or for each day of a doctor.

use super::grid::{self, Cell, Column, Content, Grid, Slot};
use super::{link, path, state, subject};
use crate::ui::components::clock;
use crate::ui::markup::{Attribute, Markup};
use domain::{Appointment, ClinicZone, TimeRange};
use jiff::Timestamp;
use jiff::civil::Date;
use leptos::prelude::*;
use service::Clinic;
use service::scheduling::DayColumn;

/// What the table is drawn from.
pub struct Timetable<'p> {
    /// The clinic.
    pub clinic: &'p Clinic,
    /// The present moment.
    pub now: Timestamp,
    /// The caption, for those who hear the page.
    pub caption: String,
    /// A class beside `hc-day`; may be empty.
    pub class: &'static str,
    /// Whether free cells lead to a booking.
    pub may_book: bool,
    /// Whether the line of the present moment is drawn.
    pub has_now: bool,
    /// The columns.
    pub columns: Vec<TimeColumn<'p>>,
}

/// One column.
pub struct TimeColumn<'p> {
    /// What stands above it.
    pub head: AnyView,
    /// The day.
    pub date: Date,
    /// The doctor's day.
    pub day: &'p DayColumn,
}

/// Minutes since midnight at the clinic.
pub fn minute_of_day(zone: &ClinicZone, at: Timestamp) -> u32 {
    let time = zone.local(at).time();
    u32::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or_default()
}

/// Start and end in minutes since midnight; what goes on over midnight ends later than 24:00.
fn span(zone: &ClinicZone, time: &TimeRange) -> (u32, u32) {
    let from = minute_of_day(zone, time.start());
    (from, from + u32::from(time.minutes()))
}

/// `09:30` of a minute of the day.
fn clock_of(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}

/// How full a doctor's day is, in words.
pub fn load_words(day: &DayColumn) -> String {
    match day.slots.len() {
        0 => "Not working".to_owned(),
        slots => format!("{} of {slots} slots booked", day.taken()),
    }
}

impl Timetable<'_> {
    fn laid_out(&self) -> Vec<Column> {
        let zone = &self.clinic.zone;
        let column = |it: &TimeColumn<'_>| Column {
            slots: it
                .day
                .slots
                .iter()
                .map(|slot| {
                    let (from, until) = span(zone, slot);
                    Slot { from, until, is_free: it.day.is_free(slot, self.now) }
                })
                .collect(),
            events: it.day.appointments.iter().map(|appointment| span(zone, &appointment.time)).collect(),
        };
        self.columns.iter().map(column).collect()
    }

    /// The table; `None` when it has no rows.
    pub fn table(self) -> Option<AnyView> {
        let columns = self.laid_out();
        let now = self.has_now.then(|| minute_of_day(&self.clinic.zone, self.now));
        let layout = grid::layout(&columns, now);
        if layout.rows.is_empty() {
            return None;
        }
        let mut rows = Markup::with_capacity(CELL * layout.rows.len() * columns.len());
        for row in 0..layout.rows.len() {
            table_row(&mut rows, &self, &columns, &layout, row);
        }
        let heads: Vec<_> =
            self.columns.into_iter().map(|column| view! { <th scope="col">{column.head}</th> }).collect();
        Some(
            view! {
                <div class="hc-panel hc-scroll hc-day-wrap" role="region" tabindex="0" aria-labelledby="day-cap">
                    <table class=format!("hc-day {}", self.class)>
                        <caption id="day-cap" class="hc-vh">
                            {self.caption}
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
            .into_any(),
        )
    }
}

/// Bytes of a cell, about.
const CELL: usize = 200;

fn table_row(rows: &mut Markup, page: &Timetable<'_>, columns: &[Column], layout: &Grid, row: usize) {
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
                table_cell(rows, page, position, &columns[position], &cells[found], minute);
            }
        }
    });
}

fn table_cell(
    row: &mut Markup,
    page: &Timetable<'_>,
    position: usize,
    column: &Column,
    cell: &Cell,
    minute: u32,
) {
    let TimeColumn { day, date, .. } = &page.columns[position];
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
                    card(markup, page.clinic, &day.appointments[event], tells_time);
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
            row.element("td", &attributes, |cell| free_link(cell, *date, &time, day));
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
fn free_link(cell: &mut Markup, date: Date, time: &str, day: &DayColumn) {
    let (id, date) = (day.doctor.id.to_string(), date.to_string());
    let href = link("/appointments/new", &[("doctor", &id), ("date", &date), ("time", time)]);
    cell.element("a", &[("href", &href)], |link| {
        link.text("+ Book");
        hidden(link, &format!(" {time} with {}", day.doctor.name));
    });
}

/// An appointment as a coloured card.
fn card(markup: &mut Markup, clinic: &Clinic, appointment: &Appointment, tells_time: bool) {
    let (class, words) = state(appointment);
    let (class, href) = (format!("hc-card {class}"), path(appointment));
    markup.element("a", &[("class", &class), ("href", &href)], |card| {
        card.element("b", &[], |name| {
            if tells_time {
                name.text(&format!("{} ", clock(&clinic.zone, appointment.time.start())));
            }
            name.text(&appointment.patient.name);
        });
        card.text_element("i", &[], &words);
        card.text_element("span", &[], &subject(clinic, appointment));
    });
}
