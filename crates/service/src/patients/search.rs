//! Finding patients.

use crate::{Mode, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::patient::Sex;
use domain::validation::text;
use domain::{Action, FieldErrors, Mrn, Patient, PatientId, PersonName, Phone, Relation, Scope};
use jiff::civil::Date;
use storage::PatientFilter;

/// Finds patients by part of a name, number, phone or birth date; an empty text finds all.
#[derive(Clone, Debug)]
pub struct SearchPatients {
    /// What to look for.
    pub text: String,
    /// Which part of the list.
    pub page: PageRequest,
}

/// A patient in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientSummary {
    /// Identity.
    pub id: PatientId,
    /// Medical record number.
    pub mrn: Mrn,
    /// Name.
    pub name: PersonName,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// Administrative sex; not told where the permission is limited.
    pub sex: Sex,
    /// Phone number; not told to those who may not read it on the patient's page.
    pub phone: Option<Phone>,
}

impl PatientSummary {
    fn of(patient: Patient, with_sex: bool, with_phone: bool) -> Self {
        Self {
            id: patient.id,
            mrn: patient.mrn,
            name: patient.name,
            birth_date: patient.birth_date,
            sex: if with_sex { patient.sex } else { Sex::Unknown },
            phone: patient.phone.filter(|_| with_phone),
        }
    }
}

#[async_trait]
impl UseCase for SearchPatients {
    type Out = Page<PatientSummary>;
    const ACTION: Action = Action::SearchPatients;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("patients"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let wanted = text(&self.text, "Search", 200, false).map_err(|code| FieldErrors::one("text", code))?;
        let filter =
            PatientFilter { text: Some(wanted).filter(|text| !text.is_empty()), ..PatientFilter::default() };
        let page = unit.tx.patients().list(&filter, &self.page).await?;
        let with_sex = permit.scope() == Scope::All;
        // Who sees demographics in part only (billing) does not get the phone number by a search either.
        let with_phone = unit.scope(Action::ReadDemographics, Relation::Other) == Some(Scope::All);
        Ok(page.map(|patient| PatientSummary::of(patient.value, with_sex, with_phone)))
    }
}
