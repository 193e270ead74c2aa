use std::time::Duration;

use social_core::{
    error::Result,
    store::{Booking, Counting, Limit},
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

/// What a key allows.
pub(super) struct Key {
    /// When the last booking that stands in the way was granted or is promised.
    regained: Option<i64>,
    blocked_until: Option<i64>,
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
    let mut at = now;
    let mut wanted = Vec::with_capacity(limits.len());
    for limit in limits {
        let standing = of_window(statements::STANDING, limit, now).bind(holder);
        let row = standing.fetch_one(&mut tx.conn).await.map_err(failed)?;
        let cells = Cells::new(&row, TABLE);
        if limit.counting == Counting::OncePerHolder && cells.get("has")? {
            continue;
        }
        at = at.max(Key::read(&row)?.earliest(limit, now));
        wanted.push(Wanted {
            limit,
            place: cells.get("place")?,
            lapsed: cells.get("lapsed")?,
        });
    }
    let granted = at == now;
    for each in &wanted {
        keep(tx, each, holder, at, granted).await?;
    }
    Ok(if granted {
        Booking::Granted
    } else {
        Booking::Wait(left(at, now))
    })
}

async fn keep(
    tx: &mut Tx,
    wanted: &Wanted<'_>,
    holder: &str,
    at: i64,
    granted: bool,
) -> Result<()> {
    let limit = wanted.limit;
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
        .bind(at)
        .bind(granted)
        .bind(until(at, limit.window.per));
    keep.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

/// A statement with what it asks of a limit's window.
pub(super) fn of_window<'q>(
    statement: &'static str,
    limit: &'q Limit,
    now: i64,
) -> Query<'q, Sqlite, SqliteArguments> {
    sqlx::query(statement)
        .bind(limit.key.as_str())
        .bind(now.saturating_sub(span(limit.window.per)))
        .bind(BEYOND)
        .bind(i64::from(limit.window.limit.saturating_sub(1)))
}

impl Key {
    /// A damaged booking or block is passed over, and reported.
    pub(super) fn read(row: &SqliteRow) -> Result<Self> {
        let cells = Cells::new(row, TABLE);
        if cells.get("damaged")? {
            report(&damaged(TABLE, "at"));
        }
        let mut blocked_until: Option<i64> = cells.get("blocked_until")?;
        if blocked_until.take_if(|until| *until >= BEYOND).is_some() {
            report(&damaged("limits", "blocked_until"));
        }
        Ok(Self {
            regained: cells.get("regained")?,
            blocked_until,
        })
    }

    /// The earliest time at which there is room.
    pub(super) fn earliest(&self, limit: &Limit, now: i64) -> i64 {
        let per = limit.window.per;
        let regained = match self.regained {
            _ if limit.window.limit == 0 => until(now, per),
            Some(at) => until(at, per),
            None => now,
        };
        regained.max(self.blocked_until.unwrap_or(now)).max(now)
    }
}
