//! What API handlers take from a request: who calls, ids, bodies, queries and preconditions. Every refusal is
//! a problem+json; nothing here answers 500.

use crate::rest::problem::ApiError;
use crate::web::auth::Caller;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service::{Actor, FirstDuty, Order, PageRequest, ServiceError, Version};
use std::str::FromStr;

/// The caller, who must be signed in.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Ok(Caller(actor)) = Caller::from_request_parts(parts, state).await;
        if actor.role().is_none() {
            return Err(ServiceError::Unauthenticated.into());
        }
        // The pipeline refuses this too; here the program learns what to do about it.
        if let Some(duty) = actor.first_duty()
            && !parts.uri.path().starts_with("/api/session")
        {
            let why = match duty {
                FirstDuty::ChangePassword => "Choose a password of your own first: PUT /api/session/password",
                FirstDuty::SetUpSecondFactor => {
                    "Your role needs a second factor, set it up first: POST /api/session/second-factor"
                }
            };
            return Err(ApiError::request(StatusCode::FORBIDDEN, why));
        }
        Ok(Self(actor))
    }
}

/// The id in the path; one that cannot be any is answered like one that is unknown.
#[derive(Clone, Copy, Debug)]
pub struct Id<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NOT_FOUND)?;
        let (_, text) = params.iter().next().ok_or(ApiError::NOT_FOUND)?;
        text.parse().map(Self).map_err(|_| ApiError::NOT_FOUND)
    }
}

/// Both ids in the path: of a thing, and of a part of it.
#[derive(Clone, Copy, Debug)]
pub struct Ids<A, B>(pub A, pub B);

impl<A: FromStr, B: FromStr, S: Send + Sync> FromRequestParts<S> for Ids<A, B> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NOT_FOUND)?;
        let mut texts = params.iter().map(|(_, text)| text);
        let (first, second) = texts.next().zip(texts.next()).ok_or(ApiError::NOT_FOUND)?;
        let ids = first.parse().ok().zip(second.parse().ok());
        ids.map(|(first, second)| Self(first, second)).ok_or(ApiError::NOT_FOUND)
    }
}

/// A JSON body (RFC 8259).
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Body(body) = Body::from_request(request, state).await?;
        parse(&body).map(Self)
    }
}

/// The bytes of a JSON body, for resources that take more than one shape.
#[derive(Clone, Debug)]
pub struct Body(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            let why = "Send the body as application/json";
            return Err(ApiError::request(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
        }
        Bytes::from_request(request, state).await.map(Self).map_err(|rejection| {
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => ApiError::request(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "The body is larger than this clinic takes",
                ),
                _ => ApiError::bad_request("The body could not be read"),
            }
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads a body as one shape.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // The parser would take an array as the values of the fields in their order.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(ApiError::bad_request("The body must be a JSON object"));
    }
    if let Err(why) = check_nesting(body) {
        return Err(ApiError::bad_request(why));
    }
    serde_json::from_slice(body).map_err(|error| {
        // What the caller sent is not repeated: it may be a password.
        let why = match error.classify() {
            serde_json::error::Category::Data => shape_error(&error.to_string()),
            _ => format!("The body is not JSON (line {}, column {})", error.line(), error.column()),
        };
        ApiError::bad_request(why)
    })
}

/// Most levels of objects and lists in a body.
const DEEPEST: usize = 64;
/// Most items of a list in a body.
const LONGEST: usize = 1000;

/// Refuses bodies that are small to send and large to hold, before anything is built from them. What is no JSON at all
/// is left to the parser.
fn check_nesting(body: &[u8]) -> Result<(), String> {
    // Commas so far in each open object (`None`) or list.
    let mut open: Vec<Option<usize>> = Vec::new();
    let (mut in_text, mut escaped) = (false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' => open.push(None),
            b'[' => open.push(Some(0)),
            b'}' | b']' => drop(open.pop()),
            b',' => {
                if let Some(Some(commas)) = open.last_mut() {
                    *commas += 1;
                    if *commas >= LONGEST {
                        return Err(format!("A list in the body has more than {LONGEST} items"));
                    }
                }
            }
            _ => {}
        }
        if open.len() > DEEPEST {
            return Err(format!("The body is nested more than {DEEPEST} levels deep"));
        }
    }
    Ok(())
}

