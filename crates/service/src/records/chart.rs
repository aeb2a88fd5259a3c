//! Opening a patient's chart.

use super::patient_subject;
use crate::{Mode, Order, PageRequest, Permit, ServiceError, Subject, Unit, UseCase, Versioned, patients};
use async_trait::async_trait;
use domain::{Action, Appointment, Patient, PatientId, Record, Scope};
use jiff::Timestamp;
use storage::{AppointmentFilter, RecordFilter};

/// Reads everything that the clinic knows of a patient's health.
#[derive(Clone, Debug)]
pub struct ReadChart {
    /// Whose.
    pub patient: PatientId,
}

/// A patient's chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Whose.
    pub patient: Versioned<Patient>,
    /// Entries, newest first; the patient gets no unsigned notes.
    pub entries: Vec<Versioned<Record>>,
    /// Appointments, latest first.
    pub appointments: Vec<Versioned<Appointment>>,
    /// Until when it is open, if in an emergency only.
    pub emergency_until: Option<Timestamp>,
}

#[async_trait]
impl UseCase for ReadChart {
    type Out = Chart;
    const ACTION: Action = Action::ReadRecord;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        patient_subject(unit, self.patient).await
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let all = PageRequest::all(Order::Descending);
        let patient = patients::find(unit, self.patient).await?;
        let filter = RecordFilter {
            patient: Some(self.patient),
            visible_to_patient: permit.scope() == Scope::Own,
            ..RecordFilter::default()
        };
        let entries = unit.tx.records().list(&filter, &all).await?.items;
        let appointments =
            unit.tx.appointments().list(&AppointmentFilter::patient(self.patient), &all).await?.items;
        let emergency_until = match permit.scope() {
            Scope::Emergency => unit.emergency(self.patient).await?.map(|entry| entry.expires_at),
            _ => None,
        };
        Ok(Chart { patient, entries, appointments, emergency_until })
    }
}
