//! An entry of a medical record as the API shows it: the old system's fields, and what its kind adds.

use super::wire::{Instant, Text};
use domain::record::{Addendum, Allergy, Medicine, Note, Problem, Signature, Vitals, one_decimal};
use domain::{AppointmentId, PatientId, Record, RecordBody, RecordId, Role, UserId};
use serde::Serialize;
use service::{Version, Versioned};
use utoipa::ToSchema;

/// An entry. The old system knew `id`, `patientName`, `condition`, `treatment` and `createdAt`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecordView<'a> {
    /// Identity.
    #[schema(value_type = u64)]
    id: RecordId,
    /// The patient's name, or the name as written.
    patient_name: &'a str,
    /// The patient; null for an entry that is not linked.
    #[schema(value_type = Option<String>)]
    patient_id: Option<Text<PatientId>>,
    /// `note`, `vitals`, `allergy`, `medicine`, `problem` or `summary` (the old system's).
    kind: &'static str,
    /// What the patient has.
    condition: String,
    /// What is done about it.
    treatment: String,
    /// Who wrote it; null for imported entries.
    #[schema(value_type = Option<u64>)]
    author_id: Option<UserId>,
    /// The author's name then.
    author: &'a str,
    /// The author's role then.
    #[schema(value_type = String)]
    author_role: Role,
    /// The visit.
    #[schema(value_type = Option<u64>)]
    appointment_id: Option<AppointmentId>,
    /// What the entry says, by its kind; left out for the old system's.
    #[serde(flatten)]
    content: Content<'a>,
    /// Counts the changes; the entity tag.
    version: Version,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// What an entry says.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<NoteView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vitals: Option<VitalsView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allergy: Option<AllergyView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    medicine: Option<MedicineView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemView<'a>>,
}

/// A note in SOAP form.
#[derive(Serialize, ToSchema)]
pub(super) struct NoteView<'a> {
    /// What the patient tells.
    subjective: &'a str,
    /// What is found.
    objective: &'a str,
    /// What it is taken for.
    assessment: &'a str,
    /// What is done.
    plan: &'a str,
    /// Who signed it and when; null for a draft.
    signature: Option<SignatureView<'a>>,
    /// Words added after signing, oldest first.
    addenda: Vec<AddendumView<'a>>,
}

/// Who signed and when.
#[derive(Serialize, ToSchema)]
pub(super) struct SignatureView<'a> {
    /// The signer's account.
    #[schema(value_type = u64)]
    by: UserId,
    /// The signer's name.
    name: &'a str,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
}

/// Words added to a signed note.
#[derive(Serialize, ToSchema)]
pub(super) struct AddendumView<'a> {
    /// What is added.
    text: &'a str,
    /// Who and when.
    signature: SignatureView<'a>,
}

/// Measurements; those not taken are left out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VitalsView {
    /// Upper blood pressure in mmHg.
    #[serde(skip_serializing_if = "Option::is_none")]
    systolic: Option<u16>,
    /// Lower blood pressure in mmHg.
    #[serde(skip_serializing_if = "Option::is_none")]
    diastolic: Option<u16>,
    /// Heart rate per minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pulse: Option<u16>,
    /// Body temperature in degrees Celsius, a decimal string.
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<String>,
    /// Oxygen saturation in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    oxygen_saturation: Option<u16>,
    /// Breaths per minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    respiratory_rate: Option<u16>,
    /// Weight in kilograms, a decimal string.
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<String>,
    /// Height in centimetres, a decimal string.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<String>,
}

/// An allergy or intolerance.
#[derive(Serialize, ToSchema)]
pub(super) struct AllergyView<'a> {
    /// To what.
    substance: &'a str,
    /// What happens.
    reaction: &'a str,
    /// `mild`, `moderate` or `severe`.
    severity: &'static str,
}

/// A prescribed medicine.
#[derive(Serialize, ToSchema)]
pub(super) struct MedicineView<'a> {
    /// Name and strength.
    name: &'a str,
    /// How to take it.
    dosage: &'a str,
    /// For how many days; null for until further notice.
    days: Option<u16>,
}

/// A diagnosis or problem.
#[derive(Serialize, ToSchema)]
pub(super) struct ProblemView<'a> {
    /// In words.
    name: &'a str,
    /// ICD-10 or SNOMED CT code.
    code: &'a str,
}

impl<'a> RecordView<'a> {
    /// The entry as the caller may see it.
    pub fn of(record: &'a Versioned<Record>) -> Self {
        Self {
            id: record.id,
            patient_name: &record.patient.name,
            patient_id: record.patient.id.map(Text),
            kind: record.body.kind(),
            condition: record.condition(),
            treatment: record.treatment(),
            author_id: record.author,
            author: &record.author_name,
            author_role: record.author_role,
            appointment_id: record.appointment,
            content: Content::of(&record.body),
            version: record.version,
            created_at: Instant(record.created_at),
        }
    }
}

impl<'a> Content<'a> {
    fn of(body: &'a RecordBody) -> Self {
        let nothing = Self::default();
        match body {
            RecordBody::Note(note) => Self { note: Some(NoteView::of(note)), ..nothing },
            RecordBody::Vitals(vitals) => Self { vitals: Some(VitalsView::of(vitals)), ..nothing },
            RecordBody::Allergy(Allergy { substance, reaction, severity }) => Self {
                allergy: Some(AllergyView { substance, reaction, severity: severity.name() }),
                ..nothing
            },
            RecordBody::Medicine(Medicine { name, dosage, days }) => {
                Self { medicine: Some(MedicineView { name, dosage, days: *days }), ..nothing }
            }
            RecordBody::Problem(Problem { name, code }) => {
                Self { problem: Some(ProblemView { name, code }), ..nothing }
            }
            RecordBody::Summary(_) => nothing,
        }
    }
}

impl<'a> NoteView<'a> {
    fn of(note: &'a Note) -> Self {
        let addendum = |addendum: &'a Addendum| AddendumView {
            text: &addendum.text,
            signature: SignatureView::of(&addendum.signature),
        };
        Self {
            subjective: &note.subjective,
            objective: &note.objective,
            assessment: &note.assessment,
            plan: &note.plan,
            signature: note.signature.as_ref().map(SignatureView::of),
            addenda: note.addenda.iter().map(addendum).collect(),
        }
    }
}

impl<'a> SignatureView<'a> {
    fn of(signature: &'a Signature) -> Self {
        Self { by: signature.by, name: &signature.name, at: Instant(signature.at) }
    }
}

impl VitalsView {
    fn of(vitals: &Vitals) -> Self {
        Self {
            systolic: vitals.systolic,
            diastolic: vitals.diastolic,
            pulse: vitals.pulse,
            temperature: vitals.temperature_tenths.map(one_decimal),
            oxygen_saturation: vitals.oxygen_saturation,
            respiratory_rate: vitals.respiratory_rate,
            weight: vitals.weight_hundred_grams.map(one_decimal),
            height: vitals.height_millimetres.map(one_decimal),
        }
    }
}
