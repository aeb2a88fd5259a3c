//! Visits that are repeated: planned together, booked together, and changed from one of them on.

mod book;
mod following;
mod plan;
mod read;

pub use book::{BookSeries, Taken};
pub use following::{CancelFollowing, MoveFollowing};
pub use plan::{Occurrence, PlanSeries, SeriesWish, Trouble};
pub use read::{ReadSeries, SeriesView};

use crate::{ServiceError, Unit, Versioned};
use domain::{Appointment, PatientId, SeriesId};
use storage::{AppointmentFilter, Order, PageRequest};

/// The visits of a series in order, called off or not.
async fn members(
    unit: &mut Unit<'_>,
    patient: PatientId,
    series: SeriesId,
) -> Result<Vec<Versioned<Appointment>>, ServiceError> {
    let filter = AppointmentFilter::patient(patient);
    let mut found = unit.tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    found.retain(|it| it.series == Some(series));
    Ok(found)
}
