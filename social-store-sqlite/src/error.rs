//! What a failure of SQLite means, and what to do about it. Nothing of SQLite's own message is kept but its number.

use social_core::error::{Error, ErrorKind, Reason, Remedy};

/// Primary result codes, <https://www.sqlite.org/rescode.html>.
mod primary {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const NOMEM: i32 = 7;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const CONSTRAINT: i32 = 19;
    pub(super) const NOTADB: i32 = 26;
}

/// The extended result code, if SQLite itself failed.
fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// Whether another connection held a lock for the whole busy timeout.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| matches!(code & 0xff, primary::BUSY | primary::LOCKED))
}

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

pub(crate) fn locked() -> Error {
    Error::storage(
        "another process kept the database locked for the whole busy timeout; nothing was written",
    )
}

pub(crate) fn closed() -> Error {
    Error::storage("the store was closed").with_remedy(Remedy::Never)
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
    if let Some(code) = code(&error) {
        let told = of_code(code).with_code(format!("sqlite_{code}"));
        return match code & 0xff {
            primary::FULL => told.with_reason(Reason::StorageFull),
            _ => told,
        };
    }
    match error {
        sqlx::Error::Io(error) => operator(format!(
            "the database file cannot be used ({}); check its path and permissions",
            error.kind()
        )),
        sqlx::Error::ColumnDecode { index, .. } => damaged("(unknown)", &index),
        sqlx::Error::WorkerCrashed => Error::storage("the thread of a database connection ended"),
        _ => Error::storage("the database connection failed"),
    }
}

fn of_code(code: i32) -> Error {
    match code & 0xff {
        primary::BUSY | primary::LOCKED => locked(),
        primary::NOMEM => Error::storage("SQLite has no memory left"),
        primary::READONLY => operator(
            "the database cannot be written: make the file and its folder writable for the user of this process",
        ),
        primary::IOERR => operator(
            "the disk under the database fails: look at the system's log; the database must be on a local disk",
        ),
        primary::CORRUPT => operator(
            "the database file is damaged: stop, keep a copy, and restore it from a backup or with sqlite3's .recover",
        ),
        primary::FULL => {
            operator("the disk under the database is full: free space there; nothing was written")
        }
        primary::CANTOPEN => operator(
            "the database file cannot be opened: check that its folder exists, its permissions, and the limit of open files",
        ),
        primary::CONSTRAINT => operator(
            "the database refuses a row that breaks a rule of its schema; this is a defect",
        ),
        primary::NOTADB => operator(
            "the file is not a SQLite database: give another path, or move the file away; it was not changed",
        ),
        _ => operator("the database refuses a statement: its tables are not those of this version"),
    }
}
