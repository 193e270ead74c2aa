use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    model::{OwnerId, PostId},
    store::{HistoryEntry, HistoryKind, PostContent, PostEdit, PostRecord, PostState, Revision},
};

use super::{
    holder::keep,
    owner::standing,
    row::{self, id_bytes},
    statements,
    submit::{keep_media, note, refresh},
};
use crate::{
    connections::Tx,
    error::{conflict, failed},
    values::{Cells, json, micros},
};

pub(super) async fn edit(
    tx: &mut Tx,
    owner: &OwnerId,
    id: PostId,
    expect: Revision,
    edit: &PostEdit,
    now: DateTime<Utc>,
) -> Result<PostRecord> {
    if let Some(content) = &edit.content {
        content.checkpoint.check_first()?;
    }
    let post = standing(tx, owner, id).await?;
    if post.state == PostState::Unknown {
        return Err(PostRecord::newer());
    }
    if post.state != PostState::Queued {
        let message = "a post that a worker has begun, or that has an outcome, is not changed";
        return Err(conflict(message));
    }
    if post.revision != expect {
        return Err(conflict("the post was changed since: look again"));
    }
    if let Some(content) = &edit.content {
        replace(tx, id, content).await?;
    }
    let update = sqlx::query(statements::EDIT)
        .bind(id_bytes(id))
        .bind(micros(edit.due_at))
        .bind(edit.expires_at.map(micros));
    update.execute(&mut tx.conn).await.map_err(failed)?;
    let load = sqlx::query(statements::POST).bind(id_bytes(id));
    let edited = row::post(&load.fetch_one(&mut tx.conn).await.map_err(failed)?)?;
    let step = edited.checkpoint.step.as_str();
    note(tx, id, &HistoryEntry::new(now, HistoryKind::Edited, step)).await?;
    refresh(tx, post.lane).await?;
    Ok(edited)
}

pub(super) async fn release_held(
    tx: &mut Tx,
    id: PostId,
    now: DateTime<Utc>,
) -> Result<PostRecord> {
    let release = sqlx::query(statements::RELEASE_HELD).bind(id_bytes(id));
    let released = release.execute(&mut tx.conn).await.map_err(failed)?;
    if released.rows_affected() == 0 {
        return Err(PostRecord::none_held());
    }
    let load = sqlx::query(statements::POST).bind(id_bytes(id));
    let found = load.fetch_one(&mut tx.conn).await.map_err(failed)?;
    let post = row::post(&found)?;
    let step = post.checkpoint.step.as_str();
    note(tx, id, &HistoryEntry::new(now, HistoryKind::Released, step)).await?;
    refresh(tx, Cells::new(&found, "posts").get("lane")?).await?;
    Ok(post)
}

async fn replace(tx: &mut Tx, id: PostId, content: &PostContent) -> Result<()> {
    let replace = sqlx::query(statements::CONTENT)
        .bind(id_bytes(id))
        .bind(content.caption.as_str())
        .bind(content.request.as_slice());
    replace.execute(&mut tx.conn).await.map_err(failed)?;
    let leave = sqlx::query(statements::LEAVE_MEDIA)
        .bind(id_bytes(id))
        .bind(json(&content.media)?);
    leave.execute(&mut tx.conn).await.map_err(failed)?;
    keep_media(tx, id, &content.media).await?;
    keep(tx, id, &content.checkpoint).await
}
