use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use social_core::{
    error::{Error, Result},
    store::{ClaimEvents, EventClaim, HandedOver},
    time::{Clock, SystemClock},
    webhook::{EventSubject, VerifiedEvent},
};
use sqlx::{PgConnection, postgres::PgRow};

use super::{row, statements};
use crate::{
    db::Db,
    error::{failed, is_locked, operator},
    posts,
    transaction::Tx,
    values::{Cells, json, micros, report},
    wakes::Hint,
};

const CLAIM: &str = "events.claim";
const HAND_OVER: &str = "events.hand_over";

/// For how long an event whose row cannot be read lets the others go first.
const PUT_OFF: TimeDelta = TimeDelta::hours(1);

/// Events that somebody has locked for a moment are passed over. Only where that leaves nothing is one of them waited for,
/// so that an answer without claims means that there was nothing to claim.
pub(super) async fn claim(db: &Db, which: &ClaimEvents) -> Result<Vec<EventClaim>> {
    let floor = db.events().floor.begin(SystemClock::default().elapsed());
    let look = Look { which, floor };
    let mut tx = db.write(CLAIM).await?;
    let taken = look.take_or_find(db, &mut tx).await;
    let (taken, locked) = tx.finish(taken).await?;
    let Some(number) = locked else {
        return Ok(taken.settle(db, which));
    };
    let mut tx = db.write_briefly(CLAIM).await?;
    let taken = look.wait_and_take(db, &mut tx, number).await;
    match tx.finish(taken).await {
        Err(error) if is_locked(&error) => Ok(Vec::new()),
        taken => Ok(taken?.settle(db, which)),
    }
}

/// One look for events.
#[derive(Clone, Copy)]
struct Look<'a> {
    which: &'a ClaimEvents,
    floor: Option<DateTime<Utc>>,
}

/// What it took.
#[derive(Default)]
struct Taken {
    claims: Vec<EventClaim>,
    /// It took as many as it wanted: there may be more.
    is_full: bool,
}

impl Taken {
    /// Once it is committed.
    fn settle(self, db: &Db, which: &ClaimEvents) -> Vec<EventClaim> {
        let last = self.claims.iter().map(|claim| claim.record.ready_at).max();
        let floor = &db.events().floor;
        match last {
            Some(last) if self.is_full => floor.took(last),
            _ if which.limit > 0 => floor.took(which.now),
            _ => {}
        }
        self.claims
    }
}

impl Look<'_> {
    /// With nothing taken, an event that somebody has locked. It is waited for in another transaction, which has none yet.
    async fn take_or_find(self, db: &Db, tx: &mut Tx) -> Result<(Taken, Option<i64>)> {
        let taken = self.take(db, tx).await?;
        if !taken.claims.is_empty() || self.which.limit == 0 {
            return Ok((taken, None));
        }
        let claimable = db
            .query(statements::CLAIMABLE)
            .bind(self.which.now)
            .bind(self.floor)
            .bind(EventSubject::WORDS);
        let row = claimable.fetch_optional(tx.conn()).await.map_err(failed)?;
        Ok((taken, row.as_ref().map(row::number).transpose()?))
    }

    async fn wait_and_take(self, db: &Db, tx: &mut Tx, number: i64) -> Result<Taken> {
        let lock = db.query(statements::LOCK).bind(number);
        lock.execute(tx.conn()).await.map_err(failed)?;
        self.take(db, tx).await
    }

    /// Waits for nobody.
    async fn take(self, db: &Db, tx: &mut Tx) -> Result<Taken> {
        let claim = db
            .query(statements::CLAIM)
            .bind(self.which.now)
            .bind(micros(self.which.lease))
            .bind(i64::from(self.which.limit))
            .bind(self.floor)
            .bind(EventSubject::WORDS);
        let queue = claim.fetch_all(tx.conn()).await.map_err(failed)?;
        let log = events(db, tx, &queue).await?;
        let mut claims = Vec::with_capacity(queue.len());
        let mut damaged = Vec::new();
        for row in &queue {
            let number = row::number(row)?;
            let event = log.get(&number).ok_or_else(|| gone(number));
            match event.and_then(|event| row::claim(row, event)) {
                Ok(claim) => claims.push(claim),
                Err(error) => {
                    report(&error);
                    damaged.push(number);
                }
            }
        }
        if !damaged.is_empty() {
            put_off(db, tx, damaged, self.which.now).await?;
        }
        claims.sort_unstable_by_key(|claim| (claim.record.ready_at, claim.record.number));
        let is_full = queue.len() as u64 >= u64::from(self.which.limit);
        Ok(Taken { claims, is_full })
    }
}

