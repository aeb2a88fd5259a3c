//! A cache in Redis, shared by all processes: who is behind a session, which every request asks for. Everything works
//! without it and while it is away; then the database is asked.
//!
//! An entry is never older than what is stored: whoever changes a session or an account bars its entries before and
//! after the commit, and nothing is put where there is a bar. Only a process that cannot reach the cache while others
//! can leaves an old entry behind, for as long as entries live. No password hash ever gets there.

use crate::{Caller, Versioned};
use domain::{PasswordHash, SecondFactor, Session, SessionId, User, UserId};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};
use serde::{Deserialize, Serialize};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// How long an entry lives.
const ENTRY_SECONDS: u64 = 300;
/// How long nothing is put for a changed session: longer than whoever read it before could take to put it.
const SESSION_BAR_SECONDS: u64 = 15;
/// How long entries with a changed account are not used: longer than any of them lives.
const USER_BAR_SECONDS: u64 = ENTRY_SECONDS + 30;
/// How long the cache may take to answer before the database is asked instead.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long nobody asks after it did not answer.
const AWAY_MILLIS: u64 = 1_000;

/// What stands for a bar.
const BAR: &str = "-";

/// Gives the entry of a session, unless the account in it was changed since.
const GET: &str = "\
local entry = redis.call('GET', KEYS[1])
if not entry then return entry end
local user = string.match(entry, '^(%d+) ')
if user and redis.call('EXISTS', ARGV[1] .. user) == 1 then return '-' end
return entry";

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// A session.
    Session(SessionId),
    /// An account.
    User(UserId),
}

/// What the cache says of a session.
#[derive(Debug)]
pub enum Cached {
    /// Who is behind it.
    Caller(Box<Caller>),
    /// Nothing: it may be put.
    Nothing,
    /// Nothing that counts, and nothing may be put.
    Barred,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    session: Versioned<Session>,
    user: User,
}

/// The cache.
pub struct Cache {
    client: Client,
    connection: OnceCell<ConnectionManager>,
    /// Parts the entries of this database from those of others.
    prefix: String,
    script: Script,
    begun: Instant,
    /// Milliseconds after the beginning until which nobody asks: it did not answer.
    away_until: AtomicU64,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cache")
    }
}

impl Cache {
    /// A cache at this address, as `redis://host:6379`, for the database of this name.
    ///
    /// # Errors
    /// When it is no address.
    pub fn new(url: &str, database: &str) -> Result<Self, RedisError> {
        Ok(Self {
            client: Client::open(url)?,
            connection: OnceCell::new(),
            prefix: format!("healthcare:{database}:"),
            script: Script::new(GET),
            begun: Instant::now(),
            away_until: AtomicU64::new(0),
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether it answered lately: while it is away, not every request waits for it in vain.
    fn is_there(&self) -> bool {
        self.now() >= self.away_until.load(Relaxed)
    }

    /// Waits for an answer, but not long; notes when there is none.
    async fn answered<T>(&self, answer: impl Future<Output = Result<T, RedisError>>) -> Option<T> {
        let answer = tokio::time::timeout(PATIENCE, answer).await.ok().and_then(Result::ok);
        if answer.is_none() {
            self.away_until.fetch_max(self.now() + AWAY_MILLIS, Relaxed);
        }
        answer
    }

    async fn connection(&self) -> Result<ConnectionManager, RedisError> {
        let connect = || async {
            let config = ConnectionManagerConfig::new()
                .set_connection_timeout(Some(PATIENCE))
                .set_response_timeout(Some(PATIENCE))
                .set_number_of_retries(1);
            self.client.get_connection_manager_with_config(config).await
        };
        self.connection.get_or_try_init(connect).await.cloned()
    }

    fn session_key(&self, id: SessionId) -> String {
        format!("{}session:{id}", self.prefix)
    }

    fn user_prefix(&self) -> String {
        format!("{}user:", self.prefix)
    }

    async fn ask(&self, id: SessionId) -> Result<Option<String>, RedisError> {
        let mut connection = self.connection().await?;
        self.script.key(self.session_key(id)).arg(self.user_prefix()).invoke_async(&mut connection).await
    }

    /// Who is behind a session.
    pub async fn get(&self, id: SessionId) -> Cached {
        if !self.is_there() {
            return Cached::Barred;
        }
        match self.answered(self.ask(id)).await {
            Some(None) => Cached::Nothing,
            Some(Some(entry)) => {
                let json = entry.split_once(' ').map_or("", |(_, json)| json);
                serde_json::from_str(json).map_or(Cached::Barred, |Entry { session, user }| {
                    Cached::Caller(Box::new(Caller { session, user }))
                })
            }
            None => Cached::Barred,
        }
    }

    /// Puts who is behind a session, where nothing is.
    pub async fn put(&self, caller: &Caller) {
        let Caller { session, user } = caller.clone();
        let (id, number) = (session.value.id, user.id);
        let second_factor = user.second_factor.map(SecondFactor::without_secrets);
        let user = User { password_hash: PasswordHash::new(""), second_factor, ..user };
        let Ok(json) = serde_json::to_string(&Entry { session, user }) else { return };
        let put = async {
            let mut connection = self.connection().await?;
            let mut command = redis::cmd("SET");
            command.arg(self.session_key(id)).arg(format!("{number} {json}"));
            command.arg("NX").arg("EX").arg(ENTRY_SECONDS);
            command.query_async::<Option<String>>(&mut connection).await
        };
        let _ = self.answered(put).await;
    }

    /// Bars the entries of what is being changed: before the commit, and after it.
    pub async fn bar(&self, changed: &[Changed]) {
        if changed.is_empty() {
            return;
        }
        let bar = async {
            let mut connection = self.connection().await?;
            let mut all = redis::pipe();
            for one in changed {
                let (key, seconds) = match one {
                    Changed::Session(id) => (self.session_key(*id), SESSION_BAR_SECONDS),
                    Changed::User(id) => (format!("{}{id}", self.user_prefix()), USER_BAR_SECONDS),
                };
                all.cmd("SET").arg(key).arg(BAR).arg("EX").arg(seconds).ignore();
            }
            all.query_async::<()>(&mut connection).await
        };
        if self.answered(bar).await.is_none() {
            // Here nothing that it has counts any more until all of that is over.
            self.away_until.store(self.now() + USER_BAR_SECONDS * 1_000, Relaxed);
            tracing::warn!(
                "the cache could not be told of a change: others may see an old session for minutes"
            );
        }
    }
}
