//! The day sheet: a page of A4 for each doctor, to be printed and ticked off.

use super::day::DayPage;
use super::switch::View;
use super::{back_link, visit_name};
use crate::ui::components::{clock, empty};
use domain::Appointment;
use domain::AppointmentStatus::{Arrived, Fulfilled, InProgress, NoShow};
use domain::time::{long_date, short_date};
use leptos::prelude::*;
use service::Versioned;

/// The page; reasons are printed for those who see patients to them alone.
pub fn page(page: &DayPage, has_reasons: bool) -> AnyView {
    let mut sheets: Vec<AnyView> = page
        .columns
        .iter()
        .filter(|column| !column.appointments.is_empty())
        .map(|column| sheet(page, &column.doctor.name, &column.appointments, has_reasons))
        .collect();
    if !page.unassigned.is_empty() {
        sheets.push(sheet(page, "Other doctors", &page.unassigned, has_reasons));
    }
    let back = View::Day.address(&page.date.to_string(), &page.doctor());
    let nothing = sheets.is_empty().then(|| {
        view! { <div class="hc-panel">{empty("Nothing is booked on this day.", None)}</div> }
    });
    view! {
        {back_link(back, "Back to the day")}
        <h1 class="govuk-heading-l hc-noprint">{format!("Day sheet, {}", long_date(page.date))}</h1>
        <p class="govuk-body hc-noprint">
            "One page for each doctor. Print it with your browser. Paper with patients’ names is kept and shredded as the clinic’s rules say."
        </p>
        {nothing}
        {sheets}
    }
    .into_any()
}

fn sheet(page: &DayPage, doctor: &str, visits: &[Versioned<Appointment>], has_reasons: bool) -> AnyView {
    let rows: Vec<_> = visits.iter().map(|visit| row(page, visit, has_reasons)).collect();
    let printed = format!("As of {}", clock(&page.clinic.zone, page.now));
    view! {
        <section class="hc-panel hc-sheet">
            <div class="hc-sheet__head">
                <div>
                    <h2>{doctor.to_owned()}</h2>
                    <p>{long_date(page.date)}</p>
                </div>
                <p>{page.clinic.name.clone()} <br /> <span class="hc-sub">{printed}</span></p>
            </div>
            <table class="hc-tbl">
                <caption class="hc-vh">{format!("Visits with {doctor}")}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Time"</th>
                        <th scope="col">"Patient"</th>
                        <th scope="col">"Phone"</th>
                        <th scope="col">"Visit"</th>
                        <th scope="col">"Room"</th>
                        <th scope="col">"Here"</th>
                        <th scope="col">"Seen"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn row(page: &DayPage, visit: &Versioned<Appointment>, has_reasons: bool) -> AnyView {
    let patient = visit.patient.id.and_then(|id| page.patients.get(&id));
    let identity = patient.map(|patient| {
        let born = patient.birth_date.map(|birth| format!("{} · ", short_date(birth)));
        format!("{}MRN {}", born.unwrap_or_default(), patient.mrn)
    });
    let phone = patient.and_then(|patient| patient.phone.as_ref()).map(|phone| phone.as_str().to_owned());
    let room = visit.room.as_deref().map(|code| page.clinic.catalogue.room_name(code).to_owned());
    let reason = visit.reason.lines().next().filter(|_| has_reasons).unwrap_or_default().to_owned();
    let is_here = matches!(visit.status, Arrived | InProgress | Fulfilled);
    let missed = (visit.status == NoShow).then(|| view! { <span class="hc-sub">"Did not attend"</span> });
    view! {
        <tr>
            <td class="hc-num" data-label="Time">{clock(&page.clinic.zone, visit.time.start())}</td>
            <td data-label="Patient">
                <b>{visit.patient.name.clone()}</b>
                <span class="hc-sub hc-num">{identity.unwrap_or_else(|| "Not linked to a patient".to_owned())}</span>
                {missed}
            </td>
            <td class="hc-num" data-label="Phone">{phone}</td>
            <td data-label="Visit">
                {visit_name(&page.clinic, visit)}
                <span class="hc-sub">{reason}</span>
            </td>
            <td data-label="Room">{room}</td>
            <td data-label="Here">{tick(is_here)}</td>
            <td data-label="Seen">{tick(visit.status == Fulfilled)}</td>
        </tr>
    }
    .into_any()
}

/// A box to tick on paper; ticked where it is known.
fn tick(is_ticked: bool) -> AnyView {
    let (mark, words) = if is_ticked { ("✓", "Yes") } else { ("", "Not yet") };
    view! {
        <span class="hc-box" aria-hidden="true">
            {mark}
        </span>
        <span class="hc-vh">{words}</span>
    }
    .into_any()
}
