//! Readable files that someone changed by hand: what was changed in them, to be taken in as a unit of work.

use super::OpenError;
use super::checkpoint::{FILES, generation_directory};
use super::files::{self, IoContext as _};
use super::formats::Access;
use super::history;
use super::lock::Shares;
use super::open::JsonOptions;
use super::rows::{AppointmentRow, InvoiceRow, PatientRow, RecordRow, Row, RowContext, ScheduleRow, UserRow};
use crate::{Edit, Edited, Versioned};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// What was changed by hand in a data directory.
#[derive(Debug)]
pub struct Edits {
    /// The changed objects, in the order of the files.
    pub rows: Vec<Edit>,
    /// The files that are not as the store wrote them, with the SHA-256 of each: for [`JsonOptions::edited`].
    pub files: BTreeMap<String, String>,
    generation: u64,
}

/// Reads what was changed by hand since the newest checkpoint. Changes nothing.
///
/// # Errors
/// [`OpenError::Serving`] while servers run on the directory: each checkpoint of theirs writes the files anew;
/// [`OpenError::EditRefused`] for a change that cannot be taken in.
pub fn edits(options: &JsonOptions) -> Result<Edits, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    let _alone = Shares::take_alone(&options.disk, directory)?;
    let store = history::newest_store(disk, directory)?;
    options.formats.check(directory, store.format, Access::Write)?;
    if !store.published {
        return Err(OpenError::EditRefused {
            path: directory.join("store.json"),
            row: "published".to_owned(),
            what:
                "the files are not those of the newest checkpoint: start and stop a server, then change them"
                    .to_owned(),
        });
    }
    let generation = generation_directory(directory, store.generation);
    let mut found = Edits { rows: Vec::new(), files: BTreeMap::new(), generation: store.generation };
    for name in FILES {
        let Some(sum) = store.files.get(name) else { continue };
        let (path, own) = (directory.join(name), generation.join(name));
        let edited = match files::read(disk, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            bytes => bytes.at(&path)?,
        };
        let edited_sum = files::sha256(&edited);
        if edited_sum == *sum {
            continue;
        }
        let kept = files::read(disk, &own).at(&own)?;
        if files::sha256(&kept) != *sum {
            let what = "its checksum is not the one noted for it".to_owned();
            return Err(OpenError::corrupt(&own, 0, 0, what));
        }
        let file = EditedFile { path: &path, options };
        found.rows.extend(match name {
            "users.json" => file.rows::<UserRow>(&kept, &edited, Edit::User)?,
            "patients.json" => file.rows::<PatientRow>(&kept, &edited, Edit::Patient)?,
            "schedules.json" => file.rows::<ScheduleRow>(&kept, &edited, Edit::Schedule)?,
            "appointments.json" => file.rows::<AppointmentRow>(&kept, &edited, Edit::Appointment)?,
            "medicalRecords.json" => file.rows::<RecordRow>(&kept, &edited, Edit::Record)?,
            "billings.json" => file.rows::<InvoiceRow>(&kept, &edited, Edit::Invoice)?,
            _ => return Err(file.refused("the file", "it is kept by the store alone; move it away")),
        });
        found.files.insert(name.to_owned(), edited_sum);
    }
    Ok(found)
}

impl Edits {
    /// Copies the changed files to `quarantine/`, before the store writes them anew; returns where they are.
    pub fn keep(&self, options: &JsonOptions) -> Result<PathBuf, OpenError> {
        let (disk, directory) = (options.disk.as_ref(), &options.directory);
        let kept = files::quarantine(disk, directory, &format!("edited-{}", self.generation))?;
        for name in self.files.keys() {
            super::backup::copy(disk, &directory.join(name), &kept.join(name))?;
        }
        disk.sync_directory(&kept).at(&kept)?;
        Ok(kept)
    }
}

/// A file with rows that people may have written.
pub struct EditedFile<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// Whose zone and currency its rows are in.
    pub options: &'a JsonOptions,
}

