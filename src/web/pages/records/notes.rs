//! Writing, reading and signing notes.

use super::entries::visit;
use super::{chart_page, open_to_write};
use crate::ui::form::FormState;
use crate::ui::pages::records::{self as views, ChartPage, NewNote, NotePage, NoteWork, SignPage};
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::forms::Query;
use crate::web::pages::patients::id_of;
use crate::web::{FormData, PageContext, PageError};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::record::Note;
use domain::{Action, Patient, Record, RecordBody, RecordId, Role};
use service::patients::ReadPatient;
use service::records::{AddAddendum, NoteForm, ReadChart, ReadEntry, ReviseNote, SignNote, WriteNote};
use service::{ConflictKind, ServiceError, Versioned};

fn note_form(form: &FormData) -> NoteForm {
    NoteForm {
        subjective: form.text("subjective"),
        objective: form.text("objective"),
        assessment: form.text("assessment"),
        plan: form.text("plan"),
    }
}

fn record_id(text: &str) -> Result<RecordId, PageError> {
    text.parse().map_err(|_| PageError::NOT_FOUND)
}

fn version(form: &FormData) -> u64 {
    form.parse("version").unwrap_or_default()
}

pub(super) async fn new(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    cx.require(Action::WriteNote)?;
    let chart = open_to_write(&cx, id_of(&patient)?, &query).await?;
    Ok(new_page(&cx, chart, FormState::default()))
}

fn new_page(cx: &PageContext, chart: ChartPage, form: FormState) -> Response {
    let head = PageHead::new("Write a note", Section::Records).for_form(&form);
    let page = NewNote { chart, form };
    cx.render(head, move || views::new_note(&page))
}

pub(super) async fn write(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
    form: FormData,
) -> Result<Response, PageError> {
    let patient = id_of(&patient)?;
    let job = WriteNote { patient, appointment: visit(&query)?, form: note_form(&form) };
    match cx.services().execute(&cx.actor, job).await {
        Ok(note) => Ok(see_other(&format!("/medical-records/notes/{}?notice=note-saved", note.id))),
        Err(ServiceError::Invalid(errors)) if errors.of("appointmentId").is_some() => {
            Err(PageError::NOT_FOUND)
        }
        Err(ServiceError::Invalid(errors)) => {
            let chart = open_to_write(&cx, patient, &query).await?;
            Ok(new_page(&cx, chart, FormState::refused(form, errors)))
        }
        Err(error) => Err(error.into()),
    }
}

/// A note by its entry; other kinds of entries have no page.
async fn entry(cx: &PageContext, id: RecordId) -> Result<(Versioned<Record>, Note), PageError> {
    let record = cx.services().execute(&cx.actor, ReadEntry { id }).await?;
    let RecordBody::Note(note) = &record.body else { return Err(PageError::NOT_FOUND) };
    let note = note.clone();
    Ok((record, note))
}

fn is_own(cx: &PageContext, record: &Record) -> bool {
    record.author.is_some() && record.author == cx.actor.user()
}

