//! How API handlers answer: typed values written straight into a byte buffer, with entity tags and links.

use axum::http::header::{CONTENT_TYPE, ETAG, LINK, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};
use service::{Page, ServiceError, Version};

use crate::rest::problem::ApiError;

/// What an API handler returns.
pub type Answer = Result<Response, ApiError>;

/// Bytes set aside for one item of a list.
const ITEM: usize = 384;

/// A JSON body.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    let mut buffer = Vec::with_capacity(ITEM);
    serde_json::to_writer(&mut buffer, value).map_err(fault)?;
    Ok(body(status, buffer))
}

/// 200 with a JSON body.
pub fn ok<T: Serialize>(value: &T) -> Answer {
    json(StatusCode::OK, value)
}

/// 200 with one object and its entity tag, or 304 when the caller has this version.
pub fn object<T: Serialize>(value: &T, version: Version, known: &super::extract::IfNoneMatch) -> Answer {
    if known.has(version) {
        return Ok(tagged(StatusCode::NOT_MODIFIED.into_response(), version));
    }
    changed(value, version)
}

/// 200 with an object just changed and its new entity tag.
pub fn changed<T: Serialize>(value: &T, version: Version) -> Answer {
    Ok(tagged(ok(value)?, version))
}

/// 201 with a new object, its place and its entity tag.
pub fn created<T: Serialize>(value: &T, version: Version, location: &str) -> Answer {
    let mut response = tagged(json(StatusCode::CREATED, value)?, version);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// 204 after a change of which only the new version is known.
pub fn updated(version: Version) -> Response {
    tagged(StatusCode::NO_CONTENT.into_response(), version)
}

/// An array, with a link to the rest of the list. `path` is the list's address with its filters.
pub fn list<'a, T: 'a, V: Serialize>(page: &'a Page<T>, path: &str, view: impl FnMut(&'a T) -> V) -> Answer {
    let mut response = array(page.items.iter().map(view), page.items.len())?;
    if let Some(next) = &page.next {
        let joint = if path.contains('?') { '&' } else { '?' };
        let cursor = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
        if let Ok(link) = HeaderValue::from_str(&format!("<{path}{joint}cursor={cursor}>; rel=\"next\"")) {
            response.headers_mut().insert(LINK, link);
        }
    }
    Ok(response)
}

/// An array of a known length.
pub fn array<V: Serialize>(items: impl Iterator<Item = V>, length: usize) -> Answer {
    let mut buffer = Vec::with_capacity(2 + length * ITEM);
    serde_json::Serializer::new(&mut buffer).collect_seq(items).map_err(fault)?;
    Ok(body(StatusCode::OK, buffer))
}

fn body(status: StatusCode, buffer: Vec<u8>) -> Response {
    let mut response = (status, buffer).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn tagged(mut response: Response, version: Version) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

fn fault(error: serde_json::Error) -> ApiError {
    ServiceError::Internal(format!("an answer could not be written: {error}")).into()
}

/// The address of a list with the filters that were asked for, without the cursor.
#[derive(Debug)]
pub struct Address(String);

impl Address {
    /// The list's path.
    pub fn new(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// The same with one more filter, if it was given.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.0.push(if self.0.contains('?') { '&' } else { '?' });
            self.0.push_str(name);
            self.0.push('=');
            let value = value.to_string();
            self.0.extend(percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC));
        }
        self
    }
}

impl std::ops::Deref for Address {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
