//! What holds for a video. <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>

use std::time::Duration;

use social_core::{
    ErrorKind, Result,
    media::{
        MediaStore,
        probe::{Container, Fact, FrameRate, Pace, Probe, VideoCodec, VideoFacts, probe},
    },
    model::MediaId,
    publish::{Preflight, Violation},
};

use super::{super::state::VideoType, media_rule};
use crate::rules::{VIDEO_BYTES_MAX, VIDEO_BYTES_SAFE, VIDEO_DURATION_MAX};

/// Means over a whole track are never exact.
const FRAME_RATES: std::ops::RangeInclusive<f64> = 22.9..=60.1;
const SIDES: std::ops::RangeInclusive<u32> = 360..=4096;

/// What is known of a video.
#[derive(Default)]
pub(in crate::publish) struct File {
    pub(in crate::publish) size: u64,
    pub(in crate::publish) kind: Option<VideoType>,
    pub(in crate::publish) duration: Option<Duration>,
    /// Whether it is none, and the post one of photos.
    pub(in crate::publish) is_photos: bool,
}

impl File {
    /// Nothing is known of a video where there is none.
    pub(super) fn of_photos() -> Self {
        Self {
            is_photos: true,
            ..Self::default()
        }
    }
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
            let violation = Violation::of_error("media.readable", "media", &error);
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
        let violation =
            Violation::new("media.empty", "media", "The file is empty.").advice("Choose another.");
        found.violations.push(violation);
    } else if size > VIDEO_BYTES_MAX {
        let message = format!("The file has {size} bytes, TikTok takes {VIDEO_BYTES_MAX} (4 GiB).");
        let violation =
            media_rule("media.size", message, VIDEO_BYTES_MAX).advice("Make it smaller.");
        found.violations.push(violation);
    } else if size > VIDEO_BYTES_SAFE {
        let message = format!(
            "The file has {size} bytes; TikTok may refuse more than {VIDEO_BYTES_SAFE} (4 GB)."
        );
        let violation = media_rule("media.size_near", message, VIDEO_BYTES_SAFE)
            .advice("Make it smaller if it does.");
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
            Container::Unknown => "This file is not a video, whatever its name says.".to_owned(),
            known => format!("This file is a {known} file without a video that TikTok takes."),
        };
        let violation = media_rule("media.container", what, "MP4, MOV, WebM")
            .advice("Choose an MP4, MOV or WebM video.");
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
    let several = probe.videos.len() > 1;
    for (number, video) in (1..).zip(&probe.videos) {
        let which = several.then_some((number, probe.videos.len()));
        track(&Which(which), video, found);
    }
    if probe.audios.is_empty() && !probe.is_unchecked(Fact::Audio) {
        found.passed.push("the video has no sound".to_owned());
    }
}

/// Which of several tracks, and of how many; nothing when there is one.
struct Which(Option<(usize, usize)>);

impl Which {
    /// How a sentence about it begins.
    fn subject(&self) -> String {
        match self.0 {
            Some((number, all)) => format!("Video track {number} of {all}"),
            None => "The video".to_owned(),
        }
    }

    fn passed(&self, what: &str) -> String {
        match self.0 {
            Some((number, _)) => format!("video track {number}, {what}"),
            None => what.to_owned(),
        }
    }
}

/// A track that is switched on is shown, or may be: what one of them breaks, the file breaks.
fn track(which: &Which, video: &VideoFacts, found: &mut Preflight) {
    codec(which, &video.codec, found);
    if let Some(rate) = video.frame_rate {
        frame_rate(which, rate, found);
    }
    if let (Some(width), Some(height)) = (video.width, video.height) {
        sides(which, width, height, found);
    }
}

fn duration(length: Duration, found: &mut Preflight) {
    let (seconds, most) = (length.as_secs(), VIDEO_DURATION_MAX.as_secs());
    if seconds > most {
        let message =
            format!("The video is {seconds} s long, TikTok takes {most} s from other services.");
        let violation = media_rule("media.duration", message, most).advice("Shorten it.");
        found.violations.push(violation);
    } else {
        found.passed.push(format!("duration: {seconds} s"));
    }
}

