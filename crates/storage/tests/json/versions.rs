//! Versions of the program with different formats on one directory: old and new side by side, activation, going back.

use crate::simulated::each_power_cut_while_opening;
use crate::{copy_directory, everything, options, quiet};
use domain::User;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use storage::conformance::samples::user;
use storage::conformance::{Store, add, write};
use storage::json::{Formats, JsonOptions, JsonStore, OpenError, Until, backup, peers, restore, verify};
use storage::{Counter, Storage as _, StorageError};
use tokio::task::JoinSet;

/// The version that the others are told apart from.
const OLD: u32 = 5;

/// A version that comes after [`OLD`] and is not understood by it.
fn new() -> Formats {
    Formats {
        oldest_read: OLD,
        newest_read: OLD + 2,
        writes: OLD + 1,
        min_reader: OLD + 1,
        min_writer: OLD + 1,
    }
}

fn of(formats: Formats, directory: &Path) -> JsonOptions {
    JsonOptions { formats, ..options(directory) }
}

fn open_as(formats: Formats, directory: &Path) -> Result<Arc<JsonStore>, OpenError> {
    JsonStore::open(of(formats, directory)).map(Arc::new)
}

fn old() -> Formats {
    let old = Formats::default();
    assert_eq!(old.writes, OLD);
    old
}

async fn sign_up(store: &Arc<JsonStore>, id: u64) -> Result<u64, StorageError> {
    let store: Store = store.clone();
    add(&store, user(id)).await
}

async fn users(store: &Arc<JsonStore>) -> Vec<u64> {
    let store: Store = store.clone();
    everything::<User>(&store).await.iter().map(|row| row.value.id.0).collect()
}

fn store_file(directory: &Path) -> Value {
    serde_json::from_slice(&fs::read(directory.join("store.json")).unwrap()).unwrap()
}

/// Every file that has something in it, but for those that tell who is alive.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("peers") {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found.retain(|_, bytes| !bytes.is_empty());
    found
}

#[tokio::test]
async fn the_format_is_raised_once_the_last_old_process_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let older = open_as(old(), directory.path()).unwrap();
    sign_up(&older, 1).await.unwrap();
    let newer = open_as(new(), directory.path()).unwrap();
    for round in 1..=3 {
        sign_up(&newer, round * 2).await.unwrap();
        assert_eq!(users(&older).await.len() as u64, round * 2);
        sign_up(&older, round * 2 + 1).await.unwrap();
        newer.attend_peers().await;
        assert_eq!((older.format(), newer.format()), (OLD, OLD), "it waits for the old one");
    }
    // One more old one comes while a new one is there, as when a machine restarts during the update.
    let another = open_as(old(), directory.path()).unwrap();
    drop(older);
    newer.attend_peers().await;
    assert_eq!(newer.format(), OLD);
    drop(another);
    let newest = open_as(new(), directory.path()).unwrap();
    assert_eq!((newer.format(), newest.format()), (OLD, OLD + 1), "whoever notices first raises it");
    assert_eq!(users(&newer).await, (1..=7).collect::<Vec<_>>());
    assert_eq!(newer.format(), OLD + 1);
    newer.attend_peers().await;
    sign_up(&newer, 8).await.unwrap();
    newer.close().await.unwrap();
    let store = store_file(directory.path());
    assert_eq!(
        (&store["format"], &store["minReader"], &store["minWriter"]),
        (&6.into(), &6.into(), &6.into())
    );
    drop((newer, newest));
    assert_eq!(verify(&of(new(), directory.path()), &quiet).unwrap().totals.users, 8);
}

