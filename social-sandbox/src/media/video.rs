//! Whether a video is one the platform takes, as far as its structure tells.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide>. Read are MP4 and
//! MOV: duration, frame rate where it is constant, dimensions, codec. Of WebM only the container is
//! looked at; what a fragmented file does not say is not held against it.

use super::Scanner;

/// Each side, in pixels.
const SIDES: std::ops::RangeInclusive<u32> = 360..=4096;
/// Frames in a thousand seconds; 23.976 and 59.94 are inside, and rounding of times is forgiven.
const FRAME_RATES: std::ops::RangeInclusive<u64> = 22_900..=60_100;
/// No video of the API is longer than ten minutes.
const LONGEST_MILLIS: u64 = 10 * 60 * 1000;

const CODECS: [&[u8; 4]; 6] = [b"avc1", b"avc3", b"hvc1", b"hev1", b"vp08", b"vp09"];

/// What a movie begins with: QuickTime's without a file type box with any box.
const FIRST: [&[u8; 4]; 8] = [
    b"ftyp", b"free", b"mdat", b"moov", b"pnot", b"skip", b"uuid", b"wide",
];

/// What depends on who posts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    duration_millis: u64,
}

impl Limits {
    /// Those of the API alone.
    pub(crate) fn of_api() -> Self {
        Self {
            duration_millis: LONGEST_MILLIS,
        }
    }

    /// Those of a creator who may post videos of this many seconds.
    pub(crate) fn of_creator(seconds: i32) -> Self {
        let millis = u64::try_from(seconds).unwrap_or(0) * 1000;
        Self {
            duration_millis: LONGEST_MILLIS.min(millis),
        }
    }
}

/// What is known of a video.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Facts {
    duration_millis: Option<u64>,
    /// Frames in a thousand seconds.
    frame_rate: Option<u64>,
    size: Option<(u32, u32)>,
    codec: Option<[u8; 4]>,
}

/// The reason for which the platform fails this video, if it does.
pub(crate) fn check(scanner: &Scanner, limits: &Limits) -> Option<&'static str> {
    let head = scanner.head();
    let webm = head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3])
        && head.windows(4).any(|window| window == b"webm");
    if webm {
        return None;
    }
    let facts = scanner
        .moov()
        .filter(|_| {
            head.get(4..8)
                .is_some_and(|name| FIRST.iter().any(|known| *known == name))
        })
        .and_then(Facts::read);
    let Some(facts) = facts else {
        return Some("file_format_check_failed");
    };
    let wrong_codec = |codec: [u8; 4]| !CODECS.contains(&&codec);
    let wrong_size = |(w, h): (u32, u32)| !SIDES.contains(&w) || !SIDES.contains(&h);
    let checks = [
        (
            facts.codec.is_some_and(wrong_codec),
            "file_format_check_failed",
        ),
        (
            facts
                .duration_millis
                .is_some_and(|millis| millis > limits.duration_millis),
            "duration_check_failed",
        ),
        (
            facts
                .frame_rate
                .is_some_and(|rate| !FRAME_RATES.contains(&rate)),
            "frame_rate_check_failed",
        ),
        (
            facts.size.is_some_and(wrong_size),
            "picture_size_check_failed",
        ),
    ];
    checks
        .into_iter()
        .find_map(|(wrong, reason)| wrong.then_some(reason))
}

impl Facts {
    /// Reads the payload of `moov`. `None` if it has no video.
    fn read(moov: &[u8]) -> Option<Self> {
        let duration_millis = child(moov, b"mvhd").and_then(duration);
        let track = children(moov)
            .filter(|(name, _)| name == b"trak")
            .find_map(|(_, track)| Track::read(track))?;
        Some(Self {
            duration_millis,
            ..track.facts()
        })
    }
}

/// The boxes of a video track that matter.
struct Track<'a> {
    header: &'a [u8],
    media_header: &'a [u8],
    samples: &'a [u8],
}

impl<'a> Track<'a> {
    fn read(track: &'a [u8]) -> Option<Self> {
        let media = child(track, b"mdia")?;
        if child(media, b"hdlr")?.get(8..12)? != b"vide" {
            return None;
        }
        Some(Self {
            header: child(track, b"tkhd")?,
            media_header: child(media, b"mdhd")?,
            samples: child(child(media, b"minf")?, b"stbl")?,
        })
    }

    fn facts(&self) -> Facts {
        let millis = duration(self.media_header);
        let frames = child(self.samples, b"stts")
            .filter(|table| is_even(table))
            .map(frames)
            .filter(|frames| *frames > 0);
        let rate = |(frames, millis): (u64, u64)| Some(frames.checked_mul(1_000_000)? / millis);
        Facts {
            duration_millis: None,
            frame_rate: frames.zip(millis).and_then(rate),
            size: self.size(),
            codec: child(self.samples, b"stsd")
                .and_then(|entries| entries.get(12..16)?.try_into().ok()),
        }
    }

    /// Width and height are the last two fields, in 16.16.
    fn size(&self) -> Option<(u32, u32)> {
        let at = self.header.len().checked_sub(8)?;
        let pixels = |at| number(self.header, at, 4).and_then(|n| u32::try_from(n >> 16).ok());
        pixels(at)
            .zip(pixels(at + 4))
            .filter(|size| *size != (0, 0))
    }
}

/// The duration in `mvhd` or `mdhd`. `None` where it is not said: fragmented files say 0.
fn duration(header: &[u8]) -> Option<u64> {
    let (scale, duration) = if header.first() == Some(&1) {
        (number(header, 20, 4)?, number(header, 24, 8)?)
    } else {
        (number(header, 12, 4)?, number(header, 16, 4)?)
    };
    let millis = u128::from(duration) * 1000 / u128::from(scale.max(1));
    u64::try_from(millis).ok().filter(|millis| *millis > 0)
}

/// Whether the frames that `stts` counts last alike, but for the last run of them. What the platform makes of a rate that varies
/// is not known.
fn is_even(table: &[u8]) -> bool {
    let entries = table.get(8..).unwrap_or_default().chunks_exact(8);
    let mut lengths: Vec<u64> = entries.filter_map(|entry| number(entry, 4, 4)).collect();
    if lengths.len() > 1 {
        lengths.pop();
    }
    let (least, most) = (lengths.iter().min(), lengths.iter().max());
    least
        .zip(most)
        .is_none_or(|(least, most)| most - least <= 1)
}

/// The frames that `stts` counts.
fn frames(table: &[u8]) -> u64 {
    let entries = table.get(8..).unwrap_or_default().chunks_exact(8);
    entries.fold(0, |sum, entry| sum + number(entry, 0, 4).unwrap_or(0))
}

/// The boxes in a payload, as far as they are whole.
fn children(payload: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        let len = usize::try_from(number(rest, 0, 4)?).ok()?;
        let (name, inside) = (rest.get(4..8)?.try_into().ok()?, rest.get(8..len)?);
        rest = rest.get(len..)?;
        Some((name, inside))
    })
}

fn child<'a>(payload: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    children(payload)
        .find(|(known, _)| known == name)
        .map(|(_, inside)| inside)
}

fn number(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let part = bytes.get(at..at.checked_add(len)?)?;
    Some(part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests;
