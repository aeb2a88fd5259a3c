//! Acting for a patient: parents, guardians, carers. Staff check who they are and that they may; the patient sees them and
//! can end it; whoever acts for someone does so in a session that says for whom.

use crate::{
    ConflictKind, Kept, Mode, Order, PageRequest, Permit, ServiceError, Subject, Unit, UseCase, patients,
};
use async_trait::async_trait;
use domain::access::IdentityProof;
use domain::validation::{Code, required};
use domain::{
    AccessEntry, AccessFact, AccessId, AccessKind, Action, FieldErrors, PatientId, Relation, Role, Scope,
    UserId,
};
use jiff::Timestamp;
use jiff::civil::Date;
use storage::{AccessFilter, PatientKey, UserKey, Versioned};

/// What somebody can be to the patient they act for.
pub const RELATIONSHIPS: [&str; 5] =
    ["Parent", "Guardian", "Carer", "Holder of a power of attorney", "Partner"];

/// Someone who acts for a patient.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Which.
    pub id: AccessId,
    /// Who acts.
    pub user: UserId,
    /// Their name.
    pub user_name: String,
    /// For whom.
    pub patient: PatientId,
    /// Their name.
    pub patient_name: String,
    /// What they are to the patient.
    pub relationship: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; `None` until somebody ends it.
    pub until: Option<Timestamp>,
}

/// Entries with the names that belong to them.
pub(crate) async fn named(
    unit: &mut Unit<'_>,
    entries: Vec<Versioned<AccessEntry>>,
) -> Result<Vec<Proxy>, ServiceError> {
    let users: Vec<_> = entries.iter().filter_map(|entry| entry.user).map(UserKey::Id).collect();
    let patients: Vec<_> = entries.iter().filter_map(|entry| entry.patient).map(PatientKey::Id).collect();
    let users = unit.tx.users().lookup_all(&users).await?;
    let patients = unit.tx.patients().lookup_all(&patients).await?;
    let proxy = |entry: AccessEntry| {
        let AccessFact::Proxy { relationship, .. } = entry.fact else { return None };
        let user = users.iter().find(|user| Some(user.id) == entry.user)?;
        let patient = patients.iter().find(|patient| Some(patient.id) == entry.patient)?;
        Some(Proxy {
            id: entry.id,
            user: user.id,
            user_name: user.display_name.clone(),
            patient: patient.id,
            patient_name: patient.name.full(),
            relationship,
            since: entry.created_at,
            until: Some(entry.expires_at).filter(|until| *until < Timestamp::MAX),
        })
    };
    Ok(entries.into_iter().filter_map(|entry| proxy(entry.value)).collect())
}

/// Who acts for a patient now.
#[derive(Clone, Copy, Debug)]
pub struct ListProxies {
    /// For whom.
    pub patient: PatientId,
}

#[async_trait]
impl UseCase for ListProxies {
    type Out = Vec<Proxy>;
    const ACTION: Action = Action::ManageProxies;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        about(unit, self.patient).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let filter = AccessFilter {
            kind: Some(AccessKind::Proxy),
            patient: Some(self.patient),
            live_at: Some(unit.now),
            ..AccessFilter::default()
        };
        let found = unit.tx.access().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
        named(unit, found).await
    }
}

async fn about(unit: &mut Unit<'_>, patient: PatientId) -> Result<Subject, ServiceError> {
    patients::find(unit, patient).await?;
    let relation = unit.relation(Some(patient)).await?;
    Ok(Subject::object(relation, Some(patient), format!("patient {patient}")))
}

/// Lets an account act for a patient. Fields: login, relationship, proof, until.
#[derive(Clone, Debug)]
pub struct GrantProxy {
    /// For whom.
    pub patient: PatientId,
    /// E-mail address or username of who is to act.
    pub login: String,
    /// One of [`RELATIONSHIPS`].
    pub relationship: String,
    /// Name of one of [`IdentityProof::OF_PROXY`].
    pub proof: String,
    /// The last day, `2027-03-31`; blank for until somebody ends it.
    pub until: String,
}

/// What was chosen, or why it is no choice.
fn chosen<T>(typed: &str, named: impl FnOnce(&str) -> Option<T>, what: &'static str) -> Result<T, Code> {
    match typed.trim() {
        "" => Err(Code::NotChosen(what)),
        typed => named(typed).ok_or(Code::UnknownChoice(what)),
    }
}

fn relationship(name: &str) -> Option<String> {
    RELATIONSHIPS.contains(&name).then(|| name.to_owned())
}

fn proof(name: &str) -> Option<IdentityProof> {
    IdentityProof::named(&IdentityProof::OF_PROXY, name)
}

impl GrantProxy {
    fn until(&self, unit: &Unit<'_>) -> Result<Timestamp, Code> {
        if self.until.trim().is_empty() {
            return Ok(Timestamp::MAX);
        }
        let last: Date = self.until.trim().parse().map_err(|_| Code::NotADate("Last day"))?;
        let end = last.tomorrow().map(|day| unit.clinic.zone.start_of_day(day));
        end.ok().filter(|end| *end > unit.now).ok_or(Code::TimePassed)
    }