/// Signs up `count` users, one after the other, looking after each at the other processes.
async fn busy(store: Arc<JsonStore>, count: u64) -> Vec<u64> {
    let port: Store = store.clone();
    let mut acknowledged = Vec::new();
    for _ in 0..count {
        let unit = write(&port, |tx| {
            Box::pin(async move {
                let id = tx.counters().next(Counter::User).await?;
                tx.users().insert(user(id)).await?;
                Ok(id)
            })
        });
        acknowledged.push(unit.await.unwrap());
        store.attend_peers().await;
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_update_under_load_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let open = |formats: Formats| {
        let small = JsonOptions { checkpoint_bytes: 20_000, ..of(formats, directory.path()) };
        Arc::new(JsonStore::open(small).unwrap())
    };
    let mut work = JoinSet::new();
    for count in [20, 40] {
        work.spawn(busy(open(old()), count));
    }
    let newer = [open(new()), open(new())];
    for store in &newer {
        work.spawn(busy(store.clone(), 100));
    }
    let mut acknowledged: Vec<u64> = work.join_all().await.into_iter().flatten().collect();
    acknowledged.sort_unstable();
    assert_eq!(acknowledged, (1..=260).collect::<Vec<_>>());
    for store in newer {
        store.attend_peers().await;
        assert_eq!(users(&store).await, acknowledged);
        assert_eq!(store.format(), OLD + 1);
        store.close().await.unwrap();
    }
    assert_eq!(verify(&of(new(), directory.path()), &quiet).unwrap().totals.users, 260);
}

#[tokio::test]
async fn a_running_process_raises_the_format_too() {
    let directory = tempfile::tempdir().unwrap();
    let older = open_as(old(), directory.path()).unwrap();
    let newer = open_as(new(), directory.path()).unwrap();
    drop(older);
    newer.attend_peers().await;
    assert_eq!(newer.format(), OLD + 1);
    // A process that is killed now leaves it in the journal alone.
    let killed = tempfile::tempdir().unwrap();
    copy_directory(directory.path(), killed.path());
    assert_eq!(store_file(killed.path())["format"], OLD);
    refused_unchanged(killed.path(), |error| matches!(error, OpenError::TooNew { found: 6, known: 5, .. }));
    let again = open_as(new(), killed.path()).unwrap();
    assert_eq!(again.format(), OLD + 1);
}

/// The old version does not open the directory, and leaves it as it is.
fn refused_unchanged(directory: &Path, is_right: impl FnOnce(&OpenError) -> bool) {
    let before = files(directory);
    let refusal = open_as(old(), directory).unwrap_err();
    assert!(is_right(&refusal), "{refusal}");
    assert!(refusal.to_string().contains("use a newer version"), "{refusal}");
    assert!(files(directory) == before, "a file changed");
}

#[tokio::test]
async fn a_version_that_is_too_old_does_not_open_the_directory_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = open_as(new(), directory.path()).unwrap();
    sign_up(&store, 1).await.unwrap();
    refused_unchanged(directory.path(), |error| {
        matches!(error, OpenError::TooNew { found: 6, known: 5, .. })
    });
    drop(store);
    refused_unchanged(directory.path(), |error| matches!(error, OpenError::TooNew { .. }));
    assert!(matches!(verify(&options(directory.path()), &quiet), Err(OpenError::TooNew { .. })));
    let far = Formats { oldest_read: OLD + 2, newest_read: OLD + 4, writes: OLD + 3, ..new() };
    let refusal = open_as(far, directory.path()).unwrap_err();
    assert!(matches!(refusal, OpenError::TooOld { found: 6, oldest: 7, .. }), "{refusal}");
}

#[tokio::test]
async fn an_old_process_that_meets_a_newer_format_stops_and_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let older = open_as(old(), directory.path()).unwrap();
    sign_up(&older, 1).await.unwrap();
    // Without its file nobody knows of it.
    fs::remove_dir_all(directory.path().join("peers")).unwrap();
    let newer = open_as(new(), directory.path()).unwrap();
    sign_up(&newer, 2).await.unwrap();
    let before = files(directory.path());
    assert!(matches!(sign_up(&older, 3).await, Err(StorageError::Unavailable(_))));
    assert!(older.status().dead);
    let trouble = older.status().trouble.unwrap();
    assert!(trouble.contains("has format 6, this version reads up to 5: use a newer version"), "{trouble}");
    assert!(files(directory.path()) == before, "a file changed");
    sign_up(&newer, 3).await.unwrap();
    assert_eq!(users(&newer).await, [1, 2, 3]);
}

