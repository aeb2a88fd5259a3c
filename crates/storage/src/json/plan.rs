//! The table of what is planned around appointments: by beginning, patient, appointment, by when something is due, and by
//! end, so that what nobody needs any more goes.

use super::formats::WITH_PLAN;
use super::index::{Micros, Walk, micros, reindex, sorted, span};
use super::op::Op;
use super::state::{Rows, State, Stored};
use crate::{Constraint, Order, PlanFilter, Versioned};
use domain::{PatientId, PlanEntry, PlanId, PlanKind};
use imbl::OrdSet;
use std::sync::Arc;

/// Most entries that go when a new one comes: more than one, so that a busy day's are gone before long.
const FORGOTTEN_AT_ONCE: usize = 4;

/// What is planned.
#[derive(Clone, Default)]
pub struct Plan {
    /// By id.
    pub rows: Rows<PlanEntry>,
    by_beginning: OrdSet<(Micros, u128)>,
    by_patient: OrdSet<(u128, Micros, u128)>,
    by_appointment: OrdSet<(u64, Micros, u128)>,
    /// Only those about which something is to be done; by kind.
    by_due: OrdSet<(PlanKind, Micros, u128)>,
    /// Only those that can be forgotten.
    by_end: OrdSet<(Micros, u128)>,
}

fn beginning(entry: &PlanEntry) -> (Micros, u128) {
    (micros(entry.created_at), entry.id.0)
}

fn patient(entry: &PlanEntry) -> Option<(u128, Micros, u128)> {
    entry.patient.map(|patient| (patient.0, micros(entry.created_at), entry.id.0))
}

fn appointment(entry: &PlanEntry) -> Option<(u64, Micros, u128)> {
    entry.appointment.map(|appointment| (appointment.0, micros(entry.created_at), entry.id.0))
}

fn due(entry: &PlanEntry) -> Option<(PlanKind, Micros, u128)> {
    entry.due_at.map(|due| (entry.kind(), micros(due), entry.id.0))
}

fn end(entry: &PlanEntry) -> Option<(Micros, u128)> {
    entry.kept_until.map(|end| (micros(end), entry.id.0))
}

impl Plan {
    fn index(&mut self, old: Option<&PlanEntry>, new: Option<&PlanEntry>) {
        reindex(&mut self.by_beginning, old.map(beginning), new.map(beginning));
        reindex(&mut self.by_patient, old.and_then(patient), new.and_then(patient));
        reindex(&mut self.by_appointment, old.and_then(appointment), new.and_then(appointment));
        reindex(&mut self.by_due, old.and_then(due), new.and_then(due));
        reindex(&mut self.by_end, old.and_then(end), new.and_then(end));
    }

    /// Forgets a few that ended before `now`. What goes depends on nothing but what came before, so every process that
    /// reads the journal forgets the same.
    fn forget(&mut self, now: Micros) {
        for _ in 0..FORGOTTEN_AT_ONCE {
            let Some(oldest) = self.by_end.get_min().copied().filter(|(end, _)| *end <= now) else { return };
            self.by_end.remove(&oldest);
            if let Some(row) = self.rows.remove(&PlanId(oldest.1)) {
                self.index(Some(&row.value), None);
            }
        }
    }
}

impl Stored for PlanEntry {
    type Sort = (Micros, u128);

    fn rows(state: &State) -> &Rows<Self> {
        &state.plan.rows
    }
    fn rows_mut(state: &mut State) -> &mut Rows<Self> {
        &mut state.plan.rows
    }

    fn find(_: &State, key: &PlanId) -> Option<PlanId> {
        Some(*key)
    }

    fn check(_: &State, _: Option<&Self>, _: &Self) -> Result<(), Constraint> {
        Ok(())
    }

    fn since_format(&self) -> u32 {
        WITH_PLAN
    }

    fn reindex(state: &mut State, old: Option<&Self>, new: Option<&Self>) {
        state.plan.index(old, new);
        if let (None, Some(new)) = (old, new) {
            state.plan.forget(micros(new.created_at));
        }
    }

    fn walk<'s>(
        state: &'s State,
        filter: &'s PlanFilter,
        order: Order,
        after: Option<Self::Sort>,
    ) -> Walk<'s, Self::Sort> {
        let plan = &state.plan;
        if let Some(appointment) = filter.appointment {
            let bounds = ((appointment.0, Micros::MIN, 0), (appointment.0, Micros::MAX, u128::MAX));
            let after = after.map(|(begun, id)| (appointment.0, begun, id));
            let found = span(&plan.by_appointment, bounds, order, after);
            return Box::new(found.map(|(_, begun, id)| (*begun, *id)));
        }
        if let Some(PatientId(patient)) = filter.patient {
            let bounds = ((patient, Micros::MIN, 0), (patient, Micros::MAX, u128::MAX));
            let after = after.map(|(begun, id)| (patient, begun, id));
            return Box::new(
                span(&plan.by_patient, bounds, order, after).map(|(_, begun, id)| (*begun, *id)),
            );
        }
        if let (Some(kind), true) = (filter.kind, filter.open || filter.due_until.is_some()) {
            let until = filter.due_until.map_or(Micros::MAX, micros);
            let bounds = ((kind, Micros::MIN, 0), (kind, until, u128::MAX));
            let found = span(&plan.by_due, bounds, Order::Ascending, None);
            let keys =
                found.filter_map(|(.., id)| plan.rows.get(&PlanId(*id))).map(|row| beginning(&row.value));
            return sorted(keys, order, after.as_ref());
        }
        let bounds = ((Micros::MIN, 0), (Micros::MAX, u128::MAX));
        Box::new(span(&plan.by_beginning, bounds, order, after).copied())
    }

    fn sort_id(sort: &Self::Sort) -> PlanId {
        PlanId(sort.1)
    }

    fn passes(&self, filter: &PlanFilter) -> bool {
        filter.kind.is_none_or(|kind| kind == self.kind())
            && filter.patient.is_none_or(|patient| Some(patient) == self.patient)
            && filter.appointment.is_none_or(|appointment| Some(appointment) == self.appointment)
            && filter.due_until.is_none_or(|until| self.due_at.is_some_and(|due| due <= until))
            && (!filter.open || self.due_at.is_some())
            && filter.message.passes(self)
    }

    fn is_everything(filter: &PlanFilter) -> bool {
        *filter == PlanFilter::default()
    }

    fn op(row: Arc<Versioned<Self>>) -> Op {
        Op::Plan(row)
    }
}
