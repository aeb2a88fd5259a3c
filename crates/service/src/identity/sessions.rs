//! Ending sessions: the caller's own, with their password, and by an administrator all of an account's. Whoever sits at a
//! borrowed screen shall not throw its owner out everywhere else (OWASP ASVS 5.0 §7.5.2).

use super::Proof;
use super::password::{end_sessions, end_sessions_but};
use super::profile::{end, own};
use super::relation_to;
use crate::{AccountNotice, Actor, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::validation::Code;
use domain::{Action, SessionId, UserId};

/// Which of the caller's own sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// This one.
    One(SessionId),
    /// All but the one in use.
    Others,
    /// All, on every device.
    All,
}

impl Services {
    /// Ends sessions of the caller, whose password proves that it is the owner who asks.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] at `password`; [`ServiceError::NotFound`] for a session that is not the caller's;
    /// [`ServiceError::RateLimited`].
    pub async fn end_own_sessions(
        &self,
        actor: &Actor,
        ending: Ending,
        password: &str,
    ) -> Result<(), ServiceError> {
        let proof = if password.is_empty() {
            Err(ServiceError::field("password", Code::PasswordMissing))
        } else {
            self.prove(actor, password, "password").await
        };
        self.execute(actor, EndOwnSessions { ending, proof }).await
    }
}

/// Ends sessions of the caller.
#[derive(Clone, Debug)]
pub(crate) struct EndOwnSessions {
    pub ending: Ending,
    /// The password, compared.
    pub proof: Result<Proof, ServiceError>,
}

#[async_trait]
impl UseCase for EndOwnSessions {
    type Out = ();
    const ACTION: Action = Action::EditProfile;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let what = match self.ending {
            Ending::One(_) => "session ended",
            Ending::Others => "all other sessions ended",
            Ending::All => "all sessions ended",
        };
        own(unit).await.map(|subject| subject.because(what))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        self.proof.clone()?.hold(unit).await?;
        let user = unit.own_user().await?.id;
        match self.ending {
            Ending::One(session) => end(unit, session).await,
            Ending::Others => end_sessions_but(unit, user, unit.actor.session()).await,
            Ending::All => end_sessions(unit, user).await,
        }
    }
}

/// Signs someone out everywhere.
#[derive(Clone, Copy, Debug)]
pub struct EndSessionsOf {
    /// Whom.
    pub user: UserId,
}

#[async_trait]
impl UseCase for EndSessionsOf {
    type Out = ();
    const ACTION: Action = Action::ManageUsers;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let relation = relation_to(unit.actor, self.user);
        Ok(Subject::object(relation, None, format!("user {}", self.user)).because("all sessions ended"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let user = unit.user(self.user).await?;
        unit.notify_account(&user, AccountNotice::SessionsEnded);
        end_sessions(unit, user.id).await
    }
}