/// What came, by number.
async fn events(db: &Db, tx: &mut Tx, queue: &[PgRow]) -> Result<HashMap<i64, PgRow>> {
    let numbers: Vec<i64> = queue.iter().map(row::number).collect::<Result<_>>()?;
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let events = db.query_once(statements::EVENTS).bind(numbers);
    let rows = events.fetch_all(tx.conn()).await.map_err(failed)?;
    let rows = rows.into_iter().map(|row| Ok((row::number(&row)?, row)));
    rows.collect()
}

/// What came with these numbers, as far as it is there.
pub(crate) async fn of_numbers(
    db: &Db,
    operation: &'static str,
    numbers: &[i64],
) -> Result<HashMap<i64, Result<VerifiedEvent>>> {
    let mut reader = db.read(operation).await?;
    let events = db.query_once(statements::EVENTS).bind(numbers.to_vec());
    let rows = events.fetch_all(reader.conn()).await;
    let rows = reader.finish(rows).await?;
    let events = rows
        .iter()
        .map(|row| Ok((row::number(row)?, row::verified(row))));
    events.collect()
}

pub(super) async fn hand_over(
    db: &Db,
    claim: &EventClaim,
    now: DateTime<Utc>,
) -> Result<HandedOver> {
    loop {
        let mut tx = db.write(HAND_OVER).await?;
        let handed = posts::hand_over(db, tx.conn(), claim, now).await;
        let to_post = |handed: &Handed| matches!(handed, Some((HandedOver::ToPost, _)));
        // Once there is a post with the id there is one for good, or nearly so: it is not gone about for long.
        if let Some((handed, next)) = db.finish(tx, handed, Hint::Posts, to_post).await? {
            if let Some(next) = next {
                db.events().floor.lower(next);
            }
            return Ok(handed);
        }
    }
}

type Handed = Option<(HandedOver, Option<DateTime<Utc>>)>;

/// A row of an event that is not there itself.
pub(crate) fn gone(number: i64) -> Error {
    operator(format!(
        "the event {number} waits, and the table webhook_events has no such row; restore the database from a backup"
    ))
    .with_code("damaged_row")
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
        let cells = Cells::new(&row, "event_queue");
        written.insert((cells.get("number")?, cells.get("epoch")?));
        lower(db, cells)?;
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
    db.events().floor.lower(ready_at);
    Ok(done.rows_affected() > 0)
}

pub(super) async fn defer(
    db: &Db,
    tx: &mut Tx,
    claim: &EventClaim,
    ready_at: DateTime<Utc>,
) -> Result<bool> {
    let defer = db
        .query(statements::DEFER)
        .bind(claim.record.number)
        .bind(claim.epoch.0)
        .bind(ready_at);
    let done = defer.execute(tx.conn()).await.map_err(failed)?;
    db.events().floor.lower(ready_at);
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
    let row = park.fetch_optional(tx.conn()).await.map_err(failed)?;
    if let Some(row) = &row {
        lower(db, Cells::new(row, "event_queue"))?;
    }
    Ok(row.is_some())
}

/// What waited for its turn may be due since long ago.
pub(super) fn lower(db: &Db, cells: Cells<'_>) -> Result<()> {
    if let Some(next) = cells.time_opt("next")? {
        db.events().floor.lower(next);
    }
    Ok(())
}
