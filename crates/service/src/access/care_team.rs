//! A patient's care team: doctors and nurses to whom the patient is assigned without an appointment. Who treats the patient
//! brings a colleague in, or the front desk does on a referral; it lasts for some months and can end at any time.

use crate::{
    ConflictKind, Kept, Mode, Order, PageRequest, Permit, ServiceError, Subject, Unit, UseCase, patients,
};
use async_trait::async_trait;
use domain::person::folded_name;
use domain::validation::{Code, required};
use domain::{
    AccessEntry, AccessFact, AccessId, AccessKind, Action, FieldErrors, PatientId, Role, User, UserId,
    UserStatus,
};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use storage::{AccessFilter, UserFilter, UserKey, Versioned};

/// Most characters of what somebody does for the patient.
const LONGEST_REASON: usize = 200;
/// What stands in the audit log where somebody leaves.
pub const CARE_TEAM_ENDED: &str = "ended";

/// Someone in a care team.
#[derive(Clone, Debug)]
pub struct Member {
    /// Which place.
    pub id: AccessId,
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// What they do for the patient.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// Someone who can be brought into a care team.
#[derive(Clone, Debug)]
pub struct Clinician {
    /// Who.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Doctor or nurse.
    pub role: Role,
}

/// A patient's care team.
#[derive(Clone, Debug)]
pub struct CareTeam {
    /// Who is in it now, the newest last.
    pub members: Vec<Member>,
    /// Who else could be; `None` when the reader may not change it.
    pub clinicians: Option<Vec<Clinician>>,
}

/// Reads who is in a patient's care team.
#[derive(Clone, Copy, Debug)]
pub struct ReadCareTeam {
    /// Whose.
    pub patient: PatientId,
}

#[async_trait]
impl UseCase for ReadCareTeam {
    type Out = CareTeam;
    const ACTION: Action = Action::ReadCareTeam;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        about(unit, self.patient).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let members = members(unit, self.patient).await?;
        let relation = unit.relation(Some(self.patient)).await?;
        if unit.scope(Action::ManageCareTeam, relation).is_none() {
            return Ok(CareTeam { members, clinicians: None });
        }
        let mut others = clinicians(unit).await?;
        others.retain(|clinician| members.iter().all(|member| member.user != clinician.id));
        Ok(CareTeam { members, clinicians: Some(others) })
    }
}

async fn about(unit: &mut Unit<'_>, patient: PatientId) -> Result<Subject, ServiceError> {
    patients::find(unit, patient).await?;
    let relation = unit.relation(Some(patient)).await?;
    Ok(Subject::object(relation, Some(patient), format!("patient {patient}")))
}

async fn members(unit: &mut Unit<'_>, patient: PatientId) -> Result<Vec<Member>, ServiceError> {
    let filter = AccessFilter {
        kind: Some(AccessKind::CareTeam),
        patient: Some(patient),
        live_at: Some(unit.now),
        ..AccessFilter::default()
    };
    let places = unit.tx.access().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    let users: Vec<_> = places.iter().filter_map(|place| place.user).map(UserKey::Id).collect();
    let users = unit.tx.users().lookup_all(&users).await?;
    let member = |place: AccessEntry| {
        let AccessFact::CareTeam { reason, .. } = place.fact else { return None };
        let user = users.iter().find(|user| Some(user.id) == place.user)?;
        Some(Member {
            id: place.id,
            user: user.id,
            name: user.display_name.clone(),
            role: user.role,
            reason,
            since: place.created_at,
            until: place.expires_at,
        })
    };
    Ok(places.into_iter().filter_map(|place| member(place.value)).collect())
}

fn can_be_member(user: &User) -> bool {
    user.role.is_clinical() && user.status == UserStatus::Active
}

/// All who can be in a care team, in order of name.
async fn clinicians(unit: &mut Unit<'_>) -> Result<Vec<Clinician>, ServiceError> {
    let mut found = Vec::new();
    for role in Role::ALL.into_iter().filter(|role| role.is_clinical()) {
        let all = PageRequest::all(Order::Ascending);
        let users = unit.tx.users().list(&UserFilter::role(role), &all).await?.items;
        let users = users.into_iter().map(|user| user.value).filter(can_be_member);
        found.extend(users.map(|user| Clinician { id: user.id, name: user.display_name, role }));
    }
    found.sort_by_cached_key(|clinician| (folded_name(&clinician.name), clinician.id));
    Ok(found)
}

/// Brings a doctor or nurse into a patient's care team. Fields: userId, reason, until.
#[derive(Clone, Debug)]
pub struct AddToCareTeam {
    /// Whose.
    pub patient: PatientId,
    /// Who; `None` when nobody was chosen.
    pub user: Option<UserId>,
    /// What they do for the patient.
    pub reason: String,
    /// The last day, `2027-03-31`; blank for [`AccessEntry::CARE_TEAM_DAYS`].
    pub until: String,
}

