//! Giving accounts another role, status or name.

use super::{accounts, linked, password, relation_to, set_up};
use crate::{
    AccountNotice, ConflictKind, Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned,
};
use async_trait::async_trait;
use domain::access::LinkPurpose;
use domain::validation::required;
use domain::{Action, PasswordHash, Role, SecondFactor, User, UserId, UserStatus};

/// Changes an account; what is `None` stays. Another role or status ends the account's sessions.
/// Field: displayName.
#[derive(Clone, Debug)]
pub struct UpdateUser {
    /// Which.
    pub id: UserId,
    /// The version that was edited; `None` for whatever it is.
    pub expected: Option<Version>,
    /// The new role.
    pub role: Option<Role>,
    /// The new status.
    pub status: Option<UserStatus>,
    /// The new name.
    pub display_name: Option<String>,
}

/// What opens the account is nobody's answer.
const WITHOUT_SECRETS: Kept<Versioned<User>> = Kept {
    write: |user| {
        let mut user = user.clone();
        user.value.password_hash = PasswordHash::new("");
        user.value.second_factor = user.value.second_factor.map(SecondFactor::without_secrets);
        serde_json::to_string(&user)
    },
    read: |text| serde_json::from_str(text),
};

impl UpdateUser {
    /// Writes the wishes into the account; says whether its rights change.
    fn apply(&self, user: &mut User) -> Result<bool, ServiceError> {
        let before = (user.role, user.status);
        user.role = self.role.unwrap_or(user.role);
        user.status = self.status.unwrap_or(user.status);
        if let Some(typed) = &self.display_name {
            user.display_name = required(typed, "Name", "a name", accounts::LONGEST_NAME, false)
                .map_err(|code| ServiceError::field("displayName", code))?;
        }
        Ok(before != (user.role, user.status))
    }
}

fn is_active_admin(user: &User) -> bool {
    user.role == Role::Admin && user.status == UserStatus::Active
}

#[async_trait]
impl UseCase for UpdateUser {
    type Out = Versioned<User>;
    const ACTION: Action = Action::ManageUsers;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(WITHOUT_SECRETS);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let mut what = Vec::new();
        what.extend(self.role.map(|role| format!("role {role}")));
        what.extend(self.status.map(|status| match status {
            UserStatus::Active => "active".to_owned(),
            UserStatus::Disabled => "disabled".to_owned(),
        }));
        let relation = relation_to(unit.actor, self.id);
        Ok(Subject::object(relation, None, format!("user {}", self.id)).because(what.join(", ")))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let found = unit.user(self.id).await?;
        let expected = self.expected.unwrap_or(found.version);
        if expected != found.version {
            return Err(ServiceError::Stale);
        }
        let mut user = found.value.clone();
        if self.apply(&mut user)? {
            if is_active_admin(&found)
                && !is_active_admin(&user)
                && set_up::active_admins(unit.tx).await? == 1
            {
                return Err(ServiceError::Conflict(ConflictKind::LastAdmin));
            }
            if unit.actor.user() == Some(user.id) {
                return Err(ServiceError::Conflict(ConflictKind::OwnAccount));
            }
            user.security_version += 1;
            password::end_sessions(unit, user.id).await?;
            unit.end_links(LinkPurpose::PasswordReset, Some(user.id), None).await?;
            linked::equip(unit, &mut user).await?;
            if user.role != found.role {
                unit.notify_account(&user, AccountNotice::RoleChanged(user.role));
            }
            if user.status != found.status {
                let is_active = user.status == UserStatus::Active;
                unit.notify_account(
                    &user,
                    if is_active { AccountNotice::Enabled } else { AccountNotice::Disabled },
                );
            }
        }
        let version = unit.tx.users().update(expected, user.clone()).await?;
        Ok(Versioned { value: user, version })
    }
}
