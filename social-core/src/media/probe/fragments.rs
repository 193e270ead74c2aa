//! Files in fragments: each has an index of its own (a `moof` box) in front of its media.
//!
//! What a fragment leaves out, it has from its track's header there (`tfhd`), and that from the file's index (`trex`).

use std::ops::Range;

use super::{
    broken,
    index::{At, Defaults, next_box},
    rate::Lengths,
    samples::unsigned,
};
use crate::error::Result;

/// What all fragments together say.
#[derive(Debug)]
pub(super) struct Fragments {
    defaults: Vec<Defaults>,
    /// One for each entry of `defaults`.
    tracks: Vec<Track>,
    /// The byte of the file behind the last one that belongs to a sample.
    end: u64,
    has_samples: bool,
}

/// What the fragments say of one track.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    /// How long its samples last.
    pub(super) lengths: Lengths,
    /// From its first sample to the end of its last, where its fragments say when they start.
    pub(super) span: Option<Range<u64>>,
}

impl Track {
    /// How long it plays, in its ticks. Between fragments may be gaps.
    pub(super) fn ticks(&self) -> u64 {
        let span = self.span.as_ref();
        let span = span.map_or(0, |span| span.end.saturating_sub(span.start));
        span.max(self.lengths.ticks())
    }
}

impl Fragments {
    /// None yet, of the tracks that have these defaults.
    pub(super) fn new(defaults: Vec<Defaults>) -> Self {
        Self {
            tracks: vec![Track::default(); defaults.len()],
            defaults,
            end: 0,
            has_samples: false,
        }
    }

    /// Takes in the fragment whose index is `bytes`, at byte `at` of the file.
    ///
    /// # Errors
    /// `Invalid` when a box is longer than what holds it, or a run claims more samples than it has bytes for.
    pub(super) fn read(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let Some(moof) = next_box(bytes, 0..bytes.len())? else {
            return Ok(());
        };
        // Where the data of the next track starts, unless it says.
        let mut data = at;
        let mut rest = moof.body;
        while let Some(child) = next_box(bytes, rest.clone())? {
            rest.start = child.body.end;
            if &child.name == b"traf" {
                data = self.track(at, data, bytes, child)?;
            }
        }
        Ok(())
    }

    /// What a track's fragments say; of one that the index does not name, nothing.
    pub(super) fn track_of(&self, id: u32) -> Option<&Track> {
        let at = self.place(id)?;
        self.tracks.get(at)
    }

    /// The byte of the file behind the last one that belongs to a sample.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Whether there is a sample in any of them.
    pub(super) fn has_samples(&self) -> bool {
        self.has_samples
    }

    fn place(&self, id: u32) -> Option<usize> {
        self.defaults.iter().position(|track| track.id == id)
    }

    /// One track's part of a fragment. Answers where its data end.
    fn track(&mut self, fragment: u64, before: u64, bytes: &[u8], traf: At) -> Result<u64> {
        let mut run = Run {
            place: None,
            defaults: Defaults::default(),
            base: before,
            data: before,
            time: None,
        };
        let mut rest = traf.body;
        while let Some(child) = next_box(bytes, rest.clone())? {
            rest.start = child.body.end;
            let body = bytes.get(child.body).unwrap_or_default();
            match &child.name {
                b"tfhd" => self.header(fragment, before, body, &mut run),
                b"tfdt" => {
                    let wide = body.first() == Some(&1);
                    run.time = Some(unsigned(body, 4..if wide { 12 } else { 8 }));
                }
                b"trun" => self.samples(body, &mut run)?,
                _ => {}
            }
        }
        Ok(run.data)
    }

    fn header(&self, fragment: u64, before: u64, body: &[u8], run: &mut Run) {
        let flags = unsigned(body, 1..4);
        let mut at = 8;
        let mut next = |flag: u64, length: usize| {
            (flags & flag != 0).then(|| {
                at += length;
                unsigned(body, at - length..at)
            })
        };
        let base = next(0x1, 8);
        let _description = next(0x2, 4);
        let (length, size) = (next(0x8, 4), next(0x10, 4));
        run.place = self.place(word(unsigned(body, 4..8)));
        let given = run.place.and_then(|place| self.defaults.get(place));
        let given = given.copied().unwrap_or_default();
        run.defaults = Defaults {
            length: length.map_or(given.length, word),
            size: size.map_or(given.size, word),
            ..given
        };
        let at_fragment = flags & 0x2_0000 != 0;
        run.base = base.unwrap_or(if at_fragment { fragment } else { before });
        run.data = run.base;
    }

    /// A run of samples that lie behind each other.
    fn samples(&mut self, body: &[u8], run: &mut Run) -> Result<()> {
        let flags = unsigned(body, 1..4);
        let count = unsigned(body, 4..8);
        let mut at = 8;
        if flags & 0x1 != 0 {
            let bytes = body.get(at..at + 4).and_then(<[u8]>::first_chunk);
            let offset = i32::from_be_bytes(bytes.copied().unwrap_or_default());
            run.data = run.base.saturating_add_signed(offset.into());
            at += 4;
        }
        at += if flags & 0x4 != 0 { 4 } else { 0 };
        let has = |flag: u64| flags & flag != 0;
        // Length, size, flags, and the time of showing it, four bytes each.
        let fields = [0x100, 0x200, 0x400, 0x800].map(has);
        let width = 4 * fields.iter().filter(|there| **there).count();
        let entries = body.get(at..).unwrap_or_default();
        if let Some(room) = entries.len().checked_div(width)
            && count > room as u64
        {
            return Err(broken(format!(
                "a run of samples claims {count} of them, and has room for {room}"
            )));
        }
        let mut track = run.place.and_then(|place| self.tracks.get_mut(place));
        let mut sizes = u64::from(run.defaults.size).saturating_mul(count);
        let before = track.as_ref().map_or(0, |track| track.lengths.ticks());
        if !has(0x100)
            && let Some(track) = &mut track
        {
            track.lengths.add(run.defaults.length, count);
        }
        if has(0x200) {
            sizes = 0;
        }
        if has(0x100) || has(0x200) {
            let (length_at, size_at) = (0, if has(0x100) { 4 } else { 0 });
            let number = usize::try_from(count).unwrap_or(usize::MAX);
            for entry in entries.chunks_exact(width).take(number) {
                if has(0x100)
                    && let Some(track) = &mut track
                {
                    track
                        .lengths
                        .add(word(unsigned(entry, length_at..length_at + 4)), 1);
                }
                if has(0x200) {
                    sizes = sizes.saturating_add(unsigned(entry, size_at..size_at + 4));
                }
            }
        }
        self.has_samples |= count > 0;
        run.data = run.data.saturating_add(sizes);
        if sizes > 0 {
            self.end = self.end.max(run.data);
        }
        if let (Some(track), Some(time)) = (track, &mut run.time) {
            let start = *time;
            *time = time.saturating_add(track.lengths.ticks() - before);
            let span = track.span.get_or_insert(start..*time);
            *span = span.start.min(start)..span.end.max(*time);
        }
        Ok(())
    }
}

/// Where the reading of a track's part of a fragment is.
struct Run {
    place: Option<usize>,
    defaults: Defaults,
    base: u64,
    /// Where the next run's data start, unless it says.
    data: u64,
    /// When the next run starts, in the track's ticks.
    time: Option<u64>,
}

/// What was four bytes.
fn word(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
