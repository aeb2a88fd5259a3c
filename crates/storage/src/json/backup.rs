//! Verifying, backing up, restoring and exporting a data directory; all of it reads the source only, also while servers
//! write to it.

use super::OpenError;
use super::anchors;
use super::archive;
use super::audit::{self, AuditReader, AuditWriter};
use super::checkpoint::{Checkpointer, FILES, StoreFile, generation_directory, write_tables};
use super::disk::Disk;
use super::files::{self, IoContext as _};
use super::formats::Access;
use super::history::{self, Until};
use super::lock::Shares;
use super::open::JsonOptions;
use super::progress::Progress;
use super::rows::RowContext;
use super::segments;
use crate::Totals;
use std::path::Path;
use std::sync::Arc;

/// What was found in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Names the store.
    pub store_id: String,
    /// The state after this transaction and after every later one can be restored.
    pub reaches_back_to: u64,
    /// The last transaction in the checkpoint.
    pub checkpoint: u64,
    /// The last transaction.
    pub last: u64,
    /// How much is stored.
    pub totals: Totals,
    /// Audit events whose chain was followed.
    pub audit_events: u64,
    /// Bytes at the end of the journal that no transaction claims: a write under way, or torn by a crash. Opening the
    /// store moves a torn write to quarantine; nobody was told of it.
    pub unclaimed: u64,
}

/// Checks everything that can be checked: checksums of all files, every line and link of the journal, every link of
/// the audit chain from its first event to the newest.
pub fn verify(options: &JsonOptions, progress: &dyn Progress) -> Result<Verified, OpenError> {
    let (disk, directory) = (&options.disk, &options.directory);
    progress.begin("checking the newest checkpoint and the journal", 0);
    let history = history::read(options, Until::Newest)?;
    progress.begin("checking the audit log", 0);
    let reader = AuditReader::new(disk.clone(), directory.join("audit"));
    let audit_events = audit::verify_all(&reader, &history.state, history.store.audit_seq)
        .map_err(|error| OpenError::of_storage(&directory.join("audit"), &error))?;
    // Nothing may be moved meanwhile. A directory that cannot be locked is a backup or on a read-only volume.
    let _held = Shares::hold_checkpoints(disk.as_ref(), directory).ok();
    let reaches_back_to = history::verify_archive(options, &history.store, progress)?;
    Ok(Verified {
        reaches_back_to,
        store_id: history.store.store_id.clone(),
        checkpoint: history.store.generation,
        last: history.state.seq,
        totals: history.state.totals(),
        audit_events,
        unclaimed: history.unclaimed,
    })
}

/// Copies a directory as it is now into an empty one; the copy opens like the original. The secret of the sessions is
/// not copied: whoever has a backup must not be able to sign in with it.
pub fn backup(options: &JsonOptions, to: &Path, progress: &dyn Progress) -> Result<Verified, OpenError> {
    let disk = options.disk.as_ref();
    empty_directory(disk, to)?;
    // A directory that cannot be locked is a backup itself or on a read-only volume: then nobody writes to it.
    let _held = Shares::hold_checkpoints(disk, &options.directory).ok();
    while !copy_newest(options, to, progress)? {
        progress.begin("a newer checkpoint was written meanwhile: again from the beginning", 0);
        for name in disk.names(to).at(to)? {
            let path = to.join(&name);
            if FILES.contains(&name.as_str()) {
                disk.remove_file(&path)
            } else {
                disk.remove_directory(&path)
            }
            .at(&path)?;
        }
    }
    verify(&JsonOptions { directory: to.to_owned(), ..options.clone() }, progress)
}

/// Copies the newest checkpoint and what follows it; false when a newer one took its place meanwhile.
fn copy_newest(options: &JsonOptions, to: &Path, progress: &dyn Progress) -> Result<bool, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    let newest = history::newest_store(disk, directory)?;
    let copied = copy_parts(options, &newest, to, progress);
    if history::newest_store(disk, directory)?.generation != newest.generation {
        return Ok(false);
    }
    let store = copied?;
    // Last: without it nothing counts.
    store.write(disk, to).at(to)?;
    Ok(true)
}

