//! Reads the generation that `store.json` names.

use super::OpenError;
use super::checkpoint::{StoreFile, generation_directory};
use super::counters::{self, CountersRow};
use super::disk::Disk;
use super::files::{self, IoContext as _};
use super::rows::{AppointmentRow, InvoiceRow, PatientRow, RecordRow, Row, ScheduleRow, SessionRow, UserRow};
use super::state::{AuditHead, State, Stored, put};
use crate::Versioned;
use domain::AnsweredRequest;
use jiff::{SignedDuration, Timestamp};
use serde::Deserializer as _;
use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use sha2::{Digest as _, Sha256};
use std::io;
use std::marker::PhantomData;
use std::path::Path;
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

/// Reads all files of the generation.
pub fn load(
    disk: &dyn Disk,
    directory: &Path,
    store: &StoreFile,
    now: Timestamp,
) -> Result<Loaded, OpenError> {
    let head = AuditHead { seq: store.audit_seq, hash: store.audit_hash.as_str().into() };
    let link = store.link.as_str().into();
    let format = store.format;
    let state = State { seq: store.generation, link, format, audit_head: head, ..State::default() };
    let mut loader =
        Loader { disk, directory, store, loaded: Loaded { state, stale_copies: !store.published } };
    loader.table::<UserRow>("users.json", |_| true)?;
    loader.table::<PatientRow>("patients.json", |_| true)?;
    loader.table::<ScheduleRow>("schedules.json", |_| true)?;
    loader.table::<SessionRow>("sessions.json", |session| {
        session.expires_at.checked_add(SESSIONS_KEPT).is_ok_and(|end| end > now)
    })?;
    loader.table::<AppointmentRow>("appointments.json", |_| true)?;
    loader.table::<RecordRow>("medicalRecords.json", |_| true)?;
    loader.table::<InvoiceRow>("billings.json", |_| true)?;
    let bytes = loader.genuine("counters.json")?;
    let row: CountersRow =
        serde_json::from_slice(&bytes).map_err(|error| loader.damaged("counters.json", &error))?;
    loader.loaded.state.counters = counters::from_row(&row);
    loader.requests(now)?;
    Ok(loader.loaded)
}

struct Loader<'a> {
    disk: &'a dyn Disk,
    directory: &'a Path,
    store: &'a StoreFile,
    loaded: Loaded,
}

impl Loader<'_> {
    /// The bytes of a file as the store wrote them. A changed copy beside `store.json` stops everything.
    fn genuine(&mut self, name: &str) -> Result<Vec<u8>, OpenError> {
        let generation = generation_directory(self.directory, self.store.generation);
        let expected = self.store.files.get(name).map(String::as_str).unwrap_or_default();
        let is_genuine = |bytes: &[u8]| files::hex(&Sha256::digest(bytes)) == expected;
        let path = self.directory.join(name);
        match files::read(self.disk, &path) {
            Ok(bytes) if is_genuine(&bytes) => return Ok(bytes),
            Ok(_) if self.store.published => return Err(OpenError::EditedByHand { path, generation }),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(OpenError::Io { path, error }),
        }
        self.loaded.stale_copies = true;
        let kept = generation.join(name);
        let bytes = files::read(self.disk, &kept).at(&kept)?;
        if is_genuine(&bytes) {
            Ok(bytes)
        } else {
            Err(OpenError::corrupt(&kept, 0, 0, "its checksum is not the one in store.json".to_owned()))
        }
    }

    fn damaged(&self, name: &str, error: &serde_json::Error) -> OpenError {
        OpenError::corrupt(&self.directory.join(name), error.line(), 0, error.to_string())
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

fn each_row<R: DeserializeOwned>(bytes: &[u8], each: impl FnMut(R)) -> serde_json::Result<()> {
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
