//! The cache in Redis: it answers, it is never behind, and everything works while it is away.

use crate::fresh;
use domain::{Role, Session, SessionId, User, UserId};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use storage::Caller;
use storage::conformance::samples::{at, session, user};
use storage::conformance::scratch::Scratch;
use storage::conformance::{Store, add, change, read};
use storage::postgres::{CacheUrl, PgOptions, PgStore};

/// A Redis server that ends with the test.
struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: scripts/tools.sh ensure_redis");
        let redis = Self { process, port };
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::task::yield_now().await;
        }
        redis
    }

    fn url(&self) -> CacheUrl {
        CacheUrl::parse(&format!("redis://127.0.0.1:{}", self.port)).unwrap()
    }

    /// Everything in it.
    fn dump(&self) -> String {
        let ask = |words: &[&str]| {
            let output =
                Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(words).output().unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let keys = ask(&["KEYS", "*"]);
        keys.lines().flat_map(|key| [key.to_owned(), ask(&["GET", key])]).collect()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn opened(scratch: &Scratch, redis: &Redis) -> Arc<PgStore> {
    let options =
        PgOptions { cache: Some(redis.url()), connections: 4, ..PgOptions::new(scratch.database()) };
    Arc::new(PgStore::open(options).await.unwrap())
}

async fn caller(store: &Arc<PgStore>, id: u128) -> Option<Caller> {
    let store: Store = store.clone();
    read(&store, move |tx| Box::pin(async move { tx.caller(SessionId(id)).await })).await.unwrap()
}

fn hits(store: &PgStore) -> u64 {
    store.metrics().cache_hits.load(Relaxed)
}

fn as_store(store: &Arc<PgStore>) -> Store {
    store.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_on_one_server_has_ended_on_the_other() {
    let (_, scratch) = fresh().await;
    let redis = Redis::start().await;
    let (one, other) = (opened(&scratch, &redis).await, opened(&scratch, &redis).await);
    add(&as_store(&one), user(1)).await.unwrap();
    for id in 1..=20u128 {
        add(&as_store(&one), session(id, 1, 0)).await.unwrap();
        assert_eq!(caller(&one, id).await.unwrap().session.value, session(id, 1, 0));
        let before = hits(&other);
        assert_eq!(caller(&other, id).await.unwrap().session.version, 1);
        assert_eq!(hits(&other), before + 1, "one server's question is the other's answer");
        let ended = Session { revoked_at: Some(at(5)), ..session(id, 1, 0) };
        change(&as_store(&one), 1, ended.clone()).await.unwrap();
        assert_eq!(caller(&other, id).await.unwrap().session.value, ended);
        assert_eq!(caller(&one, id).await.unwrap().session.value, ended);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_account_is_seen_in_all_its_sessions_and_no_hash_gets_out() {
    let (_, scratch) = fresh().await;
    let redis = Redis::start().await;
    let (one, other) = (opened(&scratch, &redis).await, opened(&scratch, &redis).await);
    add(&as_store(&one), user(1)).await.unwrap();
    for id in 1..=3 {
        add(&as_store(&one), session(id, 1, 0)).await.unwrap();
        caller(&one, id).await;
    }
    let promoted = User { role: Role::Nurse, security_version: 2, ..user(1) };
    change(&as_store(&other), 1, promoted).await.unwrap();
    for id in 1..=3 {
        let found = caller(&one, id).await.unwrap();
        assert_eq!(
            (found.user.id, found.user.role, found.user.security_version),
            (UserId(1), Role::Nurse, 2)
        );
    }
    let everything = redis.dump();
    assert!(everything.contains("session:") && everything.contains("Number 1"), "{everything}");
    assert!(!everything.contains("$2b$"), "{everything}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_cache_a_server_asks_the_database() {
    let (_, scratch) = fresh().await;
    let redis = Redis::start().await;
    let store = opened(&scratch, &redis).await;
    add(&as_store(&store), user(1)).await.unwrap();
    add(&as_store(&store), session(1, 1, 0)).await.unwrap();
    caller(&store, 1).await.unwrap();
    drop(redis);
    assert!(caller(&store, 1).await.is_some());
    let ended = Session { revoked_at: Some(at(5)), ..session(1, 1, 0) };
    assert_eq!(change(&as_store(&store), 1, ended.clone()).await, Ok(2));
    assert_eq!(caller(&store, 1).await.unwrap().session.value, ended);
    assert_eq!(caller(&store, 2).await, None);
}
