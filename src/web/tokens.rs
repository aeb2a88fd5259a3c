//! Session tokens: a signed JWT (RFC 7519, HS256) that only names a server-side session.

use domain::SessionId;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

const ISSUER: &str = "healthcare";
const AUDIENCE: &str = "healthcare-sessions";
/// How far the clocks of two processes may differ.
const LEEWAY_SECONDS: i64 = 5;

/// Signs and checks session tokens.
pub struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sid: SessionId,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// The token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the session token could not be signed: {0}")]
pub struct SigningFailed(String);

impl Tokens {
    /// Keys from a secret of at least 32 bytes.
    pub fn new(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud"]);
        // The library would read the wall clock: the times are compared with the Clock port's instead.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            signing: EncodingKey::from_secret(secret),
            checking: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// A token that names the session until `expires`.
    pub fn issue(
        &self,
        session: SessionId,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<String, SigningFailed> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sid: session,
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: expires.as_second(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .map_err(|error| SigningFailed(error.to_string()))
    }

    /// The session that a genuine token names at `now`, between its first and its last second.
    pub fn session(&self, token: &str, now: Timestamp) -> Option<SessionId> {
        // Longer ones are not ours; do not spend time on their signature.
        if token.len() > 1024 {
            return None;
        }
        let claims = decode::<Claims>(token, &self.checking, &self.validation).ok()?.claims;
        let in_time =
            claims.nbf - LEEWAY_SECONDS <= now.as_second() && now.as_second() < claims.exp + LEEWAY_SECONDS;
        in_time.then_some(claims.sid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn now() -> Timestamp {
        "2026-11-23T09:00:00Z".parse().unwrap()
    }

    fn tokens() -> Tokens {
        Tokens::new(&[7; 32])
    }

    fn fresh() -> String {
        tokens().issue(SessionId(42), now(), now() + jiff::SignedDuration::from_hours(1)).unwrap()
    }

    #[test]
    fn a_genuine_token_names_its_session() {
        assert_eq!(tokens().session(&fresh(), now()), Some(SessionId(42)));
    }

    #[test]
    fn expired_tokens_other_keys_and_other_algorithms_are_refused() {
        let hour = jiff::SignedDuration::from_hours(1);
        let expired = tokens().issue(SessionId(42), now() - hour * 2, now() - hour).unwrap();
        assert_eq!(tokens().session(&expired, now()), None);
        assert_eq!(Tokens::new(&[8; 32]).session(&fresh(), now()), None);
        let body = fresh().split('.').nth(1).unwrap().to_owned();
        let none = format!("{}.{body}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#));
        assert_eq!(tokens().session(&none, now()), None);
        assert_eq!(tokens().session(&"a".repeat(5000), now()), None);
    }

    #[test]
    fn any_changed_character_is_noticed() {
        let token = fresh();
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'Q' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            // The last character of a base64 group may carry unused bits: then the bytes are the same.
            if changed != token && at + 1 != token.len() {
                assert_eq!(tokens().session(&changed, now()), None, "at {at}");
            }
        }
    }
}
