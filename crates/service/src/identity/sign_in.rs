//! Signing in, and turning a session back into a caller on every request.

use super::attempts::{self, Counted, Taken};
use super::credentials::normalised;
use super::device::{self, Device, DeviceSecret};
use super::profile::end;
use super::second_factor::{BeginSignIn, Challenge};
use crate::actor::{Kind, SessionInUse, SignedIn};
use crate::{AccountNotice, Actor, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase, access};
use async_trait::async_trait;
use domain::validation::Code;
use domain::{
    Action, FieldErrors, PasswordHash, PasswordPlain, Patient, Session, SessionId, User, UserId, UserStatus,
};
use jiff::Timestamp;
use storage::{PatientKey, StorageError, Tx, UserKey, Version, Versioned, Work};

/// What is typed to sign in. Fields: login, password.
#[derive(Clone, Default)]
pub struct SignInForm {
    /// E-mail address or username.
    pub login: String,
    /// Password.
    pub password: String,
    /// What the list of sessions calls this one, as `Firefox on Linux`.
    pub label: String,
    /// Where.
    pub device: Device,
}

impl std::fmt::Debug for SignInForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignInForm(hidden)")
    }
}

/// A session just begun.
#[derive(Clone, Debug)]
pub struct SignedInSession {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub user: User,
    /// What the browser keeps, so that others' guesses at this password never make its owner wait there.
    pub device: Option<DeviceSecret>,
}

/// Who waits for the answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attention {
    /// The user.
    User,
    /// Nobody: a page asks by itself.
    Nobody,
}

/// What a right password comes to.
#[derive(Clone, Debug)]
pub enum SignInOutcome {
    /// A session.
    Session(Box<SignedInSession>),
    /// A second step, for an account with a second factor.
    SecondFactor {
        /// What leads to it.
        challenge: Challenge,
    },
}

impl SignInOutcome {
    /// The session, if it has begun.
    pub fn session(self) -> Option<SignedInSession> {
        match self {
            Self::Session(signed_in) => Some(*signed_in),
            Self::SecondFactor { .. } => None,
        }
    }
}

/// Most characters of a session's label.
const LONGEST_LABEL: usize = 80;

/// The patient for whom a session acts, for as long as its user may.
async fn ward(tx: &mut dyn Tx, session: &Session, now: Timestamp) -> Result<Option<Patient>, StorageError> {
    let Some(id) = session.acts_for else { return Ok(None) };
    if access::proxy(tx, session.user, id, now).await?.is_none() {
        return Ok(None);
    }
    Ok(tx.patients().lookup(&PatientKey::Id(id)).await?.map(|patient| patient.value))
}

/// The one answer to every sign-in that fails.
pub(super) fn refused() -> ServiceError {
    ServiceError::field("password", Code::CredentialsWrong)
}

