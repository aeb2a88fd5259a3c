//! A unit of work on a state of its own: nobody sees what it does until the committer has it on disk.

use super::audit::{self, AuditReader};
use super::index::page;
use super::op::{Entry, Op};
use super::state::{State, Stored, put};
use crate::cursor::Cursor;
use crate::{
    AnsweredRequests, AuditFilter, AuditLog, Constraint, Counter, Counters, Page, PageRequest, Repository,
    StorageError, Totals, Tx, Version, Versioned,
};
use async_trait::async_trait;
use domain::audit::AuditDraft;
use domain::{
    AccessEntry, AnsweredRequest, Appointment, AuditEvent, Invoice, Patient, PlanEntry, Record, RequestId,
    Schedule, Session, User,
};
use jiff::Timestamp;
use std::sync::Arc;

/// A unit of work in progress.
pub struct JsonTx {
    base: Arc<State>,
    working: Option<State>,
    ops: Vec<Op>,
    writable: bool,
    audit_files: Arc<AuditReader>,
}

impl JsonTx {
    /// A unit of work on `base`.
    pub fn new(base: Arc<State>, audit_files: Arc<AuditReader>, writable: bool) -> Self {
        Self { base, working: None, ops: Vec::new(), writable, audit_files }
    }

    fn state(&self) -> &State {
        self.working.as_ref().unwrap_or(&self.base)
    }

    fn state_mut(&mut self) -> Result<&mut State, StorageError> {
        if !self.writable {
            return Err(StorageError::ReadOnly);
        }
        Ok(self.working.get_or_insert_with(|| State::clone(&self.base)))
    }

    /// The state after it and its journal entry; `None` when it wrote nothing.
    pub fn finish(self, batch: u64) -> Option<(State, Entry)> {
        let mut state = self.working?;
        if self.ops.is_empty() {
            return None;
        }
        state.seq += 1;
        let at = self.ops.iter().rev().find_map(|op| match op {
            Op::Audit(event) => Some(event.event.at),
            _ => None,
        });
        let entry = Entry { seq: state.seq, batch, prev: state.link.clone(), at, ops: self.ops };
        Some((state, entry))
    }

    fn store<T: Stored>(&mut self, row: Versioned<T>) -> Result<Version, StorageError> {
        if self.state().format.format < row.value.since_format() {
            let why = "an older version of the program still runs on this directory";
            return Err(StorageError::Unavailable(why.to_owned()));
        }
        let version = row.version;
        let row = Arc::new(row);
        put(self.state_mut()?, row.clone());
        self.ops.push(T::op(row));
        Ok(version)
    }
}

#[async_trait]
impl<T: Stored> Repository<T> for JsonTx {
    async fn lookup(&mut self, key: &T::Key) -> Result<Option<Versioned<T>>, StorageError> {
        let state = self.state();
        Ok(T::find(state, key).and_then(|id| T::rows(state).get(&id)).map(|row| Versioned::clone(row)))
    }

    async fn list(
        &mut self,
        filter: &T::Filter,
        request: &PageRequest,
    ) -> Result<Page<Versioned<T>>, StorageError> {
        let after = match &request.after {
            None => None,
            Some(text) => match T::Sort::decode(text) {
                None => return Ok(Page { items: Vec::new(), next: None }),
                after => after,
            },
        };
        let state = self.state();
        let walk =
            T::walk_rows(state, filter, request.order, after).filter(|(_, row)| row.value.passes(filter));
        Ok(page(walk, request))
    }

    async fn count(&mut self, filter: &T::Filter) -> Result<u64, StorageError> {
        let state = self.state();
        let rows = T::rows(state);
        if T::is_everything(filter) {
            return Ok(rows.len() as u64);
        }
        let walk = T::walk(state, filter, crate::Order::Ascending, None);
        let passing =
            walk.filter(|sort| rows.get(&T::sort_id(sort)).is_some_and(|row| row.value.passes(filter)));
        Ok(passing.count() as u64)
    }

