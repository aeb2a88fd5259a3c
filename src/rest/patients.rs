//! Patients: who they are and how they are reached.

use super::extract::{Id, IfMatch, IfNoneMatch, Json, Paging, Query, SignedIn};
use super::respond::{self, Address, Answer};
use super::wire::{Day, Instant, Text};
use crate::web::state::AppState;
use axum::extract::State;
use domain::message::Channel;
use domain::patient::Sex;
use domain::{Patient, PatientId, UserId};
use serde::{Deserialize, Serialize};
use service::patients::{
    EditPatient, PatientForm, PatientSummary, ReadPatient, RegisterPatient, SearchPatients,
};
use service::{Version, Versioned};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A patient in a list. What the caller's role may not see is left out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SummaryView<'a> {
    /// Identity; `patientId` elsewhere.
    #[schema(value_type = String)]
    id: Text<PatientId>,
    /// Medical record number, ten digits.
    mrn: String,
    /// Given names.
    given_name: &'a str,
    /// Family name.
    family_name: &'a str,
    /// Date of birth.
    #[schema(value_type = Option<String>, format = Date)]
    birth_date: Option<Day>,
    /// Phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
}

impl<'a> SummaryView<'a> {
    fn of(patient: &'a PatientSummary) -> Self {
        Self {
            id: Text(patient.id),
            mrn: patient.mrn.digits(),
            given_name: &patient.name.given,
            family_name: &patient.name.family,
            birth_date: patient.birth_date.map(Day),
            phone: patient.phone.as_ref().map(domain::Phone::as_str),
        }
    }
}

/// A patient. What the caller's role may not see is left out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PatientView<'a> {
    /// Identity; `patientId` elsewhere.
    #[schema(value_type = String)]
    id: Text<PatientId>,
    /// Medical record number, ten digits.
    mrn: String,
    /// Given names.
    given_name: &'a str,
    /// Family name.
    family_name: &'a str,
    /// Date of birth.
    #[schema(value_type = Option<String>, format = Date)]
    birth_date: Option<Day>,
    /// `female`, `male`, `other` or `unknown`.
    #[schema(value_type = String)]
    sex: Sex,
    /// Phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    /// Postal address with line breaks.
    address: &'a str,
    /// Insurer and policy number.
    insurance: &'a str,
    /// The ways by which no reminders are sent: `email`, `webhook` (text messages).
    reminders_off: Vec<&'static str>,
    /// The patient's account.
    #[schema(value_type = Option<u64>)]
    user_id: Option<UserId>,
    /// When the patient was registered.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// Counts the changes; the entity tag.
    version: Version,
}

impl<'a> PatientView<'a> {
    /// The patient as the caller may see them.
    pub fn of(patient: &'a Versioned<Patient>) -> Self {
        Self {
            id: Text(patient.id),
            mrn: patient.mrn.digits(),
            given_name: &patient.name.given,
            family_name: &patient.name.family,
            birth_date: patient.birth_date.map(Day),
            sex: patient.sex,
            phone: patient.phone.as_ref().map(domain::Phone::as_str),
            email: patient.email.as_ref().map(domain::Email::as_str),
            address: &patient.address,
            insurance: &patient.insurance,
            reminders_off: patient.reminders_off.iter().map(|channel| channel.name()).collect(),
            user_id: patient.user,
            created_at: Instant(patient.created_at),
            version: patient.version,
        }
    }
}

/// Which patients.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PatientQuery {
    /// Part of a name, record number, phone number or date of birth.
    q: Option<String>,
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    cursor: Option<String>,
}

/// Find patients, in the order of their names.
#[utoipa::path(get, path = "/api/patients", tag = "Patients", params(PatientQuery),
    responses((status = 200, description = "Patients", body = [SummaryView])))]
pub(super) async fn search(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<PatientQuery>,
) -> Answer {
    let address = Address::new("/api/patients").with("q", query.q.as_ref()).with("limit", query.limit);
    let page = Paging::request(query.limit, query.cursor)?;
    let page = service::PageRequest { order: service::Order::Ascending, ..page };
    let found =
        state.services.execute(&actor, SearchPatients { text: query.q.unwrap_or_default(), page }).await?;
    respond::list(&found, &address, SummaryView::of)
}

/// A patient's details. What is left out is empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[derive(Default)]
pub(super) struct PatientBody {
    /// Given names.
    given_name: String,
    /// Family name.
    family_name: String,
    /// `1985-03-27`.
    birth_date: String,
    /// `female`, `male`, `other` or `unknown`.
    sex: String,
    /// Phone number.
    phone: String,
    /// E-mail address.
    email: String,
    /// Postal address with line breaks.
    address: String,
    /// Insurer and policy number.
    insurance: String,
    /// The ways by which no reminders are sent: `email`, `webhook` (text messages). Left out: as it is.
    #[schema(value_type = Option<Vec<String>>)]
    reminders_off: Option<BTreeSet<Channel>>,
}

impl From<PatientBody> for PatientForm {
    fn from(body: PatientBody) -> Self {
        let PatientBody {
            given_name,
            family_name,
            birth_date,
            sex,
            phone,
            email,
            address,
            insurance,
            reminders_off,
        } = body;
        Self { given_name, family_name, birth_date, sex, phone, email, address, insurance, reminders_off }
    }
}

/// Whether to go on where a double is likely.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RegisterQuery {
    /// Register though a patient with this name and date of birth exists.
    #[serde(default)]
    confirm_duplicate: bool,
}

/// Register a patient.
#[utoipa::path(post, path = "/api/patients", tag = "Patients", params(RegisterQuery), request_body = PatientBody,
    responses((status = 201, description = "The patient", body = PatientView)))]
pub(super) async fn register(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Query(query): Query<RegisterQuery>,
    Json(body): Json<PatientBody>,
) -> Answer {
    let register = RegisterPatient { form: body.into(), confirm_duplicate: query.confirm_duplicate };
    let patient = state.services.execute(&actor, register).await?;
    respond::created(&PatientView::of(&patient), patient.version, &format!("/api/patients/{}", patient.id))
}

/// Read a patient's details.
#[utoipa::path(get, path = "/api/patients/{id}", tag = "Patients", params(("id" = String, Path)),
    responses((status = 200, description = "The patient", body = PatientView)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<PatientId>,
    known: IfNoneMatch,
) -> Answer {
    let patient = state.services.execute(&actor, ReadPatient { id }).await?;
    respond::object(&PatientView::of(&patient), patient.version, &known)
}

/// Replace a patient's details.
///
/// For billing clerks only address and insurance change.
#[utoipa::path(put, path = "/api/patients/{id}", tag = "Patients", params(("id" = String, Path)),
    request_body = PatientBody, responses((status = 204, description = "The details are replaced")))]
pub(super) async fn edit(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<PatientId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<PatientBody>,
) -> Answer {
    let version = state.services.execute(&actor, EditPatient { id, expected, form: body.into() }).await?;
    Ok(respond::updated(version))
}
