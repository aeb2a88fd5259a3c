//! Files as this store writes them: private, replaced whole, on disk before anyone relies on them.

use super::OpenError;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Says which file an I/O error is about.
pub trait IoContext<T> {
    /// Adds the path.
    fn at(self, path: &Path) -> Result<T, OpenError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, OpenError> {
        self.map_err(|error| OpenError::Io { path: path.to_owned(), error })
    }
}

/// Options that create files which only their owner can read.
pub fn private() -> OpenOptions {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a directory (and those above it) that only its owner can enter, if it does not exist.
pub fn create_directory(path: &Path) -> Result<(), OpenError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path).at(path)?;
    path.parent().map_or(Ok(()), |parent| sync_directory(parent).at(parent))
}

/// Makes created, renamed and removed names durable.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}

/// A new content of a file, under another name until it is complete.
pub struct Replacement {
    /// Where it is written.
    pub file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Replacement {
    /// Begins to replace `path`.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".tmp");
        let temporary = PathBuf::from(temporary);
        let file = private().write(true).create(true).truncate(true).open(&temporary)?;
        Ok(Self { file, temporary, path: path.to_owned() })
    }

    /// Puts it in place. The file must be synced before, the directory after.
    pub fn finish(self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.path)
    }
}

/// Replaces a file at once by what `write` writes. The directory must be synced by the caller.
pub fn replace<R>(path: &Path, write: impl FnOnce(&mut File) -> io::Result<R>) -> io::Result<R> {
    let mut replacement = Replacement::begin(path)?;
    let result = write(&mut replacement.file)?;
    replacement.file.sync_all()?;
    replacement.finish()?;
    Ok(result)
}

/// Entries of a directory whose names are a number and `suffix`, in order of the numbers; none if it is missing.
pub fn numbered(directory: &Path, suffix: &str) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let number =
            name.to_str().and_then(|name| name.strip_suffix(suffix)).and_then(|number| number.parse().ok());
        if let Some(number) = number {
            found.push((number, entry.path()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The line, from 1, that begins after these bytes.
pub fn line_after(before: &[u8]) -> usize {
    before.split(|byte| *byte == b'\n').count()
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
