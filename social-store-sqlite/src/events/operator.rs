use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    store::{Backlog, EventFilter, EventRecord, EventState, Purge, Replay},
    webhook::EventSubject,
};
use sqlx::sqlite::SqliteRow;

use super::{row, statements};
use crate::{
    connections::{Connections, Tx},
    error::failed,
    values::{Cells, json, micros, readable, span},
};

/// How old a window of ids is when the next one begins.
const WINDOW: Duration = Duration::from_secs(4 * 24 * 3_600);

/// How many ids a transaction forgets, so that nobody waits long for it.
const PART: u32 = 10_000;

pub(super) async fn list(db: &Connections, filter: &EventFilter) -> Result<Vec<EventRecord>> {
    let ended = ended(filter.state);
    let statement = match filter.state {
        EventState::Dead => statements::LIST_DEAD,
        EventState::Handed => statements::LIST_HANDED,
        _ if ended.is_some() => statements::LIST_ENDED,
        _ => statements::LIST_WAITING,
    };
    let limit = if filter.limit == 0 { 50 } else { filter.limit };
    let platform = filter.platform.as_ref();
    let mut list = sqlx::query(statement)
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .bind(platform.map(|platform| platform.as_str()));
    if let Some(state) = ended {
        list = list.bind(state);
    }
    let mut reader = db.read("events.list").await?;
    let rows = list.fetch_all(&mut reader.conn).await;
    Ok(readable(&reader.finish(rows)?, row::event))
}

/// The number of a state in which events end.
fn ended(state: EventState) -> Option<i64> {
    match state {
        EventState::Done => Some(1),
        EventState::Unmatched => Some(2),
        _ => None,
    }
}

pub(super) async fn set_aside(
    tx: &mut Tx,
    came_before: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<u64> {
    use statements::{DEFERRED, LEAVE_HANDED, LEAVE_QUEUE};
    use statements::{SET_ASIDE, SET_DEFERRED_ASIDE, UNMATCHED};
    let mut aside = 0;
    for (find, end, leave) in [
        (UNMATCHED, SET_ASIDE, LEAVE_HANDED),
        (DEFERRED, SET_DEFERRED_ASIDE, LEAVE_QUEUE),
    ] {
        let find = sqlx::query(find)
            .bind(micros(came_before))
            .bind(i64::from(limit).saturating_sub_unsigned(aside));
        let numbers = numbers(&find.fetch_all(&mut tx.conn).await.map_err(failed)?)?;
        let those = json(&numbers)?;
        let end = sqlx::query(end).bind(&those).bind(micros(now));
        end.execute(&mut tx.conn).await.map_err(failed)?;
        let leave = sqlx::query(leave).bind(&those);
        leave.execute(&mut tx.conn).await.map_err(failed)?;
        aside += count(&numbers);
    }
    Ok(aside)
}

pub(super) async fn replay(tx: &mut Tx, which: &Replay, now: DateTime<Utc>) -> Result<u64> {
    let account = which.account.as_ref();
    let (found, again, left) = match which.state {
        EventState::Dead => (statements::DEAD_TO_REPLAY, statements::REPLAY_DEAD, None),
        EventState::Done | EventState::Unmatched => {
            let found = match account {
                Some(_) => statements::DONE_OF_ACCOUNT_TO_REPLAY,
                None => statements::DONE_TO_REPLAY,
            };
            let left = Some(statements::LEAVE_ENDS);
            (found, statements::REPLAY_DONE, left)
        }
        _ => return Ok(0),
    };
    let mut find = sqlx::query(found)
        .bind(i64::from(which.limit))
        .bind(which.platform.as_ref().map(|platform| platform.as_str()))
        .bind(which.id.as_deref())
        .bind(which.kind.as_deref())
        .bind(account.map(|account| account.platform.as_str()))
        .bind(account.map(|account| account.app.as_str()))
        .bind(account.map(|account| account.account.as_str()))
        .bind(which.since.map(micros))
        .bind(which.until.map(micros));
    if let Some(state) = ended(which.state) {
        find = find.bind(state);
    }
    let numbers = numbers(&find.fetch_all(&mut tx.conn).await.map_err(failed)?)?;
    let those = json(&numbers)?;
    let again = sqlx::query(again).bind(&those).bind(micros(now));
    again.execute(&mut tx.conn).await.map_err(failed)?;
    if let Some(left) = left {
        let leave = sqlx::query(left).bind(&those).execute(&mut tx.conn);
        leave.await.map_err(failed)?;
    }
    Ok(count(&numbers))
}

pub(super) async fn purge(tx: &mut Tx, which: &Purge) -> Result<u64> {
    let (found, leave) = match which.state {
        EventState::Dead => (statements::DEAD_TO_PURGE, statements::LEAVE_QUEUE),
        EventState::Done => (statements::DONE_TO_PURGE, statements::LEAVE_ENDS),
        _ => return Ok(0),
    };
    let find = sqlx::query(found)
        .bind(micros(which.before))
        .bind(i64::from(which.limit));
    let numbers = numbers(&find.fetch_all(&mut tx.conn).await.map_err(failed)?)?;
    let those = json(&numbers)?;
    for statement in [leave, statements::REMOVE] {
        let remove = sqlx::query(statement).bind(&those).execute(&mut tx.conn);
        remove.await.map_err(failed)?;
    }
    Ok(count(&numbers))
}

/// Begins the next window when the present one is old enough.
pub(super) async fn turn(tx: &mut Tx) -> Result<()> {
    let turn = sqlx::query(statements::TURN)
        .bind(tx.clock.leases)
        .bind(span(WINDOW));
    turn.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

/// Forgets a part of what is over, and says whether there may be more.
pub(super) async fn forget(tx: &mut Tx) -> Result<bool> {
    let forget = sqlx::query(statements::FORGET).bind(PART);
    let done = forget.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(done.rows_affected() >= u64::from(PART))
}

pub(super) async fn backlog(db: &Connections, now: DateTime<Utc>) -> Result<Backlog> {
    let mut reader = db.read("events.backlog").await?;
    let clock = db.machine.now(&mut reader.conn).await;
    let clock = clock.map_err(|error| error.with_operation("events.backlog"))?;
    let count = sqlx::query(statements::BACKLOG)
        .bind(json(&EventSubject::WORDS)?)
        .bind(micros(now))
        .bind(clock.leases);
    let row = count.fetch_one(&mut reader.conn).await;
    let row = reader.finish(row)?;
    let cells = Cells::new(&row, "event_queue");
    let mut backlog = Backlog::default();
    (backlog.ready, backlog.later) = (cells.small("ready")?, cells.small("later")?);
    (backlog.held, backlog.dead) = (cells.small("held")?, cells.small("dead")?);
    backlog.unknown = cells.small("unknown")?;
    (backlog.handed, backlog.unmatched) = (cells.small("handed")?, cells.small("unmatched")?);
    backlog.oldest = cells.time_opt("oldest")?;
    Ok(backlog)
}

fn numbers(rows: &[SqliteRow]) -> Result<Vec<i64>> {
    rows.iter().map(row::number).collect()
}

fn count(numbers: &[i64]) -> u64 {
    u64::try_from(numbers.len()).unwrap_or(u64::MAX)
}
