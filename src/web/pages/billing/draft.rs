//! Writing and changing draft bills.

use super::stored;
use crate::ui::components::short_moment;
use crate::ui::form::FormState;
use crate::ui::pages::billing::{self as views, ChoosePage, LinesPage};
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::forms::Query;
use crate::web::pages::patients::{find, id_of};
use crate::web::{FormData, PageContext, PageError};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::invoice::InvoiceStatus;
use domain::{Action, Appointment, AppointmentId, Invoice, Money, PatientId};
use service::billing::{LineForm, ReviseInvoice, VisitsNotBilled, WriteInvoice};
use service::patients::ReadPatient;
use service::{ServiceError, Versioned};

/// Lines that are shown at first, and on demand.
const ROWS: (usize, usize) = (5, 10);
/// Patients offered for a search.
const FOUND: usize = 20;

fn line_forms(form: &FormData) -> Vec<LineForm> {
    (0..Invoice::MOST_LINES)
        .map(|row| LineForm {
            description: form.text(&format!("description{row}")),
            quantity: form.text(&format!("quantity{row}")),
            unit_amount: form.text(&format!("unitAmount{row}")),
        })
        .collect()
}

/// The lines that have something in them, so that a form that comes back shows all of them.
fn rows_in_use(form: &FormData) -> usize {
    line_forms(form)
        .iter()
        .rposition(|line| !line.description.trim().is_empty() || !line.unit_amount.trim().is_empty())
        .map_or(0, |last| last + 1)
}

fn set_line(form: &mut FormData, row: usize, description: &str, quantity: u32, price: Money) {
    form.set(&format!("description{row}"), description);
    form.set(&format!("quantity{row}"), quantity.to_string());
    form.set(&format!("unitAmount{row}"), price.plain());
}

/// What both pages of the form share.
fn lines_page(
    cx: &PageContext,
    title: &'static str,
    patient: String,
    form: FormState,
    rows: usize,
) -> LinesPage {
    let clinic = cx.services().clinic();
    LinesPage {
        title,
        patient,
        visit: None,
        rows: rows.max(rows_in_use(&form.values)).clamp(ROWS.0, Invoice::MOST_LINES),
        form,
        more: None,
        version: None,
        changed: false,
        cancel: "/billing".to_owned(),
        visit_types: clinic.catalogue.visit_types.clone(),
        currency: clinic.currency,
    }
}

fn show(cx: &PageContext, page: LinesPage) -> Response {
    let head = PageHead::new(page.title, Section::Billing).for_form(&page.form);
    let head = if page.changed { head.with_status(StatusCode::CONFLICT) } else { head };
    cx.render(head, move || views::lines(&page))
}

fn visit_id(query: &FormData) -> Result<Option<AppointmentId>, PageError> {
    match query.get("appointment") {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| PageError::NOT_FOUND),
    }
}

/// The visit to bill, while it waits for a bill.
async fn visit(
    cx: &PageContext,
    patient: PatientId,
    query: &FormData,
) -> Result<Option<Versioned<Appointment>>, PageError> {
    let Some(id) = visit_id(query)? else { return Ok(None) };
    let waiting = cx.services().execute(&cx.actor, VisitsNotBilled {}).await?;
    Ok(waiting.into_iter().find(|visit| visit.id == id && visit.patient.id == Some(patient)))
}

fn visit_words(cx: &PageContext, visit: &Appointment) -> String {
    let clinic = cx.services().clinic();
    let name = clinic.visit_type(&visit.visit_type).map_or("Appointment", |kind| kind.name.as_str());
    format!("{name}, {}, {}", short_moment(&clinic.zone, visit.time.start()), visit.doctor.name)
}

pub(super) async fn new(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::WriteInvoice)?;
    if query.get("patient").is_empty() {
        return choose(&cx, query.get("q").trim()).await;
    }
    let patient = id_of(query.get("patient"))?;
    let mut form = FormData::default();
    let visit = visit(&cx, patient, &query).await?;
    let clinic = cx.services().clinic();
    if let Some(kind) = visit.as_ref().and_then(|visit| clinic.visit_type(&visit.visit_type)) {
        set_line(&mut form, 0, &kind.name, 1, Money::new(kind.price_minor, clinic.currency));
    }
    new_page(&cx, patient, visit.as_deref(), &query, FormState::fresh(form)).await
}

