//! Who did what to whom: one event an action, chained by hashes by the store.

use crate::{Action, PatientId, Role, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditOutcome {
    /// It was done.
    Success,
    /// The policy refused it.
    Denied,
    /// It was allowed but could not be done (bad input, conflict, wrong password).
    Failed,
}

impl AuditOutcome {
    /// All outcomes.
    pub const ALL: [Self; 3] = [Self::Success, Self::Denied, Self::Failed];

    /// The name in files and in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    /// The outcome with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// An event before the store gave it its place in the chain. Never holds clinical content or secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditDraft {
    /// When.
    pub at: Timestamp,
    /// By whom; `None` for nobody signed in and for the system itself.
    pub actor: Option<UserId>,
    /// The actor's name, `Nobody` or `System`.
    pub actor_name: String,
    /// The actor's role, if signed in.
    pub role: Option<Role>,
    /// What.
    pub action: Action,
    /// To what, as `appointment 12`; may be empty.
    pub subject: String,
    /// Whose data.
    pub patient: Option<PatientId>,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// Why it ended so, as a code or a stated reason; may be empty.
    pub reason: String,
    /// Joins the event with the log.
    pub request_id: String,
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Position in the log, from 1, without gaps.
    pub seq: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: AuditDraft,
    /// SHA-256 of the previous event in hex; 64 zeros for the first.
    pub prev: String,
    /// SHA-256 over `prev` and this event in hex.
    pub hash: String,
}
