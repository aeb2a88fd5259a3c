//! Reads a generation: the one that `store.json` names, or an older one by its manifest.

use super::OpenError;
use super::archive;
use super::checkpoint::{Manifest, StoreFile, generation_directory};
use super::counters::{self, CountersRow};
use super::disk::Disk;
use super::files;
use super::open::Place;
use super::rows::{
    AccessRow, AppointmentRow, InvoiceRow, PatientRow, PlanRow, RecordRow, Row, ScheduleRow, SessionRow,
    UserRow,
};
use super::state::{AuditHead, State, Stored, put};
use crate::Versioned;
use domain::AnsweredRequest;
use jiff::{SignedDuration, Timestamp};
use serde::Deserializer as _;
use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::io;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;

/// Sessions that ended so long ago are not kept in memory any more; the audit log has their story.
const SESSIONS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What was read.
pub struct Loaded {
    /// The state of the generation.
    pub state: State,
    /// Whether the readable copies must be written again.
    pub stale_copies: bool,
}

/// Where the files of a generation lie.
#[derive(Clone, Debug)]
pub enum Source {
    /// Copies beside `store.json` in this data directory, and the store's own in `snapshots/`.
    Published(PathBuf),
    /// This directory in `snapshots/`.
    Kept(PathBuf),
    /// This directory in `archive/`.
    Archived(PathBuf),
}

/// Reads all files of the generation that `store.json` names.
pub fn load(place: &Place, store: &StoreFile) -> Result<Loaded, OpenError> {
    let source = Source::Published(place.directory.clone());
    load_state(place.disk.as_ref(), &source, store, place.opened_at, &place.edited)
}

/// Reads all files of a generation; `now` is the time for which sessions are loaded.
pub fn load_from(
    disk: &dyn Disk,
    source: &Source,
    store: &Manifest,
    now: Timestamp,
) -> Result<Loaded, OpenError> {
    load_state(disk, source, store, now, &BTreeMap::new())
}

fn load_state(
    disk: &dyn Disk,
    source: &Source,
    store: &Manifest,
    now: Timestamp,
    edited: &BTreeMap<String, String>,
) -> Result<Loaded, OpenError> {
    let head = AuditHead { seq: store.audit_seq, hash: store.audit_hash.as_str().into() };
    let link = store.link.as_str().into();
    let format = store.format;
    let state = State { seq: store.generation, link, format, audit_head: head, ..State::default() };
    let begun = Loaded { state, stale_copies: !store.published };
    let mut loader = Loader { disk, source, store, edited, loaded: begun };
    loader.table::<UserRow>("users.json", |_| true)?;
    loader.table::<PatientRow>("patients.json", |_| true)?;
    loader.table::<ScheduleRow>("schedules.json", |_| true)?;
    loader.table::<SessionRow>("sessions.json", |session| {
        session.expires_at.checked_add(SESSIONS_KEPT).is_ok_and(|end| end > now)
    })?;
    if store.files.contains_key("access.json") {
        loader.table::<AccessRow>("access.json", |_| true)?;
    }
    loader.table::<AppointmentRow>("appointments.json", |_| true)?;
    loader.table::<RecordRow>("medicalRecords.json", |_| true)?;
    loader.table::<InvoiceRow>("billings.json", |_| true)?;
    if store.files.contains_key("plan.json") {
        loader.table::<PlanRow>("plan.json", |_| true)?;
    }
    let bytes = loader.genuine("counters.json")?;
    let row: CountersRow =
        serde_json::from_slice(&bytes).map_err(|error| loader.damaged("counters.json", &error))?;
    loader.loaded.state.counters = counters::from_row(&row);
    loader.requests(now)?;
    Ok(loader.loaded)
}

/// Checks the files of an older generation against their checksums, without reading their rows.
pub fn check(disk: &dyn Disk, source: &Source, store: &Manifest) -> Result<(), OpenError> {
    let nothing = Loaded { state: State::default(), stale_copies: false };
    let mut loader = Loader { disk, source, store, edited: &BTreeMap::new(), loaded: nothing };
    store.files.keys().try_for_each(|name| loader.genuine(name).map(drop))
}

