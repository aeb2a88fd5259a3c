//! Requests that can be sent again when their outcome stayed unknown: the second one gets the answer of the first.

#[cfg(test)]
mod tests;

use crate::{Actor, ServiceError, Unit};
use domain::{AnsweredRequest, RequestDigest, RequestId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The key under which a caller sends a request, and what it asks for. Only digests are kept: the key is in both of
/// them, so nothing that was asked (a password, say) can be guessed from what is stored.
#[derive(Clone, Debug)]
pub struct RequestKey {
    id: RequestId,
    asked: RequestDigest,
    replayed: Arc<AtomicBool>,
}

impl RequestKey {
    /// A key that a program chose. Keys of different accounts are different keys; those of callers who are not signed
    /// in belong to `place`, the path. `request` is everything that makes the request what it is.
    pub fn of_program(actor: &Actor, place: &str, key: &str, request: &[&[u8]]) -> Self {
        Self::new(actor, place, &[key.as_bytes()], key, request)
    }

    /// A key that came with a form. A form that was filled in anew is another request, even when the browser shows it
    /// from its memory with the key that it had.
    pub fn of_form(actor: &Actor, place: &str, key: &str, request: &[&[u8]]) -> Self {
        let asked = digest("form", &[&[key.as_bytes()], request].concat());
        Self::new(actor, place, &[key.as_bytes(), &asked.to_be_bytes()], key, request)
    }

    fn new(actor: &Actor, place: &str, chosen: &[&[u8]], key: &str, request: &[&[u8]]) -> Self {
        let scope = match actor.user() {
            Some(user) => format!("account {user}"),
            None => format!("anonymous {place}"),
        };
        Self {
            id: RequestId(digest("id", &[&[scope.as_bytes()], chosen].concat())),
            asked: RequestDigest(digest("asked", &[&[key.as_bytes()], request].concat())),
            replayed: Arc::default(),
        }
    }

    /// Whether the answer was that of an earlier request.
    pub fn is_replayed(&self) -> bool {
        self.replayed.load(Ordering::Acquire)
    }

    /// Notes that it was.
    pub(crate) fn note_replay(&self) {
        self.replayed.store(true, Ordering::Release);
    }
}

/// The first half of a SHA-256 over parts that cannot run into each other.
pub(crate) fn digest(purpose: &str, parts: &[&[u8]]) -> u128 {
    let mut hash = Sha256::new();
    for part in [&[purpose.as_bytes()], parts].concat() {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).fold(0, |value, byte| (value << 8) | u128::from(*byte))
}

/// How the outcome of a use case is kept for whoever asks again.
pub struct Kept<T> {
    /// Writes it down, without secrets.
    pub write: fn(&T) -> serde_json::Result<String>,
    /// Reads what was written down.
    pub read: fn(&str) -> serde_json::Result<T>,
}

impl<T: Serialize + DeserializeOwned> Kept<T> {
    /// As it is.
    pub const WHOLE: Self =
        Self { write: |outcome| serde_json::to_string(outcome), read: |text| serde_json::from_str(text) };
}

fn fault(error: serde_json::Error) -> ServiceError {
    ServiceError::Internal(format!("the outcome of a request: {error}"))
}

impl Unit<'_> {
    /// The outcome of the same request, if it was answered before.
    pub(crate) async fn recall<T>(&mut self, kept: &Kept<T>) -> Result<Option<T>, ServiceError> {
        let Some(key) = &self.actor.request else { return Ok(None) };
        let Some(request) = self.tx.requests().recall(key.id, self.now).await? else { return Ok(None) };
        if request.asked != key.asked {
            return Err(ServiceError::KeyReused);
        }
        let outcome = (kept.read)(&request.outcome).map_err(fault)?;
        key.note_replay();
        Ok(Some(outcome))
    }

    /// The request and its outcome, to be kept with everything else that the unit of work stores; `None` for a request
    /// without a key.
    pub(crate) fn answered<T>(
        &self,
        kept: &Kept<T>,
        outcome: &T,
    ) -> Result<Option<AnsweredRequest>, ServiceError> {
        let Some(key) = &self.actor.request else { return Ok(None) };
        let outcome = (kept.write)(outcome).map_err(fault)?;
        Ok(Some(AnsweredRequest { id: key.id, asked: key.asked, outcome, answered_at: self.now }))
    }
}
