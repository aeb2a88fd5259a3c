//! One appointment: what was agreed, what can be done next, what happened so far.

use super::{
    back_link, link, next_step, path, row, state_tag, step_button, step_words, times, visit_name, when,
};
use crate::islands::PatientTypeahead;
use crate::ui::components::{clock, empty, moment, short_moment};
use crate::ui::form::{hidden, post_form};
use domain::time::short_date;
use domain::{Appointment, AppointmentStatus, Patient, UserId};
use jiff::Timestamp;
use leptos::prelude::*;
use service::patients::PatientSummary;
use service::scheduling::SeriesView;
use service::scheduling::notices::MessageSummary;
use service::{Clinic, Versioned};
use std::collections::BTreeMap;

/// What the page shows, and what the caller may do.
pub struct DetailPage {
    /// The clinic.
    pub clinic: Clinic,
    /// The appointment.
    pub appointment: Versioned<Appointment>,
    /// The patient, where the caller may know more than the name.
    pub patient: Option<Patient>,
    /// The present moment.
    pub now: Timestamp,
    /// Whether the patient looks at it.
    pub is_own: bool,
    /// Whether the caller changes the status of visits.
    pub may_advance: bool,
    /// Whether the caller may still move or cancel it.
    pub may_change: bool,
    /// Whether the caller can take its cancellation back.
    pub may_restore: bool,
    /// Whether the caller opens medical records.
    pub may_read_records: bool,
    /// What was and will be sent about it; none for patients.
    pub messages: Vec<MessageSummary>,
    /// Whether the caller has messages tried again.
    pub may_retry: bool,
    /// Names of people in the history.
    pub names: BTreeMap<UserId, String>,
    /// For entries without a patient: the search.
    pub linking: Option<Linking>,
    /// The series that it is one of.
    pub series: Option<SeriesView>,
    /// Whether the caller changes series.
    pub may_change_series: bool,
    /// Where the list is.
    pub back: String,
}

/// The search for the patient of an entry that only has a written name.
pub struct Linking {
    /// What was searched for.
    pub query: String,
    /// Who was found.
    pub found: Vec<PatientSummary>,
}

/// The page.
pub fn page(page: DetailPage) -> AnyView {
    let zone = &page.clinic.zone;
    let at = when(zone, &page.appointment);
    let (caption, heading) = if page.is_own {
        (visit_name(&page.clinic, &page.appointment), at)
    } else {
        (at, page.appointment.patient.name.clone())
    };
    let back = if page.is_own { "Your appointments" } else { "Back to the day" };
    view! {
        {back_link(page.back.clone(), back)}
        <div class="hc-head">
            <div>
                <span class="govuk-caption-l">{caption}</span>
                <h1 class="govuk-heading-l">{heading}</h1>
            </div>
            <div>{state_tag(&page.appointment)}</div>
        </div>
        {cancelled(&page)}
        {page.linking.as_ref().map(|linking| link_panel(&page, linking))}
        <div class="hc-grid">
            <div class="hc-stack">{details(&page)} {actions(&page)}</div>
            <div class="hc-stack">{series(&page)} {history(&page)} {messages(&page)}</div>
        </div>
    }
    .into_any()
}

fn messages(page: &DetailPage) -> Option<AnyView> {
    super::messages::panel(&page.clinic.zone, &page.messages, page.may_retry, &path(&page.appointment))
}

fn series(page: &DetailPage) -> Option<AnyView> {
    let series = page.series.as_ref()?;
    let is_open =
        page.appointment.status == AppointmentStatus::Booked && page.appointment.time.start() > page.now;
    Some(super::series::panel(&page.clinic, series, &page.appointment, page.may_change_series && is_open))
}

fn cancelled(page: &DetailPage) -> Option<AnyView> {
    let appointment = &page.appointment;
    if !appointment.status.is_cancelled() {
        return None;
    }
    let again = if page.may_restore {
        post_form(
            format!("{}/restore", path(appointment)),
            view! {
                {hidden("version", appointment.version)}
                <button class="govuk-button govuk-button--secondary">"Undo: book it again"</button>
            },
        )
    } else if page.is_own {
        let href = link("/appointments/book/doctor", &[("type", &appointment.visit_type)]);
        view! {
            <p>
                <a class="govuk-link" href=href>
                    "Book another time"
                </a>
            </p>
        }
        .into_any()
    } else {
        ().into_any()
    };
    Some(
        view! {
            <div class="govuk-inset-text">
                <p>"This appointment is cancelled. Its time is free for others."</p>
                {again}
            </div>
        }
        .into_any(),
    )
}

