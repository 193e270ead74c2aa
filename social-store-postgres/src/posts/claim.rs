use std::collections::BTreeMap;

use chrono::TimeDelta;
use social_core::{
    error::Result,
    model::AppKey,
    store::{ClaimPosts, Fence, PostClaim, PostRecord},
};
use sqlx::{
    PgConnection, Postgres,
    error::DatabaseError,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use uuid::Uuid;

use super::{row, statements};
use crate::{
    db::Db,
    error::failed,
    values::{Cells, left, micros, report},
};

const OPERATION: &str = "posts.claim";

/// For how long a post whose row cannot be read lets the others of its account go first.
const PUT_OFF: TimeDelta = TimeDelta::hours(1);

/// Lanes that somebody has locked for a moment are passed over. Only where that leaves nothing is one of them waited for,
/// so that an answer without claims means that there was nothing to claim.
pub(super) async fn claim(db: &Db, which: &ClaimPosts) -> Result<Vec<PostClaim>> {
    let mut tx = db.write(OPERATION).await?;
    let taken = take_or_find(db, tx.conn(), which).await;
    let (claims, lane) = tx.finish(taken).await?;
    let Some(lane) = lane else { return Ok(claims) };
    let mut tx = db.write(OPERATION).await?;
    let claims = wait_and_take(db, tx.conn(), lane, which).await;
    tx.finish(claims).await
}

/// With nothing taken, a lane that somebody has locked. It is waited for in another transaction, which has no lane yet.
async fn take_or_find(
    db: &Db,
    conn: &mut PgConnection,
    which: &ClaimPosts,
) -> Result<(Vec<PostClaim>, Option<i64>)> {
    let claims = take(db, conn, which).await?;
    if !claims.is_empty() || which.limit == 0 {
        return Ok((claims, None));
    }
    let claimable = of_claim(db, statements::CLAIMABLE, which, 1);
    let lane = claimable.fetch_optional(conn).await.map_err(failed)?;
    let lane = lane.map(|lane| Cells::new(&lane, "lanes").get("lane"));
    Ok((claims, lane.transpose()?))
}

async fn wait_and_take(
    db: &Db,
    conn: &mut PgConnection,
    lane: i64,
    which: &ClaimPosts,
) -> Result<Vec<PostClaim>> {
    let brief = db.query(statements::WAIT_BRIEFLY);
    brief.execute(&mut *conn).await.map_err(failed)?;
    let lock = db.query(statements::LANE).bind(lane);
    match lock.execute(&mut *conn).await {
        Ok(_) => take(db, conn, which).await,
        Err(error) if is_locked(&error) => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
    }
}

fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| code == "55P03")
}

/// Waits for nobody.
async fn take(db: &Db, conn: &mut PgConnection, which: &ClaimPosts) -> Result<Vec<PostClaim>> {
    let claim = of_claim(db, statements::CLAIM, which, which.limit).bind(micros(which.lease));
    let rows = claim.fetch_all(&mut *conn).await.map_err(failed)?;
    let mut claims = Vec::with_capacity(rows.len());
    for row in &rows {
        match read(row, which) {
            Ok(claim) => claims.push(claim),
            Err(damaged) => {
                report(&damaged);
                put_off(db, conn, row, which).await?;
            }
        }
    }
    Ok(claims)
}

/// A statement whose first parameters say which lanes.
fn of_claim(
    db: &Db,
    statement: &'static str,
    which: &ClaimPosts,
    limit: u32,
) -> Query<'static, Postgres, PgArguments> {
    let newest = newest(which);
    let platforms: Vec<_> = newest.keys().map(|app| app.platform.as_str()).collect();
    let apps: Vec<_> = newest.keys().map(|app| app.app.as_str()).collect();
    let versions: Vec<_> = newest.into_values().collect();
    db.query(statement)
        .bind(platforms)
        .bind(versions)
        .bind(which.now)
        .bind(i64::from(limit))
        .bind(apps)
}

/// Each app once, with the newest form named for it.
fn newest(which: &ClaimPosts) -> BTreeMap<&AppKey, i64> {
    let mut newest = BTreeMap::new();
    for (app, version) in &which.versions {
        let version = i64::from(*version);
        let known = newest.entry(app).or_insert(version);
        *known = (*known).max(version);
    }
    newest
}

fn read(row: &PgRow, which: &ClaimPosts) -> Result<PostClaim> {
    let cells = Cells::new(row, "posts");
    let fence = Fence(cells.get("fence")?);
    let settles_in: Option<i64> = cells.get("settles_in")?;
    let settled_for = left(settles_in.map_or(0, i64::wrapping_neg));
    let claim = PostClaim::new(workable(row::post(row)?)?, fence, settles_in.map(left));
    let reads = which.newest(&claim.post.account.app_key());
    Ok(claim
        .settled_for(settled_for)
        .reading(reads.unwrap_or_default()))
}

/// A newer release should have marked its row by the version, so that no claim of this one finds it.
fn workable(post: PostRecord) -> Result<PostRecord> {
    match post.is_newer() {
        true => Err(PostRecord::newer()),
        false => Ok(post),
    }
}

/// As if it had not been claimed. A row that cannot be read must not keep the other posts of its account waiting; it is tried, and
/// reported, again later.
async fn put_off(db: &Db, conn: &mut PgConnection, row: &PgRow, which: &ClaimPosts) -> Result<()> {
    let until = which.now.checked_add_signed(PUT_OFF).unwrap_or(which.now);
    let put_off = db
        .query(statements::PUT_OFF)
        .bind(Cells::new(row, "posts").get::<Uuid>("id")?)
        .bind(until)
        .bind(which.now);
    put_off.execute(conn).await.map_err(failed)?;
    Ok(())
}
