//! Checkpoints: the whole state as readable files. A generation is complete before `store.json` names it,
//! the files that people read are copies of it, and only then does the journal before it go.

use super::OpenError;
use super::archive::{self, Archive};
use super::audit::AuditWriter;
use super::disk::{Disk, DiskFile, Open};
use super::files::{self, IoContext as _, Replacement, Writer};
use super::formats::{Access, Formats, StoreFormat};
use super::history::Base;
use super::load::{self, Source};
use super::lock::Shares;
use super::open::JsonOptions;
use super::rows::{
    AccessRow, AppointmentRow, InvoiceRow, PatientRow, PlanRow, RecordRow, Row, RowContext, ScheduleRow,
    SessionRow, UserRow,
};
use super::state::{Rows, State};
use super::{counters, segments};
use crate::Aggregate;
use serde::{Deserialize, Serialize, Serializer as _};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Generations kept: the current one and two before it.
const GENERATIONS: usize = 3;
/// Into how many parts the size of the files is divided for [`Checkpointer::worth`]: at most so many bytes are written for
/// one of the journal, and replaying that takes a fraction of the time in which the files are read.
const PARTS: u64 = 16;
/// The file in a generation's directory that says what it holds; written last.
pub const MANIFEST: &str = "manifest.json";

/// The readable files, in the order in which they are written.
pub const FILES: [&str; 11] = [
    "users.json",
    "patients.json",
    "schedules.json",
    "sessions.json",
    "access.json",
    "appointments.json",
    "medicalRecords.json",
    "billings.json",
    "plan.json",
    "counters.json",
    "requests.json",
];

/// `store.json`: which generation counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreFile {
    /// The format of everything in the directory, as of the generation; the journal may have raised it since.
    #[serde(flatten)]
    pub format: StoreFormat,
    /// Names this store among others.
    pub store_id: String,
    /// Number of the last transaction in the generation, also its directory's name.
    pub generation: u64,
    /// The link to it in the journal.
    pub link: String,
    /// Whether the copies beside `store.json` are of this generation.
    pub published: bool,
    /// Position of the last audit event.
    pub audit_seq: u64,
    /// Its hash.
    pub audit_hash: String,
    /// SHA-256 of each file.
    pub files: BTreeMap<String, String>,
}

impl StoreFile {
    /// Reads it; `None` if there is none yet. Whether its format can be used is for the caller to check.
    pub fn read(disk: &dyn Disk, directory: &Path) -> Result<Option<Self>, OpenError> {
        Self::read_at(disk, directory, "store.json")
    }

    fn read_at(disk: &dyn Disk, directory: &Path, name: &str) -> Result<Option<Self>, OpenError> {
        let path = directory.join(name);
        let bytes = match files::read(disk, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes.at(&path)?,
        };
        let damaged =
            |error: serde_json::Error| OpenError::corrupt(&path, error.line(), 0, error.to_string());
        match serde_json::from_slice(&bytes) {
            Ok(store) => Ok(Some(store)),
            Err(error) => {
                // Another format may have other fields: this version's own limits say more then than what is missing.
                let format = serde_json::from_slice(&bytes).map_err(damaged)?;
                Formats::default().check(directory, format, Access::Read)?;
                Err(damaged(error))
            }
        }
    }

    /// Writes it.
    pub fn write(&self, disk: &dyn Disk, directory: &Path) -> io::Result<()> {
        self.write_at(disk, directory, "store.json")
    }

    fn write_at(&self, disk: &dyn Disk, directory: &Path, name: &str) -> io::Result<()> {
        let mut content = serde_json::to_vec_pretty(self)?;
        content.push(b'\n');
        files::replace(disk, &directory.join(name), |writer| writer.write_all(&content))?;
        disk.sync_directory(directory)
    }
}

impl StoreFile {
    /// What it says of a store in which nothing was done yet; it names no files.
    pub fn of_nothing(format: StoreFormat) -> Self {
        let State { seq, link, audit_head, .. } = State::default();
        Self {
            format,
            store_id: String::new(),
            generation: seq,
            link: link.to_string(),
            published: true,
            audit_seq: audit_head.seq,
            audit_hash: audit_head.hash.to_string(),
            files: BTreeMap::new(),
        }
    }
}

/// What `manifest.json` says of a generation, in the words of the `store.json` that named it.
pub type Manifest = StoreFile;

/// The manifest in a generation's directory; `None` while the generation is not complete.
pub fn manifest(disk: &dyn Disk, generation: &Path) -> Result<Option<Manifest>, OpenError> {
    StoreFile::read_at(disk, generation, MANIFEST)
}

/// The directory of a generation.
pub fn generation_directory(directory: &Path, generation: u64) -> PathBuf {
    numbered_directory(&directory.join("snapshots"), generation)
}

/// The directory of a generation below `parent`.
pub fn numbered_directory(parent: &Path, generation: u64) -> PathBuf {
    parent.join(format!("{generation:020}"))
}

