use std::time::Duration;

use social_core::{
    error::Result,
    store::{Booking, Counting, Limit, Room},
};
use sqlx::{
    query::Query,
    sqlite::{Sqlite, SqliteArguments, SqliteRow},
};

use super::statements;
use crate::{
    connections::Tx,
    error::{damaged, failed},
    values::{Cells, left, report, span},
};

pub(super) const TABLE: &str = "bookings";

/// The end of the year 9999. No time on the store's clock that this program writes is later.
pub(super) const BEYOND: i64 = 253_402_300_800_000_000;

/// This long after `clock`.
pub(super) fn until(clock: i64, wait: Duration) -> i64 {
    clock.saturating_add(span(wait)).min(BEYOND - 1)
}

/// A limit of which the holder has nothing yet.
struct Wanted<'a> {
    limit: &'a Limit,
    /// Its place in the queue.
    place: Option<i64>,
    /// One that is lost: who comes back then, comes last.
    lapsed: Option<i64>,
}

pub(super) async fn book(tx: &mut Tx, limits: &[Limit], holder: &str) -> Result<Booking> {
    let now = tx.clock.limits;
    let mut rooms = Vec::with_capacity(limits.len());
    let mut wanted = Vec::with_capacity(limits.len());
    for limit in limits {
        let standing = in_window(
            limit,
            now,
            statements::STANDING,
            statements::STANDING_OF_ENDING,
        );
        let standing = standing
            .bind(spare(limit))
            .bind(holder)
            .bind(eve(limit, now));
        let row = standing.fetch_one(&mut tx.conn).await.map_err(failed)?;
        let cells = Cells::new(&row, TABLE);
        if limit.counting == Counting::OncePerHolder && cells.get("has")? {
            continue;
        }
        rooms.push(room(&row, limit, now)?);
        wanted.push(Wanted {
            limit,
            place: cells.get("place")?,
            lapsed: cells.get("lapsed")?,
        });
    }
    let wait = Room::of_all(&rooms);
    for each in &wanted {
        keep(tx, each, holder, wait).await?;
    }
    Ok(if wait.is_zero() {
        Booking::Granted
    } else {
        Booking::Wait(wait)
    })
}

async fn keep(tx: &mut Tx, wanted: &Wanted<'_>, holder: &str, wait: Duration) -> Result<()> {
    let (limit, now) = (wanted.limit, tx.clock.limits);
    if let Some(lapsed) = wanted.lapsed {
        let drop_place = sqlx::query(statements::DROP_PLACE).bind(lapsed);
        drop_place.execute(&mut tx.conn).await.map_err(failed)?;
    }
    let keep = match wanted.place {
        Some(place) => sqlx::query(statements::ASK_AGAIN).bind(place),
        None => sqlx::query(statements::ASK)
            .bind(limit.key.as_str())
            .bind(holder),
    };
    let keep = keep
        .bind(until(now, wait))
        .bind(wait.is_zero())
        .bind(until(now, limit.window.ends_after(wait)))
        .bind(i64::from(limit.cost));
    keep.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

/// The statement for the kind of the limit's window, with the window.
pub(super) fn in_window<'q>(
    limit: &'q Limit,
    now: i64,
    sliding: &'static str,
    ending: &'static str,
) -> Query<'q, Sqlite, SqliteArguments> {
    let (statement, since) = match limit.window.left {
        Some(_) => (ending, now),
        None => (sliding, now.saturating_sub(span(limit.window.per))),
    };
    let query = sqlx::query(statement).bind(limit.key.as_str());
    query.bind(since).bind(BEYOND)
}

/// So many units may be ahead of a booking.
pub(super) fn spare(limit: &Limit) -> i64 {
    i64::from(limit.window.limit.saturating_sub(limit.cost))
}

/// When the last moments begin of a window that ends.
pub(super) fn eve(limit: &Limit, now: i64) -> i64 {
    let end = until(now, limit.window.left.unwrap_or_default());
    end.saturating_sub(span(limit.window.eve()))
}

/// What a key leaves. A damaged booking or block is passed over, and reported.
pub(super) fn room(row: &SqliteRow, limit: &Limit, now: i64) -> Result<Room> {
    let cells = Cells::new(row, TABLE);
    if cells.get("damaged")? {
        report(&damaged(TABLE, "at"));
    }
    let mut blocked_until: Option<i64> = cells.get("blocked_until")?;
    if blocked_until.take_if(|until| *until >= BEYOND).is_some() {
        report(&damaged("limits", "blocked_until"));
    }
    let window = limit.window;
    let queued = cells.get::<Option<i64>>("regained")?.map(|last| {
        let end = match window.left {
            Some(_) => last,
            None => until(last, window.per),
        };
        left(end, now)
    });
    let blocked = blocked_until.map(|until| left(until, now));
    Ok(Room::new(
        window,
        queued.unwrap_or_default(),
        cells.get("fits")?,
        blocked.unwrap_or_default(),
    ))
}
