//! A disk in memory that loses what was not synced, tears writes at sectors, reorders them, and fails on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use storage::json::{Disk, DiskFile, LockKind, Open};

/// What reaches the platter whole or not at all.
const SECTOR: usize = 512;

/// `SplitMix64` (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// Which calls fail, and how.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The first call that fails, from 1.
    pub call: u64,
    /// Whether all later ones fail too.
    pub for_ever: bool,
    /// What it says: [`FULL`] fails what needs room, anything else every call.
    pub code: i32,
}

/// `EIO`.
pub const BROKEN: i32 = 5;
/// `ENOSPC`.
pub const FULL: i32 = 28;

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Length(length) => content.resize(*length, 0),
            Self::Write(offset, bytes) => {
                let end = offset + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(bytes);
            }
        }
    }

    /// The part of it that reached the disk before the power went.
    fn apply_part(&self, content: &mut Vec<u8>, dice: &mut Dice) {
        match (self, dice.roll(3)) {
            (_, 0) => {}
            (Self::Write(offset, bytes), 1) => {
                let mut at = 0;
                while at < bytes.len() {
                    let end = (at + SECTOR - (offset + at) % SECTOR).min(bytes.len());
                    if dice.roll(2) == 0 {
                        Self::Write(offset + at, bytes[at..end].to_vec()).apply(content);
                    }
                    at = end;
                }
            }
            _ => self.apply(content),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Inode {
    current: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug, Default)]
struct World {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    directories: BTreeSet<PathBuf>,
    locks: BTreeMap<(usize, u64), Vec<(u64, LockKind)>>,
    openings: u64,
    calls: u64,
    fault: Option<Fault>,
    /// A control: syncing does nothing but say that it did.
    lies: bool,
}

struct Shared {
    world: Mutex<World>,
    unlocked: Condvar,
}

/// The disk; clones are the same one.
#[derive(Clone)]
pub struct SimulatedDisk(Arc<Shared>);

impl fmt::Debug for SimulatedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatedDisk")
    }
}

impl SimulatedDisk {
    pub fn new() -> Self {
        Self::of(World::default())
    }

    fn of(world: World) -> Self {
        Self(Arc::new(Shared { world: Mutex::new(world), unlocked: Condvar::new() }))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn fail(&self, fault: Option<Fault>) {
        let mut world = self.world();
        world.fault = fault;
        world.calls = 0;
    }

    /// Calls since the last [`Self::fail`].
    pub fn calls(&self) -> u64 {
        self.world().calls
    }

    pub fn lie(&self) {
        self.world().lies = true;
    }

    /// The disk as another machine finds it after a power cut: a healthy one, with what was synced and some of the rest.
    pub fn after_power_cut(&self, seed: u64) -> Self {
        let world = self.world();
        let mut dice = Dice(seed);
        let mut survivors = World { directories: world.directories.clone(), ..World::default() };
        for inode in &world.inodes {
            let mut content = inode.durable.clone();
            inode.pending.iter().for_each(|change| change.apply_part(&mut content, &mut dice));
            survivors.inodes.push(Inode { durable: content.clone(), current: content, pending: Vec::new() });
        }
        let all: BTreeSet<&PathBuf> = world.names.keys().chain(world.durable_names.keys()).collect();
        for path in all {
            let (now, before) = (world.names.get(path), world.durable_names.get(path));
            if let Some(inode) = if dice.roll(2) == 0 { now } else { before } {
                survivors.names.insert(path.clone(), *inode);
            }
        }
        survivors.durable_names = survivors.names.clone();
        Self::of(survivors)
    }

    /// Every file with its content.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let world = self.world();
        world.names.iter().map(|(path, inode)| (path.clone(), world.inodes[*inode].current.clone())).collect()
    }

    /// A copy in which one file has another content.
    pub fn with(&self, path: &Path, content: Vec<u8>) -> Self {
        let world = self.world();
        let mut copy = World {
            inodes: world.inodes.clone(),
            names: world.names.clone(),
            durable_names: world.names.clone(),
            directories: world.directories.clone(),
            ..World::default()
        };
        let inode = copy.names[path];
        copy.inodes[inode] = Inode { durable: content.clone(), current: content, pending: Vec::new() };
        Self::of(copy)
    }
}