#[tokio::test]
async fn back_to_the_old_version_where_the_new_format_allows_it() {
    let directory = tempfile::tempdir().unwrap();
    let additive = Formats { min_reader: OLD, min_writer: OLD, ..new() };
    let older = open_as(old(), directory.path()).unwrap();
    let newer = open_as(additive, directory.path()).unwrap();
    assert_eq!(newer.format(), OLD + 1, "nobody need wait for one that can go on");
    sign_up(&newer, 1).await.unwrap();
    sign_up(&older, 2).await.unwrap();
    newer.close().await.unwrap();
    drop((older, newer));
    let back = open_as(old(), directory.path()).unwrap();
    assert_eq!((users(&back).await, back.format()), (vec![1, 2], OLD + 1));
    sign_up(&back, 3).await.unwrap();
    back.close().await.unwrap();
    drop(back);
    let store = store_file(directory.path());
    assert_eq!(
        (&store["format"], &store["minReader"], &store["minWriter"]),
        (&6.into(), &5.into(), &5.into())
    );
    assert_eq!(users(&open_as(additive, directory.path()).unwrap()).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_format_that_the_old_version_may_only_read_can_be_verified_and_backed_up_by_it() {
    let directory = tempfile::tempdir().unwrap();
    let readable = Formats { min_reader: OLD, ..new() };
    let store = open_as(readable, directory.path()).unwrap();
    sign_up(&store, 1).await.unwrap();
    drop(store);
    refused_unchanged(directory.path(), |error| matches!(error, OpenError::TooNewToWrite { found: 6, .. }));
    let (copies, old) = (tempfile::tempdir().unwrap(), options(directory.path()));
    assert_eq!(verify(&old, &quiet).unwrap().totals.users, 1);
    let (copy, restored) = (copies.path().join("backup"), copies.path().join("restored"));
    assert_eq!(backup(&old, &copy, &quiet).unwrap().totals.users, 1);
    assert_eq!(store_file(&copy)["minWriter"], OLD + 1);
    let refusal = restore(&old, &restored, Until::Newest, &quiet).unwrap_err();
    assert!(matches!(refusal, OpenError::TooNewToWrite { .. }), "{refusal}");
    assert!(!restored.exists());
}

#[test]
fn the_power_may_go_at_any_call_while_the_format_is_raised() {
    let raised = each_power_cut_while_opening(new());
    assert!(raised > 0, "some cuts came after it");
}

/// A process of one version, told what to do line by line.
struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(directory: &Path, version: u32) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "versions::process", "--nocapture", "--test-threads=1"])
            .env("VERSIONS_DIRECTORY", directory)
            .env("VERSIONS_FORMAT", version.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut process = Self { child, input, output };
        process.answer();
        process
    }

    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the process ended");
            if let Some(answer) = line.trim_end().strip_prefix("answer ") {
                return answer.to_owned();
            }
        }
    }

    fn ask(&mut self, order: &str) -> String {
        writeln!(self.input, "{order}").unwrap();
        self.answer()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// One of the processes of [`old_and_new_processes_share_a_directory_through_a_rolling_update`]; by itself it does nothing.
#[test]
fn process() {
    let Some(directory) = crate::processes::setting("VERSIONS_DIRECTORY") else { return };
    let formats =
        if crate::processes::number("VERSIONS_FORMAT", 0) == u64::from(OLD) { old() } else { new() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let mut output = std::io::stdout();
    let store = match open_as(formats, Path::new(&directory)) {
        Ok(store) => store,
        Err(error) => return writeln!(output, "\nanswer {error}").unwrap(),
    };
    writeln!(output, "\nanswer open").unwrap();
    for order in std::io::stdin().lines().map(Result::unwrap) {
        let answer = runtime.block_on(async {
            match order.as_str() {
                "attend" => {
                    store.attend_peers().await;
                    store.format().to_string()
                }
                "close" => {
                    store.close().await.unwrap();
                    "closed".to_owned()
                }
                "count" => users(&store).await.len().to_string(),
                id => sign_up(&store, id.parse().unwrap()).await.unwrap().to_string(),
            }
        });
        writeln!(output, "answer {answer}").unwrap();
        if order == "close" {
            return;
        }
    }
}

#[test]
fn old_and_new_processes_share_a_directory_through_a_rolling_update() {
    let data = tempfile::tempdir().unwrap();
    let directory = data.path();
    let (mut first, mut second) = (Process::start(directory, OLD), Process::start(directory, OLD));
    assert_eq!((first.ask("1"), second.ask("2")), ("1".to_owned(), "1".to_owned()));
    let mut newer = Process::start(directory, OLD + 1);
    assert_eq!((newer.ask("3"), newer.ask("attend"), first.ask("4")), ("1".into(), "5".into(), "1".into()));
    assert_eq!(first.ask("close"), "closed");
    first.child.wait().unwrap();
    assert_eq!((newer.ask("attend"), second.ask("count")), ("5".into(), "4".into()));
    // A killed process leaves its file, and its lock free: nobody waits for it.
    second.kill();
    assert_eq!(peers(&options(directory)).unwrap().iter().filter(|found| !found.is_alive).count(), 1);
    assert_eq!(
        (newer.ask("attend"), newer.ask("5"), newer.ask("count")),
        ("6".into(), "1".into(), "5".into())
    );
    let mut late = Command::new(std::env::current_exe().unwrap());
    late.args(["--exact", "versions::process", "--nocapture", "--test-threads=1"]);
    late.env("VERSIONS_DIRECTORY", directory).env("VERSIONS_FORMAT", OLD.to_string());
    let output = String::from_utf8(late.output().unwrap().stdout).unwrap();
    assert!(output.contains("has format 6, this version reads up to 5: use a newer version"), "{output}");
    assert_eq!(newer.ask("close"), "closed");
    newer.child.wait().unwrap();
    assert_eq!(store_file(directory)["format"], OLD + 1);
}
