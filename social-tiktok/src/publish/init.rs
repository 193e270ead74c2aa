//! Beginning the upload. Repeated after a lost answer: the other upload never gets a byte.

use std::time::Duration;

use secrecy::ExposeSecret;
use social_core::{
    Result,
    publish::{Checkpoint, Step},
};

use super::{
    chunks::ChunkPlan,
    options::PostOptions,
    rules,
    run::{Run, failed, pending},
    state::{Creator, State, Upload, step},
};
use crate::{
    limits::Bucket,
    wire::{PostInfo, SourceInfo, VideoInit},
};

pub(super) async fn advance(run: &Run<'_>, at: &Checkpoint, mut state: State) -> Result<Step> {
    run.check_scope()?;
    let options = match PostOptions::stored(run.cx.request.options.as_ref()) {
        Ok(options) => options,
        Err(error) => return run.refused(at, error),
    };
    let size = match run.cx.media.stat(run.media()?).await {
        Ok(media) => media.size,
        Err(error) => return run.refused(at, error),
    };
    let Some(plan) = ChunkPlan::new(size, run.settings.chunks) else {
        return Ok(failed(at.clone(), rules::unsendable(size)));
    };
    run.book(Bucket::Init).await?;
    let creator = state.creator.clone().unwrap_or_default();
    let init = VideoInit {
        post_info: post_info(&run.cx.request.caption, options, &creator),
        source_info: SourceInfo::File {
            video_size: plan.size,
            chunk_size: plan.chunk,
            total_chunk_count: plan.count,
        },
    };
    // Read before the call, so that the hour never ends too late.
    let begun_at = run.now();
    let answer = run
        .client
        .video_init(&run.cx.tokens.access, &init, run.cx.deadline)
        .await;
    let begun = match answer {
        Ok(begun) => begun,
        Err(error) => {
            let error = run.heed(Bucket::Init, error).await;
            return run.refused(at, error);
        }
    };
    let url = begun.upload_url.expose_secret().to_owned();
    state.upload = Some(Upload::new(url, plan, begun_at));
    state.begun = state.begun.saturating_add(1);
    state.asked = 0;
    let checkpoint = state.checkpoint(step::UPLOAD, Some(&begun.publish_id))?;
    Ok(pending(checkpoint, Duration::ZERO))
}

/// What the creator has switched off stays off.
fn post_info(caption: &str, options: PostOptions, creator: &Creator) -> PostInfo {
    PostInfo {
        title: caption.to_owned(),
        privacy_level: options.privacy,
        disable_duet: !options.allow_duet || creator.duet_disabled,
        disable_comment: !options.allow_comment || creator.comment_disabled,
        disable_stitch: !options.allow_stitch || creator.stitch_disabled,
        video_cover_timestamp_ms: options.cover_timestamp_ms,
        brand_content_toggle: options.branded_content,
        brand_organic_toggle: options.your_brand,
        is_aigc: options.is_aigc,
    }
}
