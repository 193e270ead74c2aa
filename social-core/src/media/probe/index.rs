//! Checks an index before a parser sees it, and leaves of it only what the parser is asked about.
//!
//! Every size is compared with what holds the box and every count with the bytes that are there. What is not needed is
//! renamed to `free`, which parsers skip: sample positions, edit lists, user data. Counts that make a parser allocate
//! or descend far out of proportion to the file are cut.

use std::ops::Range;

use super::{
    broken,
    facts::four_characters,
    samples::{Tables, Width, unsigned},
};
use crate::error::Result;

/// More tracks than any real file has. A parser keeps hundreds of bytes for each, however short it is.
const MAX_TRACKS: usize = 64;

/// Real ones have less than 100 bytes. `mp4parse` descends once for every descriptor within a descriptor, so a long one
/// would exhaust the stack.
const MAX_DESCRIPTOR: u32 = 1024;

/// What is taken from an index besides what the parser tells.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// One for each track, in order.
    pub(super) tracks: Vec<Entry>,
    /// What samples in fragments have unless their fragment says otherwise.
    pub(super) defaults: Vec<Defaults>,
    /// How long the movie plays, in its own ticks; 0 or all ones when that is not known.
    pub(super) duration: u64,
}

/// A track: whether it is on, where its tables are, and what its first sample description says in its fixed part.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) is_on: bool,
    pub(super) tables: Tables,
    pub(super) name: Option<[u8; 4]>,
    /// Meant for video tracks only.
    pub(super) width: u16,
    pub(super) height: u16,
}

/// Of one track (`trex`).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Defaults {
    pub(super) id: u32,
    /// How long a sample lasts, in the track's ticks.
    pub(super) length: u32,
    pub(super) size: u32,
}

impl Prepared {
    /// The byte of the file behind the last one that belongs to a sample of the index itself.
    pub(super) fn end(&self, index: &[u8]) -> u64 {
        let ends = self.tracks.iter().map(|track| track.tables.end(index));
        ends.max().unwrap_or_default()
    }

    /// Whether the index itself names a sample.
    pub(super) fn has_samples(&self, index: &[u8]) -> bool {
        self.tracks
            .iter()
            .any(|track| !track.tables.is_empty(index))
    }
}

/// Checks `index` (a whole `moov` box), strips it, and takes from it what the parser does not tell.
pub(super) fn prepare(index: &mut [u8]) -> Result<Prepared> {
    let mut prepared = Prepared::default();
    if let Some(moov) = next_box(index, 0..index.len())? {
        walk(index, moov, &mut prepared)?;
    }
    Ok(prepared)
}

/// A box: its name, and where name and contents are.
#[derive(Clone, Debug)]
pub(super) struct At {
    pub(super) name: [u8; 4],
    name_at: usize,
    pub(super) body: Range<usize>,
}

fn walk(index: &mut [u8], parent: At, prepared: &mut Prepared) -> Result<()> {
    let mut rest = parent.body;
    while let Some(child) = next_box(index, rest.clone())? {
        rest.start = child.body.end;
        match (&parent.name, &child.name) {
            (b"moov", b"trak") => {
                if prepared.tracks.len() == MAX_TRACKS {
                    return Err(broken(format!(
                        "the index claims more than {MAX_TRACKS} tracks"
                    )));
                }
                prepared.tracks.push(Entry::default());
                walk(index, child, prepared)?;
            }
            (b"trak", b"mdia") | (b"mdia", b"minf") | (b"minf", b"stbl") => {
                walk(index, child, prepared)?;
            }
            (b"moov", b"mvex") => prepared.defaults = defaults(index, child)?,
            (b"moov", b"mvhd") => {
                let body = index.get(child.body).unwrap_or_default();
                let wide = body.first() == Some(&1);
                prepared.duration = unsigned(body, if wide { 24..32 } else { 16..20 });
            }
            (b"stbl", b"stsd") => {
                check_table(index, &child)?;
                if let Some(track) = prepared.tracks.last_mut() {
                    sample_description(index, &child, track)?;
                }
            }
            (b"stbl", b"stts") => check_table(index, &child)?,
            (b"trak", b"tkhd") => {
                if let Some(track) = prepared.tracks.last_mut() {
                    track.is_on =
                        unsigned(index, child.body.start + 1..child.body.start + 4) & 1 == 1;
                }
            }
            (b"mdia", b"hdlr" | b"mdhd") => {}
            _ => {
                check_table(index, &child)?;
                if let (b"stbl", Some(track)) = (&parent.name, prepared.tracks.last_mut()) {
                    note(&child, &mut track.tables);
                }
                index[child.name_at..child.name_at + 4].copy_from_slice(b"free");
            }
        }
    }
    Ok(())
}

