//! Views of medical records: the chart's frame and what its parts share; each part has its own file.

pub mod emergency;
mod entry_forms;
mod home;
mod medicines;
mod notes;
mod own;
mod ranges;
mod summary;
mod timeline;
mod unlinked;
mod vitals;

pub use entry_forms::{EntryForm, EntryKind, entry_form};
pub use home::{HomePage, home};
pub use notes::{NewNote, NotePage, NoteWork, SignPage, new_note, note_page, sign_page};
pub use own::{no_record, own_record};
pub use unlinked::{LinkPage, UnlinkedPage, link, unlinked};

use crate::ui::components::{day, empty, patient_banner};
use crate::ui::pages::care_team;
use domain::catalogue::VisitType;
use domain::record::{Allergy, Note};
use domain::{Appointment, AppointmentId, AssignmentWindow, ClinicZone, Patient, Record, RecordBody, UserId};
use jiff::civil::Date;
use leptos::prelude::*;
use service::Versioned;
use service::records::Chart;

/// The parts of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What matters at a glance.
    #[default]
    Summary,
    /// Notes in full.
    Notes,
    /// Measurements.
    Vitals,
    /// Medicines, problems and allergies.
    Medicines,
    /// Appointments.
    Visits,
}

impl Tab {
    const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Summary, "summary", "Summary"),
        (Self::Notes, "notes", "Notes"),
        (Self::Vitals, "vitals", "Vitals"),
        (Self::Medicines, "medicines", "Medicines & problems"),
        (Self::Visits, "visits", "Visits"),
    ];

    /// The part with this name in the address; the summary for all else.
    pub fn named(name: &str) -> Self {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map_or_else(Self::default, |(tab, _, _)| *tab)
    }
}

/// What the reader may write.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rights {
    /// Vitals and allergies.
    pub intake: bool,
    /// Notes.
    pub note: bool,
    /// Medicines and diagnoses.
    pub prescribe: bool,
}

/// What a chart shows.
pub struct ChartPage {
    /// The record.
    pub chart: Chart,
    /// The part that is open.
    pub tab: Tab,
    /// The visit in which it was opened.
    pub appointment: Option<AppointmentId>,
    /// How many entries of a long list were left behind.
    pub skip: usize,
    /// What the reader may write.
    pub rights: Rights,
    /// Who reads.
    pub reader: Option<UserId>,
    /// Whether the reader is the patient.
    pub own: bool,
    /// The clinic's zone.
    pub zone: ClinicZone,
    /// The clinic's date.
    pub today: Date,
    /// What the clinic offers.
    pub visit_types: Vec<VisitType>,
}

/// Entries on one page of a long list.
const ON_A_PAGE: usize = 20;

impl ChartPage {
    /// The address of a form or part of this chart, with the visit kept.
    fn path(&self, rest: &str) -> String {
        let base = format!("/medical-records/{}{rest}", self.chart.patient.id);
        match self.appointment {
            Some(visit) if rest.contains('?') => format!("{base}&appointment={visit}"),
            Some(visit) => format!("{base}?appointment={visit}"),
            None => base,
        }
    }

    fn tab_path(&self, name: &str) -> String {
        if name == "summary" { self.path("") } else { self.path(&format!("?tab={name}")) }
    }

    fn visit_name(&self, visit: &Appointment) -> String {
        let known = self.visit_types.iter().find(|known| known.code == visit.visit_type);
        known.map_or_else(|| "Appointment".to_owned(), |known| known.name.clone())
    }

    /// What a note is called: the visit that it was written in.
    fn note_title(&self, record: &Record) -> String {
        let visit =
            record.appointment.and_then(|id| self.chart.appointments.iter().find(|visit| visit.id == id));
        visit.map_or_else(|| "Note".to_owned(), |visit| self.visit_name(visit))
    }

    fn notes(&self) -> impl Iterator<Item = (&Versioned<Record>, &Note)> {
        self.chart.entries.iter().filter_map(|entry| match &entry.body {
            RecordBody::Note(note) => Some((entry, note)),
            _ => None,
        })
    }

    /// The severe ones first, then the newest.
    fn allergies(&self) -> Vec<(&Versioned<Record>, &Allergy)> {
        let mut found: Vec<_> = self
            .chart
            .entries
            .iter()
            .filter_map(|entry| match &entry.body {
                RecordBody::Allergy(allergy) => Some((entry, allergy)),
                _ => None,
            })
            .collect();
        found.sort_by_key(|(_, allergy)| std::cmp::Reverse(allergy.severity));
        found
    }
}

/// The chart as clinicians see it.
pub fn chart(page: &ChartPage) -> AnyView {
    let body = match page.tab {
        Tab::Summary => summary::summary(page),
        Tab::Notes => notes::list(page),
        Tab::Vitals => vitals::tab(page),
        Tab::Medicines => medicines::tab(page),
        Tab::Visits => timeline::visits(page),
    };
    view! {
        {page.chart.emergency_until.map(|until| emergency::banner(page.chart.patient.id, until, &page.zone))}
        {patient_banner(&page.chart.patient, page.today, true)}
        {allergy_strip(page)}
        {sub_navigation(page)}
        {body}
    }
    .into_any()
}

