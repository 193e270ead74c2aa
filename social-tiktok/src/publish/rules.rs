//! TikTok's rules. Each has a stable id, the field it is about, and words with the limit.

mod photos;

use std::time::Duration;

use social_core::{
    Error, ErrorKind, Remedy, Result,
    media::{
        MediaStore,
        probe::{Container, Fact, Probe, VideoCodec, VideoFacts, probe},
    },
    publish::{MediaRef, PostKind, Preflight, PublishRequest, Violation},
};

use super::{
    address::{self, Verified},
    chunks::SIZE_MAX,
    options::{Mode, PostOptions},
    run::stored_media,
    state::{Source, VideoType, Way},
};
use crate::{
    PLATFORM,
    wire::{CreatorInfo, Privacy},
};

/// UTF-16 units of a caption.
/// <https://developers.tiktok.com/doc/content-posting-api-reference-direct-post>
pub(super) const CAPTION_MAX: usize = 2200;
/// Above this it depends on what TikTok means by 4 GB.
const SIZE_DOUBTFUL: u64 = 4_000_000_000;
/// The longest video of the API.
const DURATION_MAX: Duration = Duration::from_secs(600);
/// Means over a whole track are never exact.
const FRAME_RATES: std::ops::RangeInclusive<f64> = 22.9..=60.1;
const SIDES: std::ops::RangeInclusive<u32> = 360..=4096;

/// UTF-16 units of the description of photos, and of their title.
/// <https://developers.tiktok.com/doc/content-posting-api-reference-photo-post>
pub(super) const DESCRIPTION_MAX: usize = 4000;
pub(super) const TITLE_MAX: usize = 90;
/// Photos of one post.
pub(super) const PHOTOS_MAX: usize = 35;

/// Refuses what can never succeed, and says how it is made.
pub(super) fn plan(request: &PublishRequest, verified: &[Verified]) -> Result<Way> {
    let options = PostOptions::submitted(request.options.as_ref())?;
    let mut found = Preflight::default();
    let way = self::request(request, Some(&options), verified, &mut found);
    match (first(&found), way) {
        (Some(violation), _) => Err(violation),
        (None, Some(way)) => Ok(way),
        (None, None) => Err(one_video()),
    }
}

/// What the request itself says; nothing when it is of no kind that TikTok takes.
pub(super) fn request(
    request: &PublishRequest,
    options: Option<&PostOptions>,
    verified: &[Verified],
    found: &mut Preflight,
) -> Option<Way> {
    let mode = options.map_or(Mode::Direct, |options| options.mode);
    for media in &request.media {
        if let MediaRef::Url(url) = media {
            address::rules(url, verified, found);
        }
    }
    let source = match (request.kind, request.media.as_slice()) {
        (PostKind::Video, [MediaRef::Stored(_)]) => Some(Source::File),
        (PostKind::Video, [MediaRef::Url(_)]) => Some(Source::Address),
        (PostKind::Photos, photos) => {
            photos::rules(photos.len(), options, found);
            Some(Source::Photos)
        }
        _ => {
            let message = "A TikTok video is exactly one file or one address.";
            let violation = Violation::new("media.one", "media", message);
            found.violations.push(violation.limit(1));
            None
        }
    };
    let most = if source == Some(Source::Photos) {
        DESCRIPTION_MAX
    } else {
        CAPTION_MAX
    };
    words("caption", &request.caption, most, found);
    source.map(|source| Way { mode, source })
}

/// Texts are counted in UTF-16 units.
pub(super) fn words(field: &str, text: &str, most: usize, found: &mut Preflight) {
    let units = text.encode_utf16().count();
    if units > most {
        let message = format!(
            "The {field} has {units} characters (UTF-16 units), TikTok takes {most}. Shorten it."
        );
        let violation = Violation::new(format!("{field}.length"), field, message);
        found.violations.push(violation.limit(most));
    } else {
        found
            .passed
            .push(format!("{field}: {units} of {most} characters"));
    }
}

pub(super) fn one_video() -> Error {
    let message = "TikTok takes one video, or photos";
    Error::new(ErrorKind::Unsupported, message).with_platform(PLATFORM)
}

