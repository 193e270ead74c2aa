//! What became of a post that TikTok fetches itself.

use std::time::Duration;

use social_core::{
    Error, ErrorKind, Remedy, Result,
    publish::{Checkpoint, Outcome, PostLink, Step},
};

use super::{
    run::{Run, failed, pending, settled, troubled},
    state::{Pull, State, step},
    status,
};
use crate::{
    PLATFORM, classify,
    limits::Bucket,
    wire::{PublishState, PublishStatus, Video, VideoField},
};

/// How often a fetch that came to nothing is begun anew.
const BEGUN_MAX: u32 = 3;
/// The first wait between looks for a post whose beginning was interrupted. Each is a minute longer, up to an hour.
const LOOK_SOON: Duration = Duration::from_secs(60);
/// How much earlier than our question TikTok's clock may date a post.
const CLOCKS: chrono::TimeDelta = chrono::TimeDelta::minutes(2);

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
        return Ok(settled(at.clone(), Outcome::Cancelled, None));
    }
    let error = classify::fail_reason(reason);
    let error = run.heed(Bucket::Init, state.way.mode, error).await;
    if !classify::may_fetch_anew(reason) || pull.cancelled || state.begun >= BEGUN_MAX {
        return Ok(failed(at.clone(), error));
    }
    let fresh = State {
        begun: state.begun,
        way: state.way,
        ..State::default()
    };
    let wait = Duration::from_secs(30 << state.begun.min(6));
    Ok(troubled(
        fresh.checkpoint(step::CREATOR, None)?,
        wait,
        error,
    ))
}

fn wait(run: &Run<'_>, publish_id: &str, state: State, pull: &Pull) -> Result<Step> {
    let waited = run.since(pull.begun_at);
    let checkpoint = state.checkpoint(step::STATUS, Some(publish_id))?;
    let patience = run.settings.unconfirmed_after;
    if waited < patience {
        return Ok(pending(checkpoint, run.settings.wait(state.asked)));
    }
    let watch = (waited < patience.saturating_mul(3)).then_some(status::LOOK_AGAIN);
    Ok(settled(checkpoint, Outcome::Undecided, watch))
}

/// A publish id that TikTok does not know proves nothing.
fn unanswered(error: Error) -> Error {
    if error.kind() == ErrorKind::NotFound {
        error.with_remedy(Remedy::Backoff)
    } else {
        error
    }
}

/// The beginning was interrupted and gave no publish id. It is never repeated: where the account allows it, the one public
/// post that can be it is looked for; otherwise nobody can tell.
pub(super) async fn interrupted(
    run: &Run<'_>,
    at: &Checkpoint,
    mut state: State,
    pull: &Pull,
) -> Result<Step> {
    state.asked = state.asked.saturating_add(1);
    let found = find(run, &state, pull).await?;
    let mut checkpoint = at.clone();
    checkpoint.state = state.checkpoint(step::INIT, None)?.state;
    if let Some(link) = found {
        let outcome = Outcome::Published(vec![link]);
        return Ok(settled(checkpoint, outcome, None));
    }
    // Moderation may hold it back for hours.
    let waited = run.since(pull.begun_at);
    let watch = (can_look(run, &state) && waited < run.settings.unconfirmed_after)
        .then(|| LOOK_SOON * state.asked.min(60));
    Ok(settled(checkpoint, Outcome::Undecided, watch))
}

fn can_look(run: &Run<'_>, state: &State) -> bool {
    let words = !run.cx.request.caption.trim().is_empty();
    words
        && status::is_public(run)
        && state.way.mode == super::options::Mode::Direct
        && run.cx.tokens.scopes.contains("video.list")
}

/// The one public post since then with these words.
async fn find(run: &Run<'_>, state: &State, pull: &Pull) -> Result<Option<PostLink>> {
    if !can_look(run, state) {
        return Ok(None);
    }
    run.book(Bucket::VideoList).await?;
    let access = &run.cx.tokens.access;
    let fields = [
        VideoField::Id,
        VideoField::CreateTime,
        VideoField::VideoDescription,
        VideoField::ShareUrl,
    ];
    let list = run
        .client
        .video_list(access, &fields, 20, None, run.cx.deadline);
    let page = list.await.map_err(|error| error.with_platform(PLATFORM))?;
    let caption = run.cx.request.caption.trim();
    let is_it = |video: &&Video| {
        let since = video
            .create_time
            .is_some_and(|at| at >= pull.begun_at - CLOCKS);
        since
            && video
                .video_description
                .as_deref()
                .is_some_and(|words| says(words, caption))
    };
    let mut found = page.videos.iter().filter(is_it);
    let (Some(video), None) = (found.next(), found.next()) else {
        return Ok(None);
    };
    let url = video.share_url.as_deref().and_then(|url| url.parse().ok());
    Ok(video.id.clone().map(|id| PostLink::new(id, url)))
}

/// TikTok shows the first 150 characters.
fn says(words: &str, caption: &str) -> bool {
    let words = words.trim();
    words == caption || (words.chars().count() >= 140 && caption.starts_with(words))
}
