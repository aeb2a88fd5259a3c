//! Bookings as the old system took them: names as written, a date, a time, half an hour.

use super::{doctors, when};
use crate::{Clinic, Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned, patients};
use async_trait::async_trait;
use domain::validation::required;
use domain::{Action, Appointment, AppointmentStatus, FieldErrors, Scope, TimeRange};

/// Most characters of a written name.
const LONGEST_NAME: usize = 120;

/// Books as written. Names that match one patient or doctor exactly are linked; any real date is accepted, as
/// old clients note past visits too. Fields: patientName, date, time, doctor.
#[derive(Clone, Debug)]
pub struct BookWritten {
    /// The patient's name.
    pub patient_name: String,
    /// Day as `2025-10-20`.
    pub date: String,
    /// Time of day as `10:00 AM` or `10:00`.
    pub time: String,
    /// The doctor's name, as `Dr. Smith`.
    pub doctor: String,
}

impl BookWritten {
    fn check(&self, clinic: &Clinic) -> Result<(String, String, TimeRange), FieldErrors> {
        let mut errors = FieldErrors::new();
        let patient = required(&self.patient_name, "Patient name", "a patient name", LONGEST_NAME, false);
        let patient = errors.take("patientName", patient);
        let start = when::start(clinic, &self.date, &self.time, &mut errors);
        let doctor = errors.take("doctor", required(&self.doctor, "Doctor", "a doctor", LONGEST_NAME, false));
        let range =
            start.and_then(|start| errors.take("time", TimeRange::new(start, Clinic::DEFAULT_MINUTES)));
        match (patient, doctor, range) {
            (Some(patient), Some(doctor), Some(range)) => Ok((patient, doctor, range)),
            _ => Err(errors),
        }
    }
}

#[async_trait]
impl UseCase for BookWritten {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::BookAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("new appointment"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        // Patients book for themselves, never by a name that they write.
        if permit.scope() != Scope::All {
            return Err(ServiceError::Forbidden);
        }
        let (patient_name, doctor_name, time) = self.check(unit.clinic)?;
        let visit_type =
            unit.catalogue().await?.visit_types.first().map(|visit_type| visit_type.code.clone());
        let appointment = Appointment {
            id: super::next_id(unit).await?,
            patient: patients::link_by_name(unit, &patient_name).await?,
            doctor: doctors::link_by_name(unit, &doctor_name).await?,
            room: None,
            time,
            visit_type: visit_type.unwrap_or_default(),
            reason: String::new(),
            status: AppointmentStatus::Booked,
            overbooked_because: None,
            held_until: None,
            buffer_minutes: 0,
            series: None,
            priority: domain::Priority::Routine,
            confirmed_at: None,
            created_by: unit.actor.user(),
            created_at: unit.now,
            arrived_at: None,
            history: Vec::new(),
        };
        super::insert_booked(unit, appointment).await
    }
}
