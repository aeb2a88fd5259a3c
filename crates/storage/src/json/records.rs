//! Table and indexes of record entries.

use super::index::{Walk, merged, reindex, rows_span, span};
use super::op::Op;
use super::state::{Rows, State, Stored};
use crate::{Constraint, Order, RecordFilter, Versioned};
use domain::{Record, RecordId};
use imbl::OrdSet;
use std::sync::Arc;

/// Record entries.
#[derive(Clone, Default)]
pub struct Records {
    /// By id.
    pub rows: Rows<Record>,
    by_patient: OrdSet<(u128, u64)>,
    unlinked: OrdSet<u64>,
    by_author: OrdSet<(u64, u64)>,
    unsigned: OrdSet<(u64, u64)>,
    by_appointment: OrdSet<(u64, u64)>,
}

fn patient_key(record: &Record) -> Option<(u128, u64)> {
    record.patient.id.map(|id| (id.0, record.id.0))
}

fn unlinked_key(record: &Record) -> Option<u64> {
    record.patient.id.is_none().then_some(record.id.0)
}

fn author_key(record: &Record) -> Option<(u64, u64)> {
    record.author.map(|author| (author.0, record.id.0))
}

fn unsigned_key(record: &Record) -> Option<(u64, u64)> {
    record.author.filter(|_| record.is_unsigned_note()).map(|author| (author.0, record.id.0))
}

fn appointment_key(record: &Record) -> Option<(u64, u64)> {
    record.appointment.map(|id| (id.0, record.id.0))
}

impl Stored for Record {
    type Sort = u64;

    fn rows(state: &State) -> &Rows<Self> {
        &state.records.rows
    }
    fn rows_mut(state: &mut State) -> &mut Rows<Self> {
        &mut state.records.rows
    }

    fn find(_: &State, key: &RecordId) -> Option<RecordId> {
        Some(*key)
    }

    fn check(_: &State, _: Option<&Self>, _: &Self) -> Result<(), Constraint> {
        Ok(())
    }

    fn reindex(state: &mut State, old: Option<&Self>, new: Option<&Self>) {
        let all = &mut state.records;
        reindex(&mut all.by_patient, old.and_then(patient_key), new.and_then(patient_key));
        reindex(&mut all.unlinked, old.and_then(unlinked_key), new.and_then(unlinked_key));
        reindex(&mut all.by_author, old.and_then(author_key), new.and_then(author_key));
        reindex(&mut all.unsigned, old.and_then(unsigned_key), new.and_then(unsigned_key));
        reindex(&mut all.by_appointment, old.and_then(appointment_key), new.and_then(appointment_key));
    }

    fn walk<'s>(
        state: &'s State,
        filter: &'s RecordFilter,
        order: Order,
        after: Option<u64>,
    ) -> Walk<'s, u64> {
        let all = &state.records;
        let of_patient = |patient: u128| -> Walk<'s, u64> {
            let bounds = ((patient, 0), (patient, u64::MAX));
            Box::new(span(&all.by_patient, bounds, order, after.map(|id| (patient, id))).map(|(_, id)| *id))
        };
        let of_number = |set: &'s OrdSet<(u64, u64)>, number: u64| -> Walk<'s, u64> {
            let bounds = ((number, 0), (number, u64::MAX));
            Box::new(span(set, bounds, order, after.map(|id| (number, id))).map(|(_, id)| *id))
        };
        if let Some(appointment) = filter.appointment {
            return of_number(&all.by_appointment, appointment.0);
        }
        if let Some(author) = filter.unsigned_by {
            return of_number(&all.unsigned, author.0);
        }
        if let Some(patient) = filter.patient {
            return of_patient(patient.0);
        }
        if let Some(patients) = &filter.patients {
            let mut walks: Vec<_> = patients.iter().map(|patient| of_patient(patient.0)).collect();
            if filter.or_unlinked {
                walks.push(Box::new(span(&all.unlinked, (0, u64::MAX), order, after).copied()));
            }
            return merged(walks, order);
        }
        if let Some(author) = filter.author {
            return of_number(&all.by_author, author.0);
        }
        let bounds = (RecordId(0), RecordId(u64::MAX));
        Box::new(rows_span(&all.rows, bounds, order, after.map(RecordId)).map(|id| id.0))
    }

    fn sort_id(sort: &u64) -> RecordId {
        RecordId(*sort)
    }

    fn passes(&self, filter: &RecordFilter) -> bool {
        let among = |patients: &Vec<_>| match self.patient.id {
            Some(id) => patients.contains(&id),
            None => filter.or_unlinked,
        };
        filter.patient.is_none_or(|patient| self.patient.id == Some(patient))
            && filter.patients.as_ref().is_none_or(among)
            && (filter.kinds.is_empty() || filter.kinds.contains(&self.body.kind()))
            && filter.author.is_none_or(|author| self.author == Some(author))
            && filter.unsigned_by.is_none_or(|author| self.author == Some(author) && self.is_unsigned_note())
            && (!filter.visible_to_patient || self.is_visible_to_patient())
            && filter.appointment.is_none_or(|appointment| self.appointment == Some(appointment))
    }

    fn is_everything(filter: &RecordFilter) -> bool {
        *filter == RecordFilter::default()
    }

    fn op(row: Arc<Versioned<Self>>) -> Op {
        Op::Records(row)
    }
}
