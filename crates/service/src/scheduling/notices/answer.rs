//! What patients answer by the links in their messages, without signing in. Opening a link changes nothing.

use super::links::{ReminderLink, VisitLink};
use crate::scheduling::cancel::call_off;
use crate::scheduling::{find, update};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, patients};
use async_trait::async_trait;
use domain::message::Channel;
use domain::{Action, Appointment, AppointmentStatus, Code, Role, TimeRange};
use storage::Versioned;

/// How an appointment stands to a link that was sent for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It is as it was when the link was sent, and to come.
    Open {
        /// Whether the patient confirmed it.
        is_confirmed: bool,
        /// Why it cannot be cancelled any more, if it cannot.
        too_late: Option<Code>,
    },
    /// It was called off.
    Cancelled,
    /// It was moved, or booked anew: the newest message has another link.
    Changed,
    /// It has begun, or is over.
    Past,
}

/// What the page of a link tells: nothing beyond what the message told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedVisit {
    /// When; `None` where the link is of another time.
    pub time: Option<TimeRange>,
    /// How it stands.
    pub state: LinkState,
}

/// What the patient answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// "I will come."
    Confirm,
    /// "I cannot come."
    Cancel,
}

impl Answer {
    /// The name in forms and audit events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Cancel => "cancel",
        }
    }

    /// The answer with this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Confirm, Self::Cancel].into_iter().find(|answer| answer.name() == name)
    }
}

/// Whether a patient may still call it off: the rule for those who sign in.
async fn too_late(unit: &mut Unit<'_>, appointment: &Appointment) -> Result<Option<Code>, ServiceError> {
    let hours = unit.catalogue().await?.rules.patient_change_hours;
    Ok(appointment.may_change(Role::Patient, unit.now, hours).err())
}

async fn state(
    unit: &mut Unit<'_>,
    link: VisitLink,
    appointment: &Appointment,
) -> Result<LinkState, ServiceError> {
    Ok(match appointment.status {
        status if status.is_cancelled() => LinkState::Cancelled,
        _ if !link.is_of(appointment) => LinkState::Changed,
        AppointmentStatus::Booked if appointment.time.start() > unit.now => LinkState::Open {
            is_confirmed: appointment.confirmed_at.is_some(),
            too_late: too_late(unit, appointment).await?,
        },
        _ => LinkState::Past,
    })
}

async fn linked(unit: &mut Unit<'_>, link: VisitLink) -> Result<Versioned<Appointment>, ServiceError> {
    match find(unit, link.appointment).await {
        Err(ServiceError::NotFound) => Err(crate::links::ended()),
        found => found,
    }
}

async fn subject_of(unit: &mut Unit<'_>, link: VisitLink) -> Result<Subject, ServiceError> {
    let patient = linked(unit, link).await?.patient.id;
    Ok(Subject { patient, ..Subject::any(format!("appointment {}", link.appointment)) })
}

/// What the page of a link shows.
#[derive(Clone, Debug)]
pub struct ReadVisitLink {
    /// Which.
    pub link: VisitLink,
}

#[async_trait]
impl UseCase for ReadVisitLink {
    type Out = LinkedVisit;
    const ACTION: Action = Action::OpenMessageLink;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.link).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let appointment = linked(unit, self.link).await?.value;
        let state = state(unit, self.link, &appointment).await?;
        let time = Some(appointment.time).filter(|_| self.link.is_of(&appointment));
        Ok(LinkedVisit { time, state })
    }
}

/// Confirms or calls off by a link. Each can be done once; what is done already stays so. Fields: token, time.
#[derive(Clone, Debug)]
pub struct AnswerVisit {
    /// By which link.
    pub link: VisitLink,
    /// What.
    pub answer: Answer,
}

#[async_trait]
impl UseCase for AnswerVisit {
    type Out = ();
    const ACTION: Action = Action::AnswerMessage;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(subject_of(unit, self.link).await?.because(self.answer.name()))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let mut appointment = linked(unit, self.link).await?;
        match (state(unit, self.link, &appointment).await?, self.answer) {
            (LinkState::Open { is_confirmed: true, .. }, Answer::Confirm) => Ok(()),
            (LinkState::Open { .. }, Answer::Confirm) => {
                appointment.value.confirm(unit.now)?;
                update(unit, appointment.version, appointment.value).await.map(drop)
            }
            (LinkState::Open { too_late: Some(why), .. }, Answer::Cancel) => {
                Err(ServiceError::field("time", why))
            }
            (LinkState::Open { .. }, Answer::Cancel) => {
                let to = AppointmentStatus::CancelledByPatient;
                call_off(unit, appointment, to, "By the link in a message").await.map(drop)
            }
            _ => Err(crate::links::ended()),
        }
    }
}

/// Whether a patient gets reminders on the way of a link.
#[derive(Clone, Debug)]
pub struct ReadReminders {
    /// By which link.
    pub link: ReminderLink,
}

#[async_trait]
impl UseCase for ReadReminders {
    type Out = (Channel, bool);
    const ACTION: Action = Action::OpenMessageLink;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        whose(unit, self.link).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let patient = patients::find(unit, self.link.patient).await?;
        Ok((self.link.channel, !patient.reminders_off.contains(&self.link.channel)))
    }
}

/// Stops reminders on the way of a link, or has them sent again.
#[derive(Clone, Debug)]
pub struct SetReminders {
    /// By which link.
    pub link: ReminderLink,
    /// Whether the patient wants them.
    pub wanted: bool,
}

#[async_trait]
impl UseCase for SetReminders {
    type Out = ();
    const ACTION: Action = Action::AnswerMessage;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let why = if self.wanted { "reminders on" } else { "reminders off" };
        Ok(whose(unit, self.link).await?.because(why))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let Versioned { value: mut patient, version } = patients::find(unit, self.link.patient).await?;
        let has_changed = if self.wanted {
            patient.reminders_off.remove(&self.link.channel)
        } else {
            patient.reminders_off.insert(self.link.channel)
        };
        if has_changed {
            unit.tx.patients().update(version, patient).await?;
        }
        Ok(())
    }
}

async fn whose(unit: &mut Unit<'_>, link: ReminderLink) -> Result<Subject, ServiceError> {
    match patients::find(unit, link.patient).await {
        Err(ServiceError::NotFound) => Err(crate::links::ended()),
        Err(error) => Err(error),
        Ok(patient) => {
            let id = patient.value.id;
            Ok(Subject { patient: Some(id), ..Subject::any(format!("patient {id}")) })
        }
    }
}
