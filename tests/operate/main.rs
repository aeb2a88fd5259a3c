//! The commands for the data directory as an operator runs them: the real binary, its words and its exit codes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics, in its helpers too")]

mod bookers;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Runs a sub-command on a data directory.
fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_healthcare"));
    command.args(arguments).env("DATA_DIR", directory).env_remove("ADMIN_PASSWORD").output().unwrap()
}

/// Runs it and expects it to end with a code; what it printed, results before errors.
fn ends_with(code: i32, directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, arguments);
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    text
}

/// A directory with two accounts.
fn clinic() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for name in ["ada", "eve"] {
        let email = format!("{name}@example.org");
        ends_with(
            0,
            directory.path(),
            &["user", "add", "--username", name, "--email", &email, "--role", "nurse"],
        );
    }
    directory
}

fn newest(directory: &Path, folder: &str) -> PathBuf {
    let all = fs::read_dir(directory.join(folder)).unwrap().map(|entry| entry.unwrap().path());
    all.max().unwrap()
}

/// A server that should not come so far as to listen.
fn serve<'a>() -> [&'a str; 3] {
    ["serve", "--addr", "127.0.0.1:0"]
}

#[test]
fn sound_data_end_every_command_well() {
    let directory = clinic();
    let there = tempfile::tempdir().unwrap();
    let path = |name: &str| there.path().join(name).to_str().unwrap().to_owned();
    assert!(ends_with(0, directory.path(), &["verify"]).contains("2 users"));
    ends_with(0, directory.path(), &["backup", "--to", &path("backup")]);
    let until = ["restore", "--from", &path("backup"), "--to", &path("then"), "--until-transaction", "1"];
    assert!(ends_with(0, directory.path(), &until).contains("1 users"));
    assert!(ends_with(0, directory.path(), &["repair"]).contains("nothing needs to be repaired"));
    ends_with(17, directory.path(), &["backup", "--to", &path("backup")]);
}

#[test]
fn damage_is_repaired_only_after_consent_to_what_is_lost() {
    let directory = clinic();
    let generation = newest(directory.path(), "snapshots");
    let number = generation.file_name().unwrap().to_str().unwrap().parse::<u64>().unwrap();
    for path in [directory.path().join("users.json"), generation.join("users.json")] {
        fs::write(path, "[]").unwrap();
    }
    fs::remove_file(directory.path().join("users.json")).unwrap();
    ends_with(10, directory.path(), &serve());
    ends_with(10, directory.path(), &["verify"]);
    let shown = ends_with(18, directory.path(), &["repair"]);
    assert!(shown.contains(&format!("--yes-lose-after {number}")), "{shown}");
    ends_with(18, directory.path(), &["repair", "--yes-lose-after", "0"]);
    ends_with(10, directory.path(), &["verify"]);
    let done = ends_with(0, directory.path(), &["repair", "--yes-lose-after", &number.to_string()]);
    assert!(done.contains("quarantine"), "{done}");
    assert!(ends_with(0, directory.path(), &["verify"]).contains("2 users"));
}

