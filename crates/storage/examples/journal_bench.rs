//! Measures the file store: durable transactions, commit times, fresh reads, against the raw disk in the same run.
//!
//! Prints one line a figure: `name value…`; `scripts/bench.sh store` makes the table. `journal_bench DIRECTORY SECONDS`
//! starts itself again as `journal_bench worker DIRECTORY SECONDS CALLERS`.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]
#![expect(clippy::print_stdout, reason = "its figures are its output")]

use domain::{ClinicZone, Currency};
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::Counter;
use storage::conformance::samples::{appointment, at, doctor, event};
use storage::conformance::{Store, read, write};
use storage::json::{JsonOptions, JsonStore};
use tokio::task::JoinSet;

/// Bytes of a transaction with one appointment and one audit event, for the raw disk.
const TRANSACTION: usize = 1_100;

fn open(directory: &Path) -> Store {
    let zone = ClinicZone::named("Europe/London").unwrap();
    Arc::new(JsonStore::open(JsonOptions::new(directory, zone, Currency::GBP, at(0))).unwrap())
}

/// Books a time that nobody else wants.
async fn book(store: &Store) {
    let unit = write(store, |tx| {
        Box::pin(async move {
            let id = tx.counters().next(Counter::Appointment).await?;
            let minutes = i64::try_from(id).unwrap() * 30;
            tx.appointments().insert(appointment(id, u128::from(id), doctor(1), minutes)).await?;
            tx.audit().append(event(minutes, domain::Action::BookAppointment)).await
        })
    });
    unit.await.unwrap();
}

/// Times of all commits of some callers for some time.
async fn commits(store: &Store, callers: usize, time: Duration) -> Vec<Duration> {
    let mut running = JoinSet::new();
    let end = Instant::now() + time;
    for _ in 0..callers {
        let store = store.clone();
        running.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let begun = Instant::now();
                book(&store).await;
                times.push(begun.elapsed());
            }
            times
        });
    }
    let mut all = running.join_all().await.concat();
    all.sort_unstable();
    all
}

fn micros(times: &[Duration], part: f64) -> u128 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = ((times.len() - 1) as f64 * part) as usize;
    times[at].as_micros()
}

/// Appends and syncs as many transactions at a time as `batch`; transactions a second, and the median in µs.
fn raw(directory: &Path, batch: usize, time: Duration) -> (u64, u128) {
    let file = File::create(directory.join("raw")).unwrap();
    let bytes = vec![b'x'; TRANSACTION * batch];
    let (mut times, mut offset, begun) = (Vec::new(), 0, Instant::now());
    while begun.elapsed() < time {
        let one = Instant::now();
        file.write_all_at(&bytes, offset).unwrap();
        file.sync_data().unwrap();
        offset += bytes.len() as u64;
        times.push(one.elapsed());
    }
    times.sort_unstable();
    let rate =
        times.len() as u64 * batch as u64 * 1_000 / u64::try_from(begun.elapsed().as_millis()).unwrap();
    (rate, micros(&times, 0.5))
}

async fn one_process(directory: &Path, time: Duration) {
    let data = directory.join("one");
    let store = open(&data);
    let many = commits(&store, 64, time).await;
    let seconds = time.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = many.len() as f64 / seconds;
    println!("many {rate:.0} {} {}", micros(&many, 0.5), micros(&many, 0.99));
    let single = commits(&store, 1, time).await;
    println!("single {} {}", micros(&single, 0.5), micros(&single, 0.99));
    let reads = 200_000;
    let begun = Instant::now();
    for _ in 0..reads {
        read(&store, |tx| Box::pin(async move { tx.totals().await })).await.unwrap();
    }
    println!("read {:.2}", begun.elapsed().as_secs_f64() * 1e6 / f64::from(reads));
    store.close().await.unwrap();
}

/// Several processes on one directory; transactions a second of all, worst and median wait in µs.
fn several(directory: &Path, processes: usize, time: Duration) {
    let data = directory.join(format!("shared-{processes}"));
    fs::create_dir(&data).unwrap();
    let start = |_| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("worker").arg(&data).arg(time.as_secs().to_string()).arg("32");
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..processes).map(start).collect();
    let (mut rate, mut worst, mut median) = (0, 0, 0);
    for child in children {
        let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        let numbers: Vec<u128> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
        rate += numbers[0] / u128::from(time.as_secs());
        median = median.max(numbers[1]);
        worst = worst.max(numbers[2]);
    }
    println!("shared{processes} {rate} {median} {worst}");
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    if arguments[0] == "worker" {
        let time = Duration::from_secs(arguments[2].parse().unwrap());
        let store = open(Path::new(&arguments[1]));
        let times = runtime.block_on(commits(&store, arguments[3].parse().unwrap(), time));
        println!("{} {} {}", times.len(), micros(&times, 0.5), micros(&times, 1.0));
        return;
    }
    let directory = Path::new(&arguments[0]);
    let time = Duration::from_secs(arguments[1].parse().unwrap());
    for batch in [1, 64] {
        let (rate, median) = raw(directory, batch, time);
        println!("raw{batch} {rate} {median}");
    }
    runtime.block_on(one_process(directory, time));
    for processes in [2, 4] {
        several(directory, processes, time);
    }
}
