//! Visits that are repeated: what is asked for, every visit before it is booked, and changes of all that follow.

use super::{back_link, link, path, state_tag};
use crate::ui::components::{clock, day, tag};
use crate::ui::form::{self, FormState, Input};
use domain::series::{Every, Rhythm};
use domain::time::{long_date, short_date};
use domain::{Appointment, UserId};
use leptos::prelude::*;
use service::scheduling::{Occurrence, SeriesView, Taken};
use service::{Clinic, Versioned};

/// Where a series begins.
pub const NEW: &str = "/appointments/series/new";

/// The fields of what is asked for, as the address and the form carry them.
pub const FIELDS: [&str; 9] =
    ["patientId", "visitType", "doctorId", "date", "time", "count", "every", "number", "until"];

/// What is asked for.
pub struct WishPage {
    /// The clinic.
    pub clinic: Clinic,
    /// The values of [`FIELDS`].
    pub form: FormState,
    /// Who comes: name, birth date and number.
    pub patient: (String, String),
    /// All doctors.
    pub doctors: Vec<(UserId, String)>,
}

/// The form.
pub fn wish(page: WishPage) -> AnyView {
    let form = &page.form;
    let visits = page.clinic.catalogue.visit_types.iter().filter(|it| it.offered);
    let visits = visits.map(|it| (it.code.clone(), format!("{} ({} min)", it.name, it.minutes))).collect();
    let doctors = page.doctors.iter().map(|(id, name)| (id.to_string(), name.clone())).collect();
    let units = Every::ALL.map(|it| (it.name().to_owned(), it.name().to_owned())).to_vec();
    let (name, detail) = page.patient.clone();
    let number = Input::text("number", "Number of visits").digits("govuk-input--width-3");
    view! {
        {form::error_summary(form)}
        {back_link("/appointments", "Appointments")}
        <h1 class="govuk-heading-l">"Book a series"</h1>
        <section class="hc-panel hc-pad">
            <p>
                <b>{name}</b>
                " "
                <span class="hc-sub hc-num">{detail}</span>
            </p>
        </section>
        <form method="get" action="/appointments/series/check" novalidate>
            {form::hidden("patientId", form.values.get("patientId"))}
            <div class="hc-row">
                {form::select(form, "visitType", "Visit", "", visits)}
                {form::select(form, "doctorId", "Doctor", "", doctors)}
            </div>
            <div class="hc-row">
                {form::input(form, Input::text("date", "First day").kind("date").hint("Of the first visit"))}
                {form::input(
                    form,
                    Input::text("time", "Time of every visit").hint("Like 10:30").width("govuk-input--width-5"),
                )}
            </div>
            <div class="hc-row">
                {form::input(form, Input::text("count", "Every").digits("govuk-input--width-3"))}
                {form::select(form, "every", "Days, weeks or months", "", units)}
            </div>
            <div class="hc-row">
                {form::input(form, number.hint("At most 52"))}
                {form::input(form, Input::text("until", "Or until").kind("date").hint("The last possible day"))}
            </div>
            <button class="govuk-button">"Show the visits"</button>
        </form>
    }
    .into_any()
}

/// Every visit before it is booked.
pub struct CheckPage {
    /// The values of [`FIELDS`], reason and the choices.
    pub form: FormState,
    /// The visits.
    pub planned: Vec<Occurrence>,
    /// Who comes, for what and with whom.
    pub summary: String,
    /// Why the booking was refused although every field was right.
    pub conflict: Option<String>,
}

/// The choice of a time as the form carries it.
fn slot(doctor: UserId, date: impl ToString, time: &str) -> String {
    format!("{doctor}~{}~{time}", date.to_string())
}

