//! The first step of a sign-in with a second factor: the password was right, and a one-time secret leads to the second
//! step. It lives for minutes and is stored as a digest.

use crate::identity::attempts::{self, Counted};
use crate::identity::sign_in::{self, Verified};
use crate::links;
use crate::{Mode, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::access::{AccessEntry, AccessFact, LinkPurpose};
use domain::{AccessId, Action, UserId};
use jiff::{SignedDuration, Timestamp};
use storage::{StorageError, Tx, Versioned};

/// The secret that leads from the first step of a sign-in to the second.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// How long it leads there.
    pub const LASTS: SignedDuration = SignedDuration::from_mins(10);

    /// The text, for the answer to whoever gave the password.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Challenge(hidden)")
    }
}

fn id_of(secret: &str) -> AccessId {
    attempts::digest("second step of a sign-in", secret)
}

/// The entry of a secret that still leads to a second step.
pub async fn open_challenge(
    tx: &mut dyn Tx,
    secret: &str,
    now: Timestamp,
) -> Result<Option<Versioned<AccessEntry>>, StorageError> {
    let found = tx.access().lookup(&id_of(secret)).await?;
    Ok(found.filter(|entry| links::is_open(entry, LinkPurpose::SecondFactor, now)))
}

/// Writes that the password was right, and the secret of the second step.
pub struct BeginSignIn {
    pub account: UserId,
    pub verified: Verified,
    /// What the try was counted against.
    pub counted: Vec<Counted>,
}

#[async_trait]
impl UseCase for BeginSignIn {
    type Out = Challenge;
    const ACTION: Action = Action::BeginSignIn;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(format!("user {}", self.account)).because("password right, second factor asked for"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Challenge, ServiceError> {
        let user = sign_in::still_right(unit, self.account, &self.verified).await?;
        if !user.has_second_factor() {
            // It was turned off this very moment: the next try needs the password alone.
            return Err(sign_in::refused());
        }
        // The account's count stays until the second step: else whoever knows the password could guess codes for ever.
        let shared: Vec<_> = self.counted.iter().copied().filter(Counted::is_shared).collect();
        attempts::forgive(unit, &shared).await?;
        let challenge = Challenge(AccessId(unit.random.bits()).to_string());
        let entry = AccessEntry {
            id: id_of(challenge.expose()),
            user: Some(user.id),
            patient: None,
            created_at: unit.now,
            expires_at: unit.now.saturating_add(Challenge::LASTS).unwrap_or(unit.now),
            fact: AccessFact::Link { purpose: LinkPurpose::SecondFactor, address: None, used_at: None },
        };
        unit.tx.access().insert(entry).await?;
        Ok(challenge)
    }
}
