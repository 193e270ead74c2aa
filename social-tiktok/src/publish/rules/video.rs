//! What holds for a video. <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>

use std::time::Duration;

use social_core::{
    ErrorKind, Result,
    media::{
        MediaStore,
        probe::{Container, Fact, Probe, VideoCodec, probe},
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
    if let Some(length) = probe.duration {
        duration(length, found);
    }
    if let Some(video) = &probe.video {
        codec(&video.codec, found);
        if let Some(rate) = video.frame_rate {
            frame_rate(rate, found);
        }
        if let (Some(width), Some(height)) = (video.width, video.height) {
            sides(width, height, found);
        }
    }
    if probe.audio.is_none() && !probe.is_unchecked(Fact::Audio) {
        found.passed.push("the video has no sound".to_owned());
    }
}

fn duration(length: Duration, found: &mut Preflight) {
    let (seconds, most) = (length.as_secs(), DURATION_MAX.as_secs());
    if seconds > most {
        let message = format!(
            "The video is {seconds} s long, TikTok takes {most} s from other services. Shorten it."
        );
        let violation = media_rule("media.duration", message, most);
        found.violations.push(violation);
    } else {
        found.passed.push(format!("duration: {seconds} s"));
    }
}

fn codec(codec: &VideoCodec, found: &mut Preflight) {
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

fn frame_rate(rate: f64, found: &mut Preflight) {
    if FRAME_RATES.contains(&rate) {
        found.passed.push(format!("frame rate: {rate:.1}"));
    } else {
        let message = format!(
            "The video has {rate:.1} frames a second, TikTok takes 23 to 60. Export it again."
        );
        let violation = media_rule("media.frame_rate", message, "23 to 60");
        found.violations.push(violation);
    }
}

fn sides(width: u32, height: u32, found: &mut Preflight) {
    if SIDES.contains(&width) && SIDES.contains(&height) {
        found.passed.push(format!("picture: {width} by {height}"));
    } else {
        let (least, most) = (SIDES.start(), SIDES.end());
        let message = format!(
            "The picture is {width} by {height} pixels; TikTok takes sides of {least} to {most}. Export it again."
        );
        let limit = format!("{least} to {most}");
        let violation = media_rule("media.dimensions", message, limit);
        found.violations.push(violation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that a look breaks, and whether they only warn.
    fn broken(look: impl Fn(&mut Preflight)) -> Vec<(String, bool)> {
        let mut found = Preflight::default();
        look(&mut found);
        let all = found.violations.into_iter();
        all.inspect(|found| assert!(found.limit.is_some(), "{found:?}"))
            .map(|found| (found.rule, found.soft))
            .collect()
    }

    fn one(rule: &str, soft: bool) -> Vec<(String, bool)> {
        vec![(rule.to_owned(), soft)]
    }

    #[test]
    fn limit_video_bytes() {
        let found = |bytes| broken(|found| size(bytes, found));
        for fine in [1, 4_000_000_000] {
            assert!(found(fine).is_empty());
        }
        for doubtful in [4_000_000_001, 4 << 30] {
            assert_eq!(found(doubtful), one("media.size_near", true));
        }
        assert_eq!(found((4 << 30) + 1), one("media.size", false));
    }

    #[test]
    fn limit_video_duration() {
        let found = |seconds| broken(|found| duration(Duration::from_secs(seconds), found));
        assert!(found(600).is_empty());
        assert_eq!(found(601), one("media.duration", false));
    }

    #[test]
    fn limit_video_codec() {
        let found = |known| broken(|found| codec(&known, found));
        for fine in [
            VideoCodec::H264,
            VideoCodec::H265,
            VideoCodec::Vp8,
            VideoCodec::Vp9,
        ] {
            assert!(found(fine).is_empty());
        }
        for other in [VideoCodec::Av1, VideoCodec::Other("mp4v".to_owned())] {
            assert_eq!(found(other), one("media.codec", false));
        }
    }

    #[test]
    fn limit_video_frame_rate() {
        let found = |rate| broken(|found| frame_rate(rate, found));
        for fine in [23.0, 23.976, 24.0, 30.0, 59.94, 60.0] {
            assert!(found(fine).is_empty(), "{fine}");
        }
        for other in [15.0, 22.0, 61.0, 120.0] {
            assert_eq!(found(other), one("media.frame_rate", false), "{other}");
        }
    }

    #[test]
    fn limit_video_sides() {
        let found = |width, height| broken(|found| sides(width, height, found));
        for (width, height) in [(360, 640), (4096, 2160), (360, 360), (4096, 4096)] {
            assert!(found(width, height).is_empty());
        }
        for (width, height) in [(359, 640), (640, 359), (4097, 2160), (2160, 4097)] {
            let expected = one("media.dimensions", false);
            assert_eq!(found(width, height), expected, "{width} by {height}");
        }
    }
}
