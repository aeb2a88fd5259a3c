//! What every handler shares: services, token keys and a few settings. Never a store.

use crate::web::client_address::TrustedProxies;
use crate::web::limits::RateLimits;
use crate::web::live::Live;
use crate::web::tokens::{Claim, SigningFailed, Tokens};
use domain::SessionId;
use jiff::Timestamp;
use service::Services;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The state of the router: one pointer, since every layer and handler of every request has its own copy.
#[derive(Clone)]
pub struct AppState(Arc<AppParts>);

/// What the state holds.
pub struct AppParts {
    /// The door to the clinic's data.
    pub services: Services,
    /// Signs and checks session tokens.
    pub tokens: Tokens,
    /// Whether cookies are sent over TLS only (`__Host-` names).
    pub cookie_secure: bool,
    /// The proxies that are believed when they name a client.
    pub trusted_proxies: TrustedProxies,
    /// How many requests each caller may send.
    pub rate_limits: RateLimits,
    /// Whether the process takes traffic.
    pub readiness: Readiness,
    /// Who listens for changes of the schedule.
    pub live: Live,
    /// The one-time secret of the set-up page, while no administrator exists.
    pub set_up_token: Option<String>,
}

impl From<AppParts> for AppState {
    fn from(parts: AppParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl AppParts {
    /// A token that names a session until `expires`.
    pub fn token(
        &self,
        session: SessionId,
        security_version: u32,
        expires: Timestamp,
    ) -> Result<String, SigningFailed> {
        let claim = Claim { session, security_version, expires };
        self.tokens.issue(claim, self.services.random_bits(), self.services.now())
    }
}

impl std::ops::Deref for AppState {
    type Target = AppParts;
    fn deref(&self) -> &AppParts {
        &self.0
    }
}

/// Whether the process takes traffic: not before start-up is over, not while it drains.
#[derive(Debug, Default)]
pub struct Readiness {
    serving: AtomicBool,
}

impl Readiness {
    /// Start-up is over.
    pub fn open(&self) {
        self.serving.store(true, Ordering::Release);
    }

    /// The process is about to stop.
    pub fn drain(&self) {
        self.serving.store(false, Ordering::Release);
    }

    /// Whether it takes traffic.
    pub fn is_open(&self) -> bool {
        self.serving.load(Ordering::Acquire)
    }
}
