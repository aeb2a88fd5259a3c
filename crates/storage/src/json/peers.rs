//! Who has a data directory open: a small file each in `peers/`, locked for as long as its process lives.
//!
//! A peer is alive while the lock on its file is held; time alone never decides that. Machines that share no kernel may,
//! on a bad volume, not see each other's locks: then a peer of another machine keeps changing its file, though its lock
//! seems free. That proves that locks do not hold, and whoever sees it stops.

use super::OpenError;
use super::disk::{Disk, DiskFile, LockKind, Open};
use super::files::{self, IoContext as _};
use super::formats::{Formats, StoreFormat};
use super::open::JsonOptions;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Held by a peer, far behind the end of its file.
const ALIVE: u64 = 1 << 62;
/// How often a file must change while its lock seems free: once may be a remembered length or time of a network volume.
const PROOF: u32 = 2;
/// Heartbeats for which a peer of another machine may be silent before it counts as gone.
const PATIENCE: u32 = 3;
/// More than any version waits between heartbeats.
const LONGEST_BEAT: Duration = Duration::from_mins(1);

/// The machine that a process runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name, for people.
    pub name: String,
    /// Names the running kernel: processes with the same one see each other's locks. The same for all containers of a
    /// machine.
    pub boot_id: String,
}

impl Host {
    /// This machine; empty where the system does not say.
    pub fn current() -> Self {
        let read = |name: &str| std::fs::read_to_string(Path::new("/proc/sys/kernel").join(name));
        let text = |name: &str| read(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        Self { name: text("hostname"), boot_id: text("random/boot_id") }
    }
}

/// A process that has the directory open, as its file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Names it among the others.
    pub instance: String,
    /// The name of its machine.
    pub host: String,
    /// Names the running kernel of its machine.
    pub boot_id: String,
    /// Its process on that machine.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// The oldest format that it reads.
    pub oldest_read: u32,
    /// The newest format that it reads.
    pub newest_read: u32,
    /// The format that it writes.
    pub writes: u32,
    /// When it opened the directory.
    #[serde(serialize_with = "milliseconds")]
    pub started: Timestamp,
    /// How long it waits between heartbeats, in milliseconds.
    pub heartbeat_every: u64,
    /// The time of the last one, by its own clock.
    #[serde(serialize_with = "milliseconds")]
    pub heartbeat: Timestamp,
}

/// All instants have the same length, so that a file is changed in place.
fn milliseconds<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{instant:.3}"))
}

impl Peer {
    fn of(options: &JsonOptions) -> Self {
        let Formats { oldest_read, newest_read, writes, .. } = options.formats;
        Self {
            instance: String::new(),
            host: options.host.name.clone(),
            boot_id: options.host.boot_id.clone(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            oldest_read,
            newest_read,
            writes,
            started: options.opened_at,
            heartbeat_every: u64::try_from(options.heartbeat.as_millis()).unwrap_or(u64::MAX),
            heartbeat: options.opened_at,
        }
    }

    /// Whether it goes on when `format` is activated.
    fn can_follow(&self, format: StoreFormat) -> bool {
        let Self { oldest_read, newest_read, writes, .. } = *self;
        Formats { oldest_read, newest_read, writes, ..Formats::default() }.can_follow(format)
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// What was found in `peers/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPeer {
    /// Its file.
    pub path: PathBuf,
    /// What the file says; `None` when it cannot be read: its process had no room to write it, or is just starting.
    pub peer: Option<Peer>,
    /// Whether its lock is held.
    pub is_alive: bool,
}

impl FoundPeer {
    /// The peer, if its lock seems free and its kernel is not that of `host`, so that the lock alone proves nothing.
    fn suspect(&self, boot_id: &str) -> Option<&Peer> {
        self.peer.as_ref().filter(|peer| !self.is_alive && peer.boot_id != boot_id)
    }
}

/// Everyone in `peers/`, in no order that means anything.
pub fn scan(disk: &dyn Disk, directory: &Path) -> io::Result<Vec<FoundPeer>> {
    let folder = folder(directory);
    let mut names = match disk.names(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names?,
    };
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "json"));
    names.sort_unstable();
    let mut found = Vec::new();
    for name in names {
        let path = folder.join(name);
        let file = match disk.open(&path, Open::Read) {
            // It left just now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        // Together with others who look: nobody takes another's look for life.
        let is_alive = !file.try_lock(ALIVE, LockKind::Shared)?;
        let peer = serde_json::from_slice(&files::read_from(file.as_ref(), 0)?).ok();
        found.push(FoundPeer { path, peer, is_alive });
    }
    Ok(found)
}

fn folder(directory: &Path) -> PathBuf {
    directory.join("peers")
}

/// Watches peers of other machines whose locks seem free.
#[derive(Debug, Default)]
pub struct Canary(BTreeMap<String, (Timestamp, u32)>);

impl Canary {
    /// Takes a look; an error when one of them is alive. Tells whether any changed since the last look.
    fn look(&mut self, me: &Peer, directory: &Path, found: &[FoundPeer]) -> Result<bool, OpenError> {
        let mut has_changed = false;
        for peer in found.iter().filter_map(|found| found.suspect(&me.boot_id)) {
            let (last, changes) = self.0.entry(peer.instance.clone()).or_insert((peer.heartbeat, 0));
            if *last != peer.heartbeat {
                (*last, *changes) = (peer.heartbeat, *changes + 1);
                has_changed = true;
            }
            if *changes >= PROOF {
                return Err(OpenError::LocksDoNotCross {
                    directory: directory.to_owned(),
                    here: me.host.clone(),
                    there: peer.host.clone(),
                    pid: peer.pid,
                });
            }
        }
        Ok(has_changed)
    }
}

/// This process among the others.
#[derive(Debug)]
pub struct Peers {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    me: Peer,
    /// Its file, locked; `None` while there is no room for one.
    file: Option<Arc<dyn DiskFile>>,
    /// Whether others see what was written only once it is synced.
    is_remote: bool,
    canary: Canary,
    begun: Instant,
}

impl Peers {
    /// Joins the others; call it while nobody else opens the directory. Files of dead peers are removed. A peer of another
    /// machine whose lock seems free gets the time to show that it is alive, which is an error.
    pub fn join(options: &JsonOptions, is_remote: bool) -> Result<Self, OpenError> {
        let mut peers = Self {
            disk: options.disk.clone(),
            directory: options.directory.clone(),
            me: Peer::of(options),
            file: None,
            is_remote,
            canary: Canary::default(),
            begun: Instant::now(),
        };
        for dead in peers.settle()? {
            match peers.disk.remove_file(&dead.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).at(&dead.path)?,
                _ => {
                    tracing::info!(file = %dead.path.display(), "a process that had the directory open is gone");
                }
            }
        }
        match peers.register() {
            Err(error) if error.is_full() => tracing::warn!(%error, "no room to join the peers; later"),
            registered => registered?,
        }
        Ok(peers)
    }

