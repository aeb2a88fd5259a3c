//! The schema: embedded migrations, done once by whoever comes first, and which versions of the program it can do with.
//!
//! Migrations expand first and contract later: a version adds what it needs so that the versions before it can go on beside
//! it, and only a later one takes away what no version that still runs uses. The one that takes away raises
//! `compatibility.needs`, and from then on older programs refuse to start.

use super::OpenError;
use super::sql;
use sqlx::PgConnection;
use sqlx::Row as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPool;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The newest migration of this program.
pub fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Tells the migrations of this program from those of others.
#[cfg(feature = "conformance")]
pub fn fingerprint() -> String {
    use sha2::Digest as _;
    let sums =
        MIGRATIONS.iter().fold(sha2::Sha256::new(), |sums, migration| sums.chain_update(&migration.checksum));
    crate::cursor::hex(&sums.finalize()[..6])
}

/// Does the migrations that are missing. Several processes may do this at once: one does it, the others wait.
///
/// # Errors
/// [`OpenError::Migration`] when one fails: what it did is taken back.
pub(super) async fn migrate(pool: &PgPool) -> Result<(), OpenError> {
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    // A newer program has been here: its migrations only added to what this one uses, or `check` says so.
    migrator.set_ignore_missing(true);
    migrator.run(pool).await.map_err(|error| OpenError::Migration(error.to_string()))
}

/// Gives a role the rights of a server, and no more.
///
/// # Errors
/// [`OpenError::Database`] when there is no such role, or the schema belongs to another.
pub(super) async fn grant(pool: &PgPool, role: &str) -> Result<(), OpenError> {
    sqlx::query(sql::GRANT).bind(role).execute(pool).await?;
    sqlx::query(sql::GRANT_ANCHORS).bind(role).execute(pool).await?;
    sqlx::query(sql::GRANT_CREDIT_NOTES).bind(role).execute(pool).await?;
    sqlx::query(sql::GRANT_PLAN).bind(role).execute(pool).await?;
    Ok(())
}

/// Tells the database from all others.
///
/// # Errors
/// [`OpenError::Database`] when it cannot be read.
pub async fn store_id(connection: &mut PgConnection, persistent: bool) -> Result<String, OpenError> {
    Ok(sqlx::query(sql::STORE_ID).persistent(persistent).fetch_one(connection).await?.try_get(0)?)
}

/// Whether this program and the schema can do with each other.
///
/// # Errors
/// [`OpenError::NotMigrated`] when migrations are missing, [`OpenError::TooNew`] when the schema can no longer do with
/// this program.
/// [`OpenError::HalfFilled`] while a move into it has not ended.
pub async fn check(connection: &mut PgConnection, persistent: bool) -> Result<(), OpenError> {
    let has_schema: bool =
        sqlx::query(sql::HAS_SCHEMA).persistent(persistent).fetch_one(&mut *connection).await?.try_get(0)?;
    if !has_schema {
        return Err(OpenError::NotMigrated { done: 0, newest: newest() });
    }
    let row = sqlx::query(sql::COMPATIBILITY).persistent(persistent).fetch_one(connection).await?;
    let (needs, done): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
    let done = done.unwrap_or(0);
    if newest() < needs {
        return Err(OpenError::TooNew { needs, newest: newest() });
    }
    if done < newest() {
        return Err(OpenError::NotMigrated { done, newest: newest() });
    }
    if row.try_get(2)? {
        return Err(OpenError::HalfFilled);
    }
    Ok(())
}
