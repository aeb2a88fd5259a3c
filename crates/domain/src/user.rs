//! Accounts and their sessions.

use crate::{Email, PasswordHash, PatientId, Role, SecondFactor, SessionId, UserId, Username};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// May sign in.
    #[default]
    Active,
    /// May not sign in; every session ends at once.
    Disabled,
}

/// Someone who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Identity, counted by `userIdCounter`.
    pub id: UserId,
    /// Sign-in name, unique without regard to case.
    pub username: Username,
    /// E-mail address, unique without regard to case.
    pub email: Email,
    /// bcrypt hash; the key is `password` as in the old system's file.
    #[serde(rename = "password")]
    pub password_hash: PasswordHash,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Rights.
    pub role: Role,
    /// Whether it may be used.
    pub status: UserStatus,
    /// The name people read, as `Dr Amina Rahman`.
    pub display_name: String,
    /// The patient whose account this is.
    pub patient: Option<PatientId>,
    /// Raised when password or role change: sessions of an older one end.
    pub security_version: u32,
    /// Set when someone else chose the password: it must be changed at the first sign-in.
    pub must_change_password: bool,
    /// The second factor, once it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactor>,
    /// When the address proved to be the user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified_at: Option<Timestamp>,
    /// When the password was set; unknown for those of earlier versions and of the old system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_set_at: Option<Timestamp>,
}

impl User {
    /// How long a password that someone else chose opens the account.
    pub const INITIAL_PASSWORD_LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);

    /// Whether the password was chosen by someone else, and so long ago that it opens nothing any more.
    pub fn has_expired_password(&self, now: Timestamp) -> bool {
        self.must_change_password
            && self.password_set_at.is_some_and(|at| now.duration_since(at) >= Self::INITIAL_PASSWORD_LASTS)
    }

    /// Whether sign-in asks for a second factor.
    pub fn has_second_factor(&self) -> bool {
        self.second_factor.as_ref().is_some_and(SecondFactor::is_on)
    }
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// A session unused for so long has ended.
    pub idle: SignedDuration,
    /// Longest life of a session, however much it is used.
    pub absolute: SignedDuration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: SignedDuration::from_mins(15), absolute: SignedDuration::from_hours(12) }
    }
}

/// A signed-in browser or program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Identity, named by the signed token.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// The account's [`User::security_version`] when it began.
    pub security_version: u32,
    /// When it began.
    pub created_at: Timestamp,
    /// Last use, noted at most once a minute.
    pub last_seen_at: Timestamp,
    /// End at the latest.
    pub expires_at: Timestamp,
    /// Ended before that.
    pub revoked_at: Option<Timestamp>,
    /// What the user sees in the list of sessions, as `Firefox on Linux`.
    pub label: String,
    /// The patient for whom it acts, if not for the user: allowed only while an [`crate::AccessFact::Proxy`] holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts_for: Option<PatientId>,
}

impl Session {
    /// Use is noted when the last note is older than this.
    pub const TOUCH_AFTER: SignedDuration = SignedDuration::from_mins(1);

    /// When the session ends if it is not used again.
    pub fn idle_end(&self, limits: SessionLimits) -> Timestamp {
        self.last_seen_at.saturating_add(limits.idle).map_or(self.expires_at, |end| end.min(self.expires_at))
    }

    /// Whether the session holds at `now` for `user`.
    pub fn is_live(&self, user: &User, now: Timestamp, limits: SessionLimits) -> bool {
        self.user == user.id
            && user.status == UserStatus::Active
            && self.security_version == user.security_version
            && self.revoked_at.is_none()
            && now < self.idle_end(limits)
    }
}
