//! What kind of volume a data directory lies on, and whether locks hold there. A store opens only where they do: on any
//! other volume two processes would write over each other without noticing.

use super::OpenError;
use super::disk::{CAN_SHARE, Disk, LockKind, Open};
use super::files::{self, IoContext as _};
use std::fmt;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// Far behind the end of every file: locked only while locks are tested.
const PROOF: u64 = (1 << 62) + 2;
/// Writes that are timed for a [`Capabilities`] report.
const TIMED_WRITES: usize = 20;

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// The file system's usual name, with what matters of how it is mounted: `ext4`, `nfs4 vers=4.1`.
    pub file_system: String,
    /// What can be expected of it.
    pub kind: VolumeKind,
}

/// What can be expected of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum VolumeKind {
    /// One machine has it; the kernel keeps locks, and a file's length is at once what another process made it.
    #[default]
    Local,
    /// Several machines share it with locks in the protocol; what others wrote is seen under the lock.
    Network,
    /// Nothing is known of it. It is used as a network one is.
    Unknown,
    /// Its locks do not exclude everyone who can write to it.
    Unsuitable {
        /// Why, and what to do.
        why: String,
    },
}

impl Volume {
    /// A volume of one machine.
    pub fn local(file_system: &str) -> Self {
        Self { file_system: file_system.to_owned(), kind: VolumeKind::Local }
    }

    fn unsuitable(file_system: &str, why: &str) -> Self {
        let kind = VolumeKind::Unsuitable { why: why.to_owned() };
        Self { file_system: file_system.to_owned(), kind }
    }

    /// Whether a file's length as one process sees it is what another process made it a moment ago. So it is on
    /// local file systems; network ones may remember it for seconds.
    pub fn is_coherent(&self) -> bool {
        self.kind == VolumeKind::Local
    }

    /// Refuses a volume whose locks are known not to hold.
    pub fn admit(&self, directory: &Path) -> Result<(), OpenError> {
        let VolumeKind::Unsuitable { why } = &self.kind else { return Ok(()) };
        let (directory, file_system) = (directory.to_owned(), self.file_system.clone());
        Err(OpenError::UnsuitableVolume { directory, file_system, why: why.clone() })
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            VolumeKind::Local => "local",
            VolumeKind::Network => "shared between machines: every read asks under the lock",
            VolumeKind::Unknown => "not a known one: every read asks under the lock",
            VolumeKind::Unsuitable { why } => why,
        };
        write!(f, "{} ({kind})", self.file_system)
    }
}

/// Proves with independent openings of one file that locks on its bytes exclude each other, can be shared, and are given
/// back when an opening is closed. Call it while no other process does.
pub fn prove_locks(disk: &dyn Disk, directory: &Path, file: &Path) -> Result<(), OpenError> {
    if !CAN_SHARE {
        // The whole file is locked there, whatever the byte: one process has the directory to itself.
        return Ok(());
    }
    let open = || disk.open(file, Open::Write).at(file);
    let (one, other, third) = (open()?, open()?, open()?);
    let expect = |taken: io::Result<bool>, expected: bool, what: &str| match taken {
        Ok(taken) if taken == expected => Ok(()),
        Ok(_) => Err(OpenError::LocksDoNotHold { directory: directory.to_owned(), what: what.to_owned() }),
        Err(error) => Err(lock_error(directory, file, error)),
    };
    let (shared, exclusive) = (LockKind::Shared, LockKind::Exclusive);
    expect(one.try_lock(PROOF, exclusive), true, "a free lock could not be taken")?;
    expect(other.try_lock(PROOF, exclusive), false, "two openings of one file got the same lock")?;
    expect(other.try_lock(PROOF, shared), false, "a lock held alone was shared")?;
    drop(one);
    expect(other.try_lock(PROOF, exclusive), true, "closing a file did not give its lock back")?;
    other.unlock(PROOF).at(file)?;
    expect(other.try_lock(PROOF, shared), true, "unlocking did not give a lock back")?;
    expect(third.try_lock(PROOF, shared), true, "a shared lock could not be shared")?;
    expect(third.try_lock(PROOF, exclusive), false, "a shared lock did not exclude a writer")
}

