//! The waiting list: who would come sooner, times that come free and are offered to them, and their answers.

mod answer;
mod by_hand;
mod grown;
mod join;
mod list;
mod offering;
mod round;

pub use answer::{AcceptOffer, DeclineOffer};
pub use by_hand::OfferTime;
pub use join::{JoinWaitingList, LeaveWaitingList};
pub use list::{ListWaiting, ReadWaiting, WaitingPlace, WaitingQuery};

pub(super) use grown::by_hours;
pub(super) use offering::{Freed, offer};
#[cfg(test)]
pub(crate) use round::OfferRound;

use super::relation_to;
use crate::{ServiceError, Subject, Unit, Version, Versioned};
use domain::waiting::{Waiting, WaitingState};
use domain::{
    Action, Appointment, AppointmentId, AppointmentStatus, PatientId, PlanEntry, PlanFact, PlanId, PlanKind,
    Relation,
};
use jiff::{SignedDuration, Timestamp, ToSpan};
use storage::{Order, PageRequest, PlanFilter};

/// How long a place that nobody holds any more can still be looked up.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// A place on the waiting list at work.
struct Place {
    version: Version,
    entry: PlanEntry,
    patient: PatientId,
    waiting: Waiting,
}

impl Place {
    /// The place that an entry is, if it is one.
    fn of(found: Versioned<PlanEntry>) -> Option<Self> {
        let (waiting, patient) = (found.waiting()?.clone(), found.patient?);
        Some(Self { version: found.version, entry: found.value, patient, waiting })
    }

    const fn id(&self) -> PlanId {
        self.entry.id
    }

    /// What the list shows them in the order of.
    fn rank(&self) -> (domain::Priority, Timestamp, PlanId) {
        let (priority, since) = self.waiting.rank(self.entry.created_at);
        (priority, since, self.id())
    }

    fn waits(&self) -> bool {
        self.waiting.state == WaitingState::Waitlisted
    }

    /// The subject of an event about it.
    fn subject(&self, relation: Relation) -> Subject {
        Subject::object(relation, Some(self.patient), format!("waiting list {}", self.id()))
    }

    /// Stores where it stands now, and when something is to be done about it next.
    async fn save(&mut self, unit: &mut Unit<'_>) -> Result<(), ServiceError> {
        let ended = unit.now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let entry = &mut self.entry;
        (entry.appointment, entry.due_at, entry.kept_until) = match self.waiting.state {
            WaitingState::Waitlisted => (None, Some(end_of(&self.waiting, unit)), None),
            WaitingState::Offered { offer, ends_at } => (Some(offer), Some(ends_at), None),
            WaitingState::Accepted { offer, .. } => (Some(offer), None, Some(ended)),
            WaitingState::Withdrawn { .. } | WaitingState::Expired { .. } => (None, None, Some(ended)),
        };
        entry.fact = PlanFact::Waiting(self.waiting.clone());
        self.version = unit.tx.plan().update(self.version, entry.clone()).await?;
        Ok(())
    }
}

/// When the last day has passed.
fn end_of(waiting: &Waiting, unit: &Unit<'_>) -> Timestamp {
    let after = waiting.until.checked_add(1.day()).unwrap_or(waiting.until);
    unit.clinic.zone.start_of_day(after)
}

/// The place with this id.
async fn find(unit: &mut Unit<'_>, id: PlanId) -> Result<Place, ServiceError> {
    let found = unit.tx.plan().lookup(&id).await?;
    found.and_then(Place::of).ok_or(ServiceError::NotFound)
}

/// The subject of an action on one place.
async fn subject_of(unit: &mut Unit<'_>, id: PlanId) -> Result<Subject, ServiceError> {
    let place = find(unit, id).await?;
    Ok(place.subject(relation_to(unit.actor, Some(place.patient))))
}

/// All who are on the list, or one patient's places, in the order in which times are offered.
async fn open(unit: &mut Unit<'_>, patient: Option<PatientId>) -> Result<Vec<Place>, ServiceError> {
    let filter = PlanFilter { kind: Some(PlanKind::Waiting), patient, open: true, ..PlanFilter::default() };
    let found = unit.tx.plan().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    let mut places: Vec<_> = found.into_iter().filter_map(Place::of).collect();
    places.sort_by_key(Place::rank);
    Ok(places)
}

/// An offered appointment, while it stands.
async fn offered(
    unit: &mut Unit<'_>,
    id: AppointmentId,
) -> Result<Option<Versioned<Appointment>>, ServiceError> {
    let found = unit.tx.appointments().lookup(&id).await?;
    Ok(found.filter(|it| it.status == AppointmentStatus::Proposed))
}

/// Ends an offer that was not accepted; its time, unless somebody has it by now.
async fn release(unit: &mut Unit<'_>, id: AppointmentId) -> Result<Option<Freed>, ServiceError> {
    let Some(Versioned { mut value, version }) = offered(unit, id).await? else { return Ok(None) };
    let freed = Freed::of(&value);
    value.advance(AppointmentStatus::Lapsed, None, unit.now, "")?;
    unit.tx.appointments().update(version, value).await?;
    Ok(freed)
}

/// Lets the offer of a place go; its time, unless somebody has it by now.
async fn let_go(unit: &mut Unit<'_>, place: &mut Place) -> Result<Option<Freed>, ServiceError> {
    let WaitingState::Offered { offer, .. } = place.waiting.state else {
        return Err(ServiceError::Conflict(crate::ConflictKind::OfferEnded));
    };
    let appointment = unit.tx.appointments().lookup(&offer).await?;
    let start = appointment.map_or(unit.now, |it| it.time.start());
    place.waiting.let_go(start)?;
    let freed = release(unit, offer).await?;
    place.save(unit).await?;
    Ok(freed)
}

/// Whether something on the list has come to its end and nobody has seen to it.
pub(super) fn due(now: Timestamp) -> PlanFilter {
    PlanFilter { kind: Some(PlanKind::Waiting), due_until: Some(now), ..PlanFilter::default() }
}

/// The action that what happens by itself is written down as.
const BY_ITSELF: Action = Action::OfferTime;
