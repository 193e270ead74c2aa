use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    error::Result,
    store::{ClaimEvents, Epoch, EventClaim},
    webhook::EventSubject,
};
use sqlx::sqlite::SqliteRow;

use super::{row, statements};
use crate::{
    connections::Tx,
    error::failed,
    values::{Cells, json, micros, report, span},
};

/// For how long an event whose row cannot be read lets the others go first.
const PUT_OFF: TimeDelta = TimeDelta::hours(1);

/// Before every event, in the order in which they are due.
const FIRST: (i64, i64) = (i64::MIN, i64::MIN);

pub(super) async fn claim(tx: &mut Tx, which: &ClaimEvents) -> Result<Vec<EventClaim>> {
    let limit = usize::try_from(which.limit).unwrap_or(usize::MAX);
    let mut claims = Vec::new();
    let mut after = FIRST;
    while claims.len() < limit {
        let rows = ready(tx, which, after, limit - claims.len()).await?;
        let Some(last) = rows.last() else {
            break;
        };
        let cells = Cells::new(last, row::TABLE);
        after = (cells.get("due")?, row::number(last)?);
        for found in &rows {
            match read(found) {
                Ok(claim) => claims.push(claim),
                Err(damaged) => {
                    report(&damaged);
                    put_off(tx, row::number(found)?, which.now).await?;
                }
            }
        }
    }
    let numbers: Vec<_> = claims.iter().map(|claim| claim.record.number).collect();
    let take = sqlx::query(statements::CLAIM)
        .bind(json(&numbers)?)
        .bind(tx.clock.leases.saturating_add(span(which.lease)));
    take.execute(&mut tx.conn).await.map_err(failed)?;
    claims.sort_unstable_by_key(|claim| (claim.record.ready_at, claim.record.number));
    Ok(claims)
}

async fn ready(
    tx: &mut Tx,
    which: &ClaimEvents,
    after: (i64, i64),
    limit: usize,
) -> Result<Vec<SqliteRow>> {
    let ready = sqlx::query(statements::READY)
        .bind(json(&EventSubject::WORDS)?)
        .bind(micros(which.now))
        .bind(tx.clock.leases)
        .bind(after.0)
        .bind(after.1)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    ready.fetch_all(&mut tx.conn).await.map_err(failed)
}

/// As the row is once it is claimed.
fn read(found: &SqliteRow) -> Result<EventClaim> {
    let mut record = row::event(found)?;
    record.attempts = record.attempts.saturating_add(1);
    let Epoch(earlier) = row::epoch(found)?;
    Ok(EventClaim::new(record, Epoch(earlier + 1)))
}

/// A damaged row must not keep the others waiting; it is tried, and reported, again later.
async fn put_off(tx: &mut Tx, number: i64, now: DateTime<Utc>) -> Result<()> {
    let until = now.checked_add_signed(PUT_OFF).unwrap_or(now);
    let put_off = sqlx::query(statements::PUT_OFF)
        .bind(number)
        .bind(micros(until));
    put_off.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn renew(tx: &mut Tx, claim: &EventClaim, lease: Duration) -> Result<bool> {
    let (number, epoch) = name(claim);
    let renew = sqlx::query(statements::RENEW)
        .bind(number)
        .bind(epoch)
        .bind(tx.clock.leases.saturating_add(span(lease)));
    let renewed = renew.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(renewed.rows_affected() > 0)
}

pub(super) async fn defer(
    tx: &mut Tx,
    claim: &EventClaim,
    ready_at: DateTime<Utc>,
) -> Result<bool> {
    let (number, epoch) = name(claim);
    let defer = sqlx::query(statements::DEFER)
        .bind(number)
        .bind(epoch)
        .bind(micros(ready_at));
    let done = defer.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn complete(
    tx: &mut Tx,
    claims: &[EventClaim],
    now: DateTime<Utc>,
) -> Result<Vec<bool>> {
    let pairs: Vec<_> = claims.iter().map(name).collect();
    let complete = sqlx::query(statements::COMPLETE)
        .bind(json(&pairs)?)
        .bind(micros(now));
    let rows = complete.fetch_all(&mut tx.conn).await.map_err(failed)?;
    let mut done = HashSet::with_capacity(rows.len());
    for found in &rows {
        done.insert((row::number(found)?, row::epoch(found)?.0));
    }
    let numbers: Vec<_> = done.iter().map(|(number, _)| *number).collect();
    let leave = sqlx::query(statements::LEAVE_QUEUE).bind(json(&numbers)?);
    leave.execute(&mut tx.conn).await.map_err(failed)?;
    // A claim that is named twice was ended once.
    Ok(pairs.iter().map(|pair| done.remove(pair)).collect())
}

/// A claim's number and epoch.
pub(super) fn name(claim: &EventClaim) -> (i64, i64) {
    (claim.record.number, claim.epoch.0)
}
