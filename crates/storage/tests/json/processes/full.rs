//! A disk that is really full: a small tmpfs in a namespace of its own.

use super::{ARGUMENTS, Task, Worker, say, setting};
use domain::User;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use storage::StorageError;
use storage::conformance::samples::user;
use storage::conformance::{Store, add};
use storage::json::{JsonOptions, JsonStore, verify};

/// Size of the tmpfs.
const SIZE: &str = "size=3m";

/// In a process, with the tmpfs mounted on the directory: writes until nothing more goes in, twice, and goes on.
pub fn fill(task: &Task) {
    let settings =
        || JsonOptions { checkpoint_bytes: 200_000, ..crate::options(&task.directory.join("data")) };
    let open = || -> Store { Arc::new(JsonStore::open(settings()).unwrap()) };
    let ballast = task.directory.join("ballast");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let stores = [open(), open()];
        let mut kept = 0;
        for round in 0..3 {
            fs::write(&ballast, vec![1; 300_000]).unwrap();
            for id in kept + 1.. {
                match add(&stores[usize::try_from(id % 2).unwrap()], user(id)).await {
                    Ok(_) => kept = id,
                    Err(error) => {
                        assert_eq!(error, StorageError::Full, "round {round}, user {id}");
                        break;
                    }
                }
                // A journal that is made shorter by checkpoints would take more for very long.
                fill_up(&task.directory.join(format!("rest-{round}")), 4_096);
            }
            for store in &stores {
                let users = crate::everything::<User>(store).await;
                assert_eq!(users.len() as u64, kept, "reads go on, round {round}");
                assert!(!store.status().dead, "round {round}");
            }
            fs::remove_file(&ballast).unwrap();
            fs::remove_file(task.directory.join(format!("rest-{round}"))).unwrap();
            for store in &stores {
                kept += 1;
                add(store, user(kept)).await.unwrap();
                assert_eq!(store.status().trouble, None, "it recovers by itself, round {round}");
            }
        }
        for store in stores {
            store.close().await.unwrap();
        }
        assert_eq!(verify(&settings(), &crate::quiet).unwrap().totals.users, kept);
        say(format_args!("three times full, {kept} users"));
    });
}

/// Makes a file longer if there is room.
fn fill_up(path: &std::path::Path, bytes: usize) {
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    let _ = file.and_then(|mut file| file.write_all(&vec![1; bytes]));
}

/// Whether this machine lets a test mount something for itself.
fn can_mount() -> bool {
    let tried = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

#[test]
fn a_full_volume_refuses_writers_alone_and_takes_them_again_when_there_is_room() {
    if !can_mount() {
        assert_ne!(setting("CI").as_deref(), Some("true"), "unshare(1) and user namespaces are needed");
        say("NOT TESTED: a full volume; unshare(1) and user namespaces are needed");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let task = Task { name: "full", directory: directory.path().to_owned(), process: 1, seed: 0, slots: 1 };
    let script = format!("mount -t tmpfs -o {SIZE} none \"$TORTURE_DIRECTORY\" && exec \"$0\" \"$@\"");
    let mut program = Command::new("unshare");
    program.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    let child = task.command(program.arg(std::env::current_exe().unwrap()).args(ARGUMENTS));
    let mut worker = Worker::of(child);
    worker.wait_for("three times full", 1);
    worker.join();
}
