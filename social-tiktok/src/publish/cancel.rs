//! Stopping a post. TikTok stops only what it is still fetching, but an upload that is not complete never becomes a post.

use social_core::{
    Error, ErrorKind, Reason, Remedy, Result,
    publish::{Checkpoint, Outcome, Step},
};

use super::{
    lost, pull,
    run::Run,
    state::{Pull, State, step},
    status,
};
use crate::{ByTikTok, wire::PublishState};

pub(super) async fn cancel(run: &Run<'_>, at: &Checkpoint, mut state: State) -> Result<Step> {
    if let (Some(pull), Some(_)) = (state.pull.clone(), at.remote_id()) {
        return stop(run, at, state, pull).await;
    }
    let Some(upload) = state.upload.clone().filter(|upload| upload.may_be_complete) else {
        run.refund(state.way.mode).await;
        return stopped(run, at, state).await;
    };
    let (_, publish_id) = state.begun(at)?;
    // An interrupted holder may have sent the last chunk.
    let status = status::ask(run, publish_id).await?;
    state.asked = state.asked.saturating_add(1);
    if let Some(step) = status::decided(run, at, &mut state, &status).await? {
        return Ok(step);
    }
    // A count that is short is no verdict: it may lag behind the last chunk.
    if status.state == Some(PublishState::Failed) {
        return stopped(run, at, state).await;
    }
    if run.since(state.sent_at.unwrap_or(upload.begun_at)) >= run.settings.unconfirmed_after {
        return Ok(Step::settled(at.clone(), Outcome::Undecided, None));
    }
    let after = run.settings.wait(state.asked);
    let checkpoint = state.checkpoint(step::STATUS, Some(publish_id))?;
    let taken = status.uploaded_bytes.unwrap_or(upload.plan.size);
    let whole = upload.is_complete() || taken >= upload.plan.size;
    let cause = if whole { too_late() } else { not_known() };
    Ok(Step::troubled(checkpoint, after, cause))
}

/// Nothing of it can become a post, unless another was begun of it that is not known here.
async fn stopped(run: &Run<'_>, at: &Checkpoint, state: State) -> Result<Step> {
    if run.cx.restored {
        return lost::begun_elsewhere(run, at, state).await;
    }
    Ok(Step::settled(at.clone(), Outcome::Cancelled, None))
}

/// TikTok can stop what it is still fetching. The status tells whether it did.
async fn stop(run: &Run<'_>, at: &Checkpoint, mut state: State, mut pull: Pull) -> Result<Step> {
    let publish_id = State::publish_id(at)?;
    if pull.cancelled {
        return pull::advance(run, at, state, pull).await;
    }
    let access = &run.cx.tokens.access;
    let asked = run
        .client
        .cancel(access, publish_id.as_str(), run.cx.deadline)
        .await;
    if let Err(error) = asked
        && error.reason() != Some(Reason::TooLateToStop)
    {
        return settled_meanwhile(run, at, state, error).await;
    }
    pull.cancelled = true;
    state.pull = Some(pull);
    let checkpoint = state.checkpoint(step::STATUS, Some(publish_id))?;
    Ok(Step::pending(checkpoint, run.settings.first_poll))
}

/// TikTok could not be told to stop: it may be a post by now.
async fn settled_meanwhile(
    run: &Run<'_>,
    at: &Checkpoint,
    mut state: State,
    trouble: Error,
) -> Result<Step> {
    let asked = status::ask(run, State::publish_id(at)?).await;
    let Ok(status) = asked else {
        return Err(trouble);
    };
    let step = status::decided(run, at, &mut state, &status).await?;
    step.ok_or(trouble)
}

/// Nothing more is sent, so the platform gives it up when the hour of its address is over, unless it has everything.
fn not_known() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "the last part may have reached TikTok before it was to be stopped",
    )
    .by_tiktok()
    .with_remedy(Remedy::Backoff)
    .with_user_message("The last part of the video may have reached TikTok.")
    .with_advice("Nothing more is sent; within an hour TikTok says whether it was stopped.")
}

fn too_late() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "TikTok has the whole video and stops nothing any more",
    )
    .by_tiktok()
    .with_reason(Reason::TooLateToStop)
    .with_remedy(Remedy::Backoff)
}
