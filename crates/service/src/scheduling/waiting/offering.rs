//! Times that come free are offered in the order of the list: the more pressing first, then those who have waited longer.

use super::{BY_ITSELF, Place, let_go, open};
use crate::scheduling::free::{Busy, Search};
use crate::scheduling::{doctors, lapsed, next_id, notices, when};
use crate::use_case::Offers;
use crate::{ServiceError, Unit, Versioned, patients};
use domain::appointment::DoctorKey;
use domain::message::Notice;
use domain::schedule::Calendar;
use domain::waiting::WaitingState;
use domain::{
    Appointment, AppointmentStatus, Catalogue, Patient, Relation, Schedule, Scope, TimeRange, UserId,
    VisitType,
};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use storage::{AppointmentFilter, Order, PageRequest, PatientKey, StorageError};

/// Times of one doctor that came free.
#[derive(Clone, Debug)]
pub(in crate::scheduling) struct Freed {
    /// Whose.
    pub doctor: UserId,
    /// From when until when, in order.
    pub times: Vec<(Timestamp, Timestamp)>,
}

impl Freed {
    /// The time of an appointment that does not hold it any more; nothing where it held none.
    pub fn of(before: &Appointment) -> Option<Self> {
        let doctor = before.doctor.id.filter(|_| before.blocks_time())?;
        Some(Self { doctor, times: vec![(before.time.start(), before.busy_until())] })
    }

    fn meets(&self, time: &TimeRange) -> bool {
        self.times.iter().any(|(from, until)| *from < time.end() && time.start() < *until)
    }
}

/// Offers what came free, and what was on offer to people who did not answer in time.
pub(in crate::scheduling) async fn offer(
    unit: &mut Unit<'_>,
    freed: impl IntoIterator<Item = Freed>,
) -> Result<(), ServiceError> {
    if unit.offers == Offers::Off {
        return Ok(());
    }
    let mut places = open(unit, None).await?;
    if places.is_empty() {
        return Ok(());
    }
    let mut freed: Vec<_> = freed.into_iter().collect();
    freed.extend(end(unit, &mut places).await?);
    let catalogue = unit.catalogue().await?;
    for freed in freed {
        offer_of_doctor(unit, &catalogue, &freed, &mut places).await?;
    }
    Ok(())
}

/// Ends offers whose time is over and places whose last day has passed; what that frees.
async fn end(unit: &mut Unit<'_>, places: &mut [Place]) -> Result<Vec<Freed>, ServiceError> {
    let (now, today) = (unit.now, unit.clinic.zone.date(unit.now));
    let mut freed = Vec::new();
    for place in places {
        let mut has_ended = false;
        if let WaitingState::Offered { ends_at, .. } = place.waiting.state
            && ends_at <= now
        {
            freed.extend(let_go(unit, place).await?);
            has_ended = true;
        }
        if place.waits() && place.waiting.until < today {
            place.waiting.leave(WaitingState::Expired { at: now })?;
            place.save(unit).await?;
            has_ended = true;
        }
        if has_ended {
            unit.note_unattended(BY_ITSELF, place.subject(Relation::Any).because("ended")).await?;
        }
    }
    Ok(freed)
}

/// The doctor whose time came free, and what is taken of it.
struct Diary<'c> {
    catalogue: &'c Catalogue,
    doctor: doctors::Doctor,
    busy: Vec<Busy>,
    /// First and last day.
    days: (Date, Date),
    earliest: Timestamp,
}

async fn offer_of_doctor(
    unit: &mut Unit<'_>,
    catalogue: &Catalogue,
    freed: &Freed,
    places: &mut [Place],
) -> Result<(), ServiceError> {
    let Some(mut diary) = diary(unit, catalogue, freed).await? else { return Ok(()) };
    let Some(schedule) = diary.doctor.schedule.clone() else { return Ok(()) };
    for place in places.iter_mut().filter(|place| place.waits()) {
        let visit = catalogue.visit_type(&place.waiting.visit_type).filter(|visit| visit.offered);
        let Some(visit) = visit else { continue };
        let times = diary.times(unit, &schedule, visit, place, freed);
        if times.is_empty() {
            continue;
        }
        let Some(patient) = unit.tx.patients().lookup(&PatientKey::Id(place.patient)).await? else {
            continue;
        };
        let time = possible(unit, &diary, place, times).await?;
        if let Some((time, room)) = time {
            let held = propose(unit, &diary, place, &patient, visit, (time, room)).await?;
            diary.busy.push(Busy::of(&held));
        }
    }
    Ok(())
}

/// The doctor, if they see patients at all in what can be booked of the freed time.
async fn diary<'c>(
    unit: &mut Unit<'_>,
    catalogue: &'c Catalogue,
    freed: &Freed,
) -> Result<Option<Diary<'c>>, ServiceError> {
    let (Some((from, _)), Some((_, until))) = (freed.times.first(), freed.times.last()) else {
        return Ok(None);
    };
    let Some(doctor) = doctors::find(unit, freed.doctor).await? else { return Ok(None) };
    let zone = &unit.clinic.zone;
    // Nobody has to come sooner than patients can book by themselves.
    let earliest = when::earliest(&catalogue.rules, Scope::Own, unit.now);
    let first = zone.date((*from).max(earliest));
    let last = zone.date(*until).min(when::horizon(zone.date(unit.now), &catalogue.rules));
    if doctor.schedule.is_none() || *until <= earliest || last < first {
        return Ok(None);
    }
    let window = when::reaching_into(zone.start_of_day(first), zone.day_bounds(last).1);
    let filter = AppointmentFilter { doctor: Some(DoctorKey::Account(doctor.id)), ..window };
    let busy = live(unit, &filter).await?.iter().map(|it| Busy::of(it)).collect();
    Ok(Some(Diary { catalogue, doctor, busy, days: (first, last), earliest }))
}

