//! Completing many visits at once, and reading many: what the clinic does when the day closes.

use super::day::check_sees_all;
use super::update;
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::validation::Code;
use domain::{Action, Appointment, AppointmentId, AppointmentStatus, Relation};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of one of many visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckedOut {
    /// It is completed now.
    Completed,
    /// It was changed meanwhile, or stands where it cannot be completed: nothing was done.
    Changed,
    /// There is no such visit.
    NotFound,
}

/// Completes visits in one unit of work: those that are as they were seen; the others stay, each with its reason.
/// Field: visits.
#[derive(Clone, Debug)]
pub struct CheckOutVisits {
    /// Which, and the versions that were seen; at most [`CheckOutVisits::MOST`].
    pub visits: BTreeMap<AppointmentId, Version>,
}

impl CheckOutVisits {
    /// Most visits at once.
    pub const MOST: usize = 100;

    async fn complete(
        unit: &mut Unit<'_>,
        id: AppointmentId,
        expected: Version,
    ) -> Result<CheckedOut, ServiceError> {
        let mut visit = match super::find(unit, id).await {
            Ok(visit) if visit.version == expected => visit.value,
            Ok(_) => return Ok(CheckedOut::Changed),
            Err(ServiceError::NotFound) => return Ok(CheckedOut::NotFound),
            Err(error) => return Err(error),
        };
        let to = AppointmentStatus::Fulfilled;
        if visit.advance(to, unit.actor.user(), unit.now, "").is_err() {
            return Ok(CheckedOut::Changed);
        }
        let subject = Subject::object(Relation::Other, visit.patient.id, format!("appointment {id}"));
        update(unit, expected, visit).await?;
        unit.note(Action::AdvanceAppointment, subject.because(to.name())).await?;
        Ok(CheckedOut::Completed)
    }
}

#[async_trait]
impl UseCase for CheckOutVisits {
    type Out = BTreeMap<AppointmentId, CheckedOut>;
    const ACTION: Action = Action::AdvanceAppointment;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(format!("{} visits", self.visits.len())).because(AppointmentStatus::Fulfilled.name()))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        if self.visits.is_empty() {
            return Err(ServiceError::field("visits", Code::NotChosen("at least one visit")));
        }
        if self.visits.len() > Self::MOST {
            return Err(ServiceError::field("visits", Code::OutOfRange("The number of visits", "1", "100")));
        }
        let mut outcomes = BTreeMap::new();
        for (&id, &expected) in &self.visits {
            outcomes.insert(id, Self::complete(unit, id, expected).await?);
        }
        Ok(outcomes)
    }
}

/// Reads several appointments by their numbers; for staff only. Those that there are come back in that order.
#[derive(Clone, Debug)]
pub struct ReadVisits {
    /// Which.
    pub ids: Vec<AppointmentId>,
}

#[async_trait]
impl UseCase for ReadVisits {
    type Out = Vec<Versioned<Appointment>>;
    const ACTION: Action = Action::ReadAppointments;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(format!("{} visits", self.ids.len())))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        check_sees_all(permit)?;
        let mut found = unit.tx.appointments().lookup_all(&self.ids).await?;
        found.retain(|visit| !visit.status.is_tentative());
        found.sort_by_key(|visit| visit.id);
        Ok(found)
    }
}
