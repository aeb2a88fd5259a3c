//! Booked appointments that other hours or holidays would leave outside the hours: whoever changes these decides what
//! becomes of them, or nothing changes.

use super::{LONGEST_REASON, doctors, notices, update};
use crate::{ConflictKind, ServiceError, Subject, Unit, Versioned};
use domain::appointment::DoctorKey;
use domain::catalogue::Holiday;
use domain::message::Notice;
use domain::schedule::Calendar;
use domain::validation::required;
use domain::{
    Action, Appointment, AppointmentId, AppointmentStatus, DoctorLink, PatientLink, Relation, Schedule,
    Scope, TimeRange,
};
use std::collections::{BTreeMap, BTreeSet};
use storage::{AppointmentFilter, Order, PageRequest};

/// A booked appointment that lies within the hours now and would not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranded {
    /// Which.
    pub id: AppointmentId,
    /// When.
    pub time: TimeRange,
    /// With whom.
    pub doctor: DoctorLink,
    /// Who comes; `None` for callers who do not see appointments.
    pub patient: Option<PatientLink>,
}

/// What becomes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They stay as they are.
    Keep,
    /// The clinic cancels each of them.
    Cancel {
        /// Why; stands in the history of each.
        reason: String,
    },
}

/// What was decided, and of which: one that was booked meanwhile asks for another decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What becomes of them.
    pub fate: Fate,
    /// The appointments that were shown when this was decided.
    pub of: BTreeSet<AppointmentId>,
}

/// Whether the doctor sees such a visit at its time.
fn is_within(schedule: &Schedule, appointment: &Appointment, calendar: &Calendar<'_>) -> bool {
    let period = schedule.period_of(&appointment.time, calendar);
    period.is_some_and(|period| period.admits(&appointment.visit_type))
}

/// What is booked and still to come, of what the filter lets through.
async fn booked(
    unit: &mut Unit<'_>,
    filter: AppointmentFilter,
) -> Result<Vec<Versioned<Appointment>>, ServiceError> {
    let from = Some(filter.from.map_or(unit.now, |from| from.max(unit.now)));
    let filter = AppointmentFilter { from, statuses: vec![AppointmentStatus::Booked], ..filter };
    Ok(unit.tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items)
}

/// Settles what other hours of a doctor strand.
pub(super) async fn settle_hours(
    unit: &mut Unit<'_>,
    before: &Schedule,
    after: &Schedule,
    decision: Option<&Decision>,
) -> Result<(), ServiceError> {
    let holidays = unit.catalogue().await?.holidays;
    let calendar = Calendar { zone: &unit.clinic.zone, holidays: &holidays };
    let doctor = Some(DoctorKey::Account(after.doctor));
    let mut stranded = booked(unit, AppointmentFilter { doctor, ..AppointmentFilter::default() }).await?;
    stranded.retain(|it| is_within(before, it, &calendar) && !is_within(after, it, &calendar));
    settle(unit, stranded, decision).await
}

/// Settles what other holidays of the clinic strand.
pub(super) async fn settle_holidays(
    unit: &mut Unit<'_>,
    before: &[Holiday],
    after: &[Holiday],
    decision: Option<&Decision>,
) -> Result<(), ServiceError> {
    let zone = &unit.clinic.zone;
    let [before, now_closed] = [before, after].map(|holidays| Calendar { zone, holidays });
    let mut schedules = BTreeMap::new();
    for doctor in doctors::all(unit).await? {
        if let Some(schedule) = doctor.schedule {
            schedules.insert(doctor.id, schedule.value);
        }
    }
    let mut stranded = BTreeMap::new();
    for holiday in after.iter().filter(|holiday| !before.holidays.contains(holiday)) {
        let (from, until) = (zone.day_bounds(holiday.from).0, zone.day_bounds(holiday.until).1);
        let filter =
            AppointmentFilter { from: Some(from), until: Some(until), ..AppointmentFilter::default() };
        for found in booked(unit, filter).await? {
            let schedule = found.doctor.id.and_then(|id| schedules.get(&id));
            if schedule
                .is_some_and(|it| is_within(it, &found, &before) && !is_within(it, &found, &now_closed))
            {
                stranded.insert((found.time.start(), found.id), found);
            }
        }
    }
    settle(unit, stranded.into_values().collect(), decision).await
}

async fn settle(
    unit: &mut Unit<'_>,
    stranded: Vec<Versioned<Appointment>>,
    decision: Option<&Decision>,
) -> Result<(), ServiceError> {
    let are_all_seen = |decision: &&Decision| stranded.iter().all(|it| decision.of.contains(&it.id));
    match decision.filter(are_all_seen).map(|decision| &decision.fate) {
        _ if stranded.is_empty() => Ok(()),
        None => {
            let sees_patients = unit.scope(Action::ReadAppointments, Relation::Other) == Some(Scope::All);
            let told = |Versioned { value, .. }: Versioned<Appointment>| Stranded {
                id: value.id,
                time: value.time,
                doctor: value.doctor,
                patient: Some(value.patient).filter(|_| sees_patients),
            };
            let told = stranded.into_iter().map(told).collect();
            Err(ServiceError::Conflict(ConflictKind::Stranded(told)))
        }
        Some(Fate::Keep) => Ok(()),
        Some(Fate::Cancel { reason }) => {
            if unit.scope(Action::CancelAppointment, Relation::Other) != Some(Scope::All) {
                return Err(ServiceError::Forbidden);
            }
            let reason = required(reason, "Reason", "a reason", LONGEST_REASON, true)
                .map_err(|code| ServiceError::field("reason", code))?;
            for Versioned { mut value, version } in stranded {
                let (id, patient) = (value.id, value.patient.id);
                value.advance(AppointmentStatus::CancelledByClinic, unit.actor.user(), unit.now, &reason)?;
                let stored = update(unit, version, value).await?;
                notices::tell(unit, Notice::Cancelled, &stored).await?;
                let subject = Subject::object(Relation::Other, patient, format!("appointment {id}"));
                unit.note(Action::CancelAppointment, subject).await?;
            }
            Ok(())
        }
    }
}
