//! Visits that are over and wait for a bill.

use super::ListPage;
use crate::ui::components::{clock, day};
use domain::{Appointment, Money};
use leptos::prelude::*;

/// Visits without a bill that are shown at first.
const VISITS: usize = 8;

/// The visits with a way to bill each.
pub(super) fn not_billed(page: &ListPage) -> Option<AnyView> {
    let visits = page.not_billed.as_ref()?;
    if visits.is_empty() {
        return None;
    }
    let shown = if page.all_visits { visits.len() } else { VISITS };
    let rows = visits.iter().take(shown).map(|visit| visit_row(page, visit)).collect_view();
    let all = (visits.len() > shown).then(|| {
        view! {
            <a class="govuk-link" href="/billing?visits=all#not-billed">
                "All "{visits.len()}
            </a>
        }
    });
    Some(
        view! {
            <section class="hc-panel" id="not-billed">
                <div class="hc-panel__head">
                    <h2>"Visits not billed"</h2>
                    {all}
                </div>
                <table class="hc-tbl">
                    <caption class="hc-vh">"Visits not billed, latest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Patient"</th>
                            <th scope="col">"Visit"</th>
                            <th scope="col">"When"</th>
                            <th scope="col" class="hc-amount">
                                "Price"
                            </th>
                            <th scope="col">
                                <span class="hc-vh">"Action"</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        }
        .into_any(),
    )
}

fn visit_row(page: &ListPage, visit: &Appointment) -> AnyView {
    let kind = page.visit_types.iter().find(|kind| kind.code == visit.visit_type);
    let name = kind.map_or_else(|| "Appointment".to_owned(), |kind| kind.name.clone());
    let price = kind.map_or_else(String::new, |kind| Money::new(kind.price_minor, page.currency).to_string());
    let patient = visit.patient.name.clone();
    let action = match visit.patient.id {
        Some(id) => view! {
            <a
                class="govuk-button govuk-button--secondary hc-btn-s"
                role="button"
                draggable="false"
                href=format!("/billing/new?patient={id}&appointment={}", visit.id)
            >
                "Make a bill"
                <span class="hc-vh">" for "{patient.clone()}</span>
            </a>
        }
        .into_any(),
        None => view! { <span class="hc-sub">"Not linked to a patient"</span> }.into_any(),
    };
    view! {
        <tr>
            <td data-label="Patient">
                <b>{patient}</b>
            </td>
            <td data-label="Visit">{name}</td>
            <td data-label="When">
                <span class="hc-num">{day(&page.zone, visit.time.start())}</span>
                " "
                <span class="hc-num">{clock(&page.zone, visit.time.start())}</span>
            </td>
            <td data-label="Price" class="hc-amount">
                {price}
            </td>
            <td class="hc-tbl__act">{action}</td>
        </tr>
    }
    .into_any()
}
