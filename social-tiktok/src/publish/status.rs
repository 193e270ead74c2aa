//! What became of an upload. Only this decides.

use std::time::Duration;

use social_core::{
    Error, ErrorKind, Remedy, Result,
    model::RemoteId,
    publish::{Checkpoint, Outcome, PostLink, PublishRequest, Step},
};
use url::Url;

use super::{
    lost,
    options::{Mode, PostOptions},
    run::Run,
    state::{Source, State, Upload, step},
    upload,
};
use crate::{
    ByTikTok, classify,
    limits::Bucket,
    wire::{Privacy, PublishState, PublishStatus},
};

/// How often an upload that came to nothing is begun anew.
const BEGUN_MAX: u32 = 5;
/// How often a post is looked at again about which nobody can tell, or which only the person can finish.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(3_600);
/// So many questions are asked of a post about which nobody can tell.
const ASK_AT_LEAST: u32 = 12;
/// Questions before a chunk of unknown fate is sent again.
const ASK_BEFORE_RESENDING: u32 = 3;

pub(super) async fn advance(run: &Run<'_>, at: &Checkpoint, mut state: State) -> Result<Step> {
    let (upload, publish_id) = state.begun(at)?;
    let status = match ask(run, publish_id).await {
        Ok(status) => status,
        Err(error) => return unanswered(run, at, state, &upload, error).await,
    };
    state.asked = state.asked.saturating_add(1);
    if let Some(step) = decided(run, at, &mut state, &status).await? {
        return Ok(step);
    }
    if status.state == Some(PublishState::Failed) {
        return came_to_nothing(run, at, state, &upload, &status).await;
    }
    undecided(run, publish_id, state, upload, &status).await
}

pub(super) async fn ask(run: &Run<'_>, publish_id: &RemoteId) -> Result<PublishStatus> {
    run.book(Bucket::Status).await?;
    let answer = run
        .client
        .status(&run.cx.tokens.access, publish_id.as_str(), run.cx.deadline)
        .await;
    match answer {
        Err(error) => {
            let error = run.heed(Bucket::Status, Mode::Direct, error).await;
            Err(unheard(error))
        }
        Ok(status) => Ok(status),
    }
}

/// A question that is refused, for good as it seems, says nothing about the post: it is asked again.
pub(super) fn unheard(error: Error) -> Error {
    match error.remedy() {
        Remedy::Never | Remedy::FixInput { .. } => error.with_remedy(Remedy::Backoff),
        _ => error,
    }
}

/// It is a post, or in the person's hands.
pub(super) async fn decided(
    run: &Run<'_>,
    at: &Checkpoint,
    state: &mut State,
    status: &PublishStatus,
) -> Result<Option<Step>> {
    let outcome = match status.state {
        Some(PublishState::Complete) => {
            state.posted_at.get_or_insert(run.now());
            if state.way.mode == Mode::Inbox {
                // The person has finished it: the place in the inbox is free again.
                run.refund(Mode::Inbox).await;
            }
            Outcome::Published(links(state, &status.post_ids))
        }
        Some(PublishState::SentToInbox) => {
            state.handed_at.get_or_insert(run.now());
            Outcome::AwaitingUser
        }
        _ => return Ok(None),
    };
    let watch = watch(run, state, &outcome);
    let checkpoint = state.checkpoint(step::STATUS, at.remote_id())?;
    Ok(Some(Step::settled(checkpoint, outcome, watch)))
}

/// The link comes after moderation, and only for public posts.
fn watch(run: &Run<'_>, state: &State, outcome: &Outcome) -> Option<Duration> {
    match outcome {
        Outcome::Published(links) if links.is_empty() && is_public(run.cx.request) => {
            let since = state
                .posted_at
                .map_or(Duration::MAX, |then| run.since(then));
            (since < run.settings.link_patience).then(|| run.settings.wait(state.asked))
        }
        Outcome::AwaitingUser => {
            let since = state.handed_at.map_or(Duration::ZERO, |at| run.since(at));
            (since < run.settings.inbox_patience).then(|| rarely(since))
        }
        _ => None,
    }
}

/// Hourly at first, then after a sixth of the time that it has waited.
fn rarely(since: Duration) -> Duration {
    LOOK_AGAIN.max(since / 6)
}

pub(super) fn is_public(request: &PublishRequest) -> bool {
    PostOptions::stored(request.options.as_ref())
        .is_ok_and(|options| options.privacy.as_ref() == Some(&Privacy::Public))
}

pub(super) fn links(state: &State, ids: &[String]) -> Vec<PostLink> {
    let username = state
        .creator
        .as_ref()
        .and_then(|creator| creator.username.as_deref());
    let photos = state.way.source == Source::Photos;
    let link = |id: &String| {
        let hidden = state.posts.get(id).filter(|shown| !shown.public);
        let url = username.and_then(|name| address(name, id, photos));
        let link = PostLink::new(id.clone(), url);
        match hidden {
            Some(shown) => link.hidden(shown.at),
            None => link,
        }
    };
    ids.iter().map(link).collect()
}

fn address(username: &str, id: &str, photos: bool) -> Option<Url> {
    let mut url = Url::parse("https://www.tiktok.com/").ok()?;
    let name = format!("@{username}");
    url.path_segments_mut().ok()?.extend([
        name.as_str(),
        if photos { "photo" } else { "video" },
        id,
    ]);
    Some(url)
}

