//! What patients are told of their appointments: written down in the unit of work that gives the cause, sent later by the one
//! server that holds the lease. Never anything clinical.

mod answer;
mod dispatch;
mod links;
mod log;
mod words;

pub use answer::{Answer, AnswerVisit, LinkState, LinkedVisit, ReadReminders, ReadVisitLink, SetReminders};
pub use dispatch::Dispatched;
pub use links::{LinkKeys, ReminderLink, VisitLink};
pub use log::{AppointmentMessages, ListMessages, MessageQuery, MessageSummary, RetryMessage};

use crate::{ServiceError, Unit};
use domain::message::{Channel, Delivery, Message, Notice};
use domain::{Appointment, AppointmentId, AppointmentStatus, Patient, PlanEntry, PlanFact, PlanId, PlanKind};
use jiff::{SignedDuration, Timestamp};
use storage::{Order, PageRequest, PatientKey, PlanFilter};

/// Tells the patient of an appointment something, by every way on which they are reached. Whatever waited to be sent about it
/// before is not needed any more; one that is booked or moved is reminded of. Entries that are linked with no patient, and
/// what has begun already, are told to nobody.
pub(crate) async fn tell(
    unit: &mut Unit<'_>,
    notice: Notice,
    appointment: &Appointment,
) -> Result<(), ServiceError> {
    // What is new has nothing that waits: nothing is looked for where others write too.
    if !appointment.history.is_empty() {
        drop_earlier(unit, appointment.id).await?;
    }
    let Some(patient) = appointment.patient.id.filter(|_| appointment.time.start() > unit.now) else {
        return Ok(());
    };
    if !unit.post.is_on() && !unit.sends_texts {
        return Ok(());
    }
    let Some(patient) = unit.tx.patients().lookup(&PatientKey::Id(patient)).await? else { return Ok(()) };
    let mut notices = vec![(notice, unit.now)];
    if matches!(notice, Notice::Booked | Notice::Moved) {
        notices.extend(reminders(unit, appointment).await?);
    }
    for (notice, due) in notices {
        for channel in ways(unit, &patient) {
            let entry = entry(unit, (notice, channel), appointment, &patient, due);
            unit.tx.plan().insert(entry).await?;
        }
    }
    Ok(())
}

/// Has the patient reminded of an appointment that is confirmed with others.
pub(super) async fn remind(unit: &mut Unit<'_>, appointment: &Appointment) -> Result<(), ServiceError> {
    let Some(patient) = appointment.patient.id else { return Ok(()) };
    if !unit.post.is_on() && !unit.sends_texts {
        return Ok(());
    }
    let Some(patient) = unit.tx.patients().lookup(&PatientKey::Id(patient)).await? else { return Ok(()) };
    for (notice, due) in reminders(unit, appointment).await? {
        for channel in ways(unit, &patient) {
            let entry = entry(unit, (notice, channel), appointment, &patient, due);
            unit.tx.plan().insert(entry).await?;
        }
    }
    Ok(())
}

/// Tells what a step from another status means to the patient, if anything.
pub(super) async fn tell_step(
    unit: &mut Unit<'_>,
    from: AppointmentStatus,
    appointment: &Appointment,
) -> Result<(), ServiceError> {
    let to = appointment.status;
    if to.is_cancelled() {
        tell(unit, Notice::Cancelled, appointment).await
    } else if to == AppointmentStatus::Booked && from.is_cancelled() {
        tell(unit, Notice::Booked, appointment).await
    } else {
        Ok(())
    }
}

/// The reminders that the rules ask for, with when they are due: those for which it is not too late.
async fn reminders(
    unit: &mut Unit<'_>,
    appointment: &Appointment,
) -> Result<Vec<(Notice, Timestamp)>, ServiceError> {
    let rules = unit.catalogue().await?.rules;
    let due = |hours: u16| before(appointment.time.start(), hours);
    let notices = rules.reminder_hours.into_iter().map(|hours| (Notice::Reminder { hours }, due(hours)));
    Ok(notices.filter(|(_, due)| *due > unit.now).collect())
}

/// So many hours before an instant.
fn before(start: Timestamp, hours: u16) -> Timestamp {
    start.checked_sub(SignedDuration::from_hours(i64::from(hours))).unwrap_or(Timestamp::MIN)
}

/// The ways on which this clinic reaches a patient.
fn ways(unit: &Unit<'_>, patient: &Patient) -> Vec<Channel> {
    let is_reached = |channel: &Channel| match channel {
        Channel::Email => patient.email.as_ref().is_some_and(|address| unit.post.reaches(address)),
        Channel::Webhook => unit.sends_texts && patient.phone.is_some(),
    };
    Channel::ALL.into_iter().filter(is_reached).collect()
}

fn entry(
    unit: &Unit<'_>,
    (notice, channel): (Notice, Channel),
    appointment: &Appointment,
    patient: &Patient,
    due: Timestamp,
) -> PlanEntry {
    let start = appointment.time.start();
    PlanEntry {
        id: PlanId(unit.random.bits()),
        patient: Some(patient.id),
        doctor: appointment.doctor.id,
        appointment: Some(appointment.id),
        created_at: unit.now,
        due_at: Some(due),
        kept_until: Some(start.checked_add(Message::KEPT).unwrap_or(Timestamp::MAX)),
        fact: PlanFact::Message(Message {
            notice,
            channel,
            patient_name: patient.name.full(),
            email: patient.email.clone().filter(|_| channel == Channel::Email),
            start,
            delivery: Delivery::Waiting,
            tries: Vec::new(),
        }),
    }
}

/// Drops what waits to be sent about an appointment.
async fn drop_earlier(unit: &mut Unit<'_>, appointment: AppointmentId) -> Result<(), ServiceError> {
    let filter = PlanFilter {
        kind: Some(PlanKind::Message),
        appointment: Some(appointment),
        open: true,
        ..PlanFilter::default()
    };
    let waiting = unit.tx.plan().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    for mut found in waiting {
        drop_because(&mut found.value, unit.now, "the appointment changed before this was sent");
        unit.tx.plan().update(found.version, found.value).await?;
    }
    Ok(())
}

/// Drops a message that waits.
fn drop_because(entry: &mut PlanEntry, at: Timestamp, because: &str) {
    if let PlanFact::Message(message) = &mut entry.fact {
        message.delivery = Delivery::Dropped { at, because: because.to_owned() };
        entry.due_at = None;
    }
}
