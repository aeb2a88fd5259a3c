//! Notes: in full, as an editor while they are drafts, the page to sign them, words added later.

use super::{ChartPage, ON_A_PAGE, allergy_strip, nothing_at_all, pages};
use crate::ui::components::{moment, patient_banner, short_moment, warning};
use crate::ui::form::{self, FormState};
use domain::record::{Addendum, Note};
use domain::{ClinicZone, Patient, Record};
use jiff::civil::Date;
use leptos::prelude::*;
use service::Versioned;

/// What the page for a new note shows.
pub struct NewNote {
    /// The record.
    pub chart: ChartPage,
    /// What was typed.
    pub form: FormState,
}

/// What the reader may do with a note.
pub enum NoteWork {
    /// Read only.
    Read,
    /// The reader's own draft with what was typed.
    Edit(FormState),
    /// The reader's own signed note, words to be added with what was typed.
    Append(FormState),
}

/// What the page of one note shows.
pub struct NotePage {
    /// The entry.
    pub record: Versioned<Record>,
    /// What it says.
    pub note: Note,
    /// The record it belongs to, when the reader may open it.
    pub chart: Option<ChartPage>,
    /// Whose, when the record is not open to the reader.
    pub patient: Option<Patient>,
    /// What the reader may do.
    pub work: NoteWork,
    /// The text that could not be saved, because someone changed or signed the note meanwhile.
    pub rejected: Option<Note>,
    /// Whether the reader is the patient.
    pub own: bool,
    /// The clinic's zone.
    pub zone: ClinicZone,
    /// The clinic's date.
    pub today: Date,
}

/// What the page to sign a note shows.
pub struct SignPage {
    /// The note's page.
    pub page: NotePage,
    /// Whether the note was changed after the reader opened this page.
    pub changed: bool,
}

/// The sections of a note: field, what clinicians call it, what patients understand.
const SECTIONS: [(&str, &str, &str, &str); 4] = [
    ("subjective", "Subjective", "What you told us", "What the patient tells"),
    ("objective", "Objective", "What we found", "What is found"),
    ("assessment", "Assessment", "What we think it is", "What it is taken for"),
    ("plan", "Plan", "What happens next", "What is done, and when to come back"),
];

fn sections(note: &Note) -> [&str; 4] {
    [&note.subjective, &note.objective, &note.assessment, &note.plan]
}

/// A note in a list: its heading leads to the note's own page.
pub(super) fn article(page: &ChartPage, record: &Record, note: &Note) -> AnyView {
    let head = view! {
        <h2>
            <a class="govuk-link" href=format!("/medical-records/notes/{}", record.id)>
                {page.note_title(record)}
            </a>
        </h2>
        <p class="hc-sub">{moment(&page.zone, record.created_at)}", "{record.author_name.clone()}</p>
    }
    .into_any();
    whole(&page.zone, head, note, page.own)
}

fn whole(zone: &ClinicZone, head: AnyView, note: &Note, plain: bool) -> AnyView {
    let body = SECTIONS
        .into_iter()
        .zip(sections(note))
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|((_, clinical, plain_words, _), text)| {
            view! {
                <h3>{if plain { plain_words } else { clinical }}</h3>
                <p class="hc-pre">{text.to_owned()}</p>
            }
        })
        .collect_view();
    let addenda = note.addenda.iter().map(|addendum| addendum_view(zone, addendum)).collect_view();
    let signed = match &note.signature {
        Some(signature) => view! {
            <p class="hc-signed">
                <b>"Signed"</b>
                " by "
                {signature.name.clone()}
                ", "
                <span class="hc-num">{short_moment(zone, signature.at)}</span>
            </p>
        }
        .into_any(),
        None => view! {
            <p class="hc-signed hc-signed--draft">
                <b>"Draft"</b>
                ", not signed"
            </p>
        }
        .into_any(),
    };
    view! {
        <article class="hc-panel hc-note">
            <header>{head}</header>
            {body}
            {signed}
            {addenda}
        </article>
    }
    .into_any()
}

