//! Days of the clinic, a column for each doctor: one with its patients, or several in a row, or their load alone.

use super::{Doctor, doctors};
use crate::{Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::appointment::DoctorKey;
use domain::schedule::Calendar;
use domain::validation::Code;
use domain::{Action, Appointment, Patient, PatientId, Relation, Scope, TimeRange, UserId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
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

impl DayColumn {
    fn is_taken(&self, slot: &TimeRange) -> bool {
        self.appointments.iter().any(|it| it.blocks_time() && it.time.overlaps(slot))
    }

    /// Slots over which something is booked.
    pub fn taken(&self) -> usize {
        self.slots.iter().filter(|slot| self.is_taken(slot)).count()
    }

    /// Slots that can still be booked.
    pub fn free(&self, now: Timestamp) -> impl Iterator<Item = &TimeRange> {
        self.slots.iter().filter(move |slot| self.is_free(slot, now))
    }

    /// Whether a slot can still be booked.
    pub fn is_free(&self, slot: &TimeRange, now: Timestamp) -> bool {
        slot.start() > now && !self.is_taken(slot)
    }
}

/// One day of the clinic.
#[derive(Clone, Debug)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// The holiday on which the clinic is closed.
    pub holiday: Option<String>,
    /// A column for each active doctor, in order of name.
    pub doctors: Vec<DayColumn>,
    /// Appointments with nobody who has a column: written names, accounts that are disabled.
    pub unassigned: Vec<Versioned<Appointment>>,
    /// The patients of the day, without addresses and insurance; without phone numbers for those who do not
    /// need them.
    pub patients: BTreeMap<PatientId, Patient>,
}

/// The patients of these appointments, with what the day's list needs and no more.
async fn patients(
    unit: &mut Unit<'_>,
    ids: BTreeSet<PatientId>,
) -> Result<BTreeMap<PatientId, Patient>, ServiceError> {
    // Who sees demographics in part only does not get phone numbers here either.
    let with_phone = unit.scope(Action::ReadDemographics, Relation::Other) == Some(Scope::All);
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

/// What is booked from one day to another, both included, and was not called off.
async fn appointments(
    unit: &mut Unit<'_>,
    (first, last): (Date, Date),
    doctor: Option<UserId>,
) -> Result<Vec<Versioned<Appointment>>, ServiceError> {
    let zone = &unit.clinic.zone;
    let filter = AppointmentFilter {
        doctor: doctor.map(DoctorKey::Account),
        from: Some(zone.start_of_day(first)),
        until: Some(zone.day_bounds(last).1),
        ..AppointmentFilter::default()
    };
    let mut found = unit.tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    found.retain(|appointment| !appointment.status.is_cancelled());
    Ok(found)
}

/// The days from one to another, both included: the one place where hours and appointments come together.
async fn days(
    unit: &mut Unit<'_>,
    span: (Date, Date),
    doctor: Option<UserId>,
) -> Result<Vec<Day>, ServiceError> {
    let found = appointments(unit, span, doctor).await?;
    let catalogue = unit.catalogue().await?;
    let mut doctors = doctors::all(unit).await?;
    doctors.retain(|it| doctor.is_none_or(|wanted| it.id == wanted));
    let zone = &unit.clinic.zone;
    let calendar = Calendar { zone, holidays: &catalogue.holidays };
    let mut days: Vec<Day> = span
        .0
        .series(1.day())
        .take_while(|date| *date <= span.1)
        .map(|date| empty(date, &doctors, &calendar))
        .collect();
    let positions: BTreeMap<UserId, usize> =
        doctors.iter().enumerate().map(|(position, doctor)| (doctor.id, position)).collect();
    for appointment in found {
        let date = zone.date(appointment.time.start());
        let Ok(index) = days.binary_search_by_key(&date, |day| day.date) else { continue };
        match appointment.doctor.id.and_then(|id| positions.get(&id)) {
            Some(&position) => days[index].doctors[position].appointments.push(appointment),
            None => days[index].unassigned.push(appointment),
        }
    }
    Ok(days)
}

/// A day on which nothing is booked.
fn empty(date: Date, doctors: &[Doctor], calendar: &Calendar<'_>) -> Day {
    let column = |doctor: &Doctor| {
        let schedule = doctor.schedule.as_ref();
        let slots = schedule.map(|schedule| schedule.slots_on(date, calendar)).unwrap_or_default();
        DayColumn { doctor: doctor.clone(), slots, appointments: Vec::new() }
    };
    Day {
        date,
        holiday: calendar.holiday(date).map(|holiday| holiday.name.clone()),
        doctors: doctors.iter().map(column).collect(),
        unassigned: Vec::new(),
        patients: BTreeMap::new(),
    }
}

/// Only for those who see everybody's appointments.
pub(super) fn check_sees_all(permit: Permit) -> Result<(), ServiceError> {
    if permit.scope() == Scope::All { Ok(()) } else { Err(ServiceError::Forbidden) }
}

/// Shows one day of the clinic with its patients; for staff only.
#[derive(Clone, Debug)]
pub struct DayView {
    /// Which.
    pub date: Date,
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
        check_sees_all(permit)?;
        let mut day = days(unit, (self.date, self.date), None).await?.pop().ok_or(ServiceError::NotFound)?;
        let visits = day.doctors.iter().flat_map(|column| &column.appointments).chain(&day.unassigned);
        let ids = visits.filter_map(|appointment| appointment.patient.id).collect();
        day.patients = patients(unit, ids).await?;
        Ok(day)
    }
}

/// Shows the seven days from one on, without the patients' details; for staff only.
#[derive(Clone, Debug)]
pub struct WeekView {
    /// The first day.
    pub from: Date,
    /// Only this doctor's column.
    pub doctor: Option<UserId>,
}

#[async_trait]
impl UseCase for WeekView {
    type Out = Vec<Day>;
    const ACTION: Action = Action::ReadAppointments;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(format!("week from {}", self.from)))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        check_sees_all(permit)?;
        days(unit, (self.from, self.from.saturating_add(6.days())), self.doctor).await
    }
}

