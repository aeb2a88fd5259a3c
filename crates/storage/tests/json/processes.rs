//! Several processes on one directory, killed at any moment: what one was told is committed is there for all.
//!
//! `TORTURE_KILLS` sets how many processes are killed, `TORTURE_SEED` repeats a run.

use crate::{everything, open, opened};
use domain::{Appointment, User};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use storage::conformance::samples::{appointment, doctor, event, user};
use storage::conformance::{Store, write};
use storage::json::JsonStore;
use storage::{Constraint, Counter, StorageError};
use tokio::task::JoinSet;

/// Processes at a time.
const PROCESSES: u64 = 4;
/// Units of work that each has under way.
const CALLERS: u64 = 6;
/// Times that all of them try to book.
const SLOTS: u64 = 4_000;

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

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

/// Takes the next id and stores a user under it, or nothing.
async fn sign_up(store: &Store) -> Result<u64, StorageError> {
    let unit = write(store, |tx| {
        Box::pin(async move {
            let id = tx.counters().next(Counter::User).await?;
            tx.users().insert(user(id)).await?;
            tx.audit().append(event(i64::try_from(id).unwrap(), domain::Action::SignUp)).await?;
            Ok(id)
        })
    });
    unit.await
}

/// Takes the next id and books a time; whether it was still free.
async fn book(store: &Store, slot: u64) -> Result<Option<u64>, StorageError> {
    let unit = write(store, move |tx| {
        Box::pin(async move {
            let id = tx.counters().next(Counter::Appointment).await?;
            let minutes = i64::try_from(slot).unwrap() * 30;
            tx.appointments().insert(appointment(id, u128::from(id), doctor(1), minutes)).await?;
            Ok(id)
        })
    });
    match unit.await {
        Ok(id) => Ok(Some(id)),
        Err(StorageError::Conflict(Constraint::DoctorOverlap)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Every user that any process wrote down as committed.
fn acknowledged(directory: &Path) -> BTreeSet<u64> {
    let mut ids = BTreeSet::new();
    for entry in fs::read_dir(directory.join("acks")).unwrap() {
        let mut text = String::new();
        File::open(entry.unwrap().path()).unwrap().read_to_string(&mut text).unwrap();
        // The last line may be cut by a kill.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        ids.extend(
            whole.lines().filter_map(|line| line.strip_prefix("user ")).map(|id| id.parse::<u64>().unwrap()),
        );
    }
    ids
}

async fn caller(store: Store, directory: std::path::PathBuf, acks: Arc<File>, seed: u64) {
    let mut dice = Dice(seed);
    loop {
        let line = match dice.roll(10) {
            0..4 => format!("user {}\n", sign_up(&store).await.unwrap()),
            4..9 => match book(&store, dice.roll(SLOTS)).await.unwrap() {
                Some(id) => format!("appointment {id}\n"),
                None => continue,
            },
            _ => {
                // A read sees everything that was acknowledged before it began, by whichever process.
                let before = acknowledged(&directory);
                let found: BTreeSet<u64> =
                    everything::<User>(&store).await.iter().map(|row| row.value.id.0).collect();
                assert!(
                    before.is_subset(&found),
                    "stale read: {:?}",
                    before.difference(&found).collect::<Vec<_>>()
                );
                "read\n".to_owned()
            }
        };
        (&*acks).write_all(line.as_bytes()).unwrap();
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}

/// One of the processes that [`killed_processes_lose_nothing_that_was_acknowledged`] starts; by itself it does nothing.
#[test]
fn process() {
    let Some(directory) = setting("TORTURE_DIRECTORY") else { return };
    let directory = std::path::PathBuf::from(directory);
    let seed = number("TORTURE_SEED", 0);
    let mut options = crate::options(&directory.join("data"));
    options.checkpoint_bytes = 60_000;
    let store: Store = Arc::new(JsonStore::open(options).unwrap());
    let path = directory.join("acks").join(format!("{}-{seed}", std::process::id()));
    let acks = Arc::new(OpenOptions::new().create(true).append(true).open(path).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let mut callers = JoinSet::new();
        for caller_number in 0..CALLERS {
            callers.spawn(caller(
                store.clone(),
                directory.clone(),
                acks.clone(),
                seed ^ (caller_number << 32),
            ));
        }
        // None of them ends but by a panic.
        if let Some(ended) = callers.join_next().await {
            writeln!(std::io::stderr(), "violation: {ended:?}").unwrap();
            std::process::exit(1);
        }
    });
}

fn start(directory: &Path, seed: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::process", "--nocapture", "--test-threads=1"])
        .env("TORTURE_DIRECTORY", directory)
        .env("TORTURE_SEED", seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets a process run for some acknowledgements, then kills it; returns how many there were.
fn run_and_kill(mut child: Child, lines: u64) -> u64 {
    let output = BufReader::new(child.stdout.take().unwrap());
    let is_ack =
        |line: &String| line.starts_with("user ") || line.starts_with("appointment ") || line == "read";
    let mut seen = 0;
    for line in output.lines().map_while(Result::ok).filter(is_ack) {
        assert!(!line.is_empty());
        seen += 1;
        if seen == lines {
            break;
        }
    }
    if seen < lines {
        let mut words = String::new();
        child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        panic!("a process ended by itself after {seen} acknowledgements: {words}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    seen
}

#[test]
fn killed_processes_lose_nothing_that_was_acknowledged() {
    let (kills, seed) = (number("TORTURE_KILLS", 16), number("TORTURE_SEED", 1));
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("acks")).unwrap();
    let path = directory.path();
    let operations: u64 = std::thread::scope(|scope| {
        let lives = (0..PROCESSES).map(|process| {
            scope.spawn(move || {
                let mut dice = Dice(seed.wrapping_mul(1_000).wrapping_add(process));
                let mut operations = 0;
                for _ in 0..kills.div_ceil(PROCESSES) {
                    let child = start(path, dice.roll(u64::from(u32::MAX)));
                    operations += run_and_kill(child, 1 + dice.roll(150));
                }
                operations
            })
        });
        lives.collect::<Vec<_>>().into_iter().map(|life| life.join().unwrap()).sum()
    });
    writeln!(std::io::stdout(), "seed {seed}: {kills} kills, {operations} acknowledged operations").unwrap();
    check(path);
}

/// The whole history against what is stored.
fn check(path: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let data = path.join("data");
        let store = opened(&data);
        let users: Vec<u64> = everything::<User>(&store).await.iter().map(|row| row.value.id.0).collect();
        let gapless: Vec<u64> = (1..=users.len() as u64).collect();
        assert_eq!(users, gapless, "ids without gaps");
        assert!(
            acknowledged(path).is_subset(&users.iter().copied().collect()),
            "acknowledged users are there"
        );
        let appointments = everything::<Appointment>(&store).await;
        let times: BTreeSet<_> = appointments.iter().map(|row| row.value.time.start()).collect();
        assert_eq!(times.len(), appointments.len(), "no time is booked twice");
        let ids: BTreeSet<u64> = appointments.iter().map(|row| row.value.id.0).collect();
        for entry in fs::read_dir(path.join("acks")).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            for id in whole.lines().filter_map(|line| line.strip_prefix("appointment ")) {
                assert!(ids.contains(&id.parse().unwrap()), "appointment {id} was acknowledged and is gone");
            }
        }
        store.close().await.unwrap();
        drop(store);
        assert_eq!(storage::json::verify_chain(&data), Ok(users.len() as u64));
        drop(open(&data).unwrap());
    });
}