/// Photos, and videos that TikTok is to fetch, need an address of their own.
pub(super) fn no_public_address() -> Error {
    let message = "TikTok fetches photos itself, and this media store gives them no public address";
    Error::invalid("media", "media.public_address", message)
        .with_platform(PLATFORM)
        .with_user_message(
            "This service cannot show TikTok these photos: its media have no public address.",
        )
}

/// An error of the options as a finding.
pub(super) fn note(error: &Error, found: &mut Preflight) {
    let (field, rule) = match error.remedy() {
        Remedy::FixInput { field, rule } => (field.as_str(), rule.as_str()),
        _ => ("options", "options.form"),
    };
    let violation = Violation::new(rule, field, error.message().to_owned());
    found.violations.push(violation);
}

/// What is known of the file.
#[derive(Default)]
pub(super) struct File {
    pub(super) size: u64,
    pub(super) kind: Option<VideoType>,
    pub(super) duration: Option<Duration>,
}

/// Looks at the stored file.
///
/// # Errors
/// When it cannot be read now.
pub(super) async fn file(
    store: &dyn MediaStore,
    request: &PublishRequest,
    found: &mut Preflight,
) -> Result<File> {
    let mut file = File::default();
    if request.kind != PostKind::Video {
        return Ok(file);
    }
    let Ok(id) = stored_media(request) else {
        let unknown = "the video: TikTok fetches it from its address";
        found.not_checked.push(unknown.to_owned());
        return Ok(file);
    };
    file.size = store.stat(id).await?.size;
    size(file.size, found);
    if file.size == 0 {
        return Ok(file);
    }
    match probe(store, id).await {
        Ok(probe) => {
            file.kind = container(&probe, found);
            file.duration = probe.duration;
            if file.kind.is_some() {
                tracks(&probe, found);
            }
        }
        Err(error) if error.kind() == ErrorKind::Invalid => {
            let message = error.user_message().to_owned();
            found
                .violations
                .push(Violation::new("media.readable", "media", message));
        }
        Err(error) => return Err(error),
    }
    Ok(file)
}

fn size(size: u64, found: &mut Preflight) {
    if size == 0 {
        let message = "The file is empty. Choose another.";
        found
            .violations
            .push(Violation::new("media.empty", "media", message));
    } else if size > SIZE_MAX {
        let message =
            format!("The file has {size} bytes, TikTok takes {SIZE_MAX} (4 GiB). Make it smaller.");
        found
            .violations
            .push(Violation::new("media.size", "media", message));
    } else if size > SIZE_DOUBTFUL {
        let message = format!(
            "The file has {size} bytes; TikTok may refuse more than {SIZE_DOUBTFUL} (4 GB)."
        );
        found
            .violations
            .push(Violation::new("media.size_near", "media", message).soft());
    } else {
        found.passed.push(format!("size: {size} bytes"));
    }
}

fn container(probe: &Probe, found: &mut Preflight) -> Option<VideoType> {
    let kind = match probe.container {
        Container::Mp4 => Some(VideoType::Mp4),
        Container::Mov => Some(VideoType::Mov),
        Container::WebM => Some(VideoType::WebM),
        _ => None,
    };
    if kind.is_none() || !probe.is_video() {
        let what = match probe.container {
            Container::Unknown => "This file is no video that is known.".to_owned(),
            known => format!("This file is a {known} file without a video that TikTok takes."),
        };
        let message = format!("{what} TikTok takes MP4, MOV and WebM.");
        found
            .violations
            .push(Violation::new("media.container", "media", message));
        return None;
    }
    found.passed.push(format!("container: {}", probe.container));
    kind
}

fn tracks(probe: &Probe, found: &mut Preflight) {
    found
        .not_checked
        .extend(probe.not_checked.iter().map(ToString::to_string));
    if let Some(duration) = probe.duration {
        if duration.as_secs() > DURATION_MAX.as_secs() {
            let message = format!(
                "The video is {} s long, TikTok takes {} s from other services. Shorten it.",
                duration.as_secs(),
                DURATION_MAX.as_secs()
            );
            found
                .violations
                .push(Violation::new("media.duration", "media", message));
        } else {
            found
                .passed
                .push(format!("duration: {} s", duration.as_secs()));
        }
    }
    if let Some(video) = &probe.video {
        codec(video, found);
        frame_rate(video, found);
        sides(video, found);
    }
    if probe.audio.is_none() && !probe.is_unchecked(Fact::Audio) {
        found.passed.push("the video has no sound".to_owned());
    }
}

