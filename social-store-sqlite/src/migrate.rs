//! Brings a file to the tables of this version, forward only.

use social_core::{
    error::{Error, ErrorKind, Remedy, Result},
    random::{Random, SystemRandom},
};
use sqlx::{Row, SqliteConnection};

use crate::{
    error::{failed, is_busy, locked, operator},
    life::{Life, Mark},
    sql,
};

/// One script a version, the first for version 1. A released script is never edited.
const SCRIPTS: [&str; 2] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
];

/// The version that this build reads and writes.
pub(crate) const NEWEST: i64 = SCRIPTS.len() as i64;

/// How often a switch to write-ahead logging is tried; each try waits for whoever is in the way.
const SWITCHES: u32 = 100;

sql::statements! {
    /// Whose file it is: ours once it is marked, nobody's while it has no tables.
    IDENTITY = "SELECT (SELECT application_id FROM pragma_application_id) AS application,
        (SELECT count(*) FROM sqlite_schema) AS objects";
    /// "SOCI".
    MARK = "PRAGMA application_id = 1397703497";
    VERSION = "SELECT schema_version FROM installation";
    INSTALL = "INSERT INTO installation (singleton, id, schema_version, created_at)
        VALUES (1, ?1, 0, CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000)";
    SET_VERSION = "UPDATE installation SET schema_version = ?1";
    JOURNAL = "PRAGMA journal_mode";
    USE_WAL = "PRAGMA journal_mode = WAL";
}

const APPLICATION: i64 = 1_397_703_497;

/// Switches on write-ahead logging, applies what is missing, and looks whether this still is the file that it was. Safe
/// from many processes at once.
pub(crate) async fn migrate(conn: &mut SqliteConnection, life: &Life) -> Result<()> {
    // Looked at before anything is written to a file that may be somebody else's.
    version(conn).await?;
    use_wal(conn).await?;
    begin(conn).await?;
    let done = apply(conn, life).await;
    let end = if done.is_ok() {
        sql::COMMIT
    } else {
        sql::ROLLBACK
    };
    let ended = sqlx::query(end).execute(&mut *conn).await;
    let unwritten = done?;
    ended.map_err(failed)?;
    match unwritten {
        Some(mark) => life.keep(conn, &mark).await,
        None => Ok(()),
    }
}

async fn begin(conn: &mut SqliteConnection) -> Result<()> {
    sqlx::query(sql::BEGIN)
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(())
}

/// The version of the file's tables; 0 of an empty file.
async fn version(conn: &mut SqliteConnection) -> Result<i64> {
    let row = sqlx::query(IDENTITY)
        .fetch_one(&mut *conn)
        .await
        .map_err(failed)?;
    let application: i64 = row.try_get("application").map_err(failed)?;
    let objects: i64 = row.try_get("objects").map_err(failed)?;
    if application == 0 && objects == 0 {
        return Ok(0);
    }
    if application != APPLICATION {
        return Err(operator(
            "the database belongs to another program; give this store a file of its own, it was not changed",
        ));
    }
    let row = sqlx::query(VERSION).fetch_one(conn).await.map_err(failed)?;
    let version: i64 = row.try_get(0).map_err(failed)?;
    if version > NEWEST {
        return Err(newer(version));
    }
    Ok(version)
}

fn newer(version: i64) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "the database has tables of version {version}, this program knows version {NEWEST}: run the newer \
             program, or restore the backup made before it first ran; nothing was written"
        ),
    )
    .with_remedy(Remedy::Operator)
}

async fn apply(conn: &mut SqliteConnection, life: &Life) -> Result<Option<Mark>> {
    // Looked at again: another process may have been faster.
    let from = version(conn).await?;
    for (script, to) in SCRIPTS
        .into_iter()
        .zip(1_i64..)
        .filter(|(_, to)| *to > from)
    {
        sqlx::raw_sql(script)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
        if to == 1 {
            install(conn).await?;
        }
        let set = sqlx::query(SET_VERSION).bind(to);
        set.execute(&mut *conn).await.map_err(failed)?;
    }
    life.keep_instance(conn).await?;
    life.look(conn, from).await
}

async fn install(conn: &mut SqliteConnection) -> Result<()> {
    let mut bytes = [0; 16];
    SystemRandom::default().fill(&mut bytes)?;
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    let insert = sqlx::query(INSTALL).bind(id.as_bytes().to_vec());
    insert.execute(&mut *conn).await.map_err(failed)?;
    sqlx::query(MARK).execute(conn).await.map_err(failed)?;
    Ok(())
}

/// The switch is refused at once, without the busy timeout, while anybody else has the file open in the middle of
/// something; waiting for the right to write is the way to wait for them.
async fn use_wal(conn: &mut SqliteConnection) -> Result<()> {
    for _ in 0..SWITCHES {
        if journal(conn, JOURNAL).await.map_err(failed)? == "wal" {
            return Ok(());
        }
        match journal(conn, USE_WAL).await {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {
                return Err(operator(
                    "the database cannot use write-ahead logging where it is: it must be on a local disk",
                ));
            }
            Err(error) if is_busy(&error) => {
                begin(conn).await?;
                sqlx::query(sql::ROLLBACK)
                    .execute(&mut *conn)
                    .await
                    .map_err(failed)?;
                tokio::task::yield_now().await;
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Err(locked())
}

async fn journal(
    conn: &mut SqliteConnection,
    statement: &'static str,
) -> Result<String, sqlx::Error> {
    sqlx::query(statement).fetch_one(conn).await?.try_get(0)
}
