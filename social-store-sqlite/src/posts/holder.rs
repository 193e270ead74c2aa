use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::{
    Reason,
    error::Result,
    model::PostId,
    publish::Outcome,
    store::{
        Next, PostClaim, PostState, RecordStep, Recorded, StartStep, Started, StoredCheckpoint,
    },
};

use super::{
    row::{self, id_bytes},
    statements,
    submit::{note, refresh},
    told,
};
use crate::{
    connections::Tx,
    error::{conflict, failed, is_taken},
    values::{Cells, json, micros, span},
};

/// What a claim's holder finds.
struct Holding {
    lane: i64,
    state: PostState,
    cancel_requested: bool,
    started: bool,
    /// Whether its checkpoint has links.
    is_there: bool,
}

impl Holding {
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

/// The lane and the post of a claim that nobody took over.
async fn holding(tx: &mut Tx, claim: &PostClaim) -> Result<Option<Holding>> {
    let holding = sqlx::query(statements::HOLDING)
        .bind(id_bytes(claim.post.id))
        .bind(claim.fence.0);
    let Some(found) = holding.fetch_optional(&mut tx.conn).await.map_err(failed)? else {
        return Ok(None);
    };
    let cells = Cells::new(&found, "posts");
    Ok(Some(Holding {
        lane: cells.get("lane")?,
        state: row::state(&found)?,
        cancel_requested: cells.get("cancel_requested")?,
        started: cells.get("started")?,
        is_there: cells.get("is_there")?,
    }))
}

async fn held(tx: &mut Tx, claim: &PostClaim) -> Result<Holding> {
    let holding = holding(tx, claim).await?;
    holding.ok_or_else(|| conflict("the work on this post was given back or taken over"))
}

pub(super) async fn start(tx: &mut Tx, claim: &PostClaim, step: &StartStep) -> Result<Started> {
    let held = held(tx, claim).await?;
    if held.started || held.state != PostState::Working {
        let message = "a step of this post that must happen once may not start now";
        return Err(conflict(message));
    }
    if held.cancel_requested {
        return Ok(Started::Cancelled);
    }
    let start = sqlx::query(statements::START)
        .bind(id_bytes(claim.post.id))
        .bind(tx.clock.leases.saturating_add(span(step.settles_in)))
        .bind(micros(step.history.at));
    start.execute(&mut tx.conn).await.map_err(failed)?;
    note(tx, claim.post.id, &step.history).await?;
    Ok(Started::Started)
}

pub(super) async fn record(tx: &mut Tx, claim: &PostClaim, step: &RecordStep) -> Result<Recorded> {
    let held = held(tx, claim).await?;
    held.check(step)?;
    update(tx, claim, step, held.cancel_requested).await?;
    if let Some(checkpoint) = &step.checkpoint {
        keep(tx, claim.post.id, checkpoint).await?;
    }
    told::apply(tx, claim, step).await?;
    if let Next::Settle(outcome, _) = &step.next {
        let settle = sqlx::query(statements::OUTCOME)
            .bind(id_bytes(claim.post.id))
            .bind(PostState::of(outcome).as_str())
            .bind(json(outcome)?)
            .bind(micros(step.now));
        settle.execute(&mut tx.conn).await.map_err(failed)?;
    }
    for line in &step.history {
        note(tx, claim.post.id, line).await?;
    }
    let served = sqlx::query(statements::SERVED)
        .bind(held.lane)
        .bind(micros(step.now));
    served.execute(&mut tx.conn).await.map_err(failed)?;
    if let Next::Hold(_, held_for) = &step.next {
        let hold = sqlx::query(statements::HOLD_LANE)
            .bind(held.lane)
            .bind(held_for.as_ref().map(json).transpose()?)
            .bind(id_bytes(claim.post.id))
            .bind(micros(step.now))
            .bind(i64::from(claim.reads));
        hold.execute(&mut tx.conn).await.map_err(failed)?;
    }
    if !step.keep_lease {
        give_back(tx, held.lane).await?;
    }
    refresh(tx, held.lane).await?;
    Ok(Recorded::new(held.cancel_requested))
}

async fn update(
    tx: &mut Tx,
    claim: &PostClaim,
    step: &RecordStep,
    cancel_requested: bool,
) -> Result<()> {
    let next_at = match &step.next {
        Next::At(at) | Next::Hold(at, _) if step.heed_cancel && cancel_requested => {
            Some(step.now.min(*at))
        }
        Next::At(at) | Next::Hold(at, _) => Some(*at),
        Next::Settle(_, watch) => *watch,
    };
    let bytes = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let update = sqlx::query(statements::RECORD)
        .bind(id_bytes(claim.post.id))
        .bind(i64::from(step.failures))
        .bind(step.cause.as_ref().map(json).transpose()?)
        .bind(next_at.map(micros))
        .bind(step.still_started)
        .bind(step.progress.map(|(sent, _)| bytes(sent)))
        .bind(step.progress.map(|(_, total)| bytes(total)))
        .bind(step.keep_lease)
        .bind(step.failing_since.map(micros))
        .bind(step.notes.as_ref().map(json).transpose()?);
    update.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn keep(tx: &mut Tx, id: PostId, checkpoint: &StoredCheckpoint) -> Result<()> {
    let links = Some(&checkpoint.links).filter(|links| !links.is_empty());
    let known = sqlx::query(statements::IDS).bind(id_bytes(id));
    let known = known.fetch_one(&mut tx.conn).await.map_err(failed)?;
    let known = row::remote_ids(Cells::new(&known, "posts"))?;
    let keep = sqlx::query(statements::CHECKPOINT)
        .bind(id_bytes(id))
        .bind(checkpoint.step.as_str())
        .bind(json(&checkpoint.next)?)
        .bind(checkpoint.exposure.post_may_exist())
        .bind(json(&checkpoint.remote_ids)?)
        .bind(i64::from(checkpoint.version))
        .bind(checkpoint.sealed.as_slice())
        .bind(links.map(json).transpose()?);
    keep.execute(&mut tx.conn).await.map_err(failed)?;
    if known == checkpoint.remote_ids {
        return Ok(());
    }
    let forget = sqlx::query(statements::FORGET_IDS).bind(id_bytes(id));
    forget.execute(&mut tx.conn).await.map_err(failed)?;
    keep_ids(tx, id).await?;
    told::follow_ids(tx, id, &known, &checkpoint.remote_ids).await
}

/// Lets the post be found by its checkpoint's ids.
pub(super) async fn keep_ids(tx: &mut Tx, id: PostId) -> Result<()> {
    let ids = sqlx::query(statements::KEEP_IDS).bind(id_bytes(id));
    match ids.execute(&mut tx.conn).await {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => {
            let message = "another post already has an id that the platform gave";
            Err(conflict(message).with_reason(Reason::RemoteIdTaken))
        }
        Err(error) => Err(failed(error)),
    }
}

async fn give_back(tx: &mut Tx, lane: i64) -> Result<()> {
    let give_back = sqlx::query(statements::GIVE_BACK).bind(lane);
    give_back.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn renew(tx: &mut Tx, claim: &PostClaim, lease: Duration) -> Result<()> {
    let held = held(tx, claim).await?;
    let renew = sqlx::query(statements::RENEW)
        .bind(held.lane)
        .bind(tx.clock.leases.saturating_add(span(lease)));
    renew.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn release(tx: &mut Tx, claim: &PostClaim, next_at: DateTime<Utc>) -> Result<()> {
    let Some(held) = holding(tx, claim).await? else {
        return Ok(());
    };
    let release = sqlx::query(statements::RELEASE)
        .bind(id_bytes(claim.post.id))
        .bind(micros(next_at));
    release.execute(&mut tx.conn).await.map_err(failed)?;
    give_back(tx, held.lane).await?;
    refresh(tx, held.lane).await
}