/// Keeps where the tables are that say where samples lie.
fn note(table: &At, tables: &mut Tables) {
    let at = table.body.clone();
    match &table.name {
        b"co64" => tables.chunks = Some((at, 8)),
        b"stco" => tables.chunks = Some((at, 4)),
        b"stsc" => tables.runs = Some(at),
        b"stsz" => tables.sizes = Some((at, Width::Full)),
        b"stz2" => tables.sizes = Some((at, Width::Few)),
        _ => {}
    }
}

/// Of each track that has fragments.
fn defaults(index: &[u8], extends: At) -> Result<Vec<Defaults>> {
    let mut tracks = Vec::new();
    let mut rest = extends.body;
    while let Some(child) = next_box(index, rest.clone())? {
        rest.start = child.body.end;
        if &child.name == b"trex" && tracks.len() < MAX_TRACKS {
            let number = |skip| four(index, &child.body, skip).map_or(0, u32::from_be_bytes);
            tracks.push(Defaults {
                id: number(4),
                length: number(12),
                size: number(16),
            });
        }
    }
    Ok(tracks)
}

/// The first box within `range`; none at its end, where QuickTime may leave a few zeros.
pub(super) fn next_box(index: &[u8], range: Range<usize>) -> Result<Option<At>> {
    let at = range.start;
    let (Some(size), Some(name)) = (four(index, &range, 0), four(index, &range, 4)) else {
        return Ok(None);
    };
    let length = range.len() as u64;
    let (size, header) = match u32::from_be_bytes(size) {
        0 => return Ok(None),
        1 => match (four(index, &range, 8), four(index, &range, 12)) {
            (Some(high), Some(low)) => {
                let (high, low) = (u32::from_be_bytes(high), u32::from_be_bytes(low));
                (u64::from(high) << 32 | u64::from(low), 16)
            }
            _ => (u64::MAX, 16),
        },
        size => (u64::from(size), 8),
    };
    match usize::try_from(size) {
        Ok(whole) if whole >= header && size <= length => Ok(Some(At {
            name,
            name_at: at + 4,
            body: at + header..at + whole,
        })),
        _ => Err(broken(format!(
            "the box {} in the index claims {size} bytes, where at least {header} and at most {length} are possible",
            four_characters(name)
        ))),
    }
}

/// Four bytes, `skip` behind the start of `range`, if they lie within it.
fn four(index: &[u8], range: &Range<usize>, skip: usize) -> Option<[u8; 4]> {
    index
        .get(range.clone())?
        .get(skip..)?
        .first_chunk()
        .copied()
}

/// Refuses a table that claims more entries than it has bytes for.
fn check_table(index: &[u8], table: &At) -> Result<()> {
    let number = |skip| four(index, &table.body, skip).map_or(0, u32::from_be_bytes);
    let (count, first, entry) = match &table.name {
        b"co64" | b"ctts" | b"stts" => (number(4), 8, 8),
        b"stco" | b"stss" => (number(4), 8, 4),
        b"stsc" => (number(4), 8, 12),
        b"stsd" => (number(4), 8, 8),
        // Where all samples have one size, no entries follow.
        b"stsz" if number(4) == 0 => (number(8), 12, 4),
        _ => return Ok(()),
    };
    let room = table.body.len().saturating_sub(first) / entry;
    if u64::from(count) > room as u64 {
        return Err(broken(format!(
            "the table {} in the index claims {count} entries, and has room for {room}",
            four_characters(table.name)
        )));
    }
    Ok(())
}

/// Reads the fixed part of the first description, and leaves the parser only that one.
fn sample_description(index: &mut [u8], table: &At, track: &mut Entry) -> Result<()> {
    let Some(count) = four(index, &table.body, 4) else {
        return Ok(());
    };
    let descriptions = table.body.start + 8..table.body.end;
    let (1.., Some(first)) = (u32::from_be_bytes(count), next_box(index, descriptions)?) else {
        return Ok(());
    };
    index[table.body.start + 4..table.body.start + 8].copy_from_slice(&1_u32.to_be_bytes());
    hide_long_descriptors(&mut index[first.body.clone()]);
    let size = four(index, &first.body, 24).unwrap_or_default();
    track.name = Some(first.name);
    track.width = u16::from_be_bytes([size[0], size[1]]);
    track.height = u16::from_be_bytes([size[2], size[3]]);
    Ok(())
}

/// Renames what could be an `esds` box longer than [`MAX_DESCRIPTOR`], wherever it stands.
fn hide_long_descriptors(description: &mut [u8]) {
    for at in 4..description.len().saturating_sub(3) {
        if &description[at..at + 4] == b"esds" {
            let size = description[at - 4..]
                .first_chunk()
                .copied()
                .map_or(0, u32::from_be_bytes);
            // One means that the size stands behind the name: nobody writes a short one like that.
            if size == 1 || size > MAX_DESCRIPTOR {
                description[at..at + 4].copy_from_slice(b"free");
            }
        }
    }
}
