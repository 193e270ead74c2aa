use std::collections::BTreeMap;

use chrono::TimeDelta;
use social_core::{
    error::Result,
    model::{AppKey, PostId},
    store::{ClaimPosts, Fence, PostClaim, PostRecord},
};
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    row::{self, id_bytes},
    statements,
    submit::refresh,
};
use crate::{
    connections::Tx,
    error::failed,
    values::{Cells, left, micros, report, span},
};

/// For how long a post whose row cannot be read lets the others of its account go first.
const PUT_OFF: TimeDelta = TimeDelta::hours(1);

/// A ready lane and its head; ordered as they are served.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    ready_at: i64,
    fence: i64,
    row_id: String,
    lane: i64,
    post: PostId,
}

pub(super) async fn claim(tx: &mut Tx, which: &ClaimPosts) -> Result<Vec<PostClaim>> {
    let mut ready = Vec::new();
    for (app, version) in newest(which) {
        let lanes = sqlx::query(statements::READY_LANES)
            .bind(app.platform.as_str())
            .bind(micros(which.now))
            .bind(tx.clock.leases)
            .bind(i64::from(version))
            .bind(i64::from(which.limit))
            .bind(app.app.as_str());
        let rows = lanes.fetch_all(&mut tx.conn).await.map_err(failed)?;
        for row in &rows {
            ready.push(candidate(row)?);
        }
    }
    ready.sort();
    ready.truncate(usize::try_from(which.limit).unwrap_or(usize::MAX));
    let mut claims = Vec::with_capacity(ready.len());
    for candidate in ready {
        claims.extend(take(tx, &candidate, which).await?);
    }
    Ok(claims)
}

/// Each app once, with the newest form named for it.
fn newest(which: &ClaimPosts) -> BTreeMap<&AppKey, u16> {
    let mut newest = BTreeMap::new();
    for (app, version) in &which.versions {
        let known = newest.entry(app).or_insert(*version);
        *known = (*known).max(*version);
    }
    newest
}

fn candidate(row: &SqliteRow) -> Result<Candidate> {
    let cells = Cells::new(row, "lanes");
    Ok(Candidate {
        ready_at: cells.get("ready_at")?,
        fence: cells.get("fence")?,
        row_id: cells.get("row_id")?,
        lane: cells.get("lane")?,
        post: row::id(row, "post")?,
    })
}

/// Claims the lane; nothing is claimed when the post's row cannot be read.
async fn take(tx: &mut Tx, head: &Candidate, which: &ClaimPosts) -> Result<Option<PostClaim>> {
    let load = sqlx::query(statements::POST).bind(id_bytes(head.post));
    let found = load.fetch_one(&mut tx.conn).await.map_err(failed)?;
    if let Err(unreadable) = workable(&found) {
        report(&unreadable);
        put_off(tx, head, which).await?;
        refresh(tx, head.lane).await?;
        return Ok(None);
    }
    let fence = take_lane(tx, head, which).await?;
    let begin = sqlx::query(statements::CLAIM_POST)
        .bind(id_bytes(head.post))
        .bind(micros(which.now));
    begin.execute(&mut tx.conn).await.map_err(failed)?;
    let load = sqlx::query(statements::POST).bind(id_bytes(head.post));
    let found = load.fetch_one(&mut tx.conn).await.map_err(failed)?;
    let claim = read(&found, fence, tx.clock.leases)?;
    let reads = which.newest(&claim.post.account.app_key());
    let claim = claim.reading(reads.unwrap_or_default());
    refresh(tx, head.lane).await?;
    Ok(Some(claim))
}

/// A newer release should have marked its row by the version, so that no claim of this one finds it.
fn workable(row: &SqliteRow) -> Result<()> {
    match row::post(row)?.is_newer() {
        true => Err(PostRecord::newer()),
        false => Ok(()),
    }
}

async fn take_lane(tx: &mut Tx, head: &Candidate, which: &ClaimPosts) -> Result<Fence> {
    let claim = sqlx::query(statements::CLAIM_LANE)
        .bind(head.lane)
        .bind(micros(which.now))
        .bind(tx.clock.leases.saturating_add(span(which.lease)))
        .bind(id_bytes(head.post));
    let row = claim.fetch_one(&mut tx.conn).await.map_err(failed)?;
    row.try_get("fence").map(Fence).map_err(failed)
}

fn read(row: &SqliteRow, fence: Fence, clock: i64) -> Result<PostClaim> {
    let settles_at: Option<i64> = Cells::new(row, "posts").get("settles_at")?;
    let settles_in = settles_at.map(|at| left(at, clock));
    let settled_for = settles_at.map(|at| left(clock, at)).unwrap_or_default();
    Ok(PostClaim::new(row::post(row)?, fence, settles_in).settled_for(settled_for))
}

/// A damaged row must not keep the other posts of its account waiting; it is tried, and reported, again later.
async fn put_off(tx: &mut Tx, head: &Candidate, which: &ClaimPosts) -> Result<()> {
    let until = which.now.checked_add_signed(PUT_OFF).unwrap_or(which.now);
    let put_off = sqlx::query(statements::PUT_OFF)
        .bind(id_bytes(head.post))
        .bind(micros(until));
    put_off.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}
