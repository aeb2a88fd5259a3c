//! The table of answered requests: by id, and by age so that expired ones are found without looking for them.

use super::index::{Micros, micros};
use domain::{AnsweredRequest, RequestId};
use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use std::sync::Arc;

/// Most expired ones that go when a new one comes: more than one, so that a busy day's are gone before long.
const FORGOTTEN_AT_ONCE: usize = 4;

/// Answered requests.
#[derive(Clone, Default)]
pub struct Requests {
    rows: OrdMap<RequestId, Arc<AnsweredRequest>>,
    by_age: OrdSet<(Micros, RequestId)>,
}

fn age(request: &AnsweredRequest) -> (Micros, RequestId) {
    (micros(request.answered_at), request.id)
}

impl Requests {
    /// The one with this id, if it is still kept at `now`.
    pub fn get(&self, id: RequestId, now: Timestamp) -> Option<&Arc<AnsweredRequest>> {
        self.rows.get(&id).filter(|request| request.is_kept(now))
    }

    /// All of them, by id.
    pub fn rows(&self) -> impl Iterator<Item = &Arc<AnsweredRequest>> {
        self.rows.values()
    }

    /// Adds one, and forgets a few that expired by then. What goes depends on nothing but what came before, so every
    /// process that reads the journal forgets the same.
    pub fn put(&mut self, request: Arc<AnsweredRequest>) {
        for _ in 0..FORGOTTEN_AT_ONCE {
            let Some(oldest) = self.by_age.get_min().copied() else { break };
            if self.get(oldest.1, request.answered_at).is_some() {
                break;
            }
            self.by_age.remove(&oldest);
            self.rows.remove(&oldest.1);
        }
        self.insert(request);
    }

    /// Adds one and forgets nothing.
    pub fn insert(&mut self, request: Arc<AnsweredRequest>) {
        self.by_age.insert(age(&request));
        if let Some(replaced) = self.rows.insert(request.id, request.clone())
            && replaced.answered_at != request.answered_at
        {
            self.by_age.remove(&age(&replaced));
        }
    }
}