/// How full a day is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayLoad {
    /// Which.
    pub date: Date,
    /// The holiday on which the clinic is closed.
    pub holiday: Option<String>,
    /// Slots of all doctors.
    pub slots: usize,
    /// Those of them over which something is booked.
    pub taken: usize,
    /// Those that can still be booked.
    pub free: usize,
    /// Appointments, without those that were called off.
    pub visits: usize,
}

impl DayLoad {
    /// The sums of a day.
    pub fn of(day: &Day, now: Timestamp) -> Self {
        let sum = |count: fn(&DayColumn) -> usize| day.doctors.iter().map(count).sum();
        Self {
            date: day.date,
            holiday: day.holiday.clone(),
            slots: sum(|column| column.slots.len()),
            taken: sum(DayColumn::taken),
            free: day.doctors.iter().map(|column| column.free(now).count()).sum(),
            visits: sum(|column| column.appointments.len()) + day.unassigned.len(),
        }
    }
}

/// How full the days from one to another are; for staff only. Fields: from, to.
#[derive(Clone, Debug)]
pub struct ReadLoad {
    /// First day.
    pub from: Date,
    /// Last day, at most [`ReadLoad::MOST_DAYS`] in all.
    pub to: Date,
    /// Only this doctor's.
    pub doctor: Option<UserId>,
}

impl ReadLoad {
    /// Most days of one answer.
    pub const MOST_DAYS: i32 = 62;
}

#[async_trait]
impl UseCase for ReadLoad {
    type Out = Vec<DayLoad>;
    const ACTION: Action = Action::ReadAppointments;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(format!("load from {} to {}", self.from, self.to)))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        check_sees_all(permit)?;
        let days_after = (self.to - self.from).get_days();
        if !(0..Self::MOST_DAYS).contains(&days_after) {
            return Err(ServiceError::field("to", Code::OutOfRange("The last day", "the first", "the 62nd")));
        }
        let now = unit.now;
        let found = days(unit, (self.from, self.to), self.doctor).await?;
        Ok(found.iter().map(|day| DayLoad::of(day, now)).collect())
    }
}
