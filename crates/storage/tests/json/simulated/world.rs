//! What the simulated disk holds: what programs see, what is on the platter, and what lies between.

use crate::dice::Dice;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use storage::json::LockKind;

/// What reaches the platter whole or not at all.
const SECTOR: usize = 512;

/// Which calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// That one alone.
    Once,
    /// That one and all later ones.
    ForEver,
    /// The same, and the later ones have no effect whatever: whoever made them is dead.
    Stopped,
}

/// A fault and when it comes.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The first call that fails, from 1.
    pub call: u64,
    /// Which later ones do too.
    pub reach: Reach,
    /// What it says: [`FULL`] fails what needs room, anything else every call.
    pub code: i32,
}

/// `EIO`.
pub const BROKEN: i32 = 5;
/// `ENOSPC`.
pub const FULL: i32 = 28;

#[derive(Clone, Debug)]
pub enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Length(length) => content.resize(*length, 0),
            Self::Write(offset, bytes) => {
                let end = offset + bytes.len();
                content.resize(end.max(content.len()), 0);
                content[*offset..end].copy_from_slice(bytes);
            }
        }
    }

    /// The part of it that reached the platter: nothing, some sectors, the length alone, or all.
    fn apply_part(&self, content: &mut Vec<u8>, dice: &mut Dice) {
        match (self, dice.roll(4)) {
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
            (Self::Write(offset, bytes), 2) => {
                content.resize(content.len().max(offset + bytes.len()), 0);
            }
            _ => self.apply(content),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Inode {
    /// What programs read.
    pub current: Vec<u8>,
    /// What is on the platter.
    durable: Vec<u8>,
    /// What is on its way there.
    pending: Vec<Change>,
}

impl Inode {
    pub fn of(content: Vec<u8>) -> Self {
        Self { durable: content.clone(), current: content, pending: Vec::new() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    File(usize),
    Directory,
}

#[derive(Debug)]
pub struct World {
    pub inodes: Vec<Inode>,
    pub names: BTreeMap<PathBuf, Node>,
    durable_names: BTreeMap<PathBuf, Node>,
    locks: BTreeMap<(usize, u64), Vec<(u64, LockKind)>>,
    pub openings: u64,
    pub calls: u64,
    pub fault: Option<Fault>,
    /// Decides how much of what could not be synced was lost.
    dice: Dice,
    /// A control: syncing does nothing but say that it did.
    pub lies: bool,
    /// Decides how much of a read or a write is done, and whether a signal comes between.
    pub short: Option<Dice>,
}

impl World {
    /// One with these files, all of them on the platter.
    pub fn of(inodes: Vec<Inode>, names: BTreeMap<PathBuf, Node>) -> Self {
        Self {
            inodes,
            durable_names: names.clone(),
            names,
            locks: BTreeMap::new(),
            openings: 0,
            calls: 0,
            fault: None,
            dice: Dice(0),
            lies: false,
            short: None,
        }
    }

    /// What another machine finds after a power cut: what was synced and some of the rest.
    pub fn after_power_cut(&self, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let inodes = self.inodes.iter().map(|inode| {
            let mut content = inode.durable.clone();
            inode.pending.iter().for_each(|change| change.apply_part(&mut content, &mut dice));
            Inode::of(content)
        });
        let inodes = inodes.collect();
        let mut names = BTreeMap::new();
        let all: BTreeSet<&PathBuf> = self.names.keys().chain(self.durable_names.keys()).collect();
        // A directory comes before what is in it, which is lost with it.
        for path in all {
            let (now, before) = (self.names.get(path), self.durable_names.get(path));
            let kept = if dice.roll(2) == 0 { now } else { before };
            if let Some(node) = kept
                && has_parent(&names, path)
            {
                names.insert(path.clone(), *node);
            }
        }
        Self::of(inodes, names)
    }

    /// What is left when all processes die and the machine runs on.
    pub fn abandoned(&self) -> Self {
        let mut world = Self::of(self.inodes.clone(), self.names.clone());
        world.durable_names.clone_from(&self.durable_names);
        world
    }

    /// Counts a call; an error if it is to fail.
    pub fn call(&mut self, needs_room: bool) -> io::Result<()> {
        self.calls += 1;
        let Some(fault) = self.fault else { return Ok(()) };
        let hit = self.calls == fault.call || (fault.reach != Reach::Once && self.calls > fault.call);
        if hit && (needs_room || fault.code != FULL) {
            self.dice = Dice(self.calls);
            return Err(io::Error::from_raw_os_error(fault.code));
        }
        Ok(())
    }

    /// Whether whoever calls is dead, so that nothing happens any more.
    pub fn is_stopped(&self) -> bool {
        self.fault.is_some_and(|fault| fault.reach == Reach::Stopped && self.calls > fault.call)
    }

    /// Whether the call that is made now is the last of whoever makes it, or comes later.
    fn is_dying(&self) -> bool {
        self.fault.is_some_and(|fault| fault.reach == Reach::Stopped && self.calls >= fault.call)
    }

    /// How much of `length` bytes a call transfers.
    pub fn portion(&mut self, length: usize) -> io::Result<usize> {
        let Some(dice) = &mut self.short else { return Ok(length) };
        match dice.roll(4) {
            0 => Err(io::ErrorKind::Interrupted.into()),
            1 => Ok(length),
            _ => Ok(length.min(1 + usize::try_from(dice.roll(700)).unwrap())),
        }
    }

    pub fn find(&self, path: &Path) -> io::Result<usize> {
        match self.names.get(path) {
            Some(Node::File(inode)) => Ok(*inode),
            Some(Node::Directory) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Makes an empty file.
    pub fn create(&mut self, path: &Path) -> io::Result<usize> {
        if !has_parent(&self.names, path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inode = self.inodes.len();
        self.inodes.push(Inode::default());
        self.names.insert(path.to_owned(), Node::File(inode));
        Ok(inode)
    }

    pub fn change(&mut self, inode: usize, change: Change) {
        let inode = &mut self.inodes[inode];
        change.apply(&mut inode.current);
        inode.pending.push(change);
    }

    pub fn sync(&mut self, inode: usize) -> io::Result<()> {
        let called = self.call(false);
        if self.lies || self.is_dying() {
            return called;
        }
        let Inode { durable, pending, .. } = &mut self.inodes[inode];
        for change in pending.drain(..) {
            if called.is_ok() {
                change.apply(durable);
            } else {
                // The kernel takes all pages for clean then: a second sync says that all is well, and it is not.
                change.apply_part(durable, &mut self.dice);
            }
        }
        called
    }

    pub fn sync_names(&mut self, directory: &Path) {
        let is_child = |path: &Path| path.parent() == Some(directory);
        self.durable_names.retain(|path, _| !is_child(path));
        let now = self.names.iter().filter(|(path, _)| is_child(path));
        self.durable_names.extend(now.map(|(path, node)| (path.clone(), *node)));
    }

    pub fn is_free(&self, inode: usize, byte: u64, opening: u64, kind: LockKind) -> bool {
        let holders = self.locks.get(&(inode, byte)).into_iter().flatten();
        holders
            .filter(|(holder, _)| *holder != opening)
            .all(|(_, held)| (kind, *held) == (LockKind::Shared, LockKind::Shared))
    }

    pub fn hold(&mut self, inode: usize, byte: u64, opening: u64, kind: LockKind) {
        self.release(inode, byte, opening);
        self.locks.entry((inode, byte)).or_default().push((opening, kind));
    }

    pub fn release(&mut self, inode: usize, byte: u64, opening: u64) {
        if let Some(holders) = self.locks.get_mut(&(inode, byte)) {
            holders.retain(|(holder, _)| *holder != opening);
        }
    }

    pub fn release_all(&mut self, opening: u64) {
        self.locks.values_mut().for_each(|holders| holders.retain(|(holder, _)| *holder != opening));
    }
}

/// Whether the directory of this path exists; the root always does.
fn has_parent(names: &BTreeMap<PathBuf, Node>, path: &Path) -> bool {
    let is_there = |parent: &Path| parent == Path::new("/") || names.get(parent) == Some(&Node::Directory);
    path.parent().is_some_and(is_there)
}
