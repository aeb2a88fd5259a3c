//! Writing vitals, allergies, medicines and problems.

use super::open_to_write;
use crate::ui::form::FormState;
use crate::ui::pages::records::{self as views, EntryForm, EntryKind};
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::forms::Query;
use crate::web::pages::patients::id_of;
use crate::web::{FormData, PageContext, PageError};
use axum::extract::Path;
use axum::response::Response;
use domain::{Action, AppointmentId, PatientId};
use service::ServiceError;
use service::records::{Diagnose, Prescribe, VitalsForm, WriteAllergy, WriteVitals};

const fn action(kind: EntryKind) -> Action {
    match kind {
        EntryKind::Vitals | EntryKind::Allergy => Action::WriteIntake,
        EntryKind::Medicine | EntryKind::Problem => Action::Prescribe,
    }
}

async fn form_page(
    cx: &PageContext,
    patient: PatientId,
    query: &FormData,
    kind: EntryKind,
    form: FormState,
) -> Result<Response, PageError> {
    cx.require(action(kind))?;
    let page = EntryForm { chart: open_to_write(cx, patient, query).await?, kind, form };
    let head = PageHead::new(kind.title(), Section::Records).for_form(&page.form);
    Ok(cx.render(head, move || views::entry_form(&page)))
}

/// The visit in the address, `None` when there is none.
pub(super) fn visit(query: &FormData) -> Result<Option<AppointmentId>, PageError> {
    match query.get("appointment") {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| PageError::NOT_FOUND),
    }
}

/// Where a saved entry leads: back to the chart, in the same visit.
pub(super) fn back_to_chart(patient: PatientId, query: &FormData, notice: &str) -> Response {
    let visit = query.parse::<AppointmentId>("appointment").map(|visit| format!("&appointment={visit}"));
    see_other(&format!("/medical-records/{patient}?notice={notice}{}", visit.unwrap_or_default()))
}

/// Turns the outcome of a form into its answer. A visit that is not the patient's is an address that does not exist.
async fn answer<T>(
    cx: &PageContext,
    patient: PatientId,
    query: &FormData,
    (kind, notice): (EntryKind, &str),
    form: FormData,
    outcome: Result<T, ServiceError>,
) -> Result<Response, PageError> {
    match outcome {
        Ok(_) => Ok(back_to_chart(patient, query, notice)),
        Err(ServiceError::Invalid(errors)) if errors.of("appointmentId").is_some() => {
            Err(PageError::NOT_FOUND)
        }
        Err(ServiceError::Invalid(errors)) => {
            form_page(cx, patient, query, kind, FormState::refused(form, errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn empty(
    cx: PageContext,
    patient: String,
    query: FormData,
    kind: EntryKind,
) -> Result<Response, PageError> {
    cx.require(action(kind))?;
    form_page(&cx, id_of(&patient)?, &query, kind, FormState::default()).await
}

pub(super) async fn vitals(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    empty(cx, patient, query, EntryKind::Vitals).await
}

pub(super) async fn save_vitals(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
    form: FormData,
) -> Result<Response, PageError> {
    let patient = id_of(&patient)?;
    let typed = VitalsForm {
        systolic: form.text("systolic"),
        diastolic: form.text("diastolic"),
        pulse: form.text("pulse"),
        temperature: form.text("temperature"),
        oxygen_saturation: form.text("oxygenSaturation"),
        respiratory_rate: form.text("respiratoryRate"),
        weight: form.text("weight"),
        height: form.text("height"),
    };
    let job = WriteVitals { patient, appointment: visit(&query)?, form: typed };
    let outcome = cx.services().execute(&cx.actor, job).await;
    answer(&cx, patient, &query, (EntryKind::Vitals, "vitals-saved"), form, outcome).await
}

pub(super) async fn allergy(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    empty(cx, patient, query, EntryKind::Allergy).await
}

pub(super) async fn save_allergy(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
    form: FormData,
) -> Result<Response, PageError> {
    let patient = id_of(&patient)?;
    let job = WriteAllergy {
        patient,
        substance: form.text("substance"),
        reaction: form.text("reaction"),
        severity: form.text("severity"),
    };
    let outcome = cx.services().execute(&cx.actor, job).await;
    answer(&cx, patient, &query, (EntryKind::Allergy, "allergy-saved"), form, outcome).await
}

pub(super) async fn medicine(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    empty(cx, patient, query, EntryKind::Medicine).await
}

pub(super) async fn save_medicine(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
    form: FormData,
) -> Result<Response, PageError> {
    let patient = id_of(&patient)?;
    let job = Prescribe {
        patient,
        appointment: visit(&query)?,
        name: form.text("name"),
        dosage: form.text("dosage"),
        days: form.text("days"),
    };
    let outcome = cx.services().execute(&cx.actor, job).await;
    answer(&cx, patient, &query, (EntryKind::Medicine, "medicine-saved"), form, outcome).await
}

pub(super) async fn problem(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    empty(cx, patient, query, EntryKind::Problem).await
}

pub(super) async fn save_problem(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
    form: FormData,
) -> Result<Response, PageError> {
    let patient = id_of(&patient)?;
    let job =
        Diagnose { patient, appointment: visit(&query)?, name: form.text("name"), code: form.text("code") };
    let outcome = cx.services().execute(&cx.actor, job).await;
    answer(&cx, patient, &query, (EntryKind::Problem, "problem-saved"), form, outcome).await
}
