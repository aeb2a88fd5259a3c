//! The series that a visit is one of.

use super::members;
use crate::scheduling::{find, subject_of};
use crate::{Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::series::Rhythm;
use domain::{Action, Appointment, AppointmentId};

/// A series, as seen from one of its visits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesView {
    /// Which of them it is, from 1.
    pub number: usize,
    /// How often they come, where that shows.
    pub rhythm: Option<Rhythm>,
    /// All of them in order, called off or not.
    pub visits: Vec<Versioned<Appointment>>,
}

/// The series that a visit is one of; `None` for a visit by itself.
#[derive(Clone, Debug)]
pub struct ReadSeries {
    /// The visit.
    pub id: AppointmentId,
}

#[async_trait]
impl UseCase for ReadSeries {
    type Out = Option<SeriesView>;
    const ACTION: Action = Action::ReadAppointments;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let visit = find(unit, self.id).await?;
        let (Some(series), Some(patient)) = (visit.series, visit.patient.id) else { return Ok(None) };
        let visits = members(unit, patient, series).await?;
        let zone = &unit.clinic.zone;
        // As they were planned, whatever became of single ones.
        let planned = |it: &Appointment| {
            let moved = it.history.iter().find_map(|step| step.moved_from);
            zone.date(moved.unwrap_or_else(|| it.time.start()))
        };
        let mut days: Vec<_> = visits.iter().map(|it| planned(it)).collect();
        days.sort_unstable();
        days.dedup();
        let number = visits.iter().position(|it| it.id == self.id).map_or(0, |before| before + 1);
        Ok(Some(SeriesView { number, rhythm: Rhythm::of(&days), visits }))
    }
}
