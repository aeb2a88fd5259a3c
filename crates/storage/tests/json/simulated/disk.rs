//! A disk in memory that loses what was not synced, tears writes at sectors, reorders them, and fails on demand.

use super::world::{Change, Fault, Inode, Node, World};
use crate::dice::Dice;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use storage::json::{Disk, DiskFile, LockKind, Open, Volume};

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
        Self::of(World::of(Vec::new(), BTreeMap::new()))
    }

    /// One that fails from the beginning.
    pub fn failing(fault: Fault) -> Self {
        let disk = Self::new();
        disk.fail(Some(fault));
        disk
    }

    fn of(world: World) -> Self {
        Self(Arc::new(Shared { world: Mutex::new(world), unlocked: Condvar::new() }))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts calls from now on, and fails as told.
    pub fn fail(&self, fault: Option<Fault>) {
        let mut world = self.world();
        world.fault = fault;
        world.calls = 0;
    }

    /// Calls since the last [`Self::fail`].
    pub fn calls(&self) -> u64 {
        self.world().calls
    }

    /// Syncs nothing any more and says that it did.
    pub fn lie(&self) {
        self.world().lies = true;
    }

    /// Reads and writes less than asked for, and is interrupted by signals.
    pub fn shorten(&self, seed: u64) {
        self.world().short = Some(Dice(seed));
    }

    /// The disk as another machine finds it after a power cut: a healthy one, with what was synced and some of the rest.
    pub fn after_power_cut(&self, seed: u64) -> Self {
        Self::of(self.world().after_power_cut(seed))
    }

    /// Every file with its content.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let world = self.world();
        let content = |node: &Node| match node {
            Node::File(inode) => Some(world.inodes[*inode].current.clone()),
            Node::Directory => None,
        };
        world.names.iter().filter_map(|(path, node)| Some((path.clone(), content(node)?))).collect()
    }

    /// A copy in which one file has another content.
    pub fn with(&self, path: &Path, content: Vec<u8>) -> Self {
        let copy = self.copy();
        copy.put(path, content);
        copy
    }

    /// Another disk with the same files, all of them on the platter.
    pub fn copy(&self) -> Self {
        let world = self.world();
        let inodes = world.inodes.iter().map(|inode| Inode::of(inode.current.clone()));
        Self::of(World::of(inodes.collect(), world.names.clone()))
    }

    /// Another disk in the same state, with nothing locked: whoever used it is dead, and the machine runs on.
    pub fn copy_unsynced(&self) -> Self {
        Self::of(self.world().abandoned())
    }

    /// Gives a file another content, behind the back of everybody; makes it, with its directories, if it is missing.
    pub fn put(&self, path: &Path, content: Vec<u8>) {
        let mut world = self.world();
        let above = path.ancestors().skip(1).filter(|path| *path != Path::new("/"));
        world.names.extend(above.map(|path| (path.to_owned(), Node::Directory)));
        let inode = world.find(path).or_else(|_| world.create(path)).unwrap();
        world.inodes[inode] = Inode::of(content);
    }
}

impl Disk for SimulatedDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let mut world = self.world();
        let is_new = world.find(path).is_err() && !matches!(how, Open::Read | Open::Write);
        world.call(is_new)?;
        let inode = match (world.find(path), how) {
            (Ok(_), Open::New) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Ok(inode), Open::Empty) => {
                world.change(inode, Change::Length(0));
                inode
            }
            (Ok(inode), _) => inode,
            (Err(error), Open::Read | Open::Write) => return Err(error),
            (Err(_), _) => world.create(path)?,
        };
        world.openings += 1;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), inode, opening: world.openings }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call(true)?;
        let inode = world.find(from)?;
        world.names.remove(from);
        world.names.insert(to.to_owned(), Node::File(inode));
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
        Ok(())
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call(true)?;
        let above = path.ancestors().filter(|path| *path != Path::new("/"));
        world.names.extend(above.map(|path| (path.to_owned(), Node::Directory)));
        Ok(())
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut world = self.world();
        world.call(false)?;
        if world.names.get(directory) != Some(&Node::Directory) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let children = world.names.keys().filter(|path| path.parent() == Some(directory));
        Ok(children.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn exists(&self, path: &Path) -> bool {
        self.world().names.contains_key(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call(false)?;
        world.sync_names(directory);
        Ok(())
    }

    fn volume(&self, _: &Path) -> io::Result<Volume> {
        Ok(Volume::local("simulated"))
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
        self.disk.world().release_all(self.opening);
        self.disk.0.unlocked.notify_all();
    }
}

impl DiskFile for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut world = self.disk.world();
        world.call(false)?;
        let length = world.portion(buffer.len())?;
        let content = &world.inodes[self.inode].current;
        let rest = content.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let read = rest.len().min(length);
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut world = self.disk.world();
        let offset = usize::try_from(offset).unwrap();
        if let Err(error) = world.call(true) {
            // A write that fails may have begun.
            if !world.is_stopped() {
                world.change(self.inode, Change::Write(offset, bytes[..bytes.len() / 2].to_vec()));
            }
            return Err(error);
        }
        let length = world.portion(bytes.len())?;
        world.change(self.inode, Change::Write(offset, bytes[..length].to_vec()));
        Ok(length)
    }

    fn length(&self) -> io::Result<u64> {
        let mut world = self.disk.world();
        world.call(false)?;
        Ok(world.inodes[self.inode].current.len() as u64)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        let length = usize::try_from(length).unwrap();
        let grows = length > world.inodes[self.inode].current.len();
        world.call(grows)?;
        world.change(self.inode, Change::Length(length));
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
        world.call(false)?;
        while !world.is_free(self.inode, byte, self.opening, kind) {
            world = self.disk.0.unlocked.wait(world).unwrap_or_else(PoisonError::into_inner);
        }
        world.hold(self.inode, byte, self.opening, kind);
        Ok(())
    }

    fn try_lock(&self, byte: u64, kind: LockKind) -> io::Result<bool> {
        let mut world = self.disk.world();
        world.call(false)?;
        let is_free = world.is_free(self.inode, byte, self.opening, kind);
        if is_free {
            world.hold(self.inode, byte, self.opening, kind);
        }
        Ok(is_free)
    }

    fn unlock(&self, byte: u64) -> io::Result<()> {
        self.disk.world().release(self.inode, byte, self.opening);
        self.disk.0.unlocked.notify_all();
        Ok(())
    }
}