    async fn insert(&mut self, value: T) -> Result<Version, StorageError> {
        let state = self.state_mut()?;
        if T::rows(state).contains_key(&value.id()) {
            return Err(StorageError::Conflict(Constraint::Id));
        }
        T::check(state, None, &value).map_err(StorageError::Conflict)?;
        self.store(Versioned { value, version: 1 })
    }

    async fn update(&mut self, expected: Version, value: T) -> Result<Version, StorageError> {
        let state = self.state_mut()?;
        let old = T::rows(state).get(&value.id()).filter(|row| row.version == expected).cloned();
        let old = old.ok_or(StorageError::Stale)?;
        T::check(state, Some(&old.value), &value).map_err(StorageError::Conflict)?;
        self.store(Versioned { value, version: expected + 1 })
    }
}

#[async_trait]
impl AuditLog for JsonTx {
    async fn append(&mut self, event: AuditDraft) -> Result<(), StorageError> {
        let state = self.state_mut()?;
        let event = Arc::new(audit::chained(&state.audit_head, event));
        state.push_audit(event.clone());
        self.ops.push(Op::Audit(event));
        Ok(())
    }

    async fn list(
        &mut self,
        filter: &AuditFilter,
        request: &PageRequest,
    ) -> Result<Page<AuditEvent>, StorageError> {
        audit::list(self.state(), &self.audit_files, filter, request)
    }
}

#[async_trait]
impl Counters for JsonTx {
    async fn next(&mut self, counter: Counter) -> Result<u64, StorageError> {
        let state = self.state_mut()?;
        let value = state.counters.get(&counter).copied().unwrap_or(0) + 1;
        state.counters.insert(counter, value);
        self.ops.push(Op::Counter { counter, value });
        Ok(value)
    }
}

#[async_trait]
impl AnsweredRequests for JsonTx {
    async fn recall(
        &mut self,
        id: RequestId,
        now: Timestamp,
    ) -> Result<Option<AnsweredRequest>, StorageError> {
        Ok(self.state().requests.get(id, now).map(|request| AnsweredRequest::clone(request)))
    }

    async fn keep(&mut self, request: AnsweredRequest) -> Result<(), StorageError> {
        let state = self.state_mut()?;
        if state.requests.get(request.id, request.answered_at).is_some() {
            return Err(StorageError::Conflict(Constraint::Id));
        }
        let request = Arc::new(request);
        state.requests.put(request.clone());
        self.ops.push(Op::Requests(request));
        Ok(())
    }
}

#[async_trait]
impl Tx for JsonTx {
    fn users(&mut self) -> &mut dyn Repository<User> {
        self
    }
    fn sessions(&mut self) -> &mut dyn Repository<Session> {
        self
    }
    fn access(&mut self) -> &mut dyn Repository<AccessEntry> {
        self
    }
    fn patients(&mut self) -> &mut dyn Repository<Patient> {
        self
    }
    fn schedules(&mut self) -> &mut dyn Repository<Schedule> {
        self
    }
    fn appointments(&mut self) -> &mut dyn Repository<Appointment> {
        self
    }
    fn records(&mut self) -> &mut dyn Repository<Record> {
        self
    }
    fn invoices(&mut self) -> &mut dyn Repository<Invoice> {
        self
    }
    fn plan(&mut self) -> &mut dyn Repository<PlanEntry> {
        self
    }
    fn audit(&mut self) -> &mut dyn AuditLog {
        self
    }
    fn counters(&mut self) -> &mut dyn Counters {
        self
    }
    fn requests(&mut self) -> &mut dyn AnsweredRequests {
        self
    }

    async fn totals(&mut self) -> Result<Totals, StorageError> {
        Ok(self.state().totals())
    }

    async fn undo(&mut self) -> Result<(), StorageError> {
        self.working = None;
        self.ops.clear();
        Ok(())
    }
}
