//! The home page of the billing office: what was taken, what is owed, what is not billed yet.

use super::{Kpi, button_link, counted, day, head, kpis, links, panel};
use crate::ui::components::{clock, empty, invoice_tag};
use crate::ui::pages::admin::chart::{self, Column};
use domain::time::{long_date, short_date};
use domain::{Appointment, Invoice};
use jiff::civil::Date;
use leptos::prelude::*;
use service::billing::TakingsReport;
use service::{Clinic, Versioned};

/// Rows of a list shown at most.
const MOST: usize = 8;
/// The list of visits that have no bill.
const NOT_BILLED: &str = "/billing?visits=all#not-billed";

/// What the page shows.
pub struct Data {
    /// The day.
    pub today: Date,
    /// What was taken today, and what is owed.
    pub day: TakingsReport,
    /// What was taken on each of the last 14 days.
    pub fortnight: TakingsReport,
    /// Visits that are over and have no bill, latest first.
    pub not_billed: Vec<Versioned<Appointment>>,
    /// Bills with something to pay, overdue ones first.
    pub unpaid: Vec<Versioned<Invoice>>,
    /// Refunds that wait for approval.
    pub refunds: u64,
}

/// The page.
pub fn page(data: &Data, clinic: &Clinic) -> AnyView {
    let tools = view! { {button_link("/billing", "All bills", false)} {button_link("/billing/new", "Write a bill", true)} };
    view! {
        {head(clinic.name.clone(), long_date(data.today), Some(tools.into_any()))} {figures(data)}
        <div class="hc-grid">
            <div class="hc-stack">
                {panel("not-billed", "Visits not billed", Some((NOT_BILLED.to_owned(), "All")), not_billed(&data.not_billed, clinic))}
                {panel("unpaid", "To be paid", Some(("/billing".to_owned(), "All bills")), unpaid(&data.unpaid, data.today))}
            </div>
            <div class="hc-stack">{methods(&data.day)} {takings(data)}</div>
        </div>
    }
    .into_any()
}

fn figures(data: &Data) -> AnyView {
    let late = data.unpaid.iter().filter(|bill| bill.is_overdue(data.today)).count();
    kpis(vec![
        Kpi::new("Taken today", data.day.total, "/billing/takings"),
        Kpi::new("To be paid", data.day.outstanding, "/billing?status=open").note(counted(
            data.unpaid.len(),
            "bill",
            "bills",
        )),
        Kpi::new("Overdue", data.day.overdue, "/billing?status=overdue")
            .note(counted(late, "bill", "bills"))
            .alert(data.day.overdue.minor > 0),
        Kpi::new("Visits not billed", data.not_billed.len(), NOT_BILLED),
        Kpi::new("Refunds to approve", data.refunds, "/billing/refunds"),
    ])
}

fn not_billed(visits: &[Versioned<Appointment>], clinic: &Clinic) -> AnyView {
    if visits.is_empty() {
        return empty("Every visit of the last 60 days has a bill.", None);
    }
    let rows = visits
        .iter()
        .take(MOST)
        .map(|visit| {
            let start = visit.time.start();
            let when = format!("{}, {}", short_date(clinic.zone.date(start)), clock(&clinic.zone, start));
            let price = clinic
                .visit_type(&visit.visit_type)
                .map(|kind| domain::Money::new(kind.price_minor, clinic.currency).to_string())
                .unwrap_or_default();
            view! {
                <tr>
                    <td data-label="Patient">
                        <a class="govuk-link" href=links::bill_for(visit.id, visit.patient.id)>
                            <span class="hc-vh">"Write a bill for "</span>
                            {visit.patient.name.clone()}
                        </a>
                        <br />
                        <span class="hc-sub">{visit.doctor.name.clone()}</span>
                    </td>
                    <td data-label="Visit">
                        {day::what(visit, clinic)} <br /> <span class="hc-sub hc-num">{when}</span>
                    </td>
                    <td data-label="Price" class="hc-amount">
                        {price}
                    </td>
                </tr>
            }
        })
        .collect_view();
    let table = view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"Visits without a bill"</caption>
            <thead>
                <tr>
                    <th scope="col">"Patient"</th>
                    <th scope="col">"Visit"</th>
                    <th scope="col" class="hc-amount">
                        "Price"
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        {rest(visits.len())}
    };
    table.into_any()
}

/// How many rows a shortened list leaves out.
fn rest(count: usize) -> Option<AnyView> {
    let hidden = count.saturating_sub(MOST);
    (hidden > 0)
        .then(|| view! { <p class="hc-pad hc-sub hc-mb0">{format!("and {hidden} more")}</p> }.into_any())
}

fn unpaid(bills: &[Versioned<Invoice>], today: Date) -> AnyView {
    if bills.is_empty() {
        return empty("Every bill is paid.", None);
    }
    let rows = bills
        .iter()
        .take(MOST)
        .map(|bill| {
            let due = bill.issue.map(|issue| short_date(issue.due)).unwrap_or_default();
            view! {
                <tr>
                    <td data-label="Bill">
                        <a class="govuk-link" href=links::bill(bill.id)>
                            {bill.title()}
                        </a>
                        <br />
                        <span class="hc-sub">{bill.patient.name.clone()}</span>
                    </td>
                    <td data-label="Due" class="hc-num">
                        {due}
                    </td>
                    <td data-label="To pay" class="hc-amount">
                        {bill.balance().to_string()}
                    </td>
                    <td data-label="Status">{invoice_tag(bill, today)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"Bills with something to pay, overdue first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Bill"</th>
                    <th scope="col">"Due"</th>
                    <th scope="col" class="hc-amount">
                        "To pay"
                    </th>
                    <th scope="col">"Status"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        {rest(bills.len())}
    }
    .into_any()
}

fn methods(day: &TakingsReport) -> AnyView {
    let rows = day
        .by_method
        .iter()
        .map(|(method, sum)| {
            view! {
                <tr>
                    <th scope="row">{method.title()}</th>
                    <td class="hc-amount">{sum.to_string()}</td>
                </tr>
            }
        })
        .collect_view();
    let table = view! {
        <table class="hc-tbl hc-tbl--keep">
            <caption class="hc-vh">"Taken today by method"</caption>
            <thead>
                <tr>
                    <th scope="col">"Method"</th>
                    <th scope="col" class="hc-amount">
                        "Taken"
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
            <tfoot>
                <tr>
                    <th scope="row">"Total"</th>
                    <td class="hc-amount">{day.total.to_string()}</td>
                </tr>
            </tfoot>
        </table>
    };
    panel("methods", "Taken today", Some(("/billing/takings".to_owned(), "Takings")), table.into_any())
}

fn takings(data: &Data) -> AnyView {
    let columns: Vec<Column> = data
        .fortnight
        .by_day
        .iter()
        .map(|(date, sum)| {
            Column::day(*date, u64::try_from(sum.minor / 100).unwrap_or_default(), sum.to_string())
        })
        .collect();
    view! {
        <section class="hc-panel hc-pad" aria-labelledby="takings">
            <h2 id="takings">"Taken in the last 14 days"</h2>
            {chart::narrow_columns("takings-chart", "Taken by day", &columns)}
        </section>
    }
    .into_any()
}
