//! A clock that can be moved, for tests: every process and connection on the schema sees it.

use std::time::Duration;

use social_core::error::Result;
use sqlx::{AssertSqlSafe, Row};

use crate::{
    PgStore,
    db::{Db, rename},
    error::failed,
    sql,
    transaction::Tx,
    values::micros,
};

sql::statements! {
    LOCK = "SELECT pg_advisory_xact_lock(5715700982)";
    /// How far it was moved before.
    OFFSET = r"SELECT coalesce((
            SELECT substring(prosrc FROM '\+ (\d+) \*')::bigint FROM pg_proc
            WHERE oid = to_regprocedure('social.clock()')), 0) AS moved";
}

impl PgStore {
    /// Moves the clock on which leases are measured, for everybody who works on this schema.
    ///
    /// # Errors
    /// `Storage` when the store fails, or when this role is not the one that made the tables.
    pub async fn advance_clock(&self, by: Duration) -> Result<()> {
        let mut tx = self.db.write("postgres.advance_clock").await?;
        let moved = advance(&self.db, &mut tx, by).await;
        tx.finish(moved).await
    }
}

async fn advance(db: &Db, tx: &mut Tx, by: Duration) -> Result<()> {
    db.query(LOCK).execute(tx.conn()).await.map_err(failed)?;
    let row = db.query(OFFSET).fetch_one(tx.conn()).await;
    let moved: i64 = row.and_then(|row| row.try_get("moved")).map_err(failed)?;
    let moved = moved.saturating_add(micros(by));
    let clock = format!(
        "CREATE OR REPLACE FUNCTION social.clock() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
        AS 'SELECT pg_catalog.clock_timestamp() + {moved} * interval ''1 microsecond'''"
    );
    let clock = AssertSqlSafe(rename(&clock, db.schema()));
    sqlx::raw_sql(clock)
        .execute(tx.conn())
        .await
        .map_err(failed)?;
    Ok(())
}
