//! Connecting an entry that only names its patient with that patient.

use super::{find_version, notices, subject_of, update};
use crate::{ConflictKind, Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::message::Notice;
use domain::validation::Code;
use domain::{Action, Appointment, AppointmentId, AppointmentStatus, PatientId};
use storage::PatientKey;

/// Links an appointment to its patient; the name stays as it was written. Field: patientId.
#[derive(Clone, Debug)]
pub struct LinkAppointment {
    /// Which.
    pub id: AppointmentId,
    /// The version that was seen.
    pub expected: Version,
    /// Whose it is.
    pub patient: PatientId,
}

#[async_trait]
impl UseCase for LinkAppointment {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::LinkPatient;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let subject = subject_of(unit, self.id).await?;
        Ok(Subject { patient: Some(self.patient), ..subject })
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut appointment = find_version(unit, self.id, self.expected).await?;
        if appointment.patient.id.is_some() {
            return Err(ServiceError::Conflict(ConflictKind::AlreadyLinked));
        }
        if unit.tx.patients().lookup(&PatientKey::Id(self.patient)).await?.is_none() {
            return Err(ServiceError::field("patientId", Code::UnknownPatient));
        }
        appointment.patient.id = Some(self.patient);
        let stored = update(unit, self.expected, appointment).await?;
        if stored.status == AppointmentStatus::Booked {
            notices::tell(unit, Notice::Booked, &stored).await?;
        }
        Ok(stored)
    }
}
