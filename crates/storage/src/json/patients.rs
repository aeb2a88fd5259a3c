//! Table and indexes of patients.

use super::index::{Walk, reindex, remap, sorted, span};
use super::op::Op;
use super::state::{Rows, State, Stored};
use crate::{Constraint, Order, PatientFilter, PatientKey, Versioned};
use domain::person::folded_name;
use domain::{Mrn, Patient, PatientId, UserId};
use imbl::{OrdMap, OrdSet};
use std::sync::Arc;

/// Patients.
#[derive(Clone, Default)]
pub struct Patients {
    /// By id.
    pub rows: Rows<Patient>,
    by_user: OrdMap<UserId, PatientId>,
    by_mrn: OrdMap<Mrn, PatientId>,
    by_name: OrdSet<(Arc<str>, u128)>,
    by_full_name: OrdSet<(Arc<str>, u128)>,
}

/// Family name, given name, id: the order of the list. The zero byte sorts before every letter.
fn list_key(patient: &Patient) -> (Arc<str>, u128) {
    let name = format!("{}\0{}", patient.name.family.to_lowercase(), patient.name.given.to_lowercase());
    (name.into(), patient.id.0)
}

fn full_name_key(patient: &Patient) -> (Arc<str>, u128) {
    (folded_name(&patient.name.full()).into(), patient.id.0)
}

impl Stored for Patient {
    type Sort = (Arc<str>, u128);

    fn rows(state: &State) -> &Rows<Self> {
        &state.patients.rows
    }
    fn rows_mut(state: &mut State) -> &mut Rows<Self> {
        &mut state.patients.rows
    }

    fn find(state: &State, key: &PatientKey) -> Option<PatientId> {
        match key {
            PatientKey::Id(id) => Some(*id),
            PatientKey::Mrn(mrn) => state.patients.by_mrn.get(mrn).copied(),
            PatientKey::User(user) => state.patients.by_user.get(user).copied(),
        }
    }

    fn check(state: &State, _: Option<&Self>, new: &Self) -> Result<(), Constraint> {
        let held = |holder: Option<&PatientId>| holder.is_some_and(|holder| *holder != new.id);
        if new.user.is_some_and(|user| held(state.patients.by_user.get(&user))) {
            return Err(Constraint::PatientUser);
        }
        if held(state.patients.by_mrn.get(&new.mrn)) {
            return Err(Constraint::PatientMrn);
        }
        Ok(())
    }

    fn reindex(state: &mut State, old: Option<&Self>, new: Option<&Self>) {
        let Some(id) = new.or(old).map(|patient| patient.id) else { return };
        let user = |patient: &Self| patient.user;
        remap(&mut state.patients.by_user, old.and_then(user), new.and_then(user), &id);
        remap(&mut state.patients.by_mrn, old.map(|it| it.mrn), new.map(|it| it.mrn), &id);
        reindex(&mut state.patients.by_name, old.map(list_key), new.map(list_key));
        reindex(&mut state.patients.by_full_name, old.map(full_name_key), new.map(full_name_key));
    }

    fn walk<'s>(
        state: &'s State,
        filter: &'s PatientFilter,
        order: Order,
        after: Option<Self::Sort>,
    ) -> Walk<'s, Self::Sort> {
        if let Some(name) = &filter.folded_name {
            let name: Arc<str> = name.as_str().into();
            let bounds = ((name.clone(), 0), (name, u128::MAX));
            let namesakes = span(&state.patients.by_full_name, bounds, Order::Ascending, None);
            let keys = namesakes.filter_map(|(_, id)| state.patients.rows.get(&PatientId(*id)));
            return sorted(keys.map(|row| list_key(&row.value)), order, after.as_ref());
        }
        let names = &state.patients.by_name;
        let (Some(first), Some(last)) = (names.get_min(), names.get_max()) else {
            return Box::new(std::iter::empty());
        };
        Box::new(span(names, (first.clone(), last.clone()), order, after).cloned())
    }

    fn sort_id(sort: &Self::Sort) -> PatientId {
        PatientId(sort.1)
    }

    fn passes(&self, filter: &PatientFilter) -> bool {
        filter.birth_date.is_none_or(|date| self.birth_date == Some(date))
            && filter.folded_name.as_ref().is_none_or(|name| folded_name(&self.name.full()) == *name)
            && filter.text.as_ref().is_none_or(|text| self.matches(text))
    }

    fn is_everything(filter: &PatientFilter) -> bool {
        *filter == PatientFilter::default()
    }

    fn op(row: Arc<Versioned<Self>>) -> Op {
        Op::Patients(row)
    }
}
