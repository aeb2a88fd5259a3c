//! Condition and treatment in the old system's shape, with the patient by name.

use super::insert;
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned, patients};
use async_trait::async_trait;
use domain::record::{Note, Summary};
use domain::validation::required;
use domain::{Action, FieldErrors, Record, RecordBody};

/// Writes an entry in the old shape. A name that exactly one patient has links it.
#[derive(Clone, Debug)]
pub struct WriteSummary {
    /// The patient's name.
    pub patient_name: String,
    /// What the patient has.
    pub condition: String,
    /// What is done about it.
    pub treatment: String,
}

impl WriteSummary {
    fn check(&self) -> Result<(String, Summary), FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = errors.take(
            "patientName",
            required(&self.patient_name, "Patient name", "the patient’s name", 160, false),
        );
        let condition = errors.take(
            "condition",
            required(&self.condition, "Condition", "a condition", Note::LONGEST_SECTION, true),
        );
        let treatment = errors.take(
            "treatment",
            required(&self.treatment, "Treatment", "a treatment", Note::LONGEST_SECTION, true),
        );
        match (name, condition, treatment) {
            (Some(name), Some(condition), Some(treatment)) => Ok((name, Summary { condition, treatment })),
            _ => Err(errors),
        }
    }
}

#[async_trait]
impl UseCase for WriteSummary {
    type Out = Versioned<Record>;
    // Condition and treatment are a diagnosis: for doctors.
    const ACTION: Action = Action::Prescribe;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let patient = patients::named(unit, &self.patient_name).await?.map(|patient| patient.id);
        let relation = unit.relation(patient).await?;
        Ok(Subject::object(relation, patient, "new record"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let (name, summary) = self.check()?;
        let link = patients::link_by_name(unit, &name).await?;
        insert(unit, link, None, RecordBody::Summary(summary)).await
    }
}