/// The checkpoints and the archive, then the audit files, then the journal: so that the journal has everything that the
/// audit files have.
fn copy_parts(
    options: &JsonOptions,
    newest: &StoreFile,
    to: &Path,
    progress: &dyn Progress,
) -> Result<StoreFile, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    let generation = newest.generation;
    let snapshots = directory.join("snapshots");
    for (number, path) in files::numbered(disk, &snapshots, "").at(&snapshots)? {
        if number <= generation {
            copy_folder(disk, &path, &generation_directory(to, number), progress)?;
        }
    }
    let source = generation_directory(directory, generation);
    for name in newest.files.keys() {
        copy(disk, &source.join(name), &to.join(name))?;
    }
    let folder = archive::directory_of(directory);
    for (number, path) in files::numbered(disk, &folder, "").at(&folder)? {
        copy_folder(disk, &path, &archive::generation_path(to, number), progress)?;
    }
    for name in ["archive", "legacy-original", "audit"] {
        copy_folder(disk, &directory.join(name), &to.join(name), progress)?;
    }
    let history = history::read(options, Until::Newest)?;
    let journal = directory.join("journal");
    let all = segments::segments(disk, directory).at(&journal)?;
    let (mut wanted, begins) = (history.segments, history.store.generation + 1);
    // What a checkpoint did not move to the archive yet.
    let first = wanted.first().map_or(begins, |(first, _)| *first);
    wanted.extend(all.into_iter().filter(|it| *it < first).map(|it| (it, u64::MAX)));
    progress.begin("copying the journal", wanted.len() as u64);
    files::create_directory(disk, &to.join("journal"))?;
    for (first, whole) in wanted {
        let source = segments::segment_path(directory, first);
        let mut bytes = if whole == 0 { Vec::new() } else { files::read(disk, &source).at(&source)? };
        bytes.truncate(usize::try_from(whole).unwrap_or(usize::MAX));
        write(disk, &segments::segment_path(to, first), &bytes)?;
        progress.advance(1);
    }
    disk.sync_directory(&to.join("journal")).at(to)?;
    Ok(history.store)
}

/// Makes a new store in an empty directory out of another one or a backup, as it was at some point. It has a name of
/// its own, so that nothing of the old one can join it by mistake.
pub fn restore(
    options: &JsonOptions,
    to: &Path,
    until: Until,
    progress: &dyn Progress,
) -> Result<Verified, OpenError> {
    let (disk, directory) = (&options.disk, &options.directory);
    progress.begin("reading", 0);
    let history = history::read(options, until)?;
    options.formats.check(directory, history.state.format, Access::Write)?;
    let reader = AuditReader::new(disk.clone(), directory.join("audit"));
    empty_directory(disk.as_ref(), to)?;
    files::create_directory(disk.as_ref(), &to.join("journal"))?;
    progress.begin("writing the audit log", 0);
    let mut audit = AuditWriter::open(disk.clone(), to.join("audit"), 0)?;
    audit
        .copy_from(&reader, history.store.audit_seq)
        .map_err(|error| OpenError::of_storage(&directory.join("audit"), &error))?;
    anchors::keep_until(disk.as_ref(), directory, to, history.state.audit_head.seq)?;
    progress.begin("writing the files", 0);
    segments::prepare(disk.as_ref(), to, history.state.seq + 1).at(to)?;
    let shares = Arc::new(Shares::take(disk, to)?.0);
    let target = JsonOptions { directory: to.to_owned(), ..options.clone() };
    let name = super::open::new_store_id(&target);
    Checkpointer::new(&target, shares, Some(audit), name, None).run(&history.state).at(to)?;
    verify(&target, progress)
}

/// Writes the readable files of the newest state into an empty directory.
pub fn export(options: &JsonOptions, to: &Path, progress: &dyn Progress) -> Result<Totals, OpenError> {
    let disk = options.disk.as_ref();
    progress.begin("reading", 0);
    let history = history::read(options, Until::Newest)?;
    empty_directory(disk, to)?;
    progress.begin("writing the files", 0);
    write_tables(disk, to, &history.state, &RowContext { zone: options.zone.clone() }).at(to)?;
    Ok(history.state.totals())
}

/// Makes a directory, which must have nothing in it.
pub(super) fn empty_directory(disk: &dyn Disk, path: &Path) -> Result<(), OpenError> {
    files::create_directory(disk, path)?;
    if disk.names(path).at(path)?.is_empty() {
        Ok(())
    } else {
        Err(OpenError::NotEmpty { directory: path.to_owned() })
    }
}

fn write(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), OpenError> {
    files::replace(disk, path, |writer| std::io::Write::write_all(writer, bytes)).at(path)
}

pub(super) fn copy(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), OpenError> {
    files::replace(disk, to, |writer| files::copy(disk, from, writer)).at(from)
}

/// Copies the files of a folder, passing over the folders in it, which are named by a number.
pub(super) fn copy_folder(
    disk: &dyn Disk,
    from: &Path,
    to: &Path,
    progress: &dyn Progress,
) -> Result<(), OpenError> {
    if !disk.exists(from) {
        return Ok(());
    }
    files::create_directory(disk, to)?;
    let mut names = disk.names(from).at(from)?;
    names.retain(|name| name.parse::<u64>().is_err());
    names.sort_unstable();
    let folder = from.file_name().unwrap_or_default().to_string_lossy();
    progress.begin(&format!("copying {folder}"), names.len() as u64);
    for file in names {
        copy(disk, &from.join(&file), &to.join(&file))?;
        progress.advance(1);
    }
    disk.sync_directory(to).at(to)
}
