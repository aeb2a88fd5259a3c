//! What is known of the audit files that no longer grow, so that a narrow question reads few of them.

use super::disk::{Disk, Open};
use crate::AuditFilter;
use domain::AuditEvent;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Events stand in the order of their commits, and their times follow it but for seconds: a day is far beyond that.
const DISORDER: SignedDuration = SignedDuration::from_hours(24);
/// No event is longer: its texts are not.
const LONGEST_LINE: usize = 16 << 10;

/// What a file holds.
#[derive(Debug)]
struct Summary {
    first: Timestamp,
    last: Timestamp,
    actors: BTreeSet<u64>,
    patients: BTreeSet<u128>,
}

impl Summary {
    fn of(events: &[AuditEvent]) -> Option<Self> {
        let times = || events.iter().map(|event| event.event.at);
        Some(Self {
            first: times().min()?,
            last: times().max()?,
            actors: events.iter().filter_map(|event| event.event.actor.map(|id| id.0)).collect(),
            patients: events.iter().filter_map(|event| event.event.patient.map(|id| id.0)).collect(),
        })
    }

    fn may_pass(&self, filter: &AuditFilter) -> bool {
        filter.actor.is_none_or(|id| self.actors.contains(&id.0))
            && filter.patient.is_none_or(|id| self.patients.contains(&id.0))
            && filter.from.is_none_or(|from| self.last >= from)
            && filter.until.is_none_or(|until| self.first < until)
    }
}

/// What was learned of the files so far, by the position of their first event.
#[derive(Debug, Default)]
pub struct AuditIndex {
    summaries: Mutex<BTreeMap<u64, Arc<Summary>>>,
    starts: Mutex<BTreeMap<u64, Timestamp>>,
}

#[derive(Deserialize)]
struct Start {
    at: Timestamp,
}

/// The time of the first event of a file.
fn start_of(disk: &dyn Disk, path: &Path) -> Option<Timestamp> {
    let file = disk.open(path, Open::Read).ok()?;
    let mut bytes = vec![0; LONGEST_LINE];
    let read = file.read_at(&mut bytes, 0).ok()?;
    let line = bytes[..read].split_inclusive(|byte| *byte == b'\n').next()?;
    serde_json::from_slice::<Start>(line).ok().map(|start| start.at)
}

impl AuditIndex {
    /// Keeps what a file holds that was read whole and will not grow.
    pub fn learn(&self, first: u64, events: &[AuditEvent]) {
        if let Some(summary) = Summary::of(events) {
            let mut summaries = self.summaries.lock().unwrap_or_else(PoisonError::into_inner);
            summaries.entry(first).or_insert_with(|| Arc::new(summary));
        }
    }

    fn start(&self, disk: &dyn Disk, first: u64, path: &Path) -> Option<Timestamp> {
        let known = |starts: &BTreeMap<u64, Timestamp>| starts.get(&first).copied();
        if let Some(start) = known(&self.starts.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Some(start);
        }
        let start = start_of(disk, path)?;
        self.starts.lock().unwrap_or_else(PoisonError::into_inner).insert(first, start);
        Some(start)
    }

    /// Whether a file may hold events that pass the filter; `next` is the file after it, if there is one.
    pub fn may_have(
        &self,
        disk: &dyn Disk,
        (first, path): (u64, &Path),
        next: Option<(u64, &Path)>,
        filter: &AuditFilter,
    ) -> bool {
        let summary =
            self.summaries.lock().unwrap_or_else(PoisonError::into_inner).get(&first).map(Arc::clone);
        if let Some(summary) = summary {
            return summary.may_pass(filter);
        }
        let is_later = filter.until.is_some_and(|until| {
            self.start(disk, first, path).is_some_and(|start| start.duration_since(until) > DISORDER)
        });
        let is_earlier = filter.from.zip(next).is_some_and(|(from, (next, path))| {
            self.start(disk, next, path).is_some_and(|start| from.duration_since(start) > DISORDER)
        });
        !is_later && !is_earlier
    }
}
