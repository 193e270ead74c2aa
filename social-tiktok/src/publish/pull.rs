//! What became of a post that TikTok fetches itself.

use std::time::Duration;

use social_core::{
    Error, ErrorKind, Remedy, Result,
    model::RemoteId,
    publish::{Checkpoint, Outcome, Step},
};

use super::{
    lost,
    run::Run,
    state::{Pull, State, step},
    status,
};
use crate::{
    classify,
    limits::Bucket,
    wire::{PublishState, PublishStatus},
};

/// How often a fetch that came to nothing is begun anew.
const BEGUN_MAX: u32 = 3;

pub(super) async fn advance(
    run: &Run<'_>,
    at: &Checkpoint,
    mut state: State,
    pull: Pull,
) -> Result<Step> {
    let publish_id = State::publish_id(at)?;
    let status = status::ask(run, publish_id).await.map_err(unanswered)?;
    state.asked = state.asked.saturating_add(1);
    if let Some(step) = status::decided(run, at, &mut state, &status).await? {
        return Ok(step);
    }
    if status.state == Some(PublishState::Failed) {
        return came_to_nothing(run, at, state, &pull, &status).await;
    }
    if let (Some(fetched), Some(total)) = (status.downloaded_bytes, total(run).await) {
        run.cx.progress.sent(fetched.min(total), total);
    }
    wait(run, publish_id, state, &pull)
}

/// The size of a video that this service keeps itself.
async fn total(run: &Run<'_>) -> Option<u64> {
    let id = run.media().ok()?;
    Some(run.cx.media.stat(id).await.ok()?.size)
}

/// TikTok says for certain that it did not become a post: only then may it be begun anew.
async fn came_to_nothing(
    run: &Run<'_>,
    at: &Checkpoint,
    state: State,
    pull: &Pull,
    status: &PublishStatus,
) -> Result<Step> {
    run.refund(state.way.mode).await;
    let reason = status.fail_reason.as_deref();
    if reason == Some("publish_cancelled") && pull.cancelled {
        return Ok(Step::settled(at.clone(), Outcome::Cancelled, None));
    }
    let error = classify::fail_reason(reason);
    let error = run.heed(Bucket::Init, state.way.mode, error).await;
    let may_fetch_anew = classify::may_fetch_anew(reason) && !pull.cancelled;
    if may_fetch_anew && run.cx.restored {
        return lost::begun_elsewhere(run, at, state).await;
    }
    if !may_fetch_anew || state.begun >= BEGUN_MAX {
        return Ok(Step::failed(at.clone(), error));
    }
    let fresh = State {
        begun: state.begun,
        way: state.way,
        ..State::default()
    };
    let wait = Duration::from_secs(30 << state.begun.min(6));
    Ok(Step::troubled(
        fresh.checkpoint(step::CREATOR, None)?,
        wait,
        error,
    ))
}

fn wait(run: &Run<'_>, publish_id: &RemoteId, state: State, pull: &Pull) -> Result<Step> {
    let waited = run.since(pull.begun_at);
    let checkpoint = state.checkpoint(step::STATUS, Some(publish_id))?;
    let patience = run.settings.unconfirmed_after;
    if waited < patience {
        return Ok(Step::pending(checkpoint, run.settings.wait(state.asked)));
    }
    let watch = status::watch_undecided(run, &state, waited);
    Ok(Step::settled(checkpoint, Outcome::Undecided, watch))
}

/// A publish id that TikTok does not know proves nothing.
fn unanswered(error: Error) -> Error {
    if error.kind() == ErrorKind::NotFound {
        error.with_remedy(Remedy::Backoff)
    } else {
        error
    }
}