/// The page.
pub fn check(page: CheckPage) -> AnyView {
    let fields: Vec<_> =
        FIELDS.into_iter().map(|name| form::hidden(name, page.form.values.get(name))).collect();
    let values: Vec<_> = FIELDS.iter().map(|name| (*name, page.form.values.get(name))).collect();
    let back = link(NEW, &values);
    let rows: Vec<_> =
        page.planned.iter().enumerate().map(|(at, it)| check_row(&page.form, at, it)).collect();
    let troubled = page.planned.iter().filter(|it| it.trouble.is_some()).count();
    let words = match troubled {
        0 => format!("All {} visits are free.", page.planned.len()),
        count => format!(
            "{count} of {} visits cannot be had at their time: choose what becomes of them.",
            page.planned.len()
        ),
    };
    let error = page.form.errors.of("chosen").map(|code| {
        view! { <p class="govuk-error-message" id="chosen">{code.to_string()}</p> }
    });
    view! {
        {page.conflict.as_deref().map(super::waiting_list::refusal)}
        {form::error_summary(&page.form)}
        {back_link(back, "Change the series")}
        <span class="govuk-caption-l">{page.summary.clone()}</span>
        <h1 class="govuk-heading-l">"Check the visits"</h1>
        <p class="govuk-body">{words}</p>
        {form::post_form("/appointments/series", view! {
            {fields} {error}
            <div class="hc-panel">
                <table class="hc-tbl">
                    <caption class="hc-vh">"Visits of the series"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Visit"</th>
                            <th scope="col">"Day"</th>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Free"</th>
                            <th scope="col">"What to do"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {form::text_area(&page.form, "reason", "Reason (optional)", "In the patient's words", 2)}
            <button class="govuk-button">"Book these visits"</button>
        })}
    }
    .into_any()
}

fn check_row(form: &FormState, at: usize, it: &Occurrence) -> AnyView {
    let name = format!("slot{at}");
    let mut options = Vec::new();
    if it.trouble.is_none() {
        options.push((slot(it.doctor, it.date, &it.time), format!("Book {}", it.time)));
    }
    if let Some((doctor, date, time, doctor_name)) = &it.nearest {
        let with = if *doctor == it.doctor { String::new() } else { format!(" with {doctor_name}") };
        let words = if *date == it.date {
            format!("Take {time}{with}")
        } else {
            format!("Take {}, {time}{with}", short_date(*date))
        };
        options.push((slot(*doctor, date, time), words));
    }
    options.push((String::new(), "Leave out".to_owned()));
    let chosen = form.values.text(&name);
    let is_first = form.values.get("sent").is_empty();
    let options: Vec<_> = options
        .into_iter()
        .enumerate()
        .map(|(place, (value, words))| {
            // What cannot be had as planned is left out, unless another time was chosen for it.
            let is_default = if it.trouble.is_none() { place == 0 } else { value.is_empty() };
            let selected = if is_first { is_default } else { value == chosen };
            view! {
                <option value=value selected=selected>
                    {words}
                </option>
            }
        })
        .collect();
    let state = match &it.trouble {
        None => tag("hc-ok", "Free"),
        Some(trouble) => tag("hc-warn", trouble.words()),
    };
    let label = format!("What to do with the visit on {}", long_date(it.date));
    view! {
        <tr>
            <td data-label="Visit" class="hc-num">
                {at + 1}
            </td>
            <td data-label="Day">{long_date(it.date)}</td>
            <td data-label="Time" class="hc-num">
                {it.time.clone()}
            </td>
            <td data-label="Free">{state}</td>
            <td data-label="What to do">
                <select class="govuk-select" name=name aria-label=label>
                    {options}
                </select>
            </td>
        </tr>
    }
    .into_any()
}

