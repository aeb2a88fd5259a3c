//! The caller's own account and sessions.

use super::accounts::LONGEST_NAME;
use super::proof::Proof;
use crate::mail::Contents;
use crate::scheduling::feed;
use crate::{
    AccountNotice, Actor, Kept, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase, Version,
    Versioned,
};
use async_trait::async_trait;
use domain::access::LinkPurpose;
use domain::validation::{Code, required};
use domain::{Action, Email, FieldErrors, Patient, Relation, Session, SessionId, User};
use jiff::Timestamp;
use storage::{Order, PageRequest, PatientKey, SessionFilter};

/// The subject of everything here: the caller's own account.
pub(super) async fn own(unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
    let user = unit.own_user().await?;
    Ok(Subject::object(Relation::Own, None, format!("user {}", user.id)))
}

/// Ends one of the caller's own sessions; those of others answer like unknown ones.
pub(super) async fn end(unit: &mut Unit<'_>, id: SessionId) -> Result<(), ServiceError> {
    let mut session = unit.tx.sessions().lookup(&id).await?.ok_or(ServiceError::NotFound)?;
    if Some(session.user) != unit.actor.user() {
        return Err(ServiceError::NotFound);
    }
    if session.revoked_at.is_none() {
        session.value.revoked_at = Some(unit.now);
        unit.tx.sessions().update(session.version, session.value).await?;
    }
    Ok(())
}

/// Ends the session in use.
#[derive(Clone, Debug)]
pub struct SignOut {}

#[async_trait]
impl UseCase for SignOut {
    type Out = ();
    const ACTION: Action = Action::SignOut;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        own(unit).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let id = unit.actor.session().ok_or(ServiceError::Unauthenticated)?;
        end(unit, id).await
    }
}

/// The caller's own account.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The account.
    pub user: Versioned<User>,
    /// The patient it belongs to.
    pub patient: Option<Versioned<Patient>>,
    /// Sessions that hold now, newest first.
    pub sessions: Vec<Session>,
    /// Since when their appointments can be read at a calendar's address.
    pub calendar_since: Option<Timestamp>,
}

/// Reads the caller's own account.
#[derive(Clone, Debug)]
pub struct ReadProfile {}

#[async_trait]
impl UseCase for ReadProfile {
    type Out = Profile;
    const ACTION: Action = Action::ReadProfile;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        own(unit).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Profile, ServiceError> {
        let user = unit.own_user().await?;
        let patient = match user.patient {
            Some(id) => unit.tx.patients().lookup(&PatientKey::Id(id)).await?,
            None => None,
        };
        let live = SessionFilter { user: Some(user.id), live_at: Some(unit.now) };
        let found = unit.tx.sessions().list(&live, &PageRequest::all(Order::Descending)).await?.items;
        let sessions = found
            .into_iter()
            .map(|session| session.value)
            .filter(|session| session.is_live(&user, unit.now, unit.clinic.sessions))
            .collect();
        let calendar_since = feed::since(unit, user.id).await?;
        Ok(Profile { user, patient, sessions, calendar_since })
    }
}

/// What is typed to change the own account. Fields: displayName, email, password.
#[derive(Clone, Default)]
pub struct EditProfileForm {
    /// The version that was edited.
    pub expected: Version,
    /// The name people read.
    pub display_name: String,
    /// E-mail address.
    pub email: String,
    /// The password: needed for another address, as links for new passwords go there.
    pub password: String,
}

impl std::fmt::Debug for EditProfileForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EditProfileForm(hidden)")
    }
}

impl Services {
    /// Changes the caller's own name and e-mail address.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with the refused fields; [`ServiceError::Stale`].
    pub async fn edit_profile(&self, actor: &Actor, form: EditProfileForm) -> Result<Version, ServiceError> {
        let EditProfileForm { expected, display_name, email, password } = form;
        let proof = self.proof_for(actor, &email, &password).await;
        self.execute(actor, EditProfile { expected, display_name, email, proof }).await
    }

    /// The password compared, where it was given and is needed: every try counts.
    async fn proof_for(
        &self,
        actor: &Actor,
        email: &str,
        typed: &str,
    ) -> Result<Option<Proof>, ServiceError> {
        let user = self.user_of(actor.user().ok_or(ServiceError::Unauthenticated)?).await?;
        if typed.is_empty() || email.trim() == user.email.as_str() {
            return Ok(None);
        }
        self.prove(actor, typed, "password").await.map(Some)
    }
}

/// Changes the caller's own name and e-mail address. Fields: displayName, email, password.
#[derive(Clone, Debug)]
pub struct EditProfile {
    /// The version that was edited.
    pub expected: Version,
    /// The name people read.
    pub display_name: String,
    /// E-mail address.
    pub email: String,
    /// The password, compared, if it was given and is needed.
    pub(crate) proof: Result<Option<Proof>, ServiceError>,
}

#[async_trait]
impl UseCase for EditProfile {
    type Out = Version;
    const ACTION: Action = Action::EditProfile;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        own(unit).await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Version, ServiceError> {
        let mut errors = FieldErrors::new();
        let name = required(&self.display_name, "Name", "a name", LONGEST_NAME, false);
        let name = errors.take("displayName", name);
        let mut user = unit.own_user().await?.value;
        // An address that the old system accepted may stay as it is.
        let same = self.email.trim() == user.email.as_str();
        let email =
            if same { Some(user.email.clone()) } else { errors.take("email", Email::parse(&self.email)) };
        let proof = self.proof.clone()?;
        if email.is_some() && !same && proof.is_none() {
            errors.push("password", Code::PasswordNeeded);
        }
        let (Some(name), Some(email), true) = (name, email, errors.is_empty()) else {
            return Err(errors.into());
        };
        if let Some(proof) = proof {
            proof.hold(unit).await?;
        }
        user.display_name = name;
        let before = std::mem::replace(&mut user.email, email);
        if user.email.folded() != before.folded() {
            user.email_verified_at = None;
        }
        let version = unit.tx.users().update(self.expected, user.clone()).await?;
        if user.email.folded() != before.folded() {
            unit.post.add(&before, Contents::Notice(AccountNotice::EmailChanged));
            unit.notify_account(&user, AccountNotice::EmailChanged);
            unit.end_links(LinkPurpose::PasswordReset, Some(user.id), None).await?;
            unit.ask_to_verify(&user).await?;
        }
        Ok(version)
    }
}
