//! The whole store in memory as persistent maps: cloning it is cheap, so every unit of work has its own.

use super::access::Access;
use super::appointments::Appointments;
use super::formats::StoreFormat;
use super::index::Walk;
use super::invoices::Invoices;
use super::journal::{self, Linked};
use super::op::{Entry, Op};
use super::patients::Patients;
use super::plan::Plan;
use super::records::Records;
use super::requests::Requests;
use super::users::{Schedules, Sessions, Users};
use crate::cursor::Cursor;
use crate::{Aggregate, Constraint, Counter, Order, Totals, Versioned};
use domain::AuditEvent;
use imbl::{OrdMap, Vector};
use std::sync::Arc;

/// The rows of one collection.
pub type Rows<T> = OrdMap<<T as Aggregate>::Id, Arc<Versioned<T>>>;

/// Everything that is stored, as of one transaction.
#[derive(Clone)]
pub struct State {
    /// Number of the last transaction.
    pub seq: u64,
    /// The link to its line in the journal.
    pub link: Arc<str>,
    /// The format that the directory is in.
    pub format: StoreFormat,
    /// Accounts.
    pub users: Users,
    /// Sessions.
    pub sessions: Sessions,
    /// Access entries.
    pub access: Access,
    /// Patients.
    pub patients: Patients,
    /// Doctors' hours.
    pub schedules: Schedules,
    /// Appointments.
    pub appointments: Appointments,
    /// Record entries.
    pub records: Records,
    /// Bills.
    pub invoices: Invoices,
    /// What is planned around appointments.
    pub plan: Plan,
    /// Answered requests.
    pub requests: Requests,
    /// The last number given, by counter.
    pub counters: OrdMap<Counter, u64>,
    /// Newest audit events; older ones are on disk only.
    pub audit: Vector<Arc<AuditEvent>>,
    /// The end of the audit chain.
    pub audit_head: AuditHead,
}

impl Default for State {
    fn default() -> Self {
        Self {
            seq: 0,
            link: journal::GENESIS.into(),
            format: StoreFormat::default(),
            users: Users::default(),
            sessions: Sessions::default(),
            access: Access::default(),
            patients: Patients::default(),
            schedules: Schedules::default(),
            appointments: Appointments::default(),
            records: Records::default(),
            invoices: Invoices::default(),
            plan: Plan::default(),
            requests: Requests::default(),
            counters: OrdMap::default(),
            audit: Vector::default(),
            audit_head: AuditHead::default(),
        }
    }
}

/// The end of the audit chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// Position of the last event, 0 when there is none.
    pub seq: u64,
    /// Its hash.
    pub hash: Arc<str>,
}

impl Default for AuditHead {
    fn default() -> Self {
        Self { seq: 0, hash: super::audit::GENESIS.into() }
    }
}

/// What the store must know of an aggregate to keep it: its table, indexes and constraints.
pub trait Stored: Aggregate {
    /// What lists are ordered by.
    type Sort: Cursor;

    /// The table.
    fn rows(state: &State) -> &Rows<Self>;
    /// The table.
    fn rows_mut(state: &mut State) -> &mut Rows<Self>;
    /// The identity behind a key.
    fn find(state: &State, key: &Self::Key) -> Option<Self::Id>;
    /// Whether `new` may take the place of `old`.
    fn check(state: &State, old: Option<&Self>, new: &Self) -> Result<(), Constraint>;
    /// The first format that can hold it; older versions beside this one could not go on after it.
    fn since_format(&self) -> u32 {
        0
    }
    /// Moves the index entries of one object; either side may be missing.
    fn reindex(state: &mut State, old: Option<&Self>, new: Option<&Self>);
    /// Sort keys of all that may pass the filter, in order, by the narrowest index.
    fn walk<'s>(
        state: &'s State,
        filter: &'s Self::Filter,
        order: Order,
        after: Option<Self::Sort>,
    ) -> Walk<'s, Self::Sort>;
    /// The rows of that walk. Those of a walk in the order of the table are read where they lie, not looked up again.
    fn walk_rows<'s>(
        state: &'s State,
        filter: &'s Self::Filter,
        order: Order,
        after: Option<Self::Sort>,
    ) -> Walk<'s, (Self::Sort, &'s Arc<Versioned<Self>>)> {
        let rows = Self::rows(state);
        let found = |sort: Self::Sort| rows.get(&Self::sort_id(&sort)).map(|row| (sort, row));
        Box::new(Self::walk(state, filter, order, after).filter_map(found))
    }
    /// The identity within a sort key.
    fn sort_id(sort: &Self::Sort) -> Self::Id;
    /// Whether it passes the filter.
    fn passes(&self, filter: &Self::Filter) -> bool;
    /// Whether the filter lets everything pass.
    fn is_everything(filter: &Self::Filter) -> bool;
    /// The journal's operation that stores it.
    fn op(row: Arc<Versioned<Self>>) -> Op;
}

