use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{
    error::{Error, Result},
    model::RemoteId,
    publish::{Note, Outcome},
    store::{
        HeldFor, HistoryEntry, Next, PostClaim, PostState, RecordStep, Recorded, StartStep,
        Started, StoredCheckpoint,
    },
};
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::Query};

use super::{row, statements, submit::remote_id_taken, told};
use crate::{
    db::Db,
    error::{conflict, failed, is_taken},
    values::{Cells, json, micros},
};

fn over() -> Error {
    conflict("the work on this post was given back or taken over")
}

/// Whether nobody took the claim over; its lane is locked then.
async fn holds(db: &Db, conn: &mut PgConnection, claim: &PostClaim) -> Result<Option<Held>> {
    let holding = of_claim(db, statements::HOLDING, claim);
    let row = holding.fetch_optional(conn).await.map_err(failed)?;
    row.map(|row| {
        let cells = Cells::new(&row, "posts");
        Ok(Held {
            lane: cells.get("lane")?,
            ids: (cells.get::<Vec<String>>("remote_ids")?.into_iter())
                .map(RemoteId::from_stored)
                .collect(),
            is_there: cells.get("is_there")?,
        })
    })
    .transpose()
}

/// What a claim's holder finds.
pub(super) struct Held {
    pub(super) lane: i64,
    /// The post's ids at the platform.
    pub(super) ids: Vec<RemoteId>,
    /// Whether its checkpoint has links.
    is_there: bool,
}

impl Held {
    /// No outcome says that nothing is there when something is.
    fn check(&self, step: &RecordStep) -> Result<()> {
        match (&step.next, &step.checkpoint) {
            (Next::Settle(outcome, _), Some(checkpoint)) => checkpoint.check_outcome(outcome),
            (Next::Settle(Outcome::Cancelled | Outcome::Failed(_), _), None) if self.is_there => {
                Err(StoredCheckpoint::is_there())
            }
            _ => Ok(()),
        }
    }
}

/// A statement whose first three parameters are the claim.
fn of_claim(
    db: &Db,
    statement: &'static str,
    claim: &PostClaim,
) -> Query<'static, Postgres, PgArguments> {
    db.query(statement)
        .bind(claim.post.account.row_id())
        .bind(claim.fence.0)
        .bind(claim.post.id.as_uuid())
}

pub(super) async fn start(
    db: &Db,
    conn: &mut PgConnection,
    claim: &PostClaim,
    step: &StartStep,
) -> Result<Started> {
    if holds(db, conn, claim).await?.is_none() {
        return Err(over());
    }
    let line = &step.history;
    let start = db
        .query(statements::START)
        .bind(claim.post.id.as_uuid())
        .bind(micros(step.settles_in))
        .bind(line.at)
        .bind(line.kind.as_str())
        .bind(line.step.as_str())
        .bind(line.detail.as_ref().map(json).transpose()?)
        .bind(line.error.as_ref().map(json).transpose()?);
    let found = start.fetch_one(conn).await.map_err(failed)?;
    let cells = Cells::new(&found, "posts");
    if cells.get("started")? || row::state(&found)? != PostState::Working {
        let message = "a step of this post that must happen once may not start now";
        return Err(conflict(message));
    }
    if cells.get("cancel_requested")? {
        return Ok(Started::Cancelled);
    }
    Ok(Started::Started)
}

pub(super) async fn record(
    db: &Db,
    conn: &mut PgConnection,
    claim: &PostClaim,
    step: &RecordStep,
) -> Result<Recorded> {
    let Some(held) = holds(db, conn, claim).await? else {
        return Err(over());
    };
    held.check(step)?;
    told::apply(db, &mut *conn, claim, step, held).await?;
    let hold = hold_of(db, &mut *conn, claim, step).await?;
    let record = db.query(statements::RECORD).bind(claim.post.id.as_uuid());
    let record = bind_next(record, step)?;
    let record = bind_progress(record, step)?;
    let record = bind_checkpoint(record, step.checkpoint.as_ref())?;
    let mut lines = Lines::of(&step.history)?;
    let noted = std::mem::take(&mut lines.notes);
    let record = lines
        .bind(record)
        .bind(hold.is_some())
        .bind(step.keep_lease)
        .bind(step.failing_since)
        .bind(hold.flatten().map(json).transpose()?)
        .bind(exposed(step.checkpoint.as_ref()))
        .bind(step.due_as_untold)
        .bind(step.puts_off_told)
        .bind(step.notes.as_ref().map(json).transpose()?)
        .bind(links(step.checkpoint.as_ref())?)
        .bind(noted);
    let found = match record.fetch_one(conn).await {
        Ok(found) => found,
        Err(error) if is_taken(&error) => return Err(remote_id_taken()),
        Err(error) => return Err(failed(error)),
    };
    let cancel_requested = Cells::new(&found, "posts").get("cancel_requested")?;
    Ok(Recorded::new(cancel_requested))
}