/// TikTok says that it did not become a post. Begun anew only when it failed on TikTok's side before everything was there.
async fn came_to_nothing(
    run: &Run<'_>,
    at: &Checkpoint,
    state: State,
    upload: &Upload,
    status: &PublishStatus,
) -> Result<Step> {
    let reason = status.fail_reason.as_deref();
    let error = classify::fail_reason(reason);
    let error = run.heed(Bucket::Init, state.way.mode, error).await;
    let may_begin_anew = classify::may_begin_anew(reason);
    // An upload that ran out of time is begun anew without a verdict: whatever is told of this one, another may be out.
    if run.cx.restored && (may_begin_anew || !upload.may_be_complete) {
        return lost::begun_elsewhere(run, at, state).await;
    }
    let ran_out = is_incomplete(upload, status) && may_begin_anew;
    if ran_out && state.begun < BEGUN_MAX {
        return anew(&state, error);
    }
    run.refund(state.way.mode).await;
    let error = if ran_out { not_in_time(error) } else { error };
    Ok(Step::failed(at.clone(), error))
}

/// Whether bytes were missing when it failed.
fn is_incomplete(upload: &Upload, status: &PublishStatus) -> bool {
    match status.uploaded_bytes {
        Some(taken) => taken < upload.plan.size,
        None => !upload.may_be_complete,
    }
}

/// From the beginning, under another publish id.
fn anew(state: &State, cause: Error) -> Result<Step> {
    let fresh = State {
        begun: state.begun,
        way: state.way,
        ..State::default()
    };
    let wait = Duration::from_secs(1 << state.begun.min(6));
    Ok(Step::troubled(
        fresh.checkpoint(step::CREATOR, None)?,
        wait,
        cause,
    ))
}

/// It still goes on, as far as TikTok says.
async fn undecided(
    run: &Run<'_>,
    publish_id: &RemoteId,
    mut state: State,
    mut upload: Upload,
    status: &PublishStatus,
) -> Result<Step> {
    let taken = status.uploaded_bytes;
    let short = taken.is_some_and(|taken| taken < upload.plan.size);
    // A count may lag behind; one that stays short says that an answer to a chunk did not come from TikTok.
    if upload.is_complete() && (!short || state.asked < ASK_BEFORE_RESENDING) {
        return wait(run, publish_id, state, upload);
    }
    if taken.is_some_and(|taken| taken >= upload.plan.size) {
        upload.offset = upload.plan.size;
        upload.may_be_complete = true;
        run.cx.progress.sent(upload.offset, upload.plan.size);
        state.sent_at.get_or_insert(run.now());
        return wait(run, publish_id, state, upload);
    }
    if upload.is_over(run.now()) {
        // Without an address and its last chunk it never becomes a post. Otherwise a count is no proof: nobody says what it
        // means once everything is there.
        return match upload.may_be_complete {
            true => wait(run, publish_id, state, upload),
            false if run.cx.restored => {
                let at = state.checkpoint(step::STATUS, Some(publish_id))?;
                lost::begun_elsewhere(run, &at, state).await
            }
            false if state.begun < BEGUN_MAX => anew(&state, address_gone()),
            false => too_late(run, publish_id, &state).await,
        };
    }
    match taken {
        Some(taken) => {
            let offset = Some(upload.plan.chunk_of(taken));
            upload::correct(run, publish_id, state, upload, offset)
        }
        None if state.asked >= ASK_BEFORE_RESENDING => {
            let offset = Some(upload.offset);
            upload::correct(run, publish_id, state, upload, offset)
        }
        None => wait(run, publish_id, state, upload),
    }
}

fn address_gone() -> Error {
    let message = "the upload address expired before everything was sent";
    Error::new(ErrorKind::Unavailable, message).by_tiktok()
}

/// It was begun anew often enough.
async fn too_late(run: &Run<'_>, publish_id: &RemoteId, state: &State) -> Result<Step> {
    run.refund(state.way.mode).await;
    Ok(Step::failed(
        state.checkpoint(step::STATUS, Some(publish_id))?,
        not_in_time(address_gone()),
    ))
}

fn not_in_time(error: Error) -> Error {
    error
        .with_user_message("The video did not reach TikTok in time.")
        .with_advice("Post it again.")
}

/// Asks again later, and gives up in the end: honestly, when everything may be there.
fn wait(run: &Run<'_>, publish_id: &RemoteId, mut state: State, upload: Upload) -> Result<Step> {
    let since = state.sent_at.unwrap_or(upload.begun_at);
    let waited = run.since(since);
    state.upload = Some(upload);
    let checkpoint = state.checkpoint(step::STATUS, Some(publish_id))?;
    let patience = run.settings.unconfirmed_after;
    if waited < patience {
        return Ok(Step::pending(checkpoint, run.settings.wait(state.asked)));
    }
    let watch = watch_undecided(run, &state, waited);
    Ok(Step::settled(checkpoint, Outcome::Undecided, watch))
}

/// Whether it is looked at again: for as long as it may still be told, and so many times at least, however long ago it was
/// sent. Nobody may have been able to ask in between.
pub(super) fn watch_undecided(run: &Run<'_>, state: &State, waited: Duration) -> Option<Duration> {
    let patience = run.settings.unconfirmed_after.saturating_mul(3);
    (waited < patience || state.asked < ASK_AT_LEAST).then_some(LOOK_AGAIN)
}

/// The question was refused. A publish id that TikTok does not know is a lost upload only when it cannot be a post.
async fn unanswered(
    run: &Run<'_>,
    at: &Checkpoint,
    state: State,
    upload: &Upload,
    error: Error,
) -> Result<Step> {
    if error.kind() != ErrorKind::NotFound {
        return Err(error);
    }
    if upload.gone && upload.offset == 0 && !upload.may_be_complete {
        if run.cx.restored {
            return lost::begun_elsewhere(run, at, state).await;
        }
        if state.begun < BEGUN_MAX {
            return anew(&state, error);
        }
    }
    tracing::warn!(
        publish_id = at.remote_id().map(RemoteId::as_str),
        "TikTok does not know the publish id"
    );
    Err(error)
}
