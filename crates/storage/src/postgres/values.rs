//! Values on their way to the database: exactly the kinds that the statements take.

use crate::cursor::{Micros, micros};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde::Serialize;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgHasArrayType, PgTypeInfo};
use sqlx::types::Json;
use sqlx::types::Uuid;
use sqlx::{Arguments as _, Encode, Postgres, Type};

// Numbers of built-in types, which never change: by name, each connection would have to ask for them.
const TIMESTAMPTZ: u32 = 1184;
const TIMESTAMPTZ_ARRAY: u32 = 1185;
const DATE: u32 = 1082;

/// Microseconds from the epoch of Unix to that of PostgreSQL, 2000-01-01.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// An instant as `timestamptz`, down to the microsecond.
#[derive(Clone, Copy, Debug)]
pub struct Instant(Micros);

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => f.write_str("infinity"),
        }
    }
}

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(TIMESTAMPTZ))
    }
}

impl PgHasArrayType for Instant {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(TIMESTAMPTZ_ARRAY))
    }
}

impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        // The ends of the calendar are the server's infinities: nothing compares wrongly with them.
        let since = self.0.saturating_sub(EPOCH_MICROS);
        Encode::<Postgres>::encode_by_ref(&since, buffer)
    }
}

/// A day as `date`.
#[derive(Clone, Copy, Debug)]
pub struct Day(Date);

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Type<Postgres> for Day {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(DATE))
    }
}

impl Encode<'_, Postgres> for Day {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let days =
            self.0.max(date(-4000, 1, 1)).since(date(2000, 1, 1)).map_err(|_| "a date out of range")?;
        let days = days.get_days();
        Encode::<Postgres>::encode_by_ref(&days, buffer)
    }
}

/// One argument of a statement.
#[derive(Clone, Debug)]
pub enum Value {
    /// `bigint`.
    Number(Option<i64>),
    /// `integer`.
    Int(i32),
    /// `smallint`.
    Small(Option<i16>),
    /// `uuid`.
    Id(Option<Uuid>),
    /// `text`.
    Text(Option<String>),
    /// `boolean`.
    Bool(bool),
    /// `boolean`, or none.
    MaybeBool(Option<bool>),
    /// `timestamptz`.
    Instant(Option<Instant>),
    /// `date`.
    Day(Option<Day>),
    /// `jsonb`, as it is written.
    Json(Json<Box<serde_json::value::RawValue>>),
    /// `bigint[]`.
    Numbers(Vec<i64>),
    /// `bigint[]` with gaps.
    MaybeNumbers(Vec<Option<i64>>),
    /// `smallint[]`.
    Smalls(Vec<i16>),
    /// `uuid[]`.
    Ids(Vec<Uuid>),
    /// `uuid[]` with gaps.
    MaybeIds(Vec<Option<Uuid>>),
    /// `text[]`.
    Texts(Vec<String>),
    /// `timestamptz[]`.
    Instants(Vec<Instant>),
}

impl Value {
    /// Whether no row can have it: the server stores no text with a zero character.
    pub fn is_impossible(&self) -> bool {
        let has_zero = |text: &String| text.contains('\0');
        match self {
            Self::Text(text) => text.as_ref().is_some_and(has_zero),
            Self::Texts(texts) => texts.iter().any(has_zero),
            _ => false,
        }
    }

    /// Adds it to the arguments of a statement.
    pub fn bind(self, arguments: &mut PgArguments) -> Result<(), sqlx::Error> {
        match self {
            Self::Number(it) => arguments.add(it),
            Self::Int(it) => arguments.add(it),
            Self::Small(it) => arguments.add(it),
            Self::Id(it) => arguments.add(it),
            Self::Text(it) => arguments.add(it),
            Self::Bool(it) => arguments.add(it),
            Self::MaybeBool(it) => arguments.add(it),
            Self::Instant(it) => arguments.add(it),
            Self::Day(it) => arguments.add(it),
            Self::Json(it) => arguments.add(it),
            Self::Numbers(it) => arguments.add(it),
            Self::MaybeNumbers(it) => arguments.add(it),
            Self::Smalls(it) => arguments.add(it),
            Self::Ids(it) => arguments.add(it),
            Self::MaybeIds(it) => arguments.add(it),
            Self::Texts(it) => arguments.add(it),
            Self::Instants(it) => arguments.add(it),
        }
        .map_err(sqlx::Error::Encode)
    }
}

/// A count or an id. No id is ever so large that it does not fit: one that is finds nothing.
pub fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A random id.
pub fn id(value: u128) -> Uuid {
    Uuid::from_u128(value)
}

/// An instant. The server's calendar begins in 4713 BC, and nothing here is older.
pub fn instant(value: Timestamp) -> Instant {
    instant_of(micros(value))
}

/// An instant that came out of a cursor.
pub fn instant_of(micros: Micros) -> Instant {
    /// 4000 BC, and an end that every calendar here has.
    const RANGE: (Micros, Micros) = (-188_000_000_000_000_000, 253_402_300_799_000_000);
    Instant(micros.clamp(RANGE.0, RANGE.1))
}

/// Shorthand for arguments.
pub mod arg {
    use super::{Date, Day, Json, Serialize, Timestamp, Value, id, instant, number};

    /// A count or an id.
    pub fn int(value: u64) -> Value {
        Value::Number(Some(number(value)))
    }
    /// The same, if there is one.
    pub fn maybe_int(value: Option<u64>) -> Value {
        Value::Number(value.map(number))
    }
    /// An amount of money.
    pub fn amount(value: i64) -> Value {
        Value::Number(Some(value))
    }
    /// A random id.
    pub fn uuid(value: u128) -> Value {
        Value::Id(Some(id(value)))
    }
    /// The same, if there is one.
    pub fn maybe_uuid(value: Option<u128>) -> Value {
        Value::Id(value.map(id))
    }
    /// A text.
    pub fn text(value: impl Into<String>) -> Value {
        Value::Text(Some(value.into()))
    }
    /// The same, if there is one.
    pub fn maybe_text(value: Option<String>) -> Value {
        Value::Text(value)
    }
    /// An instant.
    pub fn at(value: Timestamp) -> Value {
        Value::Instant(Some(instant(value)))
    }
    /// The same, if there is one.
    pub fn maybe_at(value: Option<Timestamp>) -> Value {
        Value::Instant(value.map(instant))
    }
    /// A day, if there is one.
    pub fn maybe_day(value: Option<Date>) -> Value {
        Value::Day(value.map(Day))
    }
    /// A day.
    pub fn day(value: Date) -> Value {
        maybe_day(Some(value))
    }
    /// An object, as it is kept.
    pub fn doc(value: &impl Serialize) -> Value {
        let raw = serde_json::value::to_raw_value(value).expect("an object has only string keys");
        Value::Json(Json(raw))
    }
}