impl AddToCareTeam {
    fn until(&self, unit: &Unit<'_>) -> Result<Timestamp, Code> {
        const MOST: u16 = AccessEntry::MOST_CARE_TEAM_DAYS;
        let today = unit.clinic.zone.date(unit.now);
        let ahead = |days: u16| today.saturating_add(i64::from(days).days());
        let last = match self.until.trim() {
            "" => ahead(AccessEntry::CARE_TEAM_DAYS),
            typed => typed.parse::<Date>().map_err(|_| Code::NotADate("Last day"))?,
        };
        if last > ahead(MOST) {
            return Err(Code::TooFarAhead(MOST));
        }
        let end = last.tomorrow().map(|day| unit.clinic.zone.start_of_day(day));
        end.ok().filter(|end| *end > unit.now).ok_or(Code::TimePassed)
    }

    async fn member(&self, unit: &mut Unit<'_>) -> Result<UserId, ServiceError> {
        let id =
            self.user.ok_or_else(|| ServiceError::field("userId", Code::NotChosen("a doctor or nurse")))?;
        let user = unit.tx.users().lookup(&UserKey::Id(id)).await?;
        let unknown = || ServiceError::field("userId", Code::UnknownChoice("a doctor or nurse"));
        user.filter(|user| can_be_member(user)).map(|user| user.id).ok_or_else(unknown)
    }

    async fn check(&self, unit: &mut Unit<'_>) -> Result<AccessEntry, ServiceError> {
        let mut errors = FieldErrors::new();
        let user = match self.member(unit).await {
            Err(ServiceError::Invalid(refused)) => {
                errors = refused;
                None
            }
            user => Some(user?),
        };
        let reason = required(&self.reason, "Reason", "what they do for the patient", LONGEST_REASON, false);
        let reason = errors.take("reason", reason);
        let until = errors.take("until", self.until(unit));
        let added_by = unit.actor.user().ok_or(ServiceError::Forbidden)?;
        match (user, reason, until) {
            (Some(user), Some(reason), Some(until)) => Ok(AccessEntry {
                id: AccessId(unit.random.bits()),
                user: Some(user),
                patient: Some(self.patient),
                created_at: unit.now,
                expires_at: until,
                fact: AccessFact::CareTeam { reason, added_by },
            }),
            _ => Err(errors.into()),
        }
    }
}

#[async_trait]
impl UseCase for AddToCareTeam {
    type Out = AccessEntry;
    const ACTION: Action = Action::ManageCareTeam;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        // What they do for the patient tells of the patient's health, which is not for the readers of the log.
        let reason = self.user.map_or_else(String::new, |user| format!("added user {user}"));
        Ok(about(unit, self.patient).await?.because(reason))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let place = self.check(unit).await?;
        let user = place.user.ok_or(ServiceError::NotFound)?;
        if super::live(unit.tx, AccessKind::CareTeam, (user, self.patient), unit.now).await?.is_some() {
            return Err(ServiceError::Conflict(ConflictKind::AlreadyOpen));
        }
        unit.tx.access().insert(place.clone()).await?;
        Ok(place)
    }
}

/// Ends somebody's place in a care team.
#[derive(Clone, Copy, Debug)]
pub struct EndCareTeam {
    /// Which.
    pub id: AccessId,
}

impl EndCareTeam {
    async fn find(&self, unit: &mut Unit<'_>) -> Result<(Versioned<AccessEntry>, PatientId), ServiceError> {
        let found = unit.tx.access().lookup(&self.id).await?.ok_or(ServiceError::NotFound)?;
        let patient = found.patient.filter(|_| found.kind() == AccessKind::CareTeam);
        Ok((found, patient.ok_or(ServiceError::NotFound)?))
    }
}

#[async_trait]
impl UseCase for EndCareTeam {
    type Out = PatientId;
    const ACTION: Action = Action::ManageCareTeam;
    const MODE: Mode = Mode::Write;
    // Who leaves may not see the patient any more when the same request comes again.
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let (found, patient) = self.find(unit).await?;
        let user = found.user.map_or_else(String::new, |user| format!("{CARE_TEAM_ENDED} user {user}"));
        Ok(about(unit, patient).await?.because(user))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<PatientId, ServiceError> {
        let (mut found, patient) = self.find(unit).await?;
        if found.is_live(unit.now) {
            found.value.expires_at = unit.now;
            unit.tx.access().update(found.version, found.value).await?;
        }
        Ok(patient)
    }
}
