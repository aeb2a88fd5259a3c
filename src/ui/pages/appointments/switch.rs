//! What the views of the schedule share: the heading, the steps to other days, the switch of views, the doctors.

use super::link;
use domain::UserId;
use leptos::prelude::*;

/// The views of the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A day, a column for each doctor.
    Day,
    /// A week of one doctor, or how full it is for each.
    Week,
    /// How full the days of a month are.
    Month,
    /// Appointments one below the other.
    List,
    /// Who is in the waiting room.
    Board,
}

impl View {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Day, "Day"),
        (Self::Week, "Week"),
        (Self::Month, "Month"),
        (Self::List, "List"),
        (Self::Board, "Board"),
    ];

    /// Where the view of a date and a doctor (both may be empty) is found.
    pub fn address(self, date: &str, doctor: &str) -> String {
        match self {
            Self::Day => link("/appointments", &[("date", date), ("doctor", doctor)]),
            Self::Week => link("/appointments", &[("view", "week"), ("date", date), ("doctor", doctor)]),
            Self::Month => link("/appointments", &[("view", "month"), ("date", date), ("doctor", doctor)]),
            Self::List => link("/appointments", &[("view", "list"), ("from", date), ("doctor", doctor)]),
            Self::Board => link("/appointments/board", &[("doctor", doctor)]),
        }
    }
}

/// The way to what comes before and after.
pub struct Steps {
    /// What is stepped by: `day`, `week`, `month`.
    pub unit: &'static str,
    /// Addresses of the one before, of today's and of the one after.
    pub to: [String; 3],
    /// Whether today's is shown.
    pub is_current: bool,
}

/// The head of a view.
pub struct Head<'h> {
    /// Stands above the heading.
    pub clinic: &'h str,
    /// The heading.
    pub title: String,
    /// Which view this is.
    pub view: View,
    /// The date that other views show, as `2026-11-23`; may be empty.
    pub date: &'h str,
    /// The doctor that other views show; may be empty.
    pub doctor: &'h str,
    /// The way to other days; none for a view that is always of now.
    pub steps: Option<Steps>,
    /// Whether the caller books.
    pub may_book: bool,
    /// Whether the caller sees who is in the waiting room.
    pub sees_room: bool,
}

impl Head<'_> {
    /// The head.
    pub fn view(self) -> AnyView {
        let (date, doctor) = (self.date, self.doctor);
        let book = self.may_book.then(|| book_button(&[("doctor", doctor), ("date", date)]));
        view! {
            <div class="hc-head">
                <div>
                    <span class="govuk-caption-l">{self.clinic.to_owned()}</span>
                    <h1 class="govuk-heading-l">{self.title}</h1>
                </div>
                <div class="hc-tools">{self.steps.map(steps)} {views(date, doctor, self.view, self.sees_room)} {book}</div>
            </div>
        }
        .into_any()
    }
}

fn steps(steps: Steps) -> AnyView {
    let [before, today, after] = steps.to;
    let unit = steps.unit;
    let label = format!("{}{}", unit[..1].to_uppercase(), &unit[1..]);
    view! {
        <nav class="hc-seg" aria-label=label>
            <a href=before>
                <span aria-hidden="true">"‹"</span>
                <span class="hc-vh">{format!("Previous {unit}")}</span>
            </a>
            <a href=today aria-current=steps.is_current.then_some("date")>
                "Today"
            </a>
            <a href=after>
                <span aria-hidden="true">"›"</span>
                <span class="hc-vh">{format!("Next {unit}")}</span>
            </a>
        </nav>
    }
    .into_any()
}

/// The switch of views; date and doctor are kept where the view has them.
fn views(date: &str, doctor: &str, current: View, sees_room: bool) -> AnyView {
    let links: Vec<_> = View::ALL
        .into_iter()
        .filter(|(view, _)| sees_room || *view != View::Board)
        .map(|(view, words)| {
            view! {
                <a href=view.address(date, doctor) aria-current=(view == current).then_some("true")>
                    {words}
                </a>
            }
        })
        .collect();
    view! {
        <nav class="hc-seg hc-seg--views" aria-label="View">
            {links}
        </nav>
    }
    .into_any()
}

/// The button that leads to booking.
fn book_button(fields: &[(&str, &str)]) -> AnyView {
    view! {
        <a href=link("/appointments/new", fields) role="button" draggable="false" class="govuk-button">
            "Book appointment"
        </a>
    }
    .into_any()
}

/// The doctors that a view can be narrowed to; `address` makes the link for one (empty: for all).
pub fn doctor_chips(
    doctors: &[(UserId, String)],
    chosen: Option<UserId>,
    address: impl Fn(&str) -> String,
) -> Option<AnyView> {
    if doctors.len() < 2 {
        return None;
    }
    let chip = |id: Option<UserId>, name: String| {
        let href = address(&id.map(|id| id.to_string()).unwrap_or_default());
        view! {
            <li>
                <a class="hc-chip" href=href aria-current=(id == chosen).then_some("true")>
                    {name}
                </a>
            </li>
        }
    };
    let all = chip(None, "All doctors".to_owned());
    let each: Vec<_> = doctors.iter().map(|(id, name)| chip(Some(*id), name.clone())).collect();
    Some(
        view! {
            <ul class="hc-chips" aria-label="Doctors">
                {all}
                {each}
            </ul>
        }
        .into_any(),
    )
}