fn addendum_view(zone: &ClinicZone, addendum: &Addendum) -> AnyView {
    view! {
        <section class="hc-amend">
            <p class="hc-sub">
                "Added by "{addendum.signature.name.clone()}", "{short_moment(zone, addendum.signature.at)}
            </p>
            <p class="hc-pre">{addendum.text.clone()}</p>
        </section>
    }
    .into_any()
}

/// The part of a chart with all notes.
pub(super) fn list(page: &ChartPage) -> AnyView {
    let total = page.notes().count();
    let write = page.rights.note.then(|| {
        view! {
            <div class="govuk-button-group hc-noprint">
                <a class="govuk-button" role="button" draggable="false" href=page.path("/notes/new")>
                    "Write a note"
                </a>
            </div>
        }
    });
    if total == 0 {
        let next = page.rights.note.then(|| (page.path("/notes/new"), "Write the first note".to_owned()));
        return nothing_at_all("No notes yet.", next);
    }
    let articles = page
        .notes()
        .skip(page.skip)
        .take(ON_A_PAGE)
        .map(|(record, note)| article(page, record, note))
        .collect_view();
    view! {
        {write}
        {articles}
        {pages(page, "notes", total)}
    }
    .into_any()
}

fn text_areas(state: &FormState) -> AnyView {
    SECTIONS
        .into_iter()
        .map(|(name, clinical, _, hint)| form::text_area(state, name, clinical, hint, 5))
        .collect_view()
        .into_any()
}

/// The page for a new note.
pub fn new_note(page: &NewNote) -> AnyView {
    view! {
        {form::error_summary(&page.form)}
        {patient_banner(&page.chart.chart.patient, page.chart.today, false)}
        {allergy_strip(&page.chart)}
        <div class="hc-narrow">
            <h1 class="govuk-heading-l">"Write a note"</h1>
            {form::post_form("", view! {
                {text_areas(&page.form)}
                <div class="govuk-button-group">
                    <button class="govuk-button">"Save draft"</button>
                    <a class="govuk-link" href=page.chart.path("")>
                        "Cancel"
                    </a>
                </div>
            })}
        </div>
    }
    .into_any()
}

fn title(page: &NotePage) -> String {
    page.chart.as_ref().map_or_else(|| "Note".to_owned(), |chart| chart.note_title(&page.record))
}

/// Whose note it is, and the way back to the record.
fn frame(page: &NotePage) -> AnyView {
    let back = page.record.patient.id.filter(|_| page.chart.is_some() || page.own);
    let back = back.map(|patient| {
        let path =
            if page.own { "/medical-records".to_owned() } else { format!("/medical-records/{patient}") };
        view! {
            <a class="govuk-back-link" href=path>
                "Back to the record"
            </a>
        }
    });
    let who = match (&page.chart, &page.patient) {
        (Some(chart), _) => {
            view! { {patient_banner(&chart.chart.patient, page.today, false)} {allergy_strip(chart)} }
                .into_any()
        }
        (None, Some(patient)) => patient_banner(patient, page.today, false),
        (None, None) => ().into_any(),
    };
    view! { {back} {who} }.into_any()
}

fn this_note(page: &NotePage, note: &Note) -> AnyView {
    let head = view! {
        <h2>{page.record.author_name.clone()}</h2>
        <p class="hc-sub">{moment(&page.zone, page.record.created_at)}</p>
    }
    .into_any();
    whole(&page.zone, head, note, page.own)
}

/// The page of one note.
pub fn note_page(page: &NotePage) -> AnyView {
    let summary = match &page.work {
        NoteWork::Edit(state) | NoteWork::Append(state) => form::error_summary(state),
        NoteWork::Read => None,
    };
    let work = match &page.work {
        NoteWork::Read => this_note(page, &page.note),
        NoteWork::Edit(state) => editor(page, state),
        NoteWork::Append(state) => view! { {this_note(page, &page.note)} {append(page, state)} }.into_any(),
    };
    view! {
        {summary}
        {rejection(page)}
        {frame(page)}
        <h1 class="govuk-heading-l">{title(page)}</h1>
        {other_version(page)}
        {work}
    }
    .into_any()
}

