//! What a failure of PostgreSQL means, and what to do about it. Nothing of PostgreSQL's own message is kept but its code:
//! it can quote values.

use std::borrow::Cow;

use social_core::error::{Error, ErrorKind, Remedy};

/// Whether a unique key is taken.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.is_unique_violation())
}

/// Whether a lock was waited for as long as the transaction allows.
pub(crate) fn is_locked(error: &Error) -> bool {
    error.code() == Some("sqlstate_55P03")
}

/// An error that whoever runs this has to look at.
pub(crate) fn operator(message: impl Into<Cow<'static, str>>) -> Error {
    Error::storage(message).with_remedy(Remedy::Operator)
}

pub(crate) fn conflict(message: &'static str) -> Error {
    Error::new(ErrorKind::Conflict, message)
}

fn unavailable(message: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
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
        sqlx::Error::PoolTimedOut => unavailable(
            "no connection to the database within the waiting time: all are in use, or the server does not take new \
             ones; nothing was written",
        ),
        sqlx::Error::PoolClosed => {
            Error::storage("the store was closed").with_remedy(Remedy::Never)
        }
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            of_code(&code).with_code(format!("sqlstate_{code}"))
        }
        sqlx::Error::ColumnDecode { index, .. } => damaged("(unknown)", &index),
        sqlx::Error::RowNotFound => operator(
            "a row that the first migration made is gone; restore the database from a backup",
        )
        .with_code("damaged_row"),
        sqlx::Error::Encode(_) => out_of_range(),
        sqlx::Error::Tls(_) => operator(
            "no encrypted connection to the database: the server offers none, or its certificate is not trusted; check \
             sslmode and sslrootcert in its address",
        ),
        sqlx::Error::Configuration(_) => operator(
            "the address of the database has a setting that cannot be used; check sslmode, sslrootcert and the like",
        ),
        sqlx::Error::Io(error) => Error::new(
            ErrorKind::Unavailable,
            format!(
                "the connection to the database failed ({}): check host and port, and that the server runs",
                error.kind()
            ),
        ),
        _ => unavailable("the connection to the database failed"),
    }
}

/// Says what a failure to commit means: the answer may have been lost on its way.
pub(crate) fn uncertain(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(_) => failed(error),
        _ => unavailable(
            "the connection to the database failed while it committed: what was to be written is there or not, look \
             before it is written again",
        ),
    }
}

fn out_of_range() -> Error {
    Error::invalid(
        "value",
        "value.range",
        "a time or number is beyond what the database can hold",
    )
}

/// By its SQLSTATE, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_code(code: &str) -> Error {
    match code {
        "22021" | "22P05" => Error::invalid(
            "text",
            "text.nul",
            "a text holds the character U+0000, which the database cannot keep",
        ),
        "22003" | "22008" => out_of_range(),
        "54000" => Error::invalid(
            "text",
            "text.length",
            "a name or id is too long to be found by",
        ),
        "25006" => operator(
            "the server only reads: it is a standby, or was made read-only; connect to the primary",
        ),
        "28000" | "28P01" => operator(
            "the server refuses the user, the password or an unencrypted connection; check the address of the database, \
             and the server's pg_hba.conf",
        ),
        "3D000" => operator("the database does not exist; create it, or correct the address"),
        "3F000" | "42P01" | "42703" | "42883" => operator(
            "the tables are not there, or not those of this version; migrate with a role that may make tables",
        ),
        "40001" | "40P01" | "55P03" => Error::storage(
            "somebody else was in the way for too long; nothing was written, try again",
        ),
        "25P03" => Error::storage(
            "this process stood still in the middle of a transaction; nothing was written, try again",
        ),
        "26000" | "42P05" => operator(
            "statements are not kept between two calls: the address leads to a pooler in transaction mode; build the \
             store with through_pooler()",
        ),
        "42501" => operator(
            "the role lacks a privilege on the schema, a table or a function; open the store again to hear which",
        ),
        "53100" => {
            operator("the disk under the database is full: free space there; nothing was written")
        }
        "53200" => Error::storage("the server has no memory left; nothing was written"),
        "53300" => unavailable(
            "the server has no connection left: raise its max_connections, or give each process fewer",
        ),
        "57014" => Error::storage("the server cancelled the statement; nothing was written"),
        "0A000" => Error::storage(
            "the tables were changed while this program runs; nothing was written, try again",
        ),
        _ => of_class(code),
    }
}

fn of_class(code: &str) -> Error {
    match code.get(..2) {
        Some("08") => unavailable("the connection to the database failed"),
        Some("23") => operator(
            "the database refuses a row that breaks a rule of its schema; this is a defect",
        ),
        Some("53") => Error::storage("the server has reached a limit; nothing was written"),
        Some("57") => unavailable("the server stops or starts; it is tried again"),
        Some("58") => {
            operator("the server's files fail: look at its log and its disks; nothing was written")
        }
        Some("XX") => operator(
            "the database is damaged: look at the server's log, and restore it from a backup",
        ),
        _ => operator("the database refuses a statement: its tables are not those of this version"),
    }
}

#[cfg(test)]
mod tests {
    use social_core::error::{ErrorKind, Remedy};

    use super::of_code;

    #[test]
    fn says_what_to_do() {
        for (code, kind, transient, words) in [
            ("08006", ErrorKind::Unavailable, true, "connection"),
            ("22021", ErrorKind::Invalid, false, "U+0000"),
            ("25006", ErrorKind::Storage, false, "primary"),
            ("28P01", ErrorKind::Storage, false, "password"),
            ("3D000", ErrorKind::Storage, false, "create it"),
            ("40001", ErrorKind::Storage, true, "try again"),
            ("40P01", ErrorKind::Storage, true, "try again"),
            ("42501", ErrorKind::Storage, false, "privilege"),
            ("53100", ErrorKind::Storage, false, "free space"),
            ("53200", ErrorKind::Storage, true, "memory"),
            ("53300", ErrorKind::Unavailable, true, "max_connections"),
            ("55P03", ErrorKind::Storage, true, "in the way"),
            ("57P01", ErrorKind::Unavailable, true, "stops or starts"),
            ("58030", ErrorKind::Storage, false, "disks"),
            ("XX001", ErrorKind::Storage, false, "backup"),
            ("42601", ErrorKind::Storage, false, "this version"),
        ] {
            let error = of_code(code);
            assert_eq!(error.kind(), kind, "{code}");
            assert_eq!(error.is_transient(), transient, "{code}");
            assert!(error.message().contains(words), "{code}: {error}");
        }
    }

    #[test]
    fn an_operator_is_called_where_waiting_does_not_help() {
        for code in [
            "25006", "28P01", "3D000", "42P01", "53100", "58030", "XX002",
        ] {
            assert_eq!(*of_code(code).remedy(), Remedy::Operator, "{code}");
        }
    }
}
