//! Free times, day by day, of one doctor or of all.

use super::{Doctor, doctors, when};
use crate::{Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::appointment::DoctorKey;
use domain::schedule::Calendar;
use domain::validation::Code;
use domain::{Action, Appointment, Catalogue, Role, Schedule, Scope, TimeRange, UserId, VisitType};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::BTreeMap;
use storage::{AppointmentFilter, Order, PageRequest};

/// A time that can be booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeSlot {
    /// With whom.
    pub doctor: UserId,
    /// The doctor's name.
    pub doctor_name: String,
    /// When.
    pub time: TimeRange,
}

/// The free times of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeDay {
    /// The day at the clinic.
    pub date: Date,
    /// In order of time, then of the doctor's name.
    pub slots: Vec<FreeSlot>,
}

/// Times that can be booked, for every day asked for. Days after the booking horizon have none.
/// Field: visitType.
#[derive(Clone, Debug)]
pub struct FreeSlots {
    /// With whom; `None` for any doctor.
    pub doctor: Option<UserId>,
    /// First day.
    pub from: Date,
    /// Number of days, at most [`FreeSlots::MOST_DAYS`].
    pub days: u16,
    /// Code of the visit type that must fit; `None` for the doctor's own slot length.
    pub visit_type: Option<String>,
}

impl FreeSlots {
    /// Most days of one answer.
    pub const MOST_DAYS: u16 = 62;

    /// The visit that must fit, `None` for one slot.
    fn visit<'c>(&self, catalogue: &'c Catalogue) -> Result<Option<&'c VisitType>, ServiceError> {
        let Some(code) = &self.visit_type else { return Ok(None) };
        let visit_type = catalogue.visit_type(code.trim()).filter(|visit_type| visit_type.offered);
        let refused = || ServiceError::field("visitType", Code::UnknownChoice("a visit type"));
        visit_type.map(Some).ok_or_else(refused)
    }

    /// The days asked for.
    fn dates(&self) -> Vec<Date> {
        let days = 0..i64::from(self.days.min(Self::MOST_DAYS));
        days.filter_map(|day| self.from.checked_add(day.days()).ok()).collect()
    }
}

/// What free times are looked for in.
pub(super) struct Search<'a> {
    /// What schedules are read against.
    pub calendar: Calendar<'a>,
    /// The visit that must fit, `None` for one slot.
    pub visit: Option<&'a VisitType>,
    /// Nothing before this can be booked.
    pub earliest: Timestamp,
}

impl Search<'_> {
    /// Times at which the visit can begin: at a slot, wholly within the hours that see such visits, over nothing taken,
    /// with the minutes that stay free after it and after those before it.
    pub fn times(&self, schedule: &Schedule, date: Date, taken: &[Busy]) -> Vec<TimeRange> {
        let mut times = Vec::new();
        let buffer = SignedDuration::from_mins(self.visit.map_or(0, |visit| i64::from(visit.buffer_minutes)));
        // Of weeks of appointments only those of this day are looked at for each of its times.
        let (first, last) = self.calendar.zone.day_bounds(date);
        let last = last.checked_add(buffer).unwrap_or(Timestamp::MAX);
        let near: Vec<&Busy> = taken.iter().filter(|busy| busy.from < last && first < busy.until).collect();
        let periods = schedule.periods_on(date, &self.calendar).into_iter();
        for period in periods.filter(|period| self.visit.is_none_or(|visit| period.admits(&visit.code))) {
            let slots = schedule.slots_of(date, &period, self.calendar.zone);
            let Some(end) = self.calendar.zone.instant(date.to_datetime(period.until)).ok() else { continue };
            for slot in slots {
                let minutes = self.visit.map_or(slot.minutes(), |visit| visit.minutes);
                let Ok(time) = TimeRange::new(slot.start(), minutes) else { continue };
                let until = time.end().checked_add(buffer).unwrap_or(Timestamp::MAX);
                let free = !near.iter().any(|busy| busy.from < until && time.start() < busy.until);
                if time.start() > self.earliest && time.end() <= end && free {
                    times.push(time);
                }
            }
        }
        times
    }
}

/// A time in which a doctor is taken, with the minutes that stay free after it.
pub(super) struct Busy {
    /// First instant.
    pub from: Timestamp,
    /// First instant after.
    pub until: Timestamp,
}

impl Busy {
    /// The time of an appointment.
    pub fn of(appointment: &Appointment) -> Self {
        Self { from: appointment.time.start(), until: appointment.busy_until() }
    }
}

/// What is taken between two days, by doctor.
async fn taken(
    unit: &mut Unit<'_>,
    doctor: Option<UserId>,
    dates: &[Date],
) -> Result<BTreeMap<UserId, Vec<Busy>>, ServiceError> {
    let mut taken = BTreeMap::<UserId, Vec<Busy>>::new();
    let (Some(&first), Some(&last)) = (dates.first(), dates.last()) else { return Ok(taken) };
    let zone = &unit.clinic.zone;
    let window = when::reaching_into(zone.start_of_day(first), zone.day_bounds(last).1);
    let filter = AppointmentFilter { doctor: doctor.map(DoctorKey::Account), ..window };
    let appointments = unit.tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    // What patients hold themselves they can choose again.
    let (holder, patient) = (unit.actor.user(), unit.actor.patient());
    let is_own = |it: &Appointment| {
        it.held_until.is_some() && patient.is_some() && it.created_by == holder && it.patient.id == patient
    };
    let blocking = |it: &&Versioned<Appointment>| it.blocks_time() && !it.has_lapsed(unit.now) && !is_own(it);
    for appointment in appointments.iter().filter(blocking) {
        if let Some(id) = appointment.doctor.id {
            taken.entry(id).or_default().push(Busy::of(appointment));
        }
    }
    Ok(taken)
}

#[async_trait]
impl UseCase for FreeSlots {
    type Out = Vec<FreeDay>;
    const ACTION: Action = Action::ReadSchedule;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("free times"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let catalogue = unit.catalogue().await?;
        let visit = self.visit(&catalogue)?;
        let doctors = match self.doctor {
            Some(id) => vec![doctors::find(unit, id).await?.ok_or(ServiceError::NotFound)?],
            None => doctors::all(unit).await?,
        };
        let dates = self.dates();
        let taken = taken(unit, self.doctor, &dates).await?;
        let calendar = Calendar { zone: &unit.clinic.zone, holidays: &catalogue.holidays };
        // Patients see what they can book by themselves.
        let own = unit.actor.role() == Some(Role::Patient);
        let scope = if own { Scope::Own } else { Scope::All };
        let earliest = when::earliest(&catalogue.rules, scope, unit.now);
        let search = Search { calendar, visit, earliest };
        let last = when::horizon(unit.clinic.zone.date(unit.now), &catalogue.rules);
        let day = |date: Date| {
            let of_doctor = |doctor: &Doctor| {
                let busy = taken.get(&doctor.id).map(Vec::as_slice).unwrap_or_default();
                let schedule = doctor.schedule.as_ref().filter(|_| date <= last);
                let times = schedule.map(|schedule| search.times(schedule, date, busy)).unwrap_or_default();
                let slot = |time| FreeSlot { doctor: doctor.id, doctor_name: doctor.name.clone(), time };
                times.into_iter().map(slot).collect::<Vec<_>>()
            };
            let mut slots: Vec<_> = doctors.iter().flat_map(of_doctor).collect();
            slots.sort_by_key(|slot| slot.time.start());
            FreeDay { date, slots }
        };
        Ok(dates.iter().copied().map(day).collect())
    }
}