/// `3 of 10, every 2 weeks`, and the others.
pub fn panel(
    clinic: &Clinic,
    series: &SeriesView,
    visit: &Versioned<Appointment>,
    may_change: bool,
) -> AnyView {
    let here = path(visit);
    let rhythm = series.rhythm.map(|rhythm| format!(", {}", Rhythm::title(rhythm))).unwrap_or_default();
    let rows: Vec<_> = series
        .visits
        .iter()
        .map(|it| {
            let words =
                format!("{}, {}", day(&clinic.zone, it.time.start()), clock(&clinic.zone, it.time.start()));
            let link = if it.id == visit.id {
                view! { <b class="hc-num" aria-current="true">{words}</b> }.into_any()
            } else {
                view! {
                    <a class="govuk-link hc-num" href=path(it)>
                        {words}
                    </a>
                }
                .into_any()
            };
            view! { <li class="hc-tl__visit">{link} " " {state_tag(it)}</li> }
        })
        .collect();
    let change = may_change.then(|| {
        view! {
            <div class="hc-actions hc-mt hc-noprint">
                <a class="govuk-link" href=format!("{here}/series/move")>
                    "Move this and all following"
                </a>
                <a class="govuk-link" href=format!("{here}/series/cancel")>
                    "Cancel this and all following"
                </a>
            </div>
        }
    });
    view! {
        <section class="hc-panel hc-pad">
            <h2>{format!("Series: {} of {}{rhythm}", series.number, series.visits.len())}</h2>
            <ol class="hc-tl">{rows}</ol>
            {change}
        </section>
    }
    .into_any()
}

/// Visits that cannot be had, in words.
pub fn taken_words(taken: &Taken) -> String {
    let one = |(date, time, trouble): &(String, String, service::scheduling::Trouble)| {
        let date = domain::time::parse_date(date).map_or_else(|| date.clone(), short_date);
        format!("{date}, {time}: {}", trouble.words())
    };
    let all: Vec<_> = taken.iter().map(one).collect();
    format!("Nothing was changed, because some visits cannot be had at their time. {}.", all.join(". "))
}

/// A change of a visit and all that follow it.
pub struct FollowingPage {
    /// The clinic.
    pub clinic: Clinic,
    /// The first.
    pub visit: Versioned<Appointment>,
    /// How many it concerns.
    pub count: usize,
    /// The values: doctorId, date, time, reason.
    pub form: FormState,
    /// All doctors.
    pub doctors: Vec<(UserId, String)>,
    /// Why it was refused although every field was right.
    pub conflict: Option<String>,
}

fn following(page: &FollowingPage, title: &'static str, body: AnyView) -> AnyView {
    let when = super::when(&page.clinic.zone, &page.visit);
    let count = match page.count {
        1 => "This concerns 1 visit: none follows it.".to_owned(),
        count => format!("This concerns {count} visits: this one and all that follow it."),
    };
    view! {
        {page.conflict.as_deref().map(super::waiting_list::refusal)}
        {form::error_summary(&page.form)}
        {back_link(path(&page.visit), "Back to the appointment")}
        <span class="govuk-caption-l">{format!("{}, {when}", page.visit.patient.name)}</span>
        <h1 class="govuk-heading-l">{title}</h1>
        <p class="govuk-body">{count}</p>
        {body}
    }
    .into_any()
}

/// Moving them.
pub fn moving(page: FollowingPage) -> AnyView {
    let doctors = page.doctors.iter().map(|(id, name)| (id.to_string(), name.clone())).collect();
    let body = form::post_form(
        format!("{}/series/move", path(&page.visit)),
        view! {
            {form::hidden("version", page.visit.version)}
            {form::select(&page.form, "doctorId", "Doctor", "", doctors)}
            <div class="hc-row">
                {form::input(
                    &page.form,
                    Input::text("date", "New day of this visit").kind("date").hint("The others move by as many days"),
                )}
                {form::input(
                    &page.form,
                    Input::text("time", "New time of all visits").hint("Like 10:30").width("govuk-input--width-5"),
                )}
            </div>
            {form::text_area(&page.form, "reason", "Reason (optional)", "", 2)}
            <button class="govuk-button">"Move these visits"</button>
        },
    );
    following(&page, "Move this and all following", body)
}

/// Calling them off.
pub fn cancelling(page: FollowingPage) -> AnyView {
    let body = form::post_form(
        format!("{}/series/cancel", path(&page.visit)),
        view! {
            {form::hidden("version", page.visit.version)}
            {form::text_area(&page.form, "reason", "Why are these visits cancelled?", "It stands in the history of each", 3)}
            <button class="govuk-button govuk-button--warning">"Cancel these visits"</button>
        },
    );
    following(&page, "Cancel this and all following", body)
}
