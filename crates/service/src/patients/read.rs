//! Reading one patient's demographics.

use super::find;
use crate::{Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::patient::Sex;
use domain::{Action, Patient, PatientId, Scope};

/// Reads a patient. Under a limited permission phone, e-mail address and sex are left out.
#[derive(Clone, Debug)]
pub struct ReadPatient {
    /// Whom.
    pub id: PatientId,
}

#[async_trait]
impl UseCase for ReadPatient {
    type Out = Versioned<Patient>;
    const ACTION: Action = Action::ReadDemographics;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        find(unit, self.id).await?;
        let relation = unit.relation(Some(self.id)).await?;
        Ok(Subject::object(relation, Some(self.id), format!("patient {}", self.id)))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut patient = find(unit, self.id).await?;
        if permit.scope() == Scope::Limited {
            patient.value.phone = None;
            patient.value.email = None;
            patient.value.sex = Sex::Unknown;
        }
        Ok(patient)
    }
}
