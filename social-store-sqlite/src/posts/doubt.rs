use chrono::{DateTime, Utc};
use social_core::{error::Result, publish::Outcome, store::PostRecord};

use super::statements;
use crate::{
    connections::Tx,
    error::failed,
    values::{Cells, json, micros},
};

/// A statement for all of them, since there may be many.
pub(super) async fn doubt(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    let lanes = sqlx::query(statements::DOUBTFUL_LANES).bind(micros(now));
    let lanes = lanes.fetch_one(&mut tx.conn).await.map_err(failed)?;
    let lanes: String = Cells::new(&lanes, "posts").get("lanes")?;
    for statement in [statements::NOTE_DOUBT, statements::END_DOUBTFUL_CLAIMS] {
        let each = sqlx::query(statement).bind(micros(now));
        each.execute(&mut tx.conn).await.map_err(failed)?;
    }
    let doubt = sqlx::query(statements::DOUBT)
        .bind(micros(now))
        .bind(json(&Outcome::Undecided)?);
    let doubted = doubt.execute(&mut tx.conn).await.map_err(failed)?;
    let ready = sqlx::query(statements::ALL_READY).bind(lanes);
    ready.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(doubted.rows_affected())
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
