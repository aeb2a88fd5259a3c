//! Reading the waiting list.

use super::{Place, find, offered, open, subject_of};
use crate::{
    Actor, Mode, Page, PageRequest, Permit, ServiceError, Services, Subject, Unit, UseCase, Version,
};
use async_trait::async_trait;
use domain::waiting::{Waiting, WaitingState};
use domain::{Action, Appointment, PatientId, PlanId, Priority, Role, Scope, UserId};
use jiff::Timestamp;
use std::str::FromStr;

/// A place on the waiting list as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingPlace {
    /// Which.
    pub id: PlanId,
    /// Who waits.
    pub patient: PatientId,
    /// Since when.
    pub since: Timestamp,
    /// How many come before, plus one; 0 where that is not the reader's to know, or nobody waits there any more.
    pub rank: usize,
    /// Counts the changes.
    pub version: Version,
    /// What they wait for and where they stand; one whose offer has ended waits again.
    pub waiting: Waiting,
    /// The time that is held for them.
    pub offer: Option<Appointment>,
}

/// Narrows the list; the default is everyone.
#[derive(Clone, Debug, Default)]
pub struct WaitingQuery {
    /// Only this patient's places.
    pub patient: Option<PatientId>,
    /// Only those who would see this doctor: those who wait for them, and for anyone.
    pub doctor: Option<UserId>,
    /// Only for this type of visit.
    pub visit_type: Option<String>,
    /// Only of this priority.
    pub priority: Option<Priority>,
    /// Only those who have an offer, or only those who have none.
    pub offered: Option<bool>,
}

impl WaitingQuery {
    fn wants(&self, place: &WaitingPlace) -> bool {
        let waiting = &place.waiting;
        self.doctor.is_none_or(|doctor| waiting.with.is_none_or(|with| with == doctor))
            && self.visit_type.as_ref().is_none_or(|code| *code == waiting.visit_type)
            && self.priority.is_none_or(|priority| priority == waiting.priority)
            && self.offered.is_none_or(|offered| offered == place.offer.is_some())
    }
}

async fn shown(unit: &mut Unit<'_>, place: Place, rank: usize) -> Result<WaitingPlace, ServiceError> {
    let mut waiting = place.waiting;
    let offer = match waiting.state {
        WaitingState::Offered { offer, ends_at } if unit.now < ends_at => offered(unit, offer).await?,
        _ => None,
    };
    if offer.is_none() && matches!(waiting.state, WaitingState::Offered { .. }) {
        waiting.state = WaitingState::Waitlisted;
    }
    Ok(WaitingPlace {
        id: place.entry.id,
        patient: place.patient,
        since: place.entry.created_at,
        rank,
        version: place.version,
        waiting,
        offer: offer.map(|offer| offer.value),
    })
}

/// Where a page of the list begins: after whoever has this rank.
struct After(Priority, Timestamp, PlanId);

impl After {
    fn text(place: &WaitingPlace) -> String {
        format!("{}.{}.{}", place.waiting.priority.name(), place.since.as_microsecond(), place.id)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let priority = Priority::named(parts.next()?)?;
        let since = Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?;
        Some(Self(priority, since, PlanId::from_str(parts.next()?).ok()?))
    }

    fn is_before(&self, place: &WaitingPlace) -> bool {
        let since = place.since.as_microsecond();
        (self.0, self.1.as_microsecond(), self.2) < (place.waiting.priority, since, place.id)
    }
}

/// Lists who is on the waiting list, in the order in which times are offered; patients get their own places only.
#[derive(Clone, Debug)]
pub struct ListWaiting {
    /// Which.
    pub filter: WaitingQuery,
    /// Which part of the list; its order is the list's own.
    pub page: PageRequest,
}

impl Services {
    /// The waiting list, once what has come to its end was seen to.
    ///
    /// # Errors
    /// Those of [`ListWaiting`].
    pub async fn waiting_list(
        &self,
        actor: &Actor,
        list: ListWaiting,
    ) -> Result<Page<WaitingPlace>, ServiceError> {
        // The list can be read all the same, when nothing can be written.
        if let Err(error) = self.offer_round().await {
            tracing::warn!(%error, "offers that ended could not be seen to");
        }
        self.execute(actor, list).await
    }
}

#[async_trait]
impl UseCase for ListWaiting {
    type Out = Page<WaitingPlace>;
    const ACTION: Action = Action::ReadWaitingList;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let own = unit.actor.patient().filter(|_| unit.actor.role() == Some(Role::Patient));
        Ok(Subject { patient: self.filter.patient.or(own), ..Subject::any("waiting list") })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let is_own = permit.scope() == Scope::Own;
        let nobody = Page { items: Vec::new(), next: None };
        let own = unit.actor.patient();
        if is_own && (own.is_none() || self.filter.patient.is_some_and(|asked| Some(asked) != own)) {
            return Ok(nobody);
        }
        let whose = if is_own { own } else { None };
        let Some(after) = self.page.after.as_deref().map_or(Some(None), |text| After::read(text).map(Some))
        else {
            return Ok(nobody);
        };
        let mut items = Vec::new();
        for (place, position) in open(unit, whose).await?.into_iter().zip(1..) {
            if self.filter.patient.is_some_and(|patient| patient != place.patient) {
                continue;
            }
            let shown = shown(unit, place, if is_own { 0 } else { position }).await?;
            if self.filter.wants(&shown) && after.as_ref().is_none_or(|after| after.is_before(&shown)) {
                items.push(shown);
                if items.len() > self.page.limit {
                    break;
                }
            }
        }
        let has_more = items.len() > self.page.limit;
        items.truncate(self.page.limit);
        let next = items.last().filter(|_| has_more).map(After::text);
        Ok(Page { items, next })
    }
}

/// One place on the waiting list.
#[derive(Clone, Debug)]
pub struct ReadWaiting {
    /// Which.
    pub id: PlanId,
}

#[async_trait]
impl UseCase for ReadWaiting {
    type Out = WaitingPlace;
    const ACTION: Action = Action::ReadWaitingList;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        subject_of(unit, self.id).await
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let place = find(unit, self.id).await?;
        let rank = if permit.scope() == Scope::Own || !place.waiting.state.is_open() {
            0
        } else {
            let id = place.id();
            open(unit, None).await?.iter().position(|other| other.id() == id).map_or(0, |before| before + 1)
        };
        shown(unit, place, rank).await
    }
}
