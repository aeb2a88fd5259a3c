//! The second proof of who signs in: a time-based one-time password (TOTP, RFC 6238) or a recovery code.

use jiff::Timestamp;
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
    /// Whether sign-in asks for it.
    pub const fn is_on(&self) -> bool {
        self.confirmed_at.is_some()
    }
}
