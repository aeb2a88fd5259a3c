//! Rows by the thousand: what `COPY` reads.

use super::tables::Table;
use super::values::{Value, arg};
use super::{OpenError, sql};
use sqlx::postgres::PgConnection;
use std::fmt::Write as _;

/// Sends rows; only the end of the move must be durable, whatever is lost before is written again.
pub async fn copied(
    connection: &mut PgConnection,
    copies: &[(&'static str, String)],
) -> Result<(), OpenError> {
    sqlx::raw_sql(sql::NO_WAIT).execute(&mut *connection).await?;
    for (statement, text) in copies.iter().filter(|(_, text)| !text.is_empty()) {
        let mut copy = connection.copy_in_raw(statement).await?;
        copy.send(text.as_bytes()).await?;
        copy.finish().await?;
    }
    Ok(())
}

/// Notes how many rows of a table are there.
pub async fn note(connection: &mut PgConnection, name: &str, done: usize) -> Result<(), OpenError> {
    let done = super::values::number(done as u64);
    sqlx::query(sql::NOTE_MOVED).bind(name).bind(done).execute(connection).await?;
    Ok(())
}

/// A row as a line of `COPY`: id, version, columns, document, and what the move alone knows.
pub fn line<T: Table>(text: &mut String, value: &T, version: u64, more: Vec<Value>) {
    let mut values = vec![T::id_value(&value.id()), arg::int(version)];
    values.extend(value.columns());
    values.push(arg::doc(value));
    values.extend(more);
    fields(text, &values);
}

pub fn fields(text: &mut String, values: &[Value]) {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push('\t');
        }
        field(text, value);
    }
    text.push('\n');
}

fn field(text: &mut String, value: &Value) {
    fn maybe<T>(text: &mut String, value: Option<T>, write: impl Fn(&mut String, T)) {
        match value {
            Some(value) => write(text, value),
            None => text.push_str("\\N"),
        }
    }
    let display = |text: &mut String, value: &dyn std::fmt::Display| {
        let _ = write!(text, "{value}");
    };
    match value {
        Value::Number(it) => maybe(text, *it, |text, it| display(text, &it)),
        Value::Small(it) => maybe(text, *it, |text, it| display(text, &it)),
        Value::Id(it) => maybe(text, *it, |text, it| display(text, &it)),
        Value::Text(it) => maybe(text, it.as_deref(), escaped),
        Value::Bool(it) => text.push(if *it { 't' } else { 'f' }),
        Value::MaybeBool(it) => maybe(text, *it, |text, it| text.push(if it { 't' } else { 'f' })),
        Value::Instant(it) => maybe(text, *it, |text, it| display(text, &it)),
        Value::Day(it) => maybe(text, *it, |text, it| display(text, &it)),
        Value::Json(it) => escaped(text, it.0.get()),
        // Columns have no lists.
        _ => text.push_str("\\N"),
    }
}

/// As `COPY` reads it.
fn escaped(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            other => text.push(other),
        }
    }
}
