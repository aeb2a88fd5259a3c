//! Requests as programs and browsers send them, and what comes back.

use super::{Clinic, Person};
use axum::body::{Body, Bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, ETAG, IF_MATCH, LOCATION};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// A request that is being made up.
#[must_use]
pub struct Call<'c> {
    clinic: &'c Clinic,
    request: axum::http::request::Builder,
    body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Clinic {
    /// A request of any method.
    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        let request = Request::builder().method(method).uri(path);
        Call { clinic: self, request, body: Vec::new() }
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    /// `POST`.
    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    /// `PUT`.
    pub fn put(&self, path: &str) -> Call<'_> {
        self.call(Method::PUT, path)
    }

    /// `PATCH`.
    pub fn patch(&self, path: &str) -> Call<'_> {
        self.call(Method::PATCH, path)
    }
}

impl Call<'_> {
    /// With a header.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.request = self.request.header(name.as_ref(), value.as_ref());
        self
    }

    /// As a program with a token.
    pub fn bearer(self, person: &Person) -> Self {
        self.header(AUTHORIZATION, format!("Bearer {}", person.token))
    }

    /// As a browser with a session, on a page of this site.
    pub fn browser(self, person: &Person) -> Self {
        self.cookie(person).header("sec-fetch-site", "same-origin")
    }

    /// With the session cookie alone.
    pub fn cookie(self, person: &Person) -> Self {
        self.header(COOKIE, format!("session={}", person.token))
    }

    /// States the version that is changed.
    pub fn if_match(self, version: u64) -> Self {
        self.header(IF_MATCH, format!("\"{version}\""))
    }

    /// With a JSON body.
    pub fn json(self, body: Value) -> Self {
        let body = body.to_string();
        self.header(CONTENT_TYPE, "application/json").bytes(body)
    }

    /// With a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.header(CONTENT_TYPE, "application/x-www-form-urlencoded").bytes(pairs.join("&"))
    }

    /// With any body.
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it.
    pub async fn send(self) -> Reply {
        let request = self.request.body(Body::from(self.body)).unwrap();
        let place = format!("{} {}", request.method(), request.uri());
        let response = self.clinic.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let reply = Reply { status: parts.status, headers: parts.headers, body };
        super::invariants::check(&place, &reply);
        reply
    }

    /// Sends it; the answer must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> impl Future<Output = Reply> {
        let caller = std::panic::Location::caller();
        async move {
            let reply = self.send().await;
            assert_eq!(reply.status.as_u16(), status, "{caller}: {}", reply.text());
            reply
        }
    }
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// A header, empty if it is not there.
    pub fn header(&self, name: impl AsRef<str>) -> &str {
        self.headers.get(name.as_ref()).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.header(LOCATION)
    }

    /// The version in the entity tag.
    #[track_caller]
    pub fn version(&self) -> u64 {
        self.header(ETAG).trim_matches('"').parse().expect("an entity tag with a version")
    }

    /// The new object's id as it stands in addresses.
    #[track_caller]
    pub fn id(&self) -> String {
        match &self.json()["id"] {
            Value::String(id) => id.clone(),
            Value::Number(id) => id.to_string(),
            other => panic!("no id: {other}"),
        }
    }

    /// The names of the refused fields.
    pub fn refused(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error["field"].as_str().map(str::to_owned)).collect()
    }
}
