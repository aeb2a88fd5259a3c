//! The second proof of who signs in: a time-based one-time password (TOTP, RFC 6238) or a recovery code.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The secret that an authenticator shares with us, in base 32 (RFC 4648 §6). Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TotpSecret(String);

impl TotpSecret {
    /// The secret with this text.
    pub fn new(base32: impl Into<String>) -> Self {
        Self(base32.into())
    }

    /// The text, for the one place that computes codes and the one that shows it to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(hidden)")
    }
}

/// SHA-256 of a recovery code in hex. The code itself has enough random bits that no slow hash is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecoveryHash(pub String);

/// An account's second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactor {
    /// What the authenticator knows.
    pub secret: TotpSecret,
    /// When it was shown for the first time.
    pub begun_at: Timestamp,
    /// When a first code proved that the authenticator has it; it is asked for from then on.
    pub confirmed_at: Option<Timestamp>,
    /// The time step of the last code that was accepted: none of it or before is accepted again.
    pub last_step: u64,
    /// Recovery codes not used yet.
    pub recovery: Vec<RecoveryHash>,
}

impl SecondFactor {
    /// How many recovery codes an account gets.
    pub const RECOVERY_CODES: usize = 10;
    /// With so few recovery codes left their owner is told to make new ones.
    pub const FEW_RECOVERY_CODES: usize = 3;
    /// How long a secret that was shown waits for its first code.
    pub const BEGUN_LASTS: SignedDuration = SignedDuration::from_hours(1);

    /// One that waits for its first code.
    pub const fn begun(secret: TotpSecret, now: Timestamp) -> Self {
        Self { secret, begun_at: now, confirmed_at: None, last_step: 0, recovery: Vec::new() }
    }

    /// Whether sign-in asks for it.
    pub const fn is_on(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// Whether its first code is waited for at `now`.
    pub fn awaits_first_code(&self, now: Timestamp) -> bool {
        self.confirmed_at.is_none() && now.duration_since(self.begun_at) < Self::BEGUN_LASTS
    }

    /// Takes the code of a time step, once: the same one and those before it are not taken again. Says whether it did.
    pub const fn take_step(&mut self, step: u64) -> bool {
        let is_new = step > self.last_step;
        if is_new {
            self.last_step = step;
        }
        is_new
    }

    /// Whether few enough recovery codes are left to say so.
    pub const fn is_short_of_recovery_codes(&self) -> bool {
        self.recovery.len() <= Self::FEW_RECOVERY_CODES
    }

    /// What others may hold of it: whether it is on, and nothing that opens anything.
    #[must_use]
    pub fn without_secrets(self) -> Self {
        Self { secret: TotpSecret::new(""), recovery: Vec::new(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_taken_once_and_none_before_it() {
        let mut factor = SecondFactor::begun(TotpSecret::new("GEZDGNBV"), Timestamp::UNIX_EPOCH);
        let taken = [5, 5, 4, 6, 6].map(|step| factor.take_step(step));
        assert_eq!(taken, [true, false, false, true, false]);
    }

    #[test]
    fn a_secret_that_was_shown_waits_an_hour() {
        let (begun, second) = (Timestamp::UNIX_EPOCH, SignedDuration::from_secs(1));
        let factor = SecondFactor::begun(TotpSecret::new("GEZDGNBV"), begun);
        assert!(factor.awaits_first_code(begun + SecondFactor::BEGUN_LASTS - second));
        assert!(!factor.awaits_first_code(begun + SecondFactor::BEGUN_LASTS));
        let on = SecondFactor { confirmed_at: Some(begun), ..factor };
        assert!(on.is_on() && !on.awaits_first_code(begun));
    }

    #[test]
    fn secrets_do_not_print_and_can_be_left_out() {
        let mut factor = SecondFactor::begun(TotpSecret::new("GEZDGNBV"), Timestamp::UNIX_EPOCH);
        factor.recovery = vec![RecoveryHash("ab".repeat(32))];
        assert!(!format!("{factor:?}").contains("GEZDGNBV"));
        let bare = factor.without_secrets();
        assert!(bare.secret.expose().is_empty() && bare.recovery.is_empty());
    }
}
