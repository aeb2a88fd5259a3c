//! Changing a patient's demographics.

use super::{PatientForm, find};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version};
use async_trait::async_trait;
use domain::{Action, PatientId, Scope};

/// Changes a patient. Under a limited permission only address and insurance change, the rest of the form is ignored.
#[derive(Clone, Debug)]
pub struct EditPatient {
    /// Whom.
    pub id: PatientId,
    /// The version that the caller saw.
    pub expected: Version,
    /// The details.
    pub form: PatientForm,
}

#[async_trait]
impl UseCase for EditPatient {
    type Out = Version;
    const ACTION: Action = Action::EditDemographics;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        find(unit, self.id).await?;
        let relation = unit.relation(Some(self.id)).await?;
        Ok(Subject::object(relation, Some(self.id), format!("patient {}", self.id)))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut patient = find(unit, self.id).await?.value;
        if permit.scope() == Scope::Limited {
            let details = self.form.check_billing()?;
            patient.address = details.address;
            patient.insurance = details.insurance;
        } else {
            let today = unit.clinic.zone.date(unit.now);
            self.form.check(today, patient.birth_date.is_some())?.apply(&mut patient);
        }
        Ok(unit.tx.patients().update(self.expected, patient).await?)
    }
}
