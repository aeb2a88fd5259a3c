//! Following the audit chain of a database: whatever its owner does to the log, it is found.

use crate::{dynamic, fresh};
use domain::Action;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use storage::chain::AnchorKey;
use storage::conformance::samples::{at, event};
use storage::conformance::scratch::Scratch;
use storage::conformance::{Store, write};
use storage::postgres::{OpenError, PgOptions, follow_audit};

fn quiet(_: &str) {}

fn keys() -> [AnchorKey; 1] {
    [AnchorKey::new(b"a key that is not in the database, 32 bytes")]
}

async fn append(store: &Store, minutes: i64) {
    let unit = write(store, move |tx| {
        Box::pin(async move { tx.audit().append(event(minutes, Action::SignIn)).await })
    });
    unit.await.unwrap();
}

async fn anchor(store: &Store, minutes: i64) {
    let head = store.audit_head().await.unwrap().unwrap();
    store.keep_anchor(keys()[0].anchor(head, at(minutes))).await.unwrap();
}

/// What is found after the owner of the tables did something, which is taken back.
async fn after(connection: &mut PgConnection, scratch: &Scratch, statement: &str) -> Result<u64, String> {
    let run = async |connection: &mut PgConnection, statement: String| {
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
    };
    let keep =
        "CREATE TABLE kept AS TABLE audit_events; ALTER TABLE audit_events DISABLE TRIGGER append_only";
    run(connection, keep.to_owned()).await;
    run(connection, statement.to_owned()).await;
    let found = follow_audit(&PgOptions::new(scratch.database()), &keys(), None, &quiet).await;
    let back = "DELETE FROM audit_events; INSERT INTO audit_events TABLE kept; DROP TABLE kept; \
                ALTER TABLE audit_events ENABLE TRIGGER append_only";
    run(connection, back.to_owned()).await;
    found.map(|report| report.events).map_err(|error| {
        assert!(matches!(error, OpenError::Damaged(_)), "{error}");
        error.to_string()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_event_that_is_changed_removed_or_moved_is_found() {
    let (store, scratch) = fresh().await;
    let store = dynamic(&store);
    for minutes in 0..6 {
        append(&store, minutes).await;
    }
    anchor(&store, 7).await;
    let report = follow_audit(&PgOptions::new(scratch.database()), &keys(), None, &quiet).await.unwrap();
    assert_eq!((report.events, report.proven, report.last_proven), (6, 1, Some((6, at(7)))));
    let mut owner = PgConnection::connect(&scratch.url()).await.unwrap();
    for seq in 1..=6 {
        let changes = [
            format!("UPDATE audit_events SET body = replace(body, 'Number 1', 'Number 2') WHERE seq = {seq}"),
            format!("UPDATE audit_events SET actor = 2 WHERE seq = {seq}"),
            format!("UPDATE audit_events SET patient_id = gen_random_uuid() WHERE seq = {seq}"),
            format!("UPDATE audit_events SET at = at + interval '1 day' WHERE seq = {seq}"),
            format!("DELETE FROM audit_events WHERE seq = {seq}"),
            format!("DELETE FROM audit_events WHERE seq >= {seq}"),
            format!(
                "UPDATE audit_events SET seq = -seq WHERE seq IN ({seq}, {seq} % 6 + 1); UPDATE audit_events \
                 SET seq = CASE -seq WHEN {seq} THEN {seq} % 6 + 1 ELSE {seq} END WHERE seq < 0"
            ),
        ];
        for change in changes {
            assert!(after(&mut owner, &scratch, &change).await.is_err(), "{change}");
        }
    }
    assert_eq!(after(&mut owner, &scratch, "SELECT 1").await, Ok(6));
    let cut = after(&mut owner, &scratch, "DELETE FROM audit_events WHERE seq > 4").await.unwrap_err();
    assert!(cut.contains("ends at event 4, but event 6 was anchored at"), "{cut}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anchors_are_added_and_never_changed() {
    let (store, scratch) = fresh().await;
    let store = dynamic(&store);
    append(&store, 0).await;
    anchor(&store, 1).await;
    let mut owner = PgConnection::connect(&scratch.url()).await.unwrap();
    for change in ["UPDATE audit_anchors SET seq = 2", "DELETE FROM audit_anchors", "TRUNCATE audit_anchors"]
    {
        let refused = owner.execute(AssertSqlSafe(change.to_owned())).await.unwrap_err().to_string();
        assert!(refused.contains("the audit log can only be added to"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_of_a_server_may_add_and_read_anchors_and_no_more() {
    let (_store, scratch) = fresh().await;
    let role = format!("anchor_test_{}", std::process::id());
    let mut owner = PgConnection::connect(&scratch.url()).await.unwrap();
    let statement = format!(
        "CREATE ROLE {role} NOLOGIN; SELECT grant_to_server('{role}'); SELECT grant_anchors_to_server('{role}')"
    );
    owner.execute(AssertSqlSafe(statement)).await.unwrap();
    let mut rights = Vec::new();
    for right in ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"] {
        let ask = format!("SELECT has_table_privilege('{role}', 'audit_anchors', '{right}')");
        let row = owner.fetch_one(AssertSqlSafe(ask)).await.unwrap();
        rights.push(sqlx::Row::get::<bool, _>(&row, 0));
    }
    let statement = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    owner.execute(AssertSqlSafe(statement)).await.unwrap();
    assert_eq!(rights, [true, true, false, false, false]);
}
