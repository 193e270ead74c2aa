use chrono::{DateTime, Utc};
use social_core::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, AppKey, OwnerId, PostId},
    publish::{Note, Outcome, PostLink},
    store::{
        Cancelled, HistoryEntry, HistoryKind, PostRecord, PostState, Revision, StoredCheckpoint,
    },
};
use sqlx::Row;

use super::{
    row::{self, id_bytes},
    statements,
    submit::{note, noted, refresh},
};
use crate::{
    connections::Tx,
    error::{conflict, failed},
    values::{Cells, json, micros, readable},
};

/// What an owner's decision goes by.
pub(super) struct Standing {
    pub(super) id: PostId,
    pub(super) lane: i64,
    pub(super) state: PostState,
    pub(super) revision: Revision,
    step: String,
    cancel_requested: bool,
    /// Those of its checkpoint.
    links: Vec<PostLink>,
}

pub(super) async fn standing(tx: &mut Tx, owner: &OwnerId, id: PostId) -> Result<Standing> {
    let standing = sqlx::query(statements::STANDING)
        .bind(id_bytes(id))
        .bind(owner.as_str());
    let found = standing
        .fetch_optional(&mut tx.conn)
        .await
        .map_err(failed)?;
    let Some(found) = found else {
        let message = "there is no such post of this owner";
        return Err(Error::new(ErrorKind::NotFound, message));
    };
    let cells = Cells::new(&found, "posts");
    Ok(Standing {
        id,
        lane: cells.get("lane")?,
        state: row::known_state(&found)?,
        revision: Revision(cells.get("revision")?),
        step: cells.get("step")?,
        cancel_requested: cells.get("cancel_requested")?,
        links: cells.json_opt("links")?.unwrap_or_default(),
    })
}

pub(super) async fn cancel(
    tx: &mut Tx,
    owner: &OwnerId,
    id: PostId,
    now: DateTime<Utc>,
) -> Result<Cancelled> {
    let post = standing(tx, owner, id).await?;
    if post.state == PostState::Unknown {
        return Err(PostRecord::newer());
    }
    if post.state.is_settled() {
        return Ok(Cancelled::TooLate);
    }
    if !post.cancel_requested {
        let request = sqlx::query(statements::REQUEST_CANCEL)
            .bind(id_bytes(id))
            .bind(micros(now));
        request.execute(&mut tx.conn).await.map_err(failed)?;
        let line = HistoryEntry::new(now, HistoryKind::CancelRequested, post.step.as_str());
        note(tx, id, &line).await?;
        refresh(tx, post.lane).await?;
    }
    if post.state != PostState::Queued {
        let_go(tx, post.lane).await?;
        return Ok(Cancelled::Requested);
    }
    end(tx, &post, (&Outcome::Cancelled, &[]), None, now).await?;
    Ok(Cancelled::Done)
}

