//! Tokens that are not ours, in every way in which they were ever made: 401 for programs, the sign-in page for people.

use crate::harness::{Clinic, Person, clinic};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Role;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

/// The secret of the clinic under test.
const SECRET: [u8; 32] = [7; 32];

/// A genuine token in its parts.
struct Parts {
    header: Value,
    claims: Value,
}

impl Parts {
    fn of(token: &str) -> Self {
        let part = |number: usize| {
            let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap()).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        Self { header: part(0), claims: part(1) }
    }

    fn with_header(&self, name: &str, value: Value) -> Self {
        Self { header: changed(&self.header, name, value), claims: self.claims.clone() }
    }

    fn with_claim(&self, name: &str, value: Value) -> Self {
        Self { header: self.header.clone(), claims: changed(&self.claims, name, value) }
    }

    fn unsigned(&self) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        format!("{}.{}", encode(&self.header), encode(&self.claims))
    }

    fn signed(&self, algorithm: Algorithm, secret: &[u8]) -> String {
        let message = self.unsigned();
        let signature =
            crypto::sign(message.as_bytes(), &EncodingKey::from_secret(secret), algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// Signed as we do.
    fn ours(&self) -> String {
        self.signed(Algorithm::HS256, &SECRET)
    }
}

/// The same object with another value of one member; without it for `null`.
fn changed(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.as_object().unwrap().clone();
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
    Value::Object(object)
}

/// Whether a token opens anything, to programs and to browsers.
async fn opens(clinic: &Clinic, token: &str) -> bool {
    let api = clinic.get("/api/session").header("authorization", format!("Bearer {token}")).send().await;
    let page = clinic.get("/profile").header("cookie", format!("session={token}")).send().await;
    match (api.status.as_u16(), page.status.as_u16(), page.location()) {
        (200, 200, _) => true,
        (401, 303, location) if location.starts_with("/?next=%2Fprofile") => false,
        other => panic!("{token}: {other:?}"),
    }
}

/// Headers that ask for another algorithm or another key.
fn headers(genuine: &Parts, corpus: &mut Vec<(String, String)>) {
    for alg in ["none", "None", "NONE", "nOnE", "none ", "", "HS256 ", "hs256", "null"] {
        let forged = genuine.with_header("alg", json!(alg));
        corpus.push((format!("alg {alg:?}, no signature"), format!("{}.", forged.unsigned())));
        corpus.push((format!("alg {alg:?}, two parts"), forged.unsigned()));
        corpus.push((format!("alg {alg:?}, signed"), forged.ours()));
    }
    for alg in [json!(null), json!(0), json!([]), json!(["HS256"]), json!({"HS256": 1}), json!(true)] {
        corpus.push((format!("alg {alg}"), genuine.with_header("alg", alg).ours()));
    }
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        let forged = genuine.with_header("alg", json!(name));
        corpus.push((format!("{name} under our secret"), forged.signed(algorithm, &SECRET)));
        corpus.push((format!("says {name}, is HS256"), forged.ours()));
        corpus.push((format!("says HS256, is {name}"), genuine.signed(algorithm, &SECRET)));
    }
    for name in ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"] {
        corpus.push((format!("says {name}, is HS256"), genuine.with_header("alg", json!(name)).ours()));
    }
    let id = genuine.header["kid"].as_str().unwrap().to_owned();
    for kid in [
        json!(null),
        json!(""),
        json!("0"),
        json!(0),
        json!([id]),
        json!("../../dev/null"),
        json!("/dev/null"),
        json!("' OR 1=1 --"),
        json!(format!("{id}\u{0}")),
        json!(format!("{id} ")),
        json!(id.to_uppercase()),
        json!(&id[1..]),
        json!("x".repeat(300)),
        json!({"kid": id}),
    ] {
        let forged = genuine.with_header("kid", kid.clone());
        corpus.push((format!("kid {kid}"), forged.ours()));
        corpus.push((format!("kid {kid}, empty key"), forged.signed(Algorithm::HS256, b"")));
    }
    let jwk = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode([1; 32]), "alg": "HS256"});
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("cty", json!("JWT")),
        ("typ", json!("at+jwt")),
        ("typ", json!(null)),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
    ] {
        let forged = genuine.with_header(name, value);
        corpus.push((format!("header {name}"), forged.ours()));
        corpus.push((format!("header {name}, other key"), forged.signed(Algorithm::HS256, &[1; 32])));
    }
}

/// Claims that are missing, of another kind, for others, or of another time; all rightly signed.
fn claims(genuine: &Parts, now: i64, corpus: &mut Vec<(String, String)>) {
    for name in ["iss", "aud", "sid", "sv", "jti", "iat", "nbf", "exp"] {
        for value in [json!(null), json!(""), json!([]), json!({}), json!(true), json!(-1), json!("1e99")] {
            // A time in the past is a right one for these two.
            if value == json!(-1) && ["iat", "nbf"].contains(&name) {
                continue;
            }
            corpus.push((format!("{name} {value}"), genuine.with_claim(name, value).ours()));
        }
    }
    for (name, value) in [
        ("iss", json!("healthcare ")),
        ("iss", json!("Healthcare")),
        ("iss", json!(["evil", "evil2"])),
        ("aud", json!("healthcare")),
        ("aud", json!("healthcare-sessions.evil.example")),
        ("aud", json!(["evil"])),
        ("exp", json!(now - 6)),
        ("exp", json!(0)),
        ("exp", json!(i64::MIN)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(1e300)),
        ("nbf", json!(now + 6)),
        ("nbf", json!(i64::MAX)),
        ("iat", json!(now + 3600)),
        ("sv", json!(0)),
        ("sv", json!(99)),
        ("sv", json!(1.5)),
        ("sid", json!("00000000000000000000000000")),
        ("sid", json!("../../1")),
        ("sid", json!("x".repeat(500))),
    ] {
        corpus.push((format!("{name} {value}"), genuine.with_claim(name, value).ours()));
    }
}

