//! Changing and resetting passwords; either ends the sessions that began under the old one.

use super::credentials::{self, normalised};
use super::sign_in::{self, SignedInSession};
use crate::{AccountNotice, Actor, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase, Version};
use async_trait::async_trait;
use domain::access::LinkPurpose;
use domain::validation::Code;
use domain::{Action, FieldErrors, PasswordHash, PasswordPlain, SessionId, User, UserId};
use storage::{Order, PageRequest, SessionFilter, UserKey};

/// What is typed to change the own password. Fields: current, new, repeat.
#[derive(Clone, Default)]
pub struct ChangePasswordForm {
    /// The password so far.
    pub current: String,
    /// The new one.
    pub new: String,
    /// The new one once more.
    pub repeat: String,
}

impl std::fmt::Debug for ChangePasswordForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChangePasswordForm(hidden)")
    }
}

/// Ends every session of an account.
pub(crate) async fn end_sessions(unit: &mut Unit<'_>, user: UserId) -> Result<(), ServiceError> {
    end_sessions_but(unit, user, None).await
}

/// Ends every session of an account but one.
pub(super) async fn end_sessions_but(
    unit: &mut Unit<'_>,
    user: UserId,
    kept: Option<SessionId>,
) -> Result<(), ServiceError> {
    let live = SessionFilter { user: Some(user), live_at: Some(unit.now) };
    let sessions = unit.tx.sessions().list(&live, &PageRequest::all(Order::Ascending)).await?.items;
    for mut session in sessions.into_iter().filter(|session| Some(session.id) != kept) {
        session.value.revoked_at = Some(unit.now);
        unit.tx.sessions().update(session.version, session.value).await?;
    }
    // Sign-ins that are between their steps begin again.
    unit.end_links(LinkPurpose::SecondFactor, Some(user), None).await
}

/// Stores what opens the caller's account from now on, ends all their sessions and begins a new one where they are.
pub(super) async fn begin_anew(
    unit: &mut Unit<'_>,
    mut user: User,
    version: Version,
) -> Result<SignedInSession, ServiceError> {
    user.security_version += 1;
    let label = match unit.actor.session() {
        Some(id) => {
            unit.tx.sessions().lookup(&id).await?.map(|session| session.label.clone()).unwrap_or_default()
        }
        None => String::new(),
    };
    end_sessions(unit, user.id).await?;
    unit.tx.users().update(version, user.clone()).await?;
    let session = sign_in::begin(unit, &user, &label).await?;
    Ok(SignedInSession { session, user, device: None })
}

impl Services {
    /// Changes the caller's password, ends all their sessions and begins a new one.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with the refused fields.
    pub async fn change_password(
        &self,
        actor: &Actor,
        form: ChangePasswordForm,
    ) -> Result<SignedInSession, ServiceError> {
        let draft = self.checked_change(actor, &form).await;
        self.execute(actor, ChangePassword { draft }).await
    }

    async fn checked_change(
        &self,
        actor: &Actor,
        form: &ChangePasswordForm,
    ) -> Result<NewPassword, ServiceError> {
        let user = self.user_of(actor.user().ok_or(ServiceError::Unauthenticated)?).await?;
        let mut errors = FieldErrors::new();
        let current = errors.take("current", PasswordPlain::offered(&normalised(&form.current)));
        let names = [user.username.as_str(), user.email.as_str(), &user.display_name];
        let checked = self.new_password(&form.new, user.role, user.has_second_factor(), &names).await?;
        let new = errors.take("new", checked);
        if new.is_some() && normalised(&form.new) != normalised(&form.repeat) {
            errors.push("repeat", Code::PasswordsDiffer);
        }
        let (Some(current), Some(new), true) = (current, new, errors.is_empty()) else {
            return Err(errors.into());
        };
        self.take_try(&Self::counted_for_proof(user.id)).await?;
        if !self.passwords.verify(current, Some(user.password_hash.clone())).await? {
            return Err(ServiceError::field("current", Code::PasswordWrong));
        }
        Ok(NewPassword { compared: user.password_hash, hash: self.passwords.hash(new).await? })
    }

    /// The account with this id, outside any use case.
    pub(super) async fn user_of(&self, id: UserId) -> Result<User, ServiceError> {
        let found =
            self.look(move |tx| Box::pin(async move { tx.users().lookup(&UserKey::Id(id)).await })).await?;
        found.map(|user| user.value).ok_or(ServiceError::NotFound)
    }

    /// Gives an account a new one-time password, which is returned to be shown once, and ends its sessions.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::Forbidden`].
    pub async fn reset_password(&self, actor: &Actor, id: UserId) -> Result<String, ServiceError> {
        let password = credentials::generated(self.random.as_ref());
        let hash = if self.may(actor, Action::ManageUsers) {
            let plain =
                PasswordPlain::offered(&password).map_err(|code| ServiceError::field("password", code))?;
            self.passwords.hash(plain).await
        } else {
            Err(ServiceError::Forbidden)
        };
        self.execute(actor, ResetPassword { id, hash }).await?;
        Ok(password)
    }
}

/// A checked new password.
#[derive(Clone)]
struct NewPassword {
    /// The hash that the current password was compared with.
    compared: PasswordHash,
    hash: PasswordHash,
}

struct ChangePassword {
    draft: Result<NewPassword, ServiceError>,
}

#[async_trait]
impl UseCase for ChangePassword {
    type Out = SignedInSession;
    const ACTION: Action = Action::EditProfile;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let user = unit.own_user().await?;
        Ok(Subject::object(domain::Relation::Own, None, format!("user {}", user.id))
            .because("password changed"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let draft = self.draft.clone()?;
        let found = unit.own_user().await?;
        let (mut user, version) = (found.value, found.version);
        if user.password_hash != draft.compared {
            return Err(ServiceError::Stale);
        }
        super::attempts::forgive(unit, &Services::counted_for_proof(user.id)).await?;
        user.password_hash = draft.hash;
        user.must_change_password = false;
        user.password_set_at = Some(unit.now);
        unit.end_links(LinkPurpose::PasswordReset, Some(user.id), None).await?;
        unit.notify_account(&user, AccountNotice::PasswordChanged);
        begin_anew(unit, user, version).await
    }
}

struct ResetPassword {
    id: UserId,
    hash: Result<PasswordHash, ServiceError>,
}

#[async_trait]
impl UseCase for ResetPassword {
    type Out = ();
    const ACTION: Action = Action::ManageUsers;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let relation = super::relation_to(unit.actor, self.id);
        Ok(Subject::object(relation, None, format!("user {}", self.id)).because("password reset"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let hash = self.hash.clone()?;
        let found = unit.user(self.id).await?;
        let (mut user, version) = (found.value, found.version);
        user.password_hash = hash;
        user.must_change_password = true;
        user.password_set_at = Some(unit.now);
        user.security_version += 1;
        end_sessions(unit, user.id).await?;
        unit.end_links(LinkPurpose::PasswordReset, Some(user.id), None).await?;
        unit.notify_account(&user, AccountNotice::PasswordReset);
        unit.tx.users().update(version, user).await?;
        Ok(())
    }
}
