//! The waiting room: the board for those who work in it, and the screen in the hall, which names nobody.

use super::booking::priorities;
use super::figures::LONG_WAIT;
use super::switch::{Head, View, doctor_chips};
use super::{link, path, step_button, subject};
use crate::ui::components::{clock, empty, tag};
use crate::ui::form::{hidden, post_form};
use crate::ui::live;
use domain::{Appointment, AppointmentStatus, Priority, UserId};
use jiff::Timestamp;
use jiff::civil::Date;
use leptos::prelude::*;
use service::scheduling::{Hall, HallEntry, WaitingRoom};
use service::{Clinic, Versioned};

/// Most patients who are expected next.
const NEXT: usize = 10;
/// Most lines of each kind on the screen in the hall.
const LINES: usize = 8;

/// What the board shows.
pub struct BoardPage {
    /// The clinic.
    pub clinic: Clinic,
    /// Today at the clinic.
    pub today: Date,
    /// The present moment.
    pub now: Timestamp,
    /// Who is here and who is expected.
    pub room: WaitingRoom,
    /// All doctors: id and name.
    pub doctors: Vec<(UserId, String)>,
    /// The doctor that the board is narrowed to.
    pub chosen: Option<UserId>,
    /// Whether the caller books.
    pub may_book: bool,
    /// Whether the caller takes visits on.
    pub may_advance: bool,
}

impl BoardPage {
    fn doctor(&self) -> String {
        self.chosen.map(|id| id.to_string()).unwrap_or_default()
    }

    fn here(&self) -> String {
        View::Board.address("", &self.doctor())
    }
}

/// The colour and the words of a priority; a shape before the word tells it without the colour.
fn priority_tag(priority: Priority) -> AnyView {
    match priority {
        Priority::Emergency => tag("hc-urgent hc-prio--2", priority.title()),
        Priority::Urgent => tag("hc-did-not-attend hc-prio--1", priority.title()),
        Priority::Routine => tag("hc-plain", priority.title()),
    }
}

/// The board.
pub fn page(page: &BoardPage, since: u64) -> AnyView {
    let (date, doctor) = (page.today.to_string(), page.doctor());
    let head = Head {
        clinic: &page.clinic.name,
        title: "Waiting room".to_owned(),
        view: View::Board,
        date: &date,
        doctor: &doctor,
        steps: None,
        may_book: false,
        sees_room: true,
    };
    let walk_in = page.may_book.then(|| {
        let fields = [("doctor", &*doctor), ("date", &*date), ("arrived", "yes")];
        view! {
            <a class="govuk-button" role="button" draggable="false" href=link("/appointments/new", &fields)>
                "Book a walk-in"
            </a>
        }
    });
    let minutes =
        |since: Option<Timestamp>| since.map_or(0, |since| page.now.duration_since(since).as_mins().max(0));
    let waiting: Vec<_> =
        page.room.waiting.iter().map(|visit| waiting(page, visit, minutes(visit.arrived_at))).collect();
    let count = waiting.len();
    let title = format!("{count} waiting");
    let waiting = if waiting.is_empty() {
        view! { <div class="hc-panel">{empty("Nobody waits.", None)}</div> }.into_any()
    } else {
        view! { <ol class="hc-wait">{waiting}</ol> }.into_any()
    };
    let body = view! {
        <h2 class="govuk-heading-m">{title}</h2>
        {waiting}
        {others(page, "With a doctor", &page.room.called, usize::MAX, AppointmentStatus::Fulfilled, "Complete")}
        {others(page, "Expected next", &page.room.expected, NEXT, AppointmentStatus::Arrived, "Check in")}
    };
    view! {
        {head.view()}
        {doctor_chips(&page.doctors, page.chosen, |doctor| View::Board.address("", doctor))}
        <div class="hc-actions hc-noprint hc-board__acts">
            {walk_in}
            <a class="govuk-link" href="/appointments/hall">
                "Screen for the hall"
            </a>
        </div>
        {live::view(since, page.here(), body)}
    }
    .into_any()
}

/// With whom, and where.
fn place(page: &BoardPage, visit: &Appointment) -> String {
    let room = visit.room.as_deref().map(|code| format!(" · {}", page.clinic.catalogue.room_name(code)));
    format!(
        "{} with {}{}",
        clock(&page.clinic.zone, visit.time.start()),
        visit.doctor.name,
        room.unwrap_or_default()
    )
}

fn waiting(page: &BoardPage, visit: &Versioned<Appointment>, minutes: i64) -> AnyView {
    let class = if minutes >= LONG_WAIT { "hc-panel is-long" } else { "hc-panel" };
    let acts = page.may_advance.then(|| {
        view! {
            <div class="hc-actions hc-noprint">
                {step_button(visit, AppointmentStatus::InProgress, "Call in", "govuk-button hc-btn-s", &page.here())}
                {priority_form(page, visit)}
            </div>
        }
    });
    view! {
        <li class=class>
            <div class="hc-wait__prio">{priority_tag(visit.priority)}</div>
            <div class="hc-wait__who">
                <a class="govuk-link" href=path(visit)>
                    {visit.patient.name.clone()}
                </a>
                <span class="hc-sub">{place(page, visit)}</span>
                <span class="hc-sub">{subject(&page.clinic, visit)}</span>
            </div>
            <p class="hc-wait__min">
                <b>{minutes}</b>
                " min"
                {(minutes >= LONG_WAIT).then_some(", long wait")}
            </p>
            {acts}
        </li>
    }
    .into_any()
}

