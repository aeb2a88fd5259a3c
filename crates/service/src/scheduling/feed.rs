//! Calendar feeds (RFC 5545): a secret address at which a calendar program reads its owner's appointments, until the owner
//! ends it. Whoever has the address reads them, so it is kept as a digest and shown once.

use crate::links::LinkFor;
use crate::{Kept, LinkSecret, Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::access::LinkPurpose;
use domain::appointment::DoctorKey;
use domain::{
    AccessEntry, AccessFact, AccessKind, Action, Appointment, AppointmentStatus, Catalogue, Relation, Role,
    User, UserId, UserStatus,
};
use jiff::{SignedDuration, Timestamp};
use storage::{AccessFilter, AppointmentFilter, Order, PageRequest};

const PURPOSE: LinkPurpose = LinkPurpose::CalendarFeed;
/// How long appointments stay in a calendar after their day.
const PAST: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Most appointments of a calendar.
const MOST: usize = 1_000;
/// What stands in a calendar: what is called off disappears from it.
const SHOWN: [AppointmentStatus; 4] = [
    AppointmentStatus::Booked,
    AppointmentStatus::Arrived,
    AppointmentStatus::InProgress,
    AppointmentStatus::Fulfilled,
];

fn own(unit: &Unit<'_>) -> Result<Subject, ServiceError> {
    let user = unit.actor.user().ok_or(ServiceError::Unauthenticated)?;
    Ok(Subject::object(Relation::Own, None, format!("calendar of user {user}")))
}

/// The live addresses of an account.
async fn live(unit: &mut Unit<'_>, user: UserId) -> Result<Vec<Versioned<AccessEntry>>, ServiceError> {
    let filter = AccessFilter {
        kind: Some(AccessKind::Link),
        user: Some(user),
        live_at: Some(unit.now),
        ..AccessFilter::default()
    };
    let found = unit.tx.access().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    let is_feed = |it: &AccessEntry| matches!(it.fact, AccessFact::Link { purpose: PURPOSE, .. });
    Ok(found.into_iter().filter(|it| is_feed(it)).collect())
}

/// Since when an account has an address.
pub(crate) async fn since(unit: &mut Unit<'_>, user: UserId) -> Result<Option<Timestamp>, ServiceError> {
    Ok(live(unit, user).await?.first().map(|entry| entry.created_at))
}

/// Makes the address of the caller's calendar; an earlier one ends.
#[derive(Clone, Debug)]
pub struct MakeFeed {}

#[async_trait]
impl UseCase for MakeFeed {
    type Out = LinkSecret;
    const ACTION: Action = Action::ManageCalendarFeed;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(own(unit)?.because("calendar address made"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<LinkSecret, ServiceError> {
        let user = unit.actor.user();
        unit.make_link(LinkFor { purpose: PURPOSE, user, patient: None, address: None }).await
    }
}

/// Ends the address of the caller's calendar. Without one there is nothing to do.
#[derive(Clone, Debug)]
pub struct EndFeed {}

#[async_trait]
impl UseCase for EndFeed {
    type Out = ();
    const ACTION: Action = Action::ManageCalendarFeed;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(own(unit)?.because("calendar address ended"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let user = unit.actor.user();
        unit.end_links(PURPOSE, user, None).await
    }
}

/// Since when the caller has a calendar address, if they have one.
#[derive(Clone, Debug)]
pub struct ReadFeedState {}

#[async_trait]
impl UseCase for ReadFeedState {
    type Out = Option<Timestamp>;
    const ACTION: Action = Action::ReadProfile;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        own(unit)
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let user = unit.own_user().await?.id;
        since(unit, user).await
    }
}

/// What a calendar program gets.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Oldest first; what is called off is not among them.
    pub appointments: Vec<Versioned<Appointment>>,
    /// What the clinic offers, for the names of rooms and visit types.
    pub catalogue: Catalogue,
    /// For whom it is.
    pub reader: FeedReader,
}

/// For whom a calendar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedReader {
    /// A patient.
    Patient,
    /// A doctor.
    Doctor {
        /// Whether the calendar names the patients.
        names: bool,
    },
}

/// Reads the appointments at a calendar's address. An address that was ended, never was one, or whose owner may not sign in
/// any more is not found.
#[derive(Clone, Debug)]
pub struct ReadFeed {
    secret: Option<LinkSecret>,
}

impl ReadFeed {
    /// With the secret as it stands in the address.
    pub fn new(secret: &str) -> Self {
        Self { secret: LinkSecret::parse(secret) }
    }

    async fn owner(&self, unit: &mut Unit<'_>) -> Result<User, ServiceError> {
        let link = unit.open_link(PURPOSE, self.secret.as_ref()).await;
        let id = link.ok().and_then(|link| link.user).ok_or(ServiceError::NotFound)?;
        let user = unit.user(id).await?.value;
        if user.status == UserStatus::Active { Ok(user) } else { Err(ServiceError::NotFound) }
    }
}

#[async_trait]
impl UseCase for ReadFeed {
    type Out = Feed;
    const ACTION: Action = Action::ReadCalendarFeed;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let owner = self.owner(unit).await;
        let label =
            owner.map_or_else(|_| "unknown calendar".to_owned(), |it| format!("calendar of user {}", it.id));
        Ok(Subject::any(label))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Feed, ServiceError> {
        let owner = self.owner(unit).await?;
        let catalogue = unit.catalogue().await?;
        let mut filter = AppointmentFilter {
            from: Some(unit.now.checked_sub(PAST).unwrap_or(Timestamp::MIN)),
            statuses: SHOWN.to_vec(),
            ..AppointmentFilter::default()
        };
        // Whoever changed roles keeps no window into the work they left.
        let reader = match (owner.role, owner.patient) {
            (Role::Patient, Some(patient)) => {
                filter.patient = Some(patient);
                FeedReader::Patient
            }
            (Role::Doctor, _) => {
                filter.doctor = Some(DoctorKey::Account(owner.id));
                FeedReader::Doctor { names: catalogue.rules.names_in_calendars }
            }
            _ => return Err(ServiceError::NotFound),
        };
        unit.prove(&owner);
        let page = PageRequest::first(MOST, Order::Ascending);
        let appointments = unit.tx.appointments().list(&filter, &page).await?.items;
        Ok(Feed { appointments, catalogue, reader })
    }
}