/// What a failed call for a lock means: no locks at all, or a disk that failed.
pub fn lock_error(directory: &Path, file: &Path, error: io::Error) -> OpenError {
    /// `EINVAL`, `ENOLCK`, `ENOSYS` and `EOPNOTSUPP` of Linux.
    const NO_LOCKS: [i32; 4] = [22, 37, 38, 95];
    if CAN_SHARE && error.raw_os_error().is_some_and(|code| NO_LOCKS.contains(&code)) {
        let what = format!("it has no locks at all: {error}");
        return OpenError::LocksDoNotHold { directory: directory.to_owned(), what };
    }
    OpenError::Io { path: file.to_owned(), error }
}

/// What a data directory's volume can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The volume.
    pub volume: Volume,
    /// What was measured; `None` while the directory does not exist.
    pub tested: Option<Tested>,
}

/// What was found by trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tested {
    /// The median of a small write and `fdatasync`.
    pub sync_median: Duration,
    /// The longest.
    pub sync_longest: Duration,
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; ", self.volume)?;
        match self.tested {
            Some(Tested { sync_median, sync_longest }) => write!(
                f,
                "locks proven; write and fdatasync: median {sync_median:.1?}, longest {sync_longest:.1?} of {TIMED_WRITES}"
            ),
            None => f.write_str("locks not tested: the directory does not exist yet"),
        }
    }
}

/// Finds out what the volume of a data directory can do, in a file of its own that is removed again; a directory that
/// does not exist is not made.
pub fn capabilities(disk: &dyn Disk, directory: &Path) -> Result<Capabilities, OpenError> {
    let existing = |path: &&Path| path.as_os_str().is_empty() || disk.exists(path);
    let nearest = directory.ancestors().find(existing).unwrap_or(directory);
    let volume = disk.volume(nearest).at(nearest)?;
    volume.admit(directory)?;
    if !disk.exists(directory) {
        return Ok(Capabilities { volume, tested: None });
    }
    let file = directory.join(format!("volume-test-{}.tmp", std::process::id()));
    let tested = test_in(disk, directory, &file);
    disk.remove_file(&file).at(&file)?;
    Ok(Capabilities { volume, tested: Some(tested?) })
}

