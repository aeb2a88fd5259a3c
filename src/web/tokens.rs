//! Session tokens: a signed JWT (RFC 7519, HS256) that only names a server-side session. Whether that session still
//! holds is asked of the store at every request; a token alone opens nothing.

use domain::{RequestId, SessionId};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

const ISSUER: &str = "healthcare";
const AUDIENCE: &str = "healthcare-sessions";
/// How far the clocks of two processes may differ.
const LEEWAY_SECONDS: i64 = 5;
/// Longer ones are not ours: no time is spent on their signature.
const LONGEST: usize = 1024;

/// Signs and checks session tokens.
pub struct Tokens {
    signing: EncodingKey,
    /// What every token of ours has as its header under the present key.
    header: Header,
    /// The keys that still verify, the present one first.
    keys: Vec<Key>,
    validation: Validation,
}

struct Key {
    id: String,
    checking: DecodingKey,
}

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The session.
    pub session: SessionId,
    /// The account's security version when the session began.
    pub security_version: u32,
    /// When the token ends.
    pub expires: Timestamp,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is ours, and over.
    Expired,
    /// It is not ours, not for us, not yet valid, or damaged.
    Invalid,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sid: SessionId,
    sv: u32,
    jti: RequestId,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// The token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the session token could not be signed: {0}")]
pub struct SigningFailed(String);

/// The name of a key: tells nothing of it, and is the same in every process that has it.
fn key_id(secret: &[u8]) -> String {
    let digest =
        Sha256::new().chain_update("healthcare: name of a token key\n").chain_update(secret).finalize();
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Tokens {
    /// Keys from secrets of at least 32 bytes: the present one signs, the previous ones still verify.
    pub fn new(secret: &[u8], previous: &[&[u8]]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud"]);
        // The library would read the wall clock: the times are compared with the Clock port's instead.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let key = |secret: &[u8]| Key { id: key_id(secret), checking: DecodingKey::from_secret(secret) };
        Self {
            signing: EncodingKey::from_secret(secret),
            header: Header { kid: Some(key_id(secret)), ..Header::new(Algorithm::HS256) },
            keys: [secret].iter().chain(previous).map(|secret| key(secret)).collect(),
            validation,
        }
    }

    /// A token with this claim; `id` is new for each.
    pub fn issue(&self, claim: Claim, id: u128, now: Timestamp) -> Result<String, SigningFailed> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sid: claim.session,
            sv: claim.security_version,
            jti: RequestId(id),
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: claim.expires.as_second(),
        };
        encode(&self.header, &claims, &self.signing).map_err(|error| SigningFailed(error.to_string()))
    }

    /// What a genuine token says at `now`, between its first and its last second.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Claim, Refusal> {
        if token.len() > LONGEST {
            return Err(Refusal::Invalid);
        }
        let header = decode_header(token).map_err(|_| Refusal::Invalid)?;
        let key = self.keys.iter().find(|key| Some(&key.id) == header.kid.as_ref());
        let key = key.ok_or(Refusal::Invalid)?;
        // Nothing but the name of the key differs between our headers: no other algorithm, no key that a token brings.
        if header != (Header { kid: header.kid.clone(), ..self.header.clone() }) {
            return Err(Refusal::Invalid);
        }
        let claims =
            decode::<Claims>(token, &key.checking, &self.validation).map_err(|_| Refusal::Invalid)?.claims;
        let now = now.as_second();
        let (not_before, over) = (
            claims.nbf.max(claims.iat).saturating_sub(LEEWAY_SECONDS),
            claims.exp.saturating_add(LEEWAY_SECONDS),
        );
        if now < not_before {
            return Err(Refusal::Invalid);
        }
        if now >= over {
            return Err(Refusal::Expired);
        }
        let expires = Timestamp::from_second(claims.exp).map_err(|_| Refusal::Invalid)?;
        Ok(Claim { session: claims.sid, security_version: claims.sv, expires })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T09:00:00Z".parse().unwrap()
    }

    fn seconds(count: i64) -> jiff::SignedDuration {
        jiff::SignedDuration::from_secs(count)
    }

    fn claim() -> Claim {
        Claim { session: SessionId(42), security_version: 3, expires: now() + seconds(900) }
    }

    #[test]
    fn a_genuine_token_names_its_session_from_its_first_to_its_last_second() {
        let tokens = Tokens::new(&[7; 32], &[]);
        let token = tokens.issue(claim(), 1, now()).unwrap();
        for (after, expected) in [
            (0, Ok(claim())),
            (899, Ok(claim())),
            (904, Ok(claim())),
            (905, Err(Refusal::Expired)),
            (-5, Ok(claim())),
            (-6, Err(Refusal::Invalid)),
        ] {
            assert_eq!(tokens.read(&token, now() + seconds(after)), expected, "{after}");
        }
    }

    #[test]
    fn a_key_that_was_replaced_verifies_for_as_long_as_it_is_kept() {
        let old = Tokens::new(&[7; 32], &[]).issue(claim(), 1, now()).unwrap();
        let during = Tokens::new(&[8; 32], &[&[7; 32]]);
        assert_eq!(during.read(&old, now()), Ok(claim()));
        let new = during.issue(claim(), 2, now()).unwrap();
        assert_eq!(Tokens::new(&[7; 32], &[]).read(&new, now()), Err(Refusal::Invalid));
        let after = Tokens::new(&[8; 32], &[]);
        assert_eq!(after.read(&new, now()), Ok(claim()));
        assert_eq!(after.read(&old, now()), Err(Refusal::Invalid));
    }

    #[test]
    fn tokens_of_one_session_differ() {
        let tokens = Tokens::new(&[7; 32], &[]);
        assert_ne!(tokens.issue(claim(), 1, now()).unwrap(), tokens.issue(claim(), 2, now()).unwrap());
    }

    #[test]
    fn the_name_of_a_key_tells_keys_apart_and_nothing_more() {
        assert_ne!(key_id(&[7; 32]), key_id(&[8; 32]));
        assert_eq!(key_id(&[7; 32]).len(), 16);
    }
}
