//! Several processes on one directory, killed or stopped at any moment, together on one time, on a disk that is full.
//!
//! `TORTURE_KILLS` sets how many processes are killed, `TORTURE_SEED` repeats a run.

mod contention;
#[cfg(target_os = "linux")]
mod full;
mod paused;
mod torture;

use crate::dice::Dice;
use crate::history::callers::{Log, Plan, Tags, call_on};
use crate::history::{self, Call, journal};
use crate::rigged::{Rig, RiggedDisk};
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use storage::conformance::Store;
use storage::json::{JsonOptions, JsonStore, OsDisk};
use tokio::task::JoinSet;

/// Processes at a time.
const PROCESSES: u64 = 4;
/// Units of work that each has under way.
const CALLERS: u64 = 6;

pub fn setting(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the processes of a test are told by their environment what to do"
    )]
    std::env::vars().find(|(known, _)| known == name).map(|(_, value)| value)
}

pub fn number(name: &str, otherwise: u64) -> u64 {
    setting(name).map_or(otherwise, |value| value.parse().unwrap())
}

/// Says something that is seen with `--no-capture`, and when a test fails.
pub fn say(what: impl std::fmt::Display) {
    let mut output = std::io::stdout();
    writeln!(output, "{what}").unwrap();
}

/// The folders of a test: what processes wrote down, and segments of the journal that were removed.
fn prepare(directory: &Path) {
    for name in ["written", "kept"] {
        fs::create_dir(directory.join(name)).unwrap();
    }
}

/// Options for the store of a test, which keeps every segment of its journal.
fn settings(directory: &Path) -> JsonOptions {
    let rig = Rig { kept: Some(directory.join("kept")), ..Rig::default() };
    let disk = Arc::new(RiggedDisk::over(OsDisk, rig));
    JsonOptions { disk, checkpoint_bytes: 60_000, ..crate::options(&directory.join("data")) }
}

fn open(directory: &Path) -> Store {
    Arc::new(JsonStore::open(settings(directory)).unwrap())
}

/// Every call that any process wrote down.
fn written(directory: &Path) -> Vec<Call> {
    let files = fs::read_dir(directory.join("written")).unwrap();
    files.flat_map(|entry| history::read(&fs::read_to_string(entry.unwrap().path()).unwrap())).collect()
}

/// Every transaction that was ever in the journal.
fn transactions(directory: &Path) -> Result<Vec<journal::Transaction>, String> {
    journal::read(&[&directory.join("kept"), &directory.join("data/journal")])
}

/// What a process is told.
struct Task {
    name: &'static str,
    directory: PathBuf,
    /// Its number; calls of different processes have different ones.
    process: u64,
    seed: u64,
    slots: u64,
}

impl Task {
    /// The task of this process, if a test started it.
    fn given() -> Option<Self> {
        const NAMES: [&str; 5] = ["torture", "bills", "slot", "holder", "full"];
        let name = setting("TORTURE_TASK")?;
        Some(Self {
            name: NAMES.into_iter().find(|known| *known == name).unwrap(),
            directory: setting("TORTURE_DIRECTORY").unwrap().into(),
            process: number("TORTURE_PROCESS", 0),
            seed: number("TORTURE_SEED", 0),
            slots: number("TORTURE_SLOTS", 1),
        })
    }

    fn command(&self, program: &mut Command) -> Child {
        program
            .env("TORTURE_TASK", self.name)
            .env("TORTURE_DIRECTORY", &self.directory)
            .env("TORTURE_PROCESS", self.process.to_string())
            .env("TORTURE_SEED", self.seed.to_string())
            .env("TORTURE_SLOTS", self.slots.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn start(&self) -> Worker {
        Worker::of(self.command(Command::new(std::env::current_exe().unwrap()).args(ARGUMENTS)))
    }

    /// Where it writes down its calls: in a file that outlives it, and for the test that started it.
    fn log(&self) -> Log {
        let path = self.directory.join("written").join(self.process.to_string());
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        Arc::new(move |line: &str| {
            (&file).write_all(line.as_bytes()).unwrap();
            std::io::stdout().write_all(line.as_bytes()).unwrap();
        })
    }

    fn plan(&self) -> Plan {
        Plan { slots: self.slots, is_only_bills: self.name == "bills", is_without_overlaps: false }
    }
}

/// What makes this program one of the processes.
const ARGUMENTS: [&str; 4] = ["--exact", "processes::process", "--nocapture", "--test-threads=1"];

/// One of the processes that the tests here start; by itself it does nothing.
#[test]
fn process() {
    let Some(task) = Task::given() else { return };
    match task.name {
        "holder" => paused::hold(&task),
        "slot" => contention::rush(&task),
        #[cfg(target_os = "linux")]
        "full" => full::fill(&task),
        _ => call_until_killed(&task),
    }
}

fn call_until_killed(task: &Task) {
    let store = open(&task.directory);
    let (log, tags) = (task.log(), Arc::new(Tags::of(task.process)));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let seed = task.seed ^ (caller << 32);
            callers.spawn(call_on(store.clone(), log.clone(), tags.clone(), task.plan(), seed, u64::MAX));
        }
        // None of them ends but by an error or a panic.
        if let Some(ended) = callers.join_next().await {
            let mut output = std::io::stderr();
            writeln!(output, "violation: {ended:?}").unwrap();
            std::process::exit(1);
        }
    });
}

/// A process that was started.
struct Worker {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    fn of(mut child: Child) -> Self {
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, output }
    }

    /// Waits until it said this some times.
    fn wait_for(&mut self, what: &str, times: u64) {
        for seen in 0..times {
            if !self.output.any(|line| line.is_ok_and(|line| line.contains(what))) {
                let mut words = String::new();
                self.child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
                panic!("a process ended by itself after {seen} of {times} `{what}`: {words}");
            }
        }
    }

    /// Lets it go on when it waits to be told to.
    fn tell(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends well.
    fn join(mut self) {
        let rest: Vec<_> = self.output.by_ref().map_while(Result::ok).collect();
        let mut words = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        assert!(self.child.wait().unwrap().success(), "a process failed: {rest:?} {words}");
    }
}

/// In a process: says that it is ready, and waits until it is told to go on.
fn wait_to_be_told() {
    say("ready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

/// Lives of processes that call and are killed, [`PROCESSES`] at a time.
fn lives(name: &'static str, directory: &Path, kills: u64, seed: u64, slots: u64) {
    let per_process = kills.div_ceil(PROCESSES);
    std::thread::scope(|scope| {
        for line in 0..PROCESSES {
            scope.spawn(move || {
                let mut dice = Dice(seed.wrapping_mul(1_000).wrapping_add(line));
                for life in 0..per_process {
                    let process = 1 + line * per_process + life;
                    let seed = dice.roll(u64::from(u32::MAX));
                    let mut worker =
                        Task { name, directory: directory.to_owned(), process, seed, slots }.start();
                    worker.wait_for("done ", 1 + dice.roll(150));
                    worker.kill();
                }
            });
        }
    });
}
