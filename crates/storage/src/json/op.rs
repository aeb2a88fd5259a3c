//! What one transaction did, as the journal keeps it: full images of what it left behind.

use super::formats::StoreFormat;
use crate::{Counter, Versioned};
use domain::{
    AccessEntry, AnsweredRequest, Appointment, AuditEvent, Invoice, Patient, PlanEntry, Record, Schedule,
    Session, User,
};
use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// One operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "c", rename_all = "camelCase")]
pub enum Op {
    /// An account.
    #[serde(with = "row")]
    Users(Arc<Versioned<User>>),
    /// A session.
    #[serde(with = "row")]
    Sessions(Arc<Versioned<Session>>),
    /// Who may get in.
    #[serde(with = "row")]
    Access(Arc<Versioned<AccessEntry>>),
    /// A patient.
    #[serde(with = "row")]
    Patients(Arc<Versioned<Patient>>),
    /// A doctor's hours.
    #[serde(with = "row")]
    Schedules(Arc<Versioned<Schedule>>),
    /// An appointment.
    #[serde(with = "row")]
    Appointments(Arc<Versioned<Appointment>>),
    /// A record entry.
    #[serde(rename = "medicalRecords", with = "row")]
    Records(Arc<Versioned<Record>>),
    /// A bill.
    #[serde(rename = "billings", with = "row")]
    Invoices(Arc<Versioned<Invoice>>),
    /// What is planned around appointments.
    #[serde(with = "row")]
    Plan(Arc<Versioned<PlanEntry>>),
    /// An audit event in its place.
    Audit(Arc<AuditEvent>),
    /// Everything from here on is in this format.
    Activate(StoreFormat),
    /// An answered request.
    Requests(Arc<AnsweredRequest>),
    /// A counter's last number.
    Counter {
        /// Which.
        #[serde(rename = "name", serialize_with = "name_counter", deserialize_with = "named_counter")]
        counter: Counter,
        /// The last number given.
        value: u64,
    },
}

/// One line of the journal.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Number of the transaction, from 1, without gaps.
    pub seq: u64,
    /// Number of the first transaction of the write that it came with.
    pub batch: u64,
    /// The link to the transaction before.
    pub prev: Arc<str>,
    /// When, as far as the transaction itself says: the time of its last audit event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What it did, in order.
    pub ops: Vec<Op>,
}

impl Entry {
    /// The transaction after `link`, the `seq`-th, that raises the format to `format`.
    pub fn activation(seq: u64, batch: u64, link: &Arc<str>, format: StoreFormat) -> Self {
        Self { seq, batch, prev: link.clone(), at: None, ops: vec![Op::Activate(format)] }
    }

    /// The format that begins with it.
    pub fn activates(&self) -> Option<StoreFormat> {
        self.ops.iter().rev().find_map(|op| match op {
            Op::Activate(format) => Some(*format),
            _ => None,
        })
    }
}

mod row {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer, Versioned};

    #[derive(Serialize)]
    struct Out<'a, T> {
        rev: u64,
        put: &'a T,
    }

    #[derive(Deserialize)]
    struct In<T> {
        rev: u64,
        put: T,
    }

    pub fn serialize<T: Serialize, S: Serializer>(
        row: &Arc<Versioned<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Out { rev: row.version, put: &row.value }.serialize(serializer)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Versioned<T>>, D::Error> {
        let In { rev, put } = In::deserialize(deserializer)?;
        Ok(Arc::new(Versioned { value: put, version: rev }))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn name_counter<S: Serializer>(counter: &Counter, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&counter.name())
}

fn named_counter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Counter, D::Error> {
    let name = String::deserialize(deserializer)?;
    Counter::named(&name).ok_or_else(|| D::Error::custom(format!("unknown counter {name}")))
}
