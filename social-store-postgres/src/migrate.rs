//! Brings a schema to the tables of this version, forward only, under one transaction's advisory lock.

use social_core::{
    error::{Error, ErrorKind, Remedy, Result},
    random::{Random, SystemRandom},
};
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};

use crate::{
    db::{Db, rename},
    error::{failed, operator},
    privileges::{self, Surroundings},
    sql,
    transaction::Tx,
    values::Cells,
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
    HAS_SCHEMA = "SELECT oid FROM pg_namespace WHERE nspname = $1";
    IS_INSTALLED = "SELECT to_regclass('social.installation') IS NOT NULL AS installed,
        coalesce(has_table_privilege(to_regclass('social.installation'), 'SELECT'), false) AS may_read";
    VERSION = "SELECT schema_version FROM social.installation";
    INSTALL = "INSERT INTO social.installation (id, schema_version, incarnation) VALUES ($1, 0, social.incarnation())";
    SET_VERSION = "UPDATE social.installation SET schema_version = $1";
}

/// Applies what is missing, if `may_change`. Safe from many processes at once, and through a transaction pooler. Where
/// nothing is missing it writes nothing, and waits for nobody.
pub(crate) async fn migrate(db: &Db, may_change: bool) -> Result<()> {
    let surroundings = Surroundings::look(db).await?;
    let from = match surroundings.has_schema(db)? {
        true => look(db).await?,
        false => 0,
    };
    if from < NEWEST {
        if !may_change {
            return Err(older(from));
        }
        surroundings.may_migrate(db)?;
        let mut tx = db.write_patiently("postgres.migrate").await?;
        let done = apply(db, &mut tx).await;
        tx.finish(done).await?;
    }
    privileges::check(db).await
}

async fn look(db: &Db) -> Result<i32> {
    let mut reader = db.read("postgres.open").await?;
    let row = db.query(IS_INSTALLED).fetch_one(reader.conn()).await;
    let row = reader.finish(row).await?;
    let cells = Cells::new(&row, "pg_class");
    if !cells.get::<bool>("installed")? {
        return Ok(0);
    }
    if !cells.get::<bool>("may_read")? {
        // Says of this and all other tables what is missing.
        privileges::check(db).await?;
    }
    let mut reader = db.read("postgres.open").await?;
    let row = db.query(VERSION).fetch_one(reader.conn()).await;
    known(&reader.finish(row).await?)
}

async fn apply(db: &Db, tx: &mut Tx) -> Result<()> {
    db.query(LOCK).execute(tx.conn()).await.map_err(failed)?;
    let from = version(db, tx).await?;
    if from == NEWEST {
        return Ok(());
    }
    // Asked for where it is there already, it would need a privilege that the role may not have.
    let there = db.query(HAS_SCHEMA).bind(db.schema());
    let there = there.fetch_optional(tx.conn()).await.map_err(failed)?;
    if there.is_none() {
        let create = format!("CREATE SCHEMA \"{}\"", db.schema());
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
    known(&row.map_err(failed)?)
}

fn known(row: &PgRow) -> Result<i32> {
    match Cells::new(row, "installation").get("schema_version")? {
        version if version > NEWEST => Err(newer(version)),
        version => Ok(version),
    }
}

fn older(version: i32) -> Error {
    let found = match version {
        0 => "there are no tables".to_owned(),
        _ => format!("the tables are of version {version}"),
    };
    operator(format!(
        "{found}, this program needs those of version {NEWEST} and was told not to make them: migrate first, with a role \
         that may"
    ))
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
