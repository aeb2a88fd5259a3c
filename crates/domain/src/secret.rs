//! Secrets that must not reach a log: none of these types can be printed.

use crate::Role;
use crate::validation::Code;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A bcrypt hash (`$2a$`, `$2b$` or `$2y$`) as stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a stored hash; whether it is well formed is found out when a password is checked against it.
    pub fn new(hash: impl Into<String>) -> Self {
        Self(hash.into())
    }

    /// The hash itself, for the hasher and the store only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

/// A password as typed, already normalised to NFC by the caller and within the limits.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordPlain(String);

impl PasswordPlain {
    /// Fewest characters of a new password that a second factor stands beside, and of a patient's.
    pub const SHORTEST: usize = 8;
    /// Fewest characters of a new password that alone opens other people's records.
    pub const SHORTEST_ALONE: usize = 15;
    /// Most characters of a new password.
    pub const LONGEST: usize = 128;

    /// Fewest characters of a new password of such a user (NIST SP 800-63B-4 §3.1.1.2).
    pub const fn shortest(role: Role, has_second_factor: bool) -> usize {
        if role.is_staff() && !has_second_factor { Self::SHORTEST_ALONE } else { Self::SHORTEST }
    }

    /// A new password of the right length. No composition rules; the services also ask a list of common ones.
    pub fn new(text: &str, shortest: usize) -> Result<Self, Code> {
        match text.chars().count() {
            0 => Err(Code::PasswordMissing),
            length if length < shortest => Err(Code::PasswordTooShort(shortest)),
            length if length > Self::LONGEST => Err(Code::PasswordTooLong(Self::LONGEST)),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// A password that someone signs in with: only what cannot be right is refused.
    pub fn offered(text: &str) -> Result<Self, Code> {
        if text.is_empty() { Err(Code::PasswordMissing) } else { Ok(Self(text.to_owned())) }
    }

    /// The text, for the hasher only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordPlain(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let plain = PasswordPlain::offered("correct horse").unwrap();
        let hash = PasswordHash::new("$2b$12$abc");
        assert!(!format!("{plain:?} {hash:?}").contains("horse"));
        assert!(!format!("{plain:?} {hash:?}").contains("$2b$"));
    }

    #[test]
    fn new_passwords_have_the_length_that_their_owner_needs() {
        assert_eq!(PasswordPlain::shortest(Role::Patient, false), 8);
        for role in Role::ALL.into_iter().filter(|role| role.is_staff()) {
            assert_eq!(PasswordPlain::shortest(role, false), 15, "{role}");
            assert_eq!(PasswordPlain::shortest(role, true), 8, "{role}");
        }
        for (text, shortest, expected) in [
            ("", 8, Some(Code::PasswordMissing)),
            ("seven77", 8, Some(Code::PasswordTooShort(8))),
            ("eight888", 8, None),
            ("fourteen chars", 15, Some(Code::PasswordTooShort(15))),
            ("fifteen letters", 15, None),
            (&"\u{1f600}".repeat(8), 8, None),
            (&"\u{1f600}".repeat(128), 15, None),
            (&"x".repeat(129), 8, Some(Code::PasswordTooLong(128))),
        ] {
            assert_eq!(PasswordPlain::new(text, shortest).err(), expected, "{text}");
        }
    }
}
