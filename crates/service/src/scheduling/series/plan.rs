//! What a series would be: every visit, and what stands in its way.

use crate::scheduling::{BookAppointment, doctors, relation_to, when};
use crate::{Actor, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::appointment::DoctorKey;
use domain::schedule::Calendar;
use domain::series::{Every, Rhythm};
use domain::time::{clock_time, parse_date, parse_time};
use domain::validation::Code;
use domain::{Action, Appointment, AppointmentId, FieldErrors, PatientId, Scope, TimeRange, UserId};
use jiff::civil::Date;
use storage::{AppointmentFilter, Order, PageRequest};

/// What is asked for. Fields: patientId, doctorId, date, time, visitType, reason, count, every, number, until.
#[derive(Clone, Debug)]
pub struct SeriesWish {
    /// Who comes.
    pub patient: PatientId,
    /// Who sees the patient.
    pub doctor: UserId,
    /// The first day as `2026-11-23`.
    pub date: String,
    /// Time of day as `09:30`, the same on every day by the clinic's clock.
    pub time: String,
    /// Code of the visit type.
    pub visit_type: String,
    /// Why; may be empty.
    pub reason: String,
    /// So many of the unit between two visits.
    pub count: String,
    /// The unit.
    pub every: Every,
    /// How many visits; empty for as many as there are until the last day.
    pub number: String,
    /// The last day; empty for none.
    pub until: String,
}

/// What stands in the way of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The doctor has another appointment then.
    DoctorBusy,
    /// The patient has.
    PatientBusy,
    /// The room is in use.
    RoomBusy,
    /// The clinic is closed: the holiday's name.
    Closed(String),
    /// The doctor is away.
    Away,
    /// A rule for new times refuses it.
    Refused(Code),
}

impl Trouble {
    /// Why, in words.
    pub fn words(&self) -> String {
        match self {
            Self::DoctorBusy => "The doctor has another appointment".to_owned(),
            Self::PatientBusy => "The patient has another appointment".to_owned(),
            Self::RoomBusy => "The room is in use".to_owned(),
            Self::Closed(holiday) => format!("The clinic is closed: {holiday}"),
            Self::Away => "The doctor is away".to_owned(),
            Self::Refused(Code::OutsideSchedule) => "The doctor does not see patients then".to_owned(),
            Self::Refused(Code::TooFarAhead(_)) => "Too far ahead to be booked".to_owned(),
            Self::Refused(Code::TimePassed) => "In the past".to_owned(),
            Self::Refused(Code::TimeSkipped) => "The clocks go forward: there is no such time".to_owned(),
            Self::Refused(code) => code.to_string(),
        }
    }

    /// The name in the API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::DoctorBusy => "doctor-busy",
            Self::PatientBusy => "patient-busy",
            Self::RoomBusy => "room-busy",
            Self::Closed(_) => "closed",
            Self::Away => "leave",
            Self::Refused(_) => "refused",
        }
    }
}

/// One visit of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// With whom.
    pub doctor: UserId,
    /// The day.
    pub date: Date,
    /// The time of day, as `09:30`.
    pub time: String,
    /// What stands in its way, if anything.
    pub trouble: Option<Trouble>,
    /// The free time nearest to it, where it cannot be had: doctor, day, time of day, the doctor's name.
    pub nearest: Option<(UserId, Date, String, String)>,
}

