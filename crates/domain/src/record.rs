//! Entries of a medical record: notes with their addenda, vitals, allergies, medicines, problems, old entries.

use crate::validation::{Code, FieldErrors};
use crate::{AppointmentId, PatientLink, RecordId, Role, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// One entry of a patient's medical record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Identity.
    pub id: RecordId,
    /// Whose record.
    pub patient: PatientLink,
    /// Who wrote it, `None` for imported entries.
    pub author: Option<UserId>,
    /// The author's name when it was written.
    pub author_name: String,
    /// The author's role when it was written.
    pub author_role: Role,
    /// The visit it belongs to.
    pub appointment: Option<AppointmentId>,
    /// When it was written.
    pub created_at: Timestamp,
    /// What it says.
    pub body: RecordBody,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RecordBody {
    /// A clinical note.
    Note(Note),
    /// Measurements.
    Vitals(Vitals),
    /// An allergy or intolerance.
    Allergy(Allergy),
    /// A prescribed medicine.
    Medicine(Medicine),
    /// A diagnosis or problem.
    Problem(Problem),
    /// Condition and treatment as the old system kept them.
    Summary(Summary),
}

impl RecordBody {
    /// The kind's name in files and in the API.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Note(_) => "note",
            Self::Vitals(_) => "vitals",
            Self::Allergy(_) => "allergy",
            Self::Medicine(_) => "medicine",
            Self::Problem(_) => "problem",
            Self::Summary(_) => "summary",
        }
    }
}

impl Record {
    /// Whether the patient may read it: everything but notes that are not signed.
    pub fn is_visible_to_patient(&self) -> bool {
        match &self.body {
            RecordBody::Note(note) => note.is_signed(),
            _ => true,
        }
    }

    /// The condition, as old clients know it.
    pub fn condition(&self) -> String {
        match &self.body {
            RecordBody::Note(note) => note.assessment.clone(),
            RecordBody::Vitals(_) => "Vital signs".to_owned(),
            RecordBody::Allergy(allergy) => format!("Allergy: {}", allergy.substance),
            RecordBody::Medicine(medicine) => medicine.name.clone(),
            RecordBody::Problem(problem) => problem.name.clone(),
            RecordBody::Summary(summary) => summary.condition.clone(),
        }
    }

    /// The treatment, as old clients know it.
    pub fn treatment(&self) -> String {
        match &self.body {
            RecordBody::Note(note) => note.plan.clone(),
            RecordBody::Vitals(vitals) => vitals.summary(),
            RecordBody::Allergy(allergy) => allergy.reaction.clone(),
            RecordBody::Medicine(medicine) => medicine.directions(),
            RecordBody::Problem(problem) => problem.code.clone(),
            RecordBody::Summary(summary) => summary.treatment.clone(),
        }
    }
}

/// A note in SOAP form: subjective, objective, assessment, plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// What the patient tells.
    pub subjective: String,
    /// What is found.
    pub objective: String,
    /// What it is taken for.
    pub assessment: String,
    /// What is done.
    pub plan: String,
    /// Set once: from then on the note never changes.
    pub signature: Option<Signature>,
    /// Words added after signing, oldest first.
    #[serde(default)]
    pub addenda: Vec<Addendum>,
}

/// Who signed and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// The signer's account.
    pub by: UserId,
    /// The signer's name.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

/// Words added to a signed note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Addendum {
    /// What is added.
    pub text: String,
    /// Signed as it is written.
    pub signature: Signature,
}

/// A signed note was to be changed, or an unsigned one to get an addendum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Signed notes never change.
    #[error("the note is signed and cannot be changed; write an addendum")]
    Signed,
    /// An addendum needs a signed note.
    #[error("the note is not signed yet; change the note itself")]
    NotSigned,
    /// A note without words cannot be signed.
    #[error("write the note before signing it")]
    Empty,
}

impl Note {
    /// Longest section in characters.
    pub const LONGEST_SECTION: usize = 8_000;

    /// Whether it was signed.
    pub const fn is_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// Whether no section has words.
    pub fn is_empty(&self) -> bool {
        [&self.subjective, &self.objective, &self.assessment, &self.plan]
            .iter()
            .all(|text| text.trim().is_empty())
    }

