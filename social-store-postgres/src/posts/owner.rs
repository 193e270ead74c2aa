use chrono::{DateTime, Utc};
use social_core::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, OwnerId, PostId},
    publish::{Note, Outcome, PostLink},
    store::{Cancelled, PostEdit, PostRecord, PostState, Revision, StoredCheckpoint},
};
use sqlx::PgConnection;

use super::{
    holder::{bind_checkpoint, exposed, noted},
    row, statements,
    submit::{media_texts, remote_id_taken},
};
use crate::{
    db::Db,
    error::{conflict, failed, is_taken},
    values::{Cells, json},
};

/// Locks the lane of an owner's post.
async fn lock(db: &Db, conn: &mut PgConnection, owner: &OwnerId, id: PostId) -> Result<()> {
    let lock = db
        .query(statements::LANE_OF_POST)
        .bind(id.as_uuid())
        .bind(owner.as_str());
    match lock.fetch_optional(conn).await.map_err(failed)? {
        Some(_) => Ok(()),
        None => {
            let message = "there is no such post of this owner";
            Err(Error::new(ErrorKind::NotFound, message))
        }
    }
}

pub(super) async fn release_held(
    db: &Db,
    conn: &mut PgConnection,
    id: PostId,
    now: DateTime<Utc>,
) -> Result<PostRecord> {
    let lock = db.query(statements::LANE_OF_HELD).bind(id.as_uuid());
    lock.execute(&mut *conn).await.map_err(failed)?;
    let release = db
        .query(statements::RELEASE_HELD)
        .bind(id.as_uuid())
        .bind(now);
    match release.fetch_optional(conn).await.map_err(failed)? {
        Some(released) => row::post(&released),
        None => Err(PostRecord::none_held()),
    }
}

/// Also of an account that has no posts yet: later ones are held then.
pub(super) async fn hold(db: &Db, conn: &mut PgConnection, account: &AccountKey) -> Result<()> {
    let hold = db
        .query(statements::HOLD)
        .bind(account.row_id())
        .bind(account.app.as_str())
        .bind(account.platform.as_str())
        .bind(account.account.as_str());
    hold.execute(conn).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn resume(db: &Db, conn: &mut PgConnection, account: &AccountKey) -> Result<()> {
    let resume = db.query(statements::RESUME).bind(account.row_id());
    resume.execute(conn).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn cancel(
    db: &Db,
    conn: &mut PgConnection,
    owner: &OwnerId,
    id: PostId,
    now: DateTime<Utc>,
) -> Result<Cancelled> {
    lock(db, conn, owner, id).await?;
    let cancel = db
        .query(statements::CANCEL)
        .bind(id.as_uuid())
        .bind(now)
        .bind(json(&Outcome::Cancelled)?);
    let before = cancel.fetch_one(&mut *conn).await.map_err(failed)?;
    match row::known_state(&before)? {
        PostState::Queued => Ok(Cancelled::Done),
        PostState::Working => {
            let lane: i64 = Cells::new(&before, "posts").get("lane")?;
            let let_go = db.query(statements::LET_GO).bind(lane);
            let_go.execute(conn).await.map_err(failed)?;
            Ok(Cancelled::Requested)
        }
        PostState::Unknown => Err(PostRecord::newer()),
        _ => Ok(Cancelled::TooLate),
    }
}

pub(super) async fn hasten(
    db: &Db,
    conn: &mut PgConnection,
    owner: &OwnerId,
    id: PostId,
    now: DateTime<Utc>,
) -> Result<bool> {
    lock(db, conn, owner, id).await?;
    let hasten = db.query(statements::HASTEN).bind(id.as_uuid()).bind(now);
    let hastened = hasten.fetch_optional(conn).await.map_err(failed)?;
    Ok(hastened.is_some())
}

pub(super) async fn settle(
    db: &Db,
    conn: &mut PgConnection,
    (owner, id): (&OwnerId, PostId),
    (outcome, notes): (&Outcome, &[Note]),
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    lock(db, conn, owner, id).await?;
    check_word(db, conn, id, outcome).await?;
    let trouble = match outcome {
        Outcome::Failed(error) => Some(json(error)?),
        _ => None,
    };
    let settle = db
        .query(statements::SETTLE)
        .bind(id.as_uuid())
        .bind(PostState::of(outcome).as_str())
        .bind(json(outcome)?)
        .bind(now)
        .bind(trouble)
        .bind(by.map(|by| json(&by)).transpose()?)
        .bind(noted(notes)?);
    let settled = settle.fetch_optional(conn).await.map_err(failed)?;
    settled.map(drop).ok_or_else(not_undecided)
}

fn not_undecided() -> Error {
    conflict("only a post of which nobody can tell the outcome is settled by hand")
}

/// Of the post whose lane is locked.
async fn check_word(db: &Db, conn: &mut PgConnection, id: PostId, outcome: &Outcome) -> Result<()> {
    let state = db.query(statements::STATE).bind(id.as_uuid());
    let found = state.fetch_one(conn).await.map_err(failed)?;
    if row::state(&found)? != PostState::Undecided {
        return Err(not_undecided());
    }
    let links: Option<Vec<PostLink>> = Cells::new(&found, "posts").json_opt("links")?;
    StoredCheckpoint::check_word(&links.unwrap_or_default(), outcome)
}

pub(super) async fn edit(
    db: &Db,
    conn: &mut PgConnection,
    (owner, id): (&OwnerId, PostId),
    expect: Revision,
    edit: &PostEdit,
    now: DateTime<Utc>,
) -> Result<PostRecord> {
    if let Some(content) = &edit.content {
        content.checkpoint.check_first()?;
    }
    lock(db, conn, owner, id).await?;
    let content = edit.content.as_ref();
    let update = db
        .query(statements::EDIT)
        .bind(id.as_uuid())
        .bind(expect.0)
        .bind(edit.due_at)
        .bind(edit.expires_at)
        .bind(now)
        .bind(content.map(|content| content.caption.as_str()))
        .bind(content.map(|content| content.request.as_slice()));
    let checkpoint = content.map(|content| &content.checkpoint);
    let update = bind_checkpoint(update, checkpoint)?
        .bind(exposed(checkpoint))
        .bind(content.map(|content| media_texts(&content.media)));
    match update.fetch_optional(&mut *conn).await {
        Ok(Some(edited)) => row::post(&edited),
        Ok(None) => Err(why_not_edited(db, conn, id).await?),
        Err(error) if is_taken(&error) => Err(remote_id_taken()),
        Err(error) => Err(failed(error)),
    }
}

async fn why_not_edited(db: &Db, conn: &mut PgConnection, id: PostId) -> Result<Error> {
    let state = db.query(statements::STATE).bind(id.as_uuid());
    let found = state.fetch_one(conn).await.map_err(failed)?;
    Ok(match row::known_state(&found)? {
        PostState::Unknown => PostRecord::newer(),
        PostState::Queued => conflict("the post was changed since: look again"),
        _ => conflict("a post that a worker has begun, or that has an outcome, is not changed"),
    })
}
