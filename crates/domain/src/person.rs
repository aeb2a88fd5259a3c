//! How people are named and reached: e-mail, username, name, phone, medical record number.

use crate::validation::{Code, text};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An e-mail address as typed; compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Checks the form (one `@`, a dotted domain, no spaces, at most 254 bytes; RFC 5321 §4.5.3.1).
    pub fn parse(value: &str) -> Result<Self, Code> {
        let trimmed = value.trim();
        if trimmed.is_empty() {
            return Err(Code::EmailMissing);
        }
        let Some((local, domain)) = trimmed.rsplit_once('@') else { return Err(Code::EmailMalformed) };
        let label_is_good = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|character| character.is_alphanumeric() || character == '-')
        };
        let local_is_good = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.chars().all(|character| {
                character.is_alphanumeric()
                    || (character.is_ascii_graphic() && !"()<>,;:\\\"[]@".contains(character))
            });
        let domain_is_good = domain.contains('.') && domain.split('.').all(label_is_good);
        if trimmed.len() <= 254 && local_is_good && domain_is_good {
            Ok(Self(trimmed.to_owned()))
        } else {
            Err(Code::EmailMalformed)
        }
    }

    /// An address that the old system accepted, whatever its form.
    pub fn imported(value: &str) -> Self {
        Self(value.trim().to_owned())
    }

    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two equal addresses share.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name a user signs in with beside the e-mail address; compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

impl Username {
    /// 2 to 40 letters, digits, spaces, dots, hyphens, underscores or apostrophes; no `@`, which marks an e-mail.
    pub fn parse(value: &str) -> Result<Self, Code> {
        let trimmed = value.trim();
        if trimmed.is_empty() {
            return Err(Code::UsernameMissing);
        }
        let length = trimmed.chars().count();
        let good =
            trimmed.chars().all(|character| character.is_alphanumeric() || " ._-'’".contains(character));
        if good && (2..=40).contains(&length) {
            Ok(Self(trimmed.to_owned()))
        } else {
            Err(Code::UsernameMalformed)
        }
    }

    /// A name that the old system accepted, whatever its form.
    pub fn imported(value: &str) -> Self {
        Self(value.trim().to_owned())
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two equal names share.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person's given and family name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// Given names, in order.
    pub given: String,
    /// Family name; may be empty for people who have one name.
    pub family: String,
}

impl PersonName {
    /// Checks the parts that a form gave under `givenName` and `familyName`.
    pub fn parse(given: &str, family: &str) -> Result<Self, crate::FieldErrors> {
        let mut errors = crate::FieldErrors::new();
        let given = errors
            .take("givenName", crate::validation::required(given, "First name", "a first name", 80, false));
        let family = errors
            .take("familyName", crate::validation::required(family, "Last name", "a last name", 80, false));
        errors.into_result()?;
        Ok(Self { given: given.unwrap_or_default(), family: family.unwrap_or_default() })
    }

    /// Splits a full name at its last space.
    pub fn from_full(full: &str) -> Self {
        let full = full.trim();
        match full.rsplit_once(' ') {
            Some((given, family)) => Self { given: given.trim().to_owned(), family: family.to_owned() },
            None => Self { given: full.to_owned(), family: String::new() },
        }
    }

    /// `Marta Kowalska`.
    pub fn full(&self) -> String {
        if self.family.is_empty() { self.given.clone() } else { format!("{} {}", self.given, self.family) }
    }