async fn choose(cx: &PageContext, typed: &str) -> Result<Response, PageError> {
    let found = match typed {
        "" => None,
        typed => Some(find(cx, typed, FOUND, "").await?.items),
    };
    let page = ChoosePage { query: typed.to_owned(), found };
    Ok(cx.render(PageHead::new("Who is the bill for?", Section::Billing), move || {
        views::choose_patient(&page)
    }))
}

async fn new_page(
    cx: &PageContext,
    patient: PatientId,
    visit: Option<&Appointment>,
    query: &FormData,
    form: FormState,
) -> Result<Response, PageError> {
    let name = cx.services().execute(&cx.actor, ReadPatient { id: patient }).await?.name.full();
    let wanted = query.parse("rows").unwrap_or(ROWS.0).min(ROWS.1);
    let mut page = lines_page(cx, "New bill", name, form, wanted);
    page.visit = visit.map(|visit| visit_words(cx, visit));
    page.more = (page.rows < ROWS.1).then(|| {
        let visit = visit_id(query).ok().flatten().map(|id| format!("&appointment={id}")).unwrap_or_default();
        format!("/billing/new?patient={patient}{visit}&rows={}", ROWS.1)
    });
    Ok(show(cx, page))
}

pub(super) async fn write(
    cx: PageContext,
    Query(query): Query,
    form: FormData,
) -> Result<Response, PageError> {
    cx.require(Action::WriteInvoice)?;
    let patient = id_of(query.get("patient"))?;
    let job = WriteInvoice { patient, appointment: visit_id(&query)?, lines: line_forms(&form) };
    match cx.services().execute(&cx.actor, job).await {
        Ok(bill) => Ok(see_other(&format!("/billing/{}?notice=bill-saved", bill.id))),
        Err(ServiceError::Invalid(errors)) if errors.of("patientId").is_some() => Err(PageError::NOT_FOUND),
        Err(ServiceError::Invalid(errors)) => {
            let visit = visit(&cx, patient, &query).await?;
            new_page(&cx, patient, visit.as_deref(), &query, FormState::refused(form, errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The form of a draft that is changed. `version` is the one that the typed lines were made from.
fn edit_page(cx: &PageContext, bill: &Invoice, version: String, form: FormState, changed: bool) -> Response {
    let rows = bill.lines.len() + 2;
    let mut page = lines_page(cx, "Change the draft", bill.patient.name.clone(), form, rows);
    page.version = Some(version);
    page.changed = changed;
    page.cancel = format!("/billing/{}", bill.id);
    show(cx, page)
}

pub(super) async fn edit(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::WriteInvoice)?;
    let bill = stored(&cx, &id).await?;
    if bill.status() != InvoiceStatus::Draft {
        return Ok(see_other(&format!("/billing/{}", bill.id)));
    }
    let mut form = FormData::default();
    for (row, line) in bill.lines.iter().enumerate() {
        set_line(
            &mut form,
            row,
            &line.description,
            line.quantity,
            Money::new(line.unit_minor, bill.currency),
        );
    }
    Ok(edit_page(&cx, &bill, bill.version.to_string(), FormState::fresh(form), false))
}

pub(super) async fn revise(
    cx: PageContext,
    Path(id): Path<String>,
    form: FormData,
) -> Result<Response, PageError> {
    cx.require(Action::WriteInvoice)?;
    let bill = stored(&cx, &id).await?;
    let expected = form.parse("version").unwrap_or_default();
    let job = ReviseInvoice { id: bill.id, expected, lines: line_forms(&form) };
    match cx.services().execute(&cx.actor, job).await {
        Ok(bill) => Ok(see_other(&format!("/billing/{}?notice=bill-saved", bill.id))),
        Err(ServiceError::Invalid(errors)) => {
            Ok(edit_page(&cx, &bill, expected.to_string(), FormState::refused(form, errors), false))
        }
        Err(ServiceError::Stale) => {
            Ok(edit_page(&cx, &bill, bill.version.to_string(), FormState::fresh(form), true))
        }
        Err(error) => Err(error.into()),
    }
}
