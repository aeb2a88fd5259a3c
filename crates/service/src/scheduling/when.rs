//! When: typed dates and times, the rules for new times, and which times are taken.

use super::Doctor;
use crate::{Clinic, ServiceError, Unit};
use domain::appointment::DoctorKey;
use domain::catalogue::BookingRules;
use domain::schedule::{Calendar, Period};
use domain::time::{parse_date, parse_time};
use domain::validation::Code;
use domain::{Appointment, AppointmentStatus, Catalogue, FieldErrors, PatientId, Scope, TimeRange};
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use storage::{AppointmentFilter, Order, PageRequest};

/// A typed date.
fn date(typed: &str) -> Result<Date, Code> {
    if typed.trim().is_empty() {
        Err(Code::Missing("a date"))
    } else {
        parse_date(typed).ok_or(Code::NotADate("Date"))
    }
}

/// A typed time of day.
fn time(typed: &str) -> Result<Time, Code> {
    if typed.trim().is_empty() {
        Err(Code::Missing("a time"))
    } else {
        parse_time(typed).ok_or(Code::NotATime)
    }
}

/// The instant that is meant, by the clinic's clock; refusals stand at `date` and `time`.
pub(super) fn start(
    clinic: &Clinic,
    date_typed: &str,
    time_typed: &str,
    errors: &mut FieldErrors,
) -> Option<Timestamp> {
    let date = errors.take("date", date(date_typed));
    let time = errors.take("time", time(time_typed));
    errors.take("time", clinic.zone.instant(date?.to_datetime(time?)))
}

/// The last day that can be booked.
pub(super) fn horizon(today: Date, rules: &BookingRules) -> Date {
    today.checked_add(i64::from(rules.horizon_days).days()).unwrap_or(Date::MAX)
}

/// Today and the last day that can be booked.
pub(super) fn bookable_days(clinic: &Clinic, rules: &BookingRules, now: Timestamp) -> (Date, Date) {
    let today = clinic.zone.date(now);
    (today, horizon(today, rules))
}

/// Refuses times in the past, too soon for whoever books for themselves, and too far ahead.
pub(super) fn check_future(
    clinic: &Clinic,
    rules: &BookingRules,
    scope: Scope,
    now: Timestamp,
    range: &TimeRange,
    errors: &mut FieldErrors,
) {
    if range.start() <= now {
        errors.push("time", Code::TimePassed);
    } else if range.start() < earliest(rules, scope, now) {
        errors.push("time", Code::TooSoon(rules.patient_notice_minutes));
    } else if clinic.zone.date(range.start()) > horizon(clinic.zone.date(now), rules) {
        errors.push("date", Code::TooFarAhead(rules.horizon_days));
    }
}

/// Refuses patients who have as many appointments to come as they may book by themselves.
pub(super) async fn check_open_bookings(
    unit: &mut Unit<'_>,
    rules: &BookingRules,
    patient: PatientId,
) -> Result<(), ServiceError> {
    let open = AppointmentFilter {
        patient: Some(patient),
        from: Some(unit.now),
        statuses: vec![AppointmentStatus::Booked],
        ..AppointmentFilter::default()
    };
    let open = unit.tx.appointments().list(&open, &PageRequest::all(Order::Ascending)).await?.items;
    let own = open.iter().filter(|it| it.created_by == unit.actor.user()).count();
    if own < usize::from(rules.patient_bookings) {
        Ok(())
    } else {
        Err(ServiceError::field("time", Code::TooManyBookings(rules.patient_bookings)))
    }
}

/// From when on times can be booked: patients who book for themselves leave the clinic some notice.
pub(super) fn earliest(rules: &BookingRules, scope: Scope, now: Timestamp) -> Timestamp {
    if scope == Scope::Own { now.checked_add(rules.patient_notice()).unwrap_or(Timestamp::MAX) } else { now }
}

/// The period of the doctor's hours in which a time wholly lies.
pub(super) fn period(
    clinic: &Clinic,
    catalogue: &Catalogue,
    doctor: &Doctor,
    range: &TimeRange,
) -> Option<Period> {
    let calendar = Calendar { zone: &clinic.zone, holidays: &catalogue.holidays };
    doctor.schedule.as_ref().and_then(|schedule| schedule.period_of(range, &calendar))
}

/// Appointments that could reach into the time from `from` to `until`.
pub(super) fn reaching_into(from: Timestamp, until: Timestamp) -> AppointmentFilter {
    let longest = SignedDuration::from_mins(i64::from(*TimeRange::MINUTES.end()));
    let from = from.checked_sub(longest).unwrap_or(Timestamp::MIN);
    AppointmentFilter {
        from: Some(from),
        until: Some(until),
        with_tentative: true,
        ..AppointmentFilter::default()
    }
}

/// Whether the doctor or the patient is in another appointment at that time.
pub(super) async fn is_taken(
    unit: &mut Unit<'_>,
    doctor: &DoctorKey,
    patient: PatientId,
    range: &TimeRange,
) -> Result<bool, ServiceError> {
    let window = reaching_into(range.start(), range.end());
    let of_doctor = AppointmentFilter { doctor: Some(doctor.clone()), ..window.clone() };
    let of_patient = AppointmentFilter { patient: Some(patient), ..window };
    for filter in [of_doctor, of_patient] {
        let near = unit.tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
        let holds = |other: &Appointment| other.blocks_time() && !other.has_lapsed(unit.now);
        if near.iter().any(|other| holds(other) && other.time.overlaps(range)) {
            return Ok(true);
        }
    }
    Ok(false)
}
