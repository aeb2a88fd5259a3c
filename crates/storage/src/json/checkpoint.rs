//! Checkpoints: the whole state as readable files. A generation is complete before `store.json` names it,
//! the files that people read are copies of it, and only then does the journal before it go.

use super::OpenError;
use super::audit::AuditWriter;
use super::files::{self, IoContext as _, Replacement};
use super::rows::{
    AppointmentRow, InvoiceRow, PatientRow, RecordRow, Row, RowContext, ScheduleRow, SessionRow, UserRow,
};
use super::state::{Rows, State};
use super::{counters, journal};
use crate::Aggregate;
use serde::{Deserialize, Serialize, Serializer as _};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Format of the files; raised when older versions could not read them.
pub const FORMAT: u32 = 1;
/// Generations kept: the current one and the one before.
const GENERATIONS: usize = 2;

/// The readable files, in the order in which they are written.
pub const FILES: [&str; 8] = [
    "users.json",
    "patients.json",
    "schedules.json",
    "sessions.json",
    "appointments.json",
    "medicalRecords.json",
    "billings.json",
    "counters.json",
];

/// `store.json`: which generation counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreFile {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Names this store among others.
    pub store_id: String,
    /// Number of the last transaction in the generation, also its directory's name.
    pub generation: u64,
    /// Whether the copies beside `store.json` are of this generation.
    pub published: bool,
    /// Position of the last audit event.
    pub audit_seq: u64,
    /// Its hash.
    pub audit_hash: String,
    /// SHA-256 of each file.
    pub files: BTreeMap<String, String>,
}

/// The format stands alone first: a newer one may have other fields.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl StoreFile {
    /// Reads it; `None` if there is none yet.
    pub fn read(directory: &Path) -> Result<Option<Self>, OpenError> {
        let path = directory.join("store.json");
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes.at(&path)?,
        };
        let damaged =
            |error: serde_json::Error| OpenError::corrupt(&path, error.line(), 0, error.to_string());
        let Format { format } = serde_json::from_slice(&bytes).map_err(damaged)?;
        if format > FORMAT {
            return Err(OpenError::TooNew { directory: directory.to_owned(), found: format, known: FORMAT });
        }
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    fn write(&self, directory: &Path) -> io::Result<()> {
        files::replace(&directory.join("store.json"), |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        })?;
        files::sync_directory(directory)
    }
}

/// The directory of a generation.
pub fn generation_directory(directory: &Path, generation: u64) -> PathBuf {
    directory.join("snapshots").join(format!("{generation:020}"))
}

/// Writes checkpoints of one data directory.
pub struct Checkpointer {
    directory: PathBuf,
    context: RowContext,
    audit: AuditWriter,
    store_id: String,
    /// What `store.json` says.
    store: Option<StoreFile>,
}

impl Checkpointer {
    /// A writer for `directory`; `store` is what `store.json` says, if there is one.
    pub fn new(
        directory: PathBuf,
        context: RowContext,
        audit: AuditWriter,
        store_id: String,
        store: Option<StoreFile>,
    ) -> Self {
        Self { directory, context, audit, store_id, store }
    }

    /// Whether everything up to transaction `seq` is in the readable files.
    pub fn is_done(&self, seq: u64) -> bool {
        self.store.as_ref().is_some_and(|store| store.generation == seq && store.published)
    }

    /// Position of the last event in the audit files.
    pub fn audit_flushed(&self) -> u64 {
        self.audit.last()
    }

    /// Writes `state`. Whatever the moment of a crash, the directory opens with everything in it.
    pub fn run(&mut self, state: &State) -> io::Result<()> {
        self.audit.flush(state)?;
        let finished = self.store.take_if(|store| store.generation == state.seq);
        // A generation that is finished is never written again; only the copies may be missing.
        let store = if let Some(store) = finished { store } else { self.write_generation(state)? };
        let store = self.store.insert(store);
        publish(&self.directory, &generation_directory(&self.directory, store.generation))?;
        let published = StoreFile { published: true, ..store.clone() };
        published.write(&self.directory)?;
        *store = published;
        self.prune_generations(state.seq)?;
        journal::prune(&self.directory, state.seq)
    }

