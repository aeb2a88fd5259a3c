//! Founding a store of files that were exported from another one, or of the old system's.

use super::checkpoint::{FILES, Manifest};
use super::edits::EditedFile;
use super::files::{self, IoContext as _};
use super::load::{self, Source, each_row};
use super::open::{self, JsonOptions};
use super::progress::Progress;
use super::rows::{
    AccessRow, AppointmentRow, InvoiceRow, PatientRow, PlanRow, RecordRow, Row, ScheduleRow, SessionRow,
    UserRow,
};
use super::state::{State, Stored};
use super::{JsonStore, OpenError, OpenReport, backup, legacy};
use crate::Counter;
use domain::{Appointment, Invoice, Mrn, Patient, Record, Schedule, User};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Makes a new store in the empty directory of the options out of the files in `from`: those of an export, or the old
/// system's five. Nothing in `from` is changed. The new store has a name and a journal of its own, and no history.
///
/// # Errors
/// [`OpenError::EditRefused`] for files that are not whole, or not as an export writes them;
/// [`OpenError::Unreadable`] for the old system's; [`OpenError::NotEmpty`].
pub fn import(options: &JsonOptions, from: &Path, progress: &dyn Progress) -> Result<OpenReport, OpenError> {
    let disk = options.disk.as_ref();
    progress.begin("reading the files", 0);
    if disk.exists(&from.join("store.json")) {
        return Err(OpenError::EditRefused {
            path: from.to_owned(),
            row: "store.json".to_owned(),
            what:
                "this is a data directory or a backup of one, with more in it than these files: use restore"
                    .to_owned(),
        });
    }
    let is_own = |name: &&str| !legacy::FILES.contains(name) && disk.exists(&from.join(name));
    if !FILES.iter().any(is_own) {
        return import_old(options, from, progress);
    }
    let state = read(options, from)?;
    let report =
        OpenReport { imported: state.totals(), warnings: conflicts(&state), ..OpenReport::default() };
    backup::empty_directory(disk, &options.directory)?;
    progress.begin("writing the store", 0);
    open::found(options, &state)?;
    Ok(report)
}

/// The old system's directory: its files are copied, and the first opening takes them over.
fn import_old(options: &JsonOptions, from: &Path, progress: &dyn Progress) -> Result<OpenReport, OpenError> {
    let disk = options.disk.as_ref();
    let names: Vec<_> = legacy::FILES.into_iter().filter(|name| disk.exists(&from.join(name))).collect();
    if names.is_empty() {
        let error = std::io::Error::new(std::io::ErrorKind::NotFound, "there are no files to import");
        return Err(OpenError::Io { path: from.to_owned(), error });
    }
    // Before anything is written: whether they can be read at all.
    legacy::import(&JsonOptions { directory: from.to_owned(), ..options.clone() })?;
    backup::empty_directory(disk, &options.directory)?;
    progress.begin("copying the old system's files", names.len() as u64);
    for name in names {
        backup::copy(disk, &from.join(name), &options.directory.join(name))?;
        progress.advance(1);
    }
    progress.begin("taking them over", 0);
    Ok(JsonStore::open(options.clone())?.report().clone())
}

/// The state that the files hold, as the first one of a new store.
fn read(options: &JsonOptions, from: &Path) -> Result<State, OpenError> {
    let disk = options.disk.as_ref();
    let mut manifest = Manifest::of_nothing(options.formats.own());
    let mut counts = BTreeMap::new();
    for name in FILES {
        let path = from.join(name);
        // Exports of before there were access entries, or plans, have no file of them.
        if matches!(name, "access.json" | "plan.json") && !disk.exists(&path) {
            continue;
        }
        let bytes = files::read(disk, &path).at(&path)?;
        let file = Exported { path, bytes, options };
        counts.extend(file.check(name)?.map(|count| (name, count)));
        manifest.files.insert(name.to_owned(), files::sha256(&file.bytes));
    }
    let loaded = load::load_from(disk, &Source::Kept(from.to_owned()), &manifest, options.opened_at)?;
    let state = loaded.state;
    let kept = [
        ("users.json", state.users.rows.len()),
        ("patients.json", state.patients.rows.len()),
        ("schedules.json", state.schedules.rows.len()),
        ("appointments.json", state.appointments.rows.len()),
        ("medicalRecords.json", state.records.rows.len()),
        ("billings.json", state.invoices.rows.len()),
    ];
    for (name, kept) in kept {
        let count = counts.get(name).copied().unwrap_or(0);
        if kept != count {
            let what = format!("{count} rows have {kept} different ids");
            return Err(OpenError::EditRefused { path: from.join(name), row: "the file".to_owned(), what });
        }
    }
    check_counters(&state, from)?;
    Ok(state)
}

