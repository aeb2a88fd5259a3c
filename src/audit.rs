//! `healthcare audit`: follows the whole chain of the audit log, or writes the log out; on files and on a database.

use crate::audit_key::AuditKeyArgs;
use crate::bootstrap::{self, StartError};
use crate::config::{Secret, StoreArgs};
use clap::{Args, Subcommand};
use domain::audit::ChainHead;
use domain::time::parse_date;
use domain::{Action, AuditOutcome, PatientId};
use jiff::civil::Date;
use service::reports::{AuditQuery, ExportAudit, ExportFormat};
use service::{Actor, Clock, SystemClock};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use storage::chain::{AnchorKey, ChainReport};
use storage::json::{self, Progress};
use storage::postgres;

/// Commands for the audit log.
#[derive(Subcommand)]
pub enum AuditCommand {
    /// Follow the chain from its first event: every hash, order, gap and anchor
    Verify(Verify),
    /// Write events out, oldest first; the export itself is an event
    Export(Export),
}

/// What to verify with.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    key: AuditKeyArgs,
    /// The secret of the session tokens, where anchors were made under a key made of it
    #[arg(long, env = "JWT_SECRET", hide_env_values = true, value_name = "SECRET")]
    jwt_secret: Option<Secret>,
    /// File that holds the secret
    #[arg(long, env = "JWT_SECRET_FILE", value_name = "FILE", conflicts_with = "jwt_secret")]
    jwt_secret_file: Option<PathBuf>,
    /// An end of the log that the server's log told of: event NUMBER must be there and have this hash
    #[arg(long, value_name = "NUMBER:HASH", value_parser = head)]
    head: Option<ChainHead>,
}

/// What to export.
#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    store: StoreArgs,
    /// csv, or jsonl: one JSON object a line, as it is chained
    #[arg(long, default_value = "jsonl", value_parser = format)]
    format: ExportFormat,
    /// File to make; standard output without it
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Only on or after this day at the clinic, as 2026-11-23
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Option<Date>,
    /// Only before this day
    #[arg(long, value_name = "DATE", value_parser = date)]
    until: Option<Date>,
    /// Only by the account of this username, e-mail address or number
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only about the patient of this number (MRN) or id
    #[arg(long, value_name = "NUMBER")]
    patient: Option<String>,
    /// Only this action, as read-record
    #[arg(long, value_parser = action)]
    action: Option<Action>,
    /// Only with this outcome: success, denied or failed
    #[arg(long, value_parser = outcome)]
    outcome: Option<AuditOutcome>,
    /// Only of this request
    #[arg(long, value_name = "ID")]
    request: Option<String>,
}

fn head(text: &str) -> Result<ChainHead, String> {
    let parsed = text.split_once(':').and_then(|(seq, hash)| {
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let seq = seq.parse().ok().filter(|seq| *seq > 0)?;
        is_hash.then(|| ChainHead { seq, hash: hash.to_lowercase() })
    });
    parsed.ok_or_else(|| "must be the number of an event and its hash, as 12:4f0c…".to_owned())
}

fn format(name: &str) -> Result<ExportFormat, String> {
    ExportFormat::named(name).ok_or_else(|| "must be csv or jsonl".to_owned())
}

fn date(text: &str) -> Result<Date, String> {
    parse_date(text).ok_or_else(|| "must be a date, as 2026-11-23".to_owned())
}

fn action(name: &str) -> Result<Action, String> {
    Action::named(name).ok_or_else(|| "no such action".to_owned())
}

fn outcome(name: &str) -> Result<AuditOutcome, String> {
    AuditOutcome::named(name).ok_or_else(|| "must be success, denied or failed".to_owned())
}

/// Runs a command; `say` prints results, `progress` hears what is being done.
pub async fn run(
    command: AuditCommand,
    say: impl Fn(String),
    progress: &(dyn Progress + Sync),
) -> Result<(), StartError> {
    match command {
        AuditCommand::Verify(verify) => verified(verify, say, progress).await,
        AuditCommand::Export(export) => exported(export).await,
    }
}

