//! What changes any number of posts, in a fixed number of statements.

use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    model::{AccountKey, PostId},
    publish::Outcome,
    store::PostRecord,
};
use sqlx::PgConnection;

use super::{row, statements, submit::refresh};
use crate::{
    db::Db,
    error::failed,
    values::{Cells, json},
};

pub(super) async fn cancel_account(
    db: &Db,
    conn: &mut PgConnection,
    account: &AccountKey,
    now: DateTime<Utc>,
) -> Result<u64> {
    let lane = db.query(statements::LANE_OF_ACCOUNT).bind(account.row_id());
    let Some(lane) = lane.fetch_optional(&mut *conn).await.map_err(failed)? else {
        return Ok(0);
    };
    let lane: i64 = Cells::new(&lane, "lanes").get("lane")?;
    let cancel = db
        .query(statements::CANCEL_ACCOUNT)
        .bind(lane)
        .bind(now)
        .bind(json(&Outcome::Cancelled)?);
    let count = cancel.fetch_one(&mut *conn).await.map_err(failed)?;
    refresh(db, conn, &[lane]).await?;
    Cells::new(&count, "posts").small("posts")
}

pub(super) async fn expire_missed(
    db: &Db,
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<PostId>> {
    let lanes = db
        .query(statements::LANES_OF_MISSED)
        .bind(now)
        .bind(i64::from(limit));
    let lanes = lanes.fetch_all(&mut *conn).await.map_err(failed)?;
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let lanes = lanes.iter().map(|row| Cells::new(row, "lanes").get("lane"));
    let lanes = lanes.collect::<Result<Vec<i64>>>()?;
    let missed = PostRecord::missed();
    let expire = db
        .query(statements::EXPIRE)
        .bind(now)
        .bind(i64::from(limit))
        .bind(lanes.as_slice())
        .bind(json(&Outcome::Failed(missed.clone()))?)
        .bind(json(&missed)?);
    let missed = expire.fetch_all(&mut *conn).await.map_err(failed)?;
    refresh(db, conn, &lanes).await?;
    missed.iter().map(row::id).collect()
}

pub(super) async fn doubt(db: &Db, conn: &mut PgConnection, now: DateTime<Utc>) -> Result<u64> {
    let lock = db.query(statements::LOCK_LANES);
    lock.execute(&mut *conn).await.map_err(failed)?;
    let doubt = db
        .query(statements::DOUBT)
        .bind(now)
        .bind(json(&Outcome::Undecided)?);
    let count = doubt.fetch_one(&mut *conn).await.map_err(failed)?;
    let first = db.query(statements::FIRST_OF_ALL);
    first.execute(conn).await.map_err(failed)?;
    Cells::new(&count, "posts").small("posts")
}