    async fn check(&self, unit: &mut Unit<'_>) -> Result<AccessEntry, ServiceError> {
        let mut errors = FieldErrors::new();
        let login = errors
            .take("login", required(&self.login, "Account", "an email address or username", 254, false));
        let relationship =
            errors.take("relationship", chosen(&self.relationship, relationship, "a relationship"));
        let proof = errors.take("proof", chosen(&self.proof, proof, "how this was proved"));
        let until = errors.take("until", self.until(unit));
        let user = match login {
            Some(login) => {
                let found = account(unit, &login).await?;
                errors.take("login", found.ok_or(Code::UnknownChoice("a patient’s account")))
            }
            None => None,
        };
        let granted_by = unit.actor.user().ok_or(ServiceError::Forbidden)?;
        match (user, relationship, proof, until) {
            (Some(user), Some(relationship), Some(proof), Some(until)) => Ok(AccessEntry {
                id: AccessId(unit.random.bits()),
                user: Some(user),
                patient: Some(self.patient),
                created_at: unit.now,
                expires_at: until,
                fact: AccessFact::Proxy { relationship, proof, granted_by },
            }),
            _ => Err(errors.into()),
        }
    }
}

/// The patient's account with this address or name. That of staff is none: who works here acts for others in an account of
/// their own.
async fn account(unit: &mut Unit<'_>, login: &str) -> Result<Option<UserId>, ServiceError> {
    let folded = login.to_lowercase();
    for key in [UserKey::Email(folded.clone()), UserKey::Username(folded)] {
        if let Some(user) = unit.tx.users().lookup(&key).await? {
            return Ok(Some(user.id).filter(|_| user.role == Role::Patient));
        }
    }
    Ok(None)
}

#[async_trait]
impl UseCase for GrantProxy {
    type Out = AccessEntry;
    const ACTION: Action = Action::GrantProxy;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let reason = format!("{}, identity: {}", self.relationship.trim(), self.proof.trim());
        Ok(about(unit, self.patient).await?.because(reason))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let entry = self.check(unit).await?;
        let own = patients::find(unit, self.patient).await?.user;
        if own.is_some() && own == entry.user {
            return Err(ServiceError::field("login", Code::UnknownChoice("another person’s account")));
        }
        let user = entry.user.ok_or(ServiceError::NotFound)?;
        if unit.proxy(user, self.patient).await?.is_some() {
            return Err(ServiceError::Conflict(ConflictKind::AlreadyOpen));
        }
        unit.tx.access().insert(entry.clone()).await?;
        Ok(entry)
    }
}

/// Ends that somebody acts for a patient.
#[derive(Clone, Copy, Debug)]
pub struct EndProxy {
    /// Which.
    pub id: AccessId,
}

#[async_trait]
impl UseCase for EndProxy {
    type Out = PatientId;
    const ACTION: Action = Action::ManageProxies;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let found = unit.tx.access().lookup(&self.id).await?.ok_or(ServiceError::NotFound)?;
        let patient =
            found.patient.filter(|_| found.kind() == AccessKind::Proxy).ok_or(ServiceError::NotFound)?;
        // Who acts for a patient may give that up.
        let relation = match unit.relation(Some(patient)).await? {
            Relation::Other if found.user == unit.actor.user() => Relation::Own,
            relation => relation,
        };
        Ok(Subject::object(relation, Some(patient), format!("patient {patient}")).because("ended"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<PatientId, ServiceError> {
        let mut found = unit.tx.access().lookup(&self.id).await?.ok_or(ServiceError::NotFound)?;
        let patient = found.patient.ok_or(ServiceError::NotFound)?;
        // One who acts for a patient does not shut out another who does.
        let own =
            found.user == unit.actor.user() || patients::find(unit, patient).await?.user == unit.actor.user();
        if permit.scope() == Scope::Own && !own {
            return Err(ServiceError::NotFound);
        }
        if found.is_live(unit.now) {
            found.value.expires_at = unit.now;
            unit.tx.access().update(found.version, found.value).await?;
        }
        Ok(patient)
    }
}

/// Whom the caller may act for.
#[derive(Clone, Copy, Debug)]
pub struct ListWards {}

#[async_trait]
impl UseCase for ListWards {
    type Out = Vec<Proxy>;
    const ACTION: Action = Action::ReadProfile;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let user = unit.actor.user().ok_or(ServiceError::Unauthenticated)?;
        Ok(Subject::object(Relation::Own, None, format!("user {user}")))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let filter = AccessFilter {
            kind: Some(AccessKind::Proxy),
            user: unit.actor.user(),
            live_at: Some(unit.now),
            ..AccessFilter::default()
        };
        let found = unit.tx.access().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
        named(unit, found).await
    }
}

/// Lets the caller's session act for a patient, or for themselves again.
#[derive(Clone, Copy, Debug)]
pub struct ActFor {
    /// For whom; `None` for the caller.
    pub patient: Option<PatientId>,
}

#[async_trait]
impl UseCase for ActFor {
    type Out = ();
    const ACTION: Action = Action::EditProfile;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let user = unit.actor.user().ok_or(ServiceError::Unauthenticated)?;
        let (relation, reason) = match self.patient {
            Some(patient) if unit.proxy(user, patient).await?.is_none() => (Relation::Other, ""),
            Some(_) => (Relation::Own, "acts for this patient"),
            None => (Relation::Own, "acts for themselves"),
        };
        Ok(Subject::object(relation, self.patient, format!("user {user}")).because(reason))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let id = unit.actor.session().ok_or(ServiceError::Unauthenticated)?;
        let mut session = unit.tx.sessions().lookup(&id).await?.ok_or(ServiceError::Unauthenticated)?;
        session.value.acts_for = self.patient;
        unit.tx.sessions().update(session.version, session.value).await?;
        Ok(())
    }
}