fn test_in(disk: &dyn Disk, directory: &Path, path: &Path) -> Result<Tested, OpenError> {
    let file = disk.open(path, Open::Empty).at(path)?;
    prove_locks(disk, directory, path)?;
    let mut times = Vec::with_capacity(TIMED_WRITES);
    for number in 0..TIMED_WRITES {
        let begun = Instant::now();
        files::write_all_at(file.as_ref(), &[b'.'; 256], 256 * number as u64).at(path)?;
        file.sync_data().at(path)?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(Tested { sync_median: times[TIMED_WRITES / 2], sync_longest: times[TIMED_WRITES - 1] })
}

/// Times the first commits and says once how long they took, so that a slow disk is seen in the log and nothing waits for
/// a measurement.
#[derive(Debug, Default)]
pub struct CommitTimes(Vec<Duration>);

impl CommitTimes {
    /// Commits that are timed.
    const MOST: usize = 50;
    /// Longer than this, every request that writes feels it.
    const SLOW: Duration = Duration::from_millis(10);

    /// Runs a commit.
    pub fn time<R>(&mut self, commit: impl FnOnce() -> R) -> R {
        if self.0.len() == Self::MOST {
            return commit();
        }
        let begun = Instant::now();
        let result = commit();
        self.0.push(begun.elapsed());
        if self.0.len() == Self::MOST {
            self.report();
        }
        result
    }

    fn report(&mut self) {
        self.0.sort_unstable();
        let (median, longest) = (self.0[Self::MOST / 2], self.0[Self::MOST - 1]);
        if median > Self::SLOW {
            tracing::warn!(?median, ?longest, "the disk is slow: time of a write and fdatasync");
        } else {
            tracing::info!(?median, ?longest, "time of a write and fdatasync");
        }
    }
}

/// The volume of a directory as Linux describes it.
#[cfg(target_os = "linux")]
pub fn of_directory(directory: &Path) -> io::Result<Volume> {
    linux::of_directory(directory)
}

/// The volume of a directory: nobody else has it here.
#[cfg(not(target_os = "linux"))]
pub fn of_directory(_: &Path) -> io::Result<Volume> {
    Ok(Volume::local("this system's"))
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Volume, VolumeKind};
    use nix::sys::stat::{major, minor, stat};
    use nix::sys::statfs::statfs;
    use std::path::Path;
    use std::{fs, io};

    const ONE_MACHINE: &str = "its locks are not shared by all who can write to it";

    /// Numbers of `statfs(2)`.
    pub fn of_directory(directory: &Path) -> io::Result<Volume> {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let number = statfs(directory)?.filesystem_type().0;
        // The width and the sign of the number differ between platforms.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "only the low 32 bits count"
        )]
        let number = number as u32;
        Ok(match number {
            0x0000_ef53 => Volume::local("ext4"),
            0x5846_5342 => Volume::local("xfs"),
            0x9123_683e => Volume::local("btrfs"),
            0x0102_1994 => Volume::local("tmpfs"),
            0x794c_7630 => Volume::local("overlay"),
            0x0000_6969 => nfs(directory)?,
            0x00c3_6400 => Volume { file_system: "cephfs".to_owned(), kind: VolumeKind::Network },
            0x0000_517b | 0xff53_4d42 | 0xfe53_4d42 => Volume::unsuitable("smb", ONE_MACHINE),
            0x6573_5546 => Volume::unsuitable("fuse", ONE_MACHINE),
            0x0102_1997 => Volume::unsuitable("9p", ONE_MACHINE),
            number => Volume { file_system: format!("type {number:#x}"), kind: VolumeKind::Unknown },
        })
    }

    fn nfs(directory: &Path) -> io::Result<Volume> {
        let device = stat(directory)?.st_dev;
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        Ok(nfs_mounted(&mounts, &format!("{}:{}", major(device), minor(device))))
    }

    /// The NFS volume of a device, by the lines of `/proc/self/mountinfo` (proc(5)).
    pub fn nfs_mounted(mounts: &str, device: &str) -> Volume {
        let of_device = |line: &&str| line.split(' ').nth(2) == Some(device);
        let described =
            mounts.lines().filter(of_device).filter_map(|line| line.split_once(" - ")).next_back();
        let mut words = described.map(|(_, words)| words.split(' ')).into_iter().flatten();
        let (kind, options) = (words.next().unwrap_or("nfs"), words.nth(1).unwrap_or_default());
        let option = |name: &str| options.split(',').find_map(|it| it.strip_prefix(name));
        let version = option("vers=").unwrap_or(if kind == "nfs4" { "4" } else { "unknown" });
        let name = format!("{kind} vers={version}");
        let has = |name: &str| options.split(',').any(|option| option == name);
        if has("nolock") || option("local_lock=").is_some_and(|which| which != "none") {
            return Volume::unsuitable(
                &name,
                "it is mounted with nolock or local_lock, so that other machines do not see its locks: mount it without",
            );
        }
        if has("nocto") {
            return Volume::unsuitable(
                &name,
                "it is mounted with nocto, so that machines see each other's files late: mount it without",
            );
        }
        if !version.starts_with('4') {
            return Volume::unsuitable(
                &name,
                "locks of NFS before version 4 are lost when a machine fails: mount it with vers=4.1",
            );
        }
        Volume { file_system: name, kind: VolumeKind::Network }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn mounted(kind: &str, options: &str) -> Volume {
            let mounts = format!(
                "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n88 21 0:51 / /data rw,relatime shared:9 - {kind} store:/clinic {options}\n"
            );
            nfs_mounted(&mounts, "0:51")
        }

        #[test]
        fn nfs_4_is_shared() {
            let volume = mounted("nfs4", "rw,vers=4.1,hard,proto=tcp,local_lock=none");
            assert_eq!((volume.kind, volume.file_system.as_str()), (VolumeKind::Network, "nfs4 vers=4.1"));
        }

        #[test]
        fn nfs_whose_locks_do_not_reach_the_server_is_refused_with_the_option_that_does_it() {
            for (kind, options, word) in [
                ("nfs", "rw,vers=3,local_lock=none", "vers=4.1"),
                ("nfs", "rw,vers=3,nolock,local_lock=all", "nolock"),
                ("nfs4", "rw,vers=4.2,local_lock=flock", "local_lock"),
                ("nfs4", "rw,vers=4.2,nocto", "nocto"),
            ] {
                let VolumeKind::Unsuitable { why } = mounted(kind, options).kind else { panic!("{options}") };
                assert!(why.contains(word), "{why}");
            }
            assert!(matches!(nfs_mounted("", "0:51").kind, VolumeKind::Unsuitable { .. }));
        }
    }
}