/// What a clinician sees of a patient whom they do not treat at present.
pub fn out_of_care(
    patient: &Patient,
    today: Date,
    window: AssignmentWindow,
    may_break_glass: bool,
) -> AnyView {
    let emergency = may_break_glass.then(|| {
        view! {
            <h2 class="govuk-heading-m">"Is it an emergency?"</h2>
            <p class="govuk-body">"You can read the record for 60 minutes. Your reason is written down and checked."</p>
            <a class="govuk-button govuk-button--warning" role="button" draggable="false" href=format!("/medical-records/{}/emergency", patient.id)>
                "Emergency access"
            </a>
        }
    });
    view! {
        {patient_banner(patient, today, false)}
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">"This record is closed to you"</h1>
            <p class="govuk-body">
                {care_team::who_treats(window)}
            </p>
            <div class="govuk-button-group">
                <a class="govuk-button" role="button" draggable="false" href=format!("/appointments/new?patient={}", patient.id)>
                    "Book an appointment"
                </a>
                <a class="govuk-link" href="/medical-records">
                    "Find another patient"
                </a>
            </div>
            {emergency}
        </div>
    }
    .into_any()
}

fn sub_navigation(page: &ChartPage) -> AnyView {
    let links = Tab::ALL
        .into_iter()
        .map(|(tab, name, words)| {
            let current = (tab == page.tab).then_some("page");
            view! {
                <a href=page.tab_path(name) aria-current=current>
                    {words}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="hc-subnav hc-noprint" aria-label="Record">
            {links}
        </nav>
    }
    .into_any()
}

fn warning_sign() -> AnyView {
    view! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M12 2 1 21h22z" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"></path>
            <path d="M12 9v6m0 2.5v.5" stroke="currentColor" stroke-width="2.4"></path>
        </svg>
    }
    .into_any()
}

/// Allergies on every page of a record: the worst one in words, calm when none is recorded.
fn allergy_strip(page: &ChartPage) -> AnyView {
    let allergies = page.allergies();
    let add = page.rights.intake.then(|| {
        view! {
            " "
            <a class="govuk-link hc-noprint" href=page.path("/allergies")>
                "Add an allergy"
            </a>
        }
    });
    let Some((entry, worst)) = allergies.first() else {
        return view! {
            <div class="hc-alert hc-alert--none">
                <p>"No allergies recorded." {add}</p>
            </div>
        }
        .into_any();
    };
    let reaction = if worst.reaction.is_empty() { String::new() } else { format!("{}, ", worst.reaction) };
    let words =
        format!(" – {reaction}{}, recorded {}.", worst.severity.name(), day(&page.zone, entry.created_at));
    let others: Vec<String> = allergies.iter().skip(1).map(|(_, other)| other.substance.clone()).collect();
    let others = (!others.is_empty()).then(|| format!(" Also: {}.", others.join(", ")));
    let all = (!page.own).then(|| {
        let words = match allergies.len() {
            1 => "Details".to_owned(),
            count => format!("All {count} allergies"),
        };
        view! {
            " "
            <a class="govuk-link hc-noprint" href=format!("{}#allergies", page.tab_path("medicines"))>
                {words}
            </a>
        }
    });
    view! {
        <div class="hc-alert">
            {warning_sign()}
            <p>
                <b>"Allergy: "{worst.substance.clone()}</b>
                {words}
                {others}
                {all}
                {add}
            </p>
        </div>
    }
    .into_any()
}

/// A card with a heading and, if the reader may do something there, a link.
fn panel(
    id: &'static str,
    title: &'static str,
    tool: Option<(String, &'static str)>,
    body: AnyView,
) -> AnyView {
    let tool = tool.map(|(path, words)| {
        view! {
            <p class="hc-mt hc-mb0 hc-noprint">
                <a class="govuk-link" href=path>
                    {words}
                </a>
            </p>
        }
    });
    view! {
        <section class="hc-panel hc-pad" id=id>
            <h2>{title}</h2>
            {body}
            {tool}
        </section>
    }
    .into_any()
}

/// What a part says when there is nothing in it.
fn nothing(words: &'static str) -> AnyView {
    view! { <p class="hc-sub">{words}</p> }.into_any()
}

/// The same for a whole page.
fn nothing_at_all(words: &'static str, next: Option<(String, String)>) -> AnyView {
    view! { <div class="hc-panel">{empty(words, next)}</div> }.into_any()
}

/// Older and newer entries of a long list in a part of the chart.
fn pages(page: &ChartPage, name: &str, total: usize) -> Option<AnyView> {
    if total <= ON_A_PAGE {
        return None;
    }
    let link = |skip: usize, words: &'static str| {
        let path = page.path(&format!("?tab={name}&skip={skip}"));
        view! {
            <a class="govuk-link" href=path>
                {words}
            </a>
            " "
        }
    };
    let newer = (page.skip > 0).then(|| link(page.skip.saturating_sub(ON_A_PAGE), "Newer"));
    let older = (page.skip + ON_A_PAGE < total).then(|| link(page.skip + ON_A_PAGE, "Older"));
    Some(
        view! {
            <nav class="hc-more hc-noprint" aria-label="Pages">
                {newer}
                {older}
            </nav>
        }
        .into_any(),
    )
}
