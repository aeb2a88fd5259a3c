//! A patient books in small steps, each its own page that carries the choices in its address.

use super::link;
use crate::ui::components::empty;
use crate::ui::form::{self, FormState};
use crate::ui::pages::appointments::check::{Instead, instead};
use domain::UserId;
use domain::time::long_date;
use jiff::ToSpan;
use jiff::civil::Date;
use leptos::prelude::*;
use service::Clinic;
use service::scheduling::FreeDay;

/// What was chosen so far: the values in the address.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Code of the kind of visit.
    pub visit_type: String,
    /// The doctor, empty for the first available.
    pub doctor: String,
    /// The day, as `2026-11-23`.
    pub date: String,
    /// The time that is held; no step's address but the last one's has it.
    pub hold: String,
}

impl Choices {
    /// The address of a step with these choices.
    pub fn at(&self, step: &str) -> String {
        let fields = [("type", &*self.visit_type), ("doctor", &*self.doctor), ("date", &*self.date)];
        link(&format!("/appointments/book{step}"), &fields)
    }

    /// The address of the last step, for what is held.
    pub fn check(&self, hold: &str) -> String {
        self.with("/check", "hold", hold)
    }

    /// The address of a step with one more choice.
    pub fn with(&self, step: &str, name: &str, value: &str) -> String {
        let mut fields = vec![("type", &*self.visit_type), ("doctor", &*self.doctor), ("date", &*self.date)];
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        link(&format!("/appointments/book{step}"), &fields)
    }
}

/// The steps: words, path.
const STEPS: [(&str, &str); 5] =
    [("Reason", ""), ("Doctor", "/doctor"), ("Day", "/day"), ("Time", "/time"), ("Check", "/check")];

/// Progress, then heading; steps behind are links.
pub(super) fn frame(choices: &Choices, step: usize, heading: &'static str, body: AnyView) -> AnyView {
    let items: Vec<_> = STEPS
        .iter()
        .enumerate()
        .map(|(position, (words, path))| {
            if position < step {
                let href = choices.at(path);
                view! {
                    <li class="is-done">
                        <a href=href>{*words}</a>
                    </li>
                }
                .into_any()
            } else {
                view! { <li aria-current=(position == step).then_some("step")>{*words}</li> }.into_any()
            }
        })
        .collect();
    let back = if step == 0 { "/appointments".to_owned() } else { choices.at(STEPS[step - 1].1) };
    view! {
        {super::back_link(back, "Back")}
        <ol class="hc-steps" aria-label="Progress">
            {items}
        </ol>
        <h1 class="govuk-heading-l">{heading}</h1>
        {body}
    }
    .into_any()
}

/// A list of large links.
fn choices_list(items: Vec<(String, String, String)>) -> AnyView {
    let items: Vec<_> = items
        .into_iter()
        .map(|(href, words, hint)| {
            view! {
                <li class="hc-panel hc-home__card">
                    <p class="hc-home__big">
                        <a class="govuk-link" href=href>
                            {words}
                        </a>
                    </p>
                    <p class="hc-sub">{hint}</p>
                </li>
            }
        })
        .collect();
    view! { <ul class="hc-home">{items}</ul> }.into_any()
}

/// Step 1: the kind of visit.
pub fn visit_type(clinic: &Clinic, choices: &Choices) -> AnyView {
    let items = clinic
        .catalogue
        .visit_types
        .iter()
        .filter(|visit| visit.self_service)
        .map(|visit| {
            (
                choices.with("/doctor", "type", &visit.code),
                visit.name.clone(),
                format!("{} minutes", visit.minutes),
            )
        })
        .collect();
    let urgent = view! {
        <div class="govuk-inset-text">"If you feel very unwell, call the clinic or the emergency number. Do not wait for an appointment."</div>
    };
    frame(choices, 0, "What is the appointment for?", view! { {choices_list(items)} {urgent} }.into_any())
}

/// Step 2: the doctor.
pub fn doctor(choices: &Choices, doctors: &[(UserId, String, String)]) -> AnyView {
    let first = (
        choices.with("/day", "doctor", ""),
        "First available".to_owned(),
        "Whoever is free first".to_owned(),
    );
    let items = std::iter::once(first)
        .chain(doctors.iter().map(|(id, name, next)| {
            (choices.with("/day", "doctor", &id.to_string()), name.clone(), next.clone())
        }))
        .collect();
    frame(choices, 1, "Whom would you like to see?", choices_list(items))
}

/// One month of days with the number of free times.
pub struct Month {
    /// The first of the month.
    pub first: Date,
    /// Today at the clinic.
    pub today: Date,
    /// The days of the month.
    pub days: Vec<FreeDay>,
    /// Whether the month before and after can be booked.
    pub has_previous: bool,
    /// See above.
    pub has_next: bool,
}

