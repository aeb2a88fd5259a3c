//! The journal of a store read by somebody else than the store: every segment that was ever written, line by line.

use domain::{Appointment, AuditEvent};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// One transaction.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    /// The call that made it; 0 when none says so.
    pub tag: u64,
    /// Position of its audit event.
    pub audit: u64,
    /// The appointment as it left it.
    pub appointment: Option<Appointment>,
    /// Counters with their last number.
    pub counters: Vec<(String, u64)>,
}

/// Reads the segments of some directories, each once, in order. Numbers must follow each other, and every line must
/// link to the one before it.
pub fn read(directories: &[&Path]) -> Result<Vec<Transaction>, String> {
    let mut segments = BTreeMap::new();
    for directory in directories {
        for entry in fs::read_dir(directory).into_iter().flatten() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            segments.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
    let (mut transactions, mut link) = (Vec::new(), "0".repeat(64));
    for (name, text) in &segments {
        for line in text.lines() {
            let json = line.split_once(' ').map(|(_, json)| json);
            let parsed: Option<Value> = json.and_then(|json| serde_json::from_str(json).ok());
            let (Some(json), Some(value)) = (json, parsed) else {
                return Err(format!("{name}: no line of a journal: {line}"));
            };
            if value["seq"].is_null() {
                continue;
            }
            let number = transactions.len() as u64 + 1;
            if value["seq"] != number || value["prev"] != *link {
                return Err(format!("{name}: transaction {number} was to follow: {line}"));
            }
            link = hex(&Sha256::digest(json));
            transactions.push(transaction(&value).ok_or_else(|| format!("{name}: {line}"))?);
        }
    }
    Ok(transactions)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn transaction(value: &Value) -> Option<Transaction> {
    let mut found = Transaction::default();
    for op in value["ops"].as_array()? {
        match op["c"].as_str()? {
            "audit" => {
                let event: AuditEvent = serde_json::from_value(op.clone()).ok()?;
                (found.audit, found.tag) = (event.seq, event.event.reason.parse().unwrap_or(0));
            }
            "appointments" => found.appointment = Some(serde_json::from_value(op["put"].clone()).ok()?),
            "counter" => found.counters.push((op["name"].as_str()?.to_owned(), op["value"].as_u64()?)),
            _ => {}
        }
    }
    Some(found)
}
