use social_core::{
    Reason,
    error::Result,
    model::{AccountKey, IdempotencyKey, MediaId},
    store::{NewPost, PostRecord, Submitted},
};
use sqlx::{
    PgConnection, Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::{row, statements, told};
use crate::{
    PgStore,
    db::Db,
    error::{conflict, failed, is_taken},
    installation,
    values::{Cells, json},
    wakes::{Hint, soon},
};

impl PgStore {
    /// Submits a post inside a transaction of the caller's own, on the same database: it is kept, and workers hear of it,
    /// when that transaction commits. Otherwise as [`submit`](social_core::store::PostStore::submit); a refusal leaves the
    /// transaction usable.
    ///
    /// The account's other posts wait until the transaction ends, so it should end soon. One that submits for several
    /// accounts takes them in one order everywhere, say by [`row_id`](social_core::model::AccountKey::row_id); opposite
    /// orders can block each other, and PostgreSQL then fails one of the two.
    ///
    /// ```no_run
    /// # async fn order(
    /// #     pool: &sqlx::PgPool,
    /// #     store: &social_store_postgres::PgStore,
    /// #     post: &social_core::store::NewPost,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut tx = pool.begin().await?;
    /// sqlx::query("INSERT INTO orders (id) VALUES ('17')").execute(&mut *tx).await?;
    /// store.submit_in(&mut tx, post).await?;
    /// tx.commit().await?; // both or neither
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Conflict` when the key stands for another content or the id for another post, `Storage` when the database refuses
    /// a statement, which ends the transaction, `Unavailable` when its connection fails.
    ///
    /// # Cancel safety
    /// Dropped, it may have happened within the transaction; roll that back.
    pub async fn submit_in(&self, conn: &mut PgConnection, post: &NewPost) -> Result<Submitted> {
        let submitted = submit_and_announce(&self.db, conn, post).await;
        submitted.map_err(|error| error.with_operation("posts.submit"))
    }
}

async fn submit_and_announce(
    db: &Db,
    conn: &mut PgConnection,
    post: &NewPost,
) -> Result<Submitted> {
    let submitted = submit(db, conn, post).await?;
    if is_news(post, &submitted) {
        db.announce(conn, Hint::Posts).await?;
    }
    Ok(submitted)
}

/// Whether workers have something to do now.
pub(super) fn is_news(post: &NewPost, submitted: &Submitted) -> bool {
    matches!(submitted, Submitted::New(_)) && soon(post.due_at, post.created_at)
}

pub(super) async fn submit(db: &Db, conn: &mut PgConnection, post: &NewPost) -> Result<Submitted> {
    if let Err(refused) = post.checkpoint.check_first() {
        let there = of_key(db, conn, post).await?;
        return there.ok_or(refused);
    }
    let is_doubted = is_doubted(db, conn, post).await?;
    let found = insert(db, conn, post, is_doubted).await?;
    let cells = Cells::new(&found, "posts");
    if cells.get("is_new")? {
        let ids: Vec<_> = post.checkpoint.remote_ids.iter().collect();
        let keys = told::keys(&post.account, &ids);
        told::give(db, conn, post.id, cells.get("lane")?, keys).await?;
        let record = PostRecord::new(post);
        return Ok(Submitted::New(if is_doubted {
            record.held()
        } else {
            record
        }));
    }
    let lane = cells.get("lane")?;
    // The lane was told of a post that was not kept.
    refresh(db, conn, &[lane]).await?;
    existing(db, conn, post).await
}

/// Whether its key may have been used in writes that these data have lost. On the connection that then writes it: another
/// may lead to another server.
async fn is_doubted(db: &Db, conn: &mut PgConnection, post: &NewPost) -> Result<bool> {
    let Some(within) = post.hold_after_loss else {
        return Ok(false);
    };
    let lives = installation::lives_on(db, conn).await?;
    Ok(lives.doubts_keys(within, post.created_at))
}

async fn insert(
    db: &Db,
    conn: &mut PgConnection,
    post: &NewPost,
    is_doubted: bool,
) -> Result<PgRow> {
    let due_at = if is_doubted {
        PostRecord::never()
    } else {
        post.due_at
    };
    let insert = db
        .query(statements::SUBMIT)
        .bind(post.account.row_id())
        .bind(post.account.app.as_str())
        .bind(post.account.platform.as_str())
        .bind(post.account.account.as_str())
        .bind(due_at)
        .bind(post.id.as_uuid())
        .bind(post.account.owner.as_str())
        .bind(post.idempotency_key.as_str())
        .bind(post.fingerprint.as_slice())
        .bind(post.caption.as_str())
        .bind(post.request.as_slice())
        .bind(post.checkpoint.step.as_str())
        .bind(json(&post.checkpoint.next)?)
        .bind(told::texts(&post.checkpoint.remote_ids))
        .bind(i64::from(post.checkpoint.version))
        .bind(post.checkpoint.sealed.as_slice())
        .bind(post.expires_at)
        .bind(post.created_at)
        .bind(is_doubted.then_some(post.due_at))
        .bind(post.checkpoint.exposure.post_may_exist())
        .bind(media_texts(&post.media));
    match insert.fetch_one(conn).await {
        Ok(row) => Ok(row),
        // Somebody else's id came at the same moment.
        Err(error) if is_taken(&error) => Err(remote_id_taken()),
        Err(error) => Err(failed(error)),
    }
}

pub(super) fn media_texts(media: &[MediaId]) -> Vec<&str> {
    media.iter().map(MediaId::as_str).collect()
}

/// The post that the key stands for.
pub(super) fn existing_query(
    db: &Db,
    account: &AccountKey,
    key: &IdempotencyKey,
) -> Query<'static, Postgres, PgArguments> {
    db.query(statements::EXISTING)
        .bind(account.row_id())
        .bind(key.as_str().to_owned())
}

/// The same, once it was found: if its content is this one.
pub(super) fn with_content(found: &PgRow, fingerprint: &[u8; 32]) -> Result<PostRecord> {
    let kept: [u8; 32] = Cells::new(found, "posts").bytes("fingerprint")?;
    if kept != *fingerprint {
        let message = "this idempotency key stands for a post with another content";
        return Err(conflict(message));
    }
    row::post(found)
}

/// The post that the key stands for, if there is one.
async fn of_key(db: &Db, conn: &mut PgConnection, post: &NewPost) -> Result<Option<Submitted>> {
    let existing = existing_query(db, &post.account, &post.idempotency_key);
    let found = existing.fetch_optional(conn).await.map_err(failed)?;
    let existing = found.map(|found| with_content(&found, &post.fingerprint));
    Ok(existing.transpose()?.map(Submitted::Existing))
}

/// The post that the key stands for, or why there is none.
async fn existing(db: &Db, conn: &mut PgConnection, post: &NewPost) -> Result<Submitted> {
    if let Some(existing) = of_key(db, &mut *conn, post).await? {
        return Ok(existing);
    }
    let taken = db.query(statements::ID_IS_TAKEN).bind(post.id.as_uuid());
    let taken = taken.fetch_one(conn).await.map_err(failed)?;
    if Cells::new(&taken, "posts").get("taken")? {
        return Err(conflict("there is another post with this id"));
    }
    Err(remote_id_taken())
}

pub(super) fn remote_id_taken() -> social_core::Error {
    conflict("another post already has this id of the platform").with_reason(Reason::RemoteIdTaken)
}

/// Sets when the lanes' first posts are due.
pub(super) async fn refresh(db: &Db, conn: &mut PgConnection, lanes: &[i64]) -> Result<()> {
    let first = db.query(statements::FIRST).bind(lanes);
    first.execute(conn).await.map_err(failed)?;
    Ok(())
}