    /// Replaces the sections of an unsigned note.
    pub fn rewrite(&mut self, sections: [String; 4]) -> Result<(), NoteError> {
        if self.is_signed() {
            return Err(NoteError::Signed);
        }
        [self.subjective, self.objective, self.assessment, self.plan] = sections;
        Ok(())
    }

    /// Signs it for ever.
    pub fn sign(&mut self, signature: Signature) -> Result<(), NoteError> {
        if self.is_signed() {
            return Err(NoteError::Signed);
        }
        if self.is_empty() {
            return Err(NoteError::Empty);
        }
        self.signature = Some(signature);
        Ok(())
    }

    /// Adds words to a signed note.
    pub fn add(&mut self, addendum: Addendum) -> Result<(), NoteError> {
        if !self.is_signed() {
            return Err(NoteError::NotSigned);
        }
        self.addenda.push(addendum);
        Ok(())
    }
}

/// A measurement to be checked: field, name, value, what a living person can have, both ends in words.
type Measure = (&'static str, &'static str, Option<u16>, RangeInclusive<u16>, &'static str, &'static str);

/// Measurements of one visit; each may be missing, not all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vitals {
    /// Upper blood pressure in mmHg.
    pub systolic: Option<u16>,
    /// Lower blood pressure in mmHg.
    pub diastolic: Option<u16>,
    /// Heart rate per minute.
    pub pulse: Option<u16>,
    /// Body temperature in tenths of a degree Celsius.
    pub temperature_tenths: Option<u16>,
    /// Oxygen saturation in percent.
    pub oxygen_saturation: Option<u16>,
    /// Breaths per minute.
    pub respiratory_rate: Option<u16>,
    /// Weight in hundreds of grams.
    pub weight_hundred_grams: Option<u16>,
    /// Height in millimetres.
    pub height_millimetres: Option<u16>,
}

impl Vitals {
    /// Checks that something was measured and that each value can be a living person's.
    pub fn validate(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::new();
        let check = |errors: &mut FieldErrors, (field, what, value, range, low, high): Measure| {
            if value.is_some_and(|value| !range.contains(&value)) {
                errors.push(field, Code::OutOfRange(what, low, high));
            }
        };
        check(&mut errors, ("systolic", "Systolic pressure", self.systolic, 40..=300, "40", "300 mmHg"));
        check(&mut errors, ("diastolic", "Diastolic pressure", self.diastolic, 20..=200, "20", "200 mmHg"));
        match (self.systolic, self.diastolic) {
            (Some(upper), Some(lower)) if lower >= upper => {
                errors.push("diastolic", Code::PressuresInconsistent);
            }
            (Some(_), None) => errors.push("diastolic", Code::PressuresInconsistent),
            (None, Some(_)) => errors.push("systolic", Code::PressuresInconsistent),
            _ => {}
        }
        let others: [Measure; 6] = [
            ("pulse", "Pulse", self.pulse, 20..=300, "20", "300 a minute"),
            ("temperature", "Temperature", self.temperature_tenths, 250..=450, "25.0", "45.0 °C"),
            ("oxygenSaturation", "Oxygen saturation", self.oxygen_saturation, 40..=100, "40", "100 %"),
            ("respiratoryRate", "Breathing rate", self.respiratory_rate, 4..=80, "4", "80 a minute"),
            ("weight", "Weight", self.weight_hundred_grams, 2..=5_000, "0.2", "500.0 kg"),
            ("height", "Height", self.height_millimetres, 200..=2_600, "20.0", "260.0 cm"),
        ];
        for measure in others {
            check(&mut errors, measure);
        }
        if errors.is_empty() && *self == Self::default() {
            errors.push("systolic", Code::NothingEntered("measurement"));
        }
        errors.into_result()
    }

