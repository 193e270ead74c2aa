//! What holds for a video. <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>

use std::time::Duration;

use social_core::{
    ErrorKind, Result,
    media::{
        MediaStore,
        probe::{Container, Fact, Probe, VideoCodec, VideoFacts, probe},
    },
    model::MediaId,
    publish::{Preflight, Violation},
};

use super::{
    super::{chunks::SIZE_MAX, state::VideoType},
    media_rule,
};

/// Above this it depends on what TikTok means by 4 GB.
const SIZE_DOUBTFUL: u64 = 4_000_000_000;
/// The longest video of the API.
const DURATION_MAX: Duration = Duration::from_secs(600);
/// Means over a whole track are never exact.
const FRAME_RATES: std::ops::RangeInclusive<f64> = 22.9..=60.1;
const SIDES: std::ops::RangeInclusive<u32> = 360..=4096;

/// What is known of a video.
#[derive(Default)]
pub(in crate::publish) struct File {
    pub(in crate::publish) size: u64,
    pub(in crate::publish) kind: Option<VideoType>,
    pub(in crate::publish) duration: Option<Duration>,
}

/// Looks at a stored file.
///
/// # Errors
/// When it cannot be read now.
pub(super) async fn stored(
    store: &dyn MediaStore,
    id: &MediaId,
    found: &mut Preflight,
) -> Result<File> {
    let mut file = File {
        size: store.stat(id).await?.size,
        ..File::default()
    };
    size(file.size, found);
    if file.size == 0 {
        return Ok(file);
    }
    match probe(store, id).await {
        Ok(probe) => contents(&probe, &mut file, found),
        Err(error) if error.kind() == ErrorKind::Invalid => {
            let message = error.user_message().to_owned();
            let violation = Violation::new("media.readable", "media", message);
            found.violations.push(violation);
        }
        Err(error) => return Err(error),
    }
    Ok(file)
}

/// What a look into the file has shown.
pub(super) fn contents(probe: &Probe, file: &mut File, found: &mut Preflight) {
    file.kind = container(probe, found);
    file.duration = probe.duration;
    if file.kind.is_some() {
        tracks(probe, found);
    }
}

pub(super) fn size(size: u64, found: &mut Preflight) {
    if size == 0 {
        let message = "The file is empty. Choose another.";
        let violation = Violation::new("media.empty", "media", message);
        found.violations.push(violation);
    } else if size > SIZE_MAX {
        let message =
            format!("The file has {size} bytes, TikTok takes {SIZE_MAX} (4 GiB). Make it smaller.");
        let violation = media_rule("media.size", message, SIZE_MAX);
        found.violations.push(violation);
    } else if size > SIZE_DOUBTFUL {
        let message = format!(
            "The file has {size} bytes; TikTok may refuse more than {SIZE_DOUBTFUL} (4 GB)."
        );
        let violation = media_rule("media.size_near", message, SIZE_DOUBTFUL);
        found.violations.push(violation.soft());
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
        let violation = media_rule("media.container", message, "MP4, MOV, WebM");
        found.violations.push(violation);
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
            let violation = media_rule("media.duration", message, DURATION_MAX.as_secs());
            found.violations.push(violation);
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
        let violation = media_rule("media.codec", message, "H.264, H.265, VP8, VP9");
        found.violations.push(violation);
    }
}

fn frame_rate(video: &VideoFacts, found: &mut Preflight) {
    match video.frame_rate {
        Some(rate) if !FRAME_RATES.contains(&rate) => {
            let message = format!(
                "The video has {rate:.1} frames a second, TikTok takes 23 to 60. Export it again."
            );
            let violation = media_rule("media.frame_rate", message, "23 to 60");
            found.violations.push(violation);
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
        let limit = format!("{} to {}", SIDES.start(), SIDES.end());
        let violation = media_rule("media.dimensions", message, limit);
        found.violations.push(violation);
    }
}