/// Other keys, pieces, additions, other people's parts.
fn pieces(token: &str, other: &str, genuine: &Parts, corpus: &mut Vec<(String, String)>) {
    for secret in [&[8u8; 32][..], &[7; 31], &[7; 33], b"", b"secret", &[0; 32]] {
        corpus.push((format!("key {secret:?}"), genuine.signed(Algorithm::HS256, secret)));
    }
    let [head, body, signature] = [0, 1, 2].map(|part| token.split('.').nth(part).unwrap());
    let foreign = [1, 2].map(|part| other.split('.').nth(part).unwrap());
    for (name, text) in [
        ("another's claims", format!("{head}.{}.{signature}", foreign[0])),
        ("another's signature", format!("{head}.{body}.{}", foreign[1])),
        ("no header", format!(".{body}.{signature}")),
        ("no claims", format!("{head}..{signature}")),
        ("no signature", format!("{head}.{body}.")),
        ("four parts", format!("{token}.{signature}")),
        ("five parts", format!("{token}.x.x")),
        ("padding", format!("{token}=")),
        ("turned round", format!("{signature}.{body}.{head}")),
        ("twice", format!("{token}{token}")),
        ("oversized", format!("{head}.{}.{signature}", "A".repeat(7000))),
        ("oversized padding of the claims", genuine.with_claim("x", json!("x".repeat(2000))).ours()),
        ("dots", "...".to_owned()),
        ("JSON", genuine.claims.to_string()),
        ("plus and slash", token.replace('-', "+").replace('_', "/") + "/"),
    ] {
        corpus.push((name.to_owned(), text));
    }
    corpus.extend((0..token.len()).map(|end| (format!("first {end} characters"), token[..end].to_owned())));
    corpus.extend(
        (1..token.len())
            .step_by(7)
            .map(|from| (format!("without the first {from}"), token[from..].to_owned())),
    );
}

/// A token of `person` for their browser: it lives no longer than their session if it is not used.
fn short_lived(clinic: &Clinic, person: &Person) -> String {
    let claim = clinic.state.tokens.read(&person.token, clinic.state.services.now()).unwrap();
    let end = clinic.state.services.now() + clinic.state.services.clinic().sessions.idle;
    clinic.state.token(claim.session, claim.security_version, end).unwrap()
}

#[tokio::test]
async fn no_token_but_ours_opens_anything() {
    let clinic = clinic().await;
    let (nurse, admin) = (clinic.the(Role::Nurse), clinic.the(Role::Admin));
    let token = short_lived(&clinic, nurse);
    let genuine = Parts::of(&token);
    assert!(opens(&clinic, &token).await);
    assert!(opens(&clinic, &genuine.ours()).await, "the test signs as the server does");
    let mut corpus = Vec::new();
    headers(&genuine, &mut corpus);
    claims(&genuine, clinic.state.services.now().as_second(), &mut corpus);
    pieces(&token, &admin.token, &genuine, &mut corpus);
    for (name, forged) in &corpus {
        assert!(!opens(&clinic, forged).await, "{name}: {forged}");
    }
    assert!(corpus.len() >= 500, "{} forged tokens", corpus.len());
    assert!(opens(&clinic, &token).await, "the session is none the worse");
}

#[tokio::test]
async fn every_flipped_bit_is_noticed() {
    let clinic = clinic().await;
    let token = short_lived(&clinic, clinic.the(Role::Nurse));
    let now = clinic.state.services.now();
    let mut tried = 0;
    for at in 0..token.len() {
        // The eighth bit of a character makes it none that a token has.
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(clinic.state.tokens.read(&changed, now).is_err(), "bit {bit} of character {at}");
            tried += 1;
        }
    }
    assert_eq!(tried, token.len() * 7);
}

#[tokio::test]
async fn a_token_comes_as_a_bearer_or_in_the_one_cookie() {
    let clinic = clinic().await;
    let nurse = clinic.the(Role::Nurse);
    let token = &nurse.token;
    for (name, value) in [
        ("authorization", format!("Basic {token}")),
        ("authorization", format!("Bearer{token}")),
        ("authorization", token.clone()),
        ("authorization", format!("Bearer {token} {token}")),
        ("cookie", format!("Session={token}")),
        ("cookie", format!("__Host-session={token}")),
        ("cookie", format!("session={token}x; session={token}")),
        ("cookie", format!("other={token}")),
        ("x-authorization", format!("Bearer {token}")),
        ("x-forwarded-user", nurse.username.clone()),
    ] {
        clinic.get("/api/session").header(name, &value).expect(401).await;
    }
    for path in [format!("/api/session?token={token}"), format!("/api/session?access_token={token}")] {
        clinic.get(&path).expect(401).await;
    }
    clinic.get("/api/session").header("authorization", format!("bearer  {token}")).expect(200).await;
}
