//! Four processes that book, cancel, look, sign up and bill, and are killed again and again.

use super::{PROCESSES, lives, number, open, prepare, say, transactions, written};
use crate::everything;
use crate::history::{self, journal::Transaction};
use domain::{Appointment, User};
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn killed_processes_lose_nothing_that_was_acknowledged() {
    let (kills, seed) = (number("TORTURE_KILLS", 16), number("TORTURE_SEED", 1));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    prepare(path);
    // Few enough times that all processes want the same, enough that the history of each stays short.
    lives("torture", path, kills, seed, 24 + 2 * kills);
    let kills = kills.div_ceil(PROCESSES) * PROCESSES;
    let journal = check_what_is_left(path);
    let verdict = history::judge(&written(path), &journal);
    say(format_args!("seed {seed}: {kills} kills, {verdict}"));
    assert_eq!(verdict.violations, Vec::<String>::new());
    assert_eq!(verdict.undecided, 0, "the histories are short enough to be decided");
}

/// Opens the store: it holds what its journal says, which is returned.
fn check_what_is_left(path: &Path) -> Vec<Transaction> {
    let data = path.join("data");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = open(path);
        let journal = transactions(path).unwrap();
        let mut appointments = BTreeMap::new();
        for row in journal.iter().filter_map(|transaction| transaction.appointment.clone()) {
            appointments.insert(row.id, row);
        }
        let found = everything::<Appointment>(&store).await;
        let mut found: Vec<_> = found.into_iter().map(|row| row.value).collect();
        found.sort_by_key(|row| row.id);
        assert_eq!(found, appointments.into_values().collect::<Vec<_>>());
        let signed_up = journal.iter().flat_map(|it| &it.counters).filter(|(name, _)| name == "user");
        let users: Vec<_> = everything::<User>(&store).await.iter().map(|row| row.value.id.0).collect();
        assert_eq!(users, (1..=signed_up.count() as u64).collect::<Vec<_>>());
        store.close().await.unwrap();
        drop(store);
        assert_eq!(storage::json::verify_chain(&data), Ok(journal.len() as u64));
        drop(open(path));
        journal
    })
}
