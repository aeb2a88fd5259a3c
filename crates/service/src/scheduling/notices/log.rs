//! What was sent to whom, what waits and what failed.

use crate::scheduling::subject_of;
use crate::{ConflictKind, Kept, Mode, Page, PageRequest, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::message::Notice;
use domain::message::{Channel, Delivery, FailedTry, Message};
use domain::time::parse_date;
use domain::{
    Action, AppointmentId, ClinicZone, Code, FieldErrors, PatientId, PlanEntry, PlanFact, PlanId, PlanKind,
    Relation, Scope,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use storage::{MessageFilter, Order, PlanFilter};

/// A message as those see it who look after them: never its address or its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSummary {
    /// Which.
    pub id: PlanId,
    /// The appointment that it tells of.
    pub appointment: Option<AppointmentId>,
    /// Whose it is, with the name when it was written; `None` for callers who do not see patients.
    pub patient: Option<(PatientId, String)>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When it is tried next, if it is.
    pub due_at: Option<Timestamp>,
    /// What for.
    pub notice: Notice,
    /// The way that it takes.
    pub channel: Channel,
    /// The start of the appointment that it speaks of.
    pub start: Timestamp,
    /// What became of it.
    pub delivery: Delivery,
    /// Tries that failed, oldest first.
    pub tries: Vec<FailedTry>,
}

impl MessageSummary {
    /// When it was sent, given up or dropped, or else is tried next.
    pub fn when(&self) -> Timestamp {
        match self.delivery {
            Delivery::Sent { at } | Delivery::Failed { at } | Delivery::Dropped { at, .. } => at,
            Delivery::Waiting => self.due_at.unwrap_or(self.created_at),
        }
    }

    fn of(entry: PlanEntry, sees_patients: bool) -> Option<Self> {
        let PlanEntry { id, patient, appointment, created_at, due_at, fact, .. } = entry;
        let PlanFact::Message(message) = fact else { return None };
        let Message { notice, channel, patient_name, start, delivery, tries, .. } = message;
        let patient = patient.filter(|_| sees_patients).map(|id| (id, patient_name));
        Some(Self { id, appointment, patient, created_at, due_at, notice, channel, start, delivery, tries })
    }
}

/// Narrows the log, as typed; what is empty narrows nothing. Fields: state, notice, day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageQuery {
    /// The name of a state ([`Delivery::name`]).
    pub state: String,
    /// The name of a notice ([`Notice::name`]).
    pub notice: String,
    /// Only about appointments on this day at the clinic, as `2026-11-23`.
    pub day: String,
}

impl MessageQuery {
    fn check(&self, zone: &ClinicZone) -> Result<MessageFilter, FieldErrors> {
        let mut errors = FieldErrors::new();
        let among = |typed: &str, names: &[&str], what| match typed {
            "" => Ok(None),
            typed if names.contains(&typed) => Ok(Some(typed.to_owned())),
            _ => Err(Code::UnknownChoice(what)),
        };
        let state = errors.take("state", among(&self.state, &Delivery::NAMES, "a state"));
        let notice = errors.take("notice", among(&self.notice, &Notice::NAMES, "a message"));
        let day = match self.day.trim() {
            "" => Ok(None),
            typed => parse_date(typed).map(Some).ok_or(Code::NotADate("Day of appointment")),
        };
        let day = errors.take("day", day);
        match (state, notice, day) {
            (Some(state), Some(notice), Some(day)) => {
                let bounds = day.map(|day| zone.day_bounds(day));
                let (starts_from, starts_until) = (bounds.map(|it| it.0), bounds.map(|it| it.1));
                Ok(MessageFilter { state, notice, starts_from, starts_until })
            }
            _ => Err(errors),
        }
    }
}

/// Lists messages, the newest first.
#[derive(Clone, Debug)]
pub struct ListMessages {
    /// Which.
    pub filter: MessageQuery,
    /// Which part of the list.
    pub page: PageRequest,
}

#[async_trait]
impl UseCase for ListMessages {
    type Out = Page<MessageSummary>;
    const ACTION: Action = Action::ReadMessages;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("messages"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let message = self.filter.check(&unit.clinic.zone)?;
        let filter = PlanFilter { kind: Some(PlanKind::Message), message, ..PlanFilter::default() };
        let found = unit.tx.plan().list(&filter, &self.page).await?;
        let sees_patients = permit.scope() == Scope::All;
        let items = found.items.into_iter().filter_map(|it| MessageSummary::of(it.value, sees_patients));
        Ok(Page { items: items.collect(), next: found.next })
    }
}

/// What was and will be sent about one appointment, in the order of time.
#[derive(Clone, Debug)]
pub struct AppointmentMessages {
    /// Which.
    pub appointment: AppointmentId,
}

#[async_trait]
impl UseCase for AppointmentMessages {
    type Out = Vec<MessageSummary>;
    const ACTION: Action = Action::ReadAppointments;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.appointment).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let filter = PlanFilter {
            kind: Some(PlanKind::Message),
            appointment: Some(self.appointment),
            ..PlanFilter::default()
        };
        let found = unit.tx.plan().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
        let mut found: Vec<_> =
            found.into_iter().filter_map(|it| MessageSummary::of(it.value, true)).collect();
        found.sort_by_key(MessageSummary::when);
        Ok(found)
    }
}

/// Tries a message that was given up once more, now.
#[derive(Clone, Debug)]
pub struct RetryMessage {
    /// Which.
    pub id: PlanId,
}

#[async_trait]
impl UseCase for RetryMessage {
    type Out = MessageSummary;
    const ACTION: Action = Action::RetryMessage;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let patient = self.find(unit).await?.patient;
        Ok(Subject { patient, ..Subject::any(format!("message {}", self.id)) })
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let mut entry = self.find(unit).await?;
        let PlanFact::Message(message) = &mut entry.value.fact else { return Err(ServiceError::NotFound) };
        if !matches!(message.delivery, Delivery::Failed { .. }) {
            return Err(ServiceError::Conflict(ConflictKind::NotFailed));
        }
        message.delivery = Delivery::Waiting;
        entry.value.due_at = Some(unit.now);
        unit.tx.plan().update(entry.version, entry.value.clone()).await?;
        let sees_patients = unit.scope(Action::ReadMessages, Relation::Any) == Some(Scope::All);
        MessageSummary::of(entry.value, sees_patients).ok_or(ServiceError::NotFound)
    }
}

impl RetryMessage {
    async fn find(&self, unit: &mut Unit<'_>) -> Result<storage::Versioned<PlanEntry>, ServiceError> {
        let found = unit.tx.plan().lookup(&self.id).await?;
        found.filter(|entry| entry.message().is_some()).ok_or(ServiceError::NotFound)
    }
}
