//! A clinic that sends mail, and what it sent.

use super::Clinic;
use async_trait::async_trait;
use service::{MailError, Mailer, Message, Outbox};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Where links in its mail lead.
pub const SITE: &str = "https://elmwood.example";

struct Recording(UnboundedSender<Message>);

#[async_trait]
impl Mailer for Recording {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        self.0.send(message.clone()).map_err(|_| MailError::Permanent("nobody listens".to_owned()))
    }
}

/// What was sent and not read yet.
pub struct Inbox(UnboundedReceiver<Message>);

impl Inbox {
    /// The next message; it must be to this address.
    #[track_caller]
    pub fn next(&mut self, to: &str) -> impl Future<Output = Message> {
        let caller = std::panic::Location::caller();
        async move {
            let message = self.0.recv().await.expect("a clinic that sends mail");
            assert_eq!(message.to.as_str(), to, "{caller}: {}", message.subject);
            message
        }
    }

    /// All others. Nothing is sent any more after that.
    pub async fn rest(mut self, clinic: &Clinic) -> Vec<Message> {
        clinic.state.services.mail().drain(Duration::from_mins(1)).await;
        let mut rest = Vec::new();
        while let Ok(message) = self.0.try_recv() {
            rest.push(message);
        }
        rest
    }
}

/// The secret of the link in a text.
#[track_caller]
pub fn token(text: &str) -> String {
    let (_, rest) = text.split_once("token=").unwrap_or_else(|| panic!("no link: {text}"));
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

impl Clinic {
    /// The same clinic, which sends mail.
    pub fn with_mail(&self) -> (Self, Inbox) {
        let (sender, receiver) = unbounded_channel();
        let outbox = Outbox::start(Arc::new(Recording(sender)), SITE, &[]);
        (self.sending(outbox), Inbox(receiver))
    }

    /// The same clinic with this queue of mail.
    pub fn sending(&self, outbox: Outbox) -> Self {
        self.with_settings(|parts| parts.services = parts.services.clone().with_mail(outbox))
    }
}
