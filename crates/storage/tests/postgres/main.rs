//! The PostgreSQL backend on a real server: `TEST_DATABASE_URL` names one whose role may make databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics, in its helpers too")]

mod audit_chain;
mod cache;
mod conforms;
mod faults;
mod moves;

use std::sync::Arc;
use storage::conformance::Store;
use storage::conformance::scratch::{Scratch, server};
use storage::postgres::{PgOptions, PgStore};

/// A store on a database of its own.
async fn fresh() -> (Arc<PgStore>, Scratch) {
    let server =
        server().expect("TEST_DATABASE_URL names a PostgreSQL server: scripts/postgres.sh starts one");
    let scratch = Scratch::new(&server).await;
    let store = PgStore::open(PgOptions { connections: 10, ..PgOptions::new(scratch.database()) }).await;
    (Arc::new(store.expect("the database opens")), scratch)
}

fn dynamic(store: &Arc<PgStore>) -> Store {
    store.clone()
}