fn codec(video: &VideoFacts, found: &mut Preflight) {
    let codec = &video.codec;
    if matches!(
        codec,
        VideoCodec::H264 | VideoCodec::H265 | VideoCodec::Vp8 | VideoCodec::Vp9
    ) {
        found.passed.push(format!("codec: {codec}"));
    } else {
        let message = format!(
            "The video is coded as {codec}; TikTok takes H.264, H.265, VP8 and VP9. Export it again."
        );
        found
            .violations
            .push(Violation::new("media.codec", "media", message));
    }
}

fn frame_rate(video: &VideoFacts, found: &mut Preflight) {
    match video.frame_rate {
        Some(rate) if !FRAME_RATES.contains(&rate) => {
            let message = format!(
                "The video has {rate:.1} frames a second, TikTok takes 23 to 60. Export it again."
            );
            found
                .violations
                .push(Violation::new("media.frame_rate", "media", message));
        }
        Some(rate) => found.passed.push(format!("frame rate: {rate:.1}")),
        None => {}
    }
}

fn sides(video: &VideoFacts, found: &mut Preflight) {
    let (Some(width), Some(height)) = (video.width, video.height) else {
        return;
    };
    if SIDES.contains(&width) && SIDES.contains(&height) {
        found.passed.push(format!("picture: {width} by {height}"));
    } else {
        let message = format!(
            "The picture is {width} by {height} pixels; TikTok takes sides of {} to {}. Export it again.",
            SIDES.start(),
            SIDES.end()
        );
        found
            .violations
            .push(Violation::new("media.dimensions", "media", message));
    }
}

/// What the creator's settings say now.
pub(super) fn creator(
    info: &CreatorInfo,
    options: &PostOptions,
    file: &File,
    found: &mut Preflight,
) {
    let Some(privacy) = &options.privacy else {
        return;
    };
    if info.privacy_options.contains(privacy) {
        found.passed.push(format!("audience: {privacy}"));
    } else {
        let offered: Vec<_> = info.privacy_options.iter().map(Privacy::as_str).collect();
        let message = format!(
            "The account does not offer {}; it offers {}. Choose one of these.",
            privacy,
            offered.join(", ")
        );
        found
            .violations
            .push(Violation::new("privacy.offered", "privacy", message));
    }
    if let (Some(max), Some(duration)) = (info.max_duration, file.duration)
        && duration.as_secs() > max.as_secs()
    {
        let message = format!(
            "The video is {} s long, this account may post {} s. Shorten it.",
            duration.as_secs(),
            max.as_secs()
        );
        found
            .violations
            .push(Violation::new("media.duration_creator", "media", message));
    }
    for (wanted, disabled, what) in [
        (options.allow_comment, info.comment_disabled, "comment"),
        (options.allow_duet, info.duet_disabled, "duet"),
        (options.allow_stitch, info.stitch_disabled, "stitch"),
    ] {
        if wanted && disabled {
            let message =
                format!("The account has switched {what} off; it stays off for this post.");
            let field = format!("allow_{what}");
            let rule = format!("interaction.{what}_disabled");
            found
                .violations
                .push(Violation::new(rule, field, message).soft());
        }
    }
}

/// The first finding that stands in the way, as an error.
pub(super) fn first(found: &Preflight) -> Option<Error> {
    let hard = found.violations.iter().find(|violation| !violation.soft)?;
    let (field, rule) = (hard.field.clone(), hard.rule.clone());
    Some(
        Error::invalid(field, rule, hard.message.clone())
            .with_platform(PLATFORM)
            .with_user_message(hard.message.clone()),
    )
}

/// A file that cannot be cut.
pub(super) fn unsendable(bytes: u64) -> Error {
    let mut found = Preflight::default();
    size(bytes, &mut found);
    first(&found).unwrap_or_else(|| Error::new(ErrorKind::Invalid, "the file cannot be sent"))
}

#[cfg(test)]
mod tests;
