//! What was sent to patients: the log of all messages, and those of one appointment.

use super::{back_link, link};
use crate::ui::components::{empty, more, short_moment, tag};
use crate::ui::form::{self, FormState, Input, hidden, post_form};
use domain::ClinicZone;
use domain::message::{Delivery, Notice};
use leptos::prelude::*;
use service::Page;
use service::scheduling::notices::MessageSummary;

/// What the log shows.
pub struct MessagesPage {
    /// The messages that pass.
    pub messages: Page<MessageSummary>,
    /// The filters as typed: state, notice, day.
    pub form: FormState,
    /// The clinic's zone.
    pub zone: ClinicZone,
    /// This list without its cursor.
    pub here: String,
    /// Whether this is not the first page.
    pub is_later: bool,
    /// Whether the reader has messages tried again.
    pub may_retry: bool,
    /// Whether the reader opens appointments.
    pub opens_appointments: bool,
    /// Whether this clinic sends anything at all.
    pub sends: bool,
}

/// What a message is for, in words.
fn purpose(notice: Notice) -> String {
    match notice {
        Notice::Reminder { hours: 1 } => "Reminder, 1 hour before".to_owned(),
        Notice::Reminder { hours } => format!("Reminder, {hours} hours before"),
        notice => notice.title().to_owned(),
    }
}

fn state_tag(delivery: &Delivery) -> AnyView {
    let class = match delivery {
        Delivery::Waiting => "hc-warn",
        Delivery::Sent { .. } => "hc-ok",
        Delivery::Failed { .. } => "hc-bad",
        Delivery::Dropped { .. } => "hc-void",
    };
    tag(class, delivery.title())
}

