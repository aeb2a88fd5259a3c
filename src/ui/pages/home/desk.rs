//! The home page of the front desk: the day in figures, who waits, who comes next, what to do before closing.

use super::day::{self, Last, Today, Visit};
use super::{button_link, head, kpis, links, panel};
use crate::ui::components::{empty, invoice_tag};
use domain::time::long_date;
use domain::{AppointmentStatus, Invoice};
use leptos::prelude::*;
use service::Versioned;

/// Coming visits shown at most.
const MOST_NEXT: usize = 12;
/// Bills shown at most.
const MOST_BILLS: usize = 6;

/// The page.
pub fn page(clinic: &str, today: &Today, unpaid: &[Versioned<Invoice>]) -> AnyView {
    let booked: Vec<&Visit> = today.with(AppointmentStatus::Booked).into_iter().take(MOST_NEXT).collect();
    let tools = view! {
        {button_link(links::REGISTER, "Register patient", false)} {button_link(links::BOOK, "Book appointment", true)}
    };
    view! {
        {head(clinic, long_date(today.date), Some(tools.into_any()))} {kpis(today.kpis())} {search()}
        <div class="hc-grid">
            <div class="hc-stack">
                {panel(
                    "next",
                    "To check in",
                    Some((links::day(today.date), "The whole day")),
                    expected(&booked),
                )} {panel("unpaid", "Unpaid bills", Some(("/billing".to_owned(), "All bills")), bills(unpaid, today))}
            </div>
            <div class="hc-stack">
                {day::cards("waiting", "Waiting room", "Nobody is waiting.", &today.waiting(), false, false)}
                {panel("no-shows", "Did not attend today", None, no_shows(today))}
            </div>
        </div>
    }
    .into_any()
}

fn expected(booked: &[&Visit]) -> AnyView {
    if booked.is_empty() {
        let why = "Nobody else is expected today.";
        return empty(why, Some((links::BOOK.to_owned(), "Book an appointment".to_owned())));
    }
    day::table("Patients who are not here yet", booked, false, true, Last::Step)
}

/// Finding a patient is half of the work at the desk.
fn search() -> AnyView {
    view! {
        <form class="hc-search" role="search" method="get" action="/patients">
            <label class="hc-vh" for="q">
                "Find a patient by name, birth date, number or phone"
            </label>
            <input
                class="govuk-input"
                id="q"
                type="search"
                name="q"
                placeholder="Name, birth date, number or phone"
                autocomplete="off"
            />
            <button class="govuk-button">"Find patient"</button>
        </form>
    }
    .into_any()
}

fn bills(unpaid: &[Versioned<Invoice>], today: &Today) -> AnyView {
    if unpaid.is_empty() {
        return empty("Every bill is paid.", None);
    }
    let rows = unpaid
        .iter()
        .take(MOST_BILLS)
        .map(|bill| {
            view! {
                <tr>
                    <td data-label="Bill">
                        <a class="govuk-link" href=links::bill(bill.id)>
                            {bill.title()}
                        </a>
                        <br />
                        <span class="hc-sub">{bill.patient.name.clone()}</span>
                    </td>
                    <td data-label="To pay" class="hc-amount">
                        {bill.balance().to_string()}
                    </td>
                    <td data-label="Status">{invoice_tag(bill, today.date)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"Bills with something to pay"</caption>
            <thead>
                <tr>
                    <th scope="col">"Bill"</th>
                    <th scope="col" class="hc-amount">
                        "To pay"
                    </th>
                    <th scope="col">"Status"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn no_shows(today: &Today) -> AnyView {
    let missed = today.with(AppointmentStatus::NoShow);
    if missed.is_empty() {
        return empty("Everyone came so far.", None);
    }
    let items = missed
        .iter()
        .map(|visit| {
            view! {
                <li class="hc-tl__visit">
                    <b>
                        <a class="govuk-link" href=links::appointment(visit.id)>
                            {visit.name.clone()}
                        </a>
                    </b>
                    <span class="hc-sub">{format!("{} with {}", visit.time, visit.doctor)}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="hc-pad">
            <ol class="hc-tl">{items}</ol>
        </div>
    }
    .into_any()
}
