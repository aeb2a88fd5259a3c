//! What is typed for a new account, checked: username, e-mail address, password. No lookup.

use crate::{Random, ServiceError, Services};
use domain::validation::Code;
use domain::{Email, FieldErrors, PasswordPlain, Role, Username};
use unicode_normalization::UnicodeNormalization;

/// Crockford's base 32: nothing that is read aloud wrongly.
const READABLE: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Groups of five characters in a generated password: 100 random bits.
const GROUPS: usize = 4;

/// The password in the one form in which it is hashed and compared (Unicode NFC, NIST SP 800-63B-4 §3.1.1.2).
pub fn normalised(password: &str) -> String {
    password.nfc().collect()
}

impl Services {
    /// A new password for a user of this role, with or without a second factor, or why it is refused; `names` are the
    /// user's own.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] when too many passwords are being worked on.
    pub async fn new_password(
        &self,
        typed: &str,
        role: Role,
        has_second_factor: bool,
        names: &[&str],
    ) -> Result<Result<PasswordPlain, Code>, ServiceError> {
        let shortest = PasswordPlain::shortest(role, has_second_factor);
        let plain = match PasswordPlain::new(&normalised(typed), shortest) {
            Ok(plain) => plain,
            Err(code) => return Ok(Err(code)),
        };
        let context = names.iter().copied().chain([self.clinic().name.as_str()]).map(str::to_owned);
        let judgement = self.passwords.judge(&plain, context.collect()).await?;
        Ok(judgement.map(|()| plain))
    }
}

/// A password that can be read aloud and typed, as `k3v9x-…`.
pub fn generated(random: &dyn Random) -> String {
    let bits = random.bits();
    let character = |position: usize| char::from(READABLE[((bits >> (position * 5)) & 31) as usize]);
    let group = |number: usize| (0..5).map(|offset| character(number * 5 + offset)).collect::<String>();
    (0..GROUPS).map(group).collect::<Vec<_>>().join("-")
}

/// Names of a new account.
#[derive(Clone, Debug)]
pub struct Names {
    pub username: Username,
    pub email: Email,
}

/// Checks both names and notes what is refused.
pub fn names(username: &str, email: &str, errors: &mut FieldErrors) -> Option<Names> {
    let username = errors.take("username", Username::parse(username));
    let email = errors.take("email", Email::parse(email));
    Some(Names { username: username?, email: email? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    #[test]
    fn a_generated_password_is_long_readable_and_acceptable() {
        let random = SeededRandom::new(7);
        let (one, two) = (generated(&random), generated(&random));
        assert_ne!(one, two);
        assert!(one.len() >= 16);
        assert!(PasswordPlain::new(&one, PasswordPlain::SHORTEST_ALONE).is_ok());
        assert_eq!(crate::blocklist::judge(&one, &[]), Ok(()));
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_password() {
        assert_eq!(normalised("cafe\u{301}"), normalised("caf\u{e9}"));
    }
}