/// Says what happened when someone was quicker.
fn rejection(page: &NotePage) -> Option<AnyView> {
    page.rejected.as_ref()?;
    let words = if page.note.is_signed() {
        "Your words are not saved: what is signed cannot change any more. They are kept below; copy what is missing into an addition."
    } else {
        "Nothing of yours is saved yet. What is stored now stands first, what you typed stands in the fields: compare, then save again."
    };
    Some(
        view! {
            <div class="govuk-error-summary" tabindex="-1" autofocus>
                <div role="alert">
                    <h2 class="govuk-error-summary__title">"This note was changed meanwhile"</h2>
                    <div class="govuk-error-summary__body">
                        <p>{words}</p>
                    </div>
                </div>
            </div>
        }
        .into_any(),
    )
}

/// The version that is not in the form: the stored one of a draft, the typed one of a signed note.
fn other_version(page: &NotePage) -> Option<AnyView> {
    let typed = page.rejected.as_ref()?;
    if !page.note.is_signed() {
        return Some(this_note(page, &page.note));
    }
    let head = view! { <h2>"Your words, not saved"</h2> }.into_any();
    Some(whole(&page.zone, head, typed, false))
}

fn editor(page: &NotePage, state: &FormState) -> AnyView {
    view! {
        <div class="hc-narrow">
            <p class="hc-sub">
                "Draft by "{page.record.author_name.clone()}", begun "
                {short_moment(&page.zone, page.record.created_at)}
                ". Only signed notes can be read by the patient."
            </p>
            {form::post_form("", view! {
                {form::hidden("version", state.values.get("version"))}
                {text_areas(state)}
                <div class="govuk-button-group">
                    <button class="govuk-button">"Save draft"</button>
                    <button class="govuk-button govuk-button--secondary" name="then" value="sign">
                        "Save and go on to sign"
                    </button>
                </div>
            })}
        </div>
    }
    .into_any()
}

fn append(page: &NotePage, state: &FormState) -> AnyView {
    let path = format!("/medical-records/notes/{}/addenda", page.record.id);
    view! {
        <section class="hc-narrow hc-noprint" aria-labelledby="addendum-title">
            <h2 class="govuk-heading-m" id="addendum-title">
                "Add to this note"
            </h2>
            {form::post_form(path, view! {
                {form::hidden("version", state.values.get("version"))}
                {form::text_area(
                    state,
                    "text",
                    "What to add",
                    "It is signed with your name as you save it, and stays for ever",
                    4,
                )}
                <button class="govuk-button">"Add and sign"</button>
            })}
        </section>
    }
    .into_any()
}

/// The page to sign a note: what it means, the note as it is, one button.
pub fn sign_page(sign: &SignPage) -> AnyView {
    let page = &sign.page;
    let draft = format!("/medical-records/notes/{}", page.record.id);
    let changed = sign.changed.then(|| {
        view! {
            <div class="govuk-error-summary" tabindex="-1" autofocus>
                <div role="alert">
                    <h2 class="govuk-error-summary__title">"The note was changed after you opened this page"</h2>
                    <div class="govuk-error-summary__body">
                        <p>"It is not signed. This is how it stands now: read it again before you sign."</p>
                    </div>
                </div>
            </div>
        }
    });
    view! {
        {changed}
        {frame(page)}
        <h1 class="govuk-heading-l">"Sign this note?"</h1>
        {this_note(page, &page.note)}
        {warning("Once signed, this note can never be changed or deleted by anyone. The patient can read it. You can add words later.")}
        {form::post_form("", view! {
            {form::hidden("version", page.record.version)}
            <div class="govuk-button-group">
                <button class="govuk-button">"Sign note"</button>
                <a class="govuk-link" href=draft>
                    "Go back to the draft"
                </a>
            </div>
        })}
    }
    .into_any()
}