/// Begins a session for an account. One that the caller came with, whosever it is, is over: nobody goes on in it, and
/// nobody can who has a copy of it.
pub(super) async fn begin(unit: &mut Unit<'_>, user: &User, label: &str) -> Result<Session, ServiceError> {
    if let Some(before) = unit.actor.session() {
        match end(unit, before).await {
            Ok(()) | Err(ServiceError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let plain = label.chars().filter(|character| !character.is_control());
    let session = Session {
        id: SessionId(unit.random.bits()),
        user: user.id,
        security_version: user.security_version,
        created_at: unit.now,
        last_seen_at: unit.now,
        expires_at: unit.now.saturating_add(unit.clinic.sessions.absolute).unwrap_or(unit.now),
        revoked_at: None,
        label: plain.take(LONGEST_LABEL).collect(),
        acts_for: None,
    };
    unit.tx.sessions().insert(session.clone()).await?;
    Ok(session)
}

impl Services {
    /// Begins a session, or asks for the second factor of an account that has one. An unknown account, a disabled one, a
    /// wrong password and one try too many are answered alike, after the same work.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with [`Code::CredentialsWrong`] at `password`.
    pub async fn sign_in(&self, actor: &Actor, form: SignInForm) -> Result<SignInOutcome, ServiceError> {
        let mut errors = FieldErrors::new();
        let login = form.login.trim().to_lowercase();
        if login.is_empty() {
            errors.push("login", Code::LoginMissing);
        }
        let password = errors.take("password", PasswordPlain::offered(&normalised(&form.password)));
        errors.into_result()?;
        let password = password.ok_or_else(refused)?;
        let account = self.account_of(login.clone()).await?;
        let user = account.as_ref().map(|user| user.id);
        let counted = self.counted_for_sign_in(actor.address(), &form.device, user, &login).await?;
        let (taken, pause) = match self.take_try(&counted).await {
            Err(pause @ ServiceError::RateLimited(_)) => (Taken::default(), Some(pause)),
            taken => (taken?, None),
        };
        let hash = account.as_ref().map(|user| user.password_hash.clone());
        let right = self.passwords.verify(password.clone(), hash.clone()).await?;
        let rehashed = match &hash {
            // During a pause a right password takes no longer than a wrong one.
            Some(hash) if right && pause.is_none() && self.passwords.is_weaker(hash) => {
                self.passwords.hash(password).await.ok()
            }
            _ => None,
        };
        let verified = hash.filter(|_| right).map(|hash| Verified { hash, rehashed });
        let with_second_factor = account.as_ref().is_some_and(User::has_second_factor) && pause.is_none();
        if let (true, Some(account), Some(verified)) = (with_second_factor, user, &verified) {
            let first_step = BeginSignIn { account, verified: verified.clone(), counted };
            let challenge = self.execute(actor, first_step).await?;
            return Ok(SignInOutcome::SecondFactor { challenge });
        }
        let sign_in =
            SignIn { account: user, verified, pause, counted, label: form.label, device: form.device };
        match self.execute(actor, sign_in).await {
            // Only the audit log tells a pause from a wrong password.
            Err(ServiceError::RateLimited(_)) => Err(refused()),
            Err(wrong @ ServiceError::Invalid(_)) => {
                self.tell_of_pause(taken, AccountNotice::SignInsPaused, account.as_ref()).await;
                Err(wrong)
            }
            outcome => outcome.map(|signed_in| SignInOutcome::Session(Box::new(signed_in))),
        }
    }

    /// The account with this folded e-mail address or else username.
    async fn account_of(&self, login: String) -> Result<Option<User>, ServiceError> {
        self.look(move |tx| {
            let keys = [UserKey::Email(login.clone()), UserKey::Username(login.clone())];
            Box::pin(async move {
                for key in keys {
                    if let Some(found) = tx.users().lookup(&key).await? {
                        return Ok(Some(found.value));
                    }
                }
                Ok(None)
            })
        })
        .await
    }

    /// The caller behind a session; notes its use at most once a minute.
    ///
    /// # Errors
    /// [`ServiceError::Unauthenticated`] when the session has ended, for whatever reason.
    pub async fn authenticate(&self, id: SessionId, request_id: &str) -> Result<Actor, ServiceError> {
        self.caller_of(id, Attention::User, request_id).await
    }

    /// The same for a request that no person made: it does not keep the session alive.
    ///
    /// # Errors
    /// As [`Services::authenticate`].
    pub async fn authenticate_unattended(
        &self,
        id: SessionId,
        request_id: &str,
    ) -> Result<Actor, ServiceError> {
        self.caller_of(id, Attention::Nobody, request_id).await
    }

    async fn caller_of(
        &self,
        id: SessionId,
        attention: Attention,
        request_id: &str,
    ) -> Result<Actor, ServiceError> {
        let now = self.now();
        let found = self
            .look(move |tx| {
                Box::pin(async move {
                    let Some(caller) = tx.caller(id).await? else { return Ok(None) };
                    let ward = ward(tx, &caller.session, now).await?;
                    Ok(Some((caller.session, caller.user, ward)))
                })
            })
            .await?;
        let limits = self.clinic().sessions;
        let (mut session, user, ward) = found
            .filter(|(session, user, _)| session.is_live(user, now, limits))
            .ok_or(ServiceError::Unauthenticated)?;
        let is_due = now.duration_since(session.last_seen_at) >= Session::TOUCH_AFTER;
        if is_due && attention == Attention::User {
            self.touch(session.clone()).await;
            session.value.last_seen_at = now;
        }
        let in_use = SessionInUse {
            id,
            security_version: session.security_version,
            idle_end: session.idle_end(limits),
            end: session.expires_at,
        };
        let must_set_up_second_factor =
            self.clinic().requires_second_factor(user.role) && !user.has_second_factor();
        let signed_in = SignedIn {
            user: user.id,
            role: user.role,
            name: user.display_name,
            patient: ward.as_ref().map_or(user.patient, |ward| Some(ward.id)),
            acts_for: ward.map(|ward| ward.name.full()),
            session: Some(in_use),
            must_change_password: user.must_change_password,
            must_set_up_second_factor,
        };
        Ok(Actor {
            kind: Kind::User(signed_in),
            request_id: request_id.to_owned(),
            request: None,
            address: None,
        })
    }

    /// Notes that a session is in use. Whoever is told that the note failed could do nothing about it.
    async fn touch(&self, session: Versioned<Session>) {
        let now = self.now();
        let work: Work = Box::new(move |tx| {
            let seen = Session { last_seen_at: now, ..session.value.clone() };
            let expected: Version = session.version;
            Box::pin(async move { tx.sessions().update(expected, seen).await.map(drop) })
        });
        if let Err(error) = self.storage.write(work).await {
            tracing::debug!(%error, "the use of a session was not noted");
        }
    }
}

/// A password was right.
#[derive(Clone)]
pub(super) struct Verified {
    /// The hash it was compared with.
    hash: PasswordHash,
    /// The same password at the present cost.
    rehashed: Option<PasswordHash>,
}

/// The account whose password was right, if it still is: the account may have been disabled, or its password changed,
/// since the password was compared.
pub(super) async fn still_right(
    unit: &mut Unit<'_>,
    id: UserId,
    verified: &Verified,
) -> Result<User, ServiceError> {
    let found = unit.tx.users().lookup(&UserKey::Id(id)).await?.ok_or_else(refused)?;
    let (mut user, version) = (found.value, found.version);
    if user.status != UserStatus::Active || user.password_hash != verified.hash {
        return Err(refused());
    }
    // One that was handed over and never used lies about somewhere.
    if user.has_expired_password(unit.now) {
        return Err(refused());
    }
    if let Some(hash) = &verified.rehashed {
        user.password_hash = hash.clone();
        unit.tx.users().update(version, user.clone()).await?;
    }
    Ok(user)
}

/// Writes the session, or that it was refused.
struct SignIn {
    account: Option<UserId>,
    verified: Option<Verified>,
    /// Why it is not even looked at.
    pause: Option<ServiceError>,
    counted: Vec<Counted>,
    label: String,
    device: Device,
}

#[async_trait]
impl UseCase for SignIn {
    type Out = SignedInSession;
    const ACTION: Action = Action::SignIn;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(self.account.map_or_else(|| "unknown account".to_owned(), |id| format!("user {id}"))))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        if let Some(pause) = &self.pause {
            return Err(pause.clone());
        }
        let (Some(id), Some(verified)) = (self.account, &self.verified) else { return Err(refused()) };
        let user = still_right(unit, id, verified).await?;
        if user.has_second_factor() {
            // It was turned on this very moment: the password alone is not enough any more.
            return Err(refused());
        }
        attempts::forgive(unit, &self.counted).await?;
        let device = device::remember(unit, &self.device, &user).await?;
        unit.prove(&user);
        let session = begin(unit, &user, &self.label).await?;
        Ok(SignedInSession { session, user, device })
    }
}