/// The hold that a record puts on its lane: none while another post waits to be stopped.
async fn hold_of<'s>(
    db: &Db,
    conn: &mut PgConnection,
    claim: &PostClaim,
    step: &'s RecordStep,
) -> Result<Option<Option<&'s HeldFor>>> {
    let Next::Hold(_, held_for) = &step.next else {
        return Ok(None);
    };
    let stopping = db
        .query(statements::STOPPING)
        .bind(claim.post.account.row_id())
        .bind(claim.post.id.as_uuid())
        .bind(step.now)
        .bind(i64::from(claim.reads));
    let found = stopping.fetch_one(conn).await.map_err(failed)?;
    let stopping: bool = Cells::new(&found, "posts").get("stopping")?;
    Ok((!stopping).then_some(held_for.as_ref()))
}

type Bound = Query<'static, Postgres, PgArguments>;

fn bind_next(record: Bound, step: &RecordStep) -> Result<Bound> {
    let (outcome, heed, next_at) = match &step.next {
        Next::At(at) | Next::Hold(at, _) => (None, step.heed_cancel, Some(*at)),
        Next::Settle(outcome, watch) => (Some(outcome), false, *watch),
    };
    Ok(record
        .bind(outcome.map(|outcome| PostState::of(outcome).as_str()))
        .bind(outcome.map(json).transpose()?)
        .bind(step.now)
        .bind(heed)
        .bind(next_at))
}

fn bind_progress(record: Bound, step: &RecordStep) -> Result<Bound> {
    let bytes = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(record
        .bind(step.still_started)
        .bind(i64::from(step.keep_lease))
        .bind(i64::from(step.failures))
        .bind(step.cause.as_ref().map(json).transpose()?)
        .bind(step.progress.map(|(sent, _)| bytes(sent)))
        .bind(step.progress.map(|(_, total)| bytes(total))))
}

/// Nothing leaves it as it is.
pub(super) fn bind_checkpoint(
    query: Bound,
    checkpoint: Option<&StoredCheckpoint>,
) -> Result<Bound> {
    Ok(query
        .bind(checkpoint.map(|c| c.step.as_str()))
        .bind(checkpoint.map(|c| json(&c.next)).transpose()?)
        .bind(checkpoint.map(|c| told::texts(&c.remote_ids)))
        .bind(checkpoint.map(|c| i64::from(c.version)))
        .bind(checkpoint.map(|c| c.sealed.as_slice())))
}

/// Nothing where there are none.
fn links(checkpoint: Option<&StoredCheckpoint>) -> Result<Option<String>> {
    let links = checkpoint.map(|checkpoint| &checkpoint.links);
    links
        .filter(|links| !links.is_empty())
        .map(json)
        .transpose()
}

pub(super) fn exposed(checkpoint: Option<&StoredCheckpoint>) -> Option<bool> {
    checkpoint.map(|checkpoint| checkpoint.exposure.post_may_exist())
}

/// Notes as they are stored; nothing where there are none.
pub(super) fn noted(notes: &[Note]) -> Result<Option<String>> {
    (!notes.is_empty()).then(|| json(&notes)).transpose()
}

/// Lines of history, column by column.
#[derive(Default)]
struct Lines<'s> {
    at: Vec<DateTime<Utc>>,
    kind: Vec<&'static str>,
    step: Vec<&'s str>,
    detail: Vec<Option<String>>,
    error: Vec<Option<String>>,
    notes: Vec<Option<String>>,
}

impl<'s> Lines<'s> {
    fn of(lines: &'s [HistoryEntry]) -> Result<Self> {
        let mut columns = Self::default();
        for line in lines {
            columns.at.push(line.at);
            columns.kind.push(line.kind.as_str());
            columns.step.push(&line.step);
            let detail = line.detail.as_ref().map(json).transpose()?;
            columns.detail.push(detail);
            let error = line.error.as_ref().map(json).transpose()?;
            columns.error.push(error);
            columns.notes.push(noted(&line.notes)?);
        }
        Ok(columns)
    }

    fn bind(self, query: Bound) -> Bound {
        query
            .bind(self.at)
            .bind(self.kind)
            .bind(self.step)
            .bind(self.detail)
            .bind(self.error)
    }
}

pub(super) async fn renew(
    db: &Db,
    conn: &mut PgConnection,
    claim: &PostClaim,
    lease: Duration,
) -> Result<()> {
    let renew = of_claim(db, statements::RENEW, claim).bind(micros(lease));
    let renewed = renew.execute(conn).await.map_err(failed)?;
    if renewed.rows_affected() == 0 {
        return Err(over());
    }
    Ok(())
}

pub(super) async fn release(
    db: &Db,
    conn: &mut PgConnection,
    claim: &PostClaim,
    next_at: DateTime<Utc>,
) -> Result<()> {
    if holds(db, conn, claim).await?.is_none() {
        return Ok(());
    }
    let release = db
        .query(statements::RELEASE)
        .bind(claim.post.id.as_uuid())
        .bind(next_at)
        .bind(0_i64);
    release.execute(conn).await.map_err(failed)?;
    Ok(())
}
