//! Events about posts: handed over to them, read by their holders, and applied with what these record.

use chrono::{DateTime, Utc};
use social_core::{
    error::{Error, ErrorKind, Result},
    store::{EventClaim, HandedOver, PostClaim, RecordStep, Told, ToldEvent},
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
    let due_at = Cells::new(first, "posts").time_opt("due_untold")?;
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
    let (account, before) = (&claim.post.account, &claim.post.checkpoint.remote_ids);
    let ids = step.checkpoint.iter().flat_map(|at| &at.remote_ids);
    for id in ids.filter(|id| !before.contains(id)) {
        let key = post_key(&account.platform, &account.app, id);
        let give = sqlx::query(statements::GIVE)
            .bind(&post)
            .bind(key.as_slice());
        give.execute(&mut tx.conn).await.map_err(failed)?;
    }
    let still = sqlx::query(statements::STILL_TOLD)
        .bind(&post)
        .bind(micros(step.now));
    still.execute(&mut tx.conn).await.map_err(failed)?;
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
        .bind(post.as_ref().map(|(post, _)| post.as_slice()));
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
    tell.execute(&mut tx.conn).await.map_err(failed)?;
    let let_go = sqlx::query(statements::LET_GO).bind(lane);
    let_go.execute(&mut tx.conn).await.map_err(failed)?;
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
