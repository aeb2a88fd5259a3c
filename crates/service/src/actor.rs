//! Who acts: built once per request from a session, then passed to every use case.

use crate::RequestKey;
use domain::{PatientId, Role, SessionId, UserId};
use jiff::Timestamp;
use std::net::IpAddr;

/// The caller of a use case.
#[derive(Clone, Debug)]
pub struct Actor {
    pub(crate) kind: Kind,
    /// Joins audit events with the log.
    pub request_id: String,
    pub(crate) request: Option<RequestKey>,
    /// Where the request comes from, as far as it is known.
    pub(crate) address: Option<IpAddr>,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Nobody is signed in.
    Anonymous,
    /// An operator at the command line, or the program itself.
    System,
    /// A signed-in user.
    User(SignedIn),
}

/// The session that a caller acts in, and how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionInUse {
    /// Which.
    pub id: SessionId,
    /// The account's security version when it began.
    pub security_version: u32,
    /// When it ends if it is not used again.
    pub idle_end: Timestamp,
    /// When it ends however much it is used.
    pub end: Timestamp,
}

/// A signed-in user.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub user: UserId,
    pub role: Role,
    pub name: String,
    pub patient: Option<PatientId>,
    pub session: Option<SessionInUse>,
    pub must_change_password: bool,
    /// The name of the patient for whom the session acts, if not for the user.
    pub acts_for: Option<String>,
    pub must_set_up_second_factor: bool,
}

/// What a caller has to do before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstDuty {
    /// To choose a password of their own: someone else chose the present one.
    ChangePassword,
    /// To set a second factor up: the clinic asks it of their role.
    SetUpSecondFactor,
}

impl Actor {
    /// Nobody signed in.
    pub fn anonymous(request_id: impl Into<String>) -> Self {
        Self { kind: Kind::Anonymous, request_id: request_id.into(), request: None, address: None }
    }

    /// The operator at the command line: may do everything, and it is written down.
    pub fn system(request_id: impl Into<String>) -> Self {
        Self { kind: Kind::System, request_id: request_id.into(), request: None, address: None }
    }

    /// The same caller with a request that can be sent again under this key.
    #[must_use]
    pub fn repeating(mut self, request: Option<RequestKey>) -> Self {
        self.request = request;
        self
    }

    /// The same caller, at this address.
    #[must_use]
    pub const fn at(mut self, address: Option<IpAddr>) -> Self {
        self.address = address;
        self
    }

    /// Where the request comes from.
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Whether the answer is that of an earlier request under the same key.
    pub fn is_replayed(&self) -> bool {
        self.request.as_ref().is_some_and(RequestKey::is_replayed)
    }

    fn signed_in(&self) -> Option<&SignedIn> {
        match &self.kind {
            Kind::User(signed_in) => Some(signed_in),
            _ => None,
        }
    }

    /// The account.
    pub fn user(&self) -> Option<UserId> {
        self.signed_in().map(|it| it.user)
    }

    /// The role, `None` when nobody is signed in.
    pub fn role(&self) -> Option<Role> {
        self.signed_in().map(|it| it.role)
    }

    /// The patient whose account acts.
    pub fn patient(&self) -> Option<PatientId> {
        self.signed_in().and_then(|it| it.patient)
    }

    /// The name of the patient for whom the caller acts, if not for themselves.
    pub fn acts_for(&self) -> Option<&str> {
        self.signed_in().and_then(|it| it.acts_for.as_deref())
    }

    /// The session in use.
    pub fn session(&self) -> Option<SessionId> {
        self.session_in_use().map(|session| session.id)
    }

    /// The session in use and how long it lasts.
    pub fn session_in_use(&self) -> Option<SessionInUse> {
        self.signed_in().and_then(|it| it.session)
    }

    /// Whether someone else chose the password, so that it must be changed first.
    pub fn must_change_password(&self) -> bool {
        self.signed_in().is_some_and(|it| it.must_change_password)
    }

    /// What the caller has to do before anything else, if anything.
    pub fn first_duty(&self) -> Option<FirstDuty> {
        let user = self.signed_in()?;
        if user.must_change_password {
            return Some(FirstDuty::ChangePassword);
        }
        user.must_set_up_second_factor.then_some(FirstDuty::SetUpSecondFactor)
    }

    /// The name people read.
    pub fn name(&self) -> &str {
        match &self.kind {
            Kind::Anonymous => "Nobody",
            Kind::System => "System",
            Kind::User(it) => &it.name,
        }
    }

    pub(crate) const fn is_system(&self) -> bool {
        matches!(self.kind, Kind::System)
    }
}
