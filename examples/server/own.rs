//! The server's own tables, in a file beside the database of the crates: sessions, uploads, and what is
//! remembered between runs.

use std::path::Path;
use std::time::Duration;

use social_core::model::OwnerId;

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{Error, Reason, Remedy, Result};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

/// Connections to the server's own file. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) pool: SqlitePool,
}

/// How long a form that was sent is known. A page that is left open for longer and sent again meets the post's own key.
const FORMS_KEPT: TimeDelta = TimeDelta::days(30);

/// The form of the tables that this build reads and writes.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE server_sessions (
    hash BLOB PRIMARY KEY,            -- SHA-256 of the cookie, which is nowhere stored
    user TEXT NOT NULL,
    created_at INTEGER NOT NULL,      -- microseconds
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE server_uploads (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    media TEXT NOT NULL,              -- id in the media store
    name TEXT NOT NULL,               -- as the browser gave it, for showing it again
    size INTEGER NOT NULL,
    duration_ms INTEGER,
    facts TEXT,                       -- codec, frame rate, frame size in words
    trouble TEXT,                     -- why it is not a video to post
    created_at INTEGER NOT NULL,
    posted INTEGER NOT NULL           -- a post may need the file
) STRICT, WITHOUT ROWID;
CREATE INDEX server_uploads_by_media ON server_uploads (media);
CREATE TABLE server_forms (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,                -- the form's idempotency key
    post TEXT NOT NULL,
    created_at INTEGER NOT NULL,      -- microseconds
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX server_forms_by_age ON server_forms (created_at);
CREATE TABLE server_memory (          -- nothing of it is ever too old: pages tell it of posts and accounts, which stay
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

impl Own {
    /// Opens the file, or makes it, for its owner only.
    ///
    /// # Errors
    /// `Storage` with what to do when it cannot be used or was written by a newer version.
    pub(crate) async fn open(path: &Path) -> Result<Self> {
        make_private(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await
            .map_err(|error| unusable(path, &error))?;
        let own = Self { pool };
        own.migrate(path).await?;
        Ok(own)
    }

    async fn migrate(&self, path: &Path) -> Result<()> {
        let mut tx = self
            .pool
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(|error| unusable(path, &error))?;
        let version: i64 = sqlx::query_scalar("PRAGMA user_version")
            .fetch_one(&mut *tx)
            .await
            .map_err(failed)?;
        if version > VERSION {
            return Err(Error::storage(format!(
                "{} was written by a newer version of this server; start that version, or give another folder",
                path.display()
            ))
            .with_remedy(Remedy::Operator));
        }
        if version < 1 {
            sqlx::raw_sql(TABLES)
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
            sqlx::raw_sql("PRAGMA user_version = 1")
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)
    }

    /// What was remembered under this name.
    ///
    /// # Errors
    /// `Storage` when it cannot be read.
    pub(crate) async fn recall(&self, name: &str) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT value FROM server_memory WHERE name = ?1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed)
    }

    /// Remembers a value for the next run.
    ///
    /// # Errors
    /// `Storage` when it cannot be written.
    pub(crate) async fn remember(&self, name: &str, value: &str) -> Result<()> {
        sqlx::query("INSERT INTO server_memory (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2")
            .bind(name)
            .bind(value)
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(())
    }
}

impl Own {
    /// The post that a form has made.
    ///
    /// # Errors
    /// `Storage` when it cannot be read.
    pub(crate) async fn posted_form(&self, owner: &OwnerId, key: &str) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT post FROM server_forms WHERE owner = ?1 AND key = ?2")
            .bind(owner.as_str())
            .bind(key)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed)
    }

    /// Remembers which post a form has made.
    ///
    /// # Errors
    /// `Storage` when it cannot be written.
    pub(crate) async fn keep_form(
        &self,
        owner: &OwnerId,
        key: &str,
        post: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO server_forms (owner, key, post, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )
        .bind(owner.as_str())
        .bind(key)
        .bind(post)
        .bind(now.timestamp_micros())
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// Forgets forms that nobody sends again any more, and says how many. The post itself still knows its key.
    ///
    /// # Errors
    /// `Storage` when it cannot be written.
    pub(crate) async fn purge_forms(&self, now: DateTime<Utc>) -> Result<u64> {
        let purged = sqlx::query("DELETE FROM server_forms WHERE created_at <= ?1")
            .bind((now - FORMS_KEPT).timestamp_micros())
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(purged.rows_affected())
    }
}

/// SQLite's code for a full disk, <https://www.sqlite.org/rescode.html>.
const FULL: i32 = 13;

/// A failure of this file. SQLite's own message could quote a value, so only its number is kept.
pub(crate) fn failed(error: sqlx::Error) -> Error {
    let code = error
        .as_database_error()
        .and_then(|error| error.code().map(|code| format!("sqlite_{code}")));
    let is_full = matches!(&error, sqlx::Error::Database(error)
        if error.code().and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == FULL));
    let mut told = Error::storage("the server's own database failed");
    if is_full {
        told = told.with_reason(Reason::StorageFull);
    }
    match code {
        Some(code) => told.with_code(code),
        None => told,
    }
}

fn unusable(path: &Path, error: &sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|error| error.code());
    let number = code.as_ref().and_then(|code| code.parse::<i32>().ok());
    // Primary result codes, <https://www.sqlite.org/rescode.html>.
    let what = match number.map(|code| code & 0xff) {
        Some(5 | 6) => "another program keeps it locked; end that program",
        Some(10) => "the disk under it fails; look at the system's log",
        Some(11) => {
            "it is damaged; restore it from a backup, or move it away: then everybody signs in again"
        }
        Some(FULL) => "the disk under it is full; free space there",
        Some(26) => {
            "it is not a SQLite database; restore it from a backup, or move it away: then everybody signs in again"
        }
        _ => "make the file and its folder writable for the user of this process",
    };
    let code = code.map_or_else(String::new, |code| format!(" (SQLite's code {code})"));
    Error::storage(format!("{} cannot be used{code}: {what}", path.display()))
        .with_remedy(Remedy::Operator)
}

/// SQLite gives the files beside it the same permissions.
fn make_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(
            Error::storage(format!("{} cannot be made: {error}", path.display()))
                .with_remedy(Remedy::Operator),
        ),
    }
}

#[cfg(test)]
mod tests {
    use social_core::conformance::named;

    use super::*;

    #[tokio::test]
    async fn a_form_is_known_for_a_month() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = Own::open(&folder.path().join("server.db"))
            .await
            .expect("opened");
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        own.keep_form(&named("ann"), "key", "post", now)
            .await
            .expect("kept");
        let day = TimeDelta::days(1);
        let almost = now + FORMS_KEPT - day;
        assert_eq!(own.purge_forms(almost).await.expect("purged"), 0);
        let known = own.posted_form(&named("ann"), "key").await.expect("read");
        assert_eq!(known.as_deref(), Some("post"));
        assert_eq!(own.purge_forms(now + FORMS_KEPT).await.expect("purged"), 1);
        assert_eq!(
            own.posted_form(&named("ann"), "key").await.expect("read"),
            None
        );
    }
}