impl EditedFile<'_> {
    fn refused(&self, row: impl Into<String>, what: impl Into<String>) -> OpenError {
        OpenError::EditRefused { path: self.path.to_owned(), row: row.into(), what: what.into() }
    }

    fn values(&self, bytes: &[u8]) -> Result<Vec<Value>, OpenError> {
        serde_json::from_slice(bytes).map_err(|error| self.not_json(&error))
    }

    /// The file is not an array of rows.
    pub fn not_json(&self, error: &serde_json::Error) -> OpenError {
        self.refused(format!("line {}, column {}", error.line(), error.column()), error.to_string())
    }

    /// The rows of the edited file that are not as the store wrote them in its own.
    fn rows<R>(
        &self,
        kept: &[u8],
        edited: &[u8],
        edit: fn(Edited<R::Value>) -> Edit,
    ) -> Result<Vec<Edit>, OpenError>
    where
        R: Row + DeserializeOwned + Serialize,
        R::Value: PartialEq,
    {
        let mut kept: BTreeMap<String, Value> =
            self.values(kept)?.into_iter().map(|row| (id_of(&row), row)).collect();
        let (mut seen, mut changed) = (BTreeSet::new(), Vec::new());
        for (number, row) in (1..).zip(self.values(edited)?) {
            let place = format!("row {number}");
            let id = id_of(&row);
            let old = kept.remove(&id);
            if !seen.insert(id) {
                return Err(self.refused(place, "a row before it has the same id"));
            }
            if old.as_ref() == Some(&row) {
                continue;
            }
            let wanted = self.read::<R>(&place, row, old.as_ref())?;
            let before = old.map(|old| self.parsed::<R>(&place, old)).transpose()?;
            if let Some(before) = before.as_ref().filter(|before| before.version != wanted.version) {
                let what = format!("leave its version at {}: it goes up by itself", before.version);
                return Err(self.refused(place, what));
            }
            if before.as_ref().is_none_or(|before| before.value != wanted.value) {
                let file = self.path.file_name().unwrap_or_default().to_string_lossy();
                let place = format!("{file}, {place}");
                changed.push(edit(Edited { place, before, after: wanted.value }));
            }
        }
        match kept.keys().next() {
            None => Ok(changed),
            Some(id) => {
                let what = "its row is missing: rows are never removed; cancel or disable it instead";
                Err(self.refused(format!("id {id}"), what))
            }
        }
    }

    fn parsed<R: Row + DeserializeOwned>(
        &self,
        place: &str,
        row: Value,
    ) -> Result<Versioned<R::Value>, OpenError> {
        let read: serde_json::Result<R> = serde_json::from_value(row);
        read.map(Row::into_value).map_err(|error| self.refused(place, error.to_string()))
    }

    /// The object of a row, if the store would write it just so. A field that is made from others may also be left as it
    /// was in `old`.
    pub fn read<R>(
        &self,
        place: &str,
        row: Value,
        old: Option<&Value>,
    ) -> Result<Versioned<R::Value>, OpenError>
    where
        R: Row + DeserializeOwned + Serialize,
    {
        let read = self.parsed::<R>(place, row.clone())?;
        let context = RowContext { zone: self.options.zone.clone() };
        let written = serde_json::to_value(R::from_value(&read, &context));
        let mut written = written.map_err(|error| self.refused(place, error.to_string()))?;
        if let (Some(written), Some(row), Some(old)) =
            (written.as_object_mut(), row.as_object(), old.and_then(Value::as_object))
        {
            leave_as_it_was(written, row, old);
        }
        match difference("", &row, &written) {
            None => Ok(read),
            Some(what) => Err(self.refused(place, what)),
        }
    }
}

/// The id of a row as it stands in the file.
fn id_of(row: &Value) -> String {
    let object = row.get("value").unwrap_or(row);
    object.get("id").or_else(|| object.get("doctor")).map(ToString::to_string).unwrap_or_default()
}

/// Nobody needs to change what is made from other fields: where `row` has what `old` had, that will do.
fn leave_as_it_was(written: &mut Map<String, Value>, row: &Map<String, Value>, old: &Map<String, Value>) {
    for (name, value) in written {
        if let Some(same) = row.get(name).filter(|same| old.get(name) == Some(*same)) {
            value.clone_from(same);
        }
    }
}

/// The first place at which a row is not what the store would write for it: a field that is made from others, one that
/// is unknown, or a value in another spelling.
fn difference(field: &str, edited: &Value, written: &Value) -> Option<String> {
    if edited == written {
        return None;
    }
    let (Value::Object(edited), Value::Object(written)) = (edited, written) else {
        return Some(format!(
            "{field} reads {edited} and would be written as {written}: it is made from other fields, change those, or write it so"
        ));
    };
    let below = |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
    if let Some(name) = edited.keys().find(|name| !written.contains_key(*name)) {
        return Some(format!("{} is not a field of such a row", below(name)));
    }
    written.iter().find_map(|(name, written)| match edited.get(name) {
        None => Some(format!("{} is missing, it would be written as {written}", below(name))),
        Some(edited) => difference(&below(name), edited, written),
    })
}