impl World {
    fn call(&mut self, needs_room: bool) -> io::Result<()> {
        self.calls += 1;
        let Some(fault) = self.fault else { return Ok(()) };
        let hit = self.calls == fault.call || (fault.for_ever && self.calls > fault.call);
        if hit && (needs_room || fault.code != FULL) {
            return Err(io::Error::from_raw_os_error(fault.code));
        }
        Ok(())
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn change(&mut self, inode: usize, change: Change) {
        let inode = &mut self.inodes[inode];
        change.apply(&mut inode.current);
        inode.pending.push(change);
    }

    fn is_free(&self, inode: usize, byte: u64, opening: u64, kind: LockKind) -> bool {
        let holders = self.locks.get(&(inode, byte)).into_iter().flatten();
        holders
            .filter(|(holder, _)| *holder != opening)
            .all(|(_, held)| (kind, *held) == (LockKind::Shared, LockKind::Shared))
    }

    fn hold(&mut self, inode: usize, byte: u64, opening: u64, kind: LockKind) {
        let holders = self.locks.entry((inode, byte)).or_default();
        holders.retain(|(holder, _)| *holder != opening);
        holders.push((opening, kind));
    }

    fn sync(&mut self, inode: usize) -> io::Result<()> {
        let called = self.call(false);
        let inode = &mut self.inodes[inode];
        if called.is_ok() && !self.lies {
            inode.durable = inode.current.clone();
        }
        // After a failed sync the kernel takes the pages for clean: a second sync would say that all is well.
        if !self.lies {
            inode.pending.clear();
        }
        called
    }
}

impl Disk for SimulatedDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let mut world = self.world();
        world.call(!matches!(how, Open::Read | Open::Write))?;
        let inode = match (world.find(path), how) {
            (Ok(_), Open::New) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Ok(inode), Open::Empty) => {
                world.change(inode, Change::Length(0));
                inode
            }
            (Ok(inode), _) => inode,
            (Err(error), Open::Read | Open::Write) => return Err(error),
            (Err(_), _) => {
                world.inodes.push(Inode::default());
                let inode = world.inodes.len() - 1;
                world.names.insert(path.to_owned(), inode);
                inode
            }
        };
        world.openings += 1;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), inode, opening: world.openings }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call(true)?;
        let inode = world.find(from)?;
        world.names.remove(from);
        world.names.insert(to.to_owned(), inode);
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call(false)?;
        world.find(path)?;
        world.names.remove(path);
        Ok(())
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call(false)?;
        world.names.retain(|name, _| !name.starts_with(path));
        world.directories.retain(|name| !name.starts_with(path));
        Ok(())
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call(true)?;
        world.directories.extend(path.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut world = self.world();
        world.call(false)?;
        if !world.directories.contains(directory) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let paths = world.names.keys().chain(&world.directories);
        let children = paths.filter(|path| path.parent() == Some(directory));
        Ok(children.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn exists(&self, path: &Path) -> bool {
        let world = self.world();
        world.names.contains_key(path) || world.directories.contains(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call(false)?;
        let is_child = |path: &PathBuf| path.parent() == Some(directory);
        let now: Vec<_> = world
            .names
            .iter()
            .filter(|(path, _)| is_child(path))
            .map(|(path, inode)| (path.clone(), *inode))
            .collect();
        world.durable_names.retain(|path, _| !is_child(path));
        world.durable_names.extend(now);
        Ok(())
    }

    fn is_coherent(&self, _: &Path) -> bool {
        true
    }
}

/// One opening of a file.
struct SimulatedFile {
    disk: SimulatedDisk,
    inode: usize,
    opening: u64,
}

impl fmt::Debug for SimulatedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimulatedFile({})", self.inode)
    }
}

impl Drop for SimulatedFile {
    fn drop(&mut self) {
        let opening = self.opening;
        let mut world = self.disk.world();
        world.locks.values_mut().for_each(|holders| holders.retain(|(holder, _)| *holder != opening));
        drop(world);
        self.disk.0.unlocked.notify_all();
    }
}

impl DiskFile for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut world = self.disk.world();
        world.call(false)?;
        let content = &world.inodes[self.inode].current;
        let rest = content.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut world = self.disk.world();
        let offset = usize::try_from(offset).unwrap();
        // A write that fails may have begun.
        let written = match world.call(true) {
            Ok(()) => bytes.len(),
            Err(error) => {
                let half = bytes[..bytes.len() / 2].to_vec();
                world.change(self.inode, Change::Write(offset, half));
                return Err(error);
            }
        };
        // Large writes are taken in portions.
        let taken = written.min(40_000);
        world.change(self.inode, Change::Write(offset, bytes[..taken].to_vec()));
        Ok(taken)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.world().inodes[self.inode].current.len() as u64)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        world.call(false)?;
        world.change(self.inode, Change::Length(usize::try_from(length).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.world().sync(self.inode)
    }

    fn sync_all(&self) -> io::Result<()> {
        self.disk.world().sync(self.inode)
    }

    fn lock(&self, byte: u64, kind: LockKind) -> io::Result<()> {
        let mut world = self.disk.world();
        while !world.is_free(self.inode, byte, self.opening, kind) {
            world = self.disk.0.unlocked.wait(world).unwrap();
        }
        world.hold(self.inode, byte, self.opening, kind);
        Ok(())
    }

    fn try_lock(&self, byte: u64, kind: LockKind) -> io::Result<bool> {
        let mut world = self.disk.world();
        let is_free = world.is_free(self.inode, byte, self.opening, kind);
        if is_free {
            world.hold(self.inode, byte, self.opening, kind);
        }
        Ok(is_free)
    }

    fn unlock(&self, byte: u64) -> io::Result<()> {
        let opening = self.opening;
        let mut world = self.disk.world();
        if let Some(holders) = world.locks.get_mut(&(self.inode, byte)) {
            holders.retain(|(holder, _)| *holder != opening);
        }
        drop(world);
        self.disk.0.unlocked.notify_all();
        Ok(())
    }
}
