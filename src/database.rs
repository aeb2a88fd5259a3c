//! Settings of the PostgreSQL backend: with an address of a database the data lie there, without one in files.

use crate::config::Secret;
use clap::Args;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use storage::postgres::{CacheUrl, DatabaseUrl, PgOptions};

/// Where the database is and how it is used.
#[derive(Args, Clone, Debug)]
pub struct DatabaseArgs {
    /// Address of the PostgreSQL database that the data lie in.
    #[arg(
        help = "Keep the data in this database instead of files: postgres://user:password@host:5432/name?sslmode=verify-full"
    )]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<Secret>,
    /// File that holds the address of the database
    #[arg(long, env = "DATABASE_URL_FILE", value_name = "FILE", conflicts_with = "database_url")]
    pub database_url_file: Option<PathBuf>,
    /// A standby for reports, which may be some seconds old
    #[arg(long, env = "DATABASE_READ_URL", hide_env_values = true, value_name = "URL")]
    pub database_read_url: Option<Secret>,
    /// Seconds that the standby may be behind; beyond that the primary is asked
    #[arg(long, env = "DATABASE_READ_LAG_SECONDS", default_value_t = 5, value_name = "SECONDS")]
    pub database_read_lag_seconds: u64,
    /// Most connections of this process to the database, beside five for its own upkeep
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 16, value_name = "COUNT",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub database_connections: u32,
    /// Milliseconds to wait for a free connection before a request is refused as busy
    #[arg(long, env = "DATABASE_WAIT_MS", default_value_t = 3_000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub database_wait_ms: u64,
    /// Milliseconds that one statement may take
    #[arg(long, env = "DATABASE_STATEMENT_MS", default_value_t = 10_000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(10..=600_000))]
    pub database_statement_ms: u64,
    /// Milliseconds for which a change is tried again when others are in its way or the database is away
    #[arg(long, env = "DATABASE_RETRY_MS", default_value_t = 10_000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(0..=60_000))]
    pub database_retry_ms: u64,
    /// A cache in Redis for who is behind a session, shared by all processes, as `redis://host:6379`
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub redis_url: Option<Secret>,
    /// Do not bring the schema up to date: an operator does, with `healthcare migrate`
    #[arg(long, env = "DATABASE_NO_MIGRATE")]
    pub no_migrate: bool,
    /// A pooler in transaction mode (pgbouncer) stands between; the schema is never brought up to date through it
    #[arg(long, env = "DATABASE_POOLER", value_name = "BOOL", action = clap::ArgAction::Set, default_value_t = false)]
    pub database_pooler: bool,
}

impl DatabaseArgs {
    /// Whether the data lie in a database.
    pub fn is_set(&self) -> bool {
        self.database_url.is_some() || self.database_url_file.is_some()
    }

    /// The name of the setting that names it, for messages.
    pub fn setting(&self) -> &'static str {
        if self.database_url_file.is_some() { "DATABASE_URL_FILE" } else { "DATABASE_URL" }
    }

    fn url(&self) -> Result<Option<DatabaseUrl>, String> {
        let text = match (&self.database_url, &self.database_url_file) {
            (Some(url), _) => url.expose().to_owned(),
            (None, Some(path)) => fs::read_to_string(path)
                .map_err(|error| format!("DATABASE_URL_FILE: cannot read {}: {error}", path.display()))?,
            (None, None) => return Ok(None),
        };
        let parsed = DatabaseUrl::parse(&text);
        parsed.map(Some).map_err(|error| format!("{}: {error}", self.setting()))
    }

    /// How to use the database, `None` without one.
    ///
    /// # Errors
    /// The setting that is wrong, and why.
    pub fn options(&self) -> Result<Option<PgOptions>, String> {
        let Some(url) = self.url()? else {
            return match (&self.database_read_url, &self.redis_url) {
                (Some(_), _) => Err("DATABASE_READ_URL: needs DATABASE_URL beside it".to_owned()),
                (_, Some(_)) => {
                    Err("REDIS_URL: needs DATABASE_URL beside it: files need no cache".to_owned())
                }
                (None, None) => Ok(None),
            };
        };
        let replica = self.database_read_url.as_ref().map(|url| DatabaseUrl::parse(url.expose()));
        Ok(Some(PgOptions {
            replica: replica.transpose().map_err(|error| format!("DATABASE_READ_URL: {error}"))?,
            replica_lag: Duration::from_secs(self.database_read_lag_seconds),
            connections: self.database_connections,
            acquire_timeout: Duration::from_millis(self.database_wait_ms),
            statement_timeout: Duration::from_millis(self.database_statement_ms),
            retry_for: Duration::from_millis(self.database_retry_ms),
            cache: self
                .redis_url
                .as_ref()
                .map(|url| CacheUrl::parse(url.expose()))
                .transpose()
                .map_err(|error| error.to_string())?,
            pooler: self.database_pooler,
            migrate: !self.no_migrate && !self.database_pooler,
            ..PgOptions::new(url)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        database: DatabaseArgs,
    }

    fn args(words: &[&str]) -> DatabaseArgs {
        Cli::try_parse_from([&["healthcare"], words].concat()).unwrap().database
    }

    #[test]
    fn without_an_address_the_data_lie_in_files() {
        assert_eq!(args(&[]).options().map(|it| it.is_some()), Ok(false));
    }

    #[test]
    fn an_address_is_read_from_a_file_without_its_line_break() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "postgres://clinic:hush@db.example.org/clinic\n").unwrap();
        let args = args(&["--database-url-file", file.path().to_str().unwrap()]);
        assert!(args.options().unwrap().is_some());
    }

    #[test]
    fn mistakes_name_the_setting_and_never_the_password() {
        for (words, setting) in [
            (vec!["--database-url", "mysql://clinic:hush@db/clinic"], "DATABASE_URL:"),
            (vec!["--database-url-file", "/no/such/file"], "DATABASE_URL_FILE:"),
            (vec!["--database-read-url", "postgres://db/clinic"], "DATABASE_READ_URL:"),
        ] {
            let mistake = args(&words).options().err().unwrap();
            assert!(mistake.starts_with(setting), "{mistake}");
            assert!(!mistake.contains("hush"), "{mistake}");
        }
        let shown = format!("{:?}", args(&["--database-url", "postgres://clinic:hush@db/clinic"]).options());
        assert!(!shown.contains("hush"), "{shown}");
    }
}
