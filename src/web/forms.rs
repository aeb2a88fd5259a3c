//! Reads `application/x-www-form-urlencoded` bodies as typed text; the use cases judge the values.

use crate::web::errors::PageError;
use crate::web::form_body;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Most fields of a submitted form.
const MOST_FIELDS: usize = 1000;

/// The fields of a submitted form, or of a query string. Each comes once: a second value of one name would be taken for
/// the first by whatever looked at the request before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormData(BTreeMap<String, String>);

impl FormData {
    /// The field as typed; empty when it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The field as typed, owned.
    pub fn text(&self, name: &str) -> String {
        self.get(name).to_owned()
    }

    /// The field parsed, `None` when it is empty or not of the type.
    pub fn parse<T: FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).trim().parse().ok()
    }

    /// The fields `name1`, `name27` … with their numbers, those whose values are of the type.
    pub fn numbered<T: FromStr>(&self, name: &str) -> impl Iterator<Item = (u64, T)> {
        self.0.iter().filter_map(move |(field, value)| {
            Some((field.strip_prefix(name)?.parse().ok()?, value.trim().parse().ok()?))
        })
    }

    /// Whether a checkbox was ticked.
    pub fn is_ticked(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a field, to prefill a form.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// The same fields, one more set.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// Without the fields whose names begin so.
    #[must_use]
    pub fn without(mut self, beginning: &str) -> Self {
        self.0.retain(|name, _| !name.starts_with(beginning));
        self
    }

    /// These fields, and those of `other` whose names they do not have.
    #[must_use]
    pub fn over(self, mut other: Self) -> Self {
        other.0.extend(self.0);
        other
    }

    /// Fields of a query string; `None` if one comes twice.
    pub fn from_query(query: Option<&str>) -> Option<Self> {
        let pairs = serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
        Self::of_single(pairs)
    }

    /// The fields, if each comes once.
    fn of_single(pairs: Vec<(String, String)>) -> Option<Self> {
        let count = pairs.len();
        let fields: BTreeMap<String, String> = pairs.into_iter().collect();
        (fields.len() == count).then_some(Self(fields))
    }
}

impl<S: Send + Sync> FromRequest<S> for FormData {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if request.method() == Method::GET || request.method() == Method::HEAD {
            return Self::from_query(request.uri().query()).ok_or_else(bad_request);
        }
        let is_form = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        if !is_form {
            return Err(PageError::status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let pairs = form_body::decode(&body).ok_or_else(bad_request)?;
        if pairs.len() > MOST_FIELDS {
            return Err(bad_request());
        }
        Self::of_single(pairs).ok_or_else(bad_request)
    }
}

fn bad_request() -> Response {
    PageError::status(StatusCode::BAD_REQUEST)
}

/// The query string as fields, for pages that are read.
#[derive(Clone, Debug, Default)]
pub struct Query(pub FormData);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Query {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Response> {
        FormData::from_query(parts.uri.query()).map(Self).ok_or_else(bad_request)
    }
}
