use social_core::{
    error::Result,
    model::{AccountKey, IdempotencyKey, MediaId, PostId},
    publish::Note,
    store::{HistoryEntry, HistoryKind, NewPost, PostRecord, Submitted},
};
use sqlx::{
    Row, Sqlite,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{
    holder::keep_ids,
    row::{self, id_bytes},
    statements,
};
use crate::{
    connections::Tx,
    error::{conflict, failed, is_taken},
    life::{self, Life},
    values::{Cells, json, micros},
};

pub(super) async fn submit(tx: &mut Tx, life: &Life, post: &NewPost) -> Result<Submitted> {
    let lane = keep_lane(tx, &post.account).await?;
    let key = existing_query(&post.account, &post.idempotency_key);
    let found = key.fetch_optional(&mut tx.conn).await.map_err(failed)?;
    if let Some(existing) = existing(found.as_ref(), &post.fingerprint)? {
        return Ok(Submitted::Existing(existing));
    }
    post.checkpoint.check_first()?;
    let is_doubted = is_doubted(tx, life, post).await?;
    insert(tx, lane, post, is_doubted).await?;
    keep_media(tx, post.id, &post.media).await?;
    let step = post.checkpoint.step.as_str();
    let held = is_doubted.then_some(HistoryKind::Held);
    for kind in [HistoryKind::Submitted].into_iter().chain(held) {
        note(tx, post.id, &HistoryEntry::new(post.created_at, kind, step)).await?;
    }
    refresh(tx, lane).await?;
    let record = PostRecord::new(post);
    Ok(Submitted::New(if is_doubted {
        record.held()
    } else {
        record
    }))
}

/// Whether its key may have been used in writes that these data have lost.
async fn is_doubted(tx: &mut Tx, life: &Life, post: &NewPost) -> Result<bool> {
    let Some(within) = post.hold_after_loss else {
        return Ok(false);
    };
    let look = sqlx::query(life::LOOK).fetch_one(&mut tx.conn).await;
    let lives = life.incarnations(&look.map_err(failed)?)?;
    Ok(lives.doubts_keys(within, post.created_at))
}

/// The account's lane, made if there is none.
pub(super) async fn keep_lane(tx: &mut Tx, account: &AccountKey) -> Result<i64> {
    let id = account.row_id();
    let keep = sqlx::query(statements::KEEP_LANE)
        .bind(id.as_str())
        .bind(account.app.as_str())
        .bind(account.platform.as_str())
        .bind(account.account.as_str());
    keep.execute(&mut tx.conn).await.map_err(failed)?;
    let lane = sqlx::query(statements::LANE).bind(id);
    let lane = lane.fetch_one(&mut tx.conn).await.map_err(failed)?;
    lane.try_get("id").map_err(failed)
}

/// The post that the key stands for.
pub(super) fn existing_query(account: &AccountKey, key: &IdempotencyKey) -> Existing {
    sqlx::query(statements::EXISTING)
        .bind(account.row_id())
        .bind(key.as_str().to_owned())
}

type Existing = Query<'static, Sqlite, SqliteArguments>;

/// The same, once it was found: if its content is this one.
pub(super) fn existing(
    found: Option<&SqliteRow>,
    fingerprint: &[u8; 32],
) -> Result<Option<PostRecord>> {
    let Some(found) = found else {
        return Ok(None);
    };
    let kept: [u8; 32] = Cells::new(found, "posts").bytes("fingerprint")?;
    if kept != *fingerprint {
        let message = "this idempotency key stands for a post with another content";
        return Err(conflict(message));
    }
    row::post(found).map(Some)
}

async fn insert(tx: &mut Tx, lane: i64, post: &NewPost, is_doubted: bool) -> Result<()> {
    let due_at = if is_doubted {
        PostRecord::never()
    } else {
        post.due_at
    };
    let insert = sqlx::query(statements::INSERT)
        .bind(id_bytes(post.id))
        .bind(lane)
        .bind(post.account.platform.as_str())
        .bind(post.account.owner.as_str())
        .bind(post.idempotency_key.as_str())
        .bind(post.fingerprint.to_vec())
        .bind(post.caption.as_str())
        .bind(post.request.as_slice())
        .bind(post.checkpoint.step.as_str())
        .bind(json(&post.checkpoint.next)?)
        .bind(post.checkpoint.exposure.post_may_exist())
        .bind(json(&post.checkpoint.remote_ids)?)
        .bind(i64::from(post.checkpoint.version))
        .bind(post.checkpoint.sealed.as_slice())
        .bind(micros(due_at))
        .bind(post.expires_at.map(micros))
        .bind(micros(post.created_at))
        .bind(is_doubted.then(|| micros(post.due_at)));
    match insert.execute(&mut tx.conn).await {
        // A first checkpoint seldom has one.
        Ok(_) if post.checkpoint.remote_ids.is_empty() => Ok(()),
        Ok(_) => {
            keep_ids(tx, post.id).await?;
            super::told::follow_ids(tx, post.id, &[], &post.checkpoint.remote_ids).await
        }
        Err(error) if is_taken(&error) => Err(conflict("there is another post with this id")),
        Err(error) => Err(failed(error)),
    }
}

pub(super) async fn keep_media(tx: &mut Tx, id: PostId, media: &[MediaId]) -> Result<()> {
    if media.is_empty() {
        return Ok(());
    }
    let keep = sqlx::query(statements::KEEP_MEDIA)
        .bind(id_bytes(id))
        .bind(json(&media)?);
    keep.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

/// Notes as they are stored; nothing where there are none.
pub(super) fn noted(notes: &[Note]) -> Result<Option<String>> {
    (!notes.is_empty()).then(|| json(&notes)).transpose()
}

/// Adds a line of history.
pub(super) async fn note(tx: &mut Tx, post: PostId, line: &HistoryEntry) -> Result<()> {
    let note = sqlx::query(statements::NOTE)
        .bind(id_bytes(post))
        .bind(micros(line.at))
        .bind(line.kind.as_str())
        .bind(line.step.as_str())
        .bind(line.detail.as_deref())
        .bind(line.error.as_ref().map(json).transpose()?)
        .bind(noted(&line.notes)?);
    note.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

/// Sets when the lane is ready, after anything that moved its posts.
pub(super) async fn refresh(tx: &mut Tx, lane: i64) -> Result<()> {
    let ready = sqlx::query(statements::READY).bind(lane);
    ready.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}
