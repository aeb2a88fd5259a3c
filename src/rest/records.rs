//! Medical records: charts and entries, and the old system's condition-and-treatment shape.

use super::appointments::{AppointmentView, LinkBody};
use super::extract::{Body, Id, IfMatch, IfNoneMatch, Json, Paging, Query, SignedIn, parse};
use super::patients::PatientView;
use super::problem::ApiError;
use super::record_view::RecordView;
use super::respond::{self, Address, Answer};
use super::wire::Amount;
use crate::web::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{AppointmentId, PatientId, Record, RecordId};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use service::Versioned;
use service::records::{
    AddAddendum, Diagnose, LinkRecord, ListRecords, NoteForm, Prescribe, ReadChart, ReadEntry, ReviseNote,
    SignNote, VitalsForm, WriteAllergy, WriteNote, WriteSummary, WriteVitals,
};
use utoipa::ToSchema;

fn created(record: &Versioned<Record>) -> Answer {
    respond::created(&RecordView::of(record), record.version, &format!("/api/medicalrecords/{}", record.id))
}

fn changed(record: &Versioned<Record>) -> Answer {
    respond::changed(&RecordView::of(record), record.version)
}

/// List record entries, the newest first.
///
/// Patients get their own, without notes that are not signed; doctors and nurses those of assigned patients and
/// entries that are linked to nobody.
#[utoipa::path(get, path = "/api/medicalrecords", tag = "Medical records", params(Paging),
    responses((status = 200, description = "Entries", body = [RecordView])))]
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<Paging>,
) -> Answer {
    let address = Address::new("/api/medicalrecords").with("limit", query.limit);
    let page = Paging::request(query.limit, query.cursor)?;
    let page = state.services.execute(&actor, ListRecords { page }).await?;
    respond::list(&page, &address, RecordView::of)
}

/// Read an entry.
#[utoipa::path(get, path = "/api/medicalrecords/{id}", tag = "Medical records", params(("id" = u64, Path)),
    responses((status = 200, description = "The entry", body = RecordView)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RecordId>,
    known: IfNoneMatch,
) -> Answer {
    let record = state.services.execute(&actor, ReadEntry { id }).await?;
    respond::object(&RecordView::of(&record), record.version, &known)
}

/// A patient's chart.
#[derive(Serialize, ToSchema)]
pub(super) struct ChartView<'a> {
    /// Whose.
    patient: PatientView<'a>,
    /// Entries, newest first.
    entries: Vec<RecordView<'a>>,
    /// Appointments, latest first.
    appointments: Vec<AppointmentView<'a>>,
}

/// Read a patient's whole record.
#[utoipa::path(get, path = "/api/patients/{id}/record", tag = "Medical records", params(("id" = String, Path)),
    responses((status = 200, description = "The chart", body = ChartView)))]
pub(super) async fn chart(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
) -> Answer {
    let chart = state.services.execute(&actor, ReadChart { patient }).await?;
    let zone = &state.services.clinic().zone;
    respond::ok(&ChartView {
        patient: PatientView::of(&chart.patient),
        entries: chart.entries.iter().map(RecordView::of).collect(),
        appointments: chart.appointments.iter().map(|visit| AppointmentView::of(visit, zone)).collect(),
    })
}

/// A new entry: a draft note in the full shape, or condition and treatment in the old system's.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the two shapes; each is read as its own type")]
pub(super) enum NewRecord {
    /// The full shape.
    #[schema(title = "Full")]
    Full(PatientNoteBody),
    /// The old system's shape.
    #[schema(title = "Legacy")]
    Legacy(SummaryBody),
}

/// A new draft note of a patient.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatientNoteBody {
    /// Whose.
    #[schema(value_type = String)]
    patient_id: PatientId,
    /// The visit.
    #[schema(value_type = Option<u64>)]
    appointment_id: Option<AppointmentId>,
    /// What the patient tells.
    #[serde(default)]
    subjective: String,
    /// What is found.
    #[serde(default)]
    objective: String,
    /// What it is taken for.
    #[serde(default)]
    assessment: String,
    /// What is done.
    #[serde(default)]
    plan: String,
}

/// An entry as the old system took it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SummaryBody {
    /// The patient's name.
    patient_name: Option<String>,
    /// What the patient has.
    condition: Option<String>,
    /// What is done about it.
    treatment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    patient_id: Option<IgnoredAny>,
}

/// Write an entry.
///
/// Refused fields of the old shape are answered with 400.
#[utoipa::path(post, path = "/api/medicalrecords", tag = "Medical records", request_body = NewRecord,
    responses((status = 201, description = "The entry", body = RecordView)))]
pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Body(body): Body,
) -> Answer {
    if parse::<Shape>(&body)?.patient_id.is_none() {
        let SummaryBody { patient_name, condition, treatment } = parse(&body)?;
        let summary = WriteSummary {
            patient_name: patient_name.unwrap_or_default(),
            condition: condition.unwrap_or_default(),
            treatment: treatment.unwrap_or_default(),
        };
        let written = state.services.execute(&actor, summary).await;
        return created(&written.map_err(|error| ApiError::from(error).refused_as(StatusCode::BAD_REQUEST))?);
    }
    let PatientNoteBody { patient_id, appointment_id, subjective, objective, assessment, plan } =
        parse(&body)?;
    let form = NoteForm { subjective, objective, assessment, plan };
    let note = WriteNote { patient: patient_id, appointment: appointment_id, form };
    created(&state.services.execute(&actor, note).await?)
}

/// The sections of a note (SOAP).
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NoteBody {
    /// The visit.
    #[schema(value_type = Option<u64>)]
    appointment_id: Option<AppointmentId>,
    /// What the patient tells.
    subjective: String,
    /// What is found.
    objective: String,
    /// What it is taken for.
    assessment: String,
    /// What is done.
    plan: String,
}

/// Begin a note; it is a draft until it is signed.
#[utoipa::path(post, path = "/api/patients/{id}/notes", tag = "Medical records", params(("id" = String, Path)),
    request_body = NoteBody, responses((status = 201, description = "The draft", body = RecordView)))]
pub(super) async fn write_note(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
    Json(body): Json<NoteBody>,
) -> Answer {
    let NoteBody { appointment_id, subjective, objective, assessment, plan } = body;
    let form = NoteForm { subjective, objective, assessment, plan };
    created(&state.services.execute(&actor, WriteNote { patient, appointment: appointment_id, form }).await?)
}

/// The sections of a draft.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DraftBody {
    /// What the patient tells.
    subjective: String,
    /// What is found.
    objective: String,
    /// What it is taken for.
    assessment: String,
    /// What is done.
    plan: String,
}

/// Replace the sections of one's own draft note.
#[utoipa::path(put, path = "/api/medicalrecords/{id}", tag = "Medical records", params(("id" = u64, Path)),
    request_body = DraftBody, responses((status = 200, description = "The draft", body = RecordView)))]
pub(super) async fn revise_note(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RecordId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<DraftBody>,
) -> Answer {
    let DraftBody { subjective, objective, assessment, plan } = body;
    let form = NoteForm { subjective, objective, assessment, plan };
    changed(&state.services.execute(&actor, ReviseNote { id, expected, form }).await?)
}

/// Sign one's own note.
///
/// From then on it never changes.
#[utoipa::path(post, path = "/api/medicalrecords/{id}/signature", tag = "Medical records",
    params(("id" = u64, Path)), responses((status = 200, description = "The signed note", body = RecordView)))]
pub(super) async fn sign_note(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RecordId>,
    IfMatch(expected): IfMatch,
) -> Answer {
    changed(&state.services.execute(&actor, SignNote { id, expected }).await?)
}

/// Words to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddendumBody {
    /// What is added.
    text: String,
}

/// Add words to one's own signed note.
#[utoipa::path(post, path = "/api/medicalrecords/{id}/addenda", tag = "Medical records",
    params(("id" = u64, Path)), request_body = AddendumBody,
    responses((status = 200, description = "The note", body = RecordView)))]
pub(super) async fn add_addendum(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RecordId>,
    IfMatch(expected): IfMatch,
    Json(AddendumBody { text }): Json<AddendumBody>,
) -> Answer {
    changed(&state.services.execute(&actor, AddAddendum { id, expected, text }).await?)
}

/// Link an entry that came with a name only to a patient, once.
#[utoipa::path(put, path = "/api/medicalrecords/{id}/patient", tag = "Medical records",
    params(("id" = u64, Path)), request_body = LinkBody,
    responses((status = 200, description = "The entry", body = RecordView)))]
pub(super) async fn link(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RecordId>,
    IfMatch(expected): IfMatch,
    Json(LinkBody { patient_id }): Json<LinkBody>,
) -> Answer {
    changed(&state.services.execute(&actor, LinkRecord { id, expected, patient: patient_id }).await?)
}

