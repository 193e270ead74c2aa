use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    error::{Error, Result},
    store::{ClaimEvents, EventClaim},
};
use sqlx::PgConnection;

use super::{row, statements};
use crate::{
    db::Db,
    error::{failed, is_locked},
    transaction::Tx,
    values::{Cells, json, micros, report},
};

const CLAIM: &str = "events.claim";

/// For how long an event whose row cannot be read lets the others go first.
const PUT_OFF: TimeDelta = TimeDelta::hours(1);

/// Events that somebody has locked for a moment are passed over. Only where that leaves nothing is one of them waited for,
/// so that an answer without claims means that there was nothing to claim.
pub(super) async fn claim(db: &Db, which: &ClaimEvents) -> Result<Vec<EventClaim>> {
    let mut tx = db.write(CLAIM).await?;
    let taken = take_or_find(db, &mut tx, which).await;
    let (claims, locked) = tx.finish(taken).await?;
    let Some(number) = locked else {
        return Ok(claims);
    };
    let mut tx = db.write_briefly(CLAIM).await?;
    let claims = wait_and_take(db, &mut tx, number, which).await;
    match tx.finish(claims).await {
        Err(error) if is_locked(&error) => Ok(Vec::new()),
        claims => claims,
    }
}

/// With nothing taken, an event that somebody has locked. It is waited for in another transaction, which has none yet.
async fn take_or_find(
    db: &Db,
    tx: &mut Tx,
    which: &ClaimEvents,
) -> Result<(Vec<EventClaim>, Option<i64>)> {
    let claims = take(db, tx, which).await?;
    if !claims.is_empty() || which.limit == 0 {
        return Ok((claims, None));
    }
    let claimable = db.query(statements::CLAIMABLE).bind(which.now);
    let row = claimable.fetch_one(tx.conn()).await.map_err(failed)?;
    let number = Cells::new(&row, "webhook_events").get("number")?;
    Ok((claims, number))
}

async fn wait_and_take(
    db: &Db,
    tx: &mut Tx,
    number: i64,
    which: &ClaimEvents,
) -> Result<Vec<EventClaim>> {
    let lock = db.query(statements::LOCK).bind(number);
    lock.execute(tx.conn()).await.map_err(failed)?;
    take(db, tx, which).await
}

/// Waits for nobody.
async fn take(db: &Db, tx: &mut Tx, which: &ClaimEvents) -> Result<Vec<EventClaim>> {
    let claim = db
        .query(statements::CLAIM)
        .bind(which.now)
        .bind(micros(which.lease))
        .bind(i64::from(which.limit));
    let rows = claim.fetch_all(tx.conn()).await.map_err(failed)?;
    let mut claims = Vec::with_capacity(rows.len());
    let mut damaged = Vec::new();
    for row in &rows {
        match row::claim(row) {
            Ok(claim) => claims.push(claim),
            Err(error) => {
                report(&error);
                damaged.push(row::number(row)?);
            }
        }
    }
    if !damaged.is_empty() {
        put_off(db, tx, damaged, which.now).await?;
    }
    claims.sort_unstable_by_key(|claim| (claim.record.ready_at, claim.record.number));
    Ok(claims)
}

/// A damaged row is tried, and reported, again later.
async fn put_off(db: &Db, tx: &mut Tx, numbers: Vec<i64>, now: DateTime<Utc>) -> Result<()> {
    let until = now.checked_add_signed(PUT_OFF).unwrap_or(now);
    let put_off = db.query(statements::PUT_OFF).bind(numbers).bind(until);
    put_off.execute(tx.conn()).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn renew(
    db: &Db,
    tx: &mut Tx,
    claim: &EventClaim,
    lease: Duration,
) -> Result<bool> {
    let renew = db
        .query(statements::RENEW)
        .bind(claim.record.number)
        .bind(claim.epoch.0)
        .bind(micros(lease));
    let renewed = renew.execute(tx.conn()).await.map_err(failed)?;
    Ok(renewed.rows_affected() > 0)
}

pub(super) async fn complete(
    db: &Db,
    conn: &mut PgConnection,
    claims: &[EventClaim],
    now: DateTime<Utc>,
) -> Result<Vec<bool>> {
    let key = |claim: &EventClaim| (claim.record.number, claim.epoch.0);
    // Of several claims on one event only the last can still hold, so each number goes once.
    let mut newest = BTreeMap::new();
    for (number, epoch) in claims.iter().map(key) {
        let known = newest.entry(number).or_insert(epoch);
        *known = epoch.max(*known);
    }
    let (numbers, epochs): (Vec<i64>, Vec<i64>) = newest.into_iter().unzip();
    let complete = db
        .query(statements::COMPLETE)
        .bind(numbers)
        .bind(epochs)
        .bind(now);
    let mut written = HashSet::with_capacity(claims.len());
    for row in complete.fetch_all(conn).await.map_err(failed)? {
        let cells = Cells::new(&row, "webhook_events");
        written.insert((cells.get("number")?, cells.get("epoch")?));
    }
    // One that was named twice was written once.
    let ended = claims.iter().map(|claim| written.remove(&key(claim)));
    Ok(ended.collect())
}

pub(super) async fn retry(
    db: &Db,
    tx: &mut Tx,
    claim: &EventClaim,
    ready_at: DateTime<Utc>,
    cause: Option<&Error>,
) -> Result<bool> {
    let retry = db
        .query(statements::RETRY)
        .bind(claim.record.number)
        .bind(claim.epoch.0)
        .bind(ready_at)
        .bind(cause.map(json).transpose()?);
    let done = retry.execute(tx.conn()).await.map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn park(
    db: &Db,
    tx: &mut Tx,
    claim: &EventClaim,
    now: DateTime<Utc>,
    cause: &Error,
) -> Result<bool> {
    let park = db
        .query(statements::PARK)
        .bind(claim.record.number)
        .bind(claim.epoch.0)
        .bind(now)
        .bind(json(cause)?);
    let done = park.execute(tx.conn()).await.map_err(failed)?;
    Ok(done.rows_affected() > 0)
}