/// The part of the parser's words that says what is expected, without the value that was sent.
fn shape_error(words: &str) -> String {
    let named = words.starts_with("unknown field")
        || words.starts_with("missing field")
        || words.starts_with("duplicate field");
    let place = words.rfind(" at line ").map_or("", |at| &words[at..]);
    let without_place = &words[..words.len() - place.len()];
    if named {
        return format!("The body has not the expected shape: {without_place}");
    }
    let expected = without_place.rfind("expected ").map_or("another value", |at| &without_place[at..]);
    format!(
        "A value in the body has the wrong type:{}, {expected}",
        if place.is_empty() { " somewhere" } else { place }
    )
}

/// The query string; unknown or malformed parameters are refused.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        serde_urlencoded::from_str(parts.uri.query().unwrap_or_default())
            .map(Self)
            .map_err(|error| ApiError::bad_request(format!("The query is not understood: {error}")))
    }
}

/// Which part of a list.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 100, default = 50)]
    pub limit: Option<usize>,
    /// Where to go on, as the `Link` header of the answer before said.
    pub cursor: Option<String>,
}

impl Paging {
    /// How many items a list has when the caller does not say.
    const DEFAULT: usize = 50;

    /// The request to the services, newest first.
    pub fn request(limit: Option<usize>, cursor: Option<String>) -> Result<PageRequest, ApiError> {
        let limit = limit.unwrap_or(Self::DEFAULT);
        if !(1..=PageRequest::MOST).contains(&limit) {
            return Err(ApiError::bad_request(format!("limit must be from 1 to {}", PageRequest::MOST)));
        }
        Ok(PageRequest { limit, after: cursor, order: Order::Descending })
    }
}

/// The version that the caller changes, from `If-Match` (RFC 9110 §13.1.1): 428 without it (RFC 6585 §3).
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Version);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(IF_MATCH) else {
            let why = "State the version that you read: If-Match: \"<version>\"";
            return Err(ApiError::request(StatusCode::PRECONDITION_REQUIRED, why));
        };
        // What is no version of ours (`*` and weak tags too) matches none.
        value.to_str().ok().and_then(entity_tag).map(Self).ok_or_else(|| ServiceError::Stale.into())
    }
}

/// The versions that the caller has already, from `If-None-Match`.
#[derive(Clone, Debug)]
pub struct IfNoneMatch(Vec<Version>);

impl IfNoneMatch {
    /// Whether the caller has this version.
    pub fn has(&self, version: Version) -> bool {
        self.0.contains(&version)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let tags = parts.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        // The comparison is weak (RFC 9110 §13.1.2).
        let versions = tags.flat_map(|tags| tags.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
        Ok(Self(versions.filter_map(entity_tag).collect()))
    }
}

fn entity_tag(tag: &str) -> Option<Version> {
    tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        #[serde(rename = "password")]
        _password: String,
    }

    fn why(body: &[u8]) -> String {
        format!("{:?}", parse::<Shape>(body).unwrap_err())
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        assert!(!why(br#"{"password": 90210}"#).contains("90210"));
        assert!(why(br#"{"password": 90210}"#).contains("expected a string"));
        assert!(why(br#"{"password": "x", "role": 1}"#).contains("unknown field `role`"));
    }

    #[test]
    fn bodies_are_neither_deep_nor_long() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(check_nesting(nested(DEEPEST).as_bytes()), Ok(()));
        assert!(check_nesting(nested(DEEPEST + 1).as_bytes()).is_err());
        let long =
            |items: usize| format!("{{\"lines\": [{}]}}", vec!["{\"a\": 1, \"b\": 2}"; items].join(","));
        assert_eq!(check_nesting(long(LONGEST).as_bytes()), Ok(()));
        assert!(check_nesting(long(LONGEST + 1).as_bytes()).is_err());
        // Brackets, commas and quotation marks in texts are none.
        let text = format!("{{\"text\": \"{}\\\\\\\"{}\"}}", "[".repeat(100), ",".repeat(2000));
        assert_eq!(check_nesting(text.as_bytes()), Ok(()));
    }

    #[test]
    fn invalid_utf8_is_no_json() {
        assert!(parse::<Shape>(b"{\"password\": \"\xff\"}").is_err());
    }

    #[test]
    fn only_strong_tags_of_ours_are_versions() {
        assert_eq!(entity_tag("\"7\""), Some(7));
        for other in ["7", "W/\"7\"", "*", "\"x\"", "\"7", ""] {
            assert_eq!(entity_tag(other), None, "{other}");
        }
    }
}
