//! Diagnoses and prescriptions.

use super::{insert_for, patient_subject};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::record::{Medicine, Problem};
use domain::validation::{required, text};
use domain::{Action, AppointmentId, Code, FieldErrors, PatientId, Record, RecordBody};

/// Prescribes a medicine.
#[derive(Clone, Debug)]
pub struct Prescribe {
    /// To whom.
    pub patient: PatientId,
    /// The visit.
    pub appointment: Option<AppointmentId>,
    /// Name and strength.
    pub name: String,
    /// How to take it.
    pub dosage: String,
    /// For how many days; empty for until further notice.
    pub days: String,
}

impl Prescribe {
    fn check(&self) -> Result<Medicine, FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = errors.take("name", required(&self.name, "Medicine", "a medicine", 200, false));
        let dosage = errors.take("dosage", required(&self.dosage, "Dosage", "how to take it", 200, false));
        let days = errors.take("days", days(&self.days));
        match (name, dosage, days) {
            (Some(name), Some(dosage), Some(days)) => Ok(Medicine { name, dosage, days }),
            _ => Err(errors),
        }
    }
}

fn days(typed: &str) -> Result<Option<u16>, Code> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let days = typed.parse().ok().filter(|days| (1..=365).contains(days));
    days.map(Some).ok_or(Code::OutOfRange("Number of days", "1", "365"))
}

#[async_trait]
impl UseCase for Prescribe {
    type Out = Versioned<Record>;
    const ACTION: Action = Action::Prescribe;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        patient_subject(unit, self.patient).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let medicine = self.check()?;
        insert_for(unit, self.patient, self.appointment, RecordBody::Medicine(medicine)).await
    }
}

/// Writes a diagnosis or problem.
#[derive(Clone, Debug)]
pub struct Diagnose {
    /// Whose.
    pub patient: PatientId,
    /// The visit.
    pub appointment: Option<AppointmentId>,
    /// In words.
    pub name: String,
    /// ICD-10 or SNOMED CT code; may be empty.
    pub code: String,
}

impl Diagnose {
    fn check(&self) -> Result<Problem, FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = errors.take("name", required(&self.name, "Diagnosis", "a diagnosis", 200, false));
        let code = errors.take("code", text(&self.code, "Code", 20, false));
        match (name, code) {
            (Some(name), Some(code)) => Ok(Problem { name, code }),
            _ => Err(errors),
        }
    }
}

#[async_trait]
impl UseCase for Diagnose {
    type Out = Versioned<Record>;
    const ACTION: Action = Action::Prescribe;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        patient_subject(unit, self.patient).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let problem = self.check()?;
        insert_for(unit, self.patient, self.appointment, RecordBody::Problem(problem)).await
    }
}
