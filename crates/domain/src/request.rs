//! Requests that were answered: what is remembered of them so that a caller who never saw the answer can ask again.

use crate::{RequestDigest, RequestId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A request that had its effect, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnsweredRequest {
    /// Who asked under which key; the key itself is not in it.
    pub id: RequestId,
    /// What was asked; another request under the same key has another one.
    pub asked: RequestDigest,
    /// What came of it, as JSON; never a secret.
    pub outcome: String,
    /// When it had its effect.
    pub answered_at: Timestamp,
}

impl AnsweredRequest {
    /// How long it is remembered.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(24);

    /// Whether it is still remembered at this instant.
    pub fn is_kept(&self, now: Timestamp) -> bool {
        now.duration_since(self.answered_at) < Self::KEPT
    }
}
