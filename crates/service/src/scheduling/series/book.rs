//! Booking the chosen visits of a series: all of them, or none.

use super::plan::{in_the_way, judge};
use super::{SeriesWish, Trouble};
use crate::scheduling::{insert, lapsed, next_id, notices};
use crate::{ConflictKind, Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::message::Notice;
use domain::series::Rhythm;
use domain::validation::Code;
use domain::{Action, Appointment, Scope, SeriesId, UserId};

/// Books the chosen visits of a series at once. Fields: those of [`SeriesWish`], chosen.
#[derive(Clone, Debug)]
pub struct BookSeries {
    /// What is asked for: who comes, for what and why.
    pub wish: SeriesWish,
    /// The visits: doctor, day as `2026-11-23`, time of day as `09:30`.
    pub chosen: Vec<(UserId, String, String)>,
}

#[async_trait]
impl UseCase for BookSeries {
    type Out = Vec<Versioned<Appointment>>;
    const ACTION: Action = Action::BookSeries;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(self.wish.subject(unit))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        if !(2..=Rhythm::MOST).contains(&self.chosen.len()) {
            return Err(ServiceError::field("chosen", Code::OutOfRange("Number of visits", "2", "52")));
        }
        let series = SeriesId(unit.random.bits());
        let (mut wanted, mut taken) = (Vec::new(), Vec::new());
        for (doctor, date, time) in &self.chosen {
            let booking = self.wish.booking(*doctor, date, time);
            match judge(unit, &booking).await? {
                Err(errors) => return Err(errors.into()),
                Ok(Some(trouble)) => taken.push((date.clone(), time.clone(), trouble)),
                Ok(None) => wanted.push(booking),
            }
        }
        if !taken.is_empty() {
            return Err(ServiceError::Conflict(ConflictKind::Series(taken)));
        }
        let mut booked: Vec<Versioned<Appointment>> = Vec::with_capacity(wanted.len());
        for booking in wanted {
            let id = next_id(unit).await?;
            let checked = booking.check(unit, Scope::All).await?.within_hours()?;
            let visit = Appointment { series: Some(series), ..checked.appointment(unit, id) };
            // Two of the chosen ones may be in each other's way.
            if let Some(trouble) = in_the_way(unit, &visit, &[]).await? {
                let taken = vec![(booking.date, booking.time, trouble)];
                return Err(ServiceError::Conflict(ConflictKind::Series(taken)));
            }
            lapsed::clear(unit, &visit).await?;
            booked.push(insert(unit, visit).await?);
        }
        // They are confirmed together: by the first.
        for (position, visit) in booked.iter().enumerate() {
            if position == 0 {
                notices::tell(unit, Notice::Booked, visit).await?;
            } else {
                notices::remind(unit, visit).await?;
            }
        }
        Ok(booked)
    }
}

/// Visits of a series that cannot be had: day, time of day, why.
pub type Taken = Vec<(String, String, Trouble)>;
