//! The facts of an MP4 or MOV file, out of its index and its fragments.

use std::{borrow::Cow, time::Duration};

use mp4parse::{CodecType, MediaContext, SampleEntry, Track, TrackType};

use super::{
    AudioCodec, AudioFacts, Container, Fact, Probe, VideoCodec, VideoFacts,
    boxes::Boxes,
    broken,
    facts::four_characters,
    fragments::Fragments,
    index::{self, Entry, Prepared},
    rate::Lengths,
};
use crate::error::Result;

/// Reads what a walk over the file has gathered.
pub(super) fn read(mut boxes: Boxes) -> Result<Probe> {
    let mut index = std::mem::take(&mut boxes.index);
    let prepared = index::prepare(&mut index)?;
    let mut fragments = Fragments::new(prepared.defaults.clone());
    for (at, fragment) in boxes.fragments.drain(..) {
        fragments.read(at, &fragment)?;
    }
    check_end(boxes.size, prepared.end(&index).max(fragments.end()))?;
    let container = boxes.container;
    let movie = match mp4parse::read_mp4(&mut index.as_slice()) {
        Ok(movie) if movie.tracks.len() == prepared.tracks.len() => movie,
        Ok(_) => {
            return Ok(Probe::unread(
                container,
                "its index is not laid out as expected",
            ));
        }
        Err(error) => {
            let why = format!("its index is not understood: {error:?}");
            return Ok(Probe::unread(container, why));
        }
    };
    let is_fragmented = movie.mvex.is_some() || fragments.has_samples();
    if is_fragmented
        && boxes.unread.is_none()
        && !fragments.has_samples()
        && !prepared.has_samples(&index)
    {
        return Err(broken(
            "the file is in fragments, and none is in it: it is not complete".to_owned(),
        ));
    }
    Ok(Movie {
        unread: boxes.unread.filter(|_| is_fragmented),
        size: boxes.size,
        movie,
        prepared,
        fragments,
        is_fragmented,
    }
    .facts(container))
}

/// Whether all media are there that index and fragments name.
fn check_end(size: Option<u64>, end: u64) -> Result<()> {
    match size {
        Some(size) if end > size => Err(broken(format!(
            "there are media up to byte {end} by the index, and the file ends after {size}: it is not complete"
        ))),
        _ => Ok(()),
    }
}

struct Movie {
    movie: MediaContext,
    prepared: Prepared,
    fragments: Fragments,
    is_fragmented: bool,
    /// Why not all fragments were read.
    unread: Option<Cow<'static, str>>,
    size: Option<u64>,
}

impl Movie {
    fn facts(&self, container: Container) -> Probe {
        let mut probe = Probe::bare(container);
        let videos = self.moving();
        for (number, (track, entry)) in (1_usize..).zip(&videos) {
            let of = match videos.len() {
                1 => String::new(),
                _ => format!("of video track {number}, "),
            };
            let video = self.video(&mut probe, &of, track, entry);
            probe.videos.extend(video);
        }
        for (track, entry) in self.on(TrackType::Audio) {
            match audio_codec(track, entry) {
                Some(codec) => probe.audios.push(AudioFacts { codec }),
                None => probe.skip(Fact::Audio, "an audio track does not say how it is coded"),
            }
        }
        probe.duration = self.duration();
        if probe.duration.is_none() {
            let unsaid = Cow::Borrowed("the index does not say how long it plays");
            probe.skip(Fact::Duration, self.unread.clone().unwrap_or(unsaid));
        }
        self.completeness(&mut probe);
        probe
    }

    /// The tracks of a kind that are switched on. Where none is, players take what there is.
    fn on(&self, kind: TrackType) -> Vec<(&Track, &Entry)> {
        let tracks = self.movie.tracks.iter().zip(&self.prepared.tracks);
        let mut tracks: Vec<_> = tracks
            .filter(|(track, _)| track.track_type == kind)
            .collect();
        if tracks.iter().any(|(_, entry)| entry.is_on) {
            tracks.retain(|(_, entry)| entry.is_on);
        }
        tracks
    }

    /// The video tracks that are on. A cover picture is a video track too, with a codec of pictures.
    fn moving(&self) -> Vec<(&Track, &Entry)> {
        let is_picture = |entry: &Entry| matches!(entry.name.as_ref(), Some(b"jpeg" | b"png "));
        let mut videos = self.on(TrackType::Video);
        if !videos.iter().all(|(_, entry)| is_picture(entry)) {
            videos.retain(|(_, entry)| !is_picture(entry));
        }
        videos
    }

