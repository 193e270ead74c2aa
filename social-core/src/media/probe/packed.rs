//! Which office document a file is whose first bytes say only how it is packed: the names of its parts tell.

use super::{Container, source::Source};
use crate::error::Result;

/// How a file packs its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// A zip archive, as office programs write since 2007 (ISO/IEC 29500).
    Archive,
    /// A compound file, as they wrote before (MS-CFB).
    Compound,
}

impl Packing {
    /// The packing that begins with `head`.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [b'P', b'K', 3, 4, ..] => Some(Self::Archive),
            [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => Some(Self::Compound),
            _ => None,
        }
    }
}

/// The document in a file that is packed so. Nothing in the file is believed beyond its length, and what cannot be read is
/// [`Container::Unknown`].
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn document(source: &mut Source<'_>, packing: Packing) -> Result<Container> {
    let found = match packing {
        Packing::Archive => archive(source).await?,
        Packing::Compound => compound(source).await?,
    };
    Ok(found.unwrap_or(Container::Unknown))
}

/// The end of an archive without its comment, and with the longest there may be.
const END: usize = 22;
const END_MAX: u64 = END as u64 + 0xFFFF;
/// More than the list of any document has.
const LIST_MAX: u64 = 1024 * 1024;

/// An archive ends with the place of its list, which names every part.
async fn archive(source: &mut Source<'_>) -> Result<Option<Container>> {
    let Some(size) = source.size() else {
        return Ok(None);
    };
    let from = size.saturating_sub(END_MAX);
    let Some(tail) = source.take(from..size).await? else {
        return Ok(None);
    };
    // A comment follows, which may hold what looks like an end: this one reaches to the last byte.
    let is_end = |end: &&[u8]| {
        let comment = u16_at(end, 20).map(usize::from);
        end.starts_with(b"PK\x05\x06") && comment.map(|it| it + END) == Some(end.len())
    };
    let mut ends = (0..tail.len()).rev().filter_map(|at| tail.get(at..));
    let Some(end) = ends.find(is_end) else {
        return Ok(None);
    };
    let (Some(length), Some(at)) = (u32_at(end, 12), u32_at(end, 16)) else {
        return Ok(None);
    };
    let list = u64::from(at)..u64::from(at) + u64::from(length).min(LIST_MAX);
    let list = source.take(list).await?.unwrap_or_default();
    let is_document = names(&list).any(|name| name == b"[Content_Types].xml");
    let part = |name: &[u8]| {
        let folders = [(&b"word/"[..], Container::Docx), (b"ppt/", Container::Pptx)];
        let found = folders
            .into_iter()
            .find(|(folder, _)| name.starts_with(folder));
        found.map(|(_, container)| container)
    };
    Ok(names(&list).find_map(part).filter(|_| is_document))
}

/// The names in the list of an archive.
fn names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let entry = rest.strip_prefix(b"PK\x01\x02")?;
        let length = |at| u16_at(entry, at).map(usize::from);
        let (name, extra, comment) = (length(24)?, length(26)?, length(28)?);
        let body = entry.get(42..)?;
        rest = body.get(name + extra + comment..).unwrap_or_default();
        body.get(..name)
    })
}

/// How many sectors of a directory are looked at, and how long an entry of one is.
const SECTORS_MAX: usize = 64;
const ENTRY: usize = 128;
/// What follows the last sector, and what stands for no entry.
const LAST: u32 = 0xFFFF_FFFA;
const NONE: u32 = 0xFFFF_FFFF;

/// A compound file has a directory: the entry of the whole is its first, and the parts at the top hang below it as a tree.
async fn compound(source: &mut Source<'_>) -> Result<Option<Container>> {
    let header = source.peek(0, 512).await?.to_vec();
    let directory = directory(source, &header).await?;
    let entry = |number: u32| {
        let at = usize::try_from(number).ok()?.checked_mul(ENTRY)?;
        directory.get(at..at.checked_add(ENTRY)?)
    };
    let child = entry(0).and_then(|whole| u32_at(whole, 76));
    let mut next = Vec::from_iter(child);
    // A tree that turns back on itself ends, too.
    for _ in 0..directory.len() / ENTRY {
        let Some(number) = next.pop() else { break };
        let Some(part) = entry(number).filter(|_| number != NONE) else {
            continue;
        };
        if is_called(part, "WordDocument") {
            return Ok(Some(Container::Doc));
        }
        if is_called(part, "PowerPoint Document") {
            return Ok(Some(Container::Ppt));
        }
        next.extend([68, 72].into_iter().filter_map(|at| u32_at(part, at)));
        next.retain(|number| *number != NONE);
    }
    Ok(None)
}

/// The sectors of the directory, joined.
async fn directory(source: &mut Source<'_>, header: &[u8]) -> Result<Vec<u8>> {
    let mut joined = Vec::new();
    let (Some(shift @ (9 | 12)), Some(first)) = (u16_at(header, 30), u32_at(header, 48)) else {
        return Ok(joined);
    };
    let size = 1_u64 << shift;
    let place = |sector: u32| (u64::from(sector) + 1) * size;
    let mut sector = first;
    for _ in 0..SECTORS_MAX {
        if sector >= LAST {
            break;
        }
        joined.extend_from_slice(source.peek(place(sector), size).await?);
        // The table says which sector follows; where the table itself is, the header says of its first sectors.
        let each = size / 4;
        let table = 76 + 4 * (u64::from(sector) / each);
        let table = usize::try_from(table)
            .ok()
            .and_then(|at| u32_at(header, at));
        let Some(table) = table.filter(|table| *table < LAST) else {
            break;
        };
        let at = place(table) + 4 * (u64::from(sector) % each);
        let Some(following) = u32_at(source.peek(at, 4).await?, 0) else {
            break;
        };
        sector = following;
    }
    Ok(joined)
}

fn is_called(entry: &[u8], name: &str) -> bool {
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16_at(entry, 64).map(usize::from);
    length == Some(units.len() + 2) && entry.starts_with(&units)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}
