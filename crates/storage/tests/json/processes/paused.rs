//! A process that is stopped while it holds the lock: others wait, nobody writes a second time, nothing is lost.

use super::{Task, Worker, open, prepare, say, settings, transactions, wait_to_be_told, written};
use crate::history::callers::{Log, Tags, call_with};
use crate::history::{self, Asked};
use crate::rigged::{Rig, RiggedDisk, Step};
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use storage::conformance::Store;
use storage::json::{Disk as _, JsonOptions, JsonStore, LockKind, Open, OsDisk};

/// The byte of the journal that is locked by whoever writes, as docs/storage.md says.
const WRITE: u64 = (1 << 62) + 1;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Opens a store whose disk tells each step on the journal.
fn watched(directory: &Path, watcher: impl Fn(Step) + Send + Sync + 'static) -> Store {
    let disk = RiggedDisk::over(OsDisk, Rig { watcher: Some(Box::new(watcher)), ..Rig::default() });
    let options = JsonOptions { disk: Arc::new(disk.clone()), ..settings(directory) };
    let store = Arc::new(JsonStore::open(options).unwrap());
    disk.arm();
    store
}

/// In a process: signs up, and stops with the transaction written, not synced, and the lock held.
pub fn hold(task: &Task) {
    let was_stopped = AtomicBool::new(false);
    let store = watched(&task.directory, move |step| {
        if step == Step::Sync && !was_stopped.swap(true, Ordering::SeqCst) {
            say("holding");
            raise(Signal::SIGSTOP).unwrap();
        }
    });
    runtime().block_on(call_with(&store, &task.log(), &Tags::of(task.process), Asked::SignUp, 1)).unwrap();
    wait_to_be_told();
}

/// Stops a holder, lets another store write and read meanwhile, then sends `signal` to the holder; checks what is left.
fn stop_the_holder_then(signal: Signal) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    prepare(path);
    let (steps, step) = mpsc::channel();
    let other = watched(path, move |step| _ = steps.send(step));
    let task = Task { name: "holder", directory: path.to_owned(), process: 1, seed: 0, slots: 1 };
    let mut holder = task.start();
    holder.wait_for("holding", 1);
    let id = Pid::from_raw(holder.child.id().cast_signed());
    let stopped = waitpid(id, Some(WaitPidFlag::WUNTRACED)).unwrap();
    assert_eq!(stopped, WaitStatus::Stopped(id, Signal::SIGSTOP));

    let journal = crate::segment(&path.join("data"));
    let before = fs::read(&journal).unwrap();
    let (answers, answer) = mpsc::channel();
    let (log, store) = (Task { process: 2, ..task }.log(), other.clone());
    let waiting = std::thread::spawn(move || {
        let log: Log = log;
        let tags = Tags::of(2);
        for asked in [Asked::SignUp, Asked::Look(0)] {
            answers.send(runtime().block_on(call_with(&store, &log, &tags, asked, 1))).unwrap();
        }
    });
    // It passes the turnstile and comes to the lock itself.
    assert_eq!([step.recv().unwrap(), step.recv().unwrap()], [Step::Lock, Step::Lock]);
    let lock = OsDisk.open(&journal, Open::Write).unwrap();
    assert!(!lock.try_lock(WRITE, LockKind::Exclusive).unwrap(), "the stopped process still has the lock");
    assert!(answer.try_recv().is_err(), "nobody is answered meanwhile");
    assert_eq!(fs::read(&journal).unwrap(), before, "nobody else writes meanwhile");

    kill(id, signal).unwrap();
    for _ in 0..2 {
        answer.recv().unwrap().unwrap();
    }
    waiting.join().unwrap();
    drop(other);
    release(holder, signal);
    let _ = open(path);
    let (calls, journal) = (written(path), transactions(path).unwrap());
    assert_eq!(journal.len(), 2, "the transaction of the holder was whole, and is kept");
    assert_eq!(history::judge(&calls, &journal).violations, Vec::<String>::new());
}

fn release(mut holder: Worker, signal: Signal) {
    if signal == Signal::SIGCONT {
        holder.wait_for("ready", 1);
        holder.tell();
        holder.join();
    } else {
        holder.kill();
    }
}

#[test]
fn others_wait_for_a_stopped_holder_and_go_on_when_it_does() {
    stop_the_holder_then(Signal::SIGCONT);
}

#[test]
fn others_go_on_when_a_stopped_holder_is_killed() {
    stop_the_holder_then(Signal::SIGKILL);
}
