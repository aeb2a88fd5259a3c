//! Ending sessions: the caller's own, and by an administrator all of an account's.

use super::password::{end_sessions, end_sessions_but};
use super::relation_to;
use crate::{AccountNotice, Mode, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, Relation, UserId};

/// Ends all sessions of the caller, on every device.
#[derive(Clone, Debug)]
pub struct EndOwnSessions {
    /// Whether the session in use goes on.
    pub keep_this_one: bool,
}

#[async_trait]
impl UseCase for EndOwnSessions {
    type Out = ();
    const ACTION: Action = Action::EditProfile;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let user = unit.own_user().await?.id;
        let what = if self.keep_this_one { "all other sessions ended" } else { "all sessions ended" };
        Ok(Subject::object(Relation::Own, None, format!("user {user}")).because(what))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let user = unit.own_user().await?.id;
        let kept = unit.actor.session().filter(|_| self.keep_this_one);
        end_sessions_but(unit, user, kept).await
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
