//! Mail to people: what may be written, the port that sends it, and the queue between the two. A letter leaves after the
//! unit of work that wrote it is durable, never within it, and never holds anything clinical.

mod outbox;
mod words;

pub use outbox::{Outbox, RETRY_AFTER};
pub(crate) use words::one_line;

use crate::Unit;
use crate::links::LinkSecret;
use async_trait::async_trait;
use domain::{Email, Phone, Role, User};

/// A message in plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// To whom.
    pub to: Email,
    /// One line without control characters.
    pub subject: String,
    /// The text.
    pub text: String,
    /// What tells it from all others, the same whenever it is tried again; made anew for each try when `None`.
    pub id: Option<String>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Message(hidden)")
    }
}

/// Why a message was not sent. The words are for the log: no address, nothing of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It may go later.
    #[error("{0}")]
    Temporary(String),
    /// It will never go.
    #[error("{0}")]
    Permanent(String),
}

/// Sends messages.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Hands one message to whoever delivers it.
    async fn send(&self, message: &Message) -> Result<(), MailError>;
}

/// A text message to a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// The same whenever it is tried again.
    pub id: String,
    /// To whom.
    pub to: Phone,
    /// The text.
    pub text: String,
    /// What it is for ([`domain::message::Notice::name`]).
    pub notice: &'static str,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text(hidden)")
    }
}

/// Sends text messages.
#[async_trait]
pub trait TextGateway: Send + Sync + 'static {
    /// Hands one message to whoever delivers it.
    async fn send(&self, text: &Text) -> Result<(), MailError>;
}

/// What happened to an account that its owner should hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountNotice {
    /// The owner, or someone with the password, chose another one.
    PasswordChanged,
    /// An administrator gave the account a new password.
    PasswordReset,
    /// An administrator made a link with which a new password can be chosen.
    ResetLinkIssued,
    /// The account has another e-mail address; told to the old and the new one.
    EmailChanged,
    /// The account has another role.
    RoleChanged(Role),
    /// The account cannot be used any more.
    Disabled,
    /// The account can be used again.
    Enabled,
    /// Sign-in asks for a second factor now.
    SecondFactorOn,
    /// Sign-in asks for no second factor any more.
    SecondFactorOff,
    /// An administrator took the second factor away.
    SecondFactorReset,
    /// An administrator ended all sessions.
    SessionsEnded,
    /// Somebody signed in from a device that the account was not used on before.
    NewDevice,
    /// Sign-in pauses after wrong passwords.
    SignInsPaused,
    /// Sign-in pauses after wrong codes, whose sender had the password.
    CodesPaused,
}

/// What is to be told to whom.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub to: Email,
    pub contents: Contents,
}

/// What a letter says.
#[derive(Clone, Debug)]
pub(crate) enum Contents {
    /// With this link a new password can be chosen.
    PasswordReset(LinkSecret),
    /// With this link the address is proved.
    EmailVerification(LinkSecret),
    /// With this link a patient makes an account.
    PortalInvitation(LinkSecret),
    /// Something happened to the account.
    Notice(AccountNotice),
    /// A record was opened in an emergency: for auditors.
    EmergencyAccess,
}

/// What a unit of work has to send once it is durable.
#[derive(Debug, Default)]
pub(crate) struct Post {
    is_on: bool,
    letters: Vec<Letter>,
}

impl Post {
    /// Nothing yet; whether anything can be sent at all.
    pub const fn new(is_on: bool) -> Self {
        Self { is_on, letters: Vec::new() }
    }

    /// Whether this clinic sends mail, to this address. The old system took addresses that are none.
    pub fn reaches(&self, address: &Email) -> bool {
        self.is_on && Email::parse(address.as_str()).is_ok()
    }

    /// Whether this clinic sends mail.
    pub const fn is_on(&self) -> bool {
        self.is_on
    }

    /// Sends a letter, if it can be sent.
    pub fn add(&mut self, to: &Email, contents: Contents) {
        if self.reaches(to) {
            self.letters.push(Letter { to: to.clone(), contents });
        }
    }

    /// What was written.
    pub fn take(&mut self) -> Vec<Letter> {
        std::mem::take(&mut self.letters)
    }
}

impl Unit<'_> {
    /// Tells the owner of an account what happened to it.
    pub(crate) fn notify_account(&mut self, user: &User, notice: AccountNotice) {
        self.post.add(&user.email, Contents::Notice(notice));
    }
}
