//! Registering a patient, with a warning when there seems to be one already.

use super::PatientForm;
use super::form::Details;
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::person::folded_name;
use domain::{Action, Code, Patient, PatientId};
use storage::PatientFilter;

/// Registers a patient.
#[derive(Clone, Debug)]
pub struct RegisterPatient {
    /// The details.
    pub form: PatientForm,
    /// Whether to go on though a patient with this name and birth date exists.
    pub confirm_duplicate: bool,
}

impl RegisterPatient {
    async fn has_double(unit: &mut Unit<'_>, details: &Details) -> Result<bool, ServiceError> {
        let filter = PatientFilter {
            folded_name: Some(folded_name(&details.name.full())),
            birth_date: details.birth_date,
            ..PatientFilter::default()
        };
        Ok(unit.tx.patients().count(&filter).await? > 0)
    }
}

#[async_trait]
impl UseCase for RegisterPatient {
    type Out = Versioned<Patient>;
    const ACTION: Action = Action::RegisterPatient;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("new patient"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let details = self.form.check(unit.clinic.zone.date(unit.now), true)?;
        if !self.confirm_duplicate && Self::has_double(unit, &details).await? {
            return Err(ServiceError::field("confirmDuplicate", Code::PossibleDuplicate));
        }
        let patient = Patient {
            id: PatientId(unit.random.bits()),
            mrn: super::next_mrn(unit.tx).await?,
            name: details.name,
            birth_date: details.birth_date,
            sex: details.sex,
            phone: details.phone,
            email: details.email,
            address: details.address,
            insurance: details.insurance,
            reminders_off: details.reminders_off.unwrap_or_default(),
            user: None,
            created_at: unit.now,
        };
        let version = unit.tx.patients().insert(patient.clone()).await?;
        Ok(Versioned { value: patient, version })
    }
}
