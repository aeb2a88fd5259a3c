//! Writing notes and changing them until they are signed.

use super::{entry_relation, entry_subject, find, insert_for, is_author, note_of, patient_subject, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::record::Note;
use domain::validation::text;
use domain::{Action, AppointmentId, Code, FieldErrors, PatientId, Record, RecordBody, RecordId, Relation};

/// The sections of a note as typed.
#[derive(Clone, Debug, Default)]
pub struct NoteForm {
    /// What the patient tells.
    pub subjective: String,
    /// What is found.
    pub objective: String,
    /// What it is taken for.
    pub assessment: String,
    /// What is done.
    pub plan: String,
}

impl NoteForm {
    fn check(&self) -> Result<[String; 4], FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut section =
            |field, what, typed: &str| errors.take(field, text(typed, what, Note::LONGEST_SECTION, true));
        let sections = [
            section("subjective", "What the patient tells", &self.subjective),
            section("objective", "What is found", &self.objective),
            section("assessment", "Assessment", &self.assessment),
            section("plan", "Plan", &self.plan),
        ];
        errors.into_result()?;
        Ok(sections.map(Option::unwrap_or_default))
    }
}

/// Begins a note; it is a draft until it is signed.
#[derive(Clone, Debug)]
pub struct WriteNote {
    /// Whose.
    pub patient: PatientId,
    /// The visit.
    pub appointment: Option<AppointmentId>,
    /// The sections.
    pub form: NoteForm,
}

#[async_trait]
impl UseCase for WriteNote {
    type Out = Versioned<Record>;
    const ACTION: Action = Action::WriteNote;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        patient_subject(unit, self.patient).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut note = Note::default();
        note.rewrite(self.form.check()?)?;
        if note.is_empty() {
            return Err(ServiceError::field("subjective", Code::NothingEntered("section")));
        }
        insert_for(unit, self.patient, self.appointment, RecordBody::Note(note)).await
    }
}

/// Changes the caller's own draft.
#[derive(Clone, Debug)]
pub struct ReviseNote {
    /// Which.
    pub id: RecordId,
    /// The version that the caller saw.
    pub expected: Version,
    /// The sections.
    pub form: NoteForm,
}

#[async_trait]
impl UseCase for ReviseNote {
    type Out = Versioned<Record>;
    const ACTION: Action = Action::WriteNote;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let mut record = find(unit, self.id).await?.value;
        note_of(&mut record)?;
        // Nobody puts words under another's name.
        let relation =
            if is_author(unit, &record) { entry_relation(unit, &record).await? } else { Relation::Other };
        Ok(entry_subject(&record, relation))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut record = find(unit, self.id).await?.value;
        note_of(&mut record)?.rewrite(self.form.check()?)?;
        update(unit, self.expected, record).await
    }
}
