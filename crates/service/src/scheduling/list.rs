//! Reading appointments: a list, one of them.

use super::{find, subject_of};
use crate::{Mode, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::appointment::DoctorKey;
use domain::{Action, Appointment, AppointmentId, AppointmentStatus, PatientId, Scope, UserId};
use jiff::civil::Date;
use storage::AppointmentFilter;

/// Narrows a list of appointments; the default is all of them.
#[derive(Clone, Debug, Default)]
pub struct AppointmentQuery {
    /// Only this patient's.
    pub patient: Option<PatientId>,
    /// Only this doctor's.
    pub doctor: Option<UserId>,
    /// Only on or after this day at the clinic.
    pub from: Option<Date>,
    /// Only before this day at the clinic.
    pub until: Option<Date>,
    /// Only in one of these statuses, when not empty.
    pub statuses: Vec<AppointmentStatus>,
    /// In the order of booking instead of that of time.
    pub by_id: bool,
}

/// Lists appointments; patients get their own only, whatever they ask for.
#[derive(Clone, Debug)]
pub struct ListAppointments {
    /// Which.
    pub filter: AppointmentQuery,
    /// Which part of the list.
    pub page: PageRequest,
}

impl ListAppointments {
    /// Whose appointments may be listed: `Err` for nobody's, `Ok(None)` for everyone's.
    fn whose(&self, unit: &Unit<'_>, scope: Scope) -> Result<Option<PatientId>, ()> {
        if scope == Scope::All {
            return Ok(self.filter.patient);
        }
        let own = unit.actor.patient().ok_or(())?;
        if self.filter.patient.is_none_or(|asked| asked == own) { Ok(Some(own)) } else { Err(()) }
    }
}

#[async_trait]
impl UseCase for ListAppointments {
    type Out = Page<Versioned<Appointment>>;
    const ACTION: Action = Action::ReadAppointments;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let patient = self
            .filter
            .patient
            .or(unit.actor.patient().filter(|_| unit.actor.role() == Some(domain::Role::Patient)));
        Ok(Subject { patient, ..Subject::any("appointments") })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let Ok(patient) = self.whose(unit, permit.scope()) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        // What is only held is in no list.
        let statuses: Vec<_> = self.filter.statuses.iter().copied().filter(|it| !it.is_tentative()).collect();
        if statuses.is_empty() && !self.filter.statuses.is_empty() {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let zone = &unit.clinic.zone;
        let filter = AppointmentFilter {
            doctor: self.filter.doctor.map(DoctorKey::Account),
            patient,
            from: self.filter.from.map(|date| zone.start_of_day(date)),
            until: self.filter.until.map(|date| zone.start_of_day(date)),
            statuses,
            by_id: self.filter.by_id,
            ..AppointmentFilter::default()
        };
        Ok(unit.tx.appointments().list(&filter, &self.page).await?)
    }
}

/// One appointment.
#[derive(Clone, Debug)]
pub struct ReadAppointment {
    /// Which.
    pub id: AppointmentId,
}

#[async_trait]
impl UseCase for ReadAppointment {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::ReadAppointments;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        find(unit, self.id).await
    }
}
