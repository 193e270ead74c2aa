//! The list of tracks of a WebM or Matroska file.

use std::borrow::Cow;

use super::{
    super::{AudioCodec, AudioFacts, Fact, FrameRate, Pace, Probe, VideoCodec, VideoFacts, broken},
    element::{children, number},
};
use crate::error::Result;

const MAX_TRACKS: usize = 64;

/// One entry of the list of tracks.
#[derive(Debug, Default)]
struct Entry {
    kind: u64,
    is_off: bool,
    codec: String,
    frame_nanoseconds: u64,
    width: u64,
    height: u64,
}

const VIDEO: u64 = 1;
const AUDIO: u64 = 2;

/// Tells each track that is on.
pub(super) fn read(probe: &mut Probe, tracks: &[u8]) -> Result<()> {
    let mut entries = Vec::new();
    for child in children(tracks) {
        let (id, body) = child?;
        if id == 0xAE {
            if entries.len() == MAX_TRACKS {
                return Err(broken(format!(
                    "the headers claim more than {MAX_TRACKS} tracks"
                )));
            }
            entries.push(entry(body)?);
        }
    }
    let on = |kind: u64| {
        let of_kind = || entries.iter().filter(move |entry| entry.kind == kind);
        let is_any_on = of_kind().any(|entry| !entry.is_off);
        of_kind().filter(move |entry| !(is_any_on && entry.is_off))
    };
    let several = on(VIDEO).count() > 1;
    for (number, entry) in (1_usize..).zip(on(VIDEO)) {
        let video = entry.video();
        let why = |why: &'static str| match several {
            true => Cow::Owned(format!("of video track {number}, {why}")),
            false => Cow::Borrowed(why),
        };
        if video.width.is_none() || video.height.is_none() {
            probe.skip(Fact::Size, why("the headers do not name it"));
        }
        if video.frame_rate.is_none() {
            probe.skip(Fact::FrameRate, why("the headers do not name it"));
        }
        probe.videos.push(video);
    }
    let sounds = on(AUDIO).map(|entry| AudioFacts {
        codec: entry.audio(),
    });
    probe.audios.extend(sounds);
    Ok(())
}

fn entry(bytes: &[u8]) -> Result<Entry> {
    let mut entry = Entry::default();
    for child in children(bytes) {
        let (id, body) = child?;
        match id {
            0x83 => entry.kind = number(body),
            0x86 => entry.codec = text(body),
            0xB9 => entry.is_off = number(body) == 0,
            0x0023_E383 => entry.frame_nanoseconds = number(body),
            0xE0 => {
                for child in children(body) {
                    match child? {
                        (0xB0, body) => entry.width = number(body),
                        (0xBA, body) => entry.height = number(body),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(entry)
}

impl Entry {
    fn video(&self) -> VideoFacts {
        let pixels = |pixels: u64| u32::try_from(pixels).ok().filter(|pixels| *pixels > 0);
        let (width, height) = (pixels(self.width), pixels(self.height));
        // What the writer meant each frame to last. The frames are not counted, so it may vary.
        let rate = (self.frame_nanoseconds > 0).then(|| {
            let rate = 1e9 / self.frame_nanoseconds as f64;
            FrameRate::new(rate, rate, Pace::Declared)
        });
        VideoFacts {
            codec: match self.codec.as_str() {
                "V_AV1" => VideoCodec::Av1,
                "V_MPEG4/ISO/AVC" => VideoCodec::H264,
                "V_MPEGH/ISO/HEVC" => VideoCodec::H265,
                "V_VP8" => VideoCodec::Vp8,
                "V_VP9" => VideoCodec::Vp9,
                other => VideoCodec::Other(other.to_owned()),
            },
            width,
            height,
            frame_rate: rate,
        }
    }

    fn audio(&self) -> AudioCodec {
        match self.codec.as_str() {
            "A_FLAC" => AudioCodec::Flac,
            "A_MPEG/L3" => AudioCodec::Mp3,
            "A_OPUS" => AudioCodec::Opus,
            codec if codec.starts_with("A_AAC") => AudioCodec::Aac,
            other => AudioCodec::Other(other.to_owned()),
        }
    }
}

/// A name of a codec, as text fit for a log.
fn text(body: &[u8]) -> String {
    let end = body.iter().position(|byte| *byte == 0);
    let name = body.get(..end.unwrap_or(body.len()).min(32));
    name.unwrap_or_default().escape_ascii().to_string()
}
