//! What a failure of PostgreSQL means, and what to do about it. Nothing of PostgreSQL's own message is kept but its code.

use social_core::error::{Error, ErrorKind, Remedy};

/// Whether a unique key is taken.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.is_unique_violation())
}

/// An error that whoever runs this has to look at.
pub(crate) fn operator(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::storage(message).with_remedy(Remedy::Operator)
}

pub(crate) fn conflict(message: &'static str) -> Error {
    Error::new(ErrorKind::Conflict, message)
}

/// A stored value that this program cannot have written.
pub(crate) fn damaged(table: &str, column: &str) -> Error {
    operator(format!(
        "a row of the table {table} is damaged in the column {column}; look at it, or restore the database from a backup"
    ))
    .with_code("damaged_row")
}

/// Says what a failure of the database means.
pub(crate) fn failed(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::PoolTimedOut => Error::new(
            ErrorKind::Unavailable,
            "every connection to the database was in use for the whole waiting time; nothing was written",
        ),
        sqlx::Error::PoolClosed => {
            Error::storage("the store was closed").with_remedy(Remedy::Never)
        }
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default().into_owned();
            Error::storage("the database refuses a statement").with_code(format!("sqlstate_{code}"))
        }
        sqlx::Error::ColumnDecode { index, .. } => damaged("(unknown)", &index),
        _ => Error::new(
            ErrorKind::Unavailable,
            "the connection to the database failed",
        ),
    }
}
