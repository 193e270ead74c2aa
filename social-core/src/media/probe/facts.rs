use std::{borrow::Cow, fmt, time::Duration};

use super::Container;
use crate::publish::MediaType;

/// What a file is and holds, as far as it was read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Probe {
    /// The file's format, by its first bytes.
    pub container: Container,
    /// The media type that belongs to the container, for example `video/mp4`.
    pub content_type: Option<&'static str>,
    /// The video tracks that are switched on, in the file's order; all of them when none is. A cover picture is none
    /// beside a track that moves.
    pub videos: Vec<VideoFacts>,
    /// The audio tracks that are switched on, in the file's order; all of them when none is.
    pub audios: Vec<AudioFacts>,
    /// How long it plays: its longest track.
    pub duration: Option<Duration>,
    /// What could not be told, and why. A rule about such a fact is not checked; it is not broken.
    pub not_checked: Vec<NotChecked>,
}

impl Probe {
    /// Whether it is a video, or may be one for all that could be read: a container of videos with a video track, or
    /// with tracks that could not be read.
    pub fn is_video(&self) -> bool {
        self.container.holds_video() && (!self.videos.is_empty() || self.is_unchecked(Fact::Video))
    }

    /// Whether `fact` could not be told.
    pub fn is_unchecked(&self, fact: Fact) -> bool {
        self.not_checked.iter().any(|entry| entry.fact == fact)
    }

    /// Of what is no container of videos.
    pub(super) fn of_unread(container: Container) -> Self {
        let mut probe = Self::bare(container);
        if container.media_type() == Some(MediaType::Photo) {
            probe.skip(Fact::Size, "the size of pictures is not read");
        }
        probe
    }

    /// Of a container of videos whose tracks cannot be read.
    pub(super) fn unread(container: Container, why: impl Into<Cow<'static, str>>) -> Self {
        let why = why.into();
        let mut probe = Self::bare(container);
        for fact in [
            Fact::Video,
            Fact::Size,
            Fact::Duration,
            Fact::FrameRate,
            Fact::Audio,
            Fact::Completeness,
        ] {
            probe.skip(fact, why.clone());
        }
        probe
    }

    pub(super) fn bare(container: Container) -> Self {
        Self {
            container,
            content_type: container.content_type(),
            videos: Vec::new(),
            audios: Vec::new(),
            duration: None,
            not_checked: Vec::new(),
        }
    }

    pub(super) fn skip(&mut self, fact: Fact, reason: impl Into<Cow<'static, str>>) {
        let entry = NotChecked {
            fact,
            reason: reason.into(),
        };
        if !self.not_checked.contains(&entry) {
            self.not_checked.push(entry);
        }
    }
}

/// A fact that could not be told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotChecked {
    /// Which.
    pub fact: Fact,
    /// Why, in words for a log.
    pub reason: Cow<'static, str>,
}

impl fmt::Display for NotChecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} not checked: {}", self.fact, self.reason)
    }
}

/// What a probe looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fact {
    /// The audio tracks and their codecs.
    Audio,
    /// Whether all media are in the file that the file says are there.
    Completeness,
    /// How long it plays.
    Duration,
    /// Frames per second.
    FrameRate,
    /// Width and height.
    Size,
    /// The video tracks and their codecs.
    Video,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Audio => "audio",
            Self::Completeness => "completeness",
            Self::Duration => "duration",
            Self::FrameRate => "frame rate",
            Self::Size => "width and height",
            Self::Video => "video",
        })
    }
}

/// A video track.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct VideoFacts {
    /// How it is coded.
    pub codec: VideoCodec,
    /// Width as shown, after rotation, in pixels.
    pub width: Option<u32>,
    /// Height as shown, after rotation, in pixels.
    pub height: Option<u32>,
    /// Frames per second.
    pub frame_rate: Option<FrameRate>,
}

/// How many frames a second a track has.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct FrameRate {
    /// The mean over the whole track.
    pub mean: f64,
    /// What its frames have for the most part: one second by the median of their lengths.
    pub usual: f64,
    /// Whether these speak for the track.
    pub pace: Pace,
}

impl FrameRate {
    /// Joins the parts.
    pub fn new(mean: f64, usual: f64, pace: Pace) -> Self {
        Self { mean, usual, pace }
    }
}

/// Whether a track has one frame rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pace {
    /// But for a few frames, all last as long as the others.
    Constant,
    /// The file names a rate, and its frames were not counted.
    Declared,
    /// Some frames last longer than others, as in recordings of a screen. The mean may be nobody's.
    Varies,
}

/// An audio track.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudioFacts {
    /// How it is coded.
    pub codec: AudioCodec,
}

/// How a video is coded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VideoCodec {
    /// AV1.
    Av1,
    /// H.264, also called AVC.
    H264,
    /// H.265, also called HEVC.
    H265,
    /// Another one, by the four characters with which the file names it.
    Other(String),
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
}

impl VideoCodec {
    pub(super) fn of_entry(name: [u8; 4]) -> Self {
        match &name {
            b"av01" => Self::Av1,
            b"avc1" | b"avc2" | b"avc3" | b"avc4" => Self::H264,
            b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => Self::H265,
            b"vp08" => Self::Vp8,
            b"vp09" => Self::Vp9,
            _ => Self::Other(four_characters(name)),
        }
    }
}

impl fmt::Display for VideoCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Av1 => "AV1",
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::Other(name) => name,
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
        })
    }
}

/// How sound is coded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AudioCodec {
    /// AAC.
    Aac,
    /// Apple Lossless.
    Alac,
    /// FLAC.
    Flac,
    /// MP3.
    Mp3,
    /// Opus.
    Opus,
    /// Another one, by the four characters with which the file names it.
    Other(String),
}

impl fmt::Display for AudioCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aac => "AAC",
            Self::Alac => "ALAC",
            Self::Flac => "FLAC",
            Self::Mp3 => "MP3",
            Self::Opus => "Opus",
            Self::Other(name) => name,
        })
    }
}

/// A name from a file as text fit for a log.
pub(super) fn four_characters(name: [u8; 4]) -> String {
    name.escape_ascii().to_string()
}
