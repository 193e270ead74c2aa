//! The outermost boxes of an MP4 or MOV file: its index and its fragments are gathered, the media passed over.
//!
//! The walk goes to the end of the file, since what is cut off is missing there, and fragments lie all over it.

use std::borrow::Cow;

use super::{Container, MAX_INDEX, broken, facts::four_characters, sniff, source::Source};
use crate::error::Result;

/// Ten minutes in fragments of one frame each, with sound, have about half as many.
const MAX_BOXES: usize = 200_000;
/// A file of 4 GB needs fewer, however its boxes lie.
const MAX_READS: usize = 40_000;

/// What a walk has gathered.
#[derive(Debug)]
pub(super) struct Boxes {
    pub(super) container: Container,
    /// The whole index, its header included.
    pub(super) index: Vec<u8>,
    /// Where each fragment's own index starts, and all of it.
    pub(super) fragments: Vec<(u64, Vec<u8>)>,
    /// Why not all fragments are among them, or may not be.
    pub(super) unread: Option<Cow<'static, str>>,
    /// All bytes of the file, if that is known.
    pub(super) size: Option<u64>,
}

/// What the walk ended with.
#[derive(Debug)]
pub(super) enum Found {
    Boxes(Boxes),
    /// It is no movie after all.
    Other(Container),
    /// The index is there, or may be, and is not read.
    Unread(Container, Cow<'static, str>),
}

/// Walks the boxes of a file from its first to its last.
///
/// # Errors
/// `Invalid` for a file without an index, or one that ends before its index or its media do.
pub(super) async fn walk(source: &mut Source<'_>, container: Container) -> Result<Found> {
    let mut walk = Walk {
        container,
        index: None,
        fragments: Vec::new(),
        room: MAX_INDEX,
        unread: None,
    };
    let mut at = 0;
    for _ in 0..MAX_BOXES {
        if source.reads() > MAX_READS {
            let why =
                format!("its boxes lie too far apart for the {MAX_READS} reads that are made");
            return walk.ended(source.size(), Some(why.into()));
        }
        let bytes = source.peek(at, 16).await?;
        let head: [u8; 16] = std::array::from_fn(|place| bytes.get(place).copied().unwrap_or(0));
        let needed = if head[..4] == [0, 0, 0, 1] { 16 } else { 8 };
        if bytes.len() < needed {
            let is_end = source.ends_within(at, needed as u64);
            let why = (!is_end).then_some(Cow::Borrowed(FAR));
            return walk.ended(source.size(), why);
        }
        let Some((name, size)) = walk.judged(&head, at, source.left(at))? else {
            return walk.ended(source.size(), None);
        };
        match &name {
            b"ftyp" if walk.index.is_none() => {
                let brand = [head[8], head[9], head[10], head[11]];
                walk.container = sniff::iso(brand);
                if !walk.container.holds_video() {
                    return Ok(Found::Other(walk.container));
                }
            }
            b"moov" if walk.index.is_none() => {
                if size > walk.room {
                    let why =
                        format!("the index has {size} bytes, and at most {MAX_INDEX} are read");
                    return Ok(Found::Unread(walk.container, why.into()));
                }
                let Some(index) = whole(source, at, size).await? else {
                    return Ok(Found::Unread(walk.container, FAR.into()));
                };
                walk.room -= size;
                walk.index = Some(index);
            }
            b"moof" if size > walk.room => {
                let why = format!(
                    "index and fragments tell more than the {MAX_INDEX} bytes that are read"
                );
                walk.unread = Some(why.into());
            }
            b"moof" if walk.unread.is_none() => match whole(source, at, size).await? {
                Some(fragment) => {
                    walk.room -= size;
                    walk.fragments.push((at, fragment));
                }
                None => walk.unread = Some(FAR.into()),
            },
            _ => {}
        }
        at = at.saturating_add(size);
    }
    let why = format!("the file has more than {MAX_BOXES} boxes, and no more are read");
    walk.ended(source.size(), Some(why.into()))
}

/// A box that is kept. One that reaches to the end of the file is given its size, which inside of it nothing tells.
async fn whole(source: &mut Source<'_>, at: u64, size: u64) -> Result<Option<Vec<u8>>> {
    let mut bytes = source.take(at..at.saturating_add(size)).await?;
    if let (Some([0, 0, 0, 0, ..]), Ok(size)) = (bytes.as_deref(), u32::try_from(size))
        && let Some(head) = bytes.as_mut().and_then(|bytes| bytes.first_chunk_mut())
    {
        *head = size.to_be_bytes();
    }
    Ok(bytes)
}

/// Why what lies behind the first bytes of a file elsewhere is not known.
const FAR: &str = "it lies behind what was fetched of the file";

struct Walk {
    container: Container,
    index: Option<Vec<u8>>,
    fragments: Vec<(u64, Vec<u8>)>,
    /// How many bytes may still be kept.
    room: u64,
    unread: Option<Cow<'static, str>>,
}

impl Walk {
    /// Name and size of the box that begins with `head`, `left` bytes before the end of the file. Nothing when it is none
    /// and nothing is missed by that: some writers leave a few bytes behind the last box.
    fn judged(
        &self,
        head: &[u8; 16],
        at: u64,
        left: Option<u64>,
    ) -> Result<Option<([u8; 4], u64)>> {
        let name = [head[4], head[5], head[6], head[7]];
        let matters = self.index.is_none() || matches!(&name, b"mdat" | b"moof" | b"moov");
        let Some(size) = size(head, left) else {
            if !matters {
                return Ok(None);
            }
            return Err(broken(format!(
                "the box {} at byte {at} is shorter than its own header",
                four_characters(name)
            )));
        };
        match left {
            Some(left) if size > left && !matters => Ok(None),
            Some(left) if size > left => Err(broken(format!(
                "the box {} at byte {at} is {size} bytes long, and the file ends after {left}: it is not complete",
                four_characters(name)
            ))),
            _ => Ok(Some((name, size))),
        }
    }

    /// All that there is to find, or why not.
    fn ended(mut self, size: Option<u64>, unread: Option<Cow<'static, str>>) -> Result<Found> {
        self.unread = self.unread.or(unread);
        Ok(match (self.index, self.unread) {
            (Some(index), unread) => Found::Boxes(Boxes {
                container: self.container,
                index,
                fragments: self.fragments,
                unread,
                size,
            }),
            (None, Some(why)) => Found::Unread(self.container, why),
            (None, None) => {
                return Err(broken(
                    "the file has no index (moov box): the recording or the upload was not complete"
                        .to_owned(),
                ));
            }
        })
    }
}

/// The whole size of the box that begins with `head`; nothing when it is shorter than its header.
fn size(head: &[u8; 16], left: Option<u64>) -> Option<u64> {
    let short = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
    let [.., a, b, c, d, e, f, g, h] = *head;
    let (size, least) = match short {
        // To the end of the file.
        0 => (left.unwrap_or(u64::MAX), 8),
        1 => (u64::from_be_bytes([a, b, c, d, e, f, g, h]), 16),
        size => (size, 8),
    };
    (size >= least).then_some(size)
}