fn priority_form(page: &BoardPage, visit: &Versioned<Appointment>) -> AnyView {
    let id = format!("priority{}", visit.id);
    let options: Vec<_> = priorities()
        .into_iter()
        .map(|(value, words)| {
            let selected = value == visit.priority.name();
            view! {
                <option value=value selected=selected>
                    {words}
                </option>
            }
        })
        .collect();
    post_form(
        format!("{}/priority", path(visit)),
        view! {
            {hidden("version", visit.version)}
            {hidden("return", page.here())}
            <div class="hc-prio-form">
                <label class="hc-vh" for=id.clone()>
                    {format!("Priority of {}", visit.patient.name)}
                </label>
                <select class="govuk-select" id=id name="priority">
                    {options}
                </select>
                <button class="govuk-button govuk-button--secondary hc-btn-s">
                    "Set"
                    <span class="hc-vh">{format!(" priority of {}", visit.patient.name)}</span>
                </button>
            </div>
        },
    )
}

/// Those who do not wait, with the one step that comes next.
fn others(
    page: &BoardPage,
    title: &'static str,
    visits: &[Versioned<Appointment>],
    most: usize,
    to: AppointmentStatus,
    words: &'static str,
) -> Option<AnyView> {
    if visits.is_empty() {
        return None;
    }
    let items: Vec<_> = visits
        .iter()
        .take(most)
        .map(|visit| {
            let act = page.may_advance.then(|| {
                let class = "govuk-button govuk-button--secondary hc-btn-s";
                let missed = to == AppointmentStatus::Arrived && visit.time.start() < page.now;
                let missed = missed
                    .then(|| step_button(visit, AppointmentStatus::NoShow, "Did not attend", class, &page.here()));
                view! {
                    <div class="hc-actions hc-noprint">{step_button(visit, to, words, class, &page.here())} {missed}</div>
                }
            });
            view! {
                <li class="hc-panel">
                    <div class="hc-wait__who">
                        <a class="govuk-link" href=path(visit)>
                            {visit.patient.name.clone()}
                        </a>
                        <span class="hc-sub">{place(page, visit)}</span>
                    </div>
                    {act}
                </li>
            }
        })
        .collect();
    Some(
        view! {
            <h2 class="govuk-heading-m">{title}</h2>
            <ol class="hc-wait hc-wait--plain">{items}</ol>
        }
        .into_any(),
    )
}

/// The screen in the hall.
pub fn hall(hall: &Hall, time: String) -> AnyView {
    let called: Vec<_> = hall.called.iter().take(LINES).map(called).collect();
    let called = if called.is_empty() {
        view! { <p class="hc-hall__none">"Nobody is called at the moment"</p> }.into_any()
    } else {
        view! { <ol class="hc-hall__called">{called}</ol> }.into_any()
    };
    let waiting: Vec<_> = hall
        .waiting
        .iter()
        .take(LINES)
        .map(|entry| {
            view! {
                <li>
                    <b class="hc-num">{entry.reference.clone()}</b>
                    " "
                    {entry.initials.clone()}
                </li>
            }
        })
        .collect();
    let more = hall.waiting.len().saturating_sub(LINES);
    view! {
        <div class="hc-hall">
            <div class="hc-hall__head">
                <h1>"Now called"</h1>
                <p class="hc-num">{time}</p>
            </div>
            {called}
            <h2>{format!("{} waiting", hall.waiting.len())}</h2>
            <ol class="hc-hall__waiting">
                {waiting}
                {(more > 0).then(|| view! { <li>{format!("and {more} more")}</li> })}
            </ol>
            <div class="hc-hall__foot hc-actions">
                <p>"Look for your booking reference and your initials."</p>
                <a class="govuk-link" href="/appointments/board">
                    "Back to the board"
                </a>
                <form method="post" action="/signout">
                    <button class="hc-linkbtn">"Sign out"</button>
                </form>
            </div>
        </div>
    }
    .into_any()
}

fn called(entry: &HallEntry) -> AnyView {
    let room = entry.room.clone().unwrap_or_else(|| entry.doctor.clone());
    let with =
        entry.room.is_some().then(|| view! { <span class="hc-hall__with">{entry.doctor.clone()}</span> });
    view! {
        <li>
            <b class="hc-num">{entry.reference.clone()}</b>
            <span class="hc-hall__who">{entry.initials.clone()}</span>
            <span class="hc-hall__room">
                <span aria-hidden="true">"→ "</span>
                <span class="hc-vh">"to "</span>
                {room}
            </span>
            {with}
        </li>
    }
    .into_any()
}
