//! Hands messages to a server by SMTP (RFC 5321), over TLS (RFC 8314) unless it runs on this machine.

use super::is_loopback;
use async_trait::async_trait;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, SinglePart};
use lettre::transport::smtp::Error;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use service::{MailError, Mailer, Message};
use std::time::Duration;
use url::Url;

/// How long the server may take for one step.
const STEP_LIMIT: Duration = Duration::from_secs(10);

/// A server that takes mail.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Whether the address of a server can be used. The words never hold the address: there may be a password in it.
pub(super) fn check(text: &str) -> Result<(), &'static str> {
    usable(text).map(drop)
}

/// The address in the form that the library knows.
fn usable(text: &str) -> Result<Url, &'static str> {
    const SHAPE: &str = "must be an address like smtps://user:password@host or smtp://host:587?tls=required";
    let mut url = Url::parse(text.trim()).map_err(|_| SHAPE)?;
    let host = url.host().ok_or(SHAPE)?;
    // Addresses of unknown schemes keep their host as text.
    let name = host.to_string();
    let is_local =
        Url::parse(&format!("http://{name}/")).is_ok_and(|as_web| is_loopback(as_web.host().as_ref()));
    let has_password = url.password().is_some();
    let wish = url.query().map(str::to_owned);
    match (url.scheme(), wish.as_deref()) {
        ("smtps", None) | ("smtp", Some("tls=required")) => Ok(url),
        ("smtp", None) if is_local => Ok(url),
        ("smtp", Some("tls=none")) if !has_password || is_local => {
            url.set_query(None);
            Ok(url)
        }
        ("smtp", Some("tls=none")) => {
            Err("a password must not go in the clear: use ?tls=required or smtps://")
        }
        ("smtp", _) => Err(
            "mail holds links that open accounts: use ?tls=required or smtps:// (or ?tls=none, if you mean it)",
        ),
        _ => Err(SHAPE),
    }
}

impl Smtp {
    /// Through the server at this address.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn new(server: &str, from: Mailbox) -> Result<Self, String> {
        let url = usable(server)?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| "this address cannot be used".to_owned())?;
        Ok(Self { transport: builder.timeout(Some(STEP_LIMIT)).build(), from })
    }

    /// The message as it goes over the wire. Headers are made by the library from parsed values: nothing that anyone
    /// typed can begin another one.
    fn written(&self, message: &Message) -> Result<lettre::Message, MailError> {
        let unusable = |what: &str| MailError::Permanent(format!("the {what} cannot be used"));
        let to: Address = message.to.as_str().parse().map_err(|_| unusable("address"))?;
        lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(message.subject.clone())
            .message_id(message.id.clone())
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(message.text.clone()))
            .map_err(|_| unusable("message"))
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        let written = self.written(message)?;
        self.transport.send(written).await.map(drop).map_err(|error| judged(&error))
    }
}

/// Whether it may go later. A server's words may hold the address, so only its code is kept (RFC 5321 §4.2.1).
fn judged(error: &Error) -> MailError {
    match error.status() {
        Some(code) if error.is_permanent() => MailError::Permanent(format!("the server answered {code}")),
        Some(code) => MailError::Temporary(format!("the server answered {code}")),
        None if error.is_timeout() => MailError::Temporary("no answer in time".to_owned()),
        None if error.is_tls() => MailError::Temporary("no trusted TLS connection".to_owned()),
        None if error.is_client() => MailError::Temporary("the server cannot do what is needed".to_owned()),
        None => MailError::Temporary("no connection".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Email;

    fn smtp() -> Smtp {
        Smtp::new("smtp://127.0.0.1:1", "Elmwood Surgery <a@example.org>".parse().unwrap()).unwrap()
    }

    fn raw(message: &Message) -> String {
        String::from_utf8(smtp().written(message).unwrap().formatted()).unwrap()
    }

    #[tokio::test]
    async fn a_subject_in_any_script_is_one_header() {
        let message = Message {
            to: Email::parse("marta@example.org").unwrap(),
            subject: "Prüfung\r\nBcc: everyone@example.org".to_owned(),
            text: "Grüße\r\n.\r\nMAIL FROM:<x@example.org>".to_owned(),
            id: None,
        };
        let raw = raw(&message);
        let (headers, _) = raw.split_once("\r\n\r\n").unwrap();
        assert!(!headers.contains("\r\nBcc"), "{headers}");
        assert!(headers.contains("charset=utf-8"), "{headers}");
    }

    #[tokio::test]
    async fn an_address_with_a_line_break_goes_nowhere() {
        for bad in
            ["a@example.org\r\nRCPT TO:<b@example.org>", "a b@example.org", "<a@example.org>, b@c.de", ""]
        {
            let message =
                Message { to: Email::imported(bad), subject: "x".to_owned(), text: String::new(), id: None };
            assert!(smtp().written(&message).is_err(), "{bad}");
        }
    }
}
