//! Holding a time while its booking is being confirmed. A hold is its holder's alone.

use super::waiting::{self, Freed};
use super::{BookAppointment, insert, lapsed, next_id, notices, relation_to, update};
use crate::{ConflictKind, Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::message::Notice;
use domain::time::clock_time;
use domain::{Action, Appointment, AppointmentId, AppointmentStatus, PatientId};
use jiff::Timestamp;
use storage::{AppointmentFilter, Order, PageRequest};

/// Holds a time for the caller by the rules for bookings, instead of any that they held for this patient before.
/// Fields: those of [`BookAppointment`].
#[derive(Clone, Debug)]
pub struct HoldSlot {
    /// What would be booked.
    pub booking: BookAppointment,
}

#[async_trait]
impl UseCase for HoldSlot {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::BookAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let subject = self.booking.subject(unit.actor)?;
        Ok(Subject { label: "held time".to_owned(), ..subject })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let checked = self.booking.check(unit, permit.scope()).await?.within_hours()?;
        release_others(unit, checked.patient(), None).await?;
        let until = unit.now.checked_add(checked.hold).unwrap_or(Timestamp::MAX);
        let id = next_id(unit).await?;
        let mut held = checked.appointment(unit, id);
        (held.status, held.held_until) = (AppointmentStatus::Proposed, Some(until));
        insert(unit, held).await
    }
}

/// Books the time that the caller holds, or held: after its end only if it is still free. The reference is that of
/// the hold. Field: reason; and those of [`BookAppointment`], whose rules are asked again.
#[derive(Clone, Debug)]
pub struct ConfirmHold {
    /// Which.
    pub id: AppointmentId,
    /// Why; may be empty.
    pub reason: String,
}

#[async_trait]
impl UseCase for ConfirmHold {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::BookAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let hold = own(unit, self.id).await?;
        let local = unit.clinic.zone.local(hold.time.start());
        let wish = BookAppointment {
            patient: hold.patient.id,
            doctor: hold.doctor.id.ok_or(ServiceError::NotFound)?,
            date: local.date().to_string(),
            time: clock_time(local.time()),
            visit_type: hold.visit_type.clone(),
            reason: self.reason.clone(),
            overbook_reason: String::new(),
        };
        let checked = wish.check(unit, permit.scope()).await?.within_hours()?;
        release_others(unit, checked.patient(), Some(self.id)).await?;
        let booked = checked.appointment(unit, self.id);
        match update(unit, hold.version, booked).await {
            // Nobody else changes a hold but to take its time.
            Err(ServiceError::Stale) => Err(ServiceError::Conflict(ConflictKind::DoctorBusy)),
            Ok(stored) => {
                notices::tell(unit, Notice::Booked, &stored).await?;
                Ok(stored)
            }
            Err(error) => Err(error),
        }
    }
}

/// Gives a held time back.
#[derive(Clone, Debug)]
pub struct LetGo {
    /// Which.
    pub id: AppointmentId,
}

#[async_trait]
impl UseCase for LetGo {
    type Out = ();
    const ACTION: Action = Action::BookAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let Versioned { value: mut hold, version } = own(unit, self.id).await?;
        // One that somebody else took over is gone already.
        if hold.status == AppointmentStatus::Lapsed {
            return Ok(());
        }
        let freed = Freed::of(&hold);
        hold.advance(AppointmentStatus::Lapsed, unit.actor.user(), unit.now, "")?;
        update(unit, version, hold).await?;
        waiting::offer(unit, freed).await
    }
}

/// What the caller holds, or held until it ended.
#[derive(Clone, Debug)]
pub struct ReadHold {
    /// Which.
    pub id: AppointmentId,
}

#[async_trait]
impl UseCase for ReadHold {
    type Out = Versioned<Appointment>;
    const ACTION: Action = Action::ReadAppointments;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        own(unit, self.id).await
    }
}

/// The hold with this id; somebody else's is as unknown as one that was let go or never was.
async fn own(unit: &mut Unit<'_>, id: AppointmentId) -> Result<Versioned<Appointment>, ServiceError> {
    let holder = unit.actor.user().ok_or(ServiceError::NotFound)?;
    let was_let_go = |it: &Appointment| it.history.last().is_some_and(|step| step.by == Some(holder));
    let is_own = |it: &Appointment| it.status.is_tentative() && it.created_by == Some(holder);
    let found = unit.tx.appointments().lookup(&id).await?;
    found.filter(|it| is_own(it) && !was_let_go(it)).ok_or(ServiceError::NotFound)
}

async fn subject_of(unit: &mut Unit<'_>, id: AppointmentId) -> Result<Subject, ServiceError> {
    let patient = own(unit, id).await?.patient.id;
    Ok(Subject::object(relation_to(unit.actor, patient), patient, format!("appointment {id}")))
}

/// Releases what the caller holds for the patient but for one: nobody holds several times for one visit.
async fn release_others(
    unit: &mut Unit<'_>,
    patient: PatientId,
    but: Option<AppointmentId>,
) -> Result<(), ServiceError> {
    let held = AppointmentFilter {
        patient: Some(patient),
        statuses: vec![AppointmentStatus::Proposed],
        ..AppointmentFilter::default()
    };
    let held = unit.tx.appointments().list(&held, &PageRequest::all(Order::Ascending)).await?.items;
    for mut hold in held.into_iter().filter(|it| it.created_by == unit.actor.user() && Some(it.id) != but) {
        if lapsed::release(&mut hold.value, unit) {
            update(unit, hold.version, hold.value).await?;
        }
    }
    Ok(())
}
