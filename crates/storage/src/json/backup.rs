//! Verifying, backing up, restoring and exporting a data directory; all of it reads the source only, also while servers
//! write to it.

use super::OpenError;
use super::audit::{self, AuditReader, AuditWriter};
use super::checkpoint::{Checkpointer, FILES, StoreFile, generation_directory, write_tables};
use super::disk::Disk;
use super::files::{self, IoContext as _};
use super::formats::Access;
use super::history::{self, Until};
use super::lock::Shares;
use super::open::JsonOptions;
use super::rows::RowContext;
use super::segment;
use crate::{StorageError, Totals};
use std::path::Path;
use std::sync::Arc;

/// What was found in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Names the store.
    pub store_id: String,
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

fn damaged(directory: &Path, error: &StorageError) -> OpenError {
    OpenError::of_storage(&directory.join("audit"), error)
}

/// Checks everything that can be checked: checksums of all files, every line and link of the journal, every link of
/// the audit chain from its first event to the newest.
pub fn verify(options: &JsonOptions) -> Result<Verified, OpenError> {
    let (disk, directory) = (&options.disk, &options.directory);
    let history = history::read(options, Until::Newest)?;
    let reader = AuditReader::new(disk.clone(), directory.join("audit"));
    let audit_events = audit::verify_all(&reader, &history.state, history.store.audit_seq)
        .map_err(|error| damaged(directory, &error))?;
    Ok(Verified {
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
pub fn backup(options: &JsonOptions, to: &Path, progress: &dyn Fn(&str)) -> Result<Verified, OpenError> {
    let disk = options.disk.as_ref();
    empty_directory(disk, to)?;
    // A directory that cannot be locked is a backup itself or on a read-only volume: then nobody writes to it.
    let _held = Shares::hold_checkpoints(disk, &options.directory).ok();
    while !copy_newest(options, to, progress)? {
        progress("a newer checkpoint was written meanwhile: again from the beginning");
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
    progress("checking the copy");
    verify(&JsonOptions { directory: to.to_owned(), ..options.clone() })
}

/// Copies the newest checkpoint and what follows it; false when a newer one took its place meanwhile.
fn copy_newest(options: &JsonOptions, to: &Path, progress: &dyn Fn(&str)) -> Result<bool, OpenError> {
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

/// The checkpoint, then the audit files, then the journal: so that the journal has everything that the audit files have.
fn copy_parts(
    options: &JsonOptions,
    newest: &StoreFile,
    to: &Path,
    progress: &dyn Fn(&str),
) -> Result<StoreFile, OpenError> {
    let (disk, directory) = (options.disk.as_ref(), &options.directory);
    let (source, target) =
        (generation_directory(directory, newest.generation), generation_directory(to, newest.generation));
    files::create_directory(disk, &target)?;
    for name in newest.files.keys() {
        progress(name);
        copy(disk, &source.join(name), &target.join(name))?;
        copy(disk, &source.join(name), &to.join(name))?;
    }
    disk.sync_directory(&target).at(&target)?;
    copy_folder(disk, directory, to, "legacy-original", progress)?;
    copy_folder(disk, directory, to, "audit", progress)?;
    let history = history::read(options, Until::Newest)?;
    files::create_directory(disk, &to.join("journal"))?;
    for (first, whole) in &history.segments {
        progress(&format!("journal from transaction {first}"));
        let source = segment::segment_path(directory, *first);
        let mut bytes = if *whole == 0 { Vec::new() } else { files::read(disk, &source).at(&source)? };
        bytes.truncate(usize::try_from(*whole).unwrap_or(usize::MAX));
        write(disk, &segment::segment_path(to, *first), &bytes)?;
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
    progress: &dyn Fn(&str),
) -> Result<Verified, OpenError> {
    let (disk, directory) = (&options.disk, &options.directory);
    progress("reading");
    let history = history::read(options, until)?;
    options.formats.check(directory, history.state.format, Access::Write)?;
    let reader = AuditReader::new(disk.clone(), directory.join("audit"));
    let (oldest, oldest_event) = (history.store.generation, history.store.audit_seq);
    let is_too_early = match until {
        Until::Newest => false,
        Until::Transaction(last) => last < oldest,
        Until::Time(last) => {
            let event = audit::event(&reader, oldest_event).map_err(|error| damaged(directory, &error))?;
            event.is_some_and(|event| event.event.at > last)
        }
    };
    if is_too_early {
        return Err(OpenError::TooEarly { directory: directory.clone(), oldest });
    }
    empty_directory(disk.as_ref(), to)?;
    files::create_directory(disk.as_ref(), &to.join("journal"))?;
    progress("writing the audit log");
    let mut audit = AuditWriter::open(disk.clone(), to.join("audit"), 0)?;
    audit.copy_from(&reader, history.store.audit_seq).map_err(|error| damaged(directory, &error))?;
    progress("writing the files");
    segment::prepare(disk.as_ref(), to, history.state.seq + 1).at(to)?;
    let shares = Arc::new(Shares::take(disk, to)?.0);
    let target = JsonOptions { directory: to.to_owned(), ..options.clone() };
    let context = RowContext { zone: options.zone.clone() };
    let name = super::open::new_store_id(&target);
    Checkpointer::new(disk.clone(), to.to_owned(), shares, context, Some(audit), name, None)
        .run(&history.state)
        .at(to)?;
    progress("checking it");
    verify(&target)
}

/// Writes the readable files of the newest state into an empty directory.
pub fn export(options: &JsonOptions, to: &Path, progress: &dyn Fn(&str)) -> Result<Totals, OpenError> {
    let disk = options.disk.as_ref();
    progress("reading");
    let history = history::read(options, Until::Newest)?;
    empty_directory(disk, to)?;
    progress("writing the files");
    write_tables(disk, to, &history.state, &RowContext { zone: options.zone.clone() }).at(to)?;
    Ok(history.state.totals())
}

fn empty_directory(disk: &dyn Disk, path: &Path) -> Result<(), OpenError> {
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

fn copy(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), OpenError> {
    files::replace(disk, to, |writer| files::copy(disk, from, writer)).at(from)
}

fn copy_folder(
    disk: &dyn Disk,
    from: &Path,
    to: &Path,
    name: &str,
    progress: &dyn Fn(&str),
) -> Result<(), OpenError> {
    let (from, to) = (from.join(name), to.join(name));
    if !disk.exists(&from) {
        return Ok(());
    }
    files::create_directory(disk, &to)?;
    let mut names = disk.names(&from).at(&from)?;
    names.sort_unstable();
    for file in names {
        progress(&format!("{name}/{file}"));
        copy(disk, &from.join(&file), &to.join(&file))?;
    }
    disk.sync_directory(&to).at(&to)
}