impl SeriesWish {
    /// The days, once every field is right.
    fn days(&self, errors: &mut FieldErrors) -> Vec<Date> {
        let first = match self.date.trim() {
            "" => errors.take("date", Err(Code::Missing("a date"))),
            typed => errors.take("date", parse_date(typed).ok_or(Code::NotADate("Date"))),
        };
        if parse_time(&self.time).is_none() {
            errors.push("time", Code::NotATime);
        }
        let count = self.count.trim().parse().ok().filter(|count| (1..=Rhythm::LONGEST).contains(count));
        let count = errors.take("count", count.ok_or(Code::OutOfRange("This", "1", "52")));
        let most = i64::try_from(Rhythm::MOST).unwrap_or(i64::MAX);
        let until = match self.until.trim() {
            "" => None,
            typed => errors.take("until", parse_date(typed).ok_or(Code::NotADate("Last day"))),
        };
        let number: Option<i64> = match self.number.trim() {
            "" if until.is_some() => Some(most),
            "" if self.until.trim().is_empty() => {
                errors.take("number", Err(Code::Missing("a number of visits or a last day")))
            }
            "" => None,
            typed => {
                let number = typed.parse().ok().filter(|number| (2..=most).contains(number));
                errors.take("number", number.ok_or(Code::OutOfRange("Number of visits", "2", "52")))
            }
        };
        let (Some(first), Some(count), Some(number)) = (first, count, number) else { return Vec::new() };
        let days =
            Rhythm { count, every: self.every }.days(first, usize::try_from(number).unwrap_or(0), until);
        if days.len() < 2 {
            errors.push("until", Code::Missing("a last day on which there is a second visit"));
        }
        days
    }

    /// The booking of one visit.
    pub(super) fn booking(&self, doctor: UserId, date: &str, time: &str) -> BookAppointment {
        BookAppointment {
            patient: Some(self.patient),
            doctor,
            date: date.to_owned(),
            time: time.to_owned(),
            visit_type: self.visit_type.clone(),
            reason: self.reason.clone(),
            overbook_reason: String::new(),
        }
    }

    pub(super) fn subject(&self, unit: &Unit<'_>) -> Subject {
        let relation = relation_to(unit.actor, Some(self.patient));
        Subject::object(relation, Some(self.patient), "new series")
    }
}

/// Looks what stands in the way of every visit of a series; nothing is booked.
#[derive(Clone, Debug)]
pub struct PlanSeries {
    /// What is asked for.
    pub wish: SeriesWish,
}

#[async_trait]
impl UseCase for PlanSeries {
    type Out = Vec<Occurrence>;
    const ACTION: Action = Action::BookSeries;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(self.wish.subject(unit))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let wish = &self.wish;
        let mut errors = FieldErrors::new();
        let days = wish.days(&mut errors);
        let mut planned = Vec::new();
        for date in &days {
            let trouble = match judge(unit, &wish.booking(wish.doctor, &date.to_string(), &wish.time)).await?
            {
                Ok(trouble) => trouble,
                // What is wrong with all of them is said once.
                Err(refused) => {
                    for (field, code) in refused.iter() {
                        if errors.of(field).is_none() {
                            errors.push(field, code.clone());
                        }
                    }
                    break;
                }
            };
            let time = parse_time(&wish.time).map(clock_time).unwrap_or_default();
            planned.push(Occurrence { doctor: wish.doctor, date: *date, time, trouble, nearest: None });
        }
        if errors.is_empty() { Ok(planned) } else { Err(errors.into()) }
    }
}

impl Services {
    /// The same, with the nearest free time of each visit that cannot be had.
    ///
    /// # Errors
    /// Those of [`PlanSeries`].
    pub async fn plan_series(
        &self,
        actor: &Actor,
        wish: SeriesWish,
    ) -> Result<Vec<Occurrence>, ServiceError> {
        let visit_type = wish.visit_type.clone();
        let mut planned = self.execute(actor, PlanSeries { wish }).await?;
        let zone = &self.clinic().zone;
        for it in planned.iter_mut().filter(|it| it.trouble.is_some()) {
            let wanted = it.date.to_string();
            let near = self.nearest(actor, it.doctor, (&wanted, &it.time), &visit_type).await?;
            let at = parse_time(&it.time).unwrap_or_default();
            let at = zone.instant(it.date.to_datetime(at)).unwrap_or_else(|_| zone.start_of_day(it.date));
            let nearest = near.into_iter().min_by_key(|slot| slot.time.start().duration_since(at).abs());
            it.nearest = nearest.map(|slot| {
                let local = zone.local(slot.time.start());
                (slot.doctor, local.date(), clock_time(local.time()), slot.doctor_name)
            });
        }
        Ok(planned)
    }
}

