//! Connecting an entry that came with a name only with the patient it is about.

use super::{entry_relation, entry_subject, find, update};
use crate::{
    ConflictKind, Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned, patients,
};
use async_trait::async_trait;
use domain::{Action, Code, PatientId, Record, RecordId};

/// Links an entry to a patient, once.
#[derive(Clone, Debug)]
pub struct LinkRecord {
    /// Which.
    pub id: RecordId,
    /// The version that the caller saw.
    pub expected: Version,
    /// To whom.
    pub patient: PatientId,
}

#[async_trait]
impl UseCase for LinkRecord {
    type Out = Versioned<Record>;
    const ACTION: Action = Action::LinkPatient;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let record = find(unit, self.id).await?;
        let relation = entry_relation(unit, &record).await?;
        // The front desk links appointments too, but entries only who may read them.
        if unit.scope(Action::ReadRecord, relation).is_none() {
            return Err(ServiceError::NotFound);
        }
        let patient = record.patient.id.or(Some(self.patient));
        Ok(Subject { patient, ..entry_subject(&record, relation) })
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut record = find(unit, self.id).await?.value;
        if record.patient.id.is_some() {
            return Err(ServiceError::Conflict(ConflictKind::AlreadyLinked));
        }
        match patients::find(unit, self.patient).await {
            Ok(patient) => record.patient.id = Some(patient.id),
            Err(ServiceError::NotFound) => {
                return Err(ServiceError::field("patientId", Code::UnknownPatient));
            }
            Err(error) => return Err(error),
        }
        update(unit, self.expected, record).await
    }
}
