//! Booking: by patients for themselves within the rules, by staff for anyone, and on purpose over another.

use super::{Doctor, doctors, relation_to, when};
use crate::{Actor, Kept, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase, Versioned, patients};
use async_trait::async_trait;
use domain::appointment::HistoryEntry;
use domain::schedule::Period;
use domain::validation::{Code, text};
use domain::{
    Action, Appointment, AppointmentId, AppointmentStatus, FieldErrors, Patient, PatientId, Scope, TimeRange,
    UserId, VisitType,
};
use jiff::SignedDuration;
use storage::PatientKey;

/// Books an appointment by the plain rules; [`Services::book`] also overbooks when a reason for it is given.
/// Fields: patientId, doctorId, date, time, visitType, reason, overbookReason.
#[derive(Clone, Debug)]
pub struct BookAppointment {
    /// Who comes; `None` for the patient whose account acts.
    pub patient: Option<PatientId>,
    /// Who sees the patient.
    pub doctor: UserId,
    /// Day as `2026-11-23`.
    pub date: String,
    /// Time of day as `09:30`, by the clinic's clock.
    pub time: String,
    /// Code of the visit type.
    pub visit_type: String,
    /// Why; may be empty.
    pub reason: String,
    /// Why it is put over another appointment or outside the hours; empty when it is not.
    pub overbook_reason: String,
}

/// The form once every field is accepted.
pub(super) struct Checked {
    patient: Patient,
    doctor: Doctor,
    range: TimeRange,
    visit_type: VisitType,
    /// The doctor's hours in which it lies, if they see such visits in them.
    period: Option<Period>,
    reason: String,
    overbook_reason: String,
    /// For how long the time can be held.
    pub(super) hold: SignedDuration,
}

impl Services {
    /// Books an appointment. With a reason for overbooking it may lie over another one or outside the hours,
    /// if the caller may do that.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with the refused fields; a conflict when doctor or patient are busy.
    pub async fn book(
        &self,
        actor: &Actor,
        form: BookAppointment,
    ) -> Result<Versioned<Appointment>, ServiceError> {
        if form.overbook_reason.trim().is_empty() {
            self.execute(actor, form).await
        } else {
            self.execute(actor, Overbook(form)).await
        }
    }
}

impl BookAppointment {
    /// Who comes.
    fn patient(&self, actor: &Actor) -> Result<PatientId, ServiceError> {
        self.patient.or(actor.patient()).ok_or(ServiceError::NotFound)
    }

    pub(super) fn subject(&self, actor: &Actor) -> Result<Subject, ServiceError> {
        let patient = Some(self.patient(actor)?);
        Ok(Subject::object(relation_to(actor, patient), patient, "new appointment"))
    }

    /// The visit type chosen; patients choose among those they may book themselves.
    fn visit_type(&self, visit_types: &[VisitType], scope: Scope) -> Result<VisitType, Code> {
        if self.visit_type.trim().is_empty() {
            return Err(Code::NotChosen("a visit type"));
        }
        visit_types
            .iter()
            .find(|visit_type| visit_type.code == self.visit_type.trim())
            .filter(|visit_type| visit_type.offered && (visit_type.self_service || scope != Scope::Own))
            .cloned()
            .ok_or(Code::UnknownChoice("a visit type"))
    }

    /// The one set of rules for new times, whether they are booked, held or confirmed.
    pub(super) async fn check(&self, unit: &mut Unit<'_>, scope: Scope) -> Result<Checked, ServiceError> {
        let clinic = unit.clinic;
        let catalogue = unit.catalogue().await?;
        let id = self.patient(unit.actor)?;
        let patient = unit.tx.patients().lookup(&PatientKey::Id(id)).await?;
        let doctor = doctors::find(unit, self.doctor).await?;
        let mut errors = FieldErrors::new();
        let patient = errors.take("patientId", patient.ok_or(Code::UnknownPatient));
        let doctor = errors.take("doctorId", doctor.ok_or(Code::UnknownDoctor));
        let start = when::start(clinic, &self.date, &self.time, &mut errors);
        let visit_type = errors.take("visitType", self.visit_type(&catalogue.visit_types, scope));
        let reason = errors.take("reason", super::reason(&self.reason));
        let overbook_reason =
            text(&self.overbook_reason, "Reason for overbooking", super::LONGEST_REASON, true);
        let overbook_reason = errors.take("overbookReason", overbook_reason);
        let range = match (start, &visit_type) {
            (Some(start), Some(visit_type)) => {
                errors.take("visitType", TimeRange::new(start, visit_type.minutes))
            }
            _ => None,
        };
        if let Some(range) = &range {
            when::check_future(clinic, &catalogue.rules, scope, unit.now, range, &mut errors);
        }
        match (patient, doctor, range, visit_type, reason, overbook_reason) {
            (
                Some(patient),
                Some(doctor),
                Some(range),
                Some(visit_type),
                Some(reason),
                Some(overbook_reason),
            ) if errors.is_empty() => {
                let period = when::period(clinic, &catalogue, &doctor, &range)
                    .filter(|period| period.admits(&visit_type.code));
                let patient = patient.value;
                if scope == Scope::Own {
                    when::check_open_bookings(unit, &catalogue.rules, patient.id).await?;
                }
                let hold = catalogue.rules.hold();
                Ok(Checked { patient, doctor, range, visit_type, period, reason, overbook_reason, hold })
            }
            _ => Err(errors.into()),
        }
    }
}