/// Writes checkpoints of one data directory.
pub struct Checkpointer {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    shares: Arc<Shares>,
    context: RowContext,
    archive: Archive,
    /// Opened with the right to write a checkpoint only: it cuts off what unfinished ones left.
    audit: Option<AuditWriter>,
    store_id: String,
    /// What `store.json` says.
    store: Option<StoreFile>,
}

impl Checkpointer {
    /// A writer for the directory of the options; `store` is what `store.json` says, if there is one.
    pub fn new(
        options: &JsonOptions,
        shares: Arc<Shares>,
        audit: Option<AuditWriter>,
        store_id: String,
        store: Option<StoreFile>,
    ) -> Self {
        let (disk, directory) = (options.disk.clone(), options.directory.clone());
        let (context, archive) = (RowContext { zone: options.zone.clone() }, options.archive());
        Self { disk, directory, shares, context, archive, audit, store_id, store }
    }

    /// Whether everything up to transaction `seq` is in the readable files.
    pub fn is_done(&self, seq: u64) -> bool {
        self.store.as_ref().is_some_and(|store| store.generation == seq && store.published)
    }

    /// Position of the last event in the audit files.
    pub fn audit_flushed(&self) -> u64 {
        self.store.as_ref().map_or(0, |store| store.audit_seq)
    }

    /// The length of the journal at which a checkpoint is worth its price: a part of what it would have to write.
    pub fn worth(&self) -> u64 {
        let Some(store) = &self.store else { return 0 };
        let generation = generation_directory(&self.directory, store.generation);
        let length = |name| self.disk.open(&generation.join(name), Open::Read)?.length();
        store.files.keys().filter_map(|name| length(name).ok()).sum::<u64>() / PARTS
    }

    /// Writes `state`, unless another process writes a checkpoint just now or has written a newer one. Whatever the
    /// moment of a crash, the directory opens with everything in it.
    pub fn run(&mut self, state: &State) -> io::Result<()> {
        let Some(_alone) = self.shares.try_checkpoint()? else { return Ok(()) };
        self.look_again()?;
        if self.store.as_ref().is_some_and(|store| store.generation > state.seq) {
            return Ok(());
        }
        let written = self.write(state);
        if written.is_err() {
            // Others cut off what this checkpoint left in the audit files.
            self.audit = None;
        }
        written
    }

    /// Takes note of the checkpoints that other processes wrote; call it with the right to write one.
    fn look_again(&mut self) -> io::Result<()> {
        let generation = |store: &Option<StoreFile>| store.as_ref().map(|store| store.generation);
        let found = StoreFile::read(self.disk.as_ref(), &self.directory).map_err(io::Error::other)?;
        if self.audit.is_none() || generation(&found) != generation(&self.store) {
            let durable = found.as_ref().map_or(0, |store| store.audit_seq);
            let audit = AuditWriter::open(self.disk.clone(), self.directory.join("audit"), durable);
            self.audit = Some(audit.map_err(io::Error::other)?);
            self.store = found;
        }
        Ok(())
    }

    fn write(&mut self, state: &State) -> io::Result<()> {
        if let Some(audit) = &mut self.audit {
            audit.flush(state)?;
        }
        let finished = self.store.take_if(|store| store.generation == state.seq);
        // A generation that is finished is never written again; only the copies may be missing.
        let store = if let Some(store) = finished { store } else { self.write_generation(state)? };
        let store = self.store.insert(store);
        publish(self.disk.as_ref(), &self.directory, store)?;
        let published = StoreFile { published: true, ..store.clone() };
        published.write(self.disk.as_ref(), &self.directory)?;
        *store = published;
        self.prune_segments(state.seq)?;
        if self.prune_generations(state.seq)? {
            self.archive.prune(state.audit.back().map(|event| event.event.at))?;
        }
        Ok(())
    }

    /// Moves the segments that hold nothing after `seq` to the archive.
    fn prune_segments(&self, seq: u64) -> io::Result<()> {
        let (over, empty) = segments::over(self.disk.as_ref(), &self.directory, seq)?;
        self.archive.keep_segments(&over)?;
        segments::remove(self.disk.as_ref(), &self.directory, over.iter().chain(&empty))
    }

    /// Makes `state`, which was reached from `base`, the newest checkpoint, whatever `store.json` says; call it with the
    /// directory locked. The journal and the archive stay as they are.
    pub fn mend(&mut self, state: &State, base: &Base) -> io::Result<()> {
        if let Some(audit) = &mut self.audit {
            audit.flush(state)?;
        }
        let disk = self.disk.as_ref();
        let generation = generation_directory(&self.directory, state.seq);
        let own = Source::Kept(generation);
        let is_there = base.store.generation == state.seq && load::check(disk, &own, &base.store).is_ok();
        let store = if is_there { base.store.clone() } else { self.write_generation(state)? };
        StoreFile { published: false, ..store.clone() }.write(disk, &self.directory)?;
        publish(disk, &self.directory, &store)?;
        StoreFile { published: true, ..store }.write(disk, &self.directory)
    }