/// Stores a row and its index entries. Rows of a newer version are left alone, so that applying twice is harmless.
pub fn put<T: Stored>(state: &mut State, row: Arc<Versioned<T>>) {
    let id = row.value.id();
    let old = T::rows(state).get(&id).cloned();
    if old.as_ref().is_some_and(|old| old.version >= row.version) {
        return;
    }
    T::reindex(state, old.as_ref().map(|old| &old.value), Some(&row.value));
    T::rows_mut(state).insert(id, row);
}

impl State {
    /// Applies a committed transaction, which is the next one.
    pub fn apply_transaction(&mut self, transaction: &Linked) {
        transaction.entry.ops.iter().for_each(|op| self.apply(op));
        self.seq = transaction.entry.seq;
        self.link = transaction.link.clone();
    }

    /// Raises the format by a transaction of its own, which is appended to `lines`.
    pub fn activate(
        &mut self,
        format: StoreFormat,
        batch: u64,
        lines: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        let entry = Entry::activation(self.seq + 1, batch, &self.link, format);
        self.link = journal::encode(&entry, lines)?;
        (self.seq, self.format) = (entry.seq, format);
        tracing::info!(format = format.format, "every process here can follow: the format is raised");
        Ok(())
    }

    /// Applies one operation of a committed transaction.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Users(row) => put(self, row.clone()),
            Op::Sessions(row) => put(self, row.clone()),
            Op::Access(row) => put(self, row.clone()),
            Op::Patients(row) => put(self, row.clone()),
            Op::Schedules(row) => put(self, row.clone()),
            Op::Appointments(row) => put(self, row.clone()),
            Op::Records(row) => put(self, row.clone()),
            Op::Invoices(row) => put(self, row.clone()),
            Op::Plan(row) => put(self, row.clone()),
            Op::Requests(request) => self.requests.put(request.clone()),
            Op::Audit(event) => self.push_audit(event.clone()),
            Op::Activate(format) => self.format = *format,
            Op::Counter { counter, value } => {
                self.counters.insert(*counter, *value);
            }
        }
    }

    /// Adds an event at the end of the chain.
    pub fn push_audit(&mut self, event: Arc<AuditEvent>) {
        if event.seq > self.audit_head.seq {
            self.audit_head = AuditHead { seq: event.seq, hash: event.hash.as_str().into() };
            self.audit.push_back(event);
        }
    }

    /// Drops the oldest events from memory that are also in the audit files, keeping `most`.
    pub fn trim_audit(&mut self, most: usize, flushed: u64) {
        while self.audit.len() > most && self.audit.front().is_some_and(|event| event.seq <= flushed) {
            self.audit.pop_front();
        }
    }

    /// How much is stored.
    pub fn totals(&self) -> Totals {
        Totals {
            users: self.users.rows.len() as u64,
            patients: self.patients.rows.len() as u64,
            appointments: self.appointments.rows.len() as u64,
            medical_records: self.records.rows.len() as u64,
            billings: self.invoices.rows.len() as u64,
        }
    }
}