    /// `KOWALSKA, Marta`, as on a patient banner.
    pub fn formal(&self) -> String {
        if self.family.is_empty() {
            self.given.to_uppercase()
        } else {
            format!("{}, {}", self.family.to_uppercase(), self.given)
        }
    }
}

/// What two written names of the same person share: case, spaces, dots and a doctor's title do not count.
pub fn folded_name(name: &str) -> String {
    let lower = name.to_lowercase().replace(['.', ','], " ");
    let mut words: Vec<&str> = lower.split_whitespace().collect();
    if words.len() > 1 && matches!(words[0], "dr" | "doctor") {
        words.remove(0);
    }
    words.join(" ")
}

/// A phone number as typed; digits, spaces and `+()-./` only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Checks that it has 6 to 15 digits (ITU-T E.164) and no letters.
    pub fn parse(value: &str) -> Result<Self, Code> {
        let trimmed = text(value, "Phone number", 30, false)?;
        let digits = trimmed.chars().filter(char::is_ascii_digit).count();
        let good =
            trimmed.chars().all(|character| character.is_ascii_digit() || " +()-./".contains(character));
        if good && (6..=15).contains(&digits) { Ok(Self(trimmed)) } else { Err(Code::PhoneMalformed) }
    }

    /// The number as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Digits only, for search.
    pub fn digits(&self) -> String {
        self.0.chars().filter(char::is_ascii_digit).collect()
    }
}

/// Medical record number: ten digits, the last a modulus-11 check digit, so that one wrong or swapped digit is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mrn(u64);

impl Mrn {
    /// First nine digits of the first number given.
    const FIRST: u64 = 400_000_000;

    /// The number of the `serial`-th patient, or `None` where the check digit would be ten: take the next serial.
    pub fn from_serial(serial: u64) -> Option<Self> {
        let body = Self::FIRST.checked_add(serial).filter(|body| *body < 1_000_000_000)?;
        Self::check_digit(body).map(|check| Self(body * 10 + check))
    }

    fn check_digit(body: u64) -> Option<u64> {
        let (sum, _) = (2..=10).fold((0, body), |(sum, rest), weight| (sum + rest % 10 * weight, rest / 10));
        match 11 - sum % 11 {
            11 => Some(0),
            10 => None,
            check => Some(check),
        }
    }

    /// Reads ten digits, spaces allowed, and verifies the check digit.
    pub fn parse(value: &str) -> Option<Self> {
        let digits: String = value.chars().filter(|character| !character.is_whitespace()).collect();
        let number: u64 = if digits.len() == 10 { digits.parse().ok()? } else { return None };
        (Self::check_digit(number / 10) == Some(number % 10)).then_some(Self(number))
    }

    /// The ten digits.
    pub fn digits(&self) -> String {
        format!("{:010}", self.0)
    }
}

impl fmt::Display for Mrn {
    /// Grouped for reading aloud: `400 281 7730`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        write!(f, "{}\u{a0}{}\u{a0}{}", &digits[..3], &digits[3..6], &digits[6..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in ["a@b.co", "john.o'neil+x@mail.example.com", "zoë@exämple.org"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["marta.kowalska@", "@b.co", "a b@c.de", "a@b", "a@-b.de", "a..b@c.de", "a@b.c om", "<a@b.co>"]
        {
            assert_eq!(Email::parse(bad), Err(Code::EmailMalformed), "{bad}");
        }
    }

    #[test]
    fn a_written_doctor_is_recognised_however_it_is_written() {
        assert_eq!(folded_name("Dr. Smith"), folded_name("dr  SMITH"));
        assert_eq!(folded_name("Smith"), folded_name("Dr Smith"));
        assert_ne!(folded_name("Dr. Smith"), folded_name("Dr. Smythe"));
        assert_eq!(folded_name("Dr"), "dr");
    }

    proptest! {
        #[test]
        fn one_wrong_digit_of_a_record_number_is_noticed(serial in 0u64..500_000_000, at in 0usize..10, add in 1u8..10) {
            prop_assume!(Mrn::from_serial(serial).is_some());
            let mut digits = Mrn::from_serial(serial).unwrap().digits().into_bytes();
            digits[at] = b'0' + (digits[at] - b'0' + add) % 10;
            prop_assert!(Mrn::parse(std::str::from_utf8(&digits).unwrap()).is_none());
        }

        #[test]
        fn parsing_never_panics(value in ".*") {
            let _ = (Email::parse(&value), Username::parse(&value), Phone::parse(&value), Mrn::parse(&value));
            let _ = PersonName::from_full(&value).formal();
        }
    }
}
