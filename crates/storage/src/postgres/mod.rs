//! The PostgreSQL backend: the same port on a database that many processes on many machines share.
//!
//! Units of work are SERIALIZABLE transactions that are run again when another was in the way. What must never happen (a
//! double booking, a number given twice, a change of the audit log) the database itself refuses.

mod anchors;
mod cache;
#[cfg(test)]
mod checks;
mod copy;
mod course;
mod failure;
mod keeper;
mod metrics;
mod moves;
mod options;
mod repositories;
mod schema;
mod sql;
mod statement;
mod store;
mod tables;
mod tx;
mod values;

pub use anchors::follow_audit;
pub use metrics::{BUCKETS, Metrics};
pub use moves::{Verified, contents, fill, verify};
pub use options::{CacheUrl, DatabaseUrl, PgOptions};
#[cfg(feature = "conformance")]
pub use schema::fingerprint;
pub use store::PgStore;

/// Why the store cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No address of a database.
    #[error("DATABASE_URL is no address like postgres://user:password@host:5432/database")]
    Address,
    /// No address of a cache.
    #[error("REDIS_URL is no address like redis://host:6379")]
    CacheAddress,
    /// The database cannot be reached, or refused.
    #[error("{0}")]
    Database(String),
    /// What is stored cannot be read, or the audit chain is broken.
    #[error("{0}")]
    Damaged(String),
    /// A migration failed.
    #[error("the schema could not be brought up to date: {0}")]
    Migration(String),
    /// Migrations are missing.
    #[error(
        "the schema is at version {done} and this program needs {newest}: run `healthcare migrate` first"
    )]
    NotMigrated {
        /// The newest that was done.
        done: i64,
        /// The newest that there is.
        newest: i64,
    },
    /// The schema was taken further than this program can follow.
    #[error(
        "the schema needs a program that knows version {needs}, and this one knows {newest}: run a newer one"
    )]
    TooNew {
        /// What it needs.
        needs: i64,
        /// What this program knows.
        newest: i64,
    },
    /// A move needs an empty database.
    #[error("the database has data already: a move needs an empty one")]
    NotEmpty,
    /// A move into this database was not finished.
    #[error("the database is half filled: run `healthcare migrate --from … --to …` again until it ends well")]
    HalfFilled,
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(failure::Failure::from(error).told().to_string())
    }
}

/// Brings the schema up to date, and gives a role the rights of a server if one is named.
///
/// # Errors
/// [`OpenError`] when the database refuses.
pub async fn migrate(options: &PgOptions, server_role: Option<&str>) -> Result<i64, OpenError> {
    // A migration takes as long as it takes, and whoever waits for another's as well.
    let patient = PgOptions { statement_timeout: std::time::Duration::from_hours(24), ..options.clone() };
    let pool = patient.pool(&options.url, 1, "migrate")?;
    schema::migrate(&pool).await?;
    if let Some(role) = server_role {
        schema::grant(&pool, role).await?;
    }
    pool.close().await;
    Ok(schema::newest())
}
