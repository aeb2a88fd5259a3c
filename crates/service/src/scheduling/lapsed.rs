//! Times that were held and not confirmed: they make way for whoever asks for them next.

use crate::Unit;
use domain::{Appointment, AppointmentStatus};
use storage::{AppointmentFilter, Order, PageRequest, StorageError};

/// Takes back what was done so far and releases what stood in the way of the wanted time only because nobody had released
/// it yet: holds that ended, and the caller's own for the same patient. Says whether there were any.
pub(crate) async fn make_way(unit: &mut Unit<'_>) -> Result<bool, StorageError> {
    let Some(wanted) = unit.wanted.take() else { return Ok(false) };
    unit.tx.undo().await?;
    clear(unit, &wanted).await
}

/// Releases what stands in the way of a time only because nobody had released it yet. Says whether there was any.
pub(super) async fn clear(unit: &mut Unit<'_>, wanted: &Appointment) -> Result<bool, StorageError> {
    let window = super::when::reaching_into(wanted.time.start(), wanted.busy_until());
    let held = AppointmentFilter { statuses: vec![AppointmentStatus::Proposed], ..window };
    let held = unit.tx.appointments().list(&held, &PageRequest::all(Order::Ascending)).await?.items;
    let (holder, now) = (unit.actor.user(), unit.now);
    let gives_way = |it: &Appointment| {
        let is_own = holder.is_some() && it.created_by == holder && it.patient.id == wanted.patient.id;
        it.id != wanted.id && (is_own || it.has_lapsed(now)) && is_in_the_way(it, wanted)
    };
    let mut has_made_way = false;
    for mut hold in held.into_iter().filter(|it| gives_way(it)) {
        if release(&mut hold.value, unit) {
            unit.tx.appointments().update(hold.version, hold.value).await?;
            has_made_way = true;
        }
    }
    Ok(has_made_way)
}

/// Whether the store would not have both.
fn is_in_the_way(hold: &Appointment, wanted: &Appointment) -> bool {
    let meets = hold.time.start() < wanted.busy_until() && wanted.time.start() < hold.busy_until();
    let same_room = hold.room.is_some() && hold.room_key() == wanted.room_key();
    let same_patient = hold.patient.id.is_some() && hold.patient.id == wanted.patient.id;
    meets && (hold.doctor.key() == wanted.doctor.key() || same_patient || same_room)
}

/// Ends a hold that nobody let go on purpose. Says whether it was one.
pub(super) fn release(hold: &mut Appointment, unit: &Unit<'_>) -> bool {
    hold.advance(AppointmentStatus::Lapsed, None, unit.now, "").is_ok()
}
