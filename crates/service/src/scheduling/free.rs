//! Free times, day by day, of one doctor or of all.

use super::{Doctor, doctors, when};
use crate::{Clinic, Mode, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::appointment::DoctorKey;
use domain::validation::Code;
use domain::{Action, Schedule, TimeRange, UserId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
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

    /// How long the visit takes, `None` for one slot.
    fn minutes(&self, clinic: &Clinic) -> Result<Option<u16>, ServiceError> {
        let Some(code) = &self.visit_type else { return Ok(None) };
        let visit_type = clinic.visit_type(code.trim());
        let refused = || ServiceError::field("visitType", Code::UnknownChoice("a visit type"));
        visit_type.map(|visit_type| Some(visit_type.minutes)).ok_or_else(refused)
    }

    /// The days asked for.
    fn dates(&self) -> Vec<Date> {
        let days = 0..i64::from(self.days.min(Self::MOST_DAYS));
        days.filter_map(|day| self.from.checked_add(day.days()).ok()).collect()
    }
}

/// Times at which a visit of `minutes` can begin: at a slot, wholly within the hours, over nothing taken.
fn free_times(
    schedule: &Schedule,
    date: Date,
    minutes: Option<u16>,
    taken: &[TimeRange],
    clinic: &Clinic,
    now: Timestamp,
) -> Vec<TimeRange> {
    let fits = |range: &TimeRange| {
        range.start() > now
            && schedule.covers(range, &clinic.zone)
            && !taken.iter().any(|other| other.overlaps(range))
    };
    let slots = schedule.slots_on(date, &clinic.zone).into_iter();
    let visits =
        slots.filter_map(|slot| TimeRange::new(slot.start(), minutes.unwrap_or(slot.minutes())).ok());
    visits.filter(fits).collect()
}

/// What is taken between two days, by doctor.
async fn taken(
    unit: &mut Unit<'_>,
    doctor: Option<UserId>,
    dates: &[Date],
) -> Result<BTreeMap<UserId, Vec<TimeRange>>, ServiceError> {
    let mut taken = BTreeMap::<UserId, Vec<TimeRange>>::new();
    let (Some(&first), Some(&last)) = (dates.first(), dates.last()) else { return Ok(taken) };
    let zone = &unit.clinic.zone;
    let window = when::reaching_into(zone.start_of_day(first), zone.day_bounds(last).1);
    let filter = AppointmentFilter { doctor: doctor.map(DoctorKey::Account), ..window };
    let appointments = unit.tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    for appointment in appointments.iter().filter(|appointment| appointment.blocks_time()) {
        if let Some(id) = appointment.doctor.id {
            taken.entry(id).or_default().push(appointment.time);
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
        let minutes = self.minutes(unit.clinic)?;
        let doctors = match self.doctor {
            Some(id) => vec![doctors::find(unit, id).await?.ok_or(ServiceError::NotFound)?],
            None => doctors::all(unit).await?,
        };
        let dates = self.dates();
        let taken = taken(unit, self.doctor, &dates).await?;
        let last = when::horizon(unit.clinic.zone.date(unit.now));
        let day = |date: Date| {
            let of_doctor = |doctor: &Doctor| {
                let busy = taken.get(&doctor.id).map(Vec::as_slice).unwrap_or_default();
                let times = doctor
                    .schedule
                    .as_ref()
                    .filter(|_| date <= last)
                    .map(|schedule| free_times(schedule, date, minutes, busy, unit.clinic, unit.now));
                let slot = |time| FreeSlot { doctor: doctor.id, doctor_name: doctor.name.clone(), time };
                times.unwrap_or_default().into_iter().map(slot).collect::<Vec<_>>()
            };
            let mut slots: Vec<_> = doctors.iter().flat_map(of_doctor).collect();
            slots.sort_by_key(|slot| slot.time.start());
            FreeDay { date, slots }
        };
        Ok(dates.iter().copied().map(day).collect())
    }
}
