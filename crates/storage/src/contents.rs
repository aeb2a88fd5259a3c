//! Everything that a store holds, on its way into another one.

use crate::cursor::hex;
use crate::{Counter, Totals, Versioned};
use domain::{
    AccessEntry, AnsweredRequest, Appointment, AuditAnchor, AuditEvent, Invoice, Patient, PlanEntry, Record,
    Schedule, Session, User,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Rows in the order of their ids.
pub type Rows<T> = Vec<Arc<Versioned<T>>>;

/// Everything that a store held at one moment, with versions and the whole audit chain.
#[derive(Clone, Default)]
pub struct Contents {
    /// Names the store and the moment: of the same position are the same contents.
    pub position: String,
    /// Accounts.
    pub users: Rows<User>,
    /// Patients.
    pub patients: Rows<Patient>,
    /// Doctors' hours.
    pub schedules: Rows<Schedule>,
    /// Sessions.
    pub sessions: Rows<Session>,
    /// Access entries.
    pub access: Rows<AccessEntry>,
    /// Appointments.
    pub appointments: Rows<Appointment>,
    /// Record entries.
    pub records: Rows<Record>,
    /// Bills.
    pub invoices: Rows<Invoice>,
    /// What is planned around appointments.
    pub plan: Rows<PlanEntry>,
    /// Answered requests, in the order of their ids.
    pub requests: Vec<Arc<AnsweredRequest>>,
    /// The last number given, by counter.
    pub counters: BTreeMap<Counter, u64>,
    /// The audit log from its first event.
    pub audit: Vec<Arc<AuditEvent>>,
    /// Its anchors in the order in which they were kept.
    pub anchors: Vec<AuditAnchor>,
}

/// How many rows a collection has, and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The collection.
    pub name: &'static str,
    /// Its rows.
    pub rows: usize,
    /// SHA-256 over all of them in hex.
    pub sha256: String,
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<17} {:>10}  {}", self.name, self.rows, self.sha256)
    }
}

fn sum<T: Serialize>(name: &'static str, rows: impl Iterator<Item = T>) -> Sum {
    let (mut hash, mut count) = (Sha256::new(), 0);
    for row in rows {
        hash.update(serde_json::to_vec(&row).expect("an object has only string keys"));
        hash.update(b"\n");
        count += 1;
    }
    Sum { name, rows: count, sha256: hex(&hash.finalize()) }
}

impl Contents {
    /// Rows of all collections.
    pub fn rows(&self) -> usize {
        self.sizes().iter().sum()
    }

    fn sizes(&self) -> [usize; 11] {
        [
            self.users.len(),
            self.patients.len(),
            self.schedules.len(),
            self.sessions.len(),
            self.access.len(),
            self.appointments.len(),
            self.records.len(),
            self.invoices.len(),
            self.plan.len(),
            self.requests.len(),
            self.audit.len(),
        ]
    }

    /// How much it is.
    pub fn totals(&self) -> Totals {
        Totals {
            users: self.users.len() as u64,
            patients: self.patients.len() as u64,
            appointments: self.appointments.len() as u64,
            medical_records: self.records.len() as u64,
            billings: self.invoices.len() as u64,
        }
    }

    /// Counts and hashes of every collection: equal for equal contents, whatever store they lie in.
    pub fn sums(&self) -> Vec<Sum> {
        let counters = self.counters.iter().filter(|(_, last)| **last > 0);
        vec![
            sum("users", self.users.iter()),
            sum("patients", self.patients.iter()),
            sum("schedules", self.schedules.iter()),
            sum("sessions", self.sessions.iter()),
            sum("access", self.access.iter()),
            sum("appointments", self.appointments.iter()),
            sum("medicalRecords", self.records.iter()),
            sum("billings", self.invoices.iter()),
            sum("plan", self.plan.iter()),
            sum("answeredRequests", self.requests.iter()),
            sum("counters", counters.map(|(counter, last)| (format!("{counter:?}"), last))),
            sum("audit", self.audit.iter()),
            sum("auditAnchors", self.anchors.iter()),
        ]
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contents({}, {:?})", self.position, self.totals())
    }
}
