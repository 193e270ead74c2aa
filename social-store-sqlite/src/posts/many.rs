use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{error::Result, store::PostRecord};

use super::statements;
use crate::{
    connections::Tx,
    error::failed,
    values::{Cells, micros, span},
};

/// A statement for all of them, since there may be many.
pub(super) async fn mark_restored(
    tx: &mut Tx,
    now: DateTime<Utc>,
    due_by: DateTime<Utc>,
    grace: Duration,
) -> Result<u64> {
    let lanes = sqlx::query(statements::LANES_TO_MARK).bind(micros(due_by));
    let lanes = lanes.fetch_one(&mut tx.conn).await.map_err(failed)?;
    let lanes: String = Cells::new(&lanes, "posts").get("lanes")?;
    let note = sqlx::query(statements::NOTE_RESTORED)
        .bind(micros(due_by))
        .bind(micros(now));
    note.execute(&mut tx.conn).await.map_err(failed)?;
    let end = sqlx::query(statements::END_MARKED_CLAIMS).bind(micros(due_by));
    end.execute(&mut tx.conn).await.map_err(failed)?;
    let jump = sqlx::query(statements::JUMP_FENCES).execute(&mut tx.conn);
    jump.await.map_err(failed)?;
    let mark = sqlx::query(statements::MARK_RESTORED)
        .bind(micros(due_by))
        .bind(micros(now))
        .bind(tx.clock.leases.saturating_add(span(grace)));
    let marked = mark.execute(&mut tx.conn).await.map_err(failed)?;
    let ready = sqlx::query(statements::ALL_READY).bind(lanes);
    ready.execute(&mut tx.conn).await.map_err(failed)?;
    let note = sqlx::query(statements::NOTE_NEWER_RESTORED).bind(micros(now));
    note.execute(&mut tx.conn).await.map_err(failed)?;
    let newer = sqlx::query(statements::MARK_NEWER).bind(micros(now));
    let newer = newer.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(marked.rows_affected() + newer.rows_affected())
}

/// Keeps what is queued held.
pub(super) async fn hold_queued(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    let lanes = sqlx::query(statements::QUEUED_LANES);
    let lanes = lanes.fetch_one(&mut tx.conn).await.map_err(failed)?;
    let lanes: String = Cells::new(&lanes, "posts").get("lanes")?;
    let note = sqlx::query(statements::NOTE_HELD).bind(micros(now));
    note.execute(&mut tx.conn).await.map_err(failed)?;
    let hold = sqlx::query(statements::HOLD_QUEUED).bind(micros(PostRecord::never()));
    let held = hold.execute(&mut tx.conn).await.map_err(failed)?;
    let ready = sqlx::query(statements::ALL_READY).bind(lanes);
    ready.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(held.rows_affected())
}