    /// Writes a generation and makes `store.json` name it.
    fn write_generation(&self, state: &State) -> io::Result<StoreFile> {
        let generation = generation_directory(&self.directory, state.seq);
        if self.disk.exists(&generation) {
            archive::remove_generation(self.disk.as_ref(), &generation)?;
        }
        let files =
            write_tables(self.disk.as_ref(), &generation, state, &self.context).inspect_err(|_| {
                // Half a generation only takes up room; nothing names it.
                let _ = self.disk.remove_directory(&generation);
            })?;
        let store = StoreFile {
            format: state.format,
            store_id: self.store_id.clone(),
            generation: state.seq,
            link: state.link.to_string(),
            published: false,
            audit_seq: state.audit_head.seq,
            audit_hash: state.audit_head.hash.to_string(),
            files,
        };
        store.write_at(self.disk.as_ref(), &generation, MANIFEST)?;
        store.write(self.disk.as_ref(), &self.directory)?;
        Ok(store)
    }

    /// Removes the oldest generations; whether there was one too many.
    fn prune_generations(&self, newest: u64) -> io::Result<bool> {
        let mut generations = files::numbered(self.disk.as_ref(), &self.directory.join("snapshots"), "")?;
        generations.retain(|(seq, _)| *seq <= newest);
        let surplus = generations.len().saturating_sub(GENERATIONS);
        for (_, path) in generations.drain(..surplus) {
            self.archive.keep_generation(&path)?;
            archive::remove_generation(self.disk.as_ref(), &path)?;
        }
        Ok(surplus > 0)
    }
}

/// Writes the readable files of a state into a directory that has none; returns the SHA-256 of each.
pub fn write_tables(
    disk: &dyn Disk,
    generation: &Path,
    state: &State,
    context: &RowContext,
) -> io::Result<BTreeMap<String, String>> {
    files::create_directory(disk, generation).map_err(io::Error::other)?;
    let mut batch = Generation { disk, directory: generation, files: Vec::new(), sums: BTreeMap::new() };
    batch.table::<UserRow>("users.json", &state.users.rows, context)?;
    batch.table::<PatientRow>("patients.json", &state.patients.rows, context)?;
    batch.table::<ScheduleRow>("schedules.json", &state.schedules.rows, context)?;
    batch.table::<SessionRow>("sessions.json", &state.sessions.rows, context)?;
    batch.table::<AccessRow>("access.json", &state.access.rows, context)?;
    batch.table::<AppointmentRow>("appointments.json", &state.appointments.rows, context)?;
    batch.table::<RecordRow>("medicalRecords.json", &state.records.rows, context)?;
    batch.table::<InvoiceRow>("billings.json", &state.invoices.rows, context)?;
    batch.table::<PlanRow>("plan.json", &state.plan.rows, context)?;
    let counters = counters::to_row(&state.counters);
    batch.write("counters.json", |out| Ok(serde_json::to_writer_pretty(out, &counters)?))?;
    batch.write("requests.json", |out| {
        Ok(serde_json::Serializer::pretty(out).collect_seq(state.requests.rows())?)
    })?;
    batch.finish()
}

/// Copies a generation to where people look. All are written before the first is synced: one flush then does
/// most of the work for all.
fn publish(disk: &dyn Disk, directory: &Path, store: &StoreFile) -> io::Result<()> {
    let generation = generation_directory(directory, store.generation);
    let mut copies = Vec::new();
    for name in store.files.keys() {
        let mut copy = Replacement::begin(disk, &directory.join(name))?;
        files::copy(disk, &generation.join(name), &mut copy.writer)?;
        copies.push(copy);
    }
    copies.iter().try_for_each(|copy| copy.writer.file.sync_all())?;
    copies.into_iter().try_for_each(|copy| copy.finish(disk))?;
    disk.sync_directory(directory)
}

/// The files of a generation while it is written. Nothing names its directory yet, so they get their names at once.
struct Generation<'a> {
    disk: &'a dyn Disk,
    directory: &'a Path,
    files: Vec<Arc<dyn DiskFile>>,
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
        write: impl FnOnce(&mut BufWriter<Hashing>) -> io::Result<()>,
    ) -> io::Result<()> {
        let file = self.disk.open(&self.directory.join(name), Open::New)?;
        let hashing = Hashing { writer: Writer::new(file.clone()), hash: Sha256::new() };
        let mut out = BufWriter::with_capacity(1 << 16, hashing);
        write(&mut out)?;
        out.write_all(b"\n")?;
        let hashing = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        self.sums.insert(name.to_owned(), files::hex(&hashing.hash.finalize()));
        self.files.push(file);
        Ok(())
    }

    /// Waits until all of it is on disk; returns the sums.
    fn finish(self) -> io::Result<BTreeMap<String, String>> {
        self.files.iter().try_for_each(|file| file.sync_all())?;
        self.disk.sync_directory(self.directory)?;
        Ok(self.sums)
    }
}

struct Hashing {
    writer: Writer,
    hash: Sha256,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
