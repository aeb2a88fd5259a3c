//! The table of access entries: by start, account, patient, and by end, so that what nobody needs any more goes.

use super::formats::WITH_ACCESS;
use super::index::{Micros, Walk, micros, reindex, span};
use super::op::Op;
use super::state::{Rows, State, Stored};
use crate::{AccessFilter, Constraint, Order, Versioned};
use domain::{AccessEntry, AccessId, PatientId, UserId};
use imbl::OrdSet;
use std::sync::Arc;

/// Most entries that go when a new one comes: more than one, so that a busy day's are gone before long.
const FORGOTTEN_AT_ONCE: usize = 4;

/// Access entries.
#[derive(Clone, Default)]
pub struct Access {
    /// By id.
    pub rows: Rows<AccessEntry>,
    by_start: OrdSet<(Micros, u128)>,
    by_user: OrdSet<(u64, Micros, u128)>,
    by_patient: OrdSet<(u128, Micros, u128)>,
    /// Only those that can be forgotten.
    by_end: OrdSet<(Micros, u128)>,
}

fn start(entry: &AccessEntry) -> (Micros, u128) {
    (micros(entry.created_at), entry.id.0)
}

fn user(entry: &AccessEntry) -> Option<(u64, Micros, u128)> {
    entry.user.map(|user| (user.0, micros(entry.created_at), entry.id.0))
}

fn patient(entry: &AccessEntry) -> Option<(u128, Micros, u128)> {
    entry.patient.map(|patient| (patient.0, micros(entry.created_at), entry.id.0))
}

fn end(entry: &AccessEntry) -> Option<(Micros, u128)> {
    entry.is_forgettable().then(|| (micros(entry.expires_at), entry.id.0))
}

impl Access {
    fn index(&mut self, old: Option<&AccessEntry>, new: Option<&AccessEntry>) {
        reindex(&mut self.by_start, old.map(start), new.map(start));
        reindex(&mut self.by_user, old.and_then(user), new.and_then(user));
        reindex(&mut self.by_patient, old.and_then(patient), new.and_then(patient));
        reindex(&mut self.by_end, old.and_then(end), new.and_then(end));
    }

    /// Forgets a few that ended before `now`. What goes depends on nothing but what came before, so every process that
    /// reads the journal forgets the same.
    fn forget(&mut self, now: Micros) {
        for _ in 0..FORGOTTEN_AT_ONCE {
            let Some(oldest) = self.by_end.get_min().copied().filter(|(end, _)| *end <= now) else { return };
            self.by_end.remove(&oldest);
            if let Some(row) = self.rows.remove(&AccessId(oldest.1)) {
                self.index(Some(&row.value), None);
            }
        }
    }
}

impl Stored for AccessEntry {
    type Sort = (Micros, u128);

    fn rows(state: &State) -> &Rows<Self> {
        &state.access.rows
    }
    fn rows_mut(state: &mut State) -> &mut Rows<Self> {
        &mut state.access.rows
    }

    fn find(_: &State, key: &AccessId) -> Option<AccessId> {
        Some(*key)
    }

    fn check(_: &State, _: Option<&Self>, _: &Self) -> Result<(), Constraint> {
        Ok(())
    }

    fn since_format(&self) -> u32 {
        WITH_ACCESS
    }

    fn reindex(state: &mut State, old: Option<&Self>, new: Option<&Self>) {
        state.access.index(old, new);
        if let (None, Some(new)) = (old, new) {
            state.access.forget(micros(new.created_at));
        }
    }

    fn walk<'s>(
        state: &'s State,
        filter: &'s AccessFilter,
        order: Order,
        after: Option<Self::Sort>,
    ) -> Walk<'s, Self::Sort> {
        if let Some(PatientId(patient)) = filter.patient {
            let bounds = ((patient, Micros::MIN, 0), (patient, Micros::MAX, u128::MAX));
            let after = after.map(|(start, id)| (patient, start, id));
            return Box::new(
                span(&state.access.by_patient, bounds, order, after).map(|(_, start, id)| (*start, *id)),
            );
        }
        if let Some(UserId(user)) = filter.user {
            let bounds = ((user, Micros::MIN, 0), (user, Micros::MAX, u128::MAX));
            let after = after.map(|(start, id)| (user, start, id));
            return Box::new(
                span(&state.access.by_user, bounds, order, after).map(|(_, start, id)| (*start, *id)),
            );
        }
        let bounds = ((Micros::MIN, 0), (Micros::MAX, u128::MAX));
        Box::new(span(&state.access.by_start, bounds, order, after).copied())
    }

    fn sort_id(sort: &Self::Sort) -> AccessId {
        AccessId(sort.1)
    }

    fn passes(&self, filter: &AccessFilter) -> bool {
        filter.kind.is_none_or(|kind| kind == self.kind())
            && filter.user.is_none_or(|user| Some(user) == self.user)
            && filter.patient.is_none_or(|patient| Some(patient) == self.patient)
            && filter.live_at.is_none_or(|now| self.is_live(now))
            && (!filter.awaiting_review || self.awaits_review())
    }

    fn is_everything(filter: &AccessFilter) -> bool {
        *filter == AccessFilter::default()
    }

    fn op(row: Arc<Versioned<Self>>) -> Op {
        Op::Access(row)
    }
}
