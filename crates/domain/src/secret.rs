//! Secrets that must not reach a log: none of these types can be printed.

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
    /// Fewest characters of a new password.
    pub const SHORTEST: usize = 8;
    /// Most bytes: bcrypt ignores what follows the 71st, so longer ones are refused, never cut.
    pub const LONGEST_BYTES: usize = 71;

    /// A new password, checked against the rules for new ones (NIST SP 800-63B-4: length and a
    /// blocklist, no composition rules). `context` holds words that it must not be, such as the username.
    pub fn new_checked(text: &str, context: &[&str]) -> Result<Self, Code> {
        if text.is_empty() {
            return Err(Code::PasswordMissing);
        }
        if text.chars().count() < Self::SHORTEST {
            return Err(Code::PasswordTooShort);
        }
        if text.len() > Self::LONGEST_BYTES {
            return Err(Code::PasswordTooLong);
        }
        let folded = text.to_lowercase();
        let is_context =
            context.iter().any(|word| word.chars().count() >= 4 && folded == word.to_lowercase());
        if is_context || COMMON.contains(&folded.as_str()) || is_monotonous(&folded) {
            return Err(Code::PasswordTooCommon);
        }
        Ok(Self(text.to_owned()))
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

/// One character repeated, or a run like `12345678`.
fn is_monotonous(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|character| i64::from(u32::from(character))).collect();
    let Some(step) = codes.windows(2).map(|pair| pair[1] - pair[0]).next() else { return true };
    (-1..=1).contains(&step) && codes.windows(2).all(|pair| pair[1] - pair[0] == step)
}

/// Passwords of at least eight characters that head every published list of leaked ones.
const COMMON: &[&str] = &[
    "password",
    "password1",
    "password12",
    "password123",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwertyuiop",
    "qwerty123",
    "qwerty12",
    "qwertyui",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "zaq12wsx",
    "iloveyou",
    "iloveyou1",
    "princess",
    "sunshine",
    "football",
    "baseball",
    "superman",
    "welcome1",
    "welcome123",
    "whatever",
    "trustno1",
    "starwars",
    "computer",
    "michelle",
    "jennifer",
    "charlie1",
    "letmein1",
    "letmein123",
    "admin123",
    "admin1234",
    "administrator",
    "changeme",
    "changeme1",
    "changeme123",
    "default1",
    "temp1234",
    "test1234",
    "testtest",
    "abcd1234",
    "abc12345",
    "a1b2c3d4",
    "asdfghjkl",
    "asdf1234",
    "zxcvbnm1",
    "dragon123",
    "monkey123",
    "shadow12",
    "master123",
    "liverpool",
    "arsenal1",
    "chelsea1",
    "hospital",
    "hospital1",
    "healthcare",
    "healthcare1",
    "doctor123",
    "nurse123",
    "patient1",
    "patient123",
    "clinic123",
    "medical1",
    "medicine",
    "12341234",
    "11223344",
    "123123123",
    "123454321",
    "147258369",
    "789456123",
    "00000000",
    "88888888",
    "1234567890",
    "0987654321",
    "9876543210",
    "q1w2e3r4",
    "internet",
    "corvette",
    "mercedes",
    "blink182",
    "slipknot",
    "pokemon1",
    "batman123",
    "summer2024",
    "summer2025",
    "summer2026",
    "winter2024",
    "winter2025",
    "winter2026",
    "spring2025",
    "spring2026",
    "autumn2025",
    "autumn2026",
    "january1",
    "december1",
    "november1",
    "london123",
    "secret123",
    "mypassword",
    "samantha",
    "victoria",
    "elizabeth",
    "jonathan",
    "alexander",
    "christian",
    "hello123",
    "hello1234",
    "hellohello",
    "google123",
];

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
    fn weak_passwords_are_refused() {
        for (text, code) in [
            ("", Code::PasswordMissing),
            ("short12", Code::PasswordTooShort),
            ("Password123", Code::PasswordTooCommon),
            ("aaaaaaaaaa", Code::PasswordTooCommon),
            ("23456789", Code::PasswordTooCommon),
            ("marta.kowalska", Code::PasswordTooCommon),
        ] {
            assert_eq!(PasswordPlain::new_checked(text, &["marta.kowalska"]), Err(code), "{text}");
        }
        assert_eq!(PasswordPlain::new_checked(&"é".repeat(36), &[]), Err(Code::PasswordTooLong));
        assert!(PasswordPlain::new_checked("winter boots by the door", &[]).is_ok());
    }
}