/// When, and why not.
fn outcome(zone: &ClinicZone, message: &MessageSummary) -> AnyView {
    let at = |at| short_moment(zone, at);
    let last = message.tries.last().map(|failed| failed.why.clone());
    let (when, why) = match &message.delivery {
        Delivery::Sent { at: sent } => (at(*sent), None),
        Delivery::Failed { at: failed } => (at(*failed), last),
        Delivery::Dropped { at: dropped, because } => (at(*dropped), Some(because.clone())),
        Delivery::Waiting => {
            let tried = last.map(|why| match message.tries.len() {
                1 => format!("tried once: {why}"),
                times => format!("tried {times} times: {why}"),
            });
            (message.due_at.map_or_else(String::new, |due| format!("Due {}", at(due))), tried)
        }
    };
    let why = why.map(|why| view! { <div class="hc-sub">{capital(&why)}</div> });
    view! {
        <span class="hc-num">{when}</span>
        {why}
    }
    .into_any()
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn retry_button(message: &MessageSummary, back: &str) -> Option<AnyView> {
    if !matches!(message.delivery, Delivery::Failed { .. }) {
        return None;
    }
    let whose = message.patient.as_ref().map(|(_, name)| format!(" to {name}"));
    Some(post_form(
        format!("/appointments/messages/{}/retry", message.id),
        view! {
            {hidden("return", back)}
            <button class="govuk-button govuk-button--secondary hc-btn-s">
                "Send again" <span class="hc-vh">{whose}</span>
            </button>
        },
    ))
}

/// The log.
pub fn page(page: &MessagesPage) -> AnyView {
    let is_narrowed = ["state", "notice", "day"].iter().any(|name| !page.form.values.get(name).is_empty());
    let results = if !page.messages.items.is_empty() {
        table(page)
    } else if is_narrowed {
        let next = Some(("/appointments/messages".to_owned(), "Show all messages".to_owned()));
        empty("No messages match these filters.", next)
    } else if page.sends {
        empty("Nothing was sent yet. Messages are written when an appointment is booked.", None)
    } else {
        empty("This clinic sends no messages: neither email nor text messages are set up.", None)
    };
    let first = page.is_later.then(|| {
        view! {
            <p>
                <a class="govuk-link" href=page.here.clone()>
                    "First page"
                </a>
            </p>
        }
    });
    let back = if page.opens_appointments {
        back_link("/appointments", "Back to the day")
    } else {
        back_link("/appointments/schedules", "Back to the working hours")
    };
    view! {
        {form::error_summary(&page.form)}
        {back}
        <h1 class="govuk-heading-l">"Messages to patients"</h1>
        <p class="govuk-body">"Confirmations, reminders and changes of appointments, the newest first."</p>
        {filters(page)}
        <div class="hc-panel">{results}</div>
        {first}
        {more(&page.here, page.messages.next.as_deref(), "Next page")}
    }
    .into_any()
}

fn filters(page: &MessagesPage) -> AnyView {
    let all = |words: &str| (String::new(), words.to_owned());
    let pair = |(name, words): (&str, &str)| (name.to_owned(), words.to_owned());
    let states =
        [("waiting", "To be sent"), ("sent", "Sent"), ("failed", "Failed"), ("dropped", "Not needed")];
    let notices = [
        ("booked", "Confirmation"),
        ("reminder", "Reminder"),
        ("moved", "Change"),
        ("cancelled", "Cancellation"),
        ("offered", "Offer"),
    ];
    let states = std::iter::once(all("All")).chain(states.into_iter().map(pair)).collect();
    let notices = std::iter::once(all("All")).chain(notices.into_iter().map(pair)).collect();
    view! {
        <form class="hc-panel hc-filter hc-filter--row" method="get" action="/appointments/messages" novalidate>
            {form::select(&page.form, "state", "State", "", states)}
            {form::select(&page.form, "notice", "Message", "", notices)}
            {form::input(&page.form, Input::text("day", "Day of appointment").kind("date"))}
            <div class="hc-filter__act">
                <button class="govuk-button hc-btn-s">"Apply filters"</button>
                <a class="govuk-link" href="/appointments/messages">
                    "Clear"
                </a>
            </div>
        </form>
    }
    .into_any()
}

fn table(page: &MessagesPage) -> AnyView {
    let rows = page.messages.items.iter().map(|message| line(page, message)).collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"Messages"</caption>
            <thead>
                <tr>
                    <th scope="col">"Appointment"</th>
                    <th scope="col">"Message"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"When"</th>
                    <th scope="col">
                        <span class="hc-vh">"What can be done"</span>
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn line(page: &MessagesPage, message: &MessageSummary) -> AnyView {
    let start = short_moment(&page.zone, message.start);
    let appointment = match message.appointment {
        Some(id) if page.opens_appointments => view! {
            <a class="govuk-link hc-num" href=format!("/appointments/{id}")>
                {start}
            </a>
        }
        .into_any(),
        _ => view! { <span class="hc-num">{start}</span> }.into_any(),
    };
    let patient =
        message.patient.as_ref().map(|(_, name)| view! { <div class="hc-sub">{name.clone()}</div> });
    let retry = page.may_retry.then(|| retry_button(message, &page.here));
    view! {
        <tr>
            <td data-label="Appointment">{appointment} {patient}</td>
            <td data-label="Message">
                {purpose(message.notice)} <div class="hc-sub">{message.channel.title()}</div>
            </td>
            <td data-label="State">{state_tag(&message.delivery)}</td>
            <td data-label="When">{outcome(&page.zone, message)}</td>
            <td class="hc-tbl__act">{retry}</td>
        </tr>
    }
    .into_any()
}

/// The messages of one appointment, for staff.
pub fn panel(zone: &ClinicZone, messages: &[MessageSummary], may_retry: bool, here: &str) -> Option<AnyView> {
    if messages.is_empty() {
        return None;
    }
    let items = messages
        .iter()
        .map(|message| {
            let retry = may_retry.then(|| retry_button(message, here));
            view! {
                <li class="hc-tl__visit">
                    <b>{format!("{}, {}", purpose(message.notice), message.channel.title().to_lowercase())}</b>
                    " "
                    {state_tag(&message.delivery)}
                    <div class="hc-sub">{outcome(zone, message)}</div>
                    {retry}
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <section class="hc-panel hc-pad hc-noprint">
                <h2>"Messages"</h2>
                <ol class="hc-tl">{items}</ol>
            </section>
        }
        .into_any(),
    )
}

/// The address of the log with its filters.
pub fn address(form: &FormState) -> String {
    let value = |name: &'static str| (name, form.values.get(name));
    link("/appointments/messages", &[value("state"), value("notice"), value("day")])
}
