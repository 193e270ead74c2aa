//! Events about posts: handed over to them, read by their holders, and applied with what these record.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use social_core::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, PostId, RemoteId},
    store::{EventClaim, HandedOver, PostClaim, RecordStep, Told, ToldEvent},
    webhook::{EventSubject, post_key},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{holder::Held, statements};
use crate::{
    db::Db,
    error::failed,
    events,
    values::{Cells, report},
};

pub(super) async fn told(db: &Db, claim: &PostClaim, limit: u32) -> Result<Told> {
    const TOLD: &str = "posts.told";
    let told = db
        .query(statements::TOLD)
        .bind(claim.post.account.row_id())
        .bind(claim.fence.0)
        .bind(claim.post.id.as_uuid())
        .bind(i64::from(limit));
    let mut reader = db.read(TOLD).await?;
    let rows = told.fetch_all(reader.conn()).await;
    let rows = reader.finish(rows).await?;
    let Some(first) = rows.first() else {
        return Ok(Told::default());
    };
    // A memory that cannot be read keeps no event back.
    let due_at = Cells::new(first, "posts").time_opt("due_untold");
    let due_at = due_at.unwrap_or_default();
    let numbers = rows
        .iter()
        .map(|row| Cells::new(row, "event_handed").get("number"));
    let numbers: Vec<i64> = numbers.collect::<Result<_>>()?;
    let mut log: HashMap<_, _> = events::of_numbers(db, TOLD, &numbers).await?;
    let events = numbers.into_iter().map(|number| {
        let event = log.remove(&number);
        let event = event.unwrap_or_else(|| Err(events::gone(number)));
        ToldEvent::new(number, event.inspect_err(report).ok())
    });
    Ok(Told::new(events.collect(), due_at))
}

/// Ends the events that a record takes into account, and gives the post those that came before its ids. The lane is locked.
pub(super) async fn apply(
    db: &Db,
    conn: &mut PgConnection,
    claim: &PostClaim,
    step: &RecordStep,
    held: Held,
) -> Result<()> {
    let post = claim.post.id.as_uuid();
    if !step.applied.is_empty() {
        let apply = db.query(statements::APPLY).bind(post);
        let apply = apply.bind(step.applied.as_slice()).bind(step.now);
        apply.execute(&mut *conn).await.map_err(failed)?;
    }
    let Some(checkpoint) = &step.checkpoint else {
        return Ok(());
    };
    let is_new = |id: &&RemoteId| !held.ids.contains(id);
    let new: Vec<_> = checkpoint.remote_ids.iter().filter(is_new).collect();
    let is_gone = |id: &&RemoteId| !checkpoint.remote_ids.contains(id);
    let gone: Vec<_> = held.ids.iter().filter(is_gone).collect();
    if !gone.is_empty() {
        let free = db.query(statements::FREE).bind(post);
        let free = free.bind(keys(&claim.post.account, &gone));
        free.execute(&mut *conn).await.map_err(failed)?;
    }
    give(
        db,
        conn,
        claim.post.id,
        held.lane,
        keys(&claim.post.account, &new),
    )
    .await
}

/// The ids as the database takes them.
pub(super) fn texts(ids: &[RemoteId]) -> Vec<&str> {
    ids.iter().map(RemoteId::as_str).collect()
}

/// By what the events about these ids are found.
pub(super) fn keys(account: &AccountKey, ids: &[&RemoteId]) -> Vec<Uuid> {
    let key = |id: &&RemoteId| Uuid::from_bytes(post_key(&account.platform, &account.app, id));
    ids.iter().map(key).collect()
}

/// A post that gets ids gets the events about them that came before.
pub(super) async fn give(
    db: &Db,
    conn: &mut PgConnection,
    post: PostId,
    lane: i64,
    keys: Vec<Uuid>,
) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let lock = db.query(statements::LOCK_KEYS).bind(keys.as_slice());
    lock.execute(&mut *conn).await.map_err(failed)?;
    let give = db.query(statements::GIVE).bind(post.as_uuid());
    let give = give.bind(keys).bind(lane);
    give.execute(conn).await.map_err(failed)?;
    Ok(())
}

/// A post, and its lane.
#[derive(Clone, Copy)]
struct Found {
    post: Uuid,
    lane: i64,
}

/// Nothing when it has to be begun anew: somebody recorded the id meanwhile.
pub(crate) async fn hand_over(
    db: &Db,
    conn: &mut PgConnection,
    claim: &EventClaim,
    now: DateTime<Utc>,
) -> Result<Option<(HandedOver, Option<DateTime<Utc>>)>> {
    let key = claim.record.event.post_key().ok_or_else(not_about_a_post)?;
    let key = Uuid::from_bytes(key);
    let found = find(db, &mut *conn, claim).await?;
    let Some(found) = found else {
        let lock = db.query(statements::LOCK_KEYS).bind(vec![key]);
        lock.execute(&mut *conn).await.map_err(failed)?;
        if find(db, &mut *conn, claim).await?.is_some() {
            // Lanes are locked before keys.
            return Ok(None);
        }
        let moved = hand(db, conn, claim, key, None).await?;
        return Ok(Some(match moved {
            Some(next) => (HandedOver::Unmatched, next),
            None => (HandedOver::Lost, None),
        }));
    };
    let lane = db.query(statements::LANE).bind(found.lane);
    lane.execute(&mut *conn).await.map_err(failed)?;
    let Some(next) = hand(db, &mut *conn, claim, key, Some(found)).await? else {
        return Ok(Some((HandedOver::Lost, None)));
    };
    let tell = db
        .query(statements::TELL)
        .bind(found.post)
        .bind(claim.record.number)
        .bind(now);
    tell.execute(conn).await.map_err(failed)?;
    Ok(Some((HandedOver::ToPost, next)))
}

/// Moves it, and answers when the event is due that waited for it; nothing when the claim does not hold any more.
async fn hand(
    db: &Db,
    conn: &mut PgConnection,
    claim: &EventClaim,
    key: Uuid,
    found: Option<Found>,
) -> Result<Option<Option<DateTime<Utc>>>> {
    let hand_over = db
        .query(statements::HAND_OVER)
        .bind(claim.record.number)
        .bind(claim.epoch.0)
        .bind(key)
        .bind(found.map(|found| found.post))
        .bind(found.map(|found| found.lane));
    let row = hand_over.fetch_optional(conn).await.map_err(failed)?;
    row.map(|row| Cells::new(&row, "event_queue").time_opt("next"))
        .transpose()
}

/// The post that has the event's id.
async fn find(db: &Db, conn: &mut PgConnection, claim: &EventClaim) -> Result<Option<Found>> {
    let event = &claim.record.event;
    let EventSubject::Post { remote_id } = &event.subject else {
        return Err(not_about_a_post());
    };
    let find = db
        .query(statements::LANE_OF_KEY)
        .bind(event.platform.as_str())
        .bind(event.app.as_str())
        .bind(remote_id.as_str());
    let row = find.fetch_optional(conn).await.map_err(failed)?;
    row.map(|row| {
        let cells = Cells::new(&row, "posts");
        Ok(Found {
            post: cells.get("id")?,
            lane: cells.get("lane")?,
        })
    })
    .transpose()
}

fn not_about_a_post() -> Error {
    let message = "only an event about a post is handed over to one";
    Error::new(ErrorKind::Invalid, message)
}