/// What stands in the way of one booking; `Err` for what is wrong with the form itself.
pub(super) async fn judge(
    unit: &mut Unit<'_>,
    booking: &BookAppointment,
) -> Result<Result<Option<Trouble>, FieldErrors>, ServiceError> {
    let checked = match booking.check(unit, Scope::All).await {
        Ok(checked) => checked,
        Err(ServiceError::Invalid(errors)) => {
            let of_time = |field: &str| matches!(field, "date" | "time");
            let first = errors.iter().next().map(|(_, code)| code.clone());
            let is_only_time = errors.iter().all(|(field, _)| of_time(field));
            return Ok(match first.filter(|_| is_only_time) {
                Some(code) => Ok(Some(Trouble::Refused(code))),
                None => Err(errors),
            });
        }
        Err(error) => return Err(error),
    };
    let Ok(checked) = checked.within_hours() else {
        return Ok(Ok(Some(outside(unit, booking).await?)));
    };
    let wanted = checked.appointment(unit, AppointmentId(0));
    Ok(Ok(in_the_way(unit, &wanted, &[]).await?))
}

/// Why the doctor does not see patients then.
async fn outside(unit: &mut Unit<'_>, booking: &BookAppointment) -> Result<Trouble, ServiceError> {
    let catalogue = unit.catalogue().await?;
    let calendar = Calendar { zone: &unit.clinic.zone, holidays: &catalogue.holidays };
    let date = parse_date(&booking.date).unwrap_or_default();
    if let Some(holiday) = calendar.holiday(date) {
        return Ok(Trouble::Closed(holiday.name.clone()));
    }
    let schedule = doctors::find(unit, booking.doctor).await?.and_then(|doctor| doctor.schedule);
    let is_away = schedule.is_some_and(|schedule| {
        schedule.leave.iter().any(|leave| (leave.from..=leave.until).contains(&date))
    });
    Ok(if is_away { Trouble::Away } else { Trouble::Refused(Code::OutsideSchedule) })
}

/// What holds the time of an appointment against it, but for some others.
pub(super) async fn in_the_way(
    unit: &mut Unit<'_>,
    wanted: &Appointment,
    but: &[AppointmentId],
) -> Result<Option<Trouble>, ServiceError> {
    let window = when::reaching_into(wanted.time.start(), wanted.busy_until());
    let of_patient = AppointmentFilter { patient: wanted.patient.id, ..window.clone() };
    let of_doctor = AppointmentFilter { doctor: wanted.doctor.id.map(DoctorKey::Account), ..window.clone() };
    let meets = |other: &Appointment, range: &TimeRange| other.time.overlaps(range);
    let live =
        |other: &Appointment, now| other.blocks_time() && !other.has_lapsed(now) && !but.contains(&other.id);
    let all = PageRequest::all(Order::Ascending);
    let near = unit.tx.appointments().list(&of_doctor, &all).await?.items;
    let is_in_buffer = |other: &Appointment| {
        other.time.start() < wanted.busy_until() && wanted.time.start() < other.busy_until()
    };
    if near.iter().any(|other| live(other, unit.now) && is_in_buffer(other)) {
        return Ok(Some(Trouble::DoctorBusy));
    }
    let near = unit.tx.appointments().list(&of_patient, &all).await?.items;
    if near.iter().any(|other| live(other, unit.now) && meets(other, &wanted.time)) {
        return Ok(Some(Trouble::PatientBusy));
    }
    let Some(room) = wanted.room_key() else { return Ok(None) };
    let near = unit.tx.appointments().list(&window, &all).await?.items;
    let is_there =
        |other: &Appointment| other.room_key().as_ref() == Some(&room) && meets(other, &wanted.time);
    Ok(near.iter().any(|other| live(other, unit.now) && is_there(other)).then_some(Trouble::RoomBusy))
}
