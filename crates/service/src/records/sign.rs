//! Signing notes, and adding words to signed ones. Nothing takes a signature back.

use super::{entry_subject, find, note_of, note_relation, signature, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::record::{Addendum, Note};
use domain::validation::required;
use domain::{Action, FieldErrors, Record, RecordId};

/// Signs the caller's own note: from then on it never changes.
#[derive(Clone, Debug)]
pub struct SignNote {
    /// Which.
    pub id: RecordId,
    /// The version that the caller saw.
    pub expected: Version,
}

#[async_trait]
impl UseCase for SignNote {
    type Out = Versioned<Record>;
    const ACTION: Action = Action::SignNote;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let record = find(unit, self.id).await?;
        Ok(entry_subject(&record, note_relation(unit, &record)))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut record = find(unit, self.id).await?.value;
        note_of(&mut record)?.sign(signature(unit)?)?;
        update(unit, self.expected, record).await
    }
}

/// Adds words to the caller's own signed note; they are signed as they are written.
#[derive(Clone, Debug)]
pub struct AddAddendum {
    /// Which.
    pub id: RecordId,
    /// The version that the caller saw.
    pub expected: Version,
    /// The words.
    pub text: String,
}

#[async_trait]
impl UseCase for AddAddendum {
    type Out = Versioned<Record>;
    const ACTION: Action = Action::AddAddendum;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let record = find(unit, self.id).await?;
        Ok(entry_subject(&record, note_relation(unit, &record)))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let text = required(&self.text, "Addendum", "what to add", Note::LONGEST_SECTION, true)
            .map_err(|code| FieldErrors::one("text", code))?;
        let mut record = find(unit, self.id).await?.value;
        let signature = signature(unit)?;
        note_of(&mut record)?.add(Addendum { text, signature })?;
        update(unit, self.expected, record).await
    }
}