    /// Waits until it is clear who is dead; returns those.
    fn settle(&mut self) -> Result<Vec<FoundPeer>, OpenError> {
        let mut quiet_since = None;
        loop {
            let found = scan(self.disk.as_ref(), &self.directory).at(&folder(&self.directory))?;
            let has_changed = self.canary.look(&self.me, &self.directory, &found)?;
            let suspects = found.iter().filter_map(|found| found.suspect(&self.me.boot_id));
            let beat =
                suspects.map(|peer| Duration::from_millis(peer.heartbeat_every).min(LONGEST_BEAT)).max();
            let patience = beat.unwrap_or_default() * PATIENCE;
            let rest = match quiet_since {
                Some(since) if !has_changed => patience.saturating_sub(Instant::elapsed(&since)),
                _ => patience,
            };
            if rest.is_zero() {
                return Ok(found.into_iter().filter(|found| !found.is_alive).collect());
            }
            if has_changed || quiet_since.is_none() {
                quiet_since = Some(Instant::now());
            }
            std::thread::park_timeout(rest.min(patience / (2 * PATIENCE)));
        }
    }

    /// Makes the file of this process and locks it.
    fn register(&mut self) -> Result<(), OpenError> {
        let folder = folder(&self.directory);
        files::create_directory(self.disk.as_ref(), &folder)?;
        let Peer { boot_id, host, pid, started, .. } = &self.me;
        let seed = format!("{boot_id} {host} {pid} {started}");
        for attempt in 0u64.. {
            let instance = files::hex(&Sha256::digest(format!("{seed} {attempt}"))[..8]);
            let path = folder.join(format!("{instance}.json"));
            let file = match self.disk.open(&path, Open::New) {
                // Another process that started at the same time with the same number, in another container.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                file => file.at(&path)?,
            };
            self.me.instance = instance;
            file.try_lock(ALIVE, LockKind::Exclusive).at(&path)?;
            self.file = Some(file);
            return self.write().at(&path);
        }
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        files::write_all_at(file.as_ref(), &self.me.bytes()?, 0)?;
        if self.is_remote { file.sync_data() } else { Ok(()) }
    }

    /// Shows that this process is alive; joins if there was no room before. Call it while nobody else opens the directory
    /// if [`Self::is_registered`] says no.
    pub fn beat(&mut self) -> Result<(), OpenError> {
        let since = jiff::SignedDuration::try_from(self.begun.elapsed()).unwrap_or_default();
        self.me.heartbeat = self.me.started.saturating_add(since).unwrap_or(self.me.heartbeat);
        if self.is_registered() { self.write().at(&self.path()) } else { self.register() }
    }

    /// Whether others see this process.
    pub fn is_registered(&self) -> bool {
        self.file.is_some() && self.disk.exists(&self.path())
    }

    fn path(&self) -> PathBuf {
        folder(&self.directory).join(format!("{}.json", self.me.instance))
    }

    /// Looks at the others; an error if one of them proves that locks do not hold.
    pub fn look(&mut self) -> Result<Vec<FoundPeer>, OpenError> {
        let mut found = scan(self.disk.as_ref(), &self.directory).at(&folder(&self.directory))?;
        self.canary.look(&self.me, &self.directory, &found)?;
        found.retain(|found| found.path != self.path());
        Ok(found)
    }

    /// Whether every other process that is alive goes on when `format` is activated; call it while nobody else opens
    /// the directory.
    pub fn permit(&mut self, format: StoreFormat) -> Result<bool, OpenError> {
        let others = self.look()?;
        let mut alive = others.iter().filter(|found| found.is_alive);
        let all = alive.all(|found| found.peer.as_ref().is_some_and(|peer| peer.can_follow(format)));
        Ok(all && self.is_registered())
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        if self.file.is_some() {
            // If it stays, its lock is free all the same, and the next one to open the directory removes it.
            let _ = self.disk.remove_file(&self.path());
        }
    }
}

/// Who has the directory open, and whose process ended without leaving. Changes nothing.
pub fn peers(options: &JsonOptions) -> Result<Vec<FoundPeer>, OpenError> {
    scan(options.disk.as_ref(), &options.directory).at(&folder(&options.directory))
}