fn details(page: &DetailPage) -> AnyView {
    let appointment = &page.appointment;
    let who = (!page.is_own).then(|| {
        let name = match appointment.patient.id {
            Some(id) => view! {
                <a class="govuk-link" href=format!("/patients/{id}")>
                    {appointment.patient.name.clone()}
                </a>
            }
            .into_any(),
            None => appointment.patient.name.clone().into_any(),
        };
        row("Patient", view! { {name} <br /> {identity(page.patient.as_ref())} })
    });
    let phone = page.patient.as_ref().and_then(|patient| patient.phone.as_ref()).filter(|_| !page.is_own);
    let reason = (!appointment.reason.is_empty())
        .then(|| row("Reason", view! { <span class="hc-pre">{appointment.reason.clone()}</span> }));
    let over = appointment
        .overbooked_because
        .clone()
        .filter(|_| !page.is_own)
        .map(|why| row("Overbooked because", why));
    let confirmed =
        appointment.confirmed_at.map(|at| row("Confirmed by patient", moment(&page.clinic.zone, at)));
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Details"</h2>
            <dl class="govuk-summary-list">
                {who} {phone.map(|phone| row("Phone", phone.as_str().to_owned()))}
                {row("Visit", visit_name(&page.clinic, appointment))} {row("Doctor", appointment.doctor.name.clone())}
                {row("When", format!("{} ({})", when(&page.clinic.zone, appointment), times(&page.clinic.zone, appointment)))}
                {confirmed} {reason} {over}
                {row("Reference", view! { <span class="hc-num">{appointment.reference()}</span> })}
            </dl>
        </section>
    }
    .into_any()
}

fn actions(page: &DetailPage) -> Option<AnyView> {
    let appointment = &page.appointment;
    let here = path(appointment);
    let steps = page.may_advance.then(|| steps(page, &here));
    let change = page.may_change.then(|| {
        view! {
            <a class="govuk-button govuk-button--secondary" role="button" draggable="false" href=format!("{here}/move")>
                "Move"
            </a>
            <a class="govuk-button govuk-button--secondary" role="button" draggable="false" href=format!("{here}/cancel")>
                "Cancel appointment"
            </a>
        }
    });
    let rule = (page.is_own && appointment.status == AppointmentStatus::Booked)
        .then(|| rule(&page.clinic, page.may_change));
    let record = page.may_read_records.then(|| appointment.patient.id).flatten().map(|id| {
        view! {
            <a class="govuk-link" href=format!("/medical-records/{id}")>
                "Open the record"
            </a>
        }
    });
    let calendar = (!appointment.status.is_cancelled()).then(|| {
        view! {
            <a class="govuk-link" href=format!("{here}/calendar.ics") download="">
                "Add to a calendar (.ics)"
            </a>
        }
    });
    let sooner = (page.is_own && appointment.status == AppointmentStatus::Booked).then(|| {
        let id = appointment.id.to_string();
        super::waiting_list::join_link(&[("instead", &id)], "Tell me if a sooner time comes free")
    });
    if appointment.status.is_cancelled() && record.is_none() {
        return None;
    }
    Some(
        view! {
            <section class="hc-panel hc-pad hc-noprint">
                <h2>"What next"</h2>
                {rule}
                <div class="hc-actions">{steps} {change}</div>
                {page.may_change.then(|| undo_move(page))}
                <div class="hc-actions hc-mt">{record} {calendar} {sooner}</div>
            </section>
        }
        .into_any(),
    )
}

/// A move that was the last thing done can be taken back while the time before it is to come.
fn undo_move(page: &DetailPage) -> Option<AnyView> {
    let appointment = &page.appointment;
    let last = appointment.history.last()?;
    let before = last.moved_from.filter(|from| *from > page.now)?;
    let doctor = last.moved_from_doctor.as_ref().unwrap_or(&appointment.doctor);
    let zone = &page.clinic.zone;
    let date = zone.date(before);
    let slot = format!("{}~{date}~{}", doctor.id?, clock(zone, before));
    let words = match &last.moved_from_doctor {
        Some(doctor) => format!("Undo: back to {}, {}", moment(zone, before), doctor.name),
        None => format!("Undo: back to {}", moment(zone, before)),
    };
    let fields = view! {
        {hidden("version", appointment.version)} {hidden("slot", slot)} {hidden("shownDate", date)}
        <button class="hc-linkbtn">{words}</button>
    };
    Some(post_form(format!("{}/move", path(appointment)), fields))
}

/// Forward steps as buttons, a step back as a link.
fn steps(page: &DetailPage, here: &str) -> AnyView {
    let appointment = &page.appointment;
    let forward = next_step(appointment.status)
        .map(|to| step_button(appointment, to, step_words(to), "govuk-button", here));
    let missed = (appointment.status == AppointmentStatus::Booked).then(|| {
        let to = AppointmentStatus::NoShow;
        step_button(appointment, to, step_words(to), "govuk-button govuk-button--secondary", here)
    });
    let back = match appointment.status {
        AppointmentStatus::Arrived => Some((AppointmentStatus::Booked, "Undo: not arrived yet")),
        AppointmentStatus::InProgress => Some((AppointmentStatus::Arrived, "Undo: still waiting")),
        AppointmentStatus::Fulfilled => Some((AppointmentStatus::InProgress, "Undo: still in progress")),
        AppointmentStatus::NoShow => Some((AppointmentStatus::Arrived, "Undo: the patient came")),
        _ => None,
    };
    let back = back.map(|(to, words)| step_button(appointment, to, words, "hc-linkbtn", here));
    view! { {forward} {missed} {back} }.into_any()
}

