use std::collections::BTreeMap;

use chrono::TimeDelta;
use social_core::{
    error::Result,
    store::{ClaimPosts, Fence, PostClaim},
};
use sqlx::{PgConnection, postgres::PgRow};
use uuid::Uuid;

use super::{row, statements};
use crate::{
    db::Db,
    error::failed,
    values::{Cells, left, micros, report},
};

/// For how long a post whose row cannot be read lets the others of its account go first.
const PUT_OFF: TimeDelta = TimeDelta::hours(1);

pub(super) async fn claim(
    db: &Db,
    conn: &mut PgConnection,
    which: &ClaimPosts,
) -> Result<Vec<PostClaim>> {
    let (platforms, versions): (Vec<_>, Vec<_>) = platforms(which).into_iter().unzip();
    let claim = db
        .query(statements::CLAIM)
        .bind(platforms)
        .bind(versions)
        .bind(which.now)
        .bind(i64::from(which.limit))
        .bind(micros(which.lease));
    let rows = claim.fetch_all(&mut *conn).await.map_err(failed)?;
    let mut claims = Vec::with_capacity(rows.len());
    for row in &rows {
        match read(row) {
            Ok(claim) => claims.push(claim),
            Err(damaged) => {
                report(&damaged);
                put_off(db, conn, row, which).await?;
            }
        }
    }
    Ok(claims)
}

/// Each platform once, with the newest form named for it.
fn platforms(which: &ClaimPosts) -> BTreeMap<&str, i64> {
    let mut newest = BTreeMap::new();
    for (platform, version) in &which.versions {
        let version = i64::from(*version);
        let known = newest.entry(platform.as_str()).or_insert(version);
        *known = (*known).max(version);
    }
    newest
}

fn read(row: &PgRow) -> Result<PostClaim> {
    let cells = Cells::new(row, "posts");
    let fence = Fence(cells.get("fence")?);
    let settles_in: Option<i64> = cells.get("settles_in")?;
    Ok(PostClaim::new(row::post(row)?, fence, settles_in.map(left)))
}

/// A damaged row must not keep the other posts of its account waiting; it is tried, and reported, again later.
async fn put_off(
    db: &Db,
    conn: &mut PgConnection,
    row: &PgRow,
    which: &ClaimPosts,
) -> Result<()> {
    let until = which.now.checked_add_signed(PUT_OFF).unwrap_or(which.now);
    let put_off = db
        .query(statements::RELEASE)
        .bind(Cells::new(row, "posts").get::<Uuid>("id")?)
        .bind(until)
        .bind(None::<i64>);
    put_off.execute(conn).await.map_err(failed)?;
    Ok(())
}
