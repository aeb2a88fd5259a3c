//! Files as this store writes them: private, replaced whole, on disk before anyone relies on them.

use super::OpenError;
use super::disk::{Disk, DiskFile, Open};
pub use crate::cursor::hex;
use sha2::{Digest as _, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes read at once.
const CHUNK: usize = 1 << 18;

/// Turns an I/O error into one that names the file.
pub trait IoContext<T> {
    /// Names the file.
    fn at(self, path: &Path) -> Result<T, OpenError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, OpenError> {
        self.map_err(|error| OpenError::Io { path: path.to_owned(), error })
    }
}

/// Makes a directory and those above it, if it is missing, and makes their names durable.
pub fn create_directory(disk: &dyn Disk, path: &Path) -> Result<(), OpenError> {
    let missing: Vec<_> = named(path).take_while(|path| !disk.exists(path)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    disk.create_directory(path).at(path)?;
    missing.into_iter().filter_map(Path::parent).try_for_each(|parent| disk.sync_directory(parent).at(parent))
}

/// Makes a new folder in `quarantine/` of a data directory, named `<name>-<k>`.
pub fn quarantine(disk: &dyn Disk, directory: &Path, name: &str) -> Result<PathBuf, OpenError> {
    let quarantine = directory.join("quarantine");
    let free = |number: u32| quarantine.join(format!("{name}-{number}"));
    let mut number = 1;
    while disk.exists(&free(number)) {
        number += 1;
    }
    create_directory(disk, &free(number))?;
    Ok(free(number))
}

/// Makes the name of a directory and of those above it durable: whoever made them may have ended before it did.
pub fn keep_directory(disk: &dyn Disk, path: &Path) -> Result<(), OpenError> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    for parent in named(path).filter_map(Path::parent) {
        match disk.sync_directory(parent) {
            // Who may not do it here did not make anything here.
            Err(error)
                if matches!(
                    error.kind(),
                    InvalidInput | PermissionDenied | ReadOnlyFilesystem | Unsupported
                ) => {}
            synced => synced.at(parent)?,
        }
    }
    Ok(())
}

/// A path and those above it that have a name.
fn named(path: &Path) -> impl Iterator<Item = &Path> {
    path.ancestors().filter(|path| path.file_name().is_some())
}

/// A whole file.
pub fn read(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    read_from(disk.open(path, Open::Read)?.as_ref(), 0)
}

/// Everything of an open file from `offset` on.
pub fn read_from(file: &dyn DiskFile, offset: u64) -> io::Result<Vec<u8>> {
    let expected = file.length()?.saturating_sub(offset);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    let mut reader = Reader { file, offset };
    io::Read::read_to_end(&mut reader, &mut bytes)?;
    Ok(bytes)
}

/// Writes all bytes at a place.
pub fn write_all_at(file: &dyn DiskFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads a file from a place on.
struct Reader<'a> {
    file: &'a dyn DiskFile,
    offset: u64,
}

impl io::Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Writes a file from its beginning on.
#[derive(Debug)]
pub struct Writer {
    /// The file.
    pub file: Arc<dyn DiskFile>,
    offset: u64,
}

impl Writer {
    /// Writes `file`, which is empty.
    pub fn new(file: Arc<dyn DiskFile>) -> Self {
        Self { file, offset: 0 }
    }
}

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write_at(bytes, self.offset)?;
        self.offset += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Copies a file to the end of what is being written.
pub fn copy(disk: &dyn Disk, from: &Path, to: &mut Writer) -> io::Result<()> {
    let source = disk.open(from, Open::Read)?;
    let mut reader = Reader { file: source.as_ref(), offset: 0 };
    let mut chunk = vec![0; CHUNK];
    loop {
        match io::Read::read(&mut reader, &mut chunk) {
            Ok(0) => return Ok(()),
            Ok(read) => io::Write::write_all(to, &chunk[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A file that is written beside the one that it replaces at the end.
#[derive(Debug)]
pub struct Replacement {
    /// What is written so far; sync it before [`Self::finish`].
    pub writer: Writer,
    temporary: PathBuf,
    path: PathBuf,
}

impl Replacement {
    /// Begins one for `path`.
    pub fn begin(disk: &dyn Disk, path: &Path) -> io::Result<Self> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".tmp");
        let temporary = PathBuf::from(temporary);
        let writer = Writer::new(disk.open(&temporary, Open::Empty)?);
        Ok(Self { writer, temporary, path: path.to_owned() })
    }

    /// Takes the file's place; durable once the directory is synced.
    pub fn finish(self, disk: &dyn Disk) -> io::Result<()> {
        disk.rename(&self.temporary, &self.path)
    }
}

/// Replaces a file whole; the directory is not synced.
pub fn replace<R>(
    disk: &dyn Disk,
    path: &Path,
    write: impl FnOnce(&mut Writer) -> io::Result<R>,
) -> io::Result<R> {
    let mut replacement = Replacement::begin(disk, path)?;
    let result = write(&mut replacement.writer)?;
    replacement.writer.file.sync_all()?;
    replacement.finish(disk)?;
    Ok(result)
}

/// Entries of a directory named by a number and `suffix`, in order of number; none if it does not exist.
pub fn numbered(disk: &dyn Disk, directory: &Path, suffix: &str) -> io::Result<Vec<(u64, PathBuf)>> {
    let names = match disk.names(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names?,
    };
    let number = |name: &str| name.strip_suffix(suffix).and_then(|number| number.parse().ok());
    let mut found: Vec<_> =
        names.iter().filter_map(|name| Some((number(name)?, directory.join(name)))).collect();
    found.sort_unstable();
    Ok(found)
}

/// The number of the line that begins after `before`.
pub fn line_after(before: &[u8]) -> usize {
    before.split(|byte| *byte == b'\n').count()
}

/// The SHA-256 of a file's content, as `store.json` has it.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
