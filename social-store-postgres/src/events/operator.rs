use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    store::{Backlog, EventFilter, EventRecord, EventState, Purge, Replay},
    time::{Clock, SystemClock},
    webhook::EventSubject,
};

use super::{holder::lower, insert, row, statements};
use crate::{
    db::Db,
    error::{failed, is_locked},
    transaction::Tx,
    values::{Cells, readable},
};

const MAINTAIN: &str = "events.maintain";

pub(super) async fn list(db: &Db, filter: &EventFilter) -> Result<Vec<EventRecord>> {
    let ended = ended(filter.state);
    let statement = match filter.state {
        EventState::Dead => statements::LIST_DEAD,
        EventState::Handed => statements::LIST_HANDED,
        _ if ended.is_some() => statements::LIST_ENDED,
        _ => statements::LIST_WAITING,
    };
    let limit = if filter.limit == 0 { 50 } else { filter.limit };
    let mut list = db
        .query(statement)
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(filter.platform.as_ref().map(|p| p.as_str().to_owned()))
        .bind(i64::from(limit));
    if let Some(state) = ended {
        list = list.bind(state);
    }
    let mut reader = db.read("events.list").await?;
    let rows = list.fetch_all(reader.conn()).await;
    Ok(readable(&reader.finish(rows).await?, row::event))
}

/// The number of a state in which events end.
fn ended(state: EventState) -> Option<i16> {
    match state {
        EventState::Done => Some(1),
        EventState::Unmatched => Some(2),
        _ => None,
    }
}

pub(super) async fn set_aside(
    db: &Db,
    tx: &mut Tx,
    came_before: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<u64> {
    let set_aside = db
        .query(statements::SET_ASIDE)
        .bind(came_before)
        .bind(now)
        .bind(i64::from(limit));
    let done = set_aside.execute(tx.conn()).await.map_err(failed)?;
    let handed = done.rows_affected();
    let deferred = db
        .query(statements::SET_DEFERRED_ASIDE)
        .bind(came_before)
        .bind(now)
        .bind(i64::from(limit).saturating_sub_unsigned(handed));
    let rows = deferred.fetch_all(tx.conn()).await.map_err(failed)?;
    for row in &rows {
        lower(db, Cells::new(row, "event_queue"))?;
    }
    Ok(handed + rows.len() as u64)
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
    let Some(statement) = driver(which) else {
        return Ok(0);
    };
    let mut replay = db
        .query(statement)
        .bind(platform.map(|platform| platform.as_str()))
        .bind(which.id.as_ref().map(String::as_bytes))
        .bind(which.kind.as_ref().map(String::as_bytes))
        .bind(account.map(|account| account.account.as_str().as_bytes()))
        .bind(account.map(|account| account.app.as_str().as_bytes()))
        .bind(which.since)
        .bind(which.until)
        .bind(i64::from(which.limit))
        .bind(now);
    if let Some(state) = ended(which.state) {
        replay = replay.bind(state);
    }
    let done = replay.execute(tx.conn()).await.map_err(failed)?;
    db.events().floor.lower(now);
    Ok(done.rows_affected())
}

/// The statement whose index finds the fewest; none where nothing can be replayed.
fn driver(which: &Replay) -> Option<&'static str> {
    match which.state {
        EventState::Dead => Some(statements::REPLAY_DEAD),
        EventState::Done | EventState::Unmatched if which.account.is_some() => {
            Some(statements::REPLAY_ACCOUNT)
        }
        EventState::Done | EventState::Unmatched
            if which.since.is_some() || which.until.is_some() =>
        {
            Some(statements::REPLAY_RECEIVED)
        }
        EventState::Done | EventState::Unmatched => Some(statements::REPLAY_DONE),
        _ => None,
    }
}

pub(super) async fn purge(db: &Db, tx: &mut Tx, which: &Purge) -> Result<u64> {
    let statement = match which.state {
        EventState::Dead => statements::PURGE_DEAD,
        EventState::Done => statements::PURGE_DONE,
        _ => return Ok(0),
    };
    let purge = db
        .query(statement)
        .bind(which.before)
        .bind(i64::from(which.limit));
    let done = purge.execute(tx.conn()).await.map_err(failed)?;
    Ok(done.rows_affected())
}

/// Each step is a transaction of its own. Whoever is in the way for two seconds puts off a step until the next time.
pub(super) async fn maintain(db: &Db, done_before: Option<DateTime<Utc>>) -> Result<()> {
    step(db, statements::TURN_IDS).await?;
    step(db, statements::DROP_IDS).await?;
    insert::keep_partitions(db).await?;
    if let Some(before) = done_before {
        while drop_partition(db, before).await? {}
    }
    Ok(())
}

async fn step(db: &Db, statement: &'static str) -> Result<()> {
    let mut tx = db.write(MAINTAIN).await?;
    let done = db.query(statement).execute(tx.conn()).await;
    let done = tx.finish(done.map_err(failed).map(drop)).await;
    done.or_else(put_off)
}

async fn drop_partition(db: &Db, before: DateTime<Utc>) -> Result<bool> {
    let mut tx = db.write(MAINTAIN).await?;
    let drop = db.query(statements::DROP_PARTITION).bind(before);
    let row = drop.fetch_one(tx.conn()).await.map_err(failed);
    let dropped = row.and_then(|row| Cells::new(&row, "webhook_events").get("dropped"));
    tx.finish(dropped).await.or_else(put_off)
}

fn put_off<T: Default>(error: social_core::Error) -> Result<T> {
    if !is_locked(&error) {
        return Err(error);
    }
    tracing::debug!("somebody reads the tables of events: their upkeep waits until the next time");
    Ok(T::default())
}

pub(super) async fn backlog(db: &Db, now: DateTime<Utc>) -> Result<Backlog> {
    let mut reader = db.read("events.backlog").await?;
    let count = db
        .query(statements::BACKLOG)
        .bind(now)
        .bind(EventSubject::WORDS);
    let row = count.fetch_one(reader.conn()).await;
    let row = reader.finish(row).await?;
    let cells = Cells::new(&row, "event_queue");
    let mut backlog = Backlog::default();
    (backlog.ready, backlog.later) = (cells.small("ready")?, cells.small("later")?);
    (backlog.held, backlog.dead) = (cells.small("held")?, cells.small("dead")?);
    backlog.unknown = cells.small("unknown")?;
    (backlog.handed, backlog.unmatched) = (cells.small("handed")?, cells.small("unmatched")?);
    backlog.oldest = cells.time_opt("oldest")?;
    Ok(backlog)
}

pub(super) async fn next_ready(db: &Db) -> Result<Option<DateTime<Utc>>> {
    let floor = db.events().floor.peek(SystemClock::default().elapsed());
    let mut reader = db.read("events.next_ready").await?;
    let next = db
        .query(statements::NEXT_READY)
        .bind(floor)
        .bind(EventSubject::WORDS);
    let row = next.fetch_optional(reader.conn()).await;
    let row = reader.finish(row).await?;
    row.map(|row| Cells::new(&row, "event_queue").time("next_ready"))
        .transpose()
}
