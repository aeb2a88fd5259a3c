//! Joining the waiting list and leaving it.

use super::{end_of, find, offer, open, release, subject_of};
use crate::scheduling::{doctors, reason, relation_to, when};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::time::parse_date;
use domain::validation::Code;
use domain::waiting::{DayPart, Waiting, WaitingState};
use domain::{
    Action, Appointment, AppointmentId, AppointmentStatus, Catalogue, FieldErrors, PatientId, PlanEntry,
    PlanFact, PlanId, Priority, Scope, UserId,
};
use jiff::civil::Date;
use storage::PatientKey;

/// Puts a patient on the waiting list. Fields: patientId, visitType, doctorId, from, until, priority, reason, insteadOf.
#[derive(Clone, Debug)]
pub struct JoinWaitingList {
    /// Who waits; `None` for the patient whose account acts.
    pub patient: Option<PatientId>,
    /// Code of the visit type; empty for that of what would be given up.
    pub visit_type: String,
    /// Only this doctor.
    pub doctor: Option<UserId>,
    /// First day, as `2026-11-23`; empty for today.
    pub from: String,
    /// Last day; empty for that of what would be given up.
    pub until: String,
    /// Part of the day.
    pub part: DayPart,
    /// How pressing it is; patients do not choose it.
    pub priority: Priority,
    /// Why; may be empty.
    pub reason: String,
    /// The booked appointment that a sooner one would replace.
    pub instead_of: Option<AppointmentId>,
}

impl JoinWaitingList {
    fn visit_type(
        &self,
        catalogue: &Catalogue,
        instead: Option<&Appointment>,
        scope: Scope,
    ) -> Result<String, Code> {
        let typed = self.visit_type.trim();
        let code = match (typed, instead) {
            ("", Some(instead)) => instead.visit_type.as_str(),
            (typed, _) => typed,
        };
        if code.is_empty() {
            return Err(Code::NotChosen("a visit type"));
        }
        let found = catalogue.visit_type(code).filter(|visit| visit.offered);
        // What was booked by the clinic can come sooner all the same.
        let may = |self_service: bool| {
            self_service || scope != Scope::Own || instead.is_some_and(|instead| instead.visit_type == code)
        };
        let found = found.filter(|visit| may(visit.self_service));
        found.map(|visit| visit.code.clone()).ok_or(Code::UnknownChoice("a visit type"))
    }

    /// The first and the last day.
    fn days(
        &self,
        unit: &Unit<'_>,
        catalogue: &Catalogue,
        instead: Option<&Appointment>,
        errors: &mut FieldErrors,
    ) -> Option<(Date, Date)> {
        let (zone, rules) = (&unit.clinic.zone, &catalogue.rules);
        let today = zone.date(unit.now);
        let from = match self.from.trim() {
            "" => Some(today),
            typed => errors.take("from", parse_date(typed).ok_or(Code::NotADate("First day"))),
        };
        let booked = instead.map(|it| zone.date(it.time.start()));
        let until = match (self.until.trim(), booked) {
            ("", Some(booked)) => Some(booked),
            ("", None) => errors.take("until", Err(Code::Missing("a last day"))),
            (typed, _) => errors.take("until", parse_date(typed).ok_or(Code::NotADate("Last day"))),
        };
        let (from, until) = (from?.max(today), until?);
        if until < from {
            errors.push("until", Code::Missing("a last day that is not before the first, nor in the past"));
        } else if until > when::horizon(today, rules) {
            errors.push("until", Code::TooFarAhead(rules.horizon_days));
        }
        Some((from, until))
    }

    /// The patient's own appointment, booked and still to come.
    async fn instead(
        &self,
        unit: &mut Unit<'_>,
        patient: PatientId,
        errors: &mut FieldErrors,
    ) -> Result<Option<Appointment>, ServiceError> {
        let Some(id) = self.instead_of else { return Ok(None) };
        let found = unit.tx.appointments().lookup(&id).await?.map(|found| found.value);
        let found = found.filter(|it| {
            it.patient.id == Some(patient)
                && it.status == AppointmentStatus::Booked
                && it.time.start() > unit.now
        });
        Ok(errors.take("insteadOf", found.ok_or(Code::UnknownChoice("an appointment"))))
    }
}

