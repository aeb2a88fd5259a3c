//! The home pages of doctors and nurses: the day, who waits, notes that are not signed.

use super::day::{self, Last, Today, Visit};
use super::{Kpi, button_link, head, kpis, links, panel};
use crate::ui::components::{empty, short_moment};
use domain::time::long_date;
use domain::{AppointmentStatus, ClinicZone, Record};
use leptos::prelude::*;
use service::Versioned;

/// Unsigned notes shown at most.
const MOST_NOTES: usize = 8;

/// The page of a doctor: the own day.
pub fn doctor(name: &str, today: &Today, unsigned: &[Versioned<Record>], zone: &ClinicZone) -> AnyView {
    let all: Vec<_> = today.visits.iter().collect();
    let inside = today.with(AppointmentStatus::InProgress);
    view! {
        {head(name, long_date(today.date), Some(tools(today)))} {kpis(with_unsigned(today.kpis(), unsigned.len()))}
        <div class="hc-grid">
            <div class="hc-stack">
                {panel("visits", "Your visits today", None, visits("Your visits today", &all, false))}
            </div>
            <div class="hc-stack">
                {(!inside.is_empty()).then(|| day::cards("inside", "With you now", "", &inside, true, true))}
                {day::cards("waiting", "Waiting for you", "Nobody is waiting.", &today.waiting(), true, true)}
                {notes(unsigned, zone)}
            </div>
        </div>
    }
    .into_any()
}

/// The page of a nurse: who waits, and the day of all doctors.
pub fn nurse(name: &str, today: &Today, unsigned: &[Versioned<Record>], zone: &ClinicZone) -> AnyView {
    let next: Vec<_> = today
        .visits
        .iter()
        .filter(|visit| !matches!(visit.status, AppointmentStatus::Fulfilled | AppointmentStatus::NoShow))
        .collect();
    view! {
        {head(name, long_date(today.date), Some(tools(today)))} {kpis(with_unsigned(today.kpis(), unsigned.len()))}
        <div class="hc-grid">
            <div class="hc-stack">
                {panel(
                    "next",
                    "Waiting and next",
                    Some((links::day(today.date), "The whole day")),
                    visits("Visits that are not over", &next, true),
                )}
            </div>
            <div class="hc-stack">
                {day::cards("waiting", "Waiting room", "Nobody is waiting.", &today.waiting(), true, false)}
                {notes(unsigned, zone)}
            </div>
        </div>
    }
    .into_any()
}

fn tools(today: &Today) -> AnyView {
    view! { {button_link(links::day(today.date), "Day by doctor", false)} {button_link(links::BOOK, "Book appointment", true)} }
        .into_any()
}

fn visits(caption: &'static str, visits: &[&Visit], with_doctor: bool) -> AnyView {
    if visits.is_empty() {
        let why = "No visits today. New bookings appear here at once.";
        return empty(why, Some((links::BOOK.to_owned(), "Book an appointment".to_owned())));
    }
    day::table(caption, visits, true, with_doctor, Last::Status)
}

fn with_unsigned(mut tiles: Vec<Kpi>, unsigned: usize) -> Vec<Kpi> {
    tiles.push(Kpi::new("Notes to sign", unsigned, "#unsigned").alert(unsigned > 0));
    tiles
}

/// Notes that the caller began and has not signed: to be done before going home.
fn notes(unsigned: &[Versioned<Record>], zone: &ClinicZone) -> AnyView {
    let title = "Notes to sign";
    if unsigned.is_empty() {
        return panel("unsigned", title, None, empty("All your notes are signed.", None));
    }
    let hidden = unsigned.len().saturating_sub(MOST_NOTES);
    let items = unsigned
        .iter()
        .take(MOST_NOTES)
        .map(|note| {
            let assessment = note.condition();
            let words = if assessment.is_empty() { "Draft note".to_owned() } else { first_words(&assessment) };
            view! {
                <li class="hc-tl__note">
                    <b>
                        <a class="govuk-link" href=links::note(note.id)>
                            {note.patient.name.clone()}
                        </a>
                    </b>
                    <span class="hc-sub">{format!("{words}, begun {}", short_moment(zone, note.created_at))}</span>
                </li>
            }
        })
        .collect_view();
    let content = view! {
        <div class="hc-pad">
            <ol class="hc-tl">{items}</ol>
            {(hidden > 0).then(|| view! { <p class="hc-sub hc-mb0">{format!("and {hidden} more; they move up as you sign")}</p> })}
        </div>
    };
    panel("unsigned", title, Some(("/medical-records".to_owned(), "Records")), content.into_any())
}

/// The beginning of a text, up to a bound that fits a line.
fn first_words(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= MOST {
        line.to_owned()
    } else {
        format!("{}…", line.chars().take(MOST).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_assessment_is_cut_at_a_character() {
        assert_eq!(first_words("Asthma\nmild"), "Asthma");
        let long = "ä".repeat(80);
        assert_eq!(first_words(&long).chars().count(), 61);
    }
}