fn codec(which: &Which, codec: &VideoCodec, found: &mut Preflight) {
    if matches!(
        codec,
        VideoCodec::H264 | VideoCodec::H265 | VideoCodec::Vp8 | VideoCodec::Vp9
    ) {
        found.passed.push(which.passed(&format!("codec: {codec}")));
    } else {
        let message = format!(
            "{} is coded as {codec}; TikTok takes H.264, H.265, VP8 and VP9.",
            which.subject()
        );
        let violation =
            media_rule("media.codec", message, "H.264, H.265, VP8, VP9").advice("Export it again.");
        found.violations.push(violation);
    }
}

/// TikTok does not say which rate of a varying one it looks at, and what a file declares was not counted: both may pass.
fn frame_rate(which: &Which, rate: FrameRate, found: &mut Preflight) {
    let FrameRate {
        mean, usual, pace, ..
    } = rate;
    if FRAME_RATES.contains(&mean) && FRAME_RATES.contains(&usual) {
        let how = match pace {
            Pace::Constant => "",
            Pace::Declared => ", as the file says",
            _ => " on average",
        };
        let passed = format!("frame rate: {mean:.1}{how}");
        found.passed.push(which.passed(&passed));
        return;
    }
    let subject = which.subject();
    let violation = match pace {
        Pace::Constant => {
            let message =
                format!("{subject} has {mean:.1} frames a second, TikTok takes 23 to 60.");
            media_rule("media.frame_rate", message, "23 to 60").advice("Export it again.")
        }
        Pace::Declared => {
            let message = format!(
                "{subject} says that it has {mean:.1} frames a second; TikTok takes 23 to 60 and may refuse it."
            );
            media_rule("media.frame_rate_declared", message, "23 to 60")
                .advice("Export it again if it does.")
                .soft()
        }
        _ => {
            let message = format!(
                "{subject} has {mean:.1} frames a second on average and mostly {usual:.1}; TikTok takes 23 to 60 and \
                 may refuse it."
            );
            media_rule("media.frame_rate_varies", message, "23 to 60")
                .advice("Export it with a constant frame rate if it does.")
                .soft()
        }
    };
    found.violations.push(violation);
}

fn sides(which: &Which, width: u32, height: u32, found: &mut Preflight) {
    if SIDES.contains(&width) && SIDES.contains(&height) {
        found
            .passed
            .push(which.passed(&format!("picture: {width} by {height}")));
    } else {
        let (least, most) = (SIDES.start(), SIDES.end());
        let message = format!(
            "{} has {width} by {height} pixels; TikTok takes sides of {least} to {most}.",
            which.subject()
        );
        let limit = format!("{least} to {most}");
        let violation = media_rule("media.dimensions", message, limit).advice("Export it again.");
        found.violations.push(violation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Which = Which(None);

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
        let found = |known| broken(|found| codec(&ALONE, &known, found));
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
        let found = |mean, usual, pace| {
            broken(|found| frame_rate(&ALONE, FrameRate::new(mean, usual, pace), found))
        };
        let varies = |mean, usual| found(mean, usual, Pace::Varies);
        assert!(varies(29.8, 30.0).is_empty());
        // One of them speaks against it: what TikTok looks at is not known.
        for (mean, usual) in [(19.8, 60.0), (30.0, 12.0), (8.0, 10.0)] {
            assert_eq!(varies(mean, usual), one("media.frame_rate_varies", true));
        }
        let declared = |rate| found(rate, rate, Pace::Declared);
        assert!(declared(30.0).is_empty());
        assert_eq!(declared(15.0), one("media.frame_rate_declared", true));
        let found = |rate| found(rate, rate, Pace::Constant);
        for fine in [23.0, 23.976, 24.0, 30.0, 59.94, 60.0] {
            assert!(found(fine).is_empty(), "{fine}");
        }
        for other in [15.0, 22.0, 61.0, 120.0] {
            assert_eq!(found(other), one("media.frame_rate", false), "{other}");
        }
    }

    #[test]
    fn limit_video_sides() {
        let found = |width, height| broken(|found| sides(&ALONE, width, height, found));
        for (width, height) in [(360, 640), (4096, 2160), (360, 360), (4096, 4096)] {
            assert!(found(width, height).is_empty());
        }
        for (width, height) in [(359, 640), (640, 359), (4097, 2160), (2160, 4097)] {
            let expected = one("media.dimensions", false);
            assert_eq!(found(width, height), expected, "{width} by {height}");
        }
    }
}