    /// `131/82 mmHg, pulse 72, 36.8 °C`.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        if let (Some(upper), Some(lower)) = (self.systolic, self.diastolic) {
            parts.push(format!("{upper}/{lower} mmHg"));
        }
        if let Some(pulse) = self.pulse {
            parts.push(format!("pulse {pulse}"));
        }
        if let Some(tenths) = self.temperature_tenths {
            parts.push(format!("{} °C", one_decimal(tenths)));
        }
        if let Some(percent) = self.oxygen_saturation {
            parts.push(format!("{percent} % oxygen"));
        }
        if let Some(rate) = self.respiratory_rate {
            parts.push(format!("{rate} breaths a minute"));
        }
        if let Some(hundred_grams) = self.weight_hundred_grams {
            parts.push(format!("{} kg", one_decimal(hundred_grams)));
        }
        if let Some(millimetres) = self.height_millimetres {
            parts.push(format!("{} cm", one_decimal(millimetres)));
        }
        parts.join(", ")
    }
}

/// Writes a number of tenths as `36.8`.
pub fn one_decimal(tenths: u16) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Reads `36.8` or `37` as tenths.
pub fn tenths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 1 {
        return None;
    }
    whole.parse::<u16>().ok()?.checked_mul(10)?.checked_add(fraction.parse().ok()?)
}

/// How bad a reaction can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Unpleasant.
    Mild,
    /// Needs treatment.
    #[default]
    Moderate,
    /// Threatens life.
    Severe,
}

impl Severity {
    /// All values in the order of the form.
    pub const ALL: [Self; 3] = [Self::Mild, Self::Moderate, Self::Severe];

    /// The name in files and in the API; also the word people read, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mild => "mild",
            Self::Moderate => "moderate",
            Self::Severe => "severe",
        }
    }

    /// The value with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

/// An allergy or intolerance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Allergy {
    /// To what.
    pub substance: String,
    /// What happens; may be empty.
    pub reaction: String,
    /// How bad it can be.
    pub severity: Severity,
}

/// A prescribed medicine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Medicine {
    /// Name and strength, as `Metformin 500 mg`.
    pub name: String,
    /// How to take it, as `twice a day`.
    pub dosage: String,
    /// For how many days, `None` for until further notice.
    pub days: Option<u16>,
}

impl Medicine {
    /// `twice a day for 28 days`.
    pub fn directions(&self) -> String {
        match self.days {
            Some(1) => format!("{} for 1 day", self.dosage),
            Some(days) => format!("{} for {days} days", self.dosage),
            None => self.dosage.clone(),
        }
    }
}

/// A diagnosis or problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// In words.
    pub name: String,
    /// ICD-10 or SNOMED CT code; may be empty.
    pub code: String,
}

/// Condition and treatment as the old system kept them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// What the patient has.
    pub condition: String,
    /// What is done about it.
    pub treatment: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signature() -> Signature {
        Signature { by: UserId(1), name: "Dr Rahman".into(), at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_signed_note_never_changes() {
        let mut note = Note { plan: "Rest".into(), ..Note::default() };
        note.sign(signature()).unwrap();
        let before = note.clone();
        assert_eq!(note.rewrite(Default::default()), Err(NoteError::Signed));
        assert_eq!(note.sign(signature()), Err(NoteError::Signed));
        assert_eq!(note, before);
        assert!(note.add(Addendum { text: "Improved".into(), signature: signature() }).is_ok());
    }

    #[test]
    fn an_empty_note_cannot_be_signed_and_an_unsigned_one_gets_no_addendum() {
        let mut note = Note::default();
        assert_eq!(note.sign(signature()), Err(NoteError::Empty));
        assert_eq!(
            note.add(Addendum { text: "x".into(), signature: signature() }),
            Err(NoteError::NotSigned)
        );
    }

    #[test]
    fn pressures_come_in_pairs_and_in_order() {
        let vitals = |systolic, diastolic| Vitals { systolic, diastolic, ..Vitals::default() };
        assert!(vitals(Some(131), Some(82)).validate().is_ok());
        assert!(vitals(Some(82), Some(131)).validate().is_err());
        assert!(vitals(Some(131), None).validate().is_err());
        assert!(vitals(None, None).validate().is_err());
        assert!(vitals(Some(900), Some(82)).validate().is_err());
    }

    proptest! {
        #[test]
        fn tenths_are_read_back(value in 0u16..9_999) {
            prop_assert_eq!(tenths(&one_decimal(value)), Some(value));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = tenths(&text);
        }
    }
}
