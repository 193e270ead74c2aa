//! Sending one chunk.

use std::{ops::Range, time::Duration};

use social_core::{
    Error, ErrorKind, Remedy, Result,
    model::RemoteId,
    publish::{Checkpoint, Step},
    store::PostRecord,
};

use super::{
    lost,
    run::Run,
    state::{State, Upload, VideoType, step},
};
use crate::{
    ByTikTok,
    client::{Chunk, ChunkAnswer},
};

pub(super) async fn advance(run: &Run<'_>, at: &Checkpoint, state: State) -> Result<Step> {
    let (mut upload, publish_id) = state.begun(at)?;
    let Some(range) = upload.plan.chunk_at(upload.offset) else {
        return sent(run, publish_id, state, upload);
    };
    if !upload.may_be_complete && run.is_too_late() {
        if run.cx.restored {
            return lost::begun_elsewhere(run, at, state).await;
        }
        // It is no post before its last chunk.
        run.refund(state.way.mode).await;
        return Ok(Step::failed(at.clone(), PostRecord::missed()));
    }
    if upload.is_over(run.now()) {
        upload.gone = true;
        return ask(publish_id, state, upload, Duration::ZERO, None);
    }
    let last = range.end == upload.plan.size;
    if last && !upload.may_be_complete {
        upload.may_be_complete = true;
        return on_with(run, publish_id, state, upload);
    }
    match send(run, &state, &upload, range.clone()).await {
        Ok(ChunkAnswer::Stored { complete, progress }) => {
            upload.corrections = 0;
            // TikTok may know of more than this process does, never of less: this chunk is stored.
            let known = progress.and_then(|end| upload.plan.boundary_of(end));
            upload.offset = range.end.max(known.unwrap_or_default());
            // From that word on only the status says what became of it.
            upload.may_be_complete |= complete || upload.is_complete();
            if complete && !upload.is_complete() {
                return ask(publish_id, state, upload, run.settings.first_poll, None);
            }
            on_with(run, publish_id, state, upload)
        }
        Ok(ChunkAnswer::OutOfStep { progress }) => {
            let known = progress.and_then(|end| upload.plan.boundary_of(end));
            correct(run, publish_id, state, upload, known)
        }
        Ok(ChunkAnswer::Gone) => {
            upload.gone = true;
            ask(publish_id, state, upload, Duration::ZERO, None)
        }
        // An earlier sender may have got through: no error of this one says that there is no post.
        Err(error) if upload.may_be_complete => {
            let after = run.settings.first_poll.max(wish(&error));
            ask(publish_id, state, upload, after, Some(error))
        }
        Err(error) if run.cx.restored && is_final(&error) => {
            lost::begun_elsewhere(run, at, state).await
        }
        Err(error) => refused(at, error),
    }
}

async fn send(
    run: &Run<'_>,
    state: &State,
    upload: &Upload,
    range: Range<u64>,
) -> Result<ChunkAnswer> {
    let (first, total) = (range.start, upload.plan.size);
    let chunk = Chunk {
        content_type: state.kind.unwrap_or(VideoType::Mp4).content_type(),
        first,
        len: range.end - first,
        total,
    };
    let progress = run.cx.progress;
    let bytes = run.cx.media.read(run.media()?, range).await?;
    progress.sent(first, total);
    let on_sent = |sent| progress.sent(first + sent, total);
    let address = upload.url();
    let answer = run
        .client
        .upload_chunk(&address, chunk, bytes, &on_sent, run.cx.deadline);
    let answer = answer.await;
    if !matches!(answer, Ok(ChunkAnswer::Stored { .. })) {
        // What went out and was not taken is not with TikTok.
        progress.sent(first, total);
    }
    answer
}

/// How long the platform wants to be left alone; the chunk may have to be sent again after the question.
fn wish(error: &Error) -> Duration {
    match error.remedy() {
        Remedy::After { wait, .. } => *wait,
        _ => Duration::ZERO,
    }
}

/// An upload whose last chunk was never sent is incomplete: refused, or without its file, it never becomes a post.
fn refused(at: &Checkpoint, error: Error) -> Result<Step> {
    if is_final(&error) {
        return Ok(Step::failed(at.clone(), error));
    }
    Err(error)
}

fn is_final(error: &Error) -> bool {
    matches!(error.remedy(), Remedy::Never | Remedy::FixInput { .. })
}

/// The next chunk, or the question what became of it all.
fn on_with(run: &Run<'_>, publish_id: &RemoteId, mut state: State, upload: Upload) -> Result<Step> {
    if upload.is_complete() {
        return sent(run, publish_id, state, upload);
    }
    state.upload = Some(upload);
    Ok(Step::pending(
        state.checkpoint(step::UPLOAD, Some(publish_id))?,
        Duration::ZERO,
    ))
}

/// Everything is there.
pub(super) fn sent(
    run: &Run<'_>,
    publish_id: &RemoteId,
    mut state: State,
    mut upload: Upload,
) -> Result<Step> {
    upload.may_be_complete = true;
    run.cx.progress.sent(upload.plan.size, upload.plan.size);
    state.sent_at.get_or_insert(run.now());
    ask(publish_id, state, upload, run.settings.first_poll, None)
}

fn ask(
    publish_id: &RemoteId,
    mut state: State,
    upload: Upload,
    after: Duration,
    cause: Option<Error>,
) -> Result<Step> {
    state.upload = Some(upload);
    state.asked = 0;
    let checkpoint = state.checkpoint(step::STATUS, Some(publish_id))?;
    Ok(match cause {
        Some(cause) => Step::troubled(checkpoint, after, cause),
        None => Step::pending(checkpoint, after),
    })
}

/// TikTok expects another chunk: goes on where it stands, or asks where that is.
pub(super) fn correct(
    run: &Run<'_>,
    publish_id: &RemoteId,
    mut state: State,
    mut upload: Upload,
    known: Option<u64>,
) -> Result<Step> {
    let Some(offset) = known else {
        return ask(publish_id, state, upload, Duration::ZERO, None);
    };
    let moved = offset != upload.offset;
    upload.offset = offset;
    run.cx.progress.sent(offset, upload.plan.size);
    if upload.is_complete() {
        return sent(run, publish_id, state, upload);
    }
    upload.corrections = upload.corrections.saturating_add(1);
    let corrections = upload.corrections;
    state.upload = Some(upload);
    let checkpoint = state.checkpoint(step::UPLOAD, Some(publish_id))?;
    if moved && corrections < 3 {
        return Ok(Step::pending(checkpoint, Duration::ZERO));
    }
    // It goes back, or round in circles: no hurry.
    let wait = Duration::from_secs(1 << corrections.min(6));
    let message = "TikTok has not taken this part of the file";
    let cause = Error::new(ErrorKind::Protocol, message).by_tiktok();
    Ok(Step::troubled(
        checkpoint,
        wait,
        cause.with_remedy(Remedy::Backoff),
    ))
}
