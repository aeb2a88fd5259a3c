//! Small parts that several pages share: tags, empty states, dates in the clinic's zone, patient banner.

use domain::invoice::InvoiceStatus;
use domain::time::{age_in_years, clock_time, long_date, short_date};
use domain::{AppointmentStatus, ClinicZone, Invoice, Patient};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

/// `09:30` at the clinic.
pub fn clock(zone: &ClinicZone, at: Timestamp) -> String {
    clock_time(zone.local(at).time())
}

/// `23 Nov 2026` at the clinic.
pub fn day(zone: &ClinicZone, at: Timestamp) -> String {
    short_date(zone.date(at))
}

/// `Monday 23 November 2026, 09:30` at the clinic.
pub fn moment(zone: &ClinicZone, at: Timestamp) -> String {
    format!("{}, {}", long_date(zone.date(at)), clock(zone, at))
}

/// `23 Nov 2026, 09:30` at the clinic.
pub fn short_moment(zone: &ClinicZone, at: Timestamp) -> String {
    format!("{}, {}", day(zone, at), clock(zone, at))
}

/// `15 minutes`, `12 hours`.
pub fn length(duration: SignedDuration) -> String {
    let plural = |count: i64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    match duration.as_mins() {
        minutes if minutes % 60 == 0 => plural(minutes / 60, "hour"),
        minutes => plural(minutes, "minute"),
    }
}

/// The colour class of an appointment's status.
pub const fn status_class(status: AppointmentStatus) -> &'static str {
    match status {
        AppointmentStatus::Proposed | AppointmentStatus::Lapsed => "hc-plain",
        AppointmentStatus::Booked => "hc-booked",
        AppointmentStatus::Arrived => "hc-arrived",
        AppointmentStatus::InProgress => "hc-in-progress",
        AppointmentStatus::Fulfilled => "hc-completed",
        AppointmentStatus::NoShow => "hc-did-not-attend",
        AppointmentStatus::CancelledByPatient | AppointmentStatus::CancelledByClinic => "hc-cancelled",
    }
}

/// An appointment's status as a tag.
pub fn status_tag(status: AppointmentStatus) -> AnyView {
    tag(status_class(status), status.title())
}

/// A bill's status as a tag; overdue ones say so, and paid ones of which money was given back.
pub fn invoice_tag(invoice: &Invoice, today: Date) -> AnyView {
    if invoice.is_overdue(today) {
        return tag("hc-overdue", "Overdue");
    }
    let (refunded, paid) = (invoice.refunded().minor, invoice.paid().minor);
    if invoice.status() == InvoiceStatus::Paid && refunded > 0 {
        return tag("hc-refunded", if refunded >= paid { "Refunded" } else { "Partly refunded" });
    }
    let class = match invoice.status() {
        InvoiceStatus::Draft => "hc-draft",
        InvoiceStatus::Issued => "hc-issued",
        InvoiceStatus::PartlyPaid => "hc-part-paid",
        InvoiceStatus::Paid => "hc-paid",
        InvoiceStatus::Recorded => "hc-plain",
    };
    tag(class, invoice.status().title())
}

/// A word in a coloured box.
pub fn tag(class: &'static str, words: impl Into<String>) -> AnyView {
    let words = words.into();
    view! { <span class=format!("hc-tag {class}")>{words}</span> }.into_any()
}

/// What cannot be undone, or must not be overlooked.
pub fn warning(words: impl Into<String>) -> AnyView {
    let words = words.into();
    view! {
        <div class="govuk-warning-text">
            <span class="govuk-warning-text__icon" aria-hidden="true">
                "!"
            </span>
            <strong class="govuk-warning-text__text">
                <span class="govuk-visually-hidden">"Warning: "</span>
                {words}
            </strong>
        </div>
    }
    .into_any()
}

/// An empty state: why there is nothing, and what to do next (path and words).
pub fn empty(why: impl Into<String>, next: Option<(String, String)>) -> AnyView {
    let why = why.into();
    view! {
        <div class="hc-empty">
            <svg viewBox="0 0 48 48" aria-hidden="true">
                <rect x="7" y="10" width="34" height="30" rx="4" fill="none" stroke="currentColor" stroke-width="2"></rect>
                <path d="M7 19h34M16 6v8M32 6v8" fill="none" stroke="currentColor" stroke-width="2"></path>
            </svg>
            <p>{why}</p>
            {next
                .map(|(path, words)| {
                    view! {
                        <p>
                            <a class="govuk-link" href=path>
                                {words}
                            </a>
                        </p>
                    }
                })}
        </div>
    }
    .into_any()
}

/// The link to the next page of a list that keeps its filters: `path` with `cursor` added.
pub fn more(path: &str, next: Option<&str>, words: &'static str) -> Option<AnyView> {
    let cursor = next?;
    let joint = if path.contains('?') { '&' } else { '?' };
    let href = format!("{path}{joint}cursor={cursor}");
    Some(
        view! {
            <nav class="hc-more" aria-label="Pages">
                <a class="govuk-link" href=href>
                    {words}
                </a>
            </nav>
        }
        .into_any(),
    )
}

/// Who the patient is, on every page of a record and on print.
pub fn patient_banner(patient: &Patient, today: Date, is_heading: bool) -> AnyView {
    let name = patient.name.formal();
    let name = if is_heading {
        view! { <h1 class="hc-pt__name">{name}</h1> }.into_any()
    } else {
        view! { <p class="hc-pt__name">{name}</p> }.into_any()
    };
    let born = patient.birth_date.map_or_else(
        || "Not recorded".to_owned(),
        |birth| format!("{} ({} y)", short_date(birth), age_in_years(birth, today)),
    );
    let phone = patient.phone.as_ref().map(|phone| {
        view! {
            <div>
                <dt>"Phone"</dt>
                <dd>{phone.as_str().to_owned()}</dd>
            </div>
        }
    });
    view! {
        <section class="hc-panel hc-pt" aria-label="Patient">
            {name}
            <dl>
                <div>
                    <dt>"Born"</dt>
                    <dd>{born}</dd>
                </div>
                <div>
                    <dt>"Sex"</dt>
                    <dd>{patient.sex.title()}</dd>
                </div>
                <div>
                    <dt>"MRN"</dt>
                    <dd>{patient.mrn.to_string()}</dd>
                </div>
                {phone}
            </dl>
        </section>
    }
    .into_any()
}
