//! Statements on their way: arguments, answers, rows.

use super::store::Shared;
use super::values::Value;
use crate::Versioned;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Postgres, Row as _};

/// A statement: one of the constants, or one that was put together of them.
#[derive(Clone, Debug)]
pub enum Statement {
    /// As it stands in [`sql`].
    Fixed(&'static str),
    /// Put together by [`Builder`].
    Built(String),
}

fn bound(values: Vec<Value>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        value.bind(&mut arguments)?;
    }
    Ok(arguments)
}

type Query = sqlx::query::Query<'static, Postgres, PgArguments>;

fn query(shared: &Shared, statement: Statement, values: Vec<Value>) -> Result<Query, sqlx::Error> {
    let arguments = bound(values)?;
    let query = match statement {
        Statement::Fixed(text) => sqlx::query_with(text, arguments),
        // Of constants only: see `sql`.
        Statement::Built(text) => sqlx::query_with(AssertSqlSafe(text), arguments),
    };
    Ok(query.persistent(!shared.is_pooled))
}

/// Runs a statement.
pub async fn execute(
    shared: &Shared,
    connection: &mut sqlx::PgConnection,
    statement: Statement,
    values: Vec<Value>,
) -> Result<u64, sqlx::Error> {
    let done = Box::pin(query(shared, statement, values)?.execute(connection)).await?;
    Ok(done.rows_affected())
}

/// Runs a statement and takes what it gives.
pub async fn fetch(
    shared: &Shared,
    connection: &mut sqlx::PgConnection,
    statement: Statement,
    values: Vec<Value>,
) -> Result<Vec<PgRow>, sqlx::Error> {
    Box::pin(query(shared, statement, values)?.fetch_all(connection)).await
}

/// The object of a row of `version, doc`.
pub fn versioned<T: serde::de::DeserializeOwned>(row: &PgRow) -> Result<Versioned<T>, sqlx::Error> {
    let version: i64 = row.try_get(0)?;
    let Json(value): Json<T> = row.try_get(1)?;
    Ok(Versioned { value, version: u64::try_from(version).unwrap_or_default() })
}

/// A name as it stands in a column: that of the JSON form.
pub fn json_name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