impl Diary<'_> {
    /// Times at which the visit fits, that the freed time is part of and that suit, in order.
    fn times(
        &self,
        unit: &Unit<'_>,
        schedule: &Schedule,
        visit: &VisitType,
        place: &Place,
        freed: &Freed,
    ) -> Vec<TimeRange> {
        let zone = &unit.clinic.zone;
        let calendar = Calendar { zone, holidays: &self.catalogue.holidays };
        let search = Search { calendar, visit: Some(visit), earliest: self.earliest };
        let (mut date, last) = (self.days.0.max(place.waiting.from), self.days.1.min(place.waiting.until));
        let mut times = Vec::new();
        while date <= last {
            times.extend(search.times(schedule, date, &self.busy));
            let Ok(next) = date.checked_add(1.day()) else { break };
            date = next;
        }
        times.retain(|time| freed.meets(time) && place.waiting.suits(self.doctor.id, time, zone));
        times
    }
}

/// What holds its time, of what the filter lets through.
async fn live(
    unit: &mut Unit<'_>,
    filter: &AppointmentFilter,
) -> Result<Vec<Versioned<Appointment>>, ServiceError> {
    let mut found = unit.tx.appointments().list(filter, &PageRequest::all(Order::Ascending)).await?.items;
    found.retain(|it| it.blocks_time() && !it.has_lapsed(unit.now));
    Ok(found)
}

/// The first of the times at which the patient is not elsewhere, a room is free, and which is sooner than what would be
/// given up for it; with the room.
async fn possible(
    unit: &mut Unit<'_>,
    diary: &Diary<'_>,
    place: &Place,
    times: Vec<TimeRange>,
) -> Result<Option<(TimeRange, Option<String>)>, ServiceError> {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Ok(None) };
    let window = when::reaching_into(first.start(), last.end());
    let of_patient = AppointmentFilter { patient: Some(place.patient), ..window };
    let elsewhere = live(unit, &of_patient).await?;
    let before = match place.waiting.instead_of {
        Some(id) => unit.tx.appointments().lookup(&id).await?,
        None => None,
    };
    let before = before.filter(|it| it.status == AppointmentStatus::Booked).map(|it| it.time.start());
    for time in times {
        let is_sooner = before.is_none_or(|before| time.start() < before);
        if !is_sooner || elsewhere.iter().any(|it| it.time.overlaps(&time)) {
            continue;
        }
        let period = when::period(unit.clinic, diary.catalogue, &diary.doctor, &time);
        let Some(period) = period else { continue };
        if is_room_free(unit, period.room.as_deref(), &time).await? {
            return Ok(Some((time, period.room)));
        }
    }
    Ok(None)
}

async fn is_room_free(
    unit: &mut Unit<'_>,
    room: Option<&str>,
    time: &TimeRange,
) -> Result<bool, ServiceError> {
    let Some(room) = room.map(|room| room.trim().to_lowercase()) else { return Ok(true) };
    let near = live(unit, &when::reaching_into(time.start(), time.end())).await?;
    Ok(!near.iter().any(|it| it.room_key().as_ref() == Some(&room) && it.time.overlaps(time)))
}

/// Holds the time for whoever is at the place.
async fn propose(
    unit: &mut Unit<'_>,
    diary: &Diary<'_>,
    place: &mut Place,
    patient: &Patient,
    visit: &VisitType,
    (time, room): (TimeRange, Option<String>),
) -> Result<Appointment, ServiceError> {
    let until = unit.now.checked_add(diary.catalogue.rules.offer()).unwrap_or(Timestamp::MAX);
    let held = Appointment {
        id: next_id(unit).await?,
        patient: patients::link_to(patient),
        doctor: diary.doctor.link(),
        room,
        time,
        visit_type: visit.code.clone(),
        reason: place.waiting.reason.clone(),
        status: AppointmentStatus::Proposed,
        overbooked_because: None,
        held_until: Some(until.min(time.start())),
        buffer_minutes: visit.buffer_minutes,
        series: None,
        priority: place.waiting.priority,
        confirmed_at: None,
        // Nobody's: what somebody holds for themselves they could confirm without the list.
        created_by: None,
        created_at: unit.now,
        arrived_at: None,
        history: Vec::new(),
    };
    lapsed::clear(unit, &held).await?;
    match unit.tx.appointments().insert(held.clone()).await {
        Ok(_) => {}
        Err(error) => {
            if matches!(error, StorageError::Conflict(_)) {
                unit.offers = Offers::Crossed;
            }
            return Err(error.into());
        }
    }
    hold(unit, place, &held).await?;
    unit.note_unattended(BY_ITSELF, place.subject(Relation::Any).because("offered")).await?;
    Ok(held)
}

/// Notes at the place what is held for it.
pub(super) async fn hold(
    unit: &mut Unit<'_>,
    place: &mut Place,
    held: &Appointment,
) -> Result<(), ServiceError> {
    place.waiting.offer(held.id, held.held_until.unwrap_or(unit.now))?;
    place.save(unit).await?;
    notices::tell(unit, Notice::Offered, held).await
}
