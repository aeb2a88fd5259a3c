//! The day as a list in order of time, for phones.

use super::{link, path, state, subject};
use crate::ui::components::clock;
use crate::ui::markup::Markup;
use domain::{Appointment, UserId};
use jiff::Timestamp;
use jiff::civil::Date;
use leptos::prelude::*;
use service::Clinic;
use service::scheduling::DayColumn;
use std::collections::BTreeMap;

/// A line of the day on a phone.
enum Line<'p> {
    Visit(&'p Appointment),
    /// A free time and the doctors who are free.
    Free(Vec<(UserId, &'p str)>),
    Now,
}

/// A day as it is shown on phones.
pub struct Day<'p> {
    /// The clinic.
    pub clinic: &'p Clinic,
    /// The present moment.
    pub now: Timestamp,
    /// Which day.
    pub date: Date,
    /// Whether free times lead to a booking.
    pub may_book: bool,
}

impl Day<'_> {
    /// Visits and free times of the columns as one list in order of time, with the line of the present moment.
    pub fn list(&self, columns: &[DayColumn], has_now: bool) -> AnyView {
        let mut items = Markup::default();
        self.write(&mut items, columns, has_now);
        view! { <ol class="hc-panel hc-day-list" inner_html=items.into_string()></ol> }.into_any()
    }

    /// The same as items of a list.
    pub fn write(&self, items: &mut Markup, columns: &[DayColumn], has_now: bool) {
        let mut lines: Vec<(Timestamp, u8, Line<'_>)> = Vec::new();
        let mut free: BTreeMap<Timestamp, Vec<(UserId, &str)>> = BTreeMap::new();
        for column in columns {
            lines.extend(column.appointments.iter().map(|it| (it.time.start(), 1, Line::Visit(it))));
            for slot in column.free(self.now).filter(|_| self.may_book) {
                free.entry(slot.start()).or_default().push((column.doctor.id, &column.doctor.name));
            }
        }
        lines.extend(free.into_iter().map(|(at, doctors)| (at, 2, Line::Free(doctors))));
        let starts = || lines.iter().map(|line| line.0);
        let is_within = starts().min().is_some_and(|first| first <= self.now)
            && starts().max().is_some_and(|last| last >= self.now);
        if has_now && is_within {
            lines.push((self.now, 0, Line::Now));
        }
        lines.sort_by_key(|line| (line.0, line.1));
        for (at, _, line) in lines {
            let time = clock(&self.clinic.zone, at);
            match line {
                Line::Visit(appointment) => self.visit(items, appointment),
                Line::Free(doctors) => self.free(items, &time, &doctors),
                Line::Now => {
                    let class = [("class", "hc-day-list__now")];
                    items.text_element("li", &class, &format!("Now, {time}"));
                }
            }
        }
    }

    fn visit(&self, items: &mut Markup, appointment: &Appointment) {
        let (class, words) = state(appointment);
        let (class, href) = (format!("hc-card {class}"), path(appointment));
        items.element("li", &[], |item| {
            item.text_element("time", &[], &clock(&self.clinic.zone, appointment.time.start()));
            item.element("a", &[("class", &class), ("href", &href)], |card| {
                card.text_element("b", &[], &appointment.patient.name);
                card.text_element("i", &[], &words);
                let about = format!("{} · {}", subject(self.clinic, appointment), appointment.doctor.name);
                card.text_element("span", &[], &about);
            });
        });
    }

    fn free(&self, items: &mut Markup, time: &str, doctors: &[(UserId, &str)]) {
        let only = if let [only] = doctors { Some(*only) } else { None };
        let names: Vec<&str> = doctors.iter().map(|(_, name)| *name).collect();
        let id = only.map(|(id, _)| id.to_string()).unwrap_or_default();
        let date = self.date.to_string();
        let href = link("/appointments/new", &[("doctor", &id), ("date", &date), ("time", time)]);
        items.element("li", &[("class", "hc-day-list__free")], |item| {
            item.text_element("time", &[], time);
            item.element("a", &[("href", &href)], |link| {
                link.text("+ Book");
                link.text_element("span", &[("class", "hc-vh")], &format!(" {time} with"));
                link.text(&format!(" · {}", names.join(", ")));
            });
        });
    }
}
