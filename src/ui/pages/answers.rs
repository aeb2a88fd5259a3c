//! Pages of the links in messages: an appointment to be confirmed or cancelled, and reminders to be stopped. They tell no more
//! than the message did, as whoever has it can open them.

use crate::ui::components::moment;
use crate::ui::form::{FormState, error_summary, hidden, post_form};
use crate::ui::pages::appointments::row;
use domain::TimeRange;
use domain::message::Channel;
use leptos::prelude::*;
use service::Clinic;
use service::scheduling::notices::{Answer, LinkState, LinkedVisit};

/// What the page of an appointment's link shows.
pub struct VisitPage {
    /// The clinic.
    pub clinic: Clinic,
    /// What is told of the appointment.
    pub visit: LinkedVisit,
    /// What was refused, and the token.
    pub form: FormState,
}

/// The page of an appointment's link.
pub fn visit(page: &VisitPage) -> AnyView {
    match &page.visit.state {
        LinkState::Open { is_confirmed, too_late } => {
            let cannot = match too_late {
                Some(why) => view! { <p class="govuk-body">{format!("{why}.")}</p> }.into_any(),
                None => cancelling(page),
            };
            view! {
                {error_summary(&page.form)}
                <h1 class="govuk-heading-l">"Your appointment"</h1>
                {facts(page, page.visit.time)}
                {if *is_confirmed { confirmed() } else { confirming(page) }}
                <h2 class="govuk-heading-m hc-mt">"You cannot come?"</h2>
                {cannot}
            }
            .into_any()
        }
        LinkState::Cancelled => closed(
            page,
            "This appointment is cancelled",
            "Its time is free for others. You do not have to do anything.",
        ),
        LinkState::Changed => closed(
            page,
            "This appointment has changed",
            "The link is of an earlier time. Use the link in the newest message, or sign in to see what was agreed.",
        ),
        LinkState::Past => closed(
            page,
            "This appointment cannot be changed any more",
            "It has begun or is over. If something is wrong, call the clinic.",
        ),
    }
}

fn facts(page: &VisitPage, time: Option<TimeRange>) -> Option<AnyView> {
    let zone = &page.clinic.zone;
    let start = time?.start();
    Some(
        view! {
            <dl class="govuk-summary-list">
                {row("When", moment(zone, start))} {row("Where", page.clinic.name.clone())}
                {row("Time zone", zone.name().to_owned())}
            </dl>
        }
        .into_any(),
    )
}

/// A button that answers.
fn answer(page: &VisitPage, answer: Answer, class: &'static str, words: &'static str) -> AnyView {
    post_form(
        "/visit",
        view! {
            {hidden("token", page.form.values.get("token"))} {hidden("answer", answer.name())}
            <button class=class>{words}</button>
        },
    )
}

fn confirming(page: &VisitPage) -> AnyView {
    view! {
        <div class="hc-mt">
            <p class="govuk-body">"Tell the clinic that you will come."</p>
            {answer(page, Answer::Confirm, "govuk-button hc-w hc-mb0", "I will come")}
        </div>
    }
    .into_any()
}

fn confirmed() -> AnyView {
    view! {
        <div class="govuk-inset-text">
            <p class="govuk-body hc-mb0">"You confirmed that you will come. You do not have to do anything else."</p>
        </div>
    }
    .into_any()
}

fn cancelling(page: &VisitPage) -> AnyView {
    view! {
        <p class="govuk-body">"Then someone else can have the time."</p>
        {answer(page, Answer::Cancel, "govuk-button govuk-button--secondary hc-w", "Cancel this appointment")}
    }
    .into_any()
}

fn closed(page: &VisitPage, heading: &'static str, what: &'static str) -> AnyView {
    view! {
        <h1 class="govuk-heading-l">{heading}</h1>
        {facts(page, page.visit.time)}
        <p class="govuk-body hc-mt">{what}</p>
        <p class="govuk-body">
            <a class="govuk-link" href="/appointments">
                "Sign in to see or book appointments"
            </a>
        </p>
    }
    .into_any()
}

/// What the page of the reminders' link shows.
pub struct RemindersPage {
    /// The clinic's name.
    pub clinic: String,
    /// The way of the reminders.
    pub channel: Channel,
    /// Whether they are sent.
    pub are_on: bool,
    /// The token.
    pub token: String,
}

/// The page of the reminders' link.
pub fn reminders(page: &RemindersPage) -> AnyView {
    let (way, clinic) = (by(page.channel), &page.clinic);
    let (heading, what, wanted, button) = if page.are_on {
        let what = format!("{clinic} reminds you of your appointments by {way}. You can stop that here.");
        ("Stop reminders?", what, "no", "Stop reminders")
    } else {
        let what = format!("{clinic} does not remind you of your appointments by {way}.");
        ("Reminders are off", what, "yes", "Send me reminders again")
    };
    let class = if page.are_on {
        "govuk-button hc-w hc-mb0"
    } else {
        "govuk-button govuk-button--secondary hc-w hc-mb0"
    };
    view! {
        <h1 class="govuk-heading-l">{heading}</h1>
        <p class="govuk-body">{what}</p>
        <p class="govuk-body">"You are always told when an appointment is booked, changed or cancelled."</p>
        {post_form("/reminders", view! {
            {hidden("token", page.token.clone())} {hidden("wanted", wanted)}
            <button class=class>{button}</button>
        })}
    }
    .into_any()
}

const fn by(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Webhook => "text message",
    }
}
