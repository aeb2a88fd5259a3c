//! What a checkpoint no longer needs, kept for restoring an earlier moment: segments of the journal, and from time to
//! time a whole generation to start from. Both are compressed (gzip) and complete as soon as they have their names.

use super::OpenError;
use super::audit::{self, AuditReader};
use super::checkpoint::{MANIFEST, Manifest, manifest, numbered_directory};
use super::disk::Disk;
use super::files::{self, IoContext as _};
use super::segments;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The least time between two generations in the archive: a restore replays at most so much.
const BASE_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The archive's directory.
pub fn directory_of(directory: &Path) -> PathBuf {
    directory.join("archive")
}

/// The archived segment whose first transaction is `first`.
pub fn segment_path(directory: &Path, first: u64) -> PathBuf {
    directory_of(directory).join(format!("{first:020}.jsonl.gz"))
}

/// The archived generation of this number.
pub fn generation_path(directory: &Path, generation: u64) -> PathBuf {
    numbered_directory(&directory_of(directory), generation)
}

/// A file of an archived generation.
pub fn compressed_name(name: &str) -> String {
    format!("{name}.gz")
}

/// The content of a file, unpacked if its name says that it is compressed.
pub fn read(disk: &dyn Disk, path: &Path) -> Result<Vec<u8>, OpenError> {
    let (content, unpacked) = unpack(disk, path)?;
    unpacked.map_err(|error| OpenError::corrupt(path, 0, 0, error.to_string()))?;
    Ok(content)
}

/// The same up to where a damaged file cannot be unpacked any more.
pub fn read_partly(disk: &dyn Disk, path: &Path) -> Result<Vec<u8>, OpenError> {
    unpack(disk, path).map(|(content, _)| content)
}

fn unpack(disk: &dyn Disk, path: &Path) -> Result<(Vec<u8>, io::Result<()>), OpenError> {
    let bytes = files::read(disk, path).at(path)?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok((bytes, Ok(())));
    }
    let mut content = Vec::new();
    let unpacked = GzDecoder::new(bytes.as_slice()).read_to_end(&mut content);
    Ok((content, unpacked.map(drop)))
}

/// Writes a compressed file, whole or not at all; its name is durable once the directory is synced.
pub fn write(disk: &dyn Disk, path: &Path, content: &[u8]) -> io::Result<()> {
    files::replace(disk, path, |writer| {
        let mut encoder = GzEncoder::new(io::BufWriter::with_capacity(1 << 16, writer), Compression::fast());
        encoder.write_all(content)?;
        encoder.finish()?.flush()
    })
}

/// Segments of the history by the number of their first transaction: where each lies. While one is moved it is in both
/// places; the journal's counts then.
pub fn segments(disk: &dyn Disk, directory: &Path) -> io::Result<BTreeMap<u64, PathBuf>> {
    let archived = files::numbered(disk, &directory_of(directory), ".jsonl.gz")?;
    let live = segments::segments(disk, directory)?;
    let live = live.into_iter().map(|first| (first, segments::segment_path(directory, first)));
    Ok(archived.into_iter().chain(live).collect())
}

/// The archived generations that are complete, oldest first.
pub fn generations(disk: &dyn Disk, directory: &Path) -> Result<Vec<(PathBuf, Manifest)>, OpenError> {
    complete(disk, &directory_of(directory))
}

/// Removes a generation. What says that it is complete goes first: a power cut in between leaves one that nobody takes
/// for complete.
pub fn remove_generation(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    let manifest = path.join(MANIFEST);
    if disk.exists(&manifest) {
        disk.remove_file(&manifest)?;
        disk.sync_directory(path)?;
    }
    disk.remove_directory(path)
}

/// The generations below `parent` that have their manifest, which is written last; oldest first.
pub fn complete(disk: &dyn Disk, parent: &Path) -> Result<Vec<(PathBuf, Manifest)>, OpenError> {
    let mut found = Vec::new();
    for (_, path) in files::numbered(disk, parent, "").at(parent)? {
        if let Some(manifest) = manifest(disk, &path)? {
            found.push((path, manifest));
        }
    }
    Ok(found)
}

/// Keeps what checkpoints give up. Call it with the right to write a checkpoint.
#[derive(Clone, Debug)]
pub struct Archive {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    kept: SignedDuration,
}

impl Archive {
    /// The archive of `directory`, which keeps at least the history of the time `kept`.
    pub fn new(disk: Arc<dyn Disk>, directory: PathBuf, kept: SignedDuration) -> Self {
        Self { disk, directory, kept }
    }

    fn prepare(&self) -> io::Result<PathBuf> {
        let archive = directory_of(&self.directory);
        files::create_directory(self.disk.as_ref(), &archive).map_err(io::Error::other)?;
        Ok(archive)
    }

