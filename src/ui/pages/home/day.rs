//! Today's visits as home pages show them: counted, as a table, as the waiting room.

use super::{Kpi, links, panel};
use crate::ui::components::{clock, empty, status_tag};
use crate::ui::form::{hidden, post_form};
use domain::time::short_date;
use domain::{Appointment, AppointmentId, AppointmentStatus, Patient, PatientId, UserId};
use jiff::Timestamp;
use jiff::civil::Date;
use leptos::prelude::*;
use service::scheduling::Day;
use service::{Clinic, Version, Versioned};

/// Minutes after which someone has waited long.
const LONG_WAIT: i64 = 20;

/// One visit, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Which.
    pub id: AppointmentId,
    /// How often it was written.
    pub version: Version,
    /// When it begins.
    pub start: Timestamp,
    /// `09:30`.
    pub time: String,
    /// The patient, if linked.
    pub patient: Option<PatientId>,
    /// The patient's name.
    pub name: String,
    /// Birth date and record number; none for unlinked names.
    pub identity: Vec<String>,
    /// What for.
    pub what: String,
    /// With whom.
    pub doctor: String,
    /// Where it stands.
    pub status: AppointmentStatus,
    /// Minutes in the waiting room, while there.
    pub waited: Option<i64>,
}

/// A day's visits.
#[derive(Clone, Debug)]
pub struct Today {
    /// The day.
    pub date: Date,
    /// Now.
    pub now: Timestamp,
    /// All visits that are not called off, by time.
    pub visits: Vec<Visit>,
    /// How many slots the doctors offer.
    pub slots: usize,
}

impl Today {
    /// The day's visits, only those of one doctor if asked.
    pub fn of(day: &Day, clinic: &Clinic, now: Timestamp, only: Option<UserId>) -> Self {
        let is_wanted = |doctor: Option<UserId>| only.is_none_or(|only| doctor == Some(only));
        let columns = day.doctors.iter().filter(|column| is_wanted(Some(column.doctor.id)));
        let slots = columns.map(|column| column.slots.len()).sum();
        let all = day.doctors.iter().flat_map(|column| &column.appointments).chain(&day.unassigned);
        let mut visits: Vec<Visit> = all
            .filter(|appointment| is_wanted(appointment.doctor.id))
            .map(|appointment| {
                let patient = appointment.patient.id.and_then(|id| day.patients.get(&id));
                visit(appointment, patient, clinic, now)
            })
            .collect();
        visits.sort_by_key(|visit| (visit.start, visit.id));
        Self { date: day.date, now, visits, slots }
    }

    /// How many stand so.
    pub fn count(&self, status: AppointmentStatus) -> usize {
        self.visits.iter().filter(|visit| visit.status == status).count()
    }

    /// Visits that stand so.
    pub fn with(&self, status: AppointmentStatus) -> Vec<&Visit> {
        self.visits.iter().filter(|visit| visit.status == status).collect()
    }

    /// Who waits, longest first.
    pub fn waiting(&self) -> Vec<&Visit> {
        let mut waiting = self.with(AppointmentStatus::Arrived);
        waiting.sort_by_key(|visit| (std::cmp::Reverse(visit.waited), visit.start));
        waiting
    }

    /// The figures of the day.
    pub fn kpis(&self) -> Vec<Kpi> {
        let (all, slots) = (self.visits.len(), self.slots);
        let list = |status| links::day_list(self.date, status);
        let longest = self.waiting().first().and_then(|visit| visit.waited);
        let late = longest.is_some_and(|minutes| minutes >= LONG_WAIT);
        let booked = Kpi::new("Booked", all, links::day(self.date));
        let booked = match u64::try_from(slots) {
            Ok(most) if most > 0 => booked.note(format!("of {slots} slots")).bar(
                all as u64,
                most,
                format!("{all} of {slots} slots booked"),
            ),
            _ => booked,
        };
        vec![
            booked,
            Kpi::new("Waiting now", self.count(AppointmentStatus::Arrived), list(AppointmentStatus::Arrived))
                .note(longest.map(|minutes| format!("longest {minutes} min")).unwrap_or_default())
                .alert(late),
            Kpi::new(
                "With the doctor",
                self.count(AppointmentStatus::InProgress),
                list(AppointmentStatus::InProgress),
            ),
            Kpi::new("Seen", self.count(AppointmentStatus::Fulfilled), list(AppointmentStatus::Fulfilled)),
            Kpi::new(
                "Did not attend",
                self.count(AppointmentStatus::NoShow),
                list(AppointmentStatus::NoShow),
            ),
        ]
    }
}

