//! The summary of a chart: what matters at a glance.

use super::{ChartPage, medicines, notes, panel, timeline, vitals, warning_sign};
use crate::ui::components::{clock, day, short_moment};
use domain::AppointmentStatus;
use leptos::prelude::*;

/// The first part of a chart.
pub(super) fn summary(page: &ChartPage) -> AnyView {
    view! {
        {unsigned(page)}
        {actions(page)}
        <div class="hc-grid">
            <div class="hc-stack">
                {vitals::blood_pressure(page)} {vitals::latest(page, false)} {latest_note(page)}
            </div>
            <div class="hc-stack">
                {next_visit(page)} {medicines::medicines(page)} {medicines::problems(page)}
                {timeline::timeline(page)}
            </div>
        </div>
    }
    .into_any()
}

fn actions(page: &ChartPage) -> AnyView {
    let offers =
        [(page.rights.note, "/notes/new", "Write a note"), (page.rights.intake, "/vitals", "Record vitals")];
    let mut class = "govuk-button";
    let buttons: Vec<AnyView> = offers
        .into_iter()
        .filter(|(may, _, _)| *may)
        .map(|(_, rest, words)| {
            let own = std::mem::replace(&mut class, "govuk-button govuk-button--secondary");
            view! {
                <a class=own role="button" draggable="false" href=page.path(rest)>
                    {words}
                </a>
            }
            .into_any()
        })
        .collect();
    view! { <div class="govuk-button-group hc-noprint">{buttons}</div> }.into_any()
}

/// The reader's own draft, so that it is not forgotten.
fn unsigned(page: &ChartPage) -> Option<AnyView> {
    let (entry, _) = page
        .notes()
        .find(|(entry, note)| !note.is_signed() && entry.author.is_some() && entry.author == page.reader)?;
    Some(
        view! {
            <div class="hc-alert hc-alert--ask hc-noprint">
                {warning_sign()}
                <p>
                    <b>"Your note is not signed."</b>
                    " Begun "
                    {short_moment(&page.zone, entry.created_at)}
                    ". "
                    <a class="govuk-link" href=format!("/medical-records/notes/{}", entry.id)>
                        "Go on with it"
                    </a>
                </p>
            </div>
        }
        .into_any(),
    )
}

fn latest_note(page: &ChartPage) -> AnyView {
    match page.notes().find(|(_, note)| note.is_signed()) {
        Some((entry, note)) => notes::article(page, entry, note),
        None => panel("note", "Latest note", None, super::nothing("No signed notes yet.")),
    }
}

/// What is planned next, today's visit included.
fn next_visit(page: &ChartPage) -> Option<AnyView> {
    let live = |status| {
        matches!(
            status,
            AppointmentStatus::Booked | AppointmentStatus::Arrived | AppointmentStatus::InProgress
        )
    };
    let visit = page
        .chart
        .appointments
        .iter()
        .filter(|visit| live(visit.status) && page.zone.date(visit.time.start()) >= page.today)
        .min_by_key(|visit| visit.time.start())?;
    let at = visit.time.start();
    let when = if page.zone.date(at) == page.today {
        format!("Today {}", clock(&page.zone, at))
    } else {
        format!("{}, {}", day(&page.zone, at), clock(&page.zone, at))
    };
    let reason = (!visit.reason.is_empty()).then(|| view! { <p>{visit.reason.clone()}</p> });
    let body = view! {
        <p>
            <b>{when}</b>
            ", "
            {page.visit_name(visit)}
            ", "
            {visit.doctor.name.clone()}
            ". "
            {visit.status.title()}
            "."
        </p>
        {reason}
    }
    .into_any();
    Some(panel("next", "Next visit", Some((format!("/appointments/{}", visit.id), "Open")), body))
}