    /// Keeps segments of the journal, durably: only then may they be removed there.
    pub fn keep_segments(&self, firsts: &[u64]) -> io::Result<()> {
        if firsts.is_empty() {
            return Ok(());
        }
        let archive = self.prepare()?;
        for first in firsts {
            let content = files::read(self.disk.as_ref(), &segments::segment_path(&self.directory, *first))?;
            write(self.disk.as_ref(), &segment_path(&self.directory, *first), &content)?;
        }
        self.disk.sync_directory(&archive)
    }

    /// Keeps a generation that is about to be removed, if the newest in the archive is too old to start from.
    pub fn keep_generation(&self, generation: &Path) -> io::Result<()> {
        let disk = self.disk.as_ref();
        let Some(manifest) = manifest(disk, generation).map_err(io::Error::other)? else { return Ok(()) };
        let newest = generations(disk, &self.directory).map_err(io::Error::other)?.pop();
        if let Some((_, newest)) = newest
            && (newest.generation >= manifest.generation || !self.is_long_after(&newest, &manifest)?)
        {
            return Ok(());
        }
        let archive = self.prepare()?;
        let target = generation_path(&self.directory, manifest.generation);
        if disk.exists(&target) {
            remove_generation(disk, &target)?;
        }
        files::create_directory(disk, &target).map_err(io::Error::other)?;
        for name in manifest.files.keys() {
            let content = files::read(disk, &generation.join(name))?;
            write(disk, &target.join(compressed_name(name)), &content)?;
        }
        disk.sync_directory(&target)?;
        let content = files::read(disk, &generation.join(MANIFEST))?;
        files::replace(disk, &target.join(MANIFEST), |writer| writer.write_all(&content))?;
        disk.sync_directory(&target)?;
        disk.sync_directory(&archive)
    }

    /// When the last audited transaction of a generation was; `None` before the first.
    fn time(&self, manifest: &Manifest) -> io::Result<Option<Timestamp>> {
        let reader = AuditReader::new(self.disk.clone(), self.directory.join("audit"));
        let event = audit::event(&reader, manifest.audit_seq).map_err(io::Error::other)?;
        Ok(event.map(|event| event.event.at))
    }

    fn is_long_after(&self, before: &Manifest, after: &Manifest) -> io::Result<bool> {
        let (before, after) = (self.time(before)?, self.time(after)?);
        Ok(match (before, after) {
            (Some(before), Some(after)) => after.duration_since(before) >= BASE_EVERY,
            (None, after) => after.is_some(),
            (Some(_), None) => false,
        })
    }

    /// Removes what is older than the time to keep, seen from the newest transaction. What the generations in
    /// `snapshots/` need to go on from is always kept.
    pub fn prune(&self, newest: Option<Timestamp>) -> io::Result<()> {
        let Some(oldest_wanted) = newest.and_then(|newest| newest.checked_sub(self.kept).ok()) else {
            return Ok(());
        };
        let disk = self.disk.as_ref();
        let archived = generations(disk, &self.directory).map_err(io::Error::other)?;
        let current = complete(disk, &self.directory.join("snapshots")).map_err(io::Error::other)?;
        let mut start = None;
        for (_, manifest) in archived.iter().chain(&current) {
            if self.time(manifest)?.is_none_or(|time| time <= oldest_wanted) {
                start = Some(manifest.generation).max(start);
            }
        }
        let Some(start) = start else { return Ok(()) };
        self.prune_generations(start)?;
        let needed = current.first().map_or(start, |(_, oldest)| oldest.generation.min(start));
        self.prune_segments(needed)
    }

    /// Removes the archived generations before `start`, and what an unfinished copy or removal left.
    fn prune_generations(&self, start: u64) -> io::Result<()> {
        let (disk, archive) = (self.disk.as_ref(), directory_of(&self.directory));
        let mut removed = false;
        for (generation, path) in files::numbered(disk, &archive, "")? {
            if generation < start || !disk.exists(&path.join(MANIFEST)) {
                remove_generation(disk, &path)?;
                removed = true;
            }
        }
        if removed { disk.sync_directory(&archive) } else { Ok(()) }
    }

    /// Removes the archived segments that hold nothing after transaction `needed`, oldest first.
    fn prune_segments(&self, needed: u64) -> io::Result<()> {
        let disk = self.disk.as_ref();
        let all: Vec<_> = segments(disk, &self.directory)?.into_iter().collect();
        let archive = directory_of(&self.directory);
        for pair in all.windows(2) {
            let ((_, path), (next, _)) = (&pair[0], &pair[1]);
            if *next <= needed + 1 && path.starts_with(&archive) {
                disk.remove_file(path)?;
                disk.sync_directory(&archive)?;
            }
        }
        Ok(())
    }
}
