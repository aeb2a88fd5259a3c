//! One day of the whole clinic, a column for each doctor.

use super::{Doctor, doctors};
use crate::{Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::schedule::Calendar;
use domain::{Action, Appointment, Patient, PatientId, Relation, Scope, TimeRange, UserId};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use storage::{AppointmentFilter, Order, PageRequest, PatientKey};

/// One doctor's day.
#[derive(Clone, Debug)]
pub struct DayColumn {
    /// The doctor.
    pub doctor: Doctor,
    /// Every slot of the day in order, taken or not; none on leave.
    pub slots: Vec<TimeRange>,
    /// What is booked and not called off, in order of time.
    pub appointments: Vec<Versioned<Appointment>>,
}

/// One day of the clinic.
#[derive(Clone, Debug)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// A column for each active doctor, in order of name.
    pub doctors: Vec<DayColumn>,
    /// Appointments with nobody who has a column: written names, accounts that are disabled.
    pub unassigned: Vec<Versioned<Appointment>>,
    /// The patients of the day, without addresses and insurance; without phone numbers for those who do not
    /// need them.
    pub patients: BTreeMap<PatientId, Patient>,
}

/// Shows one day of the clinic; for staff only.
#[derive(Clone, Debug)]
pub struct DayView {
    /// Which.
    pub date: Date,
}

impl DayView {
    async fn appointments(&self, unit: &mut Unit<'_>) -> Result<Vec<Versioned<Appointment>>, ServiceError> {
        let (from, until) = unit.clinic.zone.day_bounds(self.date);
        let filter =
            AppointmentFilter { from: Some(from), until: Some(until), ..AppointmentFilter::default() };
        let mut found =
            unit.tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
        found.retain(|appointment| !appointment.status.is_cancelled());
        Ok(found)
    }
}

/// The patients of these appointments, with what the day's list needs and no more.
async fn patients(
    unit: &mut Unit<'_>,
    appointments: &[Versioned<Appointment>],
) -> Result<BTreeMap<PatientId, Patient>, ServiceError> {
    // Who sees demographics in part only does not get phone numbers here either.
    let with_phone = unit.scope(Action::ReadDemographics, Relation::Other) == Some(Scope::All);
    let ids: BTreeSet<PatientId> =
        appointments.iter().filter_map(|appointment| appointment.patient.id).collect();
    let keys: Vec<_> = ids.into_iter().map(PatientKey::Id).collect();
    let found = unit.tx.patients().lookup_all(&keys).await?.into_iter();
    let plain = found.map(|found| Patient {
        phone: found.value.phone.filter(|_| with_phone),
        email: None,
        address: String::new(),
        insurance: String::new(),
        reminders_off: BTreeSet::new(),
        ..found.value
    });
    let patients = plain.map(|patient| (patient.id, patient)).collect();
    Ok(patients)
}

#[async_trait]
impl UseCase for DayView {
    type Out = Day;
    const ACTION: Action = Action::ReadAppointments;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(format!("day {}", self.date)))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Day, ServiceError> {
        if permit.scope() != Scope::All {
            return Err(ServiceError::Forbidden);
        }
        let appointments = self.appointments(unit).await?;
        let patients = patients(unit, &appointments).await?;
        let catalogue = unit.catalogue().await?;
        let calendar = Calendar { zone: &unit.clinic.zone, holidays: &catalogue.holidays };
        let mut columns: Vec<DayColumn> = Vec::new();
        for doctor in doctors::all(unit).await? {
            let schedule = doctor.schedule.as_ref();
            let slots = schedule.map(|schedule| schedule.slots_on(self.date, &calendar)).unwrap_or_default();
            columns.push(DayColumn { doctor, slots, appointments: Vec::new() });
        }
        let positions: BTreeMap<UserId, usize> =
            columns.iter().enumerate().map(|(position, column)| (column.doctor.id, position)).collect();
        let mut unassigned = Vec::new();
        for appointment in appointments {
            match appointment.doctor.id.and_then(|id| positions.get(&id)) {
                Some(&position) => columns[position].appointments.push(appointment),
                None => unassigned.push(appointment),
            }
        }
        Ok(Day { date: self.date, doctors: columns, unassigned, patients })
    }
}
