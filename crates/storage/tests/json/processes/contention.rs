//! All processes want the same thing at the same moment.

use super::{
    PROCESSES, Task, Worker, lives, number, open, prepare, say, transactions, wait_to_be_told, written,
};
use crate::everything;
use crate::history::callers::{Tags, call_with};
use crate::history::{self, Asked};
use domain::{Appointment, Invoice};
use std::sync::Arc;

/// Bookings of one time, over all processes.
const BOOKINGS: u64 = 200;

/// In a process: books one time as often as it can at once.
pub fn rush(task: &Task) {
    let store = open(&task.directory);
    let (log, tags) = (task.log(), Arc::new(Tags::of(task.process)));
    wait_to_be_told();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..BOOKINGS / PROCESSES {
            let (store, log, tags) = (store.clone(), log.clone(), tags.clone());
            callers.spawn(async move { call_with(&store, &log, &tags, Asked::Book(0), 1).await });
        }
        callers.join_all().await.into_iter().for_each(|outcome| outcome.unwrap());
    });
}

#[test]
fn of_two_hundred_bookings_of_one_time_from_four_processes_one_wins() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    prepare(path);
    let task = |process| Task { name: "slot", directory: path.to_owned(), process, seed: 0, slots: 1 };
    let mut workers: Vec<Worker> = (1..=PROCESSES).map(|process| task(process).start()).collect();
    for worker in &mut workers {
        worker.wait_for("ready", 1);
    }
    workers.iter_mut().for_each(Worker::tell);
    workers.into_iter().for_each(Worker::join);
    let calls = written(path);
    let told = |value: u64| calls.iter().filter(|it| it.answer.is_some_and(|it| it.value == value)).count();
    let winner = calls.iter().find(|call| call.answer.is_some_and(|answer| answer.value == 0)).unwrap();
    assert_eq!((told(0), told(winner.tag)), (1, 199), "one is told that it won, all others who did");
    let verdict = history::judge(&calls, &transactions(path).unwrap());
    say(&verdict);
    assert_eq!(verdict.violations, Vec::<String>::new());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(everything::<Appointment>(&open(path))).len(), 1);
}

#[test]
fn invoice_numbers_have_no_gaps_whoever_is_killed() {
    let (kills, seed) = (number("TORTURE_KILLS", 12), number("TORTURE_SEED", 2));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    prepare(path);
    lives("bills", path, kills, seed, 1);
    let store = open(path);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let bills = runtime.block_on(everything::<Invoice>(&store));
    let mut numbers: Vec<_> =
        bills.iter().map(|row| row.value.issue.as_ref().unwrap().number.serial).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=bills.len() as u64).collect::<Vec<_>>());
    let verdict = history::judge(&written(path), &transactions(path).unwrap());
    say(format_args!("seed {seed}: {kills} kills, {} bills, {verdict}", bills.len()));
    assert_eq!(verdict.violations, Vec::<String>::new());
}