/// Step 3: the day.
pub fn day(choices: &Choices, month: &Month) -> AnyView {
    let name = |date: Date| date.strftime("%B %Y").to_string();
    let address = |date: Date| choices.with("/day", "month", &date.strftime("%Y-%m").to_string());
    let previous = month.has_previous.then(|| month.first.saturating_sub(1.month()));
    let next = month.has_next.then(|| month.first.saturating_add(1.month()));
    let nothing = month.days.iter().all(|day| day.slots.is_empty());
    let why = nothing.then(|| {
        let next = next.map(|next| (address(next), format!("Look at {}", name(next))));
        view! { <div class="hc-panel">{empty("Nothing is free in this month.", next)}</div> }
    });
    let body = view! {
        <div class="hc-month-nav">
            {previous
                .map(|date| {
                    view! {
                        <a class="govuk-link" href=address(date)>
                            "‹ "
                            {name(date)}
                        </a>
                    }
                })}
            <h2 class="govuk-heading-m">{name(month.first)}</h2>
            {next
                .map(|date| {
                    view! {
                        <a class="govuk-link" href=address(date)>
                            {name(date)}
                            " ›"
                        </a>
                    }
                })}
        </div>
        {month_table(choices, month)}
        {why}
        {waiting_link(choices)}
    };
    frame(choices, 2, "Which day suits you?", body.into_any())
}

/// For whom no time suits.
fn waiting_link(choices: &Choices) -> AnyView {
    let fields = [("type", &*choices.visit_type), ("doctor", &*choices.doctor)];
    view! {
        <p class="govuk-body">
            "No time suits you? "
            {super::waiting_list::join_link(&fields, "Join the waiting list")}
        </p>
    }
    .into_any()
}

fn month_table(choices: &Choices, month: &Month) -> AnyView {
    const DAYS: [(&str, &str); 7] = [
        ("Monday", "Mon"),
        ("Tuesday", "Tue"),
        ("Wednesday", "Wed"),
        ("Thursday", "Thu"),
        ("Friday", "Fri"),
        ("Saturday", "Sat"),
        ("Sunday", "Sun"),
    ];
    let heads = DAYS.map(|(name, short)| {
        view! {
            <th scope="col">
                <abbr title=name>{short}</abbr>
            </th>
        }
    });
    let blank = || view! { <td class="is-out"></td> }.into_any();
    let before = usize::try_from(month.first.weekday().to_monday_zero_offset()).unwrap_or_default();
    let mut cells: Vec<AnyView> = std::iter::repeat_with(blank).take(before).collect();
    cells.extend(month.days.iter().map(|day| month_cell(choices, day, month.today)));
    while !cells.len().is_multiple_of(7) {
        cells.push(blank());
    }
    let mut rows = Vec::new();
    let mut cells = cells.into_iter().peekable();
    while cells.peek().is_some() {
        let week: Vec<_> = cells.by_ref().take(7).collect();
        rows.push(view! { <tr>{week}</tr> });
    }
    let caption = format!("Free days in {}", month.first.strftime("%B %Y"));
    view! {
        <table class="hc-month">
            <caption class="hc-vh">{caption}</caption>
            <thead>
                <tr>{heads}</tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn month_cell(choices: &Choices, day: &FreeDay, today: Date) -> AnyView {
    let is_today = day.date == today;
    let number = day.date.day();
    match day.slots.len() {
        0 => {
            let class = if is_today { "is-today" } else { "" };
            view! {
                <td class=class>
                    <span>{number}</span>
                    <small>"–"<span class="hc-vh">" nothing free"</span></small>
                </td>
            }
            .into_any()
        }
        free => {
            let class = if is_today { "is-free is-today" } else { "is-free" };
            let label =
                format!("{}, {free} free {}", long_date(day.date), if free == 1 { "time" } else { "times" });
            let is_chosen = choices.date == day.date.to_string();
            view! {
                <td class=class>
                    <a
                        href=choices.with("/time", "date", &day.date.to_string())
                        aria-label=label
                        aria-current=is_chosen.then_some("date")
                    >
                        <span>{number}</span>
                        <small>{free}" free"</small>
                    </a>
                </td>
            }
            .into_any()
        }
    }
}

/// A time as a button: its value, time, doctor (may be empty).
pub type TimeButton = (String, String, String);

/// Where choosing a time goes.
pub(super) const HOLD: &str = "/appointments/book/hold";

/// Step 4: the time; parts of the day with their times. Choosing one holds it.
pub fn time(
    choices: &Choices,
    date: Date,
    groups: Vec<(String, Vec<TimeButton>)>,
    form: &FormState,
    taken: Option<Instead>,
) -> AnyView {
    let body = if groups.is_empty() {
        let next = Some((choices.at("/day"), "Choose another day".to_owned()));
        view! { <div class="hc-panel">{empty("Nothing is free on this day any more.", next)}</div> }
            .into_any()
    } else {
        let groups: Vec<_> = groups.into_iter().map(|(title, times)| time_group(title, times)).collect();
        form::post_form(
            HOLD,
            view! {
                {form::hidden("type", &choices.visit_type)}
                {form::hidden("doctor", &choices.doctor)}
                <div class="hc-slots" id="slot">
                    {groups}
                </div>
            },
        )
    };
    let body = view! {
        <h2 class="govuk-heading-m">{long_date(date)}</h2>
        {body}
        {waiting_link(choices)}
    };
    view! {
        {taken.map(|taken| instead(choices, taken, form.values.get("reason")))}
        {form::error_summary(form)}
        {frame(choices, 3, "At what time?", body.into_any())}
    }
    .into_any()
}

fn time_group(title: String, times: Vec<TimeButton>) -> AnyView {
    let items: Vec<_> = times
        .into_iter()
        .map(|(value, time, doctor)| {
            let doctor = (!doctor.is_empty()).then(|| view! { <small>{doctor}</small> });
            view! {
                <li>
                    <button name="slot" value=value>{time} {doctor}</button>
                </li>
            }
        })
        .collect();
    view! {
        <h3>{title}</h3>
        <ul>{items}</ul>
    }
    .into_any()
}
