//! The doctors that can be booked.

use crate::{Mode, Permit, ServiceError, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::person::folded_name;
use domain::{Action, DoctorLink, Role, Schedule, User, UserId, UserStatus};
use std::collections::BTreeMap;
use storage::{Order, PageRequest, UserFilter, UserKey};

/// A doctor and the hours kept.
#[derive(Clone, Debug)]
pub struct Doctor {
    /// The account.
    pub id: UserId,
    /// The name people read.
    pub name: String,
    /// The hours; without any the doctor cannot be booked.
    pub schedule: Option<Versioned<Schedule>>,
}

impl Doctor {
    /// A link to this doctor, with the name as it is now.
    pub(super) fn link(&self) -> DoctorLink {
        DoctorLink { id: Some(self.id), name: self.name.clone() }
    }
}

fn can_be_booked(user: &User) -> bool {
    user.role == Role::Doctor && user.status == UserStatus::Active
}

async fn with_schedule(unit: &mut Unit<'_>, user: User) -> Result<Doctor, ServiceError> {
    let schedule = unit.tx.schedules().lookup(&user.id).await?;
    Ok(Doctor { id: user.id, name: user.display_name, schedule })
}

/// The active doctor with this account.
pub(super) async fn find(unit: &mut Unit<'_>, id: UserId) -> Result<Option<Doctor>, ServiceError> {
    let user = unit.tx.users().lookup(&UserKey::Id(id)).await?;
    match user.map(|user| user.value).filter(can_be_booked) {
        Some(user) => with_schedule(unit, user).await.map(Some),
        None => Ok(None),
    }
}

/// All active doctors in order of name.
pub(super) async fn all(unit: &mut Unit<'_>) -> Result<Vec<Doctor>, ServiceError> {
    let filter = UserFilter::role(Role::Doctor);
    let users = unit.tx.users().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    let users: Vec<User> = users.into_iter().map(|user| user.value).filter(can_be_booked).collect();
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let found = unit.tx.schedules().lookup_all(&ids).await?.into_iter();
    let mut schedules: BTreeMap<UserId, _> =
        found.map(|schedule| (schedule.value.doctor, schedule)).collect();
    let doctor = |user: User| {
        let schedule = schedules.remove(&user.id);
        Doctor { id: user.id, name: user.display_name, schedule }
    };
    let mut doctors: Vec<Doctor> = users.into_iter().map(doctor).collect();
    doctors.sort_by_cached_key(|doctor| (folded_name(&doctor.name), doctor.id));
    Ok(doctors)
}

/// A link to the one active doctor of this name, or the name as written.
pub(super) async fn link_by_name(unit: &mut Unit<'_>, name: &str) -> Result<DoctorLink, ServiceError> {
    let folded = folded_name(name);
    let mut same = all(unit).await?.into_iter().filter(|doctor| folded_name(&doctor.name) == folded);
    let id = match (same.next(), same.next()) {
        (Some(doctor), None) => Some(doctor.id),
        _ => None,
    };
    Ok(DoctorLink { id, name: name.to_owned() })
}

/// All doctors that can be booked, in order of name.
#[derive(Clone, Debug)]
pub struct ListDoctors {}

#[async_trait]
impl UseCase for ListDoctors {
    type Out = Vec<Doctor>;
    const ACTION: Action = Action::ReadSchedule;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("doctors"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        all(unit).await
    }
}
