//! Events about posts: handed over to them, read by their holders, and applied with what these record.

use chrono::{DateTime, Utc};
use social_core::{
    error::{Error, ErrorKind, Result},
    model::{AppId, Platform, PostId, RemoteId},
    store::{EventClaim, HandedOver, Next, PostClaim, RecordStep, Told, ToldEvent},
    webhook::{EventSubject, VerifiedEvent, post_key},
};

use super::{row::id_bytes, statements, submit::refresh};
use crate::{
    connections::{Connections, Tx},
    error::failed,
    events,
    values::{Cells, json, micros, report},
};

pub(super) async fn told(db: &Connections, claim: &PostClaim, limit: u32) -> Result<Told> {
    let told = sqlx::query(statements::TOLD)
        .bind(claim.post.account.row_id())
        .bind(claim.fence.0)
        .bind(id_bytes(claim.post.id))
        .bind(i64::from(limit));
    let mut reader = db.read("posts.told").await?;
    let rows = told.fetch_all(&mut reader.conn).await;
    let rows = reader.finish(rows)?;
    let Some(first) = rows.first() else {
        return Ok(Told::default());
    };
    // A memory that cannot be read keeps no event back.
    let due_at = Cells::new(first, "posts").time_opt("due_untold");
    let due_at = due_at.unwrap_or_default();
    let events = rows.iter().map(|row| {
        let event = events::verified(row).inspect_err(report).ok();
        let number = Cells::new(row, "event_handed").get("told")?;
        Ok(ToldEvent::new(number, event))
    });
    Ok(Told::new(events.collect::<Result<_>>()?, due_at))
}

/// Ends the events that a record takes into account, and gives the post those that came before its ids.
pub(super) async fn apply(tx: &mut Tx, claim: &PostClaim, step: &RecordStep) -> Result<()> {
    let post = id_bytes(claim.post.id);
    if !step.applied.is_empty() {
        let numbers = json(&step.applied)?;
        let apply = sqlx::query(statements::APPLY)
            .bind(&post)
            .bind(&numbers)
            .bind(micros(step.now));
        apply.execute(&mut tx.conn).await.map_err(failed)?;
        let leave = sqlx::query(statements::LEAVE_HANDED)
            .bind(&post)
            .bind(&numbers);
        leave.execute(&mut tx.conn).await.map_err(failed)?;
    }
    if step.due_as_untold {
        let is_open = !matches!(step.next, Next::Settle(..));
        let due = sqlx::query(statements::DUE_AS_UNTOLD)
            .bind(&post)
            .bind(is_open);
        due.execute(&mut tx.conn).await.map_err(failed)?;
    }
    if step.puts_off_told {
        return Ok(());
    }
    still_told(tx, claim.post.id, step.now).await
}

/// Makes a post due that still has events to be told.
pub(super) async fn still_told(tx: &mut Tx, post: PostId, now: DateTime<Utc>) -> Result<()> {
    let still = sqlx::query(statements::STILL_TOLD)
        .bind(id_bytes(post))
        .bind(micros(now));
    still.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

/// A post whose ids are others now gets the events about those that it got, and loses those about others.
pub(super) async fn follow_ids(
    tx: &mut Tx,
    post: PostId,
    had: &[RemoteId],
    has: &[RemoteId],
) -> Result<()> {
    let gone: Vec<_> = had.iter().filter(|id| !has.contains(id)).collect();
    let new: Vec<_> = has.iter().filter(|id| !had.contains(id)).collect();
    if gone.is_empty() && new.is_empty() {
        return Ok(());
    }
    let lane = sqlx::query(statements::LANE_OF_POST).bind(id_bytes(post));
    let row = lane.fetch_one(&mut tx.conn).await.map_err(failed)?;
    let cells = Cells::new(&row, "lanes");
    let lane: i64 = cells.get("lane")?;
    let app = AppId::from_stored(cells.get::<String>("app")?);
    let platform = Platform::from_name(cells.get::<String>("platform")?);
    for id in gone {
        let free = sqlx::query(statements::FREE).bind(id_bytes(post));
        let free = free.bind(post_key(&platform, &app, id).to_vec());
        free.execute(&mut tx.conn).await.map_err(failed)?;
    }
    for id in new {
        let give = sqlx::query(statements::GIVE).bind(id_bytes(post));
        let give = give.bind(post_key(&platform, &app, id).to_vec()).bind(lane);
        give.execute(&mut tx.conn).await.map_err(failed)?;
    }
    Ok(())
}

pub(crate) async fn hand_over(
    tx: &mut Tx,
    claim: &EventClaim,
    now: DateTime<Utc>,
) -> Result<HandedOver> {
    let event = &claim.record.event;
    let key = event.post_key().ok_or_else(not_about_a_post)?;
    let post = find(tx, event).await?;
    let hand_over = sqlx::query(statements::HAND_OVER)
        .bind(claim.record.number)
        .bind(claim.epoch.0)
        .bind(key.as_slice())
        .bind(post.as_ref().map(|(post, _)| post.as_slice()))
        .bind(post.as_ref().map(|(_, lane)| *lane));
    let moved = hand_over.execute(&mut tx.conn).await.map_err(failed)?;
    if moved.rows_affected() == 0 {
        return Ok(HandedOver::Lost);
    }
    let leave = sqlx::query(statements::LEAVE_QUEUE_FOR_POST).bind(claim.record.number);
    leave.execute(&mut tx.conn).await.map_err(failed)?;
    let Some((post, lane)) = post else {
        return Ok(HandedOver::Unmatched);
    };
    let tell = sqlx::query(statements::TELL)
        .bind(post)
        .bind(claim.record.number)
        .bind(micros(now));
    let told = tell.fetch_optional(&mut tx.conn).await.map_err(failed)?;
    let Some(told) = told else {
        return Ok(HandedOver::ToPost);
    };
    if Cells::new(&told, "posts").get("is_known")? {
        let let_go = sqlx::query(statements::LET_GO).bind(lane);
        let_go.execute(&mut tx.conn).await.map_err(failed)?;
    }
    refresh(tx, lane).await?;
    Ok(HandedOver::ToPost)
}

/// The post that has the event's id, and its lane.
async fn find(tx: &mut Tx, event: &VerifiedEvent) -> Result<Option<(Vec<u8>, i64)>> {
    let EventSubject::Post { remote_id } = &event.subject else {
        return Err(not_about_a_post());
    };
    let find = sqlx::query(statements::OF_ID)
        .bind(event.platform.as_str())
        .bind(event.app.as_str())
        .bind(remote_id.as_str());
    let row = find.fetch_optional(&mut tx.conn).await.map_err(failed)?;
    row.map(|row| {
        let cells = Cells::new(&row, "post_ids");
        Ok((cells.get("id")?, cells.get("lane")?))
    })
    .transpose()
}

fn not_about_a_post() -> Error {
    let message = "only an event about a post is handed over to one";
    Error::new(ErrorKind::Invalid, message)
}
