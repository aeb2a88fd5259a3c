//! What an operator does to a data directory: verify, back up, restore, export, import, repair. All of it but repairing
//! and importing only reads the directory, also while servers run on it.

use crate::bootstrap::{self, StartError};
use crate::config::StoreArgs;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use service::imports::ImportEdits;
use service::{Actor, Clock, Services, SystemClock};
use std::path::PathBuf;
use storage::json::{self, FoundPeer, JsonOptions, OsDisk, Peer, Plan, Progress, Until, Verified};
use storage::postgres::{self, PgOptions};
use storage::{Edit, Totals};

/// Commands for the data directory.
#[derive(Subcommand)]
pub enum Maintenance {
    /// Check every checksum, every line of the journal and the whole audit chain
    Verify {
        /// The store.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Copy the data as they are now, without the secret of the sessions (`jwt-secret`: keep that apart)
    Backup {
        /// The store.
        #[command(flatten)]
        store: StoreArgs,
        /// A new or empty directory
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Make a new store out of a backup or another data directory, as it was at some point
    Restore(Restore),
    /// Show what a damaged directory would lose by being repaired; repair it after consent to exactly that
    Repair {
        /// The store.
        #[command(flatten)]
        store: StoreArgs,
        /// Repair it, giving up everything after the transaction of this number, which must be the one shown without it
        #[arg(long, value_name = "NUMBER")]
        yes_lose_after: Option<u64>,
    },
    /// List the processes that have the data directory open, and those that ended without leaving it
    Peers {
        /// The store.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Take in what was changed by hand in the readable files, or make a new store of exported files
    Import(Import),
    /// Write the readable JSON files of the newest state, and nothing else
    Export {
        /// The store.
        #[command(flatten)]
        store: StoreArgs,
        /// A new or empty directory
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
}

/// What to restore.
#[derive(Args)]
pub struct Restore {
    #[command(flatten)]
    store: StoreArgs,
    /// The backup or data directory to read
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// A new or empty directory
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Stop after the transaction of this number
    #[arg(long, value_name = "NUMBER", conflicts_with = "until_time")]
    until_transaction: Option<u64>,
    /// Stop after the last transaction that is not later, as 2026-11-23T09:00:00Z
    #[arg(long, value_name = "INSTANT")]
    until_time: Option<Timestamp>,
}

/// What to import.
#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    source: Imported,
}

/// Where it comes from.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Imported {
    /// What was changed by hand in the readable files of the data directory: all of it or nothing; servers must be stopped
    #[arg(long)]
    edited: bool,
    /// The files of an export or of the old system; the data directory must be new or empty
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
}

fn options(store: &StoreArgs) -> JsonOptions {
    store.options(SystemClock.now())
}

/// What the volume of the data directory can do, in one line; an error if no store could be opened there.
pub fn volume(store: &StoreArgs) -> Result<String, StartError> {
    let found = json::capabilities(&OsDisk, &store.data_dir)?;
    Ok(format!("volume of the data directory: {found}"))
}

/// Runs a command; `say` prints results, `progress` hears what is being done.
pub async fn run(
    command: Maintenance,
    say: impl Fn(String),
    progress: &(dyn Progress + Sync),
) -> Result<(), StartError> {
    if let Some(database) = command.store().database.options().map_err(|it| StartError::Settings(vec![it]))? {
        return match command {
            Maintenance::Verify { .. } => verify_database(&database, &say, progress).await,
            _ => Err(StartError::Settings(vec![format!(
                "{}: this command is for files; for a database use its own tools, or `healthcare migrate`",
                command.store().database.setting()
            )])),
        };
    }
    match command {
        Maintenance::Verify { store } => {
            say(described(&json::verify(&options(&store), progress)?));
            say("nothing is wrong".to_owned());
        }
        Maintenance::Backup { store, to } => {
            let found = json::backup(&options(&store), &to, progress)?;
            say(described(&found));
            say(format!("the backup in {} is complete and verified", to.display()));
        }
        Maintenance::Restore(Restore { mut store, from, to, until_transaction, until_time }) => {
            store.data_dir = from;
            let until = match (until_transaction, until_time) {
                (Some(number), _) => Until::Transaction(number),
                (None, Some(time)) => Until::Time(time),
                (None, None) => Until::Newest,
            };
            let found = json::restore(&options(&store), &to, until, progress)?;
            say(described(&found));
            say(format!(
                "{} is a store of its own now: serve it with DATA_DIR={}",
                to.display(),
                to.display()
            ));
        }
        Maintenance::Repair { store, yes_lose_after } => {
            return repair(&options(&store), yes_lose_after, &say, progress);
        }
        Maintenance::Peers { store } => {
            let found = json::peers(&options(&store))?;
            if found.is_empty() {
                say(format!("nobody has {} open", store.data_dir.display()));
            }
            found.iter().map(peer).for_each(say);
        }
        Maintenance::Import(Import { store, source: Imported { from: Some(from), .. } }) => {
            let report = json::import(&options(&store), &from, progress)?;
            let services = bootstrap::services(&store).await?;
            note_import(&services, Vec::new()).await?;
            services.close().await?;
            report.warnings.into_iter().for_each(&say);
            say(format!("{} in {}", counted(&report.imported), store.data_dir.display()));
        }
        Maintenance::Import(Import { store, .. }) => return import_edited(&store, &say, progress).await,
        Maintenance::Export { store, to } => {
            let totals = json::export(&options(&store), &to, progress)?;
            say(format!("{} in {}", counted(&totals), to.display()));
        }
    }
    Ok(())
}

/// Reads every object of a database, and follows the audit chain.
async fn verify_database(
    options: &PgOptions,
    say: &impl Fn(String),
    progress: &dyn Progress,
) -> Result<(), StartError> {
    let found = postgres::verify(options, progress).await?;
    found.contents.iter().for_each(|sum| say(sum.to_string()));
    say(format!("the chain of {} audit events is whole", found.events));
    say("nothing is wrong".to_owned());
    Ok(())
}

impl Maintenance {
    /// The settings of the store that the command is for.
    fn store(&self) -> &StoreArgs {
        match self {
            Self::Verify { store }
            | Self::Backup { store, .. }
            | Self::Repair { store, .. }
            | Self::Peers { store }
            | Self::Export { store, .. }
            | Self::Restore(Restore { store, .. })
            | Self::Import(Import { store, .. }) => store,
        }
    }
}

/// Takes in what was changed by hand; if that is refused, the files are as they were before.
async fn import_edited(
    store: &StoreArgs,
    say: &impl Fn(String),
    progress: &dyn Progress,
) -> Result<(), StartError> {
    progress.begin("reading what was changed", 0);
    let mut options = options(store);
    let edits = json::edits(&options)?;
    if edits.files.is_empty() {
        say("nothing was changed by hand".to_owned());
        return Ok(());
    }
    let kept = edits.keep(&options)?;
    options.edited.clone_from(&edits.files);
    let services = bootstrap::services_on(store, options)?;
    if !edits.rows.is_empty() {
        // Without closing the store in good order: the files would be written anew.
        note_import(&services, edits.rows.clone()).await?;
    }
    let files = edits.files.keys().cloned().collect::<Vec<_>>().join(", ");
    say(format!("{} changed objects of {files} were taken in", edits.rows.len()));
    say(format!("the files as you left them are in {}", kept.display()));
    services.close().await.map_err(|error| {
        StartError::Io(format!(
            "what was taken in is safe, but {files} could not be written anew ({error}): run this again"
        ))
    })
}

/// Has the service take in what was imported.
async fn note_import(services: &Services, edits: Vec<Edit>) -> Result<usize, StartError> {
    Ok(services.execute(&Actor::system("command-line"), ImportEdits { edits }).await?)
}

/// A line for one process.
fn peer(found: &FoundPeer) -> String {
    let state = if found.is_alive { "alive" } else { "gone" };
    let Some(peer) = &found.peer else {
        return format!(
            "{state}  {}: not readable: starting, or without room for its file",
            found.path.display()
        );
    };
    let Peer { instance, host, pid, version, oldest_read, newest_read, writes, started, heartbeat, .. } =
        peer;
    format!(
        "{state}  {instance}  process {pid} on {host}  version {version}  format {writes}, reads {oldest_read} to {newest_read}  since {started:.0}  last seen {heartbeat:.0}"
    )
}

/// Most lost transactions that are listed.
const LISTED: usize = 1_000;

fn repair(
    options: &JsonOptions,
    agreed: Option<u64>,
    say: &impl Fn(String),
    progress: &dyn Progress,
) -> Result<(), StartError> {
    let (plan, kept) = match agreed {
        None => (json::plan(options, progress)?, None),
        Some(keep) => json::repair(options, keep, progress)?,
    };
    if plan.trouble.is_empty() {
        say("nothing needs to be repaired".to_owned());
        return Ok(());
    }
    say(planned(&plan));
    match kept {
        Some(kept) => {
            say(format!("repaired; everything as it was is in {}", kept.display()));
            Ok(())
        }
        None => Err(StartError::NotAgreed(format!(
            "nothing was changed; to do this, stop all servers and run: healthcare repair --data-dir {} --yes-lose-after {}",
            options.directory.display(),
            plan.keep
        ))),
    }
}

fn planned(plan: &Plan) -> String {
    let mut lines: Vec<_> = plan.trouble.iter().map(|trouble| format!("damage: {trouble}")).collect();
    let (keep, base) = (plan.keep, plan.base);
    lines.push(format!(
        "kept: everything up to transaction {keep} ({}), from the checkpoint at transaction {base}",
        counted(&plan.totals)
    ));
    lines.extend(plan.lost.iter().take(LISTED).map(|lost| format!("lost: {lost}")));
    if plan.lost.len() > LISTED {
        lines.push(format!("lost: {} more transactions", plan.lost.len() - LISTED));
    }
    if plan.unreadable > 0 {
        lines.push(format!("lost: {} bytes of the journal that nobody can read", plan.unreadable));
    }
    if plan.lost.is_empty() && plan.unreadable == 0 {
        lines.push(format!("lost: nothing that can be found after transaction {keep}"));
    }
    lines.join("\n")
}

fn counted(totals: &Totals) -> String {
    let Totals { users, patients, appointments, medical_records, billings } = totals;
    format!(
        "{users} users, {patients} patients, {appointments} appointments, {medical_records} record entries, {billings} bills"
    )
}

fn described(found: &Verified) -> String {
    let unclaimed = match found.unclaimed {
        0 => String::new(),
        bytes => format!(
            "\n{bytes} bytes at the end of the journal belong to no transaction: a write under way, or torn by a crash"
        ),
    };
    format!(
        "store {}: {}; {} audit events; checkpoint at transaction {}, journal up to {}, every moment since transaction {}{unclaimed}",
        found.store_id,
        counted(&found.totals),
        found.audit_events,
        found.checkpoint,
        found.last,
        found.reaches_back_to,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::cell::RefCell;
    use storage::json::JsonStore;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        store: StoreArgs,
    }

    fn store(directory: &std::path::Path) -> StoreArgs {
        Cli::try_parse_from(["healthcare", "--data-dir", directory.to_str().unwrap()]).unwrap().store
    }

    async fn peers(store: &StoreArgs) -> Vec<String> {
        let said = RefCell::new(Vec::new());
        let say = |line| said.borrow_mut().push(line);
        run(Maintenance::Peers { store: store.clone() }, say, &|_: &str| ()).await.unwrap();
        said.into_inner()
    }

    #[tokio::test]
    async fn peers_are_listed_with_what_an_operator_looks_for() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path());
        assert!(peers(&store).await[0].starts_with("nobody has "));
        let open = JsonStore::open(options(&store)).unwrap();
        let listed = peers(&store).await;
        let process = format!("process {} on ", std::process::id());
        for part in ["alive  ", &process, "  format 5, reads 4 to 6  since 20"] {
            assert!(listed[0].contains(part), "{listed:?}");
        }
        drop(open);
        std::fs::write(directory.path().join("peers/left.json"), "").unwrap();
        assert!(peers(&store).await[0].starts_with("gone  "));
    }

    #[test]
    fn the_volume_is_described_before_and_after_the_directory_is_made() {
        let parent = tempfile::tempdir().unwrap();
        let store = store(&parent.path().join("data"));
        assert!(volume(&store).unwrap().contains("locks not tested"));
        drop(JsonStore::open(options(&store)).unwrap());
        assert!(volume(&store).unwrap().contains("locks proven"));
    }
}
