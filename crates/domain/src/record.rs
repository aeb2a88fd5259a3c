//! Entries of a medical record: notes with their addenda, vitals, allergies, medicines, problems, old entries.

use crate::{AppointmentId, PatientLink, RecordId, Role, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::vitals::{Vitals, one_decimal, tenths};

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
    /// Whether it is a note that its author has yet to sign.
    pub fn is_unsigned_note(&self) -> bool {
        matches!(&self.body, RecordBody::Note(note) if !note.is_signed())
    }

    /// Whether the patient may read it: everything but notes that are not signed.
    pub fn is_visible_to_patient(&self) -> bool {
        !self.is_unsigned_note()
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
}