#[test]
fn an_edited_file_and_an_unknown_format_have_codes_of_their_own() {
    let directory = clinic();
    let users = directory.path().join("users.json");
    let original = fs::read_to_string(&users).unwrap();
    fs::write(&users, original.replace("ada", "ida")).unwrap();
    assert!(ends_with(13, directory.path(), &serve()).contains("users.json"));
    ends_with(13, directory.path(), &["verify"]);
    fs::write(&users, original).unwrap();
    fs::write(directory.path().join("store.json"), r#"{"format": 99}"#).unwrap();
    for command in [&serve()[..], &["verify"], &["repair"]] {
        ends_with(12, directory.path(), command);
    }
    fs::write(directory.path().join("store.json"), r#"{"format": 1}"#).unwrap();
    ends_with(12, directory.path(), &["verify"]);
}

#[test]
fn a_moment_before_the_history_and_wrong_settings_have_codes_of_their_own() {
    let directory = clinic();
    let there = tempfile::tempdir().unwrap();
    let path = |name: &str| there.path().join(name).to_str().unwrap().to_owned();
    ends_with(
        0,
        directory.path(),
        &["restore", "--from", directory.path().to_str().unwrap(), "--to", &path("new")],
    );
    let early = ["restore", "--from", &path("new"), "--to", &path("early"), "--until-transaction", "0"];
    assert!(ends_with(16, directory.path(), &early).contains("begins after transaction"));
    assert!(!there.path().join("early").exists());
    // Also where another server has the address.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    ends_with(78, directory.path(), &["serve", "--jwt-secret", "short", "--addr", &address]);
    ends_with(1, directory.path(), &["serve", "--addr", &address]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_repair_waits_for_nobody() {
    use storage::json::{JsonOptions, JsonStore};
    let directory = clinic();
    let zone = domain::ClinicZone::named("Europe/London").unwrap();
    let now = "2026-11-23T09:00:00Z".parse().unwrap();
    let options = JsonOptions::new(directory.path(), zone, domain::Currency::GBP, now);
    let store = JsonStore::open(options).unwrap();
    assert!(ends_with(11, directory.path(), &["repair", "--yes-lose-after", "1"]).contains("stop them all"));
    drop(store);
    ends_with(0, directory.path(), &["repair", "--yes-lose-after", "1"]);
}

#[test]
fn what_was_changed_by_hand_is_taken_in_or_refused_whole() {
    let directory = clinic();
    let users = directory.path().join("users.json");
    let original = fs::read_to_string(&users).unwrap();
    assert!(ends_with(0, directory.path(), &["import", "--edited"]).contains("nothing was changed by hand"));

    fs::write(&users, original.replace("ada@example.org", "eve@example.org")).unwrap();
    let refused = ends_with(13, directory.path(), &["import", "--edited"]);
    assert!(refused.contains("users.json, row 1: email"), "{refused}");
    assert!(
        fs::read_to_string(&users).unwrap().contains("\"eve@example.org\",\n"),
        "the edit is still there"
    );
    ends_with(13, directory.path(), &serve());

    fs::write(&users, original.replace("ada@example.org", "ada@clinic.example")).unwrap();
    let done = ends_with(0, directory.path(), &["import", "--edited"]);
    assert!(done.contains("1 changed objects of users.json were taken in"), "{done}");
    assert!(ends_with(0, directory.path(), &["user", "list"]).contains("ada@clinic.example"));
    ends_with(0, directory.path(), &["verify"]);

    fs::write(&users, "[]").unwrap();
    let refused = ends_with(13, directory.path(), &["import", "--edited"]);
    assert!(refused.contains("rows are never removed"), "{refused}");
    ends_with(2, directory.path(), &["import"]);
}

#[test]
fn exported_files_become_a_new_store() {
    let directory = clinic();
    let there = tempfile::tempdir().unwrap();
    let path = |name: &str| there.path().join(name).to_str().unwrap().to_owned();
    ends_with(0, directory.path(), &["export", "--to", &path("files")]);
    let import = ["import", "--from", &path("files")];
    let done = ends_with(0, Path::new(&path("new")), &import);
    assert!(done.contains("2 users"), "{done}");
    ends_with(0, Path::new(&path("new")), &["verify"]);
    assert!(ends_with(0, Path::new(&path("new")), &["user", "list"]).contains("ada@example.org"));
    ends_with(17, directory.path(), &import);
}

/// The server's work, as far as the audit log is concerned: it anchors it, and says so.
fn anchored(directory: &Path, key: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_healthcare"));
    command.args(["serve", "--addr", "127.0.0.1:0", "--drain-seconds", "0", "--log-format", "json"]);
    command.env("DATA_DIR", directory).env("AUDIT_KEY", key).env_remove("ADMIN_PASSWORD");
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let log = std::io::BufReader::new(server.stderr.take().unwrap());
    let told =
        std::io::BufRead::lines(log).map(Result::unwrap).find(|line| line.contains("audit log anchored"));
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(told.unwrap().contains("\"hash\":\""));
}

#[test]
fn the_audit_log_is_verified_by_its_chain_and_its_anchors() {
    const KEY: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c";
    let directory = clinic();
    let verify = ["audit", "verify"];
    let said = ends_with(0, directory.path(), &verify);
    assert!(said.contains("2 events, followed in ") && said.contains(" events/s"), "{said}");
    assert!(
        said.contains("0 anchors proven") && said.contains("the last 2 events are not anchored"),
        "{said}"
    );
    anchored(directory.path(), KEY);
    let with_key = ["audit", "verify", "--audit-key", KEY];
    let said = ends_with(0, directory.path(), &with_key);
    assert!(said.contains("1 anchors proven; everything up to event 2 was there at "), "{said}");
    assert!(ends_with(0, directory.path(), &verify).contains("1 anchors fit, but were made under a key"));
    let head = said.lines().find_map(|line| line.strip_prefix("head ")).unwrap().to_owned();
    ends_with(0, directory.path(), &["audit", "verify", "--head", &head]);
    let other = head.replace("2:", "3:");
    let cut = ends_with(10, directory.path(), &["audit", "verify", "--head", &other]);
    assert!(cut.contains("event 3 was noted: its end was cut off"), "{cut}");
    ends_with(78, directory.path(), &["audit", "verify", "--audit-key", "short"]);
    ends_with(2, directory.path(), &["audit", "verify", "--head", "3"]);
    let log = directory.path().join("audit/00000000000000000001.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replacen("manage-users", "sign-in", 1)).unwrap();
    assert!(ends_with(10, directory.path(), &with_key).contains("event 1 is not as it was written"));
}

#[test]
fn the_audit_log_is_exported_and_the_export_is_in_it() {
    let directory = clinic();
    let there = tempfile::tempdir().unwrap();
    let file = there.path().join("audit.csv").to_str().unwrap().to_owned();
    let said = ends_with(0, directory.path(), &["audit", "export", "--action", "manage-users"]);
    assert_eq!(said.lines().filter(|line| line.starts_with("{\"seq\":")).count(), 2, "{said}");
    ends_with(0, directory.path(), &["audit", "export", "--format", "csv", "--to", &file]);
    let table = fs::read_to_string(&file).unwrap();
    assert_eq!(table.lines().count(), 1 + 3);
    assert!(
        table.contains("export-audit") && table.contains("\"audit log as jsonl, manage users\""),
        "{table}"
    );
    ends_with(1, directory.path(), &["audit", "export", "--to", &file]);
    assert_eq!(fs::read_to_string(&file).unwrap(), table, "never over another file");
    ends_with(1, directory.path(), &["audit", "export", "--user", "nobody"]);
    ends_with(2, directory.path(), &["audit", "export", "--action", "fly"]);
    ends_with(0, directory.path(), &["audit", "verify"]);
}

#[test]
fn a_disk_that_fails_has_a_code_of_its_own() {
    let directory = clinic();
    let inside = directory.path().join("users.json/data");
    ends_with(15, &inside, &serve());
    ends_with(15, directory.path(), &["backup", "--to", inside.to_str().unwrap()]);
}

/// In a namespace of its own the target of the backup is a tmpfs of a few pages.
#[cfg(target_os = "linux")]
#[test]
fn a_volume_without_room_has_a_code_of_its_own() {
    let directory = clinic();
    let there = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=8k none \"$1\" && exec \"$0\" backup --to \"$1/backup\"";
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
    command.arg(env!("CARGO_BIN_EXE_healthcare")).arg(there.path()).env("DATA_DIR", directory.path());
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    if text.contains("unshare failed") || text.contains("permission denied") {
        #[expect(
            clippy::disallowed_methods,
            reason = "whether it may be left out is not the program's business"
        )]
        let is_ci = std::env::var_os("CI").is_some();
        assert!(!is_ci, "unshare(1) and user namespaces are needed: {text}");
        return;
    }
    assert_eq!(output.status.code(), Some(14), "{text}");
}