/// A file of an export.
struct Exported<'a> {
    path: PathBuf,
    bytes: Vec<u8>,
    options: &'a JsonOptions,
}

impl Exported<'_> {
    /// Whether every row is as an export would write it, so that nothing in it is passed over; how many there are.
    fn check(&self, name: &str) -> Result<Option<usize>, OpenError> {
        let count = match name {
            "users.json" => self.rows::<UserRow>()?,
            "patients.json" => self.rows::<PatientRow>()?,
            "schedules.json" => self.rows::<ScheduleRow>()?,
            "sessions.json" => self.rows::<SessionRow>()?,
            "access.json" => self.rows::<AccessRow>()?,
            "appointments.json" => self.rows::<AppointmentRow>()?,
            "medicalRecords.json" => self.rows::<RecordRow>()?,
            "billings.json" => self.rows::<InvoiceRow>()?,
            "plan.json" => self.rows::<PlanRow>()?,
            _ => return Ok(None),
        };
        Ok(Some(count))
    }

    fn rows<R: Row + DeserializeOwned + Serialize>(&self) -> Result<usize, OpenError> {
        let file = EditedFile { path: &self.path, options: self.options };
        let (mut count, mut refusal) = (0, None);
        let each = |row: Value| {
            count += 1;
            if refusal.is_none() {
                refusal = file.read::<R>(&format!("row {count}"), row, None).err();
            }
        };
        each_row(&self.bytes, each).map_err(|error| file.not_json(&error))?;
        refusal.map_or(Ok(count), Err)
    }
}

/// Numbers must go on where the rows end.
fn check_counters(state: &State, from: &Path) -> Result<(), OpenError> {
    let mut largest: BTreeMap<Counter, u64> = BTreeMap::new();
    let mut see = |counter, number: u64| {
        let largest = largest.entry(counter).or_default();
        *largest = number.max(*largest);
    };
    state.users.rows.keys().for_each(|id| see(Counter::User, id.0));
    state.appointments.rows.keys().for_each(|id| see(Counter::Appointment, id.0));
    state.records.rows.keys().for_each(|id| see(Counter::MedicalRecord, id.0));
    for (id, row) in &state.invoices.rows {
        see(Counter::Billing, id.0);
        row.value
            .issue
            .iter()
            .for_each(|issue| see(Counter::Invoice(issue.number.year), issue.number.serial));
        for payment in &row.value.payments {
            see(Counter::Receipt(payment.receipt.year), payment.receipt.serial);
        }
        for note in row.value.credit_notes() {
            see(Counter::CreditNote(note.number.year), note.number.serial);
        }
    }
    let refused = |counter: Counter, what: String| {
        let row = format!("counter {}", counter.name());
        Err(OpenError::EditRefused { path: from.join("counters.json"), row, what })
    };
    let given = |counter: Counter| state.counters.get(&counter).copied().unwrap_or(0);
    for (counter, largest) in largest {
        if largest > given(counter) {
            return refused(counter, format!("the next number must be above {largest}, which is in use"));
        }
    }
    let next = (given(Counter::Mrn) + 1..).find_map(Mrn::from_serial);
    if next.is_some_and(|mrn| Patient::find(state, &crate::PatientKey::Mrn(mrn)).is_some()) {
        return refused(Counter::Mrn, "the next medical record number is in use".to_owned());
    }
    Ok(())
}

/// Objects that no one could make today beside the others. They are taken in all the same: the old system let them pass.
fn conflicts(state: &State) -> Vec<String> {
    let mut found = Vec::new();
    conflicts_of::<User>(state, &mut found);
    conflicts_of::<Patient>(state, &mut found);
    conflicts_of::<Schedule>(state, &mut found);
    conflicts_of::<Appointment>(state, &mut found);
    conflicts_of::<Record>(state, &mut found);
    conflicts_of::<Invoice>(state, &mut found);
    found
}

fn conflicts_of<T: Stored>(state: &State, found: &mut Vec<String>) {
    for (number, row) in (1..).zip(T::rows(state).values()) {
        if let Err(constraint) = T::check(state, None, &row.value) {
            found.push(format!("{}.json: row {number} conflicts with another one ({constraint})", T::NAME));
        }
    }
}