/// The record and patient around a note. Authors finish their drafts even when the record is closed to them by now.
async fn surroundings(
    cx: &PageContext,
    record: &Record,
) -> Result<(Option<ChartPage>, Option<Patient>), PageError> {
    let Some(patient) = record.patient.id else { return Ok((None, None)) };
    match cx.services().execute(&cx.actor, ReadChart { patient }).await {
        Ok(chart) => Ok((Some(chart_page(cx, chart, &FormData::default())), None)),
        Err(ServiceError::NotFound) => {
            let patient = cx.services().execute(&cx.actor, ReadPatient { id: patient }).await?;
            Ok((None, Some(patient.value)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The fields of the editor filled from what is stored.
fn filled(note: &Note, version: u64) -> FormData {
    FormData::default()
        .with("version", version.to_string())
        .with("subjective", &note.subjective)
        .with("objective", &note.objective)
        .with("assessment", &note.assessment)
        .with("plan", &note.plan)
}

async fn note_page(
    cx: &PageContext,
    record: Versioned<Record>,
    note: Note,
    work: NoteWork,
    rejected: Option<Note>,
) -> Result<NotePage, PageError> {
    let (chart, patient) = surroundings(cx, &record).await?;
    Ok(NotePage {
        record,
        note,
        chart,
        patient,
        work,
        rejected,
        own: cx.role() == Some(Role::Patient),
        zone: cx.services().clinic().zone.clone(),
        today: cx.services().today(),
    })
}

fn show(cx: &PageContext, page: NotePage) -> Response {
    let head = PageHead::new("Note", Section::Records);
    let head = match &page.work {
        NoteWork::Edit(form) | NoteWork::Append(form) => head.for_form(form),
        NoteWork::Read => head,
    };
    let head = if page.rejected.is_some() { head.with_status(StatusCode::CONFLICT) } else { head };
    cx.render(head, move || views::note_page(&page))
}

/// What the reader may do with a note, with forms filled from what is stored.
fn work(cx: &PageContext, record: &Versioned<Record>, note: &Note) -> NoteWork {
    if !is_own(cx, record) {
        NoteWork::Read
    } else if note.is_signed() {
        let version = FormData::default().with("version", record.version.to_string());
        NoteWork::Append(FormState::fresh(version))
    } else {
        NoteWork::Edit(FormState::fresh(filled(note, record.version)))
    }
}

pub(super) async fn read(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.signed_in()?;
    let (record, note) = entry(&cx, record_id(&id)?).await?;
    let work = work(&cx, &record, &note);
    Ok(show(&cx, note_page(&cx, record, note, work, None).await?))
}

pub(super) async fn revise(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    let id = record_id(&id)?;
    let job = ReviseNote { id, expected: version(&form), form: note_form(&form) };
    match cx.services().execute(&cx.actor, job).await {
        Ok(_) if form.get("then") == "sign" => Ok(see_other(&format!("/medical-records/notes/{id}/sign"))),
        Ok(_) => Ok(see_other(&format!("/medical-records/notes/{id}?notice=note-saved"))),
        Err(ServiceError::Invalid(errors)) => {
            let (record, note) = entry(&cx, id).await?;
            let work = NoteWork::Edit(FormState::refused(form, errors));
            Ok(show(&cx, note_page(&cx, record, note, work, None).await?))
        }
        Err(ServiceError::Stale | ServiceError::Conflict(ConflictKind::Note(_))) => {
            conflict(&cx, id, form).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Someone else was quicker: both versions, and the typed one can be saved next.
async fn conflict(cx: &PageContext, id: RecordId, form: FormData) -> Result<Response, PageError> {
    let (record, note) = entry(cx, id).await?;
    let typed = Note {
        subjective: form.text("subjective"),
        objective: form.text("objective"),
        assessment: form.text("assessment"),
        plan: form.text("plan"),
        ..Note::default()
    };
    let work = if note.is_signed() {
        work(cx, &record, &note)
    } else {
        NoteWork::Edit(FormState::fresh(form.with("version", record.version.to_string())))
    };
    Ok(show(cx, note_page(cx, record, note, work, Some(typed)).await?))
}

/// The page before signing; signed notes and those of others have none.
async fn signing(cx: &PageContext, id: RecordId, changed: bool) -> Result<Response, PageError> {
    let (record, note) = entry(cx, id).await?;
    if !is_own(cx, &record) {
        return Err(PageError::NOT_FOUND);
    }
    if note.is_signed() {
        return Ok(see_other(&format!("/medical-records/notes/{id}")));
    }
    let page = note_page(cx, record, note, NoteWork::Read, None).await?;
    let head = PageHead::new("Sign this note?", Section::Records);
    let head = if changed { head.with_status(StatusCode::CONFLICT) } else { head };
    let page = SignPage { page, changed };
    Ok(cx.render(head, move || views::sign_page(&page)))
}

pub(super) async fn confirm(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::SignNote)?;
    signing(&cx, record_id(&id)?, false).await
}

pub(super) async fn sign(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    let id = record_id(&id)?;
    match cx.services().execute(&cx.actor, SignNote { id, expected: version(&form) }).await {
        Ok(_) => Ok(see_other(&format!("/medical-records/notes/{id}?notice=note-signed"))),
        Err(ServiceError::Stale) => signing(&cx, id, true).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn append(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    let id = record_id(&id)?;
    let job = AddAddendum { id, expected: version(&form), text: form.text("text") };
    match cx.services().execute(&cx.actor, job).await {
        Ok(_) => Ok(see_other(&format!("/medical-records/notes/{id}?notice=addendum-saved"))),
        Err(ServiceError::Invalid(errors)) => {
            let (record, note) = entry(&cx, id).await?;
            let work = NoteWork::Append(FormState::refused(form, errors));
            Ok(show(&cx, note_page(&cx, record, note, work, None).await?))
        }
        Err(ServiceError::Stale) => {
            // Additions never contradict each other: the newest note is shown, the typed words are kept.
            let (record, note) = entry(&cx, id).await?;
            let form = form.with("version", record.version.to_string());
            let typed = Note { plan: form.text("text"), ..Note::default() };
            let work = NoteWork::Append(FormState::fresh(form));
            Ok(show(&cx, note_page(&cx, record, note, work, Some(typed)).await?))
        }
        Err(error) => Err(error.into()),
    }
}