impl Verify {
    /// The keys to prove anchors with: those that were set, and the one made of the secret that is known here.
    fn keys(&self) -> Result<Vec<AnchorKey>, StartError> {
        let own = self.key.own().map_err(|mistake| StartError::Settings(vec![mistake]))?;
        let mut keys = own.map(crate::audit_key::AnchorKeys::all).unwrap_or_default();
        let generated = self.store.data_dir.join("jwt-secret");
        let file = self.jwt_secret_file.as_ref().or_else(|| generated.exists().then_some(&generated));
        let secret = match (&self.jwt_secret, file) {
            (Some(secret), _) => Some(secret.expose().to_owned()),
            (None, Some(path)) => Some(
                fs::read_to_string(path)
                    .map_err(|error| StartError::Io(format!("{}: {error}", path.display())))?,
            ),
            (None, None) => None,
        };
        keys.extend(secret.map(|secret| AnchorKey::derived(secret.trim().as_bytes())));
        Ok(keys)
    }
}

async fn verified(
    command: Verify,
    say: impl Fn(String),
    progress: &(dyn Progress + Sync),
) -> Result<(), StartError> {
    let keys = command.keys()?;
    let mistake = |mistake| StartError::Settings(vec![mistake]);
    let report = if let Some(options) = command.store.database.options().map_err(mistake)? {
        postgres::follow_audit(&options, &keys, command.head, progress).await?
    } else {
        let options = command.store.options(SystemClock.now());
        json::follow_audit(&options, &keys, command.head, progress)?
    };
    described(&report).into_iter().for_each(&say);
    say("nothing is wrong with the audit log".to_owned());
    Ok(())
}

fn described(report: &ChainReport) -> Vec<String> {
    let ChainReport { events, head, proven, unproven, last_proven, took } = report;
    let seconds = took.as_secs_f64().max(1e-6);
    #[expect(clippy::cast_precision_loss, reason = "a rate is told in few digits")]
    let rate = (*events as f64 / seconds).round();
    let mut lines = vec![
        format!("{events} events, followed in {seconds:.2} s: {rate} events/s"),
        format!("head {events}:{head}"),
    ];
    lines.push(match last_proven {
        Some((seq, at)) => format!("{proven} anchors proven; everything up to event {seq} was there at {at}"),
        None => format!("{proven} anchors proven"),
    });
    if *unproven > 0 {
        lines.push(format!(
            "{unproven} anchors fit, but were made under a key that is not known here: give AUDIT_KEY or JWT_SECRET"
        ));
    }
    let since = last_proven.map_or(0, |(seq, _)| seq);
    if since < *events {
        lines.push(format!(
            "the last {} events are not anchored: compare the head with the server's log",
            events - since
        ));
    }
    lines
}

/// Makes a file that only its owner reads; never over another one.
fn new_file(path: &PathBuf) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

async fn exported(command: Export) -> Result<(), StartError> {
    let place =
        command.to.as_ref().map_or_else(|| "standard output".to_owned(), |it| it.display().to_string());
    let failed = |error: std::io::Error| StartError::Io(format!("{place}: {error}"));
    let mut out: Box<dyn Write> = match &command.to {
        Some(path) => Box::new(new_file(path).map_err(failed)?),
        None => Box::new(std::io::stdout()),
    };
    let services = bootstrap::services(&command.store).await?;
    let typed = command.patient.unwrap_or_default();
    let patient: Option<PatientId> = typed.trim().parse().ok();
    let query = AuditQuery {
        user: command.user.unwrap_or_default(),
        mrn: if patient.is_some() { String::new() } else { typed },
        patient,
        action: command.action,
        outcome: command.outcome,
        request_id: command.request.unwrap_or_default(),
        from: command.from,
        until: command.until,
        ..AuditQuery::default()
    };
    let export = ExportAudit { query, format: command.format };
    let mut export = services.execute(&Actor::system("command-line"), export).await?;
    let mut written = Ok(());
    while written.is_ok()
        && let Some(part) = services.next_of(&mut export).await?
    {
        written = out.write_all(&part);
    }
    services.close().await?;
    match written.and_then(|()| out.flush()) {
        // Whoever reads no further has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(failed),
    }
}
