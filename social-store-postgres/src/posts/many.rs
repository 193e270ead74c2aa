//! What changes any number of posts, in a fixed number of statements.

use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    model::{AccountKey, AppKey},
    publish::Outcome,
    store::PostRecord,
};
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use super::{row, statements, submit::refresh};
use crate::{
    db::Db,
    error::failed,
    values::{Cells, json, micros, readable},
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
    let newer = db.query(statements::CANCEL_NEWER).bind(lane).bind(now);
    let newer = newer.fetch_one(&mut *conn).await.map_err(failed)?;
    let let_go = db.query(statements::LET_GO).bind(lane);
    let_go.execute(&mut *conn).await.map_err(failed)?;
    refresh(db, conn, &[lane]).await?;
    let count: u64 = Cells::new(&count, "posts").small("posts")?;
    let newer: u64 = Cells::new(&newer, "posts").small("posts")?;
    Ok(count + newer)
}

pub(super) async fn expire_missed(
    db: &Db,
    conn: &mut PgConnection,
    served: &[AppKey],
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<PostRecord>> {
    let platforms: Vec<_> = served.iter().map(|app| app.platform.as_str()).collect();
    let apps: Vec<_> = served.iter().map(|app| app.app.as_str()).collect();
    let missed = db
        .query(statements::MISSED)
        .bind(now)
        .bind(i64::from(limit))
        .bind(platforms.as_slice())
        .bind(apps.as_slice());
    let missed = missed.fetch_all(&mut *conn).await.map_err(failed)?;
    if missed.is_empty() {
        return Ok(Vec::new());
    }
    let (mut ids, mut lanes) = (Vec::new(), Vec::new());
    for found in &missed {
        ids.push(row::id(found)?.as_uuid());
        lanes.push(Cells::new(found, "posts").get::<i64>("lane")?);
    }
    let lock = db.query(statements::LANES).bind(lanes.as_slice());
    lock.execute(&mut *conn).await.map_err(failed)?;
    let posts = expire(db, conn, now, &ids, (&platforms, &apps)).await?;
    refresh(db, conn, &lanes).await?;
    Ok(posts)
}

/// Those of them that are still missed.
async fn expire(
    db: &Db,
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    ids: &[Uuid],
    (platforms, apps): (&[&str], &[&str]),
) -> Result<Vec<PostRecord>> {
    let missed = PostRecord::missed();
    let expire = db
        .query(statements::EXPIRE)
        .bind(now)
        .bind(ids)
        .bind(json(&Outcome::Failed(missed.clone()))?)
        .bind(json(&missed)?)
        .bind(platforms)
        .bind(apps);
    let expired = expire.fetch_all(conn).await.map_err(failed)?;
    // One that cannot be read has failed all the same.
    Ok(readable(&expired, row::post))
}

pub(super) async fn mark_restored(
    db: &Db,
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    due_by: DateTime<Utc>,
    grace: Duration,
) -> Result<u64> {
    let lock = db.query(statements::LOCK_LANES);
    lock.execute(&mut *conn).await.map_err(failed)?;
    let jump = db.query(statements::JUMP_FENCES);
    jump.execute(&mut *conn).await.map_err(failed)?;
    let mark = db
        .query(statements::MARK_RESTORED)
        .bind(now)
        .bind(micros(grace))
        .bind(due_by);
    let newer = db.query(statements::MARK_NEWER).bind(now);
    let newer = newer.fetch_one(&mut *conn).await.map_err(failed)?;
    let newer: u64 = Cells::new(&newer, "posts").small("posts")?;
    Ok(newer + counted(db, conn, mark).await?)
}

pub(super) async fn hold_queued(
    db: &Db,
    conn: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<u64> {
    let lock = db.query(statements::LOCK_LANES);
    lock.execute(&mut *conn).await.map_err(failed)?;
    let hold = db
        .query(statements::HOLD_QUEUED)
        .bind(now)
        .bind(PostRecord::never());
    counted(db, conn, hold).await
}

/// Changes posts of any number of lanes, each of which then has another first one.
async fn counted(
    db: &Db,
    conn: &mut PgConnection,
    change: Query<'_, Postgres, PgArguments>,
) -> Result<u64> {
    let count = change.fetch_one(&mut *conn).await.map_err(failed)?;
    let first = db.query(statements::FIRST_OF_ALL);
    first.execute(conn).await.map_err(failed)?;
    Cells::new(&count, "posts").small("posts")
}
