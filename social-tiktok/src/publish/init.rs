//! Beginning a post.
//!
//! An upload is begun again after a lost answer: the other one never gets a byte. What TikTok fetches itself is begun at
//! most once, because nobody could stop the other one.

use std::time::Duration;

use secrecy::ExposeSecret;
use social_core::{
    Error, ErrorKind, Remedy, Result,
    publish::{Checkpoint, MediaRef, Step},
};
use url::Url;

use super::{
    chunks::ChunkPlan,
    options::{Mode, PostOptions},
    rules,
    run::{Run, of_repeatable},
    state::{Creator, Pull, Source, State, Upload, step},
};
use crate::{
    ByTikTok,
    limits::Bucket,
    wire::{
        Begun, DirectPhotoInfo, InboxVideoInit, PhotoInfo, PhotoInit, PhotoMedia, PhotoSource,
        PostInfo, PostMode, Privacy, SourceInfo, VideoInit,
    },
};

/// How long an address made for TikTok must live: the download may take an hour.
const FETCH: Duration = Duration::from_secs(2 * 3_600);

/// The checkpoint before the beginning.
pub(super) fn checkpoint(run: &Run<'_>, state: &State) -> Result<Checkpoint> {
    let checkpoint = state.checkpoint(step::INIT, None)?;
    Ok(if state.way.is_upload() {
        checkpoint
    } else {
        checkpoint.once(run.settings.settle)
    })
}

pub(super) async fn advance(run: &Run<'_>, at: &Checkpoint, mut state: State) -> Result<Step> {
    let options = match PostOptions::stored(run.cx.request.options.as_ref()) {
        Ok(options) => options,
        Err(error) => return run.refused(at, &state, error),
    };
    run.check_scope(options.mode)?;
    let (source, plan) = match source(run, &state, &options).await {
        Ok(source) => source,
        Err(error) => return run.refused(at, &state, error),
    };
    run.book_post(options.mode).await?;
    // Read before the call, so that the hour never ends too late.
    let begun_at = run.now();
    let creator = state.creator.clone().unwrap_or_default();
    let begun = match begin(run, source, &options, &creator).await {
        Ok(begun) => begun,
        Err(error) => {
            // Of an upload nothing is there without its address, which nobody has.
            let error = match state.way.is_upload() {
                true => of_repeatable(error),
                false => error,
            };
            let error = run.heed(Bucket::Init, options.mode, error).await;
            let step = run.refused(at, &state, error);
            if matches!(step, Ok(Step::Settled { .. })) {
                run.refund(options.mode).await;
            }
            return step;
        }
    };
    state.begun = state.begun.saturating_add(1);
    (state.asked, state.blocked_since) = (0, None);
    let Some(plan) = plan else {
        state.pull = Some(Pull {
            begun_at,
            cancelled: false,
            newest: None,
        });
        let checkpoint = state.checkpoint(step::STATUS, Some(&begun.publish_id))?;
        return Ok(Step::pending(checkpoint, run.settings.first_poll));
    };
    let Some(url) = begun.upload_url else {
        // Without its address nothing can arrive: another one is begun.
        return Err(no_address());
    };
    state.upload = Some(Upload::new(url.expose_secret().to_owned(), plan, begun_at));
    let checkpoint = state.checkpoint(step::UPLOAD, Some(&begun.publish_id))?;
    Ok(Step::pending(checkpoint, Duration::ZERO))
}

/// Where the media are, as the request says it.
enum From {
    Video(SourceInfo),
    Photos(PhotoSource),
}