    fn video(
        &self,
        probe: &mut Probe,
        of: &str,
        track: &Track,
        entry: &Entry,
    ) -> Option<VideoFacts> {
        let Some(name) = entry.name else {
            for fact in [Fact::Video, Fact::Size, Fact::FrameRate] {
                probe.skip(fact, format!("{of}the index has no sample description"));
            }
            return None;
        };
        let size = size(track, entry);
        if size.is_none() {
            probe.skip(Fact::Size, format!("{of}the index does not name it"));
        }
        let frame_rate = match &self.unread {
            Some(_) => None,
            None => scale(track).and_then(|scale| self.lengths(track).rate(scale)),
        };
        if frame_rate.is_none() {
            let unsaid = "there are no frames to count";
            let why = self.unread.as_deref().unwrap_or(unsaid);
            probe.skip(Fact::FrameRate, format!("{of}{why}"));
        }
        Some(VideoFacts {
            codec: VideoCodec::of_entry(name),
            width: size.map(|(width, _)| width),
            height: size.map(|(_, height)| height),
            frame_rate,
        })
    }

    /// How long the samples of a track last, those of the index and those of its fragments.
    fn lengths(&self, track: &Track) -> Lengths {
        let of_track = track.track_id.and_then(|id| self.fragments.track_of(id));
        let mut lengths = of_track.map_or_else(Lengths::default, |track| track.lengths.clone());
        for run in track.stts.iter().flat_map(|table| table.samples.iter()) {
            lengths.add(run.sample_delta, run.sample_count.into());
        }
        lengths
    }

    /// The longest track's time.
    fn duration(&self) -> Option<Duration> {
        let movie_scale = self.movie.timescale.as_ref().map(|scale| scale.0)?;
        if self.unread.is_some() {
            return self.announced(movie_scale);
        }
        let playing = [TrackType::Audio, TrackType::Video].map(|kind| self.on(kind));
        let times = playing.iter().flatten().filter_map(|(track, _)| {
            if self.is_fragmented {
                self.measured(track)
            } else {
                self.said(track, movie_scale)
            }
        });
        times.max()
    }

    /// A track's own header tells its time after edits, its media before.
    fn said(&self, track: &Track, movie_scale: u64) -> Option<Duration> {
        let header = track.tkhd.as_ref();
        let shown = header.and_then(|header| known(header.duration));
        shown
            .and_then(|ticks| time(ticks, movie_scale))
            .or_else(|| time(known(track.duration.as_ref()?.0)?, scale(track)?))
            .or_else(|| self.measured(track))
    }

    fn measured(&self, track: &Track) -> Option<Duration> {
        let of_track = track.track_id.and_then(|id| self.fragments.track_of(id));
        let fragments = of_track.map_or(0, super::fragments::Track::ticks);
        let ticks = fragments.max(self.lengths(track).ticks());
        time(known(ticks)?, scale(track)?)
    }

    /// What the index of a file in fragments says of the whole.
    fn announced(&self, movie_scale: u64) -> Option<Duration> {
        let extends = self.movie.mvex.as_ref();
        let whole = extends.and_then(|extends| extends.fragment_duration.as_ref());
        let whole = whole.and_then(|whole| known(whole.0));
        time(
            whole.or_else(|| known(self.prepared.duration))?,
            movie_scale,
        )
    }

    fn completeness(&self, probe: &mut Probe) {
        if let Some(why) = &self.unread {
            probe.skip(Fact::Completeness, why.clone());
        } else if self.size.is_none() {
            probe.skip(Fact::Completeness, "how long the file is, is not known");
        } else if self.is_fragmented {
            let scale = self.movie.timescale.as_ref().map(|scale| scale.0);
            let announced = scale.and_then(|scale| self.announced(scale));
            if let (Some(announced), Some(measured)) = (announced, probe.duration)
                && announced > measured.saturating_add(Duration::from_secs(1))
            {
                let why = format!(
                    "the index announces {} s, and its fragments have {} s",
                    announced.as_secs(),
                    measured.as_secs()
                );
                probe.skip(Fact::Completeness, why);
            }
        }
    }
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