fn visit(
    appointment: &Versioned<Appointment>,
    patient: Option<&Patient>,
    clinic: &Clinic,
    now: Timestamp,
) -> Visit {
    let is_waiting = appointment.status == AppointmentStatus::Arrived;
    Visit {
        id: appointment.id,
        version: appointment.version,
        start: appointment.time.start(),
        time: clock(&clinic.zone, appointment.time.start()),
        patient: appointment.patient.id,
        name: patient.map_or_else(|| appointment.patient.name.clone(), |patient| patient.name.full()),
        identity: patient.map(identity).unwrap_or_default(),
        what: what(appointment, clinic),
        doctor: appointment.doctor.name.clone(),
        status: appointment.status,
        waited: appointment
            .arrived_at
            .filter(|_| is_waiting)
            .map(|arrived| now.duration_since(arrived).as_mins().max(0)),
    }
}

fn identity(patient: &Patient) -> Vec<String> {
    patient.birth_date.map(short_date).into_iter().chain([format!("MRN {}", patient.mrn)]).collect()
}

/// What the last column of a table of visits holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// The status as a tag.
    Status,
    /// The usual next step as a button.
    Step,
}

/// The visit type, and the reason if one was given.
pub fn what(appointment: &Appointment, clinic: &Clinic) -> String {
    let kind = clinic.visit_type(&appointment.visit_type).map_or("Visit", |kind| kind.name.as_str());
    if appointment.reason.is_empty() { kind.to_owned() } else { format!("{kind}: {}", appointment.reason) }
}

