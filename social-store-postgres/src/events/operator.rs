use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    store::{Backlog, EventFilter, Purge, Replay},
};
use sqlx::{
    Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::statements;
use crate::{db::Db, error::failed, transaction::Tx, values::Cells};

type Statement = Query<'static, Postgres, PgArguments>;

pub(super) fn list(db: &Db, filter: &EventFilter) -> Statement {
    let limit = if filter.limit == 0 { 50 } else { filter.limit };
    db.query(statements::LIST)
        .bind(filter.state.as_str())
        .bind(filter.platform.as_ref().map(|p| p.as_str().to_owned()))
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
}

pub(super) async fn replay(
    db: &Db,
    tx: &mut Tx,
    which: &Replay,
    now: DateTime<Utc>,
) -> Result<u64> {
    let account = which.account.as_ref();
    let of_account = account.map(|account| &account.platform);
    let platforms = [which.platform.as_ref(), of_account];
    let mut platforms = platforms.into_iter().flatten();
    let platform = platforms.next();
    if platforms
        .next()
        .is_some_and(|other| Some(other) != platform)
    {
        return Ok(0);
    }
    let replay = db
        .query(driver(which))
        .bind(which.state.as_str())
        .bind(platform.map(|platform| platform.as_str()))
        .bind(which.id.as_ref().map(String::as_bytes))
        .bind(which.kind.as_ref().map(String::as_bytes))
        .bind(account.map(|account| account.account.as_bytes()))
        .bind(account.map(|account| account.app.as_bytes()))
        .bind(which.since)
        .bind(which.until)
        .bind(i64::from(which.limit))
        .bind(now);
    let done = replay.execute(tx.conn()).await.map_err(failed)?;
    Ok(done.rows_affected())
}

/// The statement whose index finds the fewest.
fn driver(which: &Replay) -> &'static str {
    if which.id.is_some() {
        statements::REPLAY_ID
    } else if which.account.is_some() {
        statements::REPLAY_ACCOUNT
    } else if which.since.is_some() || which.until.is_some() {
        statements::REPLAY_RECEIVED
    } else {
        statements::REPLAY
    }
}

pub(super) fn purge(db: &Db, which: &Purge) -> Statement {
    db.query(statements::PURGE)
        .bind(which.state.as_str())
        .bind(which.before)
        .bind(i64::from(which.limit))
}

pub(super) fn backlog(row: &PgRow) -> Result<Backlog> {
    let cells = Cells::new(row, "webhook_events");
    let mut backlog = Backlog::default();
    backlog.ready = cells.small("ready")?;
    backlog.later = cells.small::<u64>("waiting")?.saturating_sub(backlog.ready);
    backlog.held = cells.small("held")?;
    backlog.dead = cells.small("dead")?;
    backlog.oldest = cells.time_opt("oldest")?;
    Ok(backlog)
}
