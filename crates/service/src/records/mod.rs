//! Medical records: reading charts, writing entries, signing notes. Who may read or write them is decided
//! by the policy over the relation that each use case finds.

mod chart;
mod intake;
mod link;
mod list;
mod note;
mod prescribe;
mod sign;
mod summary;
#[cfg(test)]
mod tests;

pub use chart::{Chart, ReadChart};
pub use intake::{VitalsForm, WriteAllergy, WriteVitals};
pub use link::LinkRecord;
pub use list::{ListRecords, ReadEntry, UnsignedNotes};
pub use note::{NoteForm, ReviseNote, WriteNote};
pub use prescribe::{Diagnose, Prescribe};
pub use sign::{AddAddendum, SignNote};
pub use summary::WriteSummary;

use crate::{ServiceError, Subject, Unit, patients};
use domain::record::{Note, Signature};
use domain::{AppointmentId, Code, PatientId, PatientLink, Record, RecordBody, RecordId, Relation};
use storage::{Counter, Versioned};

/// The entry with this id; unknown ones are not found.
async fn find(unit: &mut Unit<'_>, id: RecordId) -> Result<Versioned<Record>, ServiceError> {
    unit.tx.records().lookup(&id).await?.ok_or(ServiceError::NotFound)
}

/// The subject of writing into a patient's record.
async fn patient_subject(unit: &mut Unit<'_>, patient: PatientId) -> Result<Subject, ServiceError> {
    patients::find(unit, patient).await?;
    let relation = unit.relation(Some(patient)).await?;
    let subject = Subject::object(relation, Some(patient), format!("patient {patient}"));
    Ok(subject.because(why(relation)))
}

/// The subject of an action on one entry.
fn entry_subject(record: &Record, relation: Relation) -> Subject {
    Subject::object(relation, record.patient.id, format!("record {}", record.id)).because(why(relation))
}

/// What the audit log says of how a record came to be open.
const fn why(relation: Relation) -> &'static str {
    if matches!(relation, Relation::Emergency) { "emergency access" } else { "" }
}

/// How the caller is related to an entry. Who began a note stays assigned to it until it is signed,
/// however long ago the visit was: nobody else can finish it.
async fn entry_relation(unit: &mut Unit<'_>, record: &Record) -> Result<Relation, ServiceError> {
    let is_draft = matches!(&record.body, RecordBody::Note(note) if !note.is_signed());
    if is_draft && is_author(unit, record) {
        return Ok(Relation::Assigned);
    }
    unit.relation(record.patient.id).await
}

fn is_author(unit: &Unit<'_>, record: &Record) -> bool {
    record.author.is_some() && record.author == unit.actor.user()
}

/// The relation for actions on the caller's own notes.
fn note_relation(unit: &Unit<'_>, record: &Record) -> Relation {
    let is_note = matches!(record.body, RecordBody::Note(_));
    if is_note && is_author(unit, record) { Relation::Own } else { Relation::Other }
}

/// The note of an entry; other kinds of entries answer like unknown ones.
fn note_of(record: &mut Record) -> Result<&mut Note, ServiceError> {
    match &mut record.body {
        RecordBody::Note(note) => Ok(note),
        _ => Err(ServiceError::NotFound),
    }
}

/// The caller's signature now.
fn signature(unit: &Unit<'_>) -> Result<Signature, ServiceError> {
    let by = unit.actor.user().ok_or(ServiceError::Forbidden)?;
    Ok(Signature { by, name: unit.actor.name().to_owned(), at: unit.now })
}

/// Refuses a visit that does not exist or is another patient's, both alike.
pub(crate) async fn check_visit(
    unit: &mut Unit<'_>,
    patient: Option<PatientId>,
    visit: Option<AppointmentId>,
) -> Result<(), ServiceError> {
    let Some(id) = visit else { return Ok(()) };
    let found = unit.tx.appointments().lookup(&id).await?;
    if found.is_some_and(|visit| visit.patient.id == patient && !visit.status.is_tentative()) {
        Ok(())
    } else {
        Err(ServiceError::field("appointmentId", Code::UnknownChoice("a visit of this patient")))
    }
}

/// Writes an entry under the caller's name. The system itself never writes clinical entries.
async fn insert(
    unit: &mut Unit<'_>,
    patient: PatientLink,
    appointment: Option<AppointmentId>,
    body: RecordBody,
) -> Result<Versioned<Record>, ServiceError> {
    let (Some(author), Some(author_role)) = (unit.actor.user(), unit.actor.role()) else {
        return Err(ServiceError::Forbidden);
    };
    let record = Record {
        id: RecordId(unit.tx.counters().next(Counter::MedicalRecord).await?),
        patient,
        author: Some(author),
        author_name: unit.actor.name().to_owned(),
        author_role,
        appointment,
        created_at: unit.now,
        body,
    };
    let version = unit.tx.records().insert(record.clone()).await?;
    Ok(Versioned { value: record, version })
}

/// Writes an entry for a known patient, perhaps of one visit.
async fn insert_for(
    unit: &mut Unit<'_>,
    patient: PatientId,
    appointment: Option<AppointmentId>,
    body: RecordBody,
) -> Result<Versioned<Record>, ServiceError> {
    let link = patients::link_to(&patients::find(unit, patient).await?.value);
    check_visit(unit, Some(patient), appointment).await?;
    insert(unit, link, appointment, body).await
}

/// Replaces an entry.
async fn update(
    unit: &mut Unit<'_>,
    expected: storage::Version,
    record: Record,
) -> Result<Versioned<Record>, ServiceError> {
    let version = unit.tx.records().update(expected, record.clone()).await?;
    Ok(Versioned { value: record, version })
}