/// A table of visits; `chart` leads to the record instead of the appointment, `with_doctor` names the doctor.
pub fn table(
    caption: &'static str,
    visits: &[&Visit],
    chart: bool,
    with_doctor: bool,
    last: Last,
) -> AnyView {
    let rows = visits.iter().map(|visit| row(visit, chart, with_doctor, last)).collect_view();
    let last = match last {
        Last::Status => view! { <th scope="col">"Status"</th> }.into_any(),
        Last::Step => view! {
            <th scope="col">
                <span class="hc-vh">"Next step"</span>
            </th>
        }
        .into_any(),
    };
    view! {
        <table class="hc-tbl hc-tbl--lead">
            <caption class="hc-vh">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Time"</th>
                    <th scope="col">"Patient"</th>
                    <th scope="col">"Reason"</th>
                    {with_doctor.then(|| view! { <th scope="col">"Clinician"</th> })}
                    {last}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// Where the name leads: the chart of a linked patient, else the appointment.
fn link_of(visit: &Visit, chart: bool) -> String {
    visit.patient.filter(|_| chart).map_or_else(|| links::appointment(visit.id), links::chart)
}

/// The usual next step as a button that comes back to the home page.
pub fn step(visit: &Visit) -> Option<AnyView> {
    let (to, words) = match visit.status {
        AppointmentStatus::Booked => (AppointmentStatus::Arrived, "Check\u{a0}in"),
        AppointmentStatus::Arrived => (AppointmentStatus::InProgress, "Start"),
        AppointmentStatus::InProgress => (AppointmentStatus::Fulfilled, "Complete"),
        _ => return None,
    };
    let whom = format!(" {}, {}", visit.name, visit.time);
    Some(post_form(
        links::status(visit.id),
        view! {
            {hidden("version", visit.version)} {hidden("to", to.name())} {hidden("return", "/?view=day")}
            <button class="govuk-button govuk-button--secondary hc-btn-s">
                {words} <span class="hc-vh">{whom}</span>
            </button>
        },
    ))
}

fn row(visit: &Visit, chart: bool, with_doctor: bool, last: Last) -> AnyView {
    let href = link_of(visit, chart);
    let last = match last {
        Last::Status => view! { <td data-label="Status">{status_tag(visit.status)}</td> }.into_any(),
        Last::Step => view! { <td class="hc-tbl__act">{step(visit)}</td> }.into_any(),
    };
    view! {
        <tr>
            <td data-label="Time" class="hc-num">
                {visit.time.clone()}
            </td>
            <td data-label="Patient">
                <a class="govuk-link" href=href>
                    {visit.name.clone()}
                </a>
                <br />
                <span class="hc-sub">{identity_words(&visit.identity)}</span>
            </td>
            <td data-label="Reason">{visit.what.clone()}</td>
            {with_doctor.then(|| view! { <td data-label="Clinician">{visit.doctor.clone()}</td> })}
            {last}
        </tr>
    }
    .into_any()
}

/// The parts of an identity, each unbroken.
fn identity_words(parts: &[String]) -> AnyView {
    parts
        .iter()
        .enumerate()
        .map(|(index, part)| view! { {(index > 0).then_some(" · ")} <span class="hc-num">{part.clone()}</span> })
        .collect_view()
        .into_any()
}

/// Visits as cards with minutes waited, in a panel; with the button of the next step if asked.
pub fn cards(
    id: &'static str,
    title: &'static str,
    none: &'static str,
    visits: &[&Visit],
    chart: bool,
    steps: bool,
) -> AnyView {
    if visits.is_empty() {
        return panel(id, title, None, empty(none, None));
    }
    let items = visits
        .iter()
        .map(|visit| {
            let href = link_of(visit, chart);
            let is_long = visit.waited.is_some_and(|minutes| minutes >= LONG_WAIT);
            let class = if is_long { "hc-panel is-long" } else { "hc-panel" };
            let waited = visit.waited.map(|minutes| {
                view! {
                    <span class="hc-wait__min">
                        <b>{minutes}</b>
                        " min"
                    </span>
                }
            });
            view! {
                <li class=class>
                    <b>
                        <a class="govuk-link" href=href>
                            {visit.name.clone()}
                        </a>
                    </b>
                    <span class="hc-sub">{format!("{}, {} with {}", visit.what, visit.time, visit.doctor)}</span>
                    {waited} {steps.then(|| step(visit))}
                </li>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby=id>
            <h2 class="govuk-heading-m" id=id>
                {title}
            </h2>
            <ul class="hc-wait hc-mb0">{items}</ul>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Catalogue;
    use domain::appointment::{DoctorLink, PatientLink};
    use domain::{ClinicZone, Currency, TimeRange};

    fn clinic() -> Clinic {
        Clinic {
            name: "Northgate Health".to_owned(),
            zone: ClinicZone::named("Europe/London").unwrap(),
            currency: Currency::GBP,
            catalogue: Catalogue::standard(),
            sessions: domain::SessionLimits::default(),
            second_factor_roles: Vec::new(),
            assignment: domain::AssignmentWindow::default(),
        }
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + minutes * 60).unwrap()
    }

    fn appointment(id: u64, doctor: u64, start: i64, status: AppointmentStatus) -> Versioned<Appointment> {
        let value = Appointment {
            id: AppointmentId(id),
            patient: PatientLink { id: None, name: format!("Patient {id}") },
            doctor: DoctorLink { id: Some(UserId(doctor)), name: "Dr Smith".to_owned() },
            room: None,
            time: TimeRange::new(at(start), 30).unwrap(),
            visit_type: "consultation".to_owned(),
            reason: String::new(),
            status,
            overbooked_because: None,
            held_until: None,
            buffer_minutes: 0,
            series: None,
            priority: domain::Priority::Routine,
            confirmed_at: None,
            created_by: None,
            created_at: at(0),
            arrived_at: (status == AppointmentStatus::Arrived).then(|| at(start - 10)),
            history: vec![],
        };
        Versioned { value, version: 1 }
    }

    fn today(only: Option<u64>) -> Today {
        let day = Day {
            holiday: None,
            date: jiff::civil::date(2026, 11, 23),
            doctors: vec![],
            unassigned: vec![
                appointment(2, 8, 60, AppointmentStatus::Arrived),
                appointment(1, 7, 30, AppointmentStatus::Arrived),
                appointment(3, 7, 0, AppointmentStatus::Fulfilled),
            ],
            patients: std::collections::BTreeMap::new(),
        };
        Today::of(&day, &clinic(), at(70), only.map(UserId))
    }

    #[test]
    fn visits_stand_in_the_order_of_time() {
        let ids: Vec<u64> = today(None).visits.iter().map(|visit| visit.id.0).collect();
        assert_eq!(ids, [3, 1, 2]);
    }

    #[test]
    fn a_doctor_sees_the_own_visits_only() {
        assert_eq!(today(Some(7)).visits.len(), 2);
        assert_eq!(today(Some(9)).visits.len(), 0);
    }

    #[test]
    fn who_waits_longest_is_called_first() {
        let today = today(None);
        let waits: Vec<_> = today.waiting().iter().map(|visit| visit.waited).collect();
        assert_eq!(waits, [Some(50), Some(20)]);
    }
}
