use social_core::{
    error::Result,
    model::{AccountId, AccountKey, AppId, IdempotencyKey, OwnerId, Platform, PostId, RemoteId},
    publish::Exposure,
    store::{
        HeldAccount, HeldFor, HistoryEntry, HistoryKind, NewPost, PostRecord, PostState, Revision,
        StoredCheckpoint,
    },
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::values::{Cells, report};

const TABLE: &str = "posts";

/// Above it a release with words of its own wrote the row.
const NEWEST_VERSION: i64 = 65_535;

/// How an id is bound.
pub(super) fn id_bytes(id: PostId) -> Vec<u8> {
    id.as_uuid().as_bytes().to_vec()
}

pub(super) fn id(row: &SqliteRow, column: &str) -> Result<PostId> {
    Ok(PostId::from(Uuid::from_bytes(
        Cells::new(row, TABLE).bytes(column)?,
    )))
}

pub(super) fn state(row: &SqliteRow) -> Result<PostState> {
    let cells = Cells::new(row, TABLE);
    Ok(PostState::parse(cells.get("state")?))
}

/// The state of a row that this release can act on; of one that a newer release marked as its own it knows none.
pub(super) fn known_state(row: &SqliteRow) -> Result<PostState> {
    let version: i64 = Cells::new(row, TABLE).get("version")?;
    match version {
        0..=NEWEST_VERSION => state(row),
        _ => Ok(PostState::Unknown),
    }
}

pub(super) fn post(row: &SqliteRow) -> Result<PostRecord> {
    let cells = Cells::new(row, TABLE);
    let key: String = cells.get("idempotency_key")?;
    let key = IdempotencyKey::from_stored(key);
    let mut new = NewPost::new(
        id(row, "id")?,
        account(cells)?,
        key,
        checkpoint(cells)?,
        cells.time("created_at")?,
    );
    new.caption = cells.get("caption")?;
    new.request = cells.get("request")?;
    new.expires_at = cells.time_opt("expires_at")?;
    let mut post = PostRecord::new(&new);
    post.revision = Revision(cells.get("revision")?);
    post.state = known_state(row)?;
    post.outcome = cells.json_opt("outcome")?;
    post.next_at = cells.time_opt("next_at")?;
    if post.state == PostState::Queued
        && let Some(due_at) = cells.time_opt("held_due_at")?
    {
        post.next_at = Some(due_at);
        post = post.held();
    }
    post.started = cells.get::<Option<i64>>("settles_at")?.is_some();
    post.started_at = cells.time_opt("started_at")?;
    post.restored_at = cells.time_opt("restored_at")?;
    post.attempts = cells.small("attempts")?;
    post.failures = cells.small("failures")?;
    post.failing_since = cells.time_opt("failing_since")?;
    post.cancel_requested = cells.get("cancel_requested")?;
    post.cause = cells.json_opt("cause")?;
    let sent = cells.small_opt("bytes_sent")?;
    post.progress = sent.zip(cells.small_opt("bytes_total")?);
    post.began_at = cells.time_opt("began_at")?;
    post.settled_at = cells.time_opt("settled_at")?;
    post.notes = cells.json_opt("notes")?.unwrap_or_default();
    Ok(post)
}

fn account(cells: Cells<'_>) -> Result<AccountKey> {
    let owner = OwnerId::from_stored(cells.get::<String>("owner")?);
    let lane = account_of_lane(cells)?;
    Ok(lane.with_owner(owner))
}

/// A held lane.
pub(super) fn held(row: &SqliteRow) -> Result<HeldAccount> {
    let cells = Cells::new(row, "lanes");
    let account = account_of_lane(cells)?;
    // One that cannot be read must not keep the others from being looked at.
    let held_for = cells.json_opt("held_for").unwrap_or_else(|error| {
        report(&error);
        Some(HeldFor::Unknown)
    });
    Ok(HeldAccount::new(account, held_for))
}

fn account_of_lane(cells: Cells<'_>) -> Result<AccountKey> {
    let app = AppId::from_stored(cells.get::<String>("app")?);
    let platform = Platform::from_name(cells.get::<String>("platform")?);
    let account = AccountId::from_stored(cells.get::<String>("account")?);
    Ok(AccountKey::new(OwnerId::nobody(), app, platform, account))
}

/// The platform's ids of a post.
pub(super) fn remote_ids(cells: Cells<'_>) -> Result<Vec<RemoteId>> {
    let ids: Vec<String> = cells.json("remote_ids")?;
    Ok(ids.into_iter().map(RemoteId::from_stored).collect())
}

fn checkpoint(cells: Cells<'_>) -> Result<StoredCheckpoint> {
    let step: String = cells.get("step")?;
    let effect = cells.json("effect")?;
    // Above 65,535 a newer release wrote it: shown, and never claimed by this one.
    let version = cells.get::<i64>("version")? & 0xffff;
    let version = u16::try_from(version).map_err(|_| cells.damaged("version"))?;
    let mut checkpoint = StoredCheckpoint::new(step, effect, version, cells.get("sealed")?);
    checkpoint.remote_ids = remote_ids(cells)?;
    checkpoint.links = cells.json_opt("links")?.unwrap_or_default();
    if cells.get("exposed")? {
        checkpoint.exposure = Exposure::PostMayExist;
    }
    Ok(checkpoint)
}

pub(super) fn history(row: &SqliteRow) -> Result<HistoryEntry> {
    let cells = Cells::new(row, "post_history");
    let kind = HistoryKind::parse(cells.get("kind")?);
    let step: String = cells.get("step")?;
    let mut entry = HistoryEntry::new(cells.time("at")?, kind, step);
    entry.detail = cells.get("detail")?;
    entry.error = cells.json_opt("error")?;
    entry.notes = cells.json_opt("notes")?.unwrap_or_default();
    Ok(entry)
}
