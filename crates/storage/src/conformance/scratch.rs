//! A backend for a test: JSON files, or a database of its own on the server that `TEST_DATABASE_URL` names.

use super::Store;
use crate::postgres::{DatabaseUrl, PgOptions, PgStore};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The server for tests, whose role may make databases: `postgres://user@host:port/postgres`.
pub fn server() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "which backend the tests are run on is no setting of the product"
    )]
    std::env::var("TEST_DATABASE_URL").ok()
}

/// A database that goes away with the test.
#[derive(Debug)]
pub struct Scratch {
    server: String,
    name: String,
}

fn swap_database(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, ""), |(base, query)| (base, query));
    let base = base.rsplit_once('/').map_or(base, |(base, _)| base);
    if query.is_empty() { format!("{base}/{name}") } else { format!("{base}/{name}?{query}") }
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the server for tests can be reached")
}

async fn run(connection: &mut PgConnection, statement: String) {
    connection.execute(AssertSqlSafe(statement)).await.expect("the server for tests does as it is told");
}

/// A database with the schema in it, that others are copied from; made by whoever comes first.
async fn template(server: &str) -> String {
    let name = format!("healthcare_template_{}", crate::postgres::fingerprint());
    let mut connection = connect(server).await;
    run(&mut connection, "SELECT pg_advisory_lock(4117)".to_owned()).await;
    let found = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(&name);
    let found = found.fetch_optional(&mut connection).await.expect("the list of databases");
    if found.is_none() {
        let draft = format!("{name}_draft");
        run(&mut connection, format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)")).await;
        run(&mut connection, format!("CREATE DATABASE {draft} TEMPLATE template0")).await;
        let url = DatabaseUrl::parse(&swap_database(server, &draft)).expect("an address");
        let store = PgStore::open(PgOptions::new(url)).await.expect("the migrations succeed");
        crate::Storage::close(&store).await.expect("the store closes");
        drop(store);
        run(
            &mut connection,
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{draft}'"),
        )
        .await;
        run(&mut connection, format!("ALTER DATABASE {draft} RENAME TO {name}")).await;
    }
    connection.close().await.expect("the connection closes");
    name
}

impl Scratch {
    /// A database with the schema and nothing in it.
    ///
    /// # Panics
    /// When there is no server for tests.
    pub async fn new(server: &str) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let template = template(server).await;
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("healthcare_test_{}_{number}", std::process::id());
        let mut connection = connect(server).await;
        run(&mut connection, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        run(&mut connection, format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")).await;
        connection.close().await.expect("the connection closes");
        Self { server: server.to_owned(), name }
    }

    /// A database with nothing in it, not even a schema.
    ///
    /// # Panics
    /// When there is no server for tests.
    pub async fn bare(server: &str) -> Self {
        let scratch = Self::new(server).await;
        let mut connection = connect(server).await;
        run(&mut connection, format!("DROP DATABASE {} WITH (FORCE)", scratch.name)).await;
        run(&mut connection, format!("CREATE DATABASE {} TEMPLATE template0", scratch.name)).await;
        connection.close().await.expect("the connection closes");
        scratch
    }

    /// Its address.
    pub fn url(&self) -> String {
        swap_database(&self.server, &self.name)
    }

    /// Its address for a store.
    ///
    /// # Panics
    /// When the address of the server is none.
    pub fn database(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.url()).expect("an address")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let mut connection = connect(&server).await;
                run(&mut connection, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
            });
        });
        let _ = dropped.join();
    }
}

/// The backend that tests are to be run on: `json`, unless a server for tests is named.
///
/// # Panics
/// When the server cannot be used.
pub async fn backend<S: crate::Storage>(json: impl FnOnce() -> S) -> (Store, Option<Scratch>) {
    let Some(server) = server() else { return (Arc::new(json()), None) };
    let scratch = Scratch::new(&server).await;
    let store = PgStore::open(PgOptions { connections: 10, ..PgOptions::new(scratch.database()) }).await;
    (Arc::new(store.expect("the database for the test opens")), Some(scratch))
}
