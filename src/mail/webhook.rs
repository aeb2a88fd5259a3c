//! Text messages by the clinic's own gateway: one signed request for each (Standard Webhooks, standardwebhooks.com).

use super::is_loopback;
use crate::config::{Secret, secret_of};
use async_trait::async_trait;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, USER_AGENT};
use axum::http::{Method, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use service::{Clock, MailError, SystemClock, Text, TextGateway};
use sha2::Sha256;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long the gateway may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Where text messages go.
#[derive(Args, Clone, Debug, Default)]
pub struct WebhookArgs {
    /// Send text messages to patients through this gateway, as `https://gateway.example/send`
    #[arg(long, env = "MESSAGE_WEBHOOK_URL", hide_env_values = true, value_name = "URL")]
    pub message_webhook_url: Option<Secret>,
    /// Secret that signs what is sent there, at least 32 bytes
    #[arg(long, env = "MESSAGE_WEBHOOK_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub message_webhook_secret: Option<Secret>,
    /// File that holds the secret
    #[arg(
        long,
        env = "MESSAGE_WEBHOOK_SECRET_FILE",
        value_name = "FILE",
        conflicts_with = "message_webhook_secret"
    )]
    pub message_webhook_secret_file: Option<PathBuf>,
}

impl WebhookArgs {
    /// The gateway, `None` without an address; `has_site` says whether links can be made.
    ///
    /// # Errors
    /// Every mistake in the settings.
    pub fn gateway(&self, has_site: bool) -> Result<Option<Webhook>, Vec<String>> {
        let Some(address) = &self.message_webhook_url else { return Ok(None) };
        let mut mistakes = Vec::new();
        let mut noted = |mistake: String| mistakes.push(mistake);
        let (text, file) =
            (self.message_webhook_secret.as_ref(), self.message_webhook_secret_file.as_deref());
        let secret = secret_of("MESSAGE_WEBHOOK_SECRET", text, file).map_err(&mut noted);
        let address = usable(address.expose()).map_err(|why| noted(format!("MESSAGE_WEBHOOK_URL: {why}")));
        if matches!(secret, Ok(None)) {
            noted("MESSAGE_WEBHOOK_SECRET: needed beside MESSAGE_WEBHOOK_URL; make one with: openssl rand -hex 32".to_owned());
        }
        if !has_site {
            noted(
                "PUBLIC_URL: needed beside MESSAGE_WEBHOOK_URL, as links in messages begin with it"
                    .to_owned(),
            );
        }
        match (address, secret) {
            (Ok(address), Ok(Some(secret))) if mistakes.is_empty() => Webhook::new(&address, &secret)
                .map(Some)
                .map_err(|error| vec![format!("MESSAGE_WEBHOOK_URL: {error}")]),
            _ => Err(mistakes),
        }
    }
}

/// The address of a gateway: what is sent there crosses no network in the clear. The words never hold the address, as there
/// may be a key in it.
fn usable(text: &str) -> Result<Url, &'static str> {
    const SHAPE: &str = "must be an address like https://gateway.example/send";
    let url = Url::parse(text.trim()).map_err(|_| SHAPE)?;
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if is_loopback(url.host().as_ref()) => Ok(url),
        "http" => Err("must begin with https://, as messages name phone numbers"),
        _ => Err(SHAPE),
    }
}

/// The clinic's gateway.
#[derive(Clone)]
pub struct Webhook {
    address: String,
    secret: Secret,
    client: Client<HttpsConnector<HttpConnector>, Body>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Webhook(hidden)")
    }
}

impl Webhook {
    fn new(address: &Url, secret: &Secret) -> std::io::Result<Self> {
        let connector =
            HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(ANSWER_LIMIT).build(connector);
        let (address, clock) = (address.as_str().to_owned(), Arc::new(SystemClock));
        Ok(Self { address, secret: secret.clone(), client, clock })
    }

    fn request(&self, text: &Text) -> Result<Request<Body>, MailError> {
        let body = json!({
            "id": text.id,
            "to": text.to.as_str(),
            "text": text.text,
            "notice": text.notice,
            "language": "en",
        })
        .to_string();
        let at = self.clock.now().as_second();
        let signature = signature(self.secret.expose().as_bytes(), &text.id, at, &body);
        Request::builder()
            .method(Method::POST)
            .uri(&self.address)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, "healthcare")
            .header("webhook-id", &text.id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signature)
            .header("idempotency-key", &text.id)
            .body(Body::from(body))
            .map_err(|_| MailError::Permanent("the request cannot be made".to_owned()))
    }
}

/// What proves that a request comes from here, when, and as it was sent.
fn signature(secret: &[u8], id: &str, at: i64, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    let mac = mac.chain_update(format!("{id}.{at}.{body}")).finalize().into_bytes();
    format!("v1,{}", STANDARD.encode(mac))
}

#[async_trait]
impl TextGateway for Webhook {
    async fn send(&self, text: &Text) -> Result<(), MailError> {
        let answer = tokio::time::timeout(ANSWER_LIMIT, self.client.request(self.request(text)?)).await;
        match answer {
            Err(_) => Err(MailError::Temporary("no answer in time".to_owned())),
            // The library's words may hold the address.
            Ok(Err(_)) => Err(MailError::Temporary("no connection".to_owned())),
            Ok(Ok(answer)) => judged(answer.status()),
        }
    }
}

/// Whether it may go later. Only the code of an answer is kept: its words may hold the number.
fn judged(status: StatusCode) -> Result<(), MailError> {
    let why = || format!("the gateway answered {}", status.as_u16());
    let is_passing = status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        );
    if status.is_success() {
        Ok(())
    } else if is_passing {
        Err(MailError::Temporary(why()))
    } else {
        Err(MailError::Permanent(why()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c";

    fn args(url: &str, secret: Option<&str>) -> WebhookArgs {
        WebhookArgs {
            message_webhook_url: Some(Secret::from(url.to_owned())),
            message_webhook_secret: secret.map(|secret| Secret::from(secret.to_owned())),
            message_webhook_secret_file: None,
        }
    }

    #[test]
    fn a_gateway_needs_a_safe_address_a_strong_secret_and_a_site() {
        assert!(WebhookArgs::default().gateway(false).unwrap().is_none());
        for good in ["https://gateway.example/send?key=a", "http://127.0.0.1:8080/"] {
            assert!(args(good, Some(SECRET)).gateway(true).unwrap().is_some(), "{good}");
        }
        for bad in ["http://gateway.example", "gateway.example", "ftp://gateway.example", ""] {
            assert_eq!(args(bad, Some(SECRET)).gateway(true).unwrap_err().len(), 1, "{bad}");
        }
        assert_eq!(args("x", None).gateway(false).unwrap_err().len(), 3);
        assert_eq!(args("https://g.example", Some("short")).gateway(true).unwrap_err().len(), 1);
    }

    #[test]
    fn neither_the_address_nor_the_secret_prints() {
        let args = args("https://g.example/?key=swordfish", Some(SECRET));
        let text = format!("{args:?} {:?}", args.gateway(true));
        assert!(!text.contains("swordfish") && !text.contains(SECRET), "{text}");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (status, is_temporary) in
            [(500, true), (503, true), (429, true), (400, false), (404, false), (302, false)]
        {
            let judged = judged(StatusCode::from_u16(status).unwrap());
            assert_eq!(matches!(judged, Err(MailError::Temporary(_))), is_temporary, "{status}");
            assert!(judged.is_err(), "{status}");
        }
        assert_eq!(judged(StatusCode::ACCEPTED), Ok(()));
    }
}
