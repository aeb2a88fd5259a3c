//! Vitals and allergies.

use super::{insert_for, patient_subject};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::record::{Allergy, Severity, Vitals, tenths};
use domain::validation::{required, text};
use domain::{Action, AppointmentId, Code, FieldErrors, PatientId, Record, RecordBody};

/// Measurements as typed; each may be empty, not all.
#[derive(Clone, Debug, Default)]
pub struct VitalsForm {
    /// Upper blood pressure in mmHg.
    pub systolic: String,
    /// Lower blood pressure in mmHg.
    pub diastolic: String,
    /// Heart rate per minute.
    pub pulse: String,
    /// Body temperature in degrees Celsius, as `36.8`.
    pub temperature: String,
    /// Oxygen saturation in percent.
    pub oxygen_saturation: String,
    /// Breaths per minute.
    pub respiratory_rate: String,
    /// Weight in kilograms, as `71.5`.
    pub weight: String,
    /// Height in centimetres, as `168.0`.
    pub height: String,
}

impl VitalsForm {
    fn check(&self) -> Result<Vitals, FieldErrors> {
        // What is no number is out of every range, which the validation then says with the right range.
        let whole = |typed: &str| optional(typed).map(|typed| typed.parse().unwrap_or(u16::MAX));
        let decimal = |typed: &str| optional(typed).map(|typed| tenths(typed).unwrap_or(u16::MAX));
        let vitals = Vitals {
            systolic: whole(&self.systolic),
            diastolic: whole(&self.diastolic),
            pulse: whole(&self.pulse),
            temperature_tenths: decimal(&self.temperature),
            oxygen_saturation: whole(&self.oxygen_saturation),
            respiratory_rate: whole(&self.respiratory_rate),
            weight_hundred_grams: decimal(&self.weight),
            height_millimetres: decimal(&self.height),
        };
        vitals.validate()?;
        Ok(vitals)
    }
}

fn optional(typed: &str) -> Option<&str> {
    Some(typed.trim()).filter(|typed| !typed.is_empty())
}

/// Writes measurements.
#[derive(Clone, Debug)]
pub struct WriteVitals {
    /// Whose.
    pub patient: PatientId,
    /// The visit.
    pub appointment: Option<AppointmentId>,
    /// The measurements.
    pub form: VitalsForm,
}

#[async_trait]
impl UseCase for WriteVitals {
    type Out = Versioned<Record>;
    const ACTION: Action = Action::WriteIntake;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        patient_subject(unit, self.patient).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let vitals = self.form.check()?;
        insert_for(unit, self.patient, self.appointment, RecordBody::Vitals(vitals)).await
    }
}

/// Writes an allergy or intolerance.
#[derive(Clone, Debug)]
pub struct WriteAllergy {
    /// Whose.
    pub patient: PatientId,
    /// To what.
    pub substance: String,
    /// What happens; may be empty.
    pub reaction: String,
    /// The name of a [`Severity`].
    pub severity: String,
}

impl WriteAllergy {
    fn check(&self) -> Result<Allergy, FieldErrors> {
        let mut errors = FieldErrors::new();
        let substance = errors
            .take("substance", required(&self.substance, "Substance", "what the allergy is to", 120, false));
        let reaction = errors.take("reaction", text(&self.reaction, "Reaction", 200, false));
        let severity = errors.take(
            "severity",
            Severity::named(self.severity.trim()).ok_or(Code::NotChosen("how severe the reaction is")),
        );
        match (substance, reaction, severity) {
            (Some(substance), Some(reaction), Some(severity)) => {
                Ok(Allergy { substance, reaction, severity })
            }
            _ => Err(errors),
        }
    }
}

#[async_trait]
impl UseCase for WriteAllergy {
    type Out = Versioned<Record>;
    const ACTION: Action = Action::WriteIntake;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        patient_subject(unit, self.patient).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let allergy = self.check()?;
        insert_for(unit, self.patient, None, RecordBody::Allergy(allergy)).await
    }
}