/// Measurements; each may be left out, not all.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VitalsBody {
    /// The visit.
    #[schema(value_type = Option<u64>)]
    appointment_id: Option<AppointmentId>,
    /// Upper blood pressure in mmHg.
    #[schema(value_type = Option<f64>)]
    systolic: Option<Amount>,
    /// Lower blood pressure in mmHg.
    #[schema(value_type = Option<f64>)]
    diastolic: Option<Amount>,
    /// Heart rate per minute.
    #[schema(value_type = Option<f64>)]
    pulse: Option<Amount>,
    /// Body temperature in degrees Celsius.
    #[schema(value_type = Option<f64>)]
    temperature: Option<Amount>,
    /// Oxygen saturation in percent.
    #[schema(value_type = Option<f64>)]
    oxygen_saturation: Option<Amount>,
    /// Breaths per minute.
    #[schema(value_type = Option<f64>)]
    respiratory_rate: Option<Amount>,
    /// Weight in kilograms.
    #[schema(value_type = Option<f64>)]
    weight: Option<Amount>,
    /// Height in centimetres.
    #[schema(value_type = Option<f64>)]
    height: Option<Amount>,
}

/// Write vital signs.
#[utoipa::path(post, path = "/api/patients/{id}/vitals", tag = "Medical records", params(("id" = String, Path)),
    request_body = VitalsBody, responses((status = 201, description = "The entry", body = RecordView)))]
pub(super) async fn write_vitals(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
    Json(body): Json<VitalsBody>,
) -> Answer {
    let text = |amount: Option<Amount>| amount.unwrap_or_default().0;
    let form = VitalsForm {
        systolic: text(body.systolic),
        diastolic: text(body.diastolic),
        pulse: text(body.pulse),
        temperature: text(body.temperature),
        oxygen_saturation: text(body.oxygen_saturation),
        respiratory_rate: text(body.respiratory_rate),
        weight: text(body.weight),
        height: text(body.height),
    };
    let vitals = WriteVitals { patient, appointment: body.appointment_id, form };
    created(&state.services.execute(&actor, vitals).await?)
}

/// An allergy or intolerance.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AllergyBody {
    /// To what.
    substance: String,
    /// What happens.
    #[serde(default)]
    reaction: String,
    /// `mild`, `moderate` or `severe`.
    severity: String,
}

/// Write an allergy.
#[utoipa::path(post, path = "/api/patients/{id}/allergies", tag = "Medical records",
    params(("id" = String, Path)), request_body = AllergyBody,
    responses((status = 201, description = "The entry", body = RecordView)))]
pub(super) async fn write_allergy(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
    Json(body): Json<AllergyBody>,
) -> Answer {
    let AllergyBody { substance, reaction, severity } = body;
    created(&state.services.execute(&actor, WriteAllergy { patient, substance, reaction, severity }).await?)
}

/// A medicine.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MedicineBody {
    /// The visit.
    #[schema(value_type = Option<u64>)]
    appointment_id: Option<AppointmentId>,
    /// Name and strength.
    name: String,
    /// How to take it.
    dosage: String,
    /// For how many days; until further notice when left out.
    days: Option<u16>,
}

/// Prescribe a medicine.
#[utoipa::path(post, path = "/api/patients/{id}/medicines", tag = "Medical records",
    params(("id" = String, Path)), request_body = MedicineBody,
    responses((status = 201, description = "The entry", body = RecordView)))]
pub(super) async fn prescribe(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
    Json(body): Json<MedicineBody>,
) -> Answer {
    let MedicineBody { appointment_id, name, dosage, days } = body;
    let days = days.map(|days| days.to_string()).unwrap_or_default();
    created(
        &state
            .services
            .execute(&actor, Prescribe { patient, appointment: appointment_id, name, dosage, days })
            .await?,
    )
}

/// A diagnosis or problem.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProblemBody {
    /// The visit.
    #[schema(value_type = Option<u64>)]
    appointment_id: Option<AppointmentId>,
    /// In words.
    name: String,
    /// ICD-10 or SNOMED CT code.
    #[serde(default)]
    code: String,
}

/// Write a diagnosis.
#[utoipa::path(post, path = "/api/patients/{id}/problems", tag = "Medical records", params(("id" = String, Path)),
    request_body = ProblemBody, responses((status = 201, description = "The entry", body = RecordView)))]
pub(super) async fn diagnose(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(patient): Id<PatientId>,
    Json(body): Json<ProblemBody>,
) -> Answer {
    let ProblemBody { appointment_id, name, code } = body;
    created(
        &state
            .services
            .execute(&actor, Diagnose { patient, appointment: appointment_id, name, code })
            .await?,
    )
}
