//! The facts of an MP4 or MOV file, out of its index.

use std::time::Duration;

use mp4parse::{CodecType, MediaContext, SampleEntry, Track, TrackType};

use super::{
    AudioCodec, AudioFacts, Container, Fact, Probe, VideoCodec, VideoFacts,
    facts::four_characters,
    index::{self, Entry},
};
use crate::error::Result;

/// Reads `index`, a whole `moov` box.
pub(super) fn read(container: Container, mut index: Vec<u8>) -> Result<Probe> {
    let entries = index::prepare(&mut index)?;
    Ok(match mp4parse::read_mp4(&mut index.as_slice()) {
        Ok(movie) if movie.tracks.len() == entries.len() => facts(container, &movie, &entries),
        Ok(_) => Probe::unread(container, "its index is not laid out as expected"),
        Err(error) => Probe::unread(container, format!("its index is not understood: {error:?}")),
    })
}

fn facts(container: Container, movie: &MediaContext, entries: &[Entry]) -> Probe {
    let mut probe = Probe::bare(container);
    let of = |kind: TrackType| {
        let tracks = movie.tracks.iter().zip(entries);
        tracks.filter(move |(track, _)| track.track_type == kind)
    };
    // A cover picture is a video track too, with a codec of pictures.
    let moving = of(TrackType::Video).find(|(_, entry)| entry.name.is_some_and(is_video_codec));
    if let Some((track, entry)) = moving.or_else(|| of(TrackType::Video).next()) {
        probe.video = video_facts(&mut probe, movie, track, entry);
    }
    if let Some((track, entry)) = of(TrackType::Audio).next() {
        probe.audio = audio_codec(track, entry).map(|codec| AudioFacts { codec });
        if probe.audio.is_none() {
            probe.skip(Fact::Audio, "the audio track does not say how it is coded");
        }
    }
    probe.duration = duration(movie);
    if probe.duration.is_none() {
        probe.skip(
            Fact::Duration,
            match movie.mvex {
                Some(_) => "the file is in fragments, and its index does not say how long it plays",
                None => "the index does not say how long it plays",
            },
        );
    }
    probe
}

fn is_video_codec(name: [u8; 4]) -> bool {
    !matches!(VideoCodec::of_entry(name), VideoCodec::Other(_))
}

fn video_facts(
    probe: &mut Probe,
    movie: &MediaContext,
    track: &Track,
    entry: &Entry,
) -> Option<VideoFacts> {
    let Some(name) = entry.name else {
        for fact in [Fact::Video, Fact::Size, Fact::FrameRate] {
            probe.skip(fact, "the video track has no sample description");
        }
        return None;
    };
    let size = size(track, entry);
    if size.is_none() {
        probe.skip(Fact::Size, "the index does not name it");
    }
    // The index of a file in fragments counts no samples, or only some.
    let frame_rate = match movie.mvex {
        Some(_) => None,
        None => frame_rate(track),
    };
    if frame_rate.is_none() {
        probe.skip(
            Fact::FrameRate,
            match movie.mvex {
                Some(_) => "the file is in fragments, and its index does not count the frames",
                None => "the index counts no frames",
            },
        );
    }
    Some(VideoFacts {
        codec: VideoCodec::of_entry(name),
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        frame_rate,
    })
}

/// Width and height as shown. The track's header has them in 16.16 fixed point.
fn size(track: &Track, entry: &Entry) -> Option<(u32, u32)> {
    let header = track.tkhd.as_ref();
    let coded = (u32::from(entry.width), u32::from(entry.height));
    let (width, height) = match (coded, header) {
        ((1.., 1..), _) => coded,
        (_, Some(header)) => (header.width >> 16, header.height >> 16),
        _ => return None,
    };
    let turned = header.is_some_and(|header| {
        let matrix = &header.matrix;
        matrix.a == 0 && matrix.d == 0 && matrix.b != 0 && matrix.c != 0
    });
    match (width, height) {
        (0, _) | (_, 0) => None,
        (width, height) if turned => Some((height, width)),
        size => Some(size),
    }
}

/// The longest track's time. A track's own header tells it after edits, its media before.
fn duration(movie: &MediaContext) -> Option<Duration> {
    let movie_scale = movie.timescale.as_ref().map(|scale| scale.0)?;
    if let Some(extends) = &movie.mvex {
        let whole = extends.fragment_duration.as_ref()?.0;
        return known(whole).and_then(|ticks| time(ticks, movie_scale));
    }
    let playing = movie
        .tracks
        .iter()
        .filter(|track| matches!(track.track_type, TrackType::Audio | TrackType::Video));
    let of_track = |track: &Track| {
        let shown = track
            .tkhd
            .as_ref()
            .and_then(|header| known(header.duration));
        shown
            .and_then(|ticks| time(ticks, movie_scale))
            .or_else(|| time(known(track.duration.as_ref()?.0)?, scale(track)?))
            .or_else(|| time(samples(track)?.1, scale(track)?))
    };
    playing.filter_map(of_track).max()
}

/// Zero and all ones stand for an unknown time.
fn known(ticks: u64) -> Option<u64> {
    (ticks != 0 && ticks != u64::from(u32::MAX) && ticks != u64::MAX).then_some(ticks)
}

fn scale(track: &Track) -> Option<u64> {
    track.timescale.as_ref().map(|scale| scale.0)
}

fn time(ticks: u64, per_second: u64) -> Option<Duration> {
    let rest = u128::from(ticks.checked_rem(per_second)?) * 1_000_000_000 / u128::from(per_second);
    // The rest is less than a second.
    let rest = u64::try_from(rest).ok()?;
    Duration::from_secs(ticks / per_second).checked_add(Duration::from_nanos(rest))
}

fn frame_rate(track: &Track) -> Option<f64> {
    let (count, ticks) = samples(track)?;
    Some(count as f64 * scale(track)? as f64 / ticks as f64)
}

/// How many samples a track has and how long they last together; none when either is zero.
fn samples(track: &Track) -> Option<(u64, u64)> {
    let runs = &track.stts.as_ref()?.samples;
    let mut total = (0_u64, 0_u64);
    for run in runs {
        let (count, delta) = (u64::from(run.sample_count), u64::from(run.sample_delta));
        total = (
            total.0.checked_add(count)?,
            total.1.checked_add(count.checked_mul(delta)?)?,
        );
    }
    (total.0 > 0 && total.1 > 0).then_some(total)
}

fn audio_codec(track: &Track, entry: &Entry) -> Option<AudioCodec> {
    let name = entry.name?;
    let described = track
        .stsd
        .as_ref()
        .and_then(|table| table.descriptions.first());
    let codec = match described {
        Some(SampleEntry::Audio(audio)) => audio.codec_type,
        _ => CodecType::Unknown,
    };
    Some(match (codec, &name) {
        (CodecType::AAC, _) => AudioCodec::Aac,
        (CodecType::ALAC, _) | (_, b"alac") => AudioCodec::Alac,
        (CodecType::FLAC, _) | (_, b"fLaC") => AudioCodec::Flac,
        (CodecType::MP3, _) | (_, b".mp3") => AudioCodec::Mp3,
        (CodecType::Opus, _) | (_, b"Opus") => AudioCodec::Opus,
        _ => AudioCodec::Other(four_characters(name)),
    })
}
