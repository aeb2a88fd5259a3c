//! The waiting list: the list for staff, and a patient's own places with what is held for them.

use super::{back_link, link};
use crate::ui::components::{clock, day, empty, moment, more, tag};
use crate::ui::form::{self, FormState};
use domain::time::short_date;
use domain::waiting::{DayPart, Waiting};
use domain::{Appointment, PlanId, Priority, UserId};
use jiff::civil::Date;
use leptos::prelude::*;
use service::scheduling::WaitingPlace;
use service::{Clinic, Page};
use std::collections::BTreeMap;

/// Where the list is.
pub const LIST: &str = "/appointments/waiting";

/// What the page shows.
pub struct WaitingPage {
    /// The clinic.
    pub clinic: Clinic,
    /// The filters: doctor, type, priority, state.
    pub form: FormState,
    /// All doctors.
    pub doctors: Vec<(UserId, String)>,
    /// Who waits, in order.
    pub found: Page<WaitingPlace>,
    /// This list without its cursor.
    pub here: String,
    /// Whether nothing narrows it.
    pub is_whole: bool,
    /// What could not be done.
    pub refused: Option<String>,
}

/// A priority by word, colour and shape.
pub fn priority_tag(priority: Priority) -> AnyView {
    let (class, shape) = match priority {
        Priority::Emergency => ("hc-urgent", "◆ "),
        Priority::Urgent => ("hc-warn", "▲ "),
        Priority::Routine => ("hc-plain", ""),
    };
    view! {
        <span class=format!("hc-tag {class}")>
            {(!shape.is_empty()).then(|| view! { <span aria-hidden="true">{shape}</span> })} {priority.title()}
        </span>
    }
    .into_any()
}

/// What somebody waits for: the visit and with whom.
fn wanted(clinic: &Clinic, waiting: &Waiting, names: &BTreeMap<UserId, String>) -> String {
    let visit =
        clinic.visit_type(&waiting.visit_type).map_or(&*waiting.visit_type, |visit| &*visit.name).to_owned();
    match waiting.with.map(|id| names.get(&id)) {
        None => format!("{visit}, any doctor"),
        Some(Some(name)) => format!("{visit} with {name}"),
        Some(None) => visit,
    }
}

/// When they can come.
fn days(waiting: &Waiting) -> String {
    let part = match waiting.part {
        DayPart::Any => String::new(),
        part => format!(", {}", part.title().to_lowercase()),
    };
    format!("{} to {}{part}", short_date(waiting.from), short_date(waiting.until))
}

