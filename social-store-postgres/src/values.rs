//! Between Rust's values and PostgreSQL's.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use social_core::error::{Error, ErrorKind, Result};
use sqlx::{
    Decode, Postgres, Row, Type,
    error::BoxDynError,
    postgres::{PgRow, PgTypeInfo, PgValueFormat, PgValueRef},
};

use crate::error::damaged;

/// A duration in microseconds, saturating at some three hundred years, which every interval can hold.
pub(crate) fn micros(duration: Duration) -> i64 {
    const LONGEST: i64 = 10_000_000_000_000_000;
    i64::try_from(duration.as_micros()).map_or(LONGEST, |micros| micros.min(LONGEST))
}

/// Microseconds that are left.
pub(crate) fn left(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// A time as PostgreSQL has it. Unlike chrono's own it refuses what chrono cannot hold, such as `infinity`, instead of
/// panicking.
struct Time(DateTime<Utc>);

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Time {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        /// Of 2000-01-01, from which PostgreSQL counts, since 1970.
        const EPOCH: i64 = 946_684_800_000_000;
        if value.format() == PgValueFormat::Text {
            return <DateTime<Utc> as Decode<Postgres>>::decode(value).map(Self);
        }
        let micros: i64 = Decode::<Postgres>::decode(value)?;
        let time = micros.checked_add(EPOCH);
        let time = time.and_then(DateTime::from_timestamp_micros);
        time.map(Self).ok_or_else(|| "a time out of range".into())
    }
}

/// JSON of our own, for a column of type `json`: unlike `jsonb` it keeps `\u0000`, which platforms' messages may hold.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|_| unwritable())
}

/// An enum as its word, and the word inside it if there is one.
pub(crate) fn words<T: Serialize>(value: &T) -> Result<(String, Option<String>)> {
    match serde_json::to_value(value).map_err(|_| unwritable())? {
        Value::String(word) => Ok((word, None)),
        Value::Object(map) => match map.into_iter().next() {
            Some((word, Value::String(inner))) => Ok((word, Some(inner))),
            _ => Err(unwritable()),
        },
        _ => Err(unwritable()),
    }
}

fn unwritable() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "a value has no stored form in this version",
    )
}

/// Reads one row of a table; what does not fit is an error that names the column and quotes nothing.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'r> {
    row: &'r PgRow,
    table: &'static str,
}

impl<'r> Cells<'r> {
    pub(crate) fn new(row: &'r PgRow, table: &'static str) -> Self {
        Self { row, table }
    }

    pub(crate) fn damaged(self, column: &str) -> Error {
        damaged(self.table, column)
    }

    pub(crate) fn get<T>(self, column: &str) -> Result<T>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        self.row.try_get(column).map_err(|_| self.damaged(column))
    }

    pub(crate) fn small<T: TryFrom<i64>>(self, column: &str) -> Result<T> {
        T::try_from(self.get::<i64>(column)?).map_err(|_| self.damaged(column))
    }

    pub(crate) fn small_opt<T: TryFrom<i64>>(self, column: &str) -> Result<Option<T>> {
        let number = self.get::<Option<i64>>(column)?;
        number
            .map(|number| T::try_from(number).map_err(|_| self.damaged(column)))
            .transpose()
    }

    pub(crate) fn bytes<const N: usize>(self, column: &str) -> Result<[u8; N]> {
        let bytes: &[u8] = self.get(column)?;
        bytes.try_into().map_err(|_| self.damaged(column))
    }

    pub(crate) fn time(self, column: &str) -> Result<DateTime<Utc>> {
        self.get::<Time>(column).map(|time| time.0)
    }

    pub(crate) fn time_opt(self, column: &str) -> Result<Option<DateTime<Utc>>> {
        let time = self.get::<Option<Time>>(column)?;
        Ok(time.map(|time| time.0))
    }

    /// A column that the statement selects as text.
    pub(crate) fn json<T: DeserializeOwned>(self, column: &str) -> Result<T> {
        serde_json::from_str(self.get(column)?).map_err(|_| self.damaged(column))
    }

    pub(crate) fn json_opt<T: DeserializeOwned>(self, column: &str) -> Result<Option<T>> {
        let text: Option<&str> = self.get(column)?;
        text.map(|text| serde_json::from_str(text).map_err(|_| self.damaged(column)))
            .transpose()
    }

    /// What [`words`] took apart.
    pub(crate) fn words<T: DeserializeOwned>(self, word: &str, inner: &str) -> Result<T> {
        let outer = Value::String(self.get(word)?);
        let value = match (self.get::<Option<String>>(inner)?, outer) {
            (Some(inner), Value::String(outer)) => {
                Value::Object([(outer, Value::String(inner))].into_iter().collect())
            }
            (_, outer) => outer,
        };
        serde_json::from_value(value).map_err(|_| self.damaged(word))
    }
}

/// Rows that can be read; a damaged one is left out and reported, so that it does not stop the others.
pub(crate) fn readable<T>(rows: &[PgRow], read: impl Fn(&PgRow) -> Result<T>) -> Vec<T> {
    rows.iter()
        .filter_map(|row| read(row).inspect_err(report).ok())
        .collect()
}

/// Tells the operator of a row that was passed over.
pub(crate) fn report(error: &Error) {
    tracing::error!(%error, "a stored row was passed over");
}