struct Loader<'a> {
    disk: &'a dyn Disk,
    source: &'a Source,
    store: &'a StoreFile,
    /// Copies that are known to be changed by hand: the store's own file is read instead.
    edited: &'a BTreeMap<String, String>,
    loaded: Loaded,
}

impl Loader<'_> {
    /// The bytes of a file as the store wrote them. A changed copy beside `store.json` stops everything.
    fn genuine(&mut self, name: &str) -> Result<Vec<u8>, OpenError> {
        let directory = match self.source {
            Source::Published(directory) => directory,
            Source::Kept(generation) => return self.checked(generation.join(name)),
            Source::Archived(generation) => {
                return self.checked(generation.join(archive::compressed_name(name)));
            }
        };
        let generation = generation_directory(directory, self.store.generation);
        let path = directory.join(name);
        match files::read(self.disk, &path) {
            Ok(bytes) if self.is_genuine(name, &bytes) => return Ok(bytes),
            Ok(bytes) if self.edited.get(name) == Some(&files::sha256(&bytes)) => {}
            Ok(_) if self.store.published => return Err(OpenError::EditedByHand { path, generation }),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(OpenError::Io { path, error }),
        }
        self.loaded.stale_copies = true;
        self.checked(generation.join(name))
    }

    fn is_genuine(&self, name: &str, bytes: &[u8]) -> bool {
        self.store.files.get(name).is_some_and(|sum| files::sha256(bytes) == *sum)
    }

    /// The store's own file, which must be what its checksum says.
    fn checked(&self, path: PathBuf) -> Result<Vec<u8>, OpenError> {
        let bytes = archive::read(self.disk, &path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        if self.is_genuine(name, &bytes) {
            Ok(bytes)
        } else {
            Err(OpenError::corrupt(&path, 0, 0, "its checksum is not the one noted for it".to_owned()))
        }
    }

    fn damaged(&self, name: &str, error: &serde_json::Error) -> OpenError {
        let (Source::Published(directory) | Source::Kept(directory) | Source::Archived(directory)) =
            self.source;
        OpenError::corrupt(&directory.join(name), error.line(), 0, error.to_string())
    }

    fn table<R>(&mut self, name: &str, wanted: impl Fn(&R::Value) -> bool) -> Result<(), OpenError>
    where
        R: Row + DeserializeOwned,
        R::Value: Stored,
    {
        let bytes = self.genuine(name)?;
        read_table::<R>(&bytes, &mut self.loaded.state, wanted).map_err(|error| self.damaged(name, &error))
    }

    /// The answered requests that are still kept. Checkpoints of before there were any have no file of them.
    fn requests(&mut self, now: Timestamp) -> Result<(), OpenError> {
        const NAME: &str = "requests.json";
        if !self.store.files.contains_key(NAME) {
            return Ok(());
        }
        let bytes = self.genuine(NAME)?;
        let requests = &mut self.loaded.state.requests;
        let each = |request: AnsweredRequest| {
            if request.is_kept(now) {
                requests.insert(Arc::new(request));
            }
        };
        each_row(&bytes, each).map_err(|error| self.damaged(NAME, &error))
    }
}

/// Hands on the rows of a file, one after the other.
pub fn each_row<R: DeserializeOwned>(bytes: &[u8], each: impl FnMut(R)) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    json.deserialize_seq(EachRow { each, row: PhantomData })?;
    json.end()
}

/// Adds the rows of a file that are wanted to a state.
pub fn read_table<R>(
    bytes: &[u8],
    state: &mut State,
    wanted: impl Fn(&R::Value) -> bool,
) -> serde_json::Result<()>
where
    R: Row + DeserializeOwned,
    R::Value: Stored,
{
    let each = |row: R| {
        let row: Versioned<R::Value> = row.into_value();
        if wanted(&row.value) {
            put(state, Arc::new(row));
        }
    };
    each_row(bytes, each)
}

/// Hands on each row as it is read, so that a file is never in memory twice.
struct EachRow<R, F> {
    each: F,
    row: PhantomData<R>,
}

impl<'de, R: DeserializeOwned, F: FnMut(R)> Visitor<'de> for EachRow<R, F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element()? {
            (self.each)(row);
        }
        Ok(())
    }
}