/// What could not be done, above everything else.
pub fn refusal(words: &str) -> AnyView {
    view! {
        <div class="govuk-error-summary" tabindex="-1" autofocus>
            <div role="alert">
                <h2 class="govuk-error-summary__title">"There is a problem"</h2>
                <div class="govuk-error-summary__body">
                    <p>{words.to_owned()}</p>
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// A button that does something with a place.
fn button(
    id: PlanId,
    step: &'static str,
    words: &'static str,
    class: &'static str,
    about: String,
) -> AnyView {
    form::post_form(
        format!("{LIST}/{id}/{step}"),
        view! {
            <button class=class>
                {words} <span class="hc-vh">", "{about}</span>
            </button>
        },
    )
}

const SMALL: &str = "govuk-button govuk-button--secondary hc-btn-s";

/// The list for staff.
pub fn page(page: WaitingPage) -> AnyView {
    let body = if page.found.items.is_empty() {
        let (why, next) = if page.is_whole {
            (
                "Nobody is on the waiting list. Times that come free can be booked by anyone.",
                (format!("{LIST}/new"), "Add a patient".to_owned()),
            )
        } else {
            (
                "Nobody on the waiting list matches these filters.",
                (LIST.to_owned(), "Show everyone".to_owned()),
            )
        };
        view! { <div class="hc-panel">{empty(why, Some(next))}</div> }.into_any()
    } else {
        table(&page)
    };
    view! {
        {page.refused.as_deref().map(refusal)}
        {back_link("/appointments", "Appointments")}
        <div class="hc-head">
            <div>
                <span class="govuk-caption-l">{page.clinic.name.clone()}</span>
                <h1 class="govuk-heading-l">"Waiting list"</h1>
            </div>
            <div class="hc-tools">
                <a href=format!("{LIST}/new") role="button" draggable="false" class="govuk-button">
                    "Add a patient"
                </a>
            </div>
        </div>
        <p class="hc-sub">
            {format!(
                "A time that comes free is offered to the first whom it suits, and held for {} minutes.",
                page.clinic.catalogue.rules.offer_minutes,
            )}
        </p>
        {filters(&page)}
        {body}
        {more(&page.here, page.found.next.as_deref(), "Next page")}
    }
    .into_any()
}

fn choices(first: &str, rest: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    std::iter::once((String::new(), first.to_owned())).chain(rest).collect()
}

fn filters(page: &WaitingPage) -> AnyView {
    let doctors = page.doctors.iter().map(|(id, name)| (id.to_string(), name.clone()));
    let visits = page.clinic.catalogue.visit_types.iter().map(|it| (it.code.clone(), it.name.clone()));
    let priorities = Priority::ALL.into_iter().map(|it| (it.name().to_owned(), it.title().to_owned()));
    let states =
        [("waiting", "Waiting"), ("offered", "Offered a time")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    view! {
        <form class="hc-panel hc-filter hc-filter--row" method="get" action=LIST novalidate>
            {form::select(&page.form, "doctor", "Doctor", "", choices("All doctors", doctors))}
            {form::select(&page.form, "type", "Visit", "", choices("All visits", visits))}
            {form::select(&page.form, "priority", "Priority", "", choices("All", priorities))}
            {form::select(&page.form, "state", "Status", "", choices("All", states.into_iter()))}
            <div class="hc-filter__act">
                <button class="govuk-button hc-btn-s">"Apply filters"</button>
                <a class="govuk-link" href=LIST>
                    "Clear"
                </a>
            </div>
        </form>
    }
    .into_any()
}

fn table(page: &WaitingPage) -> AnyView {
    let names: BTreeMap<_, _> = page.doctors.iter().cloned().collect();
    let rows: Vec<_> = page.found.items.iter().map(|place| row(page, place, &names)).collect();
    view! {
        <div class="hc-panel">
            <table class="hc-tbl">
                <caption class="hc-vh">"Waiting list, in the order in which times are offered"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Rank"</th>
                        <th scope="col">"Patient"</th>
                        <th scope="col">"Waits for"</th>
                        <th scope="col">"Can come"</th>
                        <th scope="col">"Since"</th>
                        <th scope="col">"Priority"</th>
                        <th scope="col">"Status"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(page: &WaitingPage, place: &WaitingPlace, names: &BTreeMap<UserId, String>) -> AnyView {
    let (zone, waiting) = (&page.clinic.zone, &place.waiting);
    let reason = (!waiting.reason.is_empty())
        .then(|| view! { <br /><span class="hc-sub hc-pre">{waiting.reason.clone()}</span> });
    let instead = waiting.instead_of.map(|id| {
        view! {
            <br />
            <a class="govuk-link" href=format!("/appointments/{id}")>
                {format!("Instead of A-{id}")}
            </a>
        }
    });
    let about = || waiting.patient_name.clone();
    let steps = if place.offer.is_some() {
        view! {
            {button(place.id, "accept", "Accept for them", SMALL, about())}
            {button(place.id, "decline", "Let it go", SMALL, about())}
        }
        .into_any()
    } else {
        view! {
            <a class=SMALL role="button" draggable="false" href=format!("{LIST}/{}/offer", place.id)>
                "Offer a time"
                <span class="hc-vh">", "{about()}</span>
            </a>
        }
        .into_any()
    };
    let state = match &place.offer {
        Some(offer) => view! {
            {tag("hc-arrived", "Offered")}
            <br />
            <span class="hc-sub">{offered(page, offer)}</span>
        }
        .into_any(),
        None => tag("hc-waitlisted", "Waiting"),
    };
    view! {
        <tr>
            <td data-label="Rank" class="hc-num">
                {place.rank}
            </td>
            <td data-label="Patient">
                <a class="govuk-link" href=format!("/patients/{}", place.patient)>
                    {about()}
                </a>
            </td>
            <td data-label="Waits for">{wanted(&page.clinic, waiting, names)} {reason} {instead}</td>
            <td data-label="Can come">{days(waiting)}</td>
            <td data-label="Since" class="hc-num">
                {day(zone, place.since)}
            </td>
            <td data-label="Priority">{priority_tag(waiting.priority)}</td>
            <td data-label="Status">
                {state}
                <div class="hc-actions hc-mt hc-noprint">
                    {steps} {button(place.id, "leave", "Take off", "hc-linkbtn", about())}
                </div>
            </td>
        </tr>
    }
    .into_any()
}

fn offered(page: &WaitingPage, offer: &Appointment) -> String {
    let zone = &page.clinic.zone;
    let until = offer.held_until.map(|until| format!(", until {}", clock(zone, until))).unwrap_or_default();
    let start = offer.time.start();
    format!("{}, {} with {}{until}", day(zone, start), clock(zone, start), offer.doctor.name)
}

/// A patient's own places on the list.
#[derive(Clone, Debug)]
pub struct OwnPlaces {
    /// The day.
    pub today: Date,
    /// The places.
    pub places: Vec<WaitingPlace>,
    /// All doctors.
    pub doctors: Vec<(UserId, String)>,
}

/// A patient's own places: an offered time first, with the buttons that answer it.
pub fn own(clinic: &Clinic, own: &OwnPlaces) -> Option<AnyView> {
    if own.places.is_empty() {
        return None;
    }
    let names: BTreeMap<_, _> = own.doctors.iter().cloned().collect();
    let (offered, waiting): (Vec<_>, Vec<_>) = own.places.iter().partition(|place| place.offer.is_some());
    let offers: Vec<_> = offered
        .iter()
        .filter_map(|place| place.offer.as_ref().map(|offer| offer_card(clinic, own.today, place, offer)))
        .collect();
    let cards: Vec<_> = waiting.iter().map(|place| waiting_card(clinic, place, &names)).collect();
    let cards = (!cards.is_empty()).then(|| {
        view! {
            <h2 class="govuk-heading-m">"On the waiting list"</h2>
            <ul class="hc-home">{cards}</ul>
        }
    });
    Some(
        view! { {(!offers.is_empty()).then(|| view! { <ul class="hc-home">{offers}</ul> })} {cards} }
            .into_any(),
    )
}

fn offer_card(clinic: &Clinic, today: Date, place: &WaitingPlace, offer: &Appointment) -> AnyView {
    let zone = &clinic.zone;
    let when = moment(zone, offer.time.start());
    let until = offer.held_until.map(|until| {
        let words = if zone.date(until) == today { clock(zone, until) } else { moment(zone, until) };
        format!("A time is held for you until {words}")
    });
    let instead = place.waiting.instead_of.map(|id| {
        view! { <p class="hc-sub">{format!("Accepting cancels your later appointment A-{id}.")}</p> }
    });
    view! {
        <li class="hc-panel hc-home__card hc-home__card--due">
            <h2>{until}</h2>
            <p class="hc-home__big">{when.clone()}</p>
            <p class="hc-sub">{super::visit_name(clinic, offer)}", "{offer.doctor.name.clone()}</p>
            {instead}
            <div class="hc-home__act hc-actions">
                {button(place.id, "accept", "Accept", "govuk-button", when.clone())}
                {button(place.id, "decline", "Let it go", "govuk-button govuk-button--secondary", when)}
            </div>
        </li>
    }
    .into_any()
}

fn waiting_card(clinic: &Clinic, place: &WaitingPlace, names: &BTreeMap<UserId, String>) -> AnyView {
    let waiting = &place.waiting;
    let what = wanted(clinic, waiting, names);
    let instead = waiting.instead_of.map(|id| {
        view! {
            <p class="hc-sub">
                "Sooner than "
                <a class="govuk-link" href=format!("/appointments/{id}")>
                    {format!("your appointment A-{id}")}
                </a>
            </p>
        }
    });
    view! {
        <li class="hc-panel hc-home__card">
            <p class="hc-home__big">{what.clone()}</p>
            <p>{days(waiting)}</p>
            {instead}
            <p class="hc-sub">"We hold a time for you and tell you when one comes free."</p>
            <div class="hc-home__act hc-actions">
                {button(place.id, "leave", "Leave the waiting list", "hc-linkbtn", what)}
            </div>
        </li>
    }
    .into_any()
}

/// The link by which a patient joins.
pub fn join_link(fields: &[(&str, &str)], words: &'static str) -> AnyView {
    let href = link(&format!("{LIST}/new"), fields);
    view! {
        <a class="govuk-link" href=href>
            {words}
        </a>
    }
    .into_any()
}