async fn source(
    run: &Run<'_>,
    state: &State,
    options: &PostOptions,
) -> Result<(From, Option<ChunkPlan>)> {
    match state.way.source {
        Source::File => {
            let size = run.cx.media.stat(run.media()?).await?.size;
            let plan = ChunkPlan::new(size, run.settings.chunks);
            let plan = plan.ok_or_else(|| rules::unsendable(size))?;
            let source = SourceInfo::File {
                video_size: plan.size,
                chunk_size: plan.chunk,
                total_chunk_count: plan.count,
            };
            Ok((From::Video(source), Some(plan)))
        }
        Source::Address => match run.cx.request.media.as_slice() {
            [media] => {
                let video_url = address(run, &media.source).await?;
                Ok((From::Video(SourceInfo::Pull { video_url }), None))
            }
            _ => Err(rules::one_video()),
        },
        Source::Photos => {
            let mut photo_images = Vec::with_capacity(run.cx.request.media.len());
            for media in &run.cx.request.media {
                photo_images.push(address(run, &media.source).await?);
            }
            let source = PhotoSource {
                photo_images,
                photo_cover_index: options.cover_index,
            };
            Ok((From::Photos(source), None))
        }
    }
}

/// The address of a medium, made now: schedules outlive signatures.
pub(super) async fn address(run: &Run<'_>, media: &MediaRef) -> Result<Url> {
    match media {
        MediaRef::Url(url) => Ok(url.clone()),
        MediaRef::Stored(id) => {
            let url = run.cx.media.public_url(id, FETCH).await?;
            let url = url.ok_or_else(rules::no_public_address)?;
            Ok(url.into_exposed())
        }
        _ => Err(rules::one_video()),
    }
}

async fn begin(
    run: &Run<'_>,
    source: From,
    options: &PostOptions,
    creator: &Creator,
) -> Result<Begun> {
    let (client, access, deadline) = (run.client, &run.cx.tokens.access, run.cx.deadline);
    match (source, options.mode) {
        (From::Video(source_info), Mode::Direct) => {
            let post_info = post_info(run, options, creator)?;
            let init = VideoInit {
                post_info,
                source_info,
            };
            client.video_init(access, &init, deadline).await
        }
        (From::Video(source_info), Mode::Inbox) => {
            let init = InboxVideoInit { source_info };
            client.inbox_video_init(access, &init, deadline).await
        }
        (From::Photos(source_info), mode) => {
            let init = PhotoInit {
                media_type: PhotoMedia::Photo,
                post_mode: match mode {
                    Mode::Direct => PostMode::Direct,
                    Mode::Inbox => PostMode::Inbox,
                },
                post_info: photo_info(run, options, creator)?,
                source_info,
            };
            client.photo_init(access, &init, deadline).await
        }
    }
}

/// What the creator has switched off stays off.
fn post_info(run: &Run<'_>, options: &PostOptions, creator: &Creator) -> Result<PostInfo> {
    Ok(PostInfo {
        title: run.cx.request.caption.clone(),
        privacy_level: audience(options)?,
        disable_duet: !options.allow_duet || creator.duet_disabled,
        disable_comment: !options.allow_comment || creator.comment_disabled,
        disable_stitch: !options.allow_stitch || creator.stitch_disabled,
        video_cover_timestamp_ms: options.cover_timestamp_ms,
        brand_content_toggle: options.branded_content,
        brand_organic_toggle: options.your_brand,
        is_aigc: options.is_aigc,
    })
}

fn photo_info(run: &Run<'_>, options: &PostOptions, creator: &Creator) -> Result<PhotoInfo> {
    let direct = match options.mode {
        Mode::Inbox => None,
        Mode::Direct => Some(DirectPhotoInfo {
            privacy_level: audience(options)?,
            disable_comment: !options.allow_comment || creator.comment_disabled,
            auto_add_music: options.auto_add_music,
            brand_content_toggle: options.branded_content,
            brand_organic_toggle: options.your_brand,
        }),
    };
    Ok(PhotoInfo {
        title: options.title.clone().unwrap_or_default(),
        description: run.cx.request.caption.clone(),
        direct,
    })
}

fn audience(options: &PostOptions) -> Result<Privacy> {
    let none = || {
        Error::invalid(
            "privacy",
            "privacy.required",
            "a direct post needs an audience",
        )
    };
    options.privacy.clone().ok_or_else(none)
}

/// A failure after an upload was begun: nothing can have arrived.
fn no_address() -> Error {
    Error::new(ErrorKind::Protocol, "TikTok gave no upload address")
        .by_tiktok()
        .with_remedy(Remedy::Backoff)
}