    /// Writes a generation and makes `store.json` name it.
    fn write_generation(&self, state: &State) -> io::Result<StoreFile> {
        let generation = generation_directory(&self.directory, state.seq);
        if generation.exists() {
            fs::remove_dir_all(&generation)?;
        }
        let files = self.write_tables(&generation, state).inspect_err(|_| {
            // Half a generation only takes up room; nothing names it.
            let _ = fs::remove_dir_all(&generation);
        })?;
        let store = StoreFile {
            format: FORMAT,
            store_id: self.store_id.clone(),
            generation: state.seq,
            published: false,
            audit_seq: state.audit_head.seq,
            audit_hash: state.audit_head.hash.to_string(),
            files,
        };
        store.write(&self.directory)?;
        Ok(store)
    }

    fn write_tables(&self, generation: &Path, state: &State) -> io::Result<BTreeMap<String, String>> {
        files::create_directory(generation).map_err(io::Error::other)?;
        let mut batch = Generation { directory: generation, files: Vec::new(), sums: BTreeMap::new() };
        let context = &self.context;
        batch.table::<UserRow>("users.json", &state.users.rows, context)?;
        batch.table::<PatientRow>("patients.json", &state.patients.rows, context)?;
        batch.table::<ScheduleRow>("schedules.json", &state.schedules.rows, context)?;
        batch.table::<SessionRow>("sessions.json", &state.sessions.rows, context)?;
        batch.table::<AppointmentRow>("appointments.json", &state.appointments.rows, context)?;
        batch.table::<RecordRow>("medicalRecords.json", &state.records.rows, context)?;
        batch.table::<InvoiceRow>("billings.json", &state.invoices.rows, context)?;
        let counters = counters::to_row(&state.counters);
        batch.write("counters.json", |out| Ok(serde_json::to_writer_pretty(out, &counters)?))?;
        batch.finish()
    }

    fn prune_generations(&self, newest: u64) -> io::Result<()> {
        let mut generations = files::numbered(&self.directory.join("snapshots"), "")?;
        generations.retain(|(seq, _)| *seq <= newest);
        let surplus = generations.len().saturating_sub(GENERATIONS);
        for (_, path) in generations.drain(..surplus) {
            fs::remove_dir_all(path)?;
        }
        Ok(())
    }
}

/// Copies a generation to where people look. All are written before the first is synced: one flush then does
/// most of the work for all.
fn publish(directory: &Path, generation: &Path) -> io::Result<()> {
    let mut copies = Vec::new();
    for name in FILES {
        let mut copy = Replacement::begin(&directory.join(name))?;
        io::copy(&mut File::open(generation.join(name))?, &mut copy.file)?;
        copies.push(copy);
    }
    copies.iter().try_for_each(|copy| copy.file.sync_all())?;
    copies.into_iter().try_for_each(Replacement::finish)?;
    files::sync_directory(directory)
}

/// The files of a generation while it is written. Nothing names its directory yet, so they get their names at once.
struct Generation<'a> {
    directory: &'a Path,
    files: Vec<File>,
    sums: BTreeMap<String, String>,
}

impl Generation<'_> {
    fn table<R>(&mut self, name: &str, rows: &Rows<R::Value>, context: &RowContext) -> io::Result<()>
    where
        R: Row + Serialize,
        R::Value: Aggregate,
    {
        self.write(name, |out| {
            let rows = rows.values().map(|row| R::from_value(row, context));
            Ok(serde_json::Serializer::pretty(out).collect_seq(rows)?)
        })
    }

    /// Writes a file and notes the SHA-256 of its content.
    fn write(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<Hashing<'_>>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut file = files::private().write(true).create_new(true).open(self.directory.join(name))?;
        let mut out = BufWriter::with_capacity(1 << 16, Hashing { file: &mut file, hash: Sha256::new() });
        write(&mut out)?;
        out.write_all(b"\n")?;
        let hashing = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        self.sums.insert(name.to_owned(), files::hex(&hashing.hash.finalize()));
        self.files.push(file);
        Ok(())
    }

    /// Waits until all of it is on disk; returns the sums.
    fn finish(self) -> io::Result<BTreeMap<String, String>> {
        self.files.iter().try_for_each(File::sync_all)?;
        files::sync_directory(self.directory)?;
        Ok(self.sums)
    }
}

struct Hashing<'f> {
    file: &'f mut File,
    hash: Sha256,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
