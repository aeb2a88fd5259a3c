//! Codes: of authenticators (TOTP, RFC 6238 with SHA-1, 6 digits, 30 seconds) and for recovery. Nothing is stored here.

use crate::{Random, ServiceError};
use domain::second_factor::{RecoveryHash, TotpSecret};
use domain::{Code, SecondFactor};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use subtle::ConstantTimeEq as _;
use totp_rs::{Algorithm, Builder, Secret, Totp};

/// Digits of a code.
const DIGITS: u8 = 6;
/// Seconds for which an authenticator shows a code.
const STEP: u64 = 30;
/// Steps before and after the present one whose codes are taken: clocks differ, and typing takes time.
const SKEW: u16 = 1;
/// Crockford's base 32: nothing that is read aloud wrongly.
const READABLE: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a recovery code: 120 random bits, so that a plain hash of one keeps it (OWASP ASVS 5.0 §6.5.2).
const RECOVERY_LENGTH: usize = 24;
/// Characters of a group of a recovery code.
const GROUP: usize = 4;

/// Recovery codes in clear, to be shown once.
#[derive(Clone)]
pub struct RecoveryCodes(Vec<String>);

impl RecoveryCodes {
    /// The codes, for the one answer that shows them.
    pub fn expose(&self) -> &[String] {
        &self.0
    }
}

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCodes(hidden)")
    }
}

/// A code as it was typed: spaces and hyphens do not count.
#[derive(Clone)]
pub enum Offered {
    /// Six digits.
    Totp(String),
    /// Anything else can only be a recovery code.
    Recovery(RecoveryHash),
}

impl Offered {
    /// What was typed.
    pub fn read(typed: &str) -> Result<Self, Code> {
        let plain: String = typed.chars().filter(|character| character.is_alphanumeric()).collect();
        if plain.is_empty() {
            return Err(Code::Missing("the code"));
        }
        let is_totp =
            plain.len() == usize::from(DIGITS) && plain.bytes().all(|character| character.is_ascii_digit());
        Ok(if is_totp { Self::Totp(plain) } else { Self::Recovery(hash_of(&plain)) })
    }

    /// How the audit log calls it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Totp(_) => "with a code of the second factor",
            Self::Recovery(_) => "with a recovery code",
        }
    }

    /// Whether it is a recovery code.
    pub const fn is_recovery(&self) -> bool {
        matches!(self, Self::Recovery(_))
    }

    /// Uses the code up, if it is right and was not used. Says whether it did.
    pub fn take(&self, factor: &mut SecondFactor, now: Timestamp) -> bool {
        match self {
            Self::Totp(code) => step_of(&factor.secret, code, now).is_some_and(|step| factor.take_step(step)),
            Self::Recovery(offered) => {
                let mut found = None;
                // All of them are compared, each to its end: the time taken says nothing.
                for (place, known) in factor.recovery.iter().enumerate() {
                    if bool::from(known.0.as_bytes().ct_eq(offered.0.as_bytes())) {
                        found = Some(place);
                    }
                }
                found.map(|place| factor.recovery.remove(place)).is_some()
            }
        }
    }
}

fn builder(secret: &TotpSecret) -> Option<Builder> {
    let secret = Secret::try_from_base32(secret.expose()).ok()?;
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(DIGITS);
    Some(builder.with_step_duration(STEP).with_skew(SKEW).with_secret(secret))
}

/// The time step whose code this is.
fn step_of(secret: &TotpSecret, code: &str, now: Timestamp) -> Option<u64> {
    let totp: Totp = builder(secret)?.build().ok()?;
    totp.check(code, u64::try_from(now.as_second()).ok()?)
}

/// A new secret of 160 bits (RFC 4226 §4, R6).
pub fn new_secret(random: &dyn Random) -> TotpSecret {
    let bits = [random.bits().to_be_bytes(), random.bits().to_be_bytes()].concat();
    let bytes: [u8; 20] = std::array::from_fn(|place| bits[place]);
    TotpSecret::new(Secret::from(bytes).to_base32())
}

/// The address that an authenticator reads from a QR code.
pub fn uri(secret: &TotpSecret, issuer: &str, account: &str) -> Result<String, ServiceError> {
    // The address parts its two names by a colon.
    let (issuer, account) = (issuer.replace(':', " "), account.replace(':', " "));
    builder(secret)
        .and_then(|builder| builder.with_issuer(Some(issuer)).with_account_name(account).build().ok())
        .and_then(|totp| totp.to_url().ok())
        .ok_or_else(|| ServiceError::Internal("a second factor's secret is damaged".to_owned()))
}