impl BookAppointment {
    /// What is stored by the plain rules.
    pub(super) async fn planned(
        &self,
        unit: &mut Unit<'_>,
        scope: Scope,
    ) -> Result<Appointment, ServiceError> {
        self.check(unit, scope).await?.within_hours()?.plan(unit, Over::Nothing).await
    }

    /// What is stored over another appointment, or outside the hours, on purpose.
    pub(super) async fn planned_over(
        &self,
        unit: &mut Unit<'_>,
        scope: Scope,
    ) -> Result<Appointment, ServiceError> {
        let checked = self.check(unit, scope).await?;
        let key = checked.doctor.link().key();
        let over = if when::is_taken(unit, &key, checked.patient.id, &checked.range).await? {
            Over::Appointment
        } else if checked.period.is_some() {
            Over::Nothing
        } else {
            Over::Hours
        };
        checked.plan(unit, over).await
    }
}

impl Checked {
    /// Whose it is.
    pub(super) const fn patient(&self) -> PatientId {
        self.patient.id
    }

    /// Refuses times at which the doctor does not see such visits.
    pub(super) fn within_hours(self) -> Result<Self, ServiceError> {
        if self.period.is_some() { Ok(self) } else { Err(ServiceError::field("time", Code::OutsideSchedule)) }
    }

    /// The booked appointment.
    pub(super) fn appointment(self, unit: &Unit<'_>, id: AppointmentId) -> Appointment {
        Appointment {
            id,
            patient: patients::link_to(&self.patient),
            doctor: self.doctor.link(),
            room: self.period.and_then(|period| period.room),
            time: self.range,
            visit_type: self.visit_type.code,
            reason: self.reason,
            status: AppointmentStatus::Booked,
            overbooked_because: None,
            held_until: None,
            buffer_minutes: self.visit_type.buffer_minutes,
            series: None,
            priority: domain::Priority::Routine,
            confirmed_at: None,
            created_by: unit.actor.user(),
            created_at: unit.now,
            arrived_at: None,
            history: Vec::new(),
        }
    }

    /// The appointment with an id of its own, to be stored; the store refuses it when doctor or patient are busy.
    async fn plan(self, unit: &mut Unit<'_>, over: Over) -> Result<Appointment, ServiceError> {
        let overbook_reason = self.overbook_reason.clone();
        let id = super::next_id(unit).await?;
        let mut appointment = self.appointment(unit, id);
        match over {
            Over::Nothing => {}
            Over::Hours => appointment.history.push(HistoryEntry {
                at: unit.now,
                by: unit.actor.user(),
                status: AppointmentStatus::Booked,
                moved_from: None,
                moved_from_doctor: None,
                reason: overbook_reason,
            }),
            Over::Appointment => appointment.overbooked_because = Some(overbook_reason),
        }
        Ok(appointment)
    }
}

/// What a booking is put over on purpose.
enum Over {
    Nothing,
    /// The doctor's free time: it still holds its time against others.
    Hours,
    /// Another appointment: it holds its time against nobody.
    Appointment,
}

#[async_trait]
impl UseCase for BookAppointment {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::BookAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Self::subject(self, unit.actor)
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let planned = self.planned(unit, permit.scope()).await?;
        super::insert_booked(unit, planned).await
    }
}

/// Books over another appointment, or outside the hours, for a stated reason.
struct Overbook(BookAppointment);

#[async_trait]
impl UseCase for Overbook {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::OverbookAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        BookAppointment::subject(&self.0, unit.actor)
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let planned = self.0.planned_over(unit, permit.scope()).await?;
        super::insert_booked(unit, planned).await
    }
}