/// Refuses patients who are on the list as often as they may have appointments.
async fn check_count(unit: &mut Unit<'_>, most: u16, patient: PatientId) -> Result<(), ServiceError> {
    if open(unit, Some(patient)).await?.len() < usize::from(most) {
        Ok(())
    } else {
        Err(ServiceError::field("visitType", Code::TooManyWaiting(most)))
    }
}

#[async_trait]
impl UseCase for JoinWaitingList {
    type Out = Versioned<PlanEntry>;
    const ACTION: Action = Action::ChangeWaitingList;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let patient = self.patient.or(unit.actor.patient()).ok_or(ServiceError::NotFound)?;
        let relation = relation_to(unit.actor, Some(patient));
        Ok(Subject::object(relation, Some(patient), "waiting list").because("joined"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let id = self.patient.or(unit.actor.patient()).ok_or(ServiceError::NotFound)?;
        let (catalogue, scope) = (unit.catalogue().await?, permit.scope());
        let mut errors = FieldErrors::new();
        let patient = unit.tx.patients().lookup(&PatientKey::Id(id)).await?;
        let patient = errors.take("patientId", patient.ok_or(Code::UnknownPatient));
        if let Some(doctor) = self.doctor {
            let doctor = doctors::find(unit, doctor).await?;
            errors.take("doctorId", doctor.ok_or(Code::UnknownDoctor));
        }
        let instead = self.instead(unit, id, &mut errors).await?;
        let visit_type = errors.take("visitType", self.visit_type(&catalogue, instead.as_ref(), scope));
        let days = self.days(unit, &catalogue, instead.as_ref(), &mut errors);
        if scope == Scope::Own && !self.priority.is_routine() {
            errors.push("priority", Code::UnknownChoice("a priority"));
        }
        let reason = errors.take("reason", reason(&self.reason));
        let (Some(patient), Some(visit_type), Some((from, until)), Some(reason), true) =
            (patient, visit_type, days, reason, errors.is_empty())
        else {
            return Err(errors.into());
        };
        if scope == Scope::Own {
            check_count(unit, catalogue.rules.patient_bookings, id).await?;
        }
        let waiting = Waiting {
            patient_name: patient.name.full(),
            visit_type,
            with: self.doctor,
            from,
            until,
            part: self.part,
            priority: self.priority,
            reason,
            instead_of: self.instead_of,
            added_by: unit.actor.user(),
            state: WaitingState::Waitlisted,
            declined: Vec::new(),
        };
        let entry = PlanEntry {
            id: PlanId(unit.random.bits()),
            patient: Some(id),
            doctor: self.doctor,
            appointment: None,
            created_at: unit.now,
            due_at: Some(end_of(&waiting, unit)),
            kept_until: None,
            fact: PlanFact::Waiting(waiting),
        };
        let version = unit.tx.plan().insert(entry.clone()).await?;
        Ok(Versioned { value: entry, version })
    }
}

/// Takes a patient off the waiting list; a time that is held for them is offered to the next.
#[derive(Clone, Debug)]
pub struct LeaveWaitingList {
    /// The place.
    pub id: PlanId,
}

#[async_trait]
impl UseCase for LeaveWaitingList {
    type Out = ();
    const ACTION: Action = Action::ChangeWaitingList;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(subject_of(unit, self.id).await?.because("left"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut place = find(unit, self.id).await?;
        let held = place.waiting.leave(WaitingState::Withdrawn { at: unit.now })?;
        let freed = match held {
            Some(held) => release(unit, held).await?,
            None => None,
        };
        place.save(unit).await?;
        offer(unit, freed).await
    }
}