/// New recovery codes, to show and to store.
pub fn recovery_codes(random: &dyn Random) -> (RecoveryCodes, Vec<RecoveryHash>) {
    let codes: Vec<String> = (0..SecondFactor::RECOVERY_CODES).map(|_| recovery_code(random)).collect();
    let hashes = codes.iter().map(|code| hash_of(&code.replace('-', ""))).collect();
    (RecoveryCodes(codes), hashes)
}

fn recovery_code(random: &dyn Random) -> String {
    let bits = random.bits();
    let mut code = String::with_capacity(RECOVERY_LENGTH + RECOVERY_LENGTH / GROUP);
    for position in 0..RECOVERY_LENGTH {
        if position > 0 && position % GROUP == 0 {
            code.push('-');
        }
        code.push(char::from(READABLE[((bits >> (position * 5)) & 31) as usize]));
    }
    code
}

/// The hash of a recovery code without its hyphens; letters that are easily mistaken count as the digit they look like.
fn hash_of(plain: &str) -> RecoveryHash {
    let canonical: String = plain
        .to_lowercase()
        .chars()
        .map(|character| match character {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    let digest = Sha256::digest(canonical);
    RecoveryHash(digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;
    use jiff::SignedDuration;

    /// The secret of RFC 6238, appendix B: `12345678901234567890`.
    fn secret() -> TotpSecret {
        TotpSecret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn factor() -> SecondFactor {
        SecondFactor::begun(secret(), at(0))
    }

    fn take(factor: &mut SecondFactor, code: &str, now: Timestamp) -> bool {
        Offered::read(code).unwrap().take(factor, now)
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // The last six of the eight digits of its table.
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step_of(&secret(), code, at(second)), Some(u64::try_from(second).unwrap() / 30));
        }
    }

    #[test]
    fn a_code_is_taken_a_step_before_and_after_its_own_and_no_further() {
        // 1111111109 is the last second of its step.
        for (offset, taken) in [(-60, false), (-59, true), (0, true), (30, true), (31, false)] {
            let now = at(1_111_111_109) + SignedDuration::from_secs(offset);
            assert_eq!(take(&mut factor(), "081804", now), taken, "{offset}");
        }
    }

    #[test]
    fn a_code_works_once_and_none_before_it_works_after_it() {
        let (mut factor, now) = (factor(), at(1_111_111_111));
        assert!(take(&mut factor, "050 471", now));
        assert!(!take(&mut factor, "050471", now));
        assert!(!take(&mut factor, "081804", now), "the code of the step before");
    }

    #[test]
    fn what_cannot_be_a_code_is_no_code() {
        for typed in ["", "   ", " - "] {
            assert!(matches!(Offered::read(typed), Err(Code::Missing(_))), "{typed:?}");
        }
        for typed in ["28708", "2870822", "28708a", "٢٨٧٠٨٢", "287082\u{0}x"] {
            assert!(!take(&mut factor(), typed, at(59)), "{typed:?}");
        }
    }

    #[test]
    fn a_damaged_secret_takes_no_code_and_has_no_address() {
        for damaged in ["", "GEZDGNBV", "not base 32!"] {
            let mut factor = SecondFactor { secret: TotpSecret::new(damaged), ..factor() };
            assert!(!take(&mut factor, "287082", at(59)));
            assert!(uri(&factor.secret, "Elmwood", "marta").is_err(), "{damaged}");
        }
    }

    #[test]
    fn a_secret_has_160_bits_and_an_address_names_clinic_and_account() {
        let random = SeededRandom::new(7);
        let (one, other) = (new_secret(&random), new_secret(&random));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len() * 5, 160);
        let uri = uri(&one, "Elmwood: Surgery & Co", "marta.kowalska").unwrap();
        assert!(uri.starts_with("otpauth://totp/Elmwood%20%20Surgery%20%26%20Co:marta"), "{uri}");
        assert!(uri.contains(&format!("secret={}", one.expose())) && uri.contains("issuer=Elmwood"), "{uri}");
    }

    #[test]
    fn recovery_codes_differ_are_readable_and_work_once_however_they_are_typed() {
        let (codes, hashes) = recovery_codes(&SeededRandom::new(7));
        let different: std::collections::BTreeSet<_> = codes.expose().iter().collect();
        assert_eq!((different.len(), hashes.len()), (10, 10));
        let mut factor = SecondFactor { recovery: hashes, ..factor() };
        let code = &codes.expose()[3];
        assert!(code.len() == 29 && !code.contains(['i', 'l', 'o', 'u']), "{code}");
        let typed =
            format!(" {} ", code.to_uppercase().replace('-', " ").replace('0', "O").replace('1', "l"));
        assert!(take(&mut factor, &typed, at(59)));
        assert!(!take(&mut factor, code, at(59)));
        assert_eq!(factor.recovery.len(), 9);
        assert!(!format!("{codes:?}").contains(code.as_str()));
    }
}
