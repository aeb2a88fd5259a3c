//! Which formats of a data directory a version of the program reads and writes, and which one a directory is in.
//!
//! A version of format N reads N-1 to N+1. A directory says itself how old a version may be that reads or writes it:
//! `minReader` and `minWriter`, decided by the version that introduced its format. A directory stays in its format until
//! a version of a newer one activates that, which it does only once no process is left that could not go on.
//!
//! To raise the format: raise [`FORMAT`]; set `min_reader` and `min_writer` to it, unless older versions truly read what is
//! written now and lose nothing by writing it again; read the format before as well; until [`super::state::State`] says
//! that the directory is in the new format, write nothing that the old one does not have; write a golden directory
//! (`tests/json/golden.rs`).

use super::OpenError;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The format that this version writes; raised when older versions could not read what it writes.
pub const FORMAT: u32 = 5;

/// The first format that has access entries and second factors; in an older one there can be none.
pub const WITH_ACCESS: u32 = 4;

/// The first format that has what is planned around appointments, held times, and hours with breaks, rooms and days on
/// which they hold.
pub const WITH_PLAN: u32 = 5;

/// What a version of the program can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    /// The oldest format that it reads.
    pub oldest_read: u32,
    /// The newest format that it reads, if the directory lets it.
    pub newest_read: u32,
    /// The format that it writes: the version's own.
    pub writes: u32,
    /// The oldest own format of a version that can read what it writes.
    pub min_reader: u32,
    /// The oldest own format of a version that loses nothing when it changes what this one wrote. A format whose rows
    /// have fields that older versions would drop names itself.
    pub min_writer: u32,
}

impl Default for Formats {
    fn default() -> Self {
        Self {
            oldest_read: FORMAT - 1,
            newest_read: FORMAT + 1,
            writes: FORMAT,
            min_reader: FORMAT,
            min_writer: FORMAT,
        }
    }
}

/// The format that a directory is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreFormat {
    /// The format.
    pub format: u32,
    /// The oldest own format of a version that can read it; 0 before format 3.
    #[serde(default)]
    pub min_reader: u32,
    /// The oldest own format of a version that may write to it; 0 before format 3.
    #[serde(default)]
    pub min_writer: u32,
}

/// What a directory is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only to read it.
    Read,
    /// To read and write it.
    Write,
}

impl Formats {
    /// The format that it activates.
    pub fn own(&self) -> StoreFormat {
        StoreFormat { format: self.writes, min_reader: self.min_reader, min_writer: self.min_writer }
    }

    /// Whether a directory in the format `found` can be opened for `access`; the error says what to do if not.
    pub fn check(&self, directory: &Path, found: StoreFormat, access: Access) -> Result<(), OpenError> {
        let (directory, oldest, newest) = (directory.to_owned(), self.oldest_read, self.newest_read);
        if found.format < oldest {
            return Err(OpenError::TooOld { directory, found: found.format, oldest });
        }
        if found.format > newest || found.min_reader > self.writes {
            let known = if found.format > newest { newest } else { self.writes };
            return Err(OpenError::TooNew { directory, found: found.format, known });
        }
        if access == Access::Write && found.min_writer > self.writes {
            let (found, known) = (found.format, self.writes);
            return Err(OpenError::TooNewToWrite { directory, found, known });
        }
        Ok(())
    }

    /// Whether it can go on in a directory after `next` is activated.
    pub fn can_follow(&self, next: StoreFormat) -> bool {
        self.check(Path::new(""), next, Access::Write).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: StoreFormat = StoreFormat { format: FORMAT + 1, min_reader: FORMAT, min_writer: FORMAT };

    fn open(found: StoreFormat, access: Access) -> Result<(), OpenError> {
        Formats::default().check(Path::new("data"), found, access)
    }

    #[test]
    fn a_version_reads_one_format_back_and_one_ahead() {
        for format in [FORMAT - 1, FORMAT, FORMAT + 1] {
            open(StoreFormat { format, ..StoreFormat::default() }, Access::Write).unwrap();
        }
        let older = open(StoreFormat { format: FORMAT - 2, ..StoreFormat::default() }, Access::Read);
        assert!(matches!(older, Err(OpenError::TooOld { .. })));
        let newer = open(StoreFormat { format: FORMAT + 2, ..StoreFormat::default() }, Access::Read);
        assert!(matches!(newer, Err(OpenError::TooNew { known, .. }) if known == FORMAT + 1));
    }

    #[test]
    fn a_newer_format_decides_who_may_read_and_who_may_write() {
        open(NEXT, Access::Write).unwrap();
        let read_only = StoreFormat { min_writer: FORMAT + 1, ..NEXT };
        open(read_only, Access::Read).unwrap();
        assert!(matches!(open(read_only, Access::Write), Err(OpenError::TooNewToWrite { .. })));
        let closed = StoreFormat { min_reader: FORMAT + 1, ..NEXT };
        assert!(matches!(open(closed, Access::Read), Err(OpenError::TooNew { known: FORMAT, .. })));
    }
}
