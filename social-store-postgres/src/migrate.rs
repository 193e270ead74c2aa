//! Brings a schema to the tables of this version, forward only, under one transaction's advisory lock.

use social_core::{
    error::{Error, ErrorKind, Remedy, Result},
    random::{Random, SystemRandom},
};
use sqlx::{AssertSqlSafe, Row};

use crate::{
    db::{Db, Tx, rename},
    error::failed,
    sql,
};

/// One list of scripts a version, the first for version 1. A released script is never edited.
const SCRIPTS: [&[&str]; 1] = [&[
    include_str!("migrations/0001/installation.sql"),
    include_str!("migrations/0001/accounts.sql"),
    include_str!("migrations/0001/posts.sql"),
    include_str!("migrations/0001/events.sql"),
    include_str!("migrations/0001/limits.sql"),
]];

/// The version that this build reads and writes.
pub(crate) const NEWEST: i32 = SCRIPTS.len() as i32;

sql::statements! {
    /// One process at a time, whatever the schema; released at the end of the transaction.
    LOCK = "SELECT pg_advisory_xact_lock(5715700981)";
    IS_INSTALLED = "SELECT to_regclass('social.installation') IS NOT NULL AS installed";
    VERSION = "SELECT schema_version FROM social.installation";
    INSTALL = "INSERT INTO social.installation (id, schema_version, incarnation) VALUES ($1, 0, social.incarnation())";
    SET_VERSION = "UPDATE social.installation SET schema_version = $1";
}

/// Applies what is missing. Safe from many processes at once, and through a transaction pooler.
pub(crate) async fn migrate(db: &Db) -> Result<()> {
    let mut tx = db.write("postgres.migrate").await?;
    let done = apply(db, &mut tx).await;
    tx.finish(done).await
}

async fn apply(db: &Db, tx: &mut Tx) -> Result<()> {
    db.query(LOCK).execute(tx.conn()).await.map_err(failed)?;
    let from = version(db, tx).await?;
    if from == NEWEST {
        return Ok(());
    }
    if from == 0 {
        let create = format!("CREATE SCHEMA IF NOT EXISTS \"{}\"", db.schema());
        sqlx::raw_sql(AssertSqlSafe(create))
            .execute(tx.conn())
            .await
            .map_err(failed)?;
    }
    for (scripts, to) in SCRIPTS.into_iter().zip(1..).filter(|(_, to)| *to > from) {
        for script in scripts {
            let script = rename(script, db.schema());
            sqlx::raw_sql(AssertSqlSafe(script))
                .execute(tx.conn())
                .await
                .map_err(failed)?;
        }
        if to == 1 {
            install(db, tx).await?;
        }
        let set = db.query(SET_VERSION).bind(to);
        set.execute(tx.conn()).await.map_err(failed)?;
    }
    Ok(())
}

/// The version of the schema's tables; 0 when there are none.
async fn version(db: &Db, tx: &mut Tx) -> Result<i32> {
    let installed = db.query(IS_INSTALLED).fetch_one(tx.conn()).await;
    let installed: bool = installed
        .and_then(|row| row.try_get("installed"))
        .map_err(failed)?;
    if !installed {
        return Ok(0);
    }
    let row = db.query(VERSION).fetch_one(tx.conn()).await;
    let version = row.and_then(|row| row.try_get(0)).map_err(failed)?;
    if version > NEWEST {
        return Err(newer(version));
    }
    Ok(version)
}

fn newer(version: i32) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "the database has tables of version {version}, this program knows version {NEWEST}: run the newer \
             program, or restore the backup made before it first ran; nothing was written"
        ),
    )
    .with_remedy(Remedy::Operator)
}

async fn install(db: &Db, tx: &mut Tx) -> Result<()> {
    let mut bytes = [0; 16];
    SystemRandom::default().fill(&mut bytes)?;
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    let insert = db.query(INSTALL).bind(id);
    insert.execute(tx.conn()).await.map_err(failed)?;
    Ok(())
}