/// The rule for patients who change their mind.
pub fn rule(clinic: &Clinic, may_change: bool) -> AnyView {
    let hours = clinic.catalogue.rules.patient_change_hours;
    let words = if may_change {
        format!("You can move or cancel this appointment until {hours} hours before it begins.")
    } else {
        format!(
            "It is less than {hours} hours until this appointment, so it cannot be changed here. Call the clinic."
        )
    };
    view! { <p class="hc-sub">{words}</p> }.into_any()
}

fn history(page: &DetailPage) -> AnyView {
    let appointment = &page.appointment;
    let zone = &page.clinic.zone;
    let by = |user: Option<UserId>| {
        user.and_then(|id| page.names.get(&id)).map(|name| format!(", {name}")).unwrap_or_default()
    };
    let steps: Vec<_> = appointment
        .history
        .iter()
        .rev()
        .map(|entry| {
            let with = entry.moved_from_doctor.as_ref().map(|doctor| format!(", {}", doctor.name));
            let what = entry.moved_from.map_or_else(
                || entry.status.title().to_owned(),
                |from| format!("Moved from {}{}", moment(zone, from), with.unwrap_or_default()),
            );
            // What staff noted among themselves is not for the patient.
            let is_told = !page.is_own || entry.by.is_some_and(|by| page.names.contains_key(&by));
            let reason = (!entry.reason.is_empty() && is_told)
                .then(|| view! { <p class="hc-sub hc-pre">{entry.reason.clone()}</p> });
            let who = by(entry.by);
            view! {
                <li class="hc-tl__visit">
                    <b>{what}</b>
                    <span class="hc-sub">
                        <span class="hc-num">{short_moment(zone, entry.at)}</span>
                        {who}
                    </span>
                    {reason}
                </li>
            }
        })
        .collect();
    view! {
        <section class="hc-panel hc-pad">
            <h2>"History"</h2>
            <ol class="hc-tl">
                {steps} <li class="hc-tl__visit">
                    <b>"Booked"</b>
                    <span class="hc-sub">
                        <span class="hc-num">{short_moment(zone, appointment.created_at)}</span>
                        {by(appointment.created_by)}
                    </span>
                </li>
            </ol>
        </section>
    }
    .into_any()
}

fn link_panel(page: &DetailPage, linking: &Linking) -> AnyView {
    let here = path(&page.appointment);
    let found: Vec<_> = linking.found.iter().map(|patient| link_row(page, patient)).collect();
    let results = if !found.is_empty() {
        view! {
            <div class="hc-panel">
                <table class="hc-tbl">
                    <caption class="hc-vh">"Patients found"</caption>
                    <tbody>{found}</tbody>
                </table>
            </div>
        }
        .into_any()
    } else if linking.query.is_empty() {
        ().into_any()
    } else {
        let next = Some(("/patients/new".to_owned(), "Register a new patient".to_owned()));
        empty(format!("No patient matches “{}”.", linking.query), next)
    };
    view! {
        <section class="hc-panel hc-pad hc-noprint" aria-labelledby="link-title">
            <h2 id="link-title">"Not linked to a patient"</h2>
            <p>"Only the written name is known. Find the patient to connect this appointment with the record."</p>
            <form class="hc-search" role="search" method="get" action=here.clone()>
                <label class="hc-vh" for="q">
                    "Find a patient"
                </label>
                <PatientTypeahead action=format!("{here}?patient=") value=linking.query.clone() />
                <button class="govuk-button govuk-button--secondary">"Search"</button>
            </form>
            {results}
        </section>
    }
    .into_any()
}

fn link_row(page: &DetailPage, patient: &PatientSummary) -> AnyView {
    let born = patient.birth_date.map(|birth| format!("{} · ", short_date(birth)));
    let name = patient.name.full();
    view! {
        <tr>
            <td data-label="Patient">
                <b>{patient.name.formal()}</b>
                <br />
                <span class="hc-sub hc-num">{born}"MRN "{patient.mrn.to_string()}</span>
            </td>
            <td class="hc-tbl__act">
                {post_form(format!("{}/link", path(&page.appointment)), view! {
                    {hidden("version", page.appointment.version)} {hidden("patientId", patient.id)}
                    <button class="govuk-button hc-btn-s">
                        "Link" <span class="hc-vh">" to "{name}</span>
                    </button>
                })}
            </td>
        </tr>
    }
    .into_any()
}

/// Date of birth and number of a patient.
fn identity(patient: Option<&Patient>) -> AnyView {
    let Some(patient) = patient else {
        return view! { <span class="hc-sub">"Not linked to a patient"</span> }.into_any();
    };
    let born = patient.birth_date.map(|birth| {
        view! {
            <span class="hc-num">{short_date(birth)}</span>
            " · "
        }
    });
    view! {
        <span class="hc-sub">
            {born} <span class="hc-num">"MRN "{patient.mrn.to_string()}</span>
        </span>
    }
    .into_any()
}