/// To stop what was begun, a worker must be able to claim it.
async fn let_go(tx: &mut Tx, lane: i64) -> Result<()> {
    let let_go = sqlx::query(statements::LET_GO).bind(lane);
    let_go.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn hasten(
    tx: &mut Tx,
    owner: &OwnerId,
    id: PostId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let post = standing(tx, owner, id).await?;
    let hasten = sqlx::query(statements::HASTEN)
        .bind(id_bytes(id))
        .bind(micros(now));
    let done = hasten.execute(&mut tx.conn).await.map_err(failed)?;
    refresh(tx, post.lane).await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn settle(
    tx: &mut Tx,
    (owner, id): (&OwnerId, PostId),
    (outcome, notes): (&Outcome, &[Note]),
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let post = standing(tx, owner, id).await?;
    if post.state != PostState::Undecided {
        let message = "only a post of which nobody can tell the outcome is settled by hand";
        return Err(conflict(message));
    }
    StoredCheckpoint::check_word(&post.links, outcome)?;
    end(tx, &post, (outcome, notes), by, now).await?;
    let end_claim = sqlx::query(statements::END_CLAIM)
        .bind(post.lane)
        .bind(id_bytes(id));
    end_claim.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

/// Settles a post without a worker.
async fn end(
    tx: &mut Tx,
    post: &Standing,
    (outcome, notes): (&Outcome, &[Note]),
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let settle = sqlx::query(statements::SETTLE)
        .bind(id_bytes(post.id))
        .bind(PostState::of(outcome).as_str())
        .bind(json(outcome)?)
        .bind(micros(now))
        .bind(noted(notes)?);
    settle.execute(&mut tx.conn).await.map_err(failed)?;
    super::told::still_told(tx, post.id, now).await?;
    let mut line = HistoryEntry::new(now, HistoryKind::Settled, post.step.as_str());
    line.detail = by.map(str::to_owned);
    line.notes = notes.to_vec();
    if let Outcome::Failed(error) = outcome {
        line.error = Some(error.clone());
    }
    note(tx, post.id, &line).await?;
    refresh(tx, post.lane).await
}

pub(super) async fn cancel_account(
    tx: &mut Tx,
    account: &AccountKey,
    now: DateTime<Utc>,
) -> Result<u64> {
    let lane = sqlx::query(statements::LANE).bind(account.row_id());
    let Some(lane) = lane.fetch_optional(&mut tx.conn).await.map_err(failed)? else {
        return Ok(0);
    };
    let lane: i64 = lane.try_get("id").map_err(failed)?;
    let count = sqlx::query(statements::UNSETTLED).bind(lane);
    let count = count.fetch_one(&mut tx.conn).await.map_err(failed)?;
    for statement in [statements::NOTE_CANCELS, statements::CANCEL_WORKING] {
        let cancel = sqlx::query(statement).bind(lane).bind(micros(now));
        cancel.execute(&mut tx.conn).await.map_err(failed)?;
    }
    let cancel = sqlx::query(statements::CANCEL_QUEUED)
        .bind(lane)
        .bind(micros(now))
        .bind(json(&Outcome::Cancelled)?);
    cancel.execute(&mut tx.conn).await.map_err(failed)?;
    let note = sqlx::query(statements::NOTE_CANCELS_OF_NEWER)
        .bind(lane)
        .bind(micros(now));
    note.execute(&mut tx.conn).await.map_err(failed)?;
    let newer = sqlx::query(statements::CANCEL_NEWER).bind(lane);
    let newer = newer.execute(&mut tx.conn).await.map_err(failed)?;
    let_go(tx, lane).await?;
    refresh(tx, lane).await?;
    let count: u64 = Cells::new(&count, "posts").small("posts")?;
    Ok(count + newer.rows_affected())
}

pub(super) async fn expire_missed(
    tx: &mut Tx,
    served: &[AppKey],
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<PostRecord>> {
    let served: Vec<_> = served
        .iter()
        .map(|app| [app.platform.as_str(), app.app.as_str()])
        .collect();
    let missed = sqlx::query(statements::MISSED)
        .bind(micros(now))
        .bind(i64::from(limit))
        .bind(json(&served)?);
    let rows = missed.fetch_all(&mut tx.conn).await.map_err(failed)?;
    let outcome = Outcome::Failed(PostRecord::missed());
    let mut posts = Vec::with_capacity(rows.len());
    for found in &rows {
        let cells = Cells::new(found, "posts");
        let post = Standing {
            id: row::id(found, "id")?,
            lane: cells.get("lane")?,
            state: row::state(found)?,
            revision: Revision(cells.get("revision")?),
            step: cells.get("step")?,
            cancel_requested: false,
            links: Vec::new(),
        };
        end(tx, &post, (&outcome, &[]), None, now).await?;
        let load = sqlx::query(statements::POST).bind(id_bytes(post.id));
        posts.push(load.fetch_one(&mut tx.conn).await.map_err(failed)?);
    }
    // One that cannot be read has failed all the same.
    Ok(readable(&posts, row::post))
}
