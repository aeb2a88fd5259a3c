//! How to reach the database, and how long to wait for it.

use super::OpenError;
use super::cache::Cache;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::fmt;
use std::str::FromStr as _;
use std::time::Duration;

/// How long a connection that was used may be silent before it is thrown away.
const SILENCE: Duration = Duration::from_secs(2);

/// The address of a database with the credentials in it; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes `postgres://user:password@host:port/database?sslmode=verify-full`.
    ///
    /// # Errors
    /// [`OpenError::Address`] for anything that is no such address; the message does not repeat it.
    pub fn parse(text: &str) -> Result<Self, OpenError> {
        let text = text.trim();
        let is_one = text.starts_with("postgres://") || text.starts_with("postgresql://");
        if is_one && PgConnectOptions::from_str(text).is_ok() {
            return Ok(Self(text.to_owned()));
        }
        Err(OpenError::Address)
    }

    fn options(&self) -> Result<PgConnectOptions, OpenError> {
        PgConnectOptions::from_str(&self.0).map_err(|_| OpenError::Address)
    }

    /// Host and database, for logs.
    pub fn place(&self) -> String {
        self.options().map_or_else(
            |_| String::new(),
            |options| {
                format!(
                    "{}:{}/{}",
                    options.get_host(),
                    options.get_port(),
                    options.get_database().unwrap_or("")
                )
            },
        )
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// The address of a cache with the credentials in it; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct CacheUrl(String);

impl CacheUrl {
    /// Takes `redis://:password@host:6379`.
    ///
    /// # Errors
    /// [`OpenError::CacheAddress`] for anything that is no such address.
    pub fn parse(text: &str) -> Result<Self, OpenError> {
        let url = Self(text.trim().to_owned());
        url.cache("").map(|_| url)
    }

    /// The cache for a database.
    pub(super) fn cache(&self, database: &str) -> Result<Cache, OpenError> {
        Cache::new(&self.0, database).map_err(|_| OpenError::CacheAddress)
    }
}

impl fmt::Debug for CacheUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// How the store uses the database.
#[derive(Clone, Debug)]
pub struct PgOptions {
    /// The primary.
    pub url: DatabaseUrl,
    /// A standby for reads that may be some seconds old.
    pub replica: Option<DatabaseUrl>,
    /// How far the standby may be behind.
    pub replica_lag: Duration,
    /// Most connections of this process for units of work, to each of the two.
    pub connections: u32,
    /// How long a unit of work waits for a connection before it is refused as busy.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long a unit of work is tried again when others are in its way or the database is away.
    pub retry_for: Duration,
    /// Whether a pooler stands between that gives each transaction another connection.
    pub pooler: bool,
    /// The address of a cache in Redis that all processes share.
    pub cache: Option<CacheUrl>,
    /// Whether missing migrations are done when the store is opened.
    pub migrate: bool,
}

impl PgOptions {
    /// The usual ones.
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            replica: None,
            replica_lag: Duration::from_secs(5),
            connections: 16,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(10),
            retry_for: Duration::from_secs(10),
            pooler: false,
            cache: None,
            migrate: true,
        }
    }

    /// A pool of connections to one of the two.
    pub(super) fn pool(&self, url: &DatabaseUrl, most: u32, name: &str) -> Result<PgPool, OpenError> {
        let millis = self.statement_timeout.as_millis();
        let mut connect = url.options()?.application_name(&format!("healthcare {name}"));
        if self.pooler {
            // A pooler hands out connections with settings and statements of others.
            connect = connect.statement_cache_capacity(0).extra_float_digits(None);
        } else {
            connect = connect.options([
                ("statement_timeout", millis.to_string()),
                ("lock_timeout", millis.to_string()),
                ("idle_in_transaction_session_timeout", (2 * millis).to_string()),
            ]);
        }
        let pool = PgPoolOptions::new()
            .max_connections(most.max(1))
            .min_connections(0)
            .acquire_timeout(self.acquire_timeout)
            .idle_timeout(Duration::from_mins(5))
            .max_lifetime(Duration::from_mins(30))
            // A dead connection shows itself at the first statement, and the unit of work is run again.
            .test_before_acquire(false)
            // One whose other side is silent is thrown away, not waited for.
            .after_release(|connection, _| {
                Box::pin(async move {
                    let silent = || sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
                    let answer = tokio::time::timeout(SILENCE, connection.ping()).await;
                    answer.unwrap_or_else(|_| Err(silent())).map(|()| true)
                })
            });
        Ok(pool.connect_lazy_with(connect))
    }
}
