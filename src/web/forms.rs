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

/// The fields of a submitted form, or of a query string.
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

    /// Fields of a query string.
    pub fn from_query(query: Option<&str>) -> Self {
        serde_urlencoded::from_str::<Vec<(String, String)>>(query.unwrap_or_default())
            .map(|pairs| Self(pairs.into_iter().collect()))
            .unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequest<S> for FormData {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if request.method() == Method::GET || request.method() == Method::HEAD {
            return Ok(Self::from_query(request.uri().query()));
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
        let pairs = form_body::decode(&body).ok_or_else(|| PageError::status(StatusCode::BAD_REQUEST))?;
        if pairs.len() > MOST_FIELDS {
            return Err(PageError::status(StatusCode::BAD_REQUEST));
        }
        Ok(Self(pairs.into_iter().collect()))
    }
}

/// The query string as fields, for pages that are read.
#[derive(Clone, Debug, Default)]
pub struct Query(pub FormData);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &S,
    ) -> Result<Self, std::convert::Infallible> {
        Ok(Self(FormData::from_query(parts.uri.query())))
    }
}
